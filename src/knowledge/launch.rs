//! Launchers and inits: programs that run another program.

use std::time::Duration;

use super::Signal;

/// What a command line of a known launcher will do.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// The name under which it was called, if the entry lists that, else the entry's first
    /// (`python3.12` is `python`).
    pub name: String,
    /// Exec or fork.
    pub how: How,
    /// What it runs.
    pub command: Wrapped,
    /// `VAR=value` and the like that it sets; `None` removes the variable.
    pub environment: Vec<(String, Option<String>)>,
    /// Whether it starts from an empty environment (`env -i`).
    pub clears_environment: bool,
    /// Signals that the command starts with ignored (`nohup`, `env --ignore-signal`).
    pub ignores: Vec<Signal>,
    /// Signals that the command starts with blocked (`env --block-signal`).
    pub blocks: Vec<Signal>,
    /// The working directory that it changes to.
    pub directory: Option<String>,
    /// How long the command may run before it is ended (`timeout 30 app`).
    pub limit: Option<Duration>,
    /// The words of the command line that it takes as its own options although they stand in the
    /// wrapped command (`tini nginx -g …`): indices into the argv. Then it usually fails.
    pub eats: Vec<usize>,
    /// Other behaviours of the same words that cannot be told apart by them: another version, a
    /// setting in a file.
    pub alternatives: Vec<Alternative>,
    /// The shell that it runs a script's text with, if that is not the image's `/bin/sh`:
    /// `"own"` is an interpreter of its own in which a simple command is the direct child (bun,
    /// yarn 2, deno task).
    pub script_shell: Option<String>,
    /// Whether it is a tool for development: it watches files and starts the command again.
    pub development: bool,
    /// For whom it starts anything.
    pub works_for: WorksFor,
    /// A sentence on what it does with the command and with signals.
    pub about: String,
    /// Where this was measured or read.
    pub evidence: String,
}

impl Launch {
    /// The same with every index moved, for words that stand further to the right.
    pub(super) fn shifted(mut self, by: usize) -> Launch {
        let all = |indices: Vec<usize>| indices.into_iter().map(|at| at + by).collect();
        self.eats = all(self.eats);
        self.command = match self.command {
            Wrapped::Words(first) => Wrapped::Words(first + by),
            Wrapped::LoginShell(first) => Wrapped::LoginShell(first + by),
            Wrapped::Shell {
                shell,
                text,
                arguments,
            } => Wrapped::Shell {
                shell,
                text: text + by,
                arguments: all(arguments),
            },
            Wrapped::Script { name, arguments } => Wrapped::Script {
                name,
                arguments: arguments + by,
            },
            Wrapped::Configured {
                format,
                path,
                default_paths,
                arguments,
            } => Wrapped::Configured {
                format,
                path: path.map(|at| at + by),
                default_paths,
                arguments: all(arguments),
            },
            other @ (Wrapped::Made(_)
            | Wrapped::Several(_)
            | Wrapped::Nothing
            | Wrapped::Unknown) => other,
        };
        self
    }
}

/// For whom a launcher starts anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorksFor {
    /// Everybody.
    All,
    /// Whoever is root when it is called.
    Root,
    /// Root, and everybody where its file belongs to root and has the bit by which it runs as its owner.
    RootOrWithBit,
}

/// Another behaviour that the words do not exclude.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// When it is this one: `npm 9.6.7 to 10.2.5`.
    pub when: String,
    /// What it does then.
    pub how: How,
    /// Images, as patterns (`node:18.17*`), whose launcher is this one.
    pub images: Vec<String>,
    /// Images whose launcher is not.
    pub other_images: Vec<String>,
    /// It is this one if `packageManager` of package.json names this program in this major version
    /// or a newer one (`yarn@2`).
    pub package_manager: Option<String>,
    /// Without `packageManager` it is this one if one of these files is in the package's directory.
    pub files: Vec<String>,
    /// As [`Launch::script_shell`].
    pub script_shell: Option<String>,
}

/// How a launcher runs its command.
#[derive(Clone, Debug, PartialEq)]
pub enum How {
    /// It becomes the command: same process.
    Exec,
    /// It starts a child and stays.
    Fork(Fork),
    /// It starts a child in the background and ends at once with status 0 (`setsid` as a group
    /// leader, `start-stop-daemon -b`).
    Leave,
    /// It never gets to run the command (usage error, `xvfb-run` as PID 1): ends with that status, or
    /// stays for ever without it.
    Never(Option<i32>),
}

/// A launcher that stays as the parent.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Fork {
    /// What it does with signals; those not listed take `otherwise`.
    pub on_signal: Vec<(Signal, OnSignal)>,
    /// What it does with every other signal that ends a process by default.
    pub otherwise: OnSignal,
    /// The process group that the child gets.
    pub group: ChildGroup,
    /// Whether it reaps processes that are not its children (an init).
    pub reaps: bool,
}

/// What a forking launcher does with a signal that it gets.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum OnSignal {
    /// The kernel's default: dropped as PID 1, death elsewhere.
    Default,
    /// Nothing, wherever it stands.
    Ignore,
    /// Ends at once with that status, the child not told.
    Exit(i32),
    /// Passes it on.
    Forward(Forward),
}

/// Passing a signal on.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Forward {
    /// As which signal; `None` is the same one.
    pub send: Option<Signal>,
    /// To whom.
    pub to: Recipient,
    /// After that time the recipients get SIGKILL.
    pub kill_after: Option<Duration>,
    /// When it ends itself.
    pub then: Then,
}

/// Who gets a forwarded signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// The direct child.
    Child,
    /// The child's process group.
    Group,
    /// The child, and then the whole group (coreutils `timeout`): the child hears it twice.
    ChildAndGroup,
    /// Every descendant.
    Tree,
}

/// When a launcher ends after it passed a signal on.
#[derive(Clone, Copy, Debug, PartialEq, Hash)]
pub enum Then {
    /// When the direct child has ended.
    Wait,
    /// When every descendant has ended.
    WaitTree,
    /// At once.
    Leave,
    /// After that time, whatever the child does (util-linux `su`: 2 s).
    After(Duration),
    /// Never, it stays even when the child has ended.
    Stay,
}

/// The child's process group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChildGroup {
    /// The launcher's.
    Same,
    /// One of its own.
    Own,
    /// A session of its own.
    OwnSession,
    /// One that the launcher makes and leads (coreutils `timeout`).
    Led,
}

/// What a launcher runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Wrapped {
    /// The words from that index of the argv on.
    Words(usize),
    /// Words that the launcher made itself (`env -S`, `--exec` of start-stop-daemon).
    Made(Vec<Option<String>>),
    /// A string for a shell: `[shell, "-c", words[text], rest…]`. The shell is a path or name;
    /// `None` is the image's `/bin/sh`.
    Shell {
        /// The shell.
        shell: Option<String>,
        /// The index of the argv word that holds the string.
        text: usize,
        /// The indices of the words after it (`$0 $1 …`).
        arguments: Vec<usize>,
    },
    /// An interactive or login shell, with the words from that index as its arguments.
    LoginShell(usize),
    /// A script of package.json or the like, by name, with the index of the first further argument.
    Script {
        /// `start`
        name: String,
        /// First argument for it.
        arguments: usize,
    },
    /// Several commands at once, each for its own child (`concurrently "a" "b"`).
    Several(Vec<Vec<Option<String>>>),
    /// What it runs stands in a file or directory: a supervisor's services, a Procfile, a Makefile.
    Configured {
        /// `supervisord`, `s6-scandir`, `runit-scandir`, `service-directory`, `procfile`,
        /// `pm2`, `makefile`, `circus`, `python-scripts`.
        format: String,
        /// The index of the argv word that names it.
        path: Option<usize>,
        /// Where it looks without that word, in this order.
        default_paths: Vec<String>,
        /// Further words, as names of what to run: the targets of `make`, the processes of a
        /// Procfile.
        arguments: Vec<usize>,
    },
    /// Nothing: it prints something or does other work, and ends.
    Nothing,
    /// It cannot be told (an option's word is not known).
    Unknown,
}
