//! Random start-up scripts over the constructs that the walker claims to understand.
//! In: a seed. Out: a [`Startup`] whose every input is given, so that exactly one verdict is right. It does not know
//! which one: that is measured. Weights are tuned so that every verdict has its share.

mod background;
mod place;
mod preparation;
mod random;

use std::collections::BTreeMap;

use crate::startup::{Mode, Shell, Startup};
use random::Random;

/// The script of a seed.
pub(crate) fn generate(seed: u64) -> Startup {
    let mut random = Random::new(seed);
    let shell = random.pick(&Shell::ALL);
    let signal = random.weighted(&[(84, "TERM"), (8, "INT"), (6, "QUIT"), (2, "HUP")]);
    let args: &[&str] = random.pick(&[
        &[],
        &["listen"],
        &["worker"],
        &["--port", "80"],
        &["app"],
        &["app", "--verbose"],
    ]);
    let mut env = BTreeMap::new();
    if random.chance(30) {
        env.insert(
            "MODE".to_owned(),
            random.pick(&["listen", "worker", "debug"]).to_owned(),
        );
    }
    let mut writer = Writer {
        random,
        shell,
        signal,
        files: BTreeMap::new(),
    };
    let mode = writer.random.weighted(&[
        (16, Mode::C),
        (42, Mode::File),
        (22, Mode::Shebang),
        (20, Mode::Argv),
    ]);
    let mut startup = Startup {
        id: format!("r/{seed}@{}", shell.name()),
        shell: Some(shell),
        mode,
        args: args.iter().map(|&word| word.to_owned()).collect(),
        env,
        ..Startup::default()
    };
    if signal != "TERM" {
        startup.signal = signal.to_owned();
    }
    match mode {
        Mode::C => {
            startup.script = writer.command_string();
            if !startup.args.is_empty() {
                startup.args.insert(0, "start".to_owned());
            }
        }
        Mode::File => startup.script = writer.script(),
        Mode::Shebang => {
            startup.shebang = writer.shebang();
            startup.script = writer.script();
        }
        Mode::Argv => startup.argv = writer.behind_init(),
    }
    startup.files = writer.files;
    if startup
        .all_files()
        .values()
        .chain([&startup.script])
        .chain(&startup.argv)
        .any(|text| text.contains("sleep 1"))
    {
        startup.grace_s = Some(2.5);
    }
    startup
}

/// A line that keeps its place at the left margin whatever it stands in (the end of a here-document).
const AT_MARGIN: char = '\u{1}';

type Lines = Vec<String>;

struct Writer {
    random: Random,
    shell: Shell,
    signal: &'static str,
    files: BTreeMap<String, String>,
}

impl Writer {
    fn is_bash(&self) -> bool {
        matches!(self.shell, Shell::Bash | Shell::BashAsSh)
    }

    fn script(&mut self) -> String {
        let mut lines = self.options();
        for _ in 0..self.random.below(4) {
            let some = self.preparation();
            lines.extend(some);
        }
        let ending = self.ending(2);
        lines.extend(ending);
        join(&lines) + "\n"
    }

    /// The application's command, without `exec` or `&`.
    fn application(&mut self) -> String {
        let command = self.random.weighted(&[
            (30, "app"),
            (16, "app --port 80"),
            (10, "app \"$@\""),
            (6, "/usr/local/bin/app"),
            (4, "app ${OPTS:-}"),
            (4, "FOO=1 app"),
            (3, "env FOO=1 app"),
            (2, "nice -n 5 app"),
            (2, "nohup app"),
            (6, "app 2>&1"),
            (4, "app >/dev/null 2>&1"),
            (3, "app < /dev/null"),
            (2, "command app"),
            (1, "timeout 60 app"),
        ]);
        command.to_owned()
    }

    /// How the script ends: who runs in the steady state.
    fn ending(&mut self, depth: usize) -> Lines {
        let plain: [(usize, Plan); 9] = [
            (15, Plan::Exec),
            (6, Plan::Foreground),
            (4, Plan::More),
            (3, Plan::Pipeline),
            (40, Plan::Background),
            (2, Plan::LeftBehind),
            (17, Plan::Restart),
            (2, Plan::Failure),
            (7, Plan::Words),
        ];
        let nested: [(usize, Plan); 5] = [
            (13, Plan::Branch),
            (6, Plan::Function),
            (5, Plan::Loop),
            (9, Plan::Nested),
            (3, Plan::Group),
        ];
        let all = if depth == 0 {
            plain.to_vec()
        } else {
            [&plain[..], &nested[..]].concat()
        };
        match self.random.weighted(&all) {
            Plan::Exec => vec![self.exec()],
            Plan::Foreground => vec![self.application()],
            Plan::More => self.more(),
            Plan::Pipeline => vec![self.pipeline()],
            Plan::Background => self.background(),
            Plan::LeftBehind => vec![format!("{} &", self.application())],
            Plan::Restart => self.restart(),
            Plan::Failure => self.failure(),
            Plan::Words => self.words(),
            Plan::Branch => self.branch(depth - 1),
            Plan::Function => self.function(depth - 1),
            Plan::Loop => self.looped(depth - 1),
            Plan::Nested => self.nested(depth - 1),
            Plan::Group => self.group(depth - 1),
        }
    }

    fn exec(&mut self) -> String {
        let special = self.random.weighted(&[
            (60, ""),
            (14, "exec \"$@\""),
            (4, "exec ${1:-app}"),
            (4, "exec \"${CMD:-app}\""),
            (3, "eval \"exec app\""),
            (3, "exec app || exit 1"),
            (3, "true && exec app"),
            (3, "false || exec app"),
            (2, "command exec app"),
            (2, "exec -- app"),
            (2, "exec -a server app"),
            (4, "exec tini -- app"),
            (3, "exec dumb-init app"),
            (2, "exec {SH} -c 'app --x'"),
            (3, "( exec app )"),
            (2, "exec app | cat"),
            (2, "exec {SH} ./other.sh"),
            (2, "exec app > /tmp/log 2>&1"),
        ]);
        match special {
            "" => format!("exec {}", self.application()),
            "exec {SH} ./other.sh" => {
                let text = self.random.pick(&["app\n", "exec app\n", "app &\nwait\n"]);
                self.files.insert("other.sh".to_owned(), text.to_owned());
                special.to_owned()
            }
            _ => special.to_owned(),
        }
    }

    /// The command's words come from variables, arrays, options or a second pass through the script.
    fn words(&mut self) -> Lines {
        let text = self.random.weighted(&[
            (3, "set -- app \"$@\"\nexec \"$@\""),
            (2, "CMD=\"app --port 80\"\nexec $CMD"),
            (2, "CMD=\"app --port 80\"\neval \"exec $CMD\""),
            (2, "CMD=\"app --port 80\"\n{SH} -c \"$CMD\""),
            (2, "CMD=\"app --port 80\"\nexec {SH} -c \"exec $CMD\""),
            (2, "name=app-server\nexec \"${name%-server}\" \"$@\""),
            (2, "exec \"$(command -v app)\" \"$@\""),
            (1, "exec $(echo app) --x"),
            (2, "while getopts vp: option; do\n  case $option in\n    p) port=$OPTARG ;;\n    *) ;;\n  esac\ndone\nshift $((OPTIND - 1))\nexec app \"$@\""),
            (2, "while [ $# -gt 0 ]; do\n  case \"$1\" in\n    --port) port=$2; shift 2 ;;\n    *) shift ;;\n  esac\ndone\nexec app --port \"$port\""),
            (3, "if [ -z \"${AGAIN:-}\" ]; then\n  export AGAIN=1\n  exec {SH} \"$0\" \"$@\"\nfi\nexec app"),
            (2, "if [ \"${1:-}\" != again ]; then\n  exec {SH} \"$0\" again\nfi\napp"),
            (2, "for file in ./entry.d/*.sh; do\n  . \"$file\"\ndone\nexec $CMD"),
            (1, "exec gosu nobody app"),
            (1, "exec env -i PATH=\"$PATH\" app"),
        ]);
        let text = if self.is_bash() && self.random.chance(35) || self.random.chance(5) {
            self.random.pick(&[
                "args=(app --port 80)\nexec \"${args[@]}\"",
                "args=(--port 80)\nargs+=(\"$@\")\nexec app \"${args[@]}\"",
                "args=(app)\n[[ $# -gt 0 ]] && args+=(\"$@\")\n\"${args[@]}\"",
                "function main {\n  exec app \"$@\"\n}\nmain \"$@\"",
                "exec app \"${@:2}\" > >(cat)",
            ])
        } else {
            text
        };
        if text.contains("entry.d") {
            self.files
                .insert("entry.d/10-name.sh".to_owned(), "CMD=worker\n".to_owned());
            self.files.insert(
                "entry.d/20-name.sh".to_owned(),
                "CMD=\"app --port 80\"\n".to_owned(),
            );
        }
        text.lines().map(str::to_owned).collect()
    }

    fn more(&mut self) -> Lines {
        let app = self.application();
        let after = self.random.pick(&[
            "echo stopped",
            "exit $?",
            "exit 0",
            "rm -f /tmp/app.pid",
            "sleep 30",
            "status=$?",
        ]);
        match self.random.below(5) {
            0 => vec![format!("{app} || true")],
            1 => vec![format!("{app} && {after}")],
            2 => vec![
                format!("if ! {app}; then"),
                "  exit 1".to_owned(),
                "fi".to_owned(),
            ],
            3 => vec![format!("result=$({app})")],
            _ => vec![app, after.to_owned()],
        }
    }

    fn pipeline(&mut self) -> String {
        let app = self.application();
        match self.random.below(5) {
            0 => format!("{app} | cat"),
            1 => format!("{app} 2>&1 | tee /tmp/log"),
            2 => format!("true | {app}"),
            3 => format!("{app} | while read -r line; do echo \"$line\"; done"),
            _ => format!("exec {app} > >(cat)"),
        }
    }

    fn failure(&mut self) -> Lines {
        let text = self.random.pick(&[
            "exec /nonexistent/app",
            "exit 1",
            "set -e\nfalse\nexec app",
            "set -u\necho \"$UNDEFINED\"\nexec app",
            "if true; then\n  exec app",
            ". ./missing.sh\nexec app",
            "echo \"usage: $0\"",
            "exec ./entry",
            "return 0\nexec app",
            "cd /nonexistent && exec app",
            "exec \"app --port 80\"",
        ]);
        text.lines().map(str::to_owned).collect()
    }

    /// A condition whose value follows from what is given.
    fn condition(&mut self) -> &'static str {
        self.random.weighted(&[
            (6, "[ \"$1\" = listen ]"),
            (5, "[ \"${1:-listen}\" = listen ]"),
            (4, "[ \"${1#-}\" != \"$1\" ]"),
            (4, "[ $# -eq 0 ]"),
            (4, "[ -z \"${MODE:-}\" ]"),
            (4, "[ \"$MODE\" = worker ]"),
            (3, "[ \"${MODE:-debug}\" != debug ]"),
            (3, "[ -n \"$1\" ] && [ \"$1\" != worker ]"),
            (2, "[ \"$1\" = worker ] || [ \"$MODE\" = debug ]"),
            (3, "test -x /usr/local/bin/app"),
            (2, "! [ -d /srv ]"),
            (2, "command -v app >/dev/null 2>&1"),
            (2, "[ $(($# + 1)) -gt 1 ]"),
            (2, "[ \"$(basename \"$0\")\" = entry.sh ]"),
            (2, "[[ $1 == listen ]]"),
            (1, "[[ \"$1\" == -* ]]"),
            (1, "[ \"${1:0:1}\" = - ]"),
            (1, "[ \"${MODE%r}\" = worke ]"),
            (1, "true"),
            (1, "false"),
            (1, "! true"),
            (2, "[ \"$1\" = app -o $# -eq 0 ]"),
        ])
    }

    fn branch(&mut self, depth: usize) -> Lines {
        let (first, second) = (self.ending(depth), self.ending(depth));
        match self.random.below(6) {
            0 | 1 => {
                let mut lines = vec![format!("if {}; then", self.condition())];
                lines.extend(indent(first));
                lines.push("else".to_owned());
                lines.extend(indent(second));
                lines.push("fi".to_owned());
                lines
            }
            2 => {
                let mut lines = vec![format!("if {}; then", self.condition())];
                lines.extend(indent(first));
                lines.push("fi".to_owned());
                lines.extend(second);
                lines
            }
            3 | 4 => {
                let subject = self
                    .random
                    .pick(&["$1", "${1:-listen}", "$MODE", "${MODE:-worker}"]);
                let pattern = self
                    .random
                    .pick(&["listen", "listen|app", "-*", "w*", "\"\""]);
                let mut lines = vec![format!("case \"{subject}\" in"), format!("  {pattern})")];
                lines.extend(indent(indent(first)));
                lines.extend(["    ;;".to_owned(), "  *)".to_owned()]);
                lines.extend(indent(indent(second)));
                lines.extend(["    ;;".to_owned(), "esac".to_owned()]);
                lines
            }
            _ => {
                let mut lines = vec![format!("if {}; then", self.condition())];
                lines.push(format!(
                    "  set -- {}",
                    self.random
                        .pick(&["app", "app --port 80", "worker", "app \"$@\""])
                ));
                lines.push("fi".to_owned());
                lines.push(
                    self.random
                        .pick(&["exec \"$@\"", "\"$@\"", "exec $@", "exec \"${@:-app}\""])
                        .to_owned(),
                );
                lines
            }
        }
    }

    fn function(&mut self, depth: usize) -> Lines {
        let body = self.ending(depth);
        let subshell = self.random.chance(10);
        let mut lines = vec![if subshell {
            "main() (".to_owned()
        } else {
            "main() {".to_owned()
        }];
        lines.extend(indent(body));
        lines.push(if subshell {
            ")".to_owned()
        } else {
            "}".to_owned()
        });
        let call = self.random.pick(&[
            "main \"$@\"",
            "main",
            "main \"$@\"",
            "main || exit 1",
            "main listen",
            "( main )",
        ]);
        lines.push(call.to_owned());
        lines
    }

    fn looped(&mut self, depth: usize) -> Lines {
        let head = self.random.pick(&[
            "for target in app; do",
            "for word in \"$@\"; do",
            "while true; do",
            "until false; do",
            "while [ $# -ge 0 ]; do",
            "for try in 1 2; do",
        ]);
        let mut lines = vec![head.to_owned()];
        lines.extend(indent(self.ending(depth)));
        if self.random.chance(40) || head.starts_with("while") || head.starts_with("until") {
            lines.push(
                self.random
                    .pick(&["  break", "  sleep 0.5", "  sleep 0.3"])
                    .to_owned(),
            );
        }
        lines.push("done".to_owned());
        lines
    }

    fn group(&mut self, depth: usize) -> Lines {
        let (open, close) = self.random.pick(&[
            ("{", "}"),
            ("(", ")"),
            ("{", "} 2>&1"),
            ("(", ") || true"),
            ("{", "} | cat"),
        ]);
        let mut lines = vec![open.to_owned()];
        lines.extend(indent(self.ending(depth)));
        lines.push(close.to_owned());
        lines
    }
}

#[derive(Clone, Copy)]
enum Plan {
    Exec,
    Foreground,
    More,
    Pipeline,
    Background,
    LeftBehind,
    Restart,
    Failure,
    Words,
    Branch,
    Function,
    Loop,
    Nested,
    Group,
}

fn indent(lines: Lines) -> Lines {
    let shift = |line: String| {
        if line.starts_with(AT_MARGIN) {
            line
        } else {
            format!("  {line}")
        }
    };
    lines.into_iter().map(shift).collect()
}

fn join(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| line.trim_start_matches(AT_MARGIN))
        .collect::<Vec<_>>()
        .join("\n")
}
