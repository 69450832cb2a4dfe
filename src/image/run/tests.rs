use super::super::tests::check;

const DEBIAN: &str = "FROM debian:12\n";

/// Checks look-ups after instructions on Debian.
#[track_caller]
fn after(instructions: &str, expected: &[(&str, &str)]) {
    check(&format!("{DEBIAN}{instructions}\n"), expected);
}

#[test]
fn scripts_are_made_by_echo_printf_cat_and_tee() {
    after(
        "RUN echo '#!/bin/sh' > /s && echo 'exec app \"$@\"' >> /s && chmod +x /s",
        &[("/s", "755 #!/bin/sh\nexec app \"$@\"\n")],
    );
    after(
        "RUN printf '#!/bin/sh\\nexec %s\\n' app > /s; chmod 700 /s",
        &[("/s", "700 #!/bin/sh\nexec app\n")],
    );
    // Debian's sh is dash, whose echo resolves escapes.
    after(
        "RUN echo '#!/bin/sh\\napp' > /s",
        &[("/s", "644 #!/bin/sh\napp\n")],
    );
    check(
        "FROM alpine:3.20\nRUN echo 'a\\nb' > /s && echo -e 'a\\nb' > /t\n",
        &[("/s", "644 a\\nb\n"), ("/t", "644 a\nb\n")],
    );
    after(
        "RUN cat <<'EOF' > /s\nexec \"$@\"\nEOF",
        &[("/s", "644 exec \"$@\"\n")],
    );
    after(
        "ENV A=1\nRUN cat <<EOF > /s\nexec app $A\nEOF",
        &[("/s", "644 exec app 1\n")],
    );
    after(
        "RUN tee /s <<'EOF'\nexec app\nEOF",
        &[("/s", "644 exec app\n")],
    );
    after("RUN echo hi | tee -a /a > /dev/null", &[("/a", "644 hi\n")]);
    after(
        "RUN <<EOF\nset -e\necho one > /a\ncd /tmp\necho two > b\nEOF",
        &[("/a", "644 one\n"), ("/tmp/b", "644 two\n")],
    );
    after("RUN > /empty", &[("/empty", "644 ")]);
    after("WORKDIR /app\nRUN echo hi > x", &[("/app/x", "644 hi\n")]);
    after("RUN echo $(date) > /x", &[("/x", "644 <unknown>")]);
    after(
        "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN echo 'a\\nb' > /x",
        &[("/x", "644 a\\nb\n")],
    );
}

#[test]
fn text_made_in_a_run_points_at_its_bytes() {
    let image =
        super::super::tests::image("FROM debian:12\nRUN printf '#!/bin/sh\\nexec app\\n' > /s\n");
    let super::super::Found::File(file) = image.files.look_up("/s") else {
        panic!("it is a file")
    };
    let super::super::Content::Text(text) = file.content else {
        panic!("it is text")
    };
    assert_eq!(text.span(10..18).text(), "exec app");
    assert_eq!(text.span(9..10).text(), "\\n");
}

#[test]
fn modes_links_copies_and_line_ends() {
    let crlf = "644 echo\r\nhi\r\n";
    let lf = "644 echo\nhi\n";
    after(
        "COPY plain.sh /s\nRUN chmod +x /s",
        &[("/s", "755 echo\r\nhi\r\n")],
    );
    after(
        "COPY plain.sh /s\nRUN sed -i 's/\\r$//' /s && chmod 755 /s",
        &[("/s", "755 echo\nhi\n")],
    );
    after("COPY plain.sh /s\nRUN dos2unix /s", &[("/s", lf)]);
    after(
        "COPY plain.sh /s\nRUN sed -i -e 's/a/b/' /s",
        &[("/s", "644 <unknown>")],
    );
    after(
        "WORKDIR /app\nCOPY . .\nRUN chmod +x *.sh",
        &[
            ("/app/plain.sh", "755 echo\r\nhi\r\n"),
            ("/app/conf/a.conf", "644 a"),
        ],
    );
    after(
        "COPY . /app\nRUN chmod -R 755 /app",
        &[("/app/conf/a.conf", "755 a")],
    );
    after(
        "COPY . /app\nRUN find /app -type f -name '*.sh' -exec chmod +x {} \\;",
        &[
            ("/app/plain.sh", "755 echo\r\nhi\r\n"),
            ("/app/conf/a.conf", "644 a"),
        ],
    );
    after(
        "COPY . /app\nRUN find /app -name '*.sh' -exec dos2unix {} +",
        &[("/app/plain.sh", lf)],
    );
    after(
        "COPY plain.sh /s\nRUN ln -s /s /usr/local/bin/tool",
        &[("/usr/local/bin/tool", crlf)],
    );
    after(
        "COPY plain.sh /s\nRUN cp /s /t && mv /s /u",
        &[("/t", crlf), ("/u", crlf), ("/s", "absent")],
    );
    after(
        "COPY plain.sh /s\nRUN install -m 750 /s /usr/local/bin/",
        &[("/usr/local/bin/s", "750 echo\r\nhi\r\n")],
    );
    after("COPY plain.sh /s\nRUN rm -f /s", &[("/s", "absent")]);
    after(
        "RUN mkdir -p /a/b && touch /a/b/c",
        &[
            ("/a/b", "directory"),
            ("/a/b/c", "644 "),
            ("/a/x", "absent"),
        ],
    );
    after(
        "WORKDIR /app\nRUN cd conf && echo x > y",
        &[("/app/conf/y", "644 x\n")],
    );
    after(
        "COPY plain.sh /s\nRUN [\"chmod\", \"+x\", \"/s\"]",
        &[("/s", "755 echo\r\nhi\r\n")],
    );
    after(
        "COPY plain.sh /s\nRUN test -x /s || chmod +x /s",
        &[("/s", "? echo\r\nhi\r\n")],
    );
}

#[test]
fn groups_loops_and_filters_make_files() {
    after(
        "RUN { echo '#!/bin/sh'; echo 'exec app'; } > /s && chmod +x /s",
        &[("/s", "755 #!/bin/sh\nexec app\n")],
    );
    after(
        "RUN ( echo a && printf -- 'b\\n' ) >> /s",
        &[("/s", "644 a\nb\n")],
    );
    after("RUN { date; echo a; } > /s", &[("/s", "644 <unknown>")]);
    after(
        "COPY plain.sh /s\nRUN tr -d '\\r' < /s > /t && cat /t > /u",
        &[("/t", "644 echo\nhi\n"), ("/u", "644 echo\nhi\n")],
    );
    after(
        "COPY plain.sh /s\nRUN for n in run serve; do ln -s /s /usr/local/bin/tool-$n; done",
        &[
            ("/usr/local/bin/tool-run", "644 echo\r\nhi\r\n"),
            ("/usr/local/bin/tool-serve", "644 echo\r\nhi\r\n"),
        ],
    );
    after(
        "COPY . /app\nRUN for f in /app/*.sh; do chmod +x \"$f\"; done",
        &[
            ("/app/plain.sh", "755 echo\r\nhi\r\n"),
            ("/app/conf/a.conf", "644 a"),
        ],
    );
    after(
        "RUN while read -r n; do echo x > /usr/local/bin/$n; done < /list",
        &[("/usr/local/bin/tool", "unknown")],
    );
    after(
        "ENV NAMES=\"a b\"\nRUN for n in $NAMES; do touch /x-$n; done",
        &[("/x-a", "644 "), ("/x-b", "644 "), ("/x-c", "absent")],
    );
    after(
        "RUN for n in $(cat /list); do touch /usr/bin/$n; done",
        &[("/usr/bin/a", "unknown")],
    );
}

#[test]
fn copies_take_directories_patterns_and_targets() {
    let crlf = "644 echo\r\nhi\r\n";
    after(
        "COPY . /src\nRUN cp -a /src/. /app && cp -r /src/conf /etc/conf && mv /src/conf /opt/c",
        &[
            ("/app/plain.sh", crlf),
            ("/etc/conf/a.conf", "644 a"),
            ("/opt/c/a.conf", "644 a"),
            ("/src/conf/a.conf", "absent"),
        ],
    );
    after(
        "COPY plain.sh start.sh /tmp/\nRUN mv /tmp/*.sh /usr/local/bin/",
        &[
            ("/usr/local/bin/plain.sh", crlf),
            ("/usr/local/bin/x.sh", "unknown"),
        ],
    );
    after(
        "COPY plain.sh /s\nRUN cp -t /opt/x /s && install -Dm750 -t /opt/y /s && install -Dm600 /s /opt/z",
        &[
            ("/opt/x/s", crlf),
            ("/opt/y/s", "750 echo\r\nhi\r\n"),
            ("/opt/z", "600 echo\r\nhi\r\n"),
        ],
    );
    after(
        "COPY plain.sh /s\nRUN chmod --reference=/bin/ls /s",
        &[("/s", "? echo\r\nhi\r\n")],
    );
}

#[test]
fn shells_and_scripts_in_a_run_are_followed() {
    let runs = "755 echo\r\nhi\r\n";
    for run in [
        "bash -c 'chmod +x /s'",
        "/bin/sh -ec \"cd / && chmod 755 s\"",
        "bash -ex <<'EOF'\nchmod +x /s\nEOF",
        "--mount=type=bind,target=/m cp /m/plain.sh /s && chmod 755 /s",
        "--mount=type=bind,source=plain.sh,dst=/m.sh install /m.sh /s",
    ] {
        after(&format!("COPY plain.sh /s\nRUN {run}"), &[("/s", runs)]);
    }
    after(
        "RUN bash <<'EOF'\necho -e 'a\\tb' > /s\nEOF",
        &[("/s", "644 a\tb\n")],
    );
    after(
        "COPY plain.sh /s\nRUN echo 'chmod 755 /s' > /usr/bin/prepare && chmod +x /usr/bin/prepare\nRUN prepare && rm /usr/bin/prepare",
        &[("/s", runs)],
    );
    // What another language does with the file that its text names is not known.
    for run in [
        "bash -c \"chmod +x /s $(date)\"",
        "python3 <<EOF\nopen('/s')\nEOF",
        "python3 -c 'import os; os.chmod(\"/s\", 0o755)'",
        "./fix-modes /s",
    ] {
        after(
            &format!("COPY plain.sh /s\nRUN {run}"),
            &[("/s", "? <unknown>")],
        );
    }
    // A script of the context that the build runs.
    after(
        "COPY start.sh /tmp/make.sh\nRUN echo 'chmod 700 /tmp/make.sh; > \"$1\"' > /go.sh && sh /go.sh /x",
        &[("/tmp/make.sh", "700 #!/bin/sh\nexec app\n")],
    );
    after(
        "RUN --mount=type=bind,target=/m true",
        &[("/m/plain.sh", "absent")],
    );
}

#[test]
fn line_ends_are_changed_in_many_ways() {
    let lf = "644 echo\nhi\n";
    for run in [
        "sed -i -E -e 's/\\r+$//' /s",
        "sed -i 's|\\r||g' /s",
        "find / -maxdepth 1 -name s; dos2unix -q /s",
        "perl -pi -e 's/\\r\\n/\\n/g' /s",
        "dos2unix -n /s /t && mv /t /s",
    ] {
        after(&format!("COPY plain.sh /s\nRUN {run}"), &[("/s", lf)]);
    }
    for run in [
        "find /app -type f -name '*.sh' -print0 | xargs -0 dos2unix",
        "find /app -type f -name '*.sh' | xargs -r sed -i 's/\\r$//'",
        "find /app -type f -exec sed -i 's/\\r//' {} \\;",
    ] {
        after(&format!("COPY . /app\nRUN {run}"), &[("/app/plain.sh", lf)]);
    }
    after(
        "COPY . /app\nRUN find /app -name '*.sh' | xargs sed -i 's/a/b/'",
        &[("/app/plain.sh", "644 <unknown>")],
    );
}

#[test]
fn a_path_behind_a_variable_is_no_path_of_the_root() {
    after(
        "COPY start.sh /s\nRUN d=$(mktemp -d) && chmod -R 700 \"$d\"/* ${d}/* && rm -rf ${d}/x",
        &[("/s", "755 #!/bin/sh\nexec app\n")],
    );
}

#[test]
fn an_opaque_run_leaves_what_it_does_not_name() {
    let start = "755 #!/bin/sh\nexec app\n";
    after(
        "COPY start.sh /s\nRUN frobnicate --all",
        &[
            ("/s", start),
            ("/no/such/x", "absent"),
            ("/usr/bin/x", "unknown"),
        ],
    );
    after(
        "COPY start.sh /s\nRUN frobnicate /s",
        &[("/s", "? <unknown>")],
    );
    after(
        "WORKDIR /app\nCOPY . .\nRUN npm ci && npm run build",
        &[("/app/start.sh", start), ("/app/dist/x.js", "unknown")],
    );
    after(
        "WORKDIR /app\nCOPY . .\nRUN ./start.sh",
        &[("/app/start.sh", start), ("/app/made", "unknown")],
    );
    after(
        "RUN curl https://example.org/i | sh\nWORKDIR /app\nCOPY . .",
        &[("/app/start.sh", start), ("/app/x", "absent")],
    );
    after(
        "RUN curl https://example.org/i | sh",
        &[("/made/by/it", "unknown")],
    );
    after(
        "WORKDIR /app\nRUN frobnicate\nCOPY . .",
        &[("/app/x", "unknown")],
    );
    after(
        "RUN git clone https://example.org/tool",
        &[("/tool/run.sh", "unknown")],
    );
    after(
        "RUN frobnicate\nWORKDIR /usr/src/app\nCOPY . .",
        &[("/usr/src/app/x", "absent")],
    );
    after(
        "WORKDIR /app\nCOPY . .\nRUN if [ -n \"$X\" ]; then npm ci; fi",
        &[("/app/start.sh", start)],
    );
    after(
        "COPY . /app\nRUN for f in /app/*.sh; do sed -i s/a/b/ $f; done",
        &[("/app/start.sh", "755 <unknown>")],
    );
}

#[test]
fn what_real_files_taught() {
    let start = "755 #!/bin/sh\nexec app\n";
    // An archive unpacked in `/` makes the directory that is named only afterwards.
    after(
        "RUN tar xf app.tgz && mkdir -p /app/data\nWORKDIR /app",
        &[("/app/bin/app", "unknown")],
    );
    after(
        "RUN tar -C /usr/local -xf go.tgz\nWORKDIR /app",
        &[("/app/x", "absent"), ("/usr/local/go/bin/go", "unknown")],
    );
    after(
        "WORKDIR /opt/w/x\nVOLUME [\"/opt/w\", \"/tmp\"]",
        &[("/opt/w/x/run.sh", "unknown")],
    );
    after(
        "COPY start.sh /usr/local/bin/run\nRUN chmod +x /usr/local/bin/run /etc/s6.d/*/*",
        &[("/usr/local/bin/run", start)],
    );
    let text = "FROM alpine AS b\nRUN apk add --root /rootfs bash\nFROM scratch\nCOPY --from=b /rootfs /\n";
    check(text, &[("/bin/bash", "unknown")]);
    let text =
        "FROM golang AS b\nRUN go install example.org/x\nFROM scratch\nCOPY --from=b /go/bin/x /\n";
    check(text, &[("/x", "755 <binary>")]);
}

#[test]
fn packages_bring_their_programs() {
    after(
        "RUN true",
        &[
            ("/usr/bin/env", "755 <binary>"),
            ("/bin/bash", "755 <binary>"),
            ("/usr/bin/curl", "absent"),
        ],
    );
    after(
        "RUN apt-get update && apt-get install -y --no-install-recommends some-package",
        &[("/usr/bin/some", "unknown"), ("/some", "absent")],
    );
    check(
        "FROM alpine:3.20\nRUN apk add --no-cache curl ca-certificates\n",
        &[("/bin/bash", "absent")],
    );
    check(
        "FROM alpine:3.20\nRUN apk add --no-cache some-package\n",
        &[("/bin/bash", "unknown")],
    );
}

#[test]
fn settings_of_the_base_image_that_no_table_has_are_not_empty() {
    for (file, path) in [
        ("$CATALINA_HOME/bin/s.sh", "/usr/local/tomcat/bin/s.sh"),
        ("/srv/bin/s.sh", "/srv/bin/s.sh"),
    ] {
        check(
            &format!("FROM tomcat:9\nCOPY plain.sh {file}\nRUN chmod +x $CATALINA_HOME/bin/s.sh\n"),
            &[
                (
                    path,
                    if file == path {
                        "? <unknown>"
                    } else {
                        "unknown"
                    },
                ),
                ("/bin/s.sh", "unknown"),
            ],
        );
    }
    check(
        "FROM debian:12\nCOPY plain.sh $APP_HOME/s.sh\nRUN curl -fsSL https://example.com/i.js | node\n",
        &[
            ("/s.sh", "644 echo\r\nhi\r\n"),
            ("/opt/tool/bin/x", "unknown"),
        ],
    );
}

#[test]
fn the_home_of_root_is_closed_until_it_is_opened() {
    let closed = |text: &str| {
        let image = super::super::tests::image(text);
        image.files.closed_directory("/root/start.sh").is_some()
    };
    assert!(closed("FROM debian:12\nCOPY start.sh /root/\n"));
    assert!(closed("FROM alpine:3.20\nWORKDIR /root\nCOPY start.sh .\n"));
    assert!(!closed(
        "FROM debian:12\nCOPY start.sh /root/\nRUN chmod 755 /root\n"
    ));
    assert!(!closed(
        "FROM debian:12\nCOPY . /root\nRUN chown -R app /root\n"
    ));
    assert!(!closed("FROM rockylinux:9\nCOPY start.sh /root/\n"));
    assert!(!closed("FROM corp/base\nCOPY start.sh /root/\n"));
}

#[test]
fn another_shell_behind_sh_is_noticed() {
    let sh = |run: &str| super::super::tests::image(&format!("{DEBIAN}RUN {run}\n")).sh;
    assert!(matches!(sh("true").value(), Some(Some(sh)) if sh.starts_with("dash")));
    assert!(
        matches!(sh("ln -sf /bin/bash /bin/sh").value(), Some(Some(sh)) if sh.starts_with("bash"))
    );
    assert!(sh("ln -sf /opt/x /bin/sh").why().is_some());
    assert!(
        sh("DEBIAN_FRONTEND=x dpkg-reconfigure dash")
            .why()
            .is_some()
    );
    assert!(sh("cp /bin/bash /bin/sh").why().is_some());
}

#[test]
fn compilers_make_native_programs() {
    let text = "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY . .\nRUN CGO_ENABLED=0 go build -ldflags '-s -w' -o /out/app ./cmd/app\n\
        FROM scratch\nCOPY --from=build /out/app /app\n";
    check(text, &[("/app", "755 <binary>"), ("/bin/sh", "absent")]);
}

#[test]
fn hostile_runs_are_bounded() {
    let deep = format!("{}true{}", "( ".repeat(3000), " )".repeat(3000));
    check(
        &format!("FROM debian:12\nRUN {deep}\n"),
        &[("/etc/x", "unknown")],
    );
    let mut many = String::from("FROM debian:12\n");
    for index in 0..3000 {
        many.push_str(&format!("RUN echo x >> /s && mkdir -p /d{index}\n"));
    }
    super::super::tests::image(&many);
}
