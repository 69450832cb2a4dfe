//! Facts noticed while a start-up runs and stops: what rules and routes are made of.

use crate::knowledge::Signal;
use crate::source::Span;

/// Something that happened, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fact {
    /// What.
    pub kind: FactKind,
    /// Where.
    pub span: Option<Span>,
    /// Whether it happened after the stop signal.
    pub while_stopping: bool,
}

/// The kinds of facts. `shell` is a dialect's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FactKind {
    /// A shell replaced itself by its last command without the word `exec`.
    ImplicitExec {
        /// The dialect.
        shell: String,
        /// The command.
        command: String,
    },
    /// `exec` replaced a shell.
    Exec {
        /// The command.
        command: String,
    },
    /// A shell waits in the foreground for a command that goes on running.
    Foreground {
        /// The dialect.
        shell: String,
        /// The command.
        command: String,
        /// Whether the shell runs a `-c` string (else a script file).
        dash_c: bool,
        /// Whether anything but trivial commands follows in the same list.
        last: bool,
        /// Whether the command's own text begins with `exec`, in a place where it has no effect on
        /// this shell (subshell, pipeline, background).
        exec_in_subshell: bool,
        /// Whether it stands in a pipeline.
        in_pipeline: bool,
        /// The pid of the shell.
        pid: u32,
    },
    /// A shell is in `wait`.
    Waiting {
        /// The dialect.
        shell: String,
    },
    /// `trap` refused a signal's name.
    TrapRejected {
        /// The dialect.
        shell: String,
        /// The name as written.
        word: String,
    },
    /// `kill` refused a signal's name or its target.
    KillRejected {
        /// The dialect.
        shell: String,
        /// The words as written.
        word: String,
    },
    /// `kill` had nothing to signal (no argument, an empty list, a process that has ended).
    KillMissed {
        /// The words.
        word: String,
    },
    /// A trap for the signal was set and then lost because the shell was replaced.
    TrapLostByExec {
        /// The signal.
        signal: Signal,
        /// Where the trap was set.
        set_at: Option<Span>,
    },
    /// The application was started with the signal ignored.
    StartedIgnoring {
        /// The signal.
        signal: Signal,
        /// The command.
        command: String,
    },
    /// The signal arrived and a trap waits until the foreground command ends.
    TrapDeferred {
        /// The signal.
        signal: Signal,
    },
    /// A trap ran.
    TrapRan {
        /// The signal.
        signal: Signal,
    },
    /// A `wait` was interrupted by a trapped signal.
    WaitInterrupted {
        /// The signal.
        signal: Signal,
    },
    /// A process sent a signal to another.
    Sent {
        /// The signal.
        signal: Signal,
        /// From.
        from: u32,
        /// To.
        to: u32,
    },
    /// The kernel dropped a signal to PID 1, whose disposition is the default.
    Dropped {
        /// The signal.
        signal: Signal,
    },
    /// A process was ended by a signal's default action.
    Died {
        /// The process.
        pid: u32,
        /// Its program.
        program: String,
        /// The signal.
        signal: Signal,
    },
    /// A process ended by itself.
    Ended {
        /// The process.
        pid: u32,
        /// Its program.
        program: String,
    },
    /// The application began its graceful stop.
    Told {
        /// The process.
        pid: u32,
        /// Its program.
        program: String,
        /// The signal.
        signal: Signal,
    },
    /// The application finished its graceful stop.
    Finished {
        /// The process.
        pid: u32,
        /// Its program.
        program: String,
    },
    /// A process ignored a signal.
    Ignored {
        /// The process.
        pid: u32,
        /// Its program.
        program: String,
        /// The signal.
        signal: Signal,
    },
    /// An EXIT trap is set, which this shell does not run when a signal ends it.
    ExitTrapNotRun {
        /// The dialect.
        shell: String,
    },
    /// A command could not be started.
    StartFailed {
        /// What.
        command: String,
        /// Why.
        why: String,
    },
    /// A launcher took words of the command for options of its own.
    OptionsEaten {
        /// The launcher.
        launcher: String,
        /// The words.
        words: String,
        /// The whole command line.
        command: String,
    },
    /// A server, or what a launcher started, went into the background.
    Daemonised {
        /// The program or launcher.
        program: String,
        /// What is known of it, a sentence.
        how: String,
    },
    /// A supervisor stops its programs one after another.
    StopsOneByOne {
        /// The supervisor.
        launcher: String,
        /// The least time that it needs for all of them: milliseconds.
        least: u64,
        /// The longest time that one of them is given.
        longest: u64,
    },
    /// A long-running command was put into the background.
    Background {
        /// The process.
        pid: u32,
        /// The command.
        command: String,
    },
    /// A command of which nothing is known ran while stopping.
    HelperWhileStopping {
        /// The command.
        command: String,
    },
    /// `exec "$@"` without arguments: nothing happens and the script runs on.
    ExecWithoutCommand,
    /// `exec $@` or `$*` without quotes splits arguments again.
    UnquotedArguments,
    /// A foreground command ran before the application, and no trap was set: the shell was deaf.
    Preparation {
        /// The command.
        command: String,
    },
}
