//! The part of the generator where the script stays PID 1: the application in the background, traps in all forms,
//! the ways to wait, restart loops and keep-alives.

use super::{Lines, Writer};

impl Writer {
    /// The application in the background, with a trap or without, and something that keeps PID 1 there.
    pub(super) fn background(&mut self) -> Lines {
        let mut start = Lines::new();
        if self.random.chance(8) {
            start.extend(["worker &".to_owned(), "helper=$!".to_owned()]);
        }
        start.push(self.background_command());
        let pid = self.random.weighted(&[
            (60, "$pid"),
            (20, "\"$pid\""),
            (10, "$!"),
            (6, "$(cat /tmp/app.pid)"),
            (4, "\"${pid}\""),
        ]);
        match pid {
            "$!" => {}
            "$(cat /tmp/app.pid)" => start.push("echo $! > /tmp/app.pid".to_owned()),
            _ => start.push("pid=$!".to_owned()),
        }
        if self.random.chance(6) {
            start.push("worker &".to_owned());
        }
        let trap = if self.random.chance(93) {
            self.trap(pid)
        } else {
            Lines::new()
        };
        let mut lines = Lines::new();
        if self.random.chance(45) {
            lines.extend(trap);
            lines.extend(start);
        } else {
            lines.extend(start);
            lines.extend(trap);
        }
        lines.extend(self.waiting(pid));
        match self.random.below(10) {
            0 => lines.push("echo stopped".to_owned()),
            1 => lines.push("exit $?".to_owned()),
            2 => lines.push("exit 0".to_owned()),
            _ => {}
        }
        lines
    }

    fn background_command(&mut self) -> String {
        let app = self.application();
        match self.random.below(30) {
            0 => format!("( cd /srv && exec {app} ) &"),
            1 => format!("( {app} ) &"),
            2 => format!("{{ {app}; }} &"),
            3 => "{SH} -c 'app --x' &".to_owned(),
            4 => "{SH} -c 'exec app' &".to_owned(),
            5 => format!("{app} | cat &"),
            6 => format!("cd /srv && {app} &"),
            7 => format!("exec {app} &"),
            8 => format!("(true; {app}) &"),
            9 => format!("eval '{app} &'"),
            _ => format!("{app} &"),
        }
    }

    /// How the trap signals the application.
    fn kill(&mut self, pid: &str) -> String {
        let form = self.random.weighted(&[
            (26, "kill PID"),
            (28, "kill -TERM PID"),
            (6, "kill -15 PID"),
            (4, "kill -s TERM PID"),
            (5, "kill -SIGTERM PID"),
            (4, "kill -INT PID"),
            (2, "kill -QUIT PID"),
            (3, "kill -9 PID"),
            (6, "kill -TERM PID 2>/dev/null"),
            (6, "kill $(jobs -p)"),
            (3, "kill %1"),
            (2, "kill -TERM -1"),
            (2, "kill -- -1"),
            (1, "kill $helper"),
        ]);
        form.replace("PID", pid)
    }

    fn trap_body(&mut self, pid: &str) -> String {
        let kill = self.kill(pid);
        match self.random.below(20) {
            0..=5 => kill,
            6..=10 => format!("{kill}; wait {pid}"),
            11 | 12 => format!("{kill}; wait {pid}; exit 0"),
            13 => format!("{kill}; wait"),
            14 | 15 => format!("{kill}; exit 0"),
            16 => format!("echo stopping; {kill}; sleep 1; exit 0"),
            17 => "exit 0".to_owned(),
            18 => format!("stopping=1; {kill}"),
            _ => format!("trap - TERM; {kill}; wait {pid}"),
        }
    }

    fn trap(&mut self, pid: &str) -> Lines {
        let mut signals = self
            .random
            .weighted(&[
                (44, "TERM"),
                (16, "TERM INT"),
                (8, "INT TERM"),
                (9, "SIGTERM"),
                (4, "SIGTERM SIGINT"),
                (4, "15"),
                (3, "EXIT"),
                (4, "TERM EXIT"),
                (2, "INT"),
                (1, "0"),
                (1, "term"),
            ])
            .to_owned();
        if self.signal != "TERM" && self.random.chance(80) {
            signals = signals.replace("TERM", self.signal);
        }
        let body = self.trap_body(pid);
        match self.random.below(20) {
            0 => vec![format!("trap '' {signals}")],
            1 => vec![format!("trap : {signals}")],
            2 => vec![format!("trap \"{}\" {signals}", body.replace('"', ""))],
            3 => vec![
                format!("trap '{body}' {signals}"),
                format!("trap - {signals}"),
            ],
            4..=8 => {
                let name = self
                    .random
                    .pick(&["stop", "shutdown", "on_term", "cleanup"]);
                let mut lines = vec![format!("{name}() {{")];
                lines.extend(body.split("; ").map(|part| format!("  {part}")));
                lines.extend(["}".to_owned(), format!("trap {name} {signals}")]);
                lines
            }
            _ => vec![format!("trap '{body}' {signals}")],
        }
    }

    fn waiting(&mut self, pid: &str) -> Lines {
        let form = self.random.weighted(&[
            (18, "wait PID"),
            (18, "wait"),
            (7, "wait PID\nwait PID"),
            (4, "wait\nwait"),
            (5, "wait PID || wait PID"),
            (4, "wait PID || true"),
            (4, "wait PID\ntrap - TERM INT\nwait PID"),
            (3, "wait $!"),
            (3, "wait -n"),
            (6, "while kill -0 PID 2>/dev/null; do sleep 0.2; done"),
            (3, "while kill -0 PID; do wait PID; done"),
            (5, "while :; do sleep 0.3; done"),
            (4, "while true; do\n  sleep 0.2 & wait $!\ndone"),
            (2, "tail -f /dev/null"),
            (1, "sleep infinity"),
            (5, "sleep infinity & wait $!"),
            (4, "tail -f /dev/null & wait"),
            (5, "wait\nsleep 30"),
            (5, "wait PID\ntail -f /dev/null"),
            (3, "wait PID\nstatus=$?\nwait PID\nexit $status"),
            (
                2,
                "while [ -z \"$stopping\" ]; do sleep 0.2; done\nwait PID",
            ),
            (2, "until [ -n \"$stopping\" ]; do wait; done"),
            (1, "fg"),
            (1, "read -r line"),
        ]);
        form.replace("PID", pid)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// A loop that starts the application again, or a keep-alive that outlives it.
    pub(super) fn restart(&mut self) -> Lines {
        let app = self.application();
        let kill = self.random.pick(&[
            "kill $pid",
            "kill -TERM \"$pid\"",
            "kill -TERM $pid 2>/dev/null",
        ]);
        let signal = self.signal;
        let text = match self.random.below(14) {
            12 => format!(
                "{app} &\npid=$!\ntrap '{kill}; wait $pid' {signal}\nwhile true; do\n  wait $pid\n  sleep 0.2\ndone"
            ),
            13 => format!(
                "trap '{kill}; echo stopping' {signal}\n{app} &\npid=$!\nwait $pid\nsleep 30 & wait $!\ntail -f /dev/null"
            ),
            0 => format!("while true; do\n  {app}\n  sleep 0.5\ndone"),
            1 => format!("until {app}; do\n  sleep 0.5\ndone"),
            2 => format!("trap 'exit 0' {signal}\nwhile true; do\n  {app} &\n  wait $!\ndone"),
            3 | 4 => format!(
                "trap '{kill}' {signal}\nwhile true; do\n  {app} &\n  pid=$!\n  wait $pid\n  sleep 0.3\ndone"
            ),
            5 => format!(
                "running=1\ntrap 'running=0; {kill}' {signal}\nwhile [ $running = 1 ]; do\n  {app} &\n  pid=$!\n  wait $pid\ndone"
            ),
            6 => format!(
                "running=1\ntrap 'running=0; {kill}' {signal}\nwhile [ $running = 1 ]; do\n  {app} &\n  pid=$!\n  wait $pid\n  wait $pid\ndone"
            ),
            7 => format!("{app} &\npid=$!\ntrap '{kill}' {signal}\nwhile sleep 0.3; do :; done"),
            8 => format!("{app} &\npid=$!\ntrap '{kill}; wait $pid' {signal}\nwait $pid\nsleep 30"),
            9 => format!(
                "{app} &\npid=$!\ntrap '{kill}' {signal}\nwhile true; do sleep 30 & wait $!; done"
            ),
            10 => format!("trap : {signal}\n{app}\nsleep 30"),
            _ => format!(
                "trap '{kill}; wait $pid; exit 0' {signal}\n{app} &\npid=$!\nwhile true; do sleep 0.3; done"
            ),
        };
        text.lines().map(str::to_owned).collect()
    }
}
