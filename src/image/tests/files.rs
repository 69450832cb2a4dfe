//! Files of an image: what COPY and RUN leave, and what is not known.

use super::*;

#[test]
fn copies_land_as_buildkit_puts_them() {
    let start = "755 #!/bin/sh\nexec app\n";
    check(
        "FROM scratch\nCOPY start.sh /\n",
        &[("/start.sh", start), ("/other", "absent")],
    );
    check(
        "FROM scratch\nCOPY start.sh /run\n",
        &[("/run", start), ("/run/start.sh", "absent")],
    );
    check(
        "FROM scratch\nCOPY start.sh /run/\n",
        &[("/run", "directory"), ("/run/start.sh", start)],
    );
    check(
        "FROM scratch\nWORKDIR /app\nCOPY start.sh .\n",
        &[("/app/start.sh", start)],
    );
    check(
        "FROM scratch\nWORKDIR /app\nCOPY start.sh /app\n",
        &[("/app/start.sh", start)],
    );
    check(
        "FROM scratch\nWORKDIR /app\nCOPY start.sh x\n",
        &[("/app/x", start)],
    );
    check(
        "FROM scratch\nCOPY conf /etc/conf\n",
        &[
            ("/etc/conf", "directory"),
            ("/etc/conf/a.conf", "644 a"),
            ("/etc/conf/bin/tool", "755 tool"),
            ("/etc/conf/conf", "absent"),
        ],
    );
    check(
        "FROM scratch\nCOPY conf/*.conf /etc/\n",
        &[("/etc/a.conf", "644 a"), ("/etc/b.txt", "absent")],
    );
    check(
        "FROM scratch\nCOPY start.sh conf /x/\n",
        &[("/x/start.sh", start), ("/x/a.conf", "644 a")],
    );
    check(
        "FROM scratch\nCOPY . /app\n",
        &[("/app/start.sh", start), ("/app/nothing", "absent")],
    );
    check(
        "FROM scratch\nCOPY [\"start.sh\", \"/a b\"]\n",
        &[("/a b", start)],
    );
    check(
        "FROM scratch\nCOPY native /app\n",
        &[("/app", "644 <binary>")],
    );
    check(
        "FROM scratch\nCOPY --chmod=700 plain.sh /s\n",
        &[("/s", "700 echo\r\nhi\r\n")],
    );
    check(
        "FROM scratch\nCOPY --chmod=+x plain.sh /s\n",
        &[("/s", "755 echo\r\nhi\r\n")],
    );
    check(
        "FROM scratch\nCOPY --exclude=*.txt conf /c\n",
        &[("/c/a.conf", "644 a"), ("/c/b.txt", "absent")],
    );
    check(
        "FROM scratch\nCOPY --parents conf/bin/tool /c\n",
        &[("/c/conf/bin/tool", "755 tool")],
    );
    check(
        "FROM scratch\nCOPY --parents ./conf/./bin/tool /c\n",
        &[("/c/bin/tool", "755 tool")],
    );
    check(
        "FROM scratch\nENV D=/opt\nCOPY start.sh $D/s\n",
        &[("/opt/s", start)],
    );
}

#[test]
fn what_is_not_in_the_context_is_there_all_the_same() {
    check(
        "FROM scratch\nCOPY target/app /app\n",
        &[("/app", "? <unknown>"), ("/app/x", "unknown")],
    );
    check(
        "FROM scratch\nCOPY target/app /app/\n",
        &[("/app/app", "? <unknown>"), ("/app/x", "unknown")],
    );
    check(
        "FROM scratch\nARG D\nCOPY start.sh $D\n",
        &[("/app", "unknown")],
    );
    check(
        "FROM debian:12\nARG TARGETARCH\nCOPY app-$TARGETARCH /app\nCOPY bin/*-linux /tool\n",
        &[("/app", "? <unknown>"), ("/tool", "? <unknown>")],
    );
    check(
        "FROM scratch\nCOPY *.jar /app/\n",
        &[("/app/a.jar", "unknown"), ("/b", "absent")],
    );
    check(
        "FROM scratch\nADD https://example.org/tini?raw=1 /sbin/\n",
        &[("/sbin/tini", "600 <unknown>")],
    );
    check(
        "FROM scratch\nADD https://example.org/tini /tini\n",
        &[("/tini", "600 <unknown>")],
    );
    check(
        "FROM scratch\nCOPY --from=corp/x /bin/x /x\n",
        &[("/x", "? <unknown>"), ("/y", "absent")],
    );
}

#[test]
fn stages_copy_from_each_other() {
    let text = "FROM scratch AS Build\nWORKDIR /src\nCOPY . .\nFROM scratch\nCOPY --from=build /src/start.sh /s.sh\n\
        COPY --from=0 /src/conf /c\nCOPY --from=build /src/built /built\n";
    check(
        text,
        &[
            ("/s.sh", "755 #!/bin/sh\nexec app\n"),
            ("/c/a.conf", "644 a"),
            ("/src", "absent"),
            ("/built", "? <unknown>"),
        ],
    );
    let child = "FROM scratch AS a\nCOPY start.sh /a\nFROM a AS b\nCOPY plain.sh /b\nFROM b\n";
    check(
        child,
        &[
            ("/a", "755 #!/bin/sh\nexec app\n"),
            ("/b", "644 echo\r\nhi\r\n"),
        ],
    );
}

#[test]
fn heredocs_expand_unless_they_are_quoted() {
    let text = "FROM scratch\nENV A=1\nCOPY --chmod=755 <<EOF /quick\nexec app $A \"$@\" \\$B\nEOF\nCOPY <<'EOF' /sub/\nexec \"$@\"\nEOF\n";
    check(
        text,
        &[
            ("/quick", "755 exec app 1 \"\" $B\n"),
            ("/sub/EOF", "644 exec \"$@\"\n"),
        ],
    );
    let image = image(text);
    assert_eq!(image.expanded_heredocs.len(), 1);
    let heredoc = &image.expanded_heredocs[0];
    assert_eq!(heredoc.path, "/quick");
    let expansions: Vec<(&str, &str)> = heredoc
        .expansions
        .iter()
        .map(|(span, value)| (span.text(), value.as_str()))
        .collect();
    assert_eq!(expansions, [("$A", "1"), ("$@", "")]);
}

#[test]
fn a_tree_that_nothing_names_is_far() {
    let far = |text: &str, path: &str| image(text).files.is_far(path);
    let opaque = "FROM debian:12\nRUN ./install\n";
    assert!(far(opaque, "/no/such/app"));
    assert!(far(
        &format!("{opaque}CMD [\"/no/such/app\"]\n"),
        "/no/such/app"
    ));
    assert!(!far(
        &format!("{opaque}RUN x --prefix=/no/such\n"),
        "/no/such/app"
    ));
    assert!(!far(opaque, "/usr/bin/app"));
    assert!(!far(
        "FROM example.com/unknown\nRUN ./install\n",
        "/no/such/app"
    ));
    // Named after it, the directory is not its work.
    check(&format!("{opaque}WORKDIR /w\n"), &[("/w/entry", "absent")]);
}

#[test]
fn a_directory_named_after_an_opaque_run_is_listed() {
    let list = |text: &str, path: &str| image(text).files.list(path).value().cloned();
    let opaque = "FROM debian:12\nRUN ./install\n";
    let named = format!("{opaque}COPY conf/ /conf/\n");
    let names = ["a.conf", "b.txt", "bin"].map(str::to_owned).to_vec();
    assert_eq!(list(&named, "/conf"), Some(names));
    assert_eq!(
        list(
            "FROM debian:12\nCOPY conf/ /conf/\nRUN ./install\n",
            "/conf"
        ),
        None
    );
}

#[test]
fn hostile_chains_end_in_ignorance() {
    let mut text = String::from("FROM scratch AS s0\n");
    for index in 1..200 {
        text.push_str(&format!(
            "FROM scratch AS s{index}\nCOPY --from=s{0} /x /x\nCOPY --from=s{0} / /\n",
            index - 1
        ));
    }
    assert_eq!(at(&image(&text), "/y"), "unknown");
    let mut text = String::from("FROM scratch AS s0\n");
    for index in 1..2000 {
        text.push_str(&format!("FROM s{} AS s{index}\n", index - 1));
    }
    assert_eq!(at(&image(&text), "/y"), "unknown");
}
