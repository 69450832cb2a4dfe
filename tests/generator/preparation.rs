//! The part of the generator that draws what stands above the application: shell options and preparation.

use super::{Lines, Writer};

impl Writer {
    pub(super) fn options(&mut self) -> Lines {
        let line = self.random.weighted(&[
            (56, ""),
            (22, "set -e"),
            (8, "set -eu"),
            (4, "set -x"),
            (2, "set -m"),
            (2, "set -o pipefail"),
            (2, "set -euo pipefail"),
            (2, "shopt -s lastpipe"),
            (2, "shopt -s execfail"),
        ]);
        if line.is_empty() {
            Lines::new()
        } else {
            vec![line.to_owned()]
        }
    }

    /// Something that a start-up does before it starts the application.
    pub(super) fn preparation(&mut self) -> Lines {
        let simple = self.random.weighted(&[
            (6, "echo starting"),
            (4, "export APP_ENV=production"),
            (4, "mkdir -p /tmp/cache"),
            (4, "cd /srv"),
            (3, "PORT=${PORT:-8080}"),
            (3, ": \"${LOG_LEVEL:=info}\""),
            (3, "echo \"port=${PORT:-80}\" > /tmp/app.conf"),
            (3, "true && echo ready"),
            (3, "false || true"),
            (2, "false"),
            (2, "( umask 077; touch /tmp/key )"),
            (2, "if ( false; true ); then echo on; else exit 5; fi"),
            (2, "( false; exit 0 ) || exit 5"),
            (1, "{ false; true; } | cat || exit 5"),
            (1, "x=$(false; echo on) && test \"$x\" = on || exit 5"),
            (2, "#tidy"),
            (3, "echo a b | tr a-z A-Z"),
            (3, "now=$(date +%s)"),
            (2, "name=$(basename \"$0\")"),
            (3, "for part in one two; do echo \"$part\"; done"),
            (2, "i=0; while [ \"$i\" -lt 2 ]; do i=$((i + 1)); done"),
            (2, "until nc -z db 5432; do sleep 1; done"),
            (2, "command -v app >/dev/null || exit 1"),
            (2, "pg_isready -q && migrate"),
            (2, "#migrate"),
            (2, "log() { echo \"[$(date +%T)] $*\"; }"),
            (3, "worker &"),
            (2, "sleep 0.2"),
            (2, "exec 2>&1"),
            (2, "exec 3>/tmp/audit"),
            (2, "trap '' HUP"),
            (1, "trap 'echo bye' EXIT"),
            (1, "trap '' TERM"),
            (2, "umask 022"),
            (2, "[ -n \"${DEBUG:-}\" ] && set -x"),
            (2, "set -- \"$@\" --color"),
            (1, "set -- app \"$@\""),
            (1, "[ $# -gt 0 ] && shift"),
            (1, "unset PORT"),
            (3, "#here"),
            (3, "#source"),
            (2, "#read"),
            (2, "#helper"),
        ]);
        let lines: &[&str] = match simple {
            "#here" => &[
                "cat > /tmp/app.yml <<EOF",
                "mode: ${MODE:-serve}",
                "\u{1}EOF",
            ],
            "#read" => &[
                "while read -r key value; do",
                "  echo \"$key=$value\"",
                "done < settings.txt",
            ],
            "#tidy" => &["tidy() (", "  false", "  cd /tmp", ")", "tidy && echo tidy"],
            "#helper" => &[
                "prepare() {",
                "  local dir=/tmp/data",
                "  mkdir -p \"$dir\"",
                "}",
                "prepare",
            ],
            "#source" => {
                let text = self.random.pick(&[
                    "PORT=81\nexport PORT\n",
                    "MODE=worker\n",
                    "log() {\n  echo \"$*\"\n}\n",
                    "set -e\n",
                ]);
                self.files.insert("env.sh".to_owned(), text.to_owned());
                let dot = self.random.weighted(&[
                    (8, ". ./env.sh"),
                    (2, "source ./env.sh"),
                    (2, "[ -f ./env.sh ] && . ./env.sh"),
                ]);
                return vec![dot.to_owned()];
            }
            other => return vec![other.to_owned()],
        };
        if simple == "#migrate" {
            let (text, call) = self.random.pick(&[
                ("echo migrated\n", "if ! ./migrate.sh; then exit 3; fi"),
                ("exit 0\n", "./migrate.sh || exit 1"),
                ("false\n", "{SH} ./migrate.sh || echo \"not migrated\""),
            ]);
            self.files
                .insert("migrate.sh".to_owned(), format!("#!{{SH}}\n{text}"));
            return vec![call.to_owned()];
        }
        if simple == "#read" {
            self.files
                .insert("settings.txt".to_owned(), "port 80\nhost db\n".to_owned());
        }
        lines.iter().map(|&line| line.to_owned()).collect()
    }
}
