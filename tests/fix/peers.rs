//! Inputs on which other tools' fixes break the image, with the right result.

use crate::tree::Tree;

/// The last instructions of a Dockerfile, and what a safe fix makes of them; `None`: nothing.
#[rustfmt::skip]
const CASES: &[(&str, Option<&str>)] = &[
    ("CMD exec /app --port 80", None),
    ("CMD /app \\\n  --port 80 \\\n  --verbose", Some("CMD [\"/app\", \\\n  \"--port\", \"80\", \\\n  \"--verbose\"]")),
    ("CMD /app --port 80 # start the app", Some("CMD exec /app --port 80 # start the app")),
    ("CMD java $JAVA_OPTS -jar app.jar", Some("CMD exec java $JAVA_OPTS -jar app.jar")),
    ("ENTRYPOINT exec java $JAVA_OPTS -jar /app.jar", None),
    ("SHELL [\"/bin/bash\", \"-lc\"]\nCMD /app server.js", Some("SHELL [\"/bin/bash\", \"-lc\"]\nCMD exec /app server.js")),
    ("SHELL [\"conda\", \"run\", \"-n\", \"web\", \"/bin/bash\", \"-c\"]\nCMD python /app.py", None),
    ("CMD ulimit -n 65536", None),
    ("CMD . /env.sh", None),
    ("CMD /app --pattern foo\\ bar --re \\$x", Some("CMD [\"/app\", \"--pattern\", \"foo bar\", \"--re\", \"$x\"]")),
    ("CMD /app --re \"a\\\\b\\$x\\\"q\"", Some("CMD [\"/app\", \"--re\", \"a\\\\b$x\\\"q\"]")),
    ("CMD /app --file {a,b}.txt", Some("CMD exec /app --file {a,b}.txt")),
    ("CMD /app ~/x", Some("CMD exec /app ~/x")),
    ("CMD /app *.conf", Some("CMD exec /app *.conf")),
    ("CMD /app; echo \"exited $?\"\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]", None),
    ("CMD [\"/app\", \\\n  \"--port\", \"80\"]\nCMD [\"/app\", \"--port\", \"81\"]", None),
    ("ENTRYPOINT exec \\\n  /app --a\nENTRYPOINT [\"/app\", \"--b\"]", None),
    ("HEALTHCHECK CMD curl -f http://localhost || exit 1\nCMD [\"/app\"]", None),
    ("ENTRYPOINT /app --x\nCMD [\"--y\"]", Some("ENTRYPOINT exec /app --x\nCMD [\"--y\"]")),
    ("CMD cd /srv && /app", Some("CMD cd /srv && exec /app")),
    ("CMD A=1 /app", Some("CMD A=1 exec /app")),
];

#[test]
fn what_breaks_images_elsewhere_is_right_here() {
    let mut wrong = Vec::new();
    for (index, (text, expected)) in CASES.iter().enumerate() {
        let tree = Tree::new(&format!("peers-{index}"));
        let head = "FROM debian:12-slim\nCOPY app /app\nWORKDIR /srv\n";
        let before = format!("{head}{text}\n");
        tree.file("app", b"\x7fELF\0").file("Dockerfile", &before);
        tree.fix(false);
        let after = tree.read("Dockerfile");
        let expected = format!("{head}{}\n", expected.unwrap_or(text));
        if after != expected {
            wrong.push(format!("{text}\ngave\n{}", &after[head.len()..]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_bytes_around_a_fix_stay() {
    let tree = Tree::new("bytes");
    let text = "\u{feff}# é\r\nFROM debian:12-slim\r\nCOPY app /app\r\n\r\nCMD /app --x\r\n# end";
    tree.file("app", b"\x7fELF\0").file("Dockerfile", text);
    tree.fix(false);
    let expected = text.replace("CMD /app --x", "CMD [\"/app\", \"--x\"]");
    assert_eq!(tree.read("Dockerfile"), expected);
}

#[test]
fn what_cannot_be_written_is_said_and_the_rest_goes_on() {
    use std::os::unix::fs::PermissionsExt;
    let text = "FROM debian:12-slim\nCOPY app /app\nCMD /app --x\n";
    let tree = Tree::new("readonly");
    tree.file("app", b"\x7fELF\0");
    tree.file("a.Dockerfile", text).file("b.Dockerfile", text);
    let locked = tree.path("a.Dockerfile");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o444)).expect("it is ours");
    let (status, _, news) = tree.pidone(&["check", "--fix"]);
    assert_eq!(status, 2, "{news}");
    assert!(
        news.contains("a.Dockerfile: not fixed: it is read-only"),
        "{news}"
    );
    assert_eq!(tree.read("a.Dockerfile"), text);
    assert!(
        tree.read("b.Dockerfile")
            .contains("CMD [\"/app\", \"--x\"]")
    );
}

#[test]
fn a_script_that_another_dockerfile_needs_as_it_is_stays() {
    let tree = Tree::new("shared");
    tree.file("app", b"\x7fELF\0");
    tree.file("start.sh", "#!/bin/sh\n/app --x\n");
    let head = "FROM debian:12-slim\nCOPY app /app\nCOPY --chmod=755 start.sh /start.sh\n";
    tree.file("a.Dockerfile", format!("{head}CMD [\"/start.sh\"]\n"));
    tree.file(
        "b.Dockerfile",
        format!("{head}CMD . /start.sh; exec /app\n"),
    );
    let (_, diff, _) = tree.pidone(&["check", "--diff"]);
    assert!(diff.contains("+exec /app --x"), "{diff}");
    assert_eq!(
        tree.read("start.sh"),
        "#!/bin/sh\n/app --x\n",
        "a diff writes nothing"
    );
}
