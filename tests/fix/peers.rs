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

/// A whole Dockerfile, its `start.sh`, and both after all fixes, the unsafe ones too; `None`: as before.
type Whole = (
    &'static str,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
);

#[rustfmt::skip]
const WHOLE: &[Whole] = &[
    // A variable without quotes in a list is meant to be expanded.
    ("FROM debian:12-slim\nENV PORT=1\nCOPY app /app\nCMD [\"/app\", \"-p\", $PORT]\n", "",
     Some("FROM debian:12-slim\nENV PORT=1\nCOPY app /app\nCMD [\"/bin/sh\", \"-c\", \"exec /app -p \\\"$PORT\\\"\"]\n"), None),
    ("FROM debian:12-slim\nCOPY app /app\nCMD [bash -c \"true && /app\"]\n", "",
     Some("FROM debian:12-slim\nCOPY app /app\nCMD [\"bash\", \"-c\", \"true && exec /app\"]\n"), None),
    ("FROM debian:12-slim\nCOPY app /app\nCMD [“/app”, “start”]\n", "",
     Some("FROM debian:12-slim\nCOPY app /app\nCMD [\"/app\", \"start\"]\n"), None),
    ("FROM debian:12-slim\nCOPY app /app\nCMD \"/app\", \"start\"\n", "",
     Some("FROM debian:12-slim\nCOPY app /app\nCMD [\"/app\", \"start\"]\n"), None),
    ("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nCMD C:\\app.exe --port %PORT%\n", "", None, None),
    // A script that RUN writes keeps its variables and its arguments.
    ("FROM debian:12-slim\nCOPY app /app\nRUN echo '#!/bin/sh' > /start.sh && echo '/app $OPTS \"$@\"' >> /start.sh && chmod +x /start.sh\nCMD [\"/start.sh\"]\n", "",
     Some("FROM debian:12-slim\nCOPY app /app\nRUN echo '#!/bin/sh' > /start.sh && echo 'exec /app $OPTS \"$@\"' >> /start.sh && chmod +x /start.sh\nCMD [\"/start.sh\"]\n"), None),
    ("FROM alpine:3.20\nCMD [\"/sbin/init\"]\n", "", None, None),
    ("FROM debian:12-slim\nRUN apt-get update && apt-get install -y systemd\nSTOPSIGNAL 37\nCMD [\"/sbin/init\"]\n", "", None, None),
    ("FROM nginx:1.27\nCMD [\"nginx\", \"-g\", \"daemon off;\"]\n", "", None, None),
    ("FROM nginx:1.13-alpine\nCOPY app /x\n", "", Some("FROM nginx:1.13-alpine\nSTOPSIGNAL SIGQUIT\nCOPY app /x\n"), None),
    // The base image's own signal is the right one.
    ("FROM postgres:16\nSTOPSIGNAL SIGKILL\n", "", Some("FROM postgres:16\n"), None),
    ("FROM debian:12-slim\nCOPY app /app\nCOPY --chmod=755 start.sh /start.sh\nENTRYPOINT [\"/start.sh\"]\nCMD [\"/app\", \"-x\"]\n", "#!/bin/sh\n\"$@\"\n",
     None, Some("#!/bin/sh\nexec \"$@\"\n")),
    ("FROM debian:12-slim\nCOPY app /app\nCOPY start.sh /start.sh\nCMD bash /start.sh\n", "/app\n",
     Some("FROM debian:12-slim\nCOPY app /app\nCOPY start.sh /start.sh\nCMD [\"bash\", \"/start.sh\"]\n"), Some("exec /app\n")),
    ("FROM debian:12-slim\nRUN apt-get update && apt-get install -y tini\nCOPY app /app\nENTRYPOINT [\"tini\", \"--\"]\nCMD /app --port 80\n", "",
     Some("FROM debian:12-slim\nRUN apt-get update && apt-get install -y tini\nCOPY app /app\nENTRYPOINT [\"tini\", \"--\"]\nCMD exec /app --port 80\n"), None),
    ("FROM debian:12-slim\nCOPY app /app\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n", "#!/bin/sh\ntrap 'kill $pid' TERM\n/app &\npid=$!\nwait $pid\n",
     None, Some("#!/bin/sh\ntrap 'kill $pid' TERM\n/app &\npid=$!\nwait $pid || wait $pid\n")),
    ("FROM debian:12-slim AS build\nCMD go test ./...\nFROM debian:12-slim\nCOPY app /app\nENTRYPOINT [\"/app\"]\n", "", None, None),
    // A stage's CMD that nobody runs, HEALTHCHECK and ONBUILD are left alone.
    ("FROM debian:12-slim\nCOPY app /app\nONBUILD CMD /app --x\n", "", None, None),
    ("FROM debian:12-slim\nCOPY app /app\nCOPY --chmod=755 <<EOT /entrypoint.sh\n#!/bin/bash\n/app --daemon-helper &\n/app start\nEOT\nCMD [\"/entrypoint.sh\"]\n", "",
     Some("FROM debian:12-slim\nCOPY app /app\nCOPY --chmod=755 <<EOT /entrypoint.sh\n#!/bin/bash\n/app --daemon-helper &\nexec /app start\nEOT\nCMD [\"/entrypoint.sh\"]\n"), None),
    ("FROM debian:12-slim\nCOPY app /app\nCMD [\"/app server\"]\n", "",
     Some("FROM debian:12-slim\nCOPY app /app\nCMD [\"/app\", \"server\"]\n"), None),
    ("FROM debian:12-slim\nENV PORT=1\nCOPY app /app\nENTRYPOINT [\"/app\", \"$PORT\", \"a b\"]\n", "",
     Some("FROM debian:12-slim\nENV PORT=1\nCOPY app /app\nENTRYPOINT [\"/bin/sh\", \"-c\", \"exec /app \\\"$PORT\\\" 'a b' \\\"$@\\\"\", \"sh\"]\n"), None),
    ("FROM debian:12-slim\nCOPY app /app\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n", "#!/bin/sh\r\nexec /app\r\n",
     None, Some("#!/bin/sh\nexec /app\n")),
    ("FROM debian:12-slim\nCOPY app /app\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n", "exec /app\n",
     None, Some("#!/bin/sh\nexec /app\n")),
    ("FROM debian:12-slim\nCOPY app /app\nCOPY --chmod=644 start.sh /start.sh\nCMD [\"/start.sh\"]\n", "#!/bin/sh\nexec /app\n", None, None),
    ("FROM postgres:16\nCOPY --chmod=755 start.sh /start.sh\nENTRYPOINT [\"/start.sh\"]\n", "#!/bin/sh\nexec \"$@\"\n",
     Some("FROM postgres:16\nCOPY --chmod=755 start.sh /start.sh\nENTRYPOINT [\"/start.sh\"]\nCMD [\"docker-entrypoint.sh\", \"postgres\"]\n"), None),
    ("FROM debian:12-slim\nRUN apt-get update && apt-get install -y nginx\nCMD service nginx start && tail -f /var/log/nginx/access.log\n", "",
     Some("FROM debian:12-slim\nRUN apt-get update && apt-get install -y nginx\nSTOPSIGNAL SIGQUIT\nCMD exec nginx -g 'daemon off;'\n"), None),
    ("FROM python:3.12-slim\nRUN pip install uwsgi\nCOPY app /app.py\nCMD [\"uwsgi\", \"--http\", \":80\", \"--master\"]\n", "",
     Some("FROM python:3.12-slim\nRUN pip install uwsgi\nCOPY app /app.py\nCMD [\"uwsgi\", \"--die-on-term\", \"--hook-master-start\", \"unix_signal:15 gracefully_kill_them_all\", \"--http\", \":80\", \"--master\"]\n"), None),
    // Debian's Apache needs its variables and directories; its name is not `httpd`.
    ("FROM debian:12-slim\nRUN apt-get update && apt-get install -y apache2\nCMD [\"apachectl\", \"-D\", \"FOREGROUND\"]\n", "",
     Some("FROM debian:12-slim\nRUN apt-get update && apt-get install -y apache2\nSTOPSIGNAL SIGWINCH\nCMD [\"/bin/sh\", \"-c\", \"mkdir -p /var/run/apache2 /var/lock/apache2 && . /etc/apache2/envvars && exec apache2 -DFOREGROUND\"]\n"), None),
    ("FROM debian:12-slim\nRUN apt-get update && apt-get install -y apache2\nCMD [\"apache2ctl\", \"-f\", \"/x.conf\", \"-D\", \"FOREGROUND\"]\n", "", None, None),
    ("FROM centos:7\nRUN yum install -y httpd\nCMD [\"/usr/sbin/apachectl\", \"-D\", \"FOREGROUND\"]\n", "",
     Some("FROM centos:7\nRUN yum install -y httpd\nSTOPSIGNAL SIGWINCH\nCMD [\"httpd\", \"-D\", \"FOREGROUND\"]\n"), None),
    // mysqld refuses to run as root, which its script does not do.
    ("FROM debian:12-slim\nRUN apt-get update && apt-get install -y mariadb-server\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n", "#!/bin/sh\nmkdir -p /run/mysqld\nmysqld_safe --skip-networking\n",
     None, Some("#!/bin/sh\nmkdir -p /run/mysqld\nexec mysqld --user=mysql --skip-networking\n")),
    ("FROM debian:12-slim\nRUN apt-get update && apt-get install -y mariadb-server\nCMD [\"mysqld_safe\", \"--user=root\"]\n", "",
     Some("FROM debian:12-slim\nRUN apt-get update && apt-get install -y mariadb-server\nCMD [\"mysqld\", \"--user=root\"]\n"), None),
    ("FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y mysql-server redis-server\nCMD service mysql start && service redis-server start && sleep infinity\n", "",
     Some("FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y mysql-server redis-server\nCMD service mysql start && service redis-server start && { trap 'service redis-server stop; service mysql stop; exit 0' TERM; sleep infinity & wait; }\n"), None),
    // sshd refuses to start without the directory that the service makes. Comments stay.
    ("FROM debian:12-slim\nRUN apt-get update && apt-get install -y openssh-server\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n", "#!/bin/sh\nservice ssh start\n\n# do nothing but wait\nsleep infinity\n",
     None, Some("#!/bin/sh\nmkdir -p /run/sshd && exec /usr/sbin/sshd -D\n\n# do nothing but wait\n\n")),
    ("FROM debian:12-slim\nRUN apt-get update && apt-get install -y openssh-server\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n", "#!/bin/sh\n/etc/init.d/ssh start\nsleep infinity\n",
     None, Some("#!/bin/sh\nmkdir -p /run/sshd && exec /usr/sbin/sshd -D\n")),
    // What follows a server in the background is work that must go on being done.
    ("FROM debian:12-slim\nRUN apt-get update && apt-get install -y nginx\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n", "#!/bin/sh\nnginx\nmkdir -p /x\ntail -f /dev/null\n", None, None),
    // Scripts that RUN writes and that are right stay as they are.
    ("FROM debian:12-slim\nCOPY app /usr/bin/java\nRUN echo '#!/bin/sh' > /start.sh && echo 'exec java $JAVA_OPTS -jar /app.jar \"$@\"' >> /start.sh && chmod +x /start.sh\nENTRYPOINT [\"/start.sh\"]\n", "", None, None),
    ("FROM debian:12-slim\nCOPY app /app\nRUN printf '#!/bin/sh\\nexec /app \"$@\"\\n' > /entry.sh && chmod +x /entry.sh\nENTRYPOINT [\"/entry.sh\"]\n", "", None, None),
    ("FROM debian:12-slim AS base\nRUN apt-get update && apt-get install -y nginx\nSTOPSIGNAL SIGQUIT\nFROM base\nCMD [\"nginx\", \"-g\", \"daemon off;\"]\n", "", None, None),
    ("FROM debian:12-slim\nCOPY app /app\nSTOPSIGNAL SIGTREM\nCMD [\"/app\"]\n", "", None, None),
    ("FROM debian:12-slim\nARG SIG=SIGKILL\nSTOPSIGNAL $SIG\nCOPY app /app\nCMD [\"/app\"]\n", "",
     Some("FROM debian:12-slim\nARG SIG=SIGKILL\nCOPY app /app\nCMD [\"/app\"]\n"), None),
    ("FROM debian:12-slim\nCOPY app /app\nCOPY --chmod=755 start.sh /start.sh\nENTRYPOINT [\"/start.sh\"]\n", "#!/bin/sh\nset -e\n/app --port 80\n",
     None, Some("#!/bin/sh\nset -e\nexec /app --port 80\n")),
    ("FROM debian:12-slim\nCOPY app /app\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n", "#!/bin/sh\ntrap 'exit' TERM\n/app\n",
     None, Some("#!/bin/sh\ntrap 'exit' TERM\n/app &\napp_pid=$!\ntrap 'kill -TERM \"$app_pid\"; wait \"$app_pid\"; exit' TERM\nwait \"$app_pid\" || wait \"$app_pid\"\n")),
    ("FROM debian:12-slim\nCOPY app /app\nSHELL [\"/bin/sh\", \"-c\"]\nCMD /app\n", "",
     Some("FROM debian:12-slim\nCOPY app /app\nSHELL [\"/bin/sh\", \"-c\"]\nCMD [\"/app\"]\n"), None),
    ("FROM debian:12-slim\nCOPY app /usr/bin/java\nCMD [\"java\", \"$JAVA_OPTS\", \"-jar\", \"app.jar\"]\n", "",
     Some("FROM debian:12-slim\nCOPY app /usr/bin/java\nCMD [\"/bin/sh\", \"-c\", \"exec java $JAVA_OPTS -jar app.jar\"]\n"), None),
    ("FROM debian:12-slim\nCOPY app /usr/bin/migrate\nCOPY app /usr/bin/app\nCMD [\"migrate\", \"&&\", \"exec\", \"app\"]\n", "", None, None),
    ("FROM debian:12-slim\nCOPY app /app\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n", "#!/usr/bin/ruby\nexec '/app'\n", None, None),
];

#[test]
fn whole_start_ups_are_fixed_as_a_maintainer_would() {
    let mut wrong = Vec::new();
    for (index, (dockerfile, script, fixed, fixed_script)) in WHOLE.iter().enumerate() {
        let tree = Tree::new(&format!("whole-{index}"));
        tree.file("app", b"\x7fELF\0")
            .file("Dockerfile", dockerfile)
            .file("start.sh", script);
        tree.fix(true);
        let after = (tree.read("Dockerfile"), tree.read("start.sh"));
        let expected = (fixed.unwrap_or(dockerfile), fixed_script.unwrap_or(script));
        if (after.0.as_str(), after.1.as_str()) != expected {
            wrong.push(format!(
                "{dockerfile}{script}\ngave\n{}{}",
                after.0, after.1
            ));
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
    assert!(news.contains("fixes in 1 file: 1 exec-form"), "{news}");
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

#[test]
fn where_no_fix_is_proven_the_commands_of_this_file_are_shown() {
    let head = "FROM debian:12-slim\nRUN apt-get install -y nginx\nCOPY app /app\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n";
    for (script, shown) in [
        (
            "/app \"$@\" -x\nrm -f /x\n",
            "write `/app \"$@\" -x & app_pid=$!; trap 'kill -TERM \"$app_pid\"' TERM; wait \"$app_pid\" || wait \"$app_pid\"`; or `exec` it",
        ),
        (
            "omd start \"$SITE\"\ntail -f /log\n",
            "if `omd start \"$SITE\"` can stay in the foreground, write that with `exec`; else write `trap 'omd stop \"$SITE\"' TERM; tail -f /log & wait`",
        ),
        (
            "thingsd -c /x\necho up\ntail -f /dev/null\n",
            "let `thingsd -c /x` stay in the foreground, and write `exec` before it in place of `tail -f /dev/null`",
        ),
        (
            "/etc/init.d/nginx start\nmkdir -p /x\ntail -f /dev/null\n",
            "write `exec nginx -g 'daemon off;'` as the last command",
        ),
        (
            "service ssh start\nmkdir -p /x\ntail -f /dev/null\n",
            "write `mkdir -p /run/sshd && exec /usr/sbin/sshd -D` as the last command",
        ),
        (
            "/etc/rc.d/init.d/krb5kdc start\n",
            "start `krb5kdc` in the foreground, as the last command",
        ),
        (
            "nice -n 5 nginx\nmkdir -p /x\nsleep infinity\n",
            "write `exec nice -n 5 nginx -g 'daemon off;'` as the last command",
        ),
        (
            "A=1 /app -x\n",
            "write `A=1 exec /app -x`, so that it replaces the shell",
        ),
        (
            "/app -x | tee /log\n",
            "write `exec /app -x > /log`; in bash `exec /app -x > >(tee /log)` keeps both",
        ),
    ] {
        let tree = Tree::new("advice");
        tree.file("app", b"\x7fELF\0");
        tree.file("Dockerfile", head);
        tree.file("start.sh", format!("#!/bin/sh\n{script}"));
        let (_, text, _) = tree.pidone(&["check"]);
        assert!(text.contains(shown), "{script}{text}");
    }
}
