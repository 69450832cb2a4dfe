//! The part of the generator that decides in what text the script stands: another file, a string, a here-document,
//! a `-c` string, behind an interpreter line or an init.

use super::{AT_MARGIN, Lines, Writer, join};

impl Writer {
    /// The ending stands in another text: a file, a string, a here-document.
    pub(super) fn nested(&mut self, depth: usize) -> Lines {
        let body = self.ending(depth);
        let text = join(&body);
        let is_quotable = !text.contains('\'');
        match self.random.below(7) {
            0 if is_quotable => vec![format!("{{SH}} -c '{text}'")],
            1 if is_quotable => vec![format!("exec {{SH}} -c '{text}'")],
            2 if is_quotable => vec![format!("eval '{text}'")],
            3 => {
                let mut lines = vec!["{SH} <<'SCRIPT'".to_owned()];
                lines.extend(text.lines().map(|line| format!("{AT_MARGIN}{line}")));
                lines.push(format!("{AT_MARGIN}SCRIPT"));
                lines
            }
            other => {
                self.files.insert("run.sh".to_owned(), text + "\n");
                let how = [
                    "{SH} ./run.sh",
                    ". ./run.sh",
                    "exec {SH} ./run.sh \"$@\"",
                    ". ./run.sh \"$@\"",
                ];
                vec![how[other % how.len()].to_owned()]
            }
        }
    }

    /// A `-c` string. Whether the shell execs its last command is decided by small things, so these get most care.
    pub(super) fn command_string(&mut self) -> String {
        if self.random.chance(25) {
            let lines = self.ending(1);
            let end = self.random.pick(&["", "", "\n"]);
            return join(&lines) + end;
        }
        let mut text = String::new();
        for _ in 0..self.random.below(3) {
            let before = self.random.pick(&[
                "export A=1",
                "cd /srv",
                "true",
                "echo up",
                "A=1",
                "mkdir -p /tmp/x",
                "worker &",
                "false ||",
            ]);
            text.push_str(before);
            if !before.ends_with('&') && !before.ends_with('|') {
                text.push_str(self.random.pick(&["; ", " && ", "\n", " && "]));
            } else {
                text.push(' ');
            }
        }
        let app = self.application();
        let last = match self.random.below(16) {
            0..=6 => app,
            7 => format!("exec {app}"),
            8 => format!("{{ {app}; }}"),
            9 => format!("( {app} )"),
            10 => format!("if true; then {app}; fi"),
            11 => format!("{app} | cat"),
            12 => format!("{app}; echo done"),
            13 => format!("for i in 1; do {app}; done"),
            14 => format!("trap 'echo x' TERM; {app}"),
            _ => format!("{app} & wait"),
        };
        text + &last + self.random.pick(&["", "", "", "\n", " # end", ";", "\n\n"])
    }

    pub(super) fn shebang(&mut self) -> String {
        let line = self.random.weighted(&[
            (70, "{SH}"),
            (12, "{SH} -e"),
            (5, "/usr/bin/env sh"),
            (4, "/usr/bin/tini {SH}"),
            (4, "/usr/bin/dumb-init {SH}"),
            (2, "/usr/bin/catatonit {SH}"),
        ]);
        line.to_owned()
    }

    /// An init in front of the script; most of what is interesting there has a shell in the middle.
    pub(super) fn behind_init(&mut self) -> Vec<String> {
        let init: &[&str] = self.random.pick(&[
            &["tini", "--"],
            &["tini", "-g", "--"],
            &["tini"],
            &["tini", "-v", "--"],
            &["dumb-init"],
            &["dumb-init", "--"],
            &["dumb-init", "-c", "--"],
            &["dumb-init", "--single-child", "--"],
            &["catatonit", "--"],
        ]);
        let mut argv: Vec<String> = init.iter().map(|&word| word.to_owned()).collect();
        if self.random.chance(35) {
            let text = self.command_string();
            argv.extend(["{SH}".to_owned(), "-c".to_owned(), text]);
            if self.random.chance(50) {
                argv.push("start".to_owned());
            }
            return argv;
        }
        let script = self.script();
        if self.random.chance(50) {
            self.files
                .insert("entry.sh".to_owned(), format!("#!{{SH}}\n{script}"));
            argv.push("./entry.sh".to_owned());
        } else {
            self.files.insert("entry.sh".to_owned(), script);
            argv.extend(["{SH}".to_owned(), "entry.sh".to_owned()]);
        }
        argv
    }
}
