//! Shells: what each dialect accepts and when it replaces itself, from `grammars/shells/*.toml`.

use std::sync::OnceLock;

use serde::Deserialize;

use super::tables::SHELLS;

/// One dialect: a shell, a range of versions and the name it is invoked under.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShellFacts {
    /// The id: `dash-debian`, `ash`, `bash`, `bash-posix`, …
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The family.
    pub family: ShellFamily,
    /// Where these facts were measured or read.
    pub evidence: String,
    /// When the last command of a `-c` string replaces the shell.
    pub implicit_exec: ImplicitExec,
    /// When the last command of a forked subshell replaces it.
    pub subshell_exec: ImplicitExec,
    /// For `bash` rules: whether the last command of a `;` list is replaced too (bash 5.1).
    pub exec_after_semicolon: bool,
    /// Whether a trap that ignores a signal keeps the shell from replacing itself (bash 5.1).
    pub ignoring_trap_prevents_exec: bool,
    /// Whether any trap keeps the shell from replacing itself (bash 5.0 and older lose the trap).
    pub trap_prevents_exec: bool,
    /// `trap` and `kill` spellings.
    pub signals: Spellings,
    /// Whether an EXIT trap runs when a signal without a trap ends the shell, which makes it mortal
    /// as PID 1.
    pub exit_trap_on_signal: bool,
    /// Whether SIGINT ends the shell as PID 1 while it is in `wait` without a trap.
    pub interrupt_ends_wait: bool,
    /// Whether `$(jobs -p)` lists the parent's jobs.
    pub jobs_in_substitution: bool,
    /// Whether `kill %1` works without job control.
    pub kill_by_job: bool,
    /// Whether `fg` works after `set -m` without a terminal.
    pub foreground_without_terminal: bool,
    /// Whether an error in a special builtin (a missing `.` file, a failing `exec` redirection)
    /// ends the script.
    pub special_builtin_errors_end: bool,
    /// Whether aliases are expanded in scripts.
    pub expands_aliases: bool,
    /// Whether the shell itself ignores SIGQUIT, as bash(1) says and was measured of busybox; what it
    /// starts does not.
    pub ignores_quit: bool,
    /// Options that `exec` takes: a subset of `- a c l` (`-` for `--`).
    pub exec_options: String,
    /// Variables that the shell sets and lets nobody assign to.
    #[serde(default)]
    pub read_only: Vec<String>,
    /// Words and syntax that it has beyond POSIX.
    pub has: Vec<Feature>,
}

/// Families that differ in more than a table can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShellFamily {
    /// dash
    Dash,
    /// busybox ash
    Ash,
    /// bash
    Bash,
}

/// The rules for the last command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImplicitExec {
    /// Never.
    Never,
    /// Any tail position; no newline may follow (dash upstream, busybox).
    Tail,
    /// bash's rules: simple commands without redirections, in few places.
    Bash,
}

/// Which spellings of signals `trap` and `kill` take.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spellings {
    /// `trap … SIGTERM`
    pub trap_prefix: bool,
    /// `trap … term`
    pub trap_lower: bool,
    /// `trap … sigterm`
    pub trap_lower_prefix: bool,
    /// `kill -SIGTERM`
    pub kill_prefix: bool,
}

/// Syntax and builtins beyond POSIX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// `[[ … ]]`
    DoubleBracket,
    /// `(` within `[[ … ]]`; busybox, to which `[[` is a command, has a syntax error there.
    TestParentheses,
    /// `function f { …; }`
    FunctionKeyword,
    /// `a=( … )`
    Arrays,
    /// `@( … | … )` and the like, with `shopt -s extglob`
    ExtendedPatterns,
    /// `<( … )`
    ProcessSubstitution,
    /// `<<<`
    HereString,
    /// `&>`
    RedirectBoth,
    /// `|&`
    PipeBoth,
    /// `(( … ))` and `for (( … ))`
    ArithmeticCommand,
    /// `coproc`
    Coproc,
    /// the reserved word `time`
    Time,
    /// `source`
    Source,
    /// `set -o pipefail`
    Pipefail,
    /// `wait -n`
    WaitNext,
    /// `declare`, `typeset`, `shopt`, `let`, `disown`, `pushd`, `mapfile`
    BashBuiltins,
    /// `let`
    Let,
    /// `{a,b}`
    Braces,
    /// `${x:1:2}` and `${x/a/b}`
    Substring,
    /// `$'…'`
    DollarQuotes,
    /// `builtin`
    BuiltinWord,
    /// `;&`
    FallThrough,
}

impl ShellFamily {
    /// The name of its program.
    pub fn name(self) -> &'static str {
        match self {
            ShellFamily::Dash => "dash",
            ShellFamily::Ash => "ash",
            ShellFamily::Bash => "bash",
        }
    }
}

impl ShellFacts {
    /// Whether it is bash outside its POSIX mode.
    pub fn is_plain_bash(&self) -> bool {
        self.family == ShellFamily::Bash && !self.special_builtin_errors_end
    }

    /// Whether `wait` alone waits for `<( )` and `>( )`, too: bash since 5.1.
    pub fn waits_for_substitutions(&self) -> bool {
        self.family == ShellFamily::Bash && !self.id.ends_with("-4")
    }

    /// Whether it has the feature.
    pub fn has(&self, feature: Feature) -> bool {
        self.has.contains(&feature)
    }

    /// What a signal name of `trap` means to this shell; `None` is a bad trap.
    pub fn trap_signal(&self, word: &str) -> Option<TrapName> {
        if word == "0" || word == "EXIT" || (word == "exit" && self.signals.trap_lower) {
            return Some(TrapName::Exit);
        }
        if word == "ERR" && self.family == ShellFamily::Ash {
            return Some(TrapName::Error);
        }
        if self.family == ShellFamily::Bash {
            match word {
                "ERR" => return Some(TrapName::Error),
                "DEBUG" | "RETURN" => return Some(TrapName::Other),
                _ => {}
            }
        }
        let accepted = match word.strip_prefix("SIG") {
            Some(_) => self.signals.trap_prefix,
            None if word.starts_with("sig") => self.signals.trap_lower_prefix,
            None if word.starts_with(|c: char| c.is_ascii_lowercase()) => self.signals.trap_lower,
            None => true,
        };
        if !accepted {
            return None;
        }
        if word.eq_ignore_ascii_case("SIGEXIT") {
            return Some(TrapName::Exit);
        }
        super::Signal::parse(word).map(TrapName::Signal)
    }

    /// What a signal name of `kill -NAME` or `kill -s NAME` means to this shell.
    pub fn kill_signal(&self, word: &str) -> Option<super::Signal> {
        if word.to_ascii_uppercase().starts_with("SIG") && !self.signals.kill_prefix {
            return None;
        }
        super::Signal::parse(word)
    }
}

/// A condition of `trap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TrapName {
    /// The end of the shell.
    Exit,
    /// A signal.
    Signal(super::Signal),
    /// `ERR`: a command that fails, where `set -e` would end the shell.
    Error,
    /// `DEBUG`, `RETURN`.
    Other,
}

/// The ids of all dialects.
pub fn shell_ids() -> impl Iterator<Item = &'static str> {
    SHELLS.iter().map(|(id, _)| *id)
}

/// The facts of a dialect by its id.
pub fn shell_facts(id: &str) -> Option<&'static ShellFacts> {
    static PARSED: [OnceLock<ShellFacts>; SHELLS.len()] = [const { OnceLock::new() }; SHELLS.len()];
    let index = SHELLS.iter().position(|(known, _)| *known == id)?;
    Some(PARSED[index].get_or_init(|| {
        serde_json::from_str(SHELLS[index].1).expect("the tables are parsed by a test")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Signal;

    #[test]
    fn every_table_is_read_and_names_itself() {
        for id in shell_ids() {
            let facts = shell_facts(id).expect("listed");
            assert_eq!(facts.id, id);
            assert!(facts.evidence.len() > 20, "{id}");
        }
    }

    #[test]
    fn spellings_are_those_measured() {
        let term = Some(TrapName::Signal(Signal::TERM));
        let trap = |id: &str, word: &str| shell_facts(id).expect("known").trap_signal(word);
        assert_eq!(trap("dash-debian", "SIGTERM"), None);
        assert_eq!(trap("dash-debian", "term"), term);
        assert_eq!(trap("dash-debian", "sigterm"), None);
        assert_eq!(trap("dash-debian", "15"), term);
        for id in ["ash", "bash", "bash-posix"] {
            assert_eq!(trap(id, "SIGTERM"), term, "{id}");
            assert_eq!(trap(id, "sigterm"), term, "{id}");
        }
        assert_eq!(
            shell_facts("bash-posix")
                .expect("known")
                .kill_signal("SIGTERM"),
            None
        );
        assert_eq!(
            shell_facts("bash").expect("known").kill_signal("SIGTERM"),
            Some(Signal::TERM)
        );
    }
}
