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
        /// The pid of the shell.
        pid: u32,
    },
    /// What a shell waits for stands in a loop, which goes round again; the place is the loop's.
    InLoop {
        /// The pid of the shell.
        pid: u32,
    },
    /// A `trap` for the stop signal stands behind the command that a shell waits for.
    TrapBehind {
        /// The pid of the shell.
        pid: u32,
    },
    /// A process that only waits (`sleep infinity`, `tail -f`) is PID 1 or keeps it.
    KeepAlive {
        /// The process.
        pid: u32,
        /// The command.
        command: String,
    },
    /// A process is an init: a launcher that passes signals on and reaps.
    Init {
        /// The process.
        pid: u32,
        /// Its name.
        name: String,
    },
    /// A `trap` told the shell to ignore the signal.
    IgnoredByTrap {
        /// The signal.
        signal: Signal,
    },
    /// An application in the background that nobody signalled was killed when PID 1 ended.
    KilledWithPid1 {
        /// The process.
        pid: u32,
        /// The command.
        command: String,
        /// Whether the stop signal was what ended PID 1; else the start-up came to its end.
        on_stop: bool,
    },
    /// The words that CMD gives a script, of which no script reads any.
    ArgumentsUnread {
        /// The words.
        words: String,
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
    /// A trap signals its own shell, which runs it again inside itself, until the shell dies of that.
    TrapCallsItself {
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
    /// PID 1 ended with an error before an application ran.
    StartUpBroke {
        /// Why.
        why: String,
    },
    /// An exec failed. It goes with the other facts of the failure, and says in types why.
    ExecFailed(ExecFailure),
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
        /// The program or launcher, by its name in the tables.
        program: String,
        /// What people call it: `nginx` for `service nginx start`.
        called: String,
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
    /// The words of CMD are arguments of a command string that reads none.
    StringArgumentsUnread,
    /// `exec "$@"` without arguments: nothing happens and the script runs on.
    ExecWithoutCommand,
    /// `exec $@` or `$*` without quotes splits arguments again.
    UnquotedArguments,
    /// A foreground command ran before the application, and no trap was set: the shell was deaf.
    Preparation {
        /// The command.
        command: String,
    },
    /// A foreground command that may be anything is taken to end by itself.
    EndsByItself {
        /// The command.
        command: String,
    },
}

/// An exec that failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExecFailure {
    /// The process that was to become the program.
    pub pid: u32,
    /// The program as it was called.
    pub program: String,
    /// Why.
    pub reason: ExecProblem,
    /// The place in the file that is to blame: the first line of a script.
    pub place: Option<Span>,
    /// The instruction that put the file into the image.
    pub origin: Option<Span>,
}

/// Why an exec failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExecProblem {
    /// There is no such file.
    NotFound,
    /// It is a directory.
    Directory,
    /// Nobody may execute it.
    NotExecutable {
        /// Its permission bits.
        mode: u32,
    },
    /// The user of the process may not execute it.
    NotRunnableBy {
        /// The user as written.
        user: String,
        /// Its permission bits.
        mode: u32,
    },
    /// It lies in a directory that only its owner may enter.
    ShutAway {
        /// The user as written.
        user: String,
        /// The directory.
        directory: String,
    },
    /// A script without a `#!` line, for a caller that does not put a shell in front of it.
    NoInterpreterLine,
    /// A byte order mark hides the `#!` line.
    ByteOrderMark,
    /// A carriage return is part of a name: of the interpreter in a `#!` line, or of the program.
    CarriageReturn,
    /// The interpreter of a script, or a shell, is not in the image.
    InterpreterMissing {
        /// The interpreter.
        interpreter: String,
    },
    /// A word that no program is called: a built-in of shells, a whole command line.
    NotAProgram,
    /// Something else, as the message says.
    Other,
}
