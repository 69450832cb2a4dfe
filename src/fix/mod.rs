//! Rewriting files so that the signal arrives.
//!
//! In: findings and the targets that they are about. Out: [`Fix`]es, each proven by judging the changed
//! files again. Writes no file: that is the command line's part.

mod advice;
mod build_step;
mod candidates;
mod command_line;
mod compare;
mod diff;
mod edit;
mod place;
mod rounds;
mod structure;
mod tail;
mod workspace;

mod exec_form;
mod exec_in_configuration;
mod file_mode;
mod foreground;
mod init_options;
mod insert_exec;
mod keep_alive;
mod layout;
mod literal_variable;
mod malformed_exec_form;
mod nested_string;
mod own_trap;
mod quote_arguments;
mod restated_cmd;
mod script_head;
mod second_wait;
mod shell_syntax;
mod signal_names;
mod stop_command;
mod stop_setting;
mod stop_signal;
mod supervisor_settings;
mod tee;
mod trap_pattern;

pub use advice::advised;
pub use candidates::may_fix;
pub use diff::unified_diff;
pub use edit::apply;
pub use rounds::{Each, Fixed, fix_all};
pub use workspace::{Fixes, Input, Workspace};

use std::sync::Arc;

use crate::source::{Source, Span};

/// A change that makes a finding go away.
#[derive(Clone, Debug)]
pub struct Fix {
    /// What kind of change it is: kebab-case, for counting. Several kinds in one fix are joined by `+`.
    pub kind: String,
    /// What it does, in the imperative; lower case, no full stop.
    pub title: String,
    /// Whether it may be applied without being asked for.
    pub applicability: Applicability,
    /// The edits, over one or more files; they do not overlap.
    pub edits: Vec<Edit>,
    /// The instructions of Dockerfiles that it changes; every other one stays equal to the byte.
    pub instructions: Vec<Span>,
}

impl Fix {
    /// Whether it changes the file of that path.
    pub fn changes(&self, path: &str) -> bool {
        let mut edits = self.edits.iter();
        edits.any(|edit| edit.span.source.path() == path)
    }

    /// Every file that it changes, as it is, with the new text; `None` when edits overlap.
    pub fn new_texts(&self) -> Option<Vec<(Arc<Source>, String)>> {
        let mut texts: Vec<(Arc<Source>, String)> = Vec::new();
        for edit in &self.edits {
            let source = &edit.span.source;
            if texts.iter().all(|(known, _)| known.path() != source.path()) {
                texts.push((Arc::clone(source), apply(source, &self.edits)?));
            }
        }
        Some(texts)
    }
}

/// When a fix may be applied. The order is from freely to not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// Behaviour is the same but for the stop signal: the same argv after expansion, the same working
    /// directory and exit status, the same environment (but for what the shell that is gone set for
    /// itself: `PWD`, `OLDPWD`, `SHLVL`, `_`).
    Safe,
    /// It changes more than that: only when it is asked for.
    Unsafe,
    /// It is shown and never applied.
    DisplayOnly,
}

impl Applicability {
    /// The word that machines read.
    pub fn word(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::DisplayOnly => "display-only",
        }
    }
}

/// Bytes to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes; may be empty.
    pub span: Span,
    /// What comes.
    pub replacement: String,
}

impl Edit {
    /// Replaces a span.
    pub fn replace(span: Span, replacement: impl Into<String>) -> Edit {
        Edit {
            span,
            replacement: replacement.into(),
        }
    }

    /// Inserts before a span.
    pub fn insert(before: &Span, text: impl Into<String>) -> Edit {
        let at = Span::new(&before.source, before.start..before.start);
        Edit::replace(at, text)
    }
}

/// A fix that is not proven yet.
#[derive(Clone, Debug)]
struct Draft {
    kind: &'static str,
    title: String,
    applicability: Applicability,
    edits: Vec<Edit>,
    /// What the new files must show.
    goal: Goal,
}

/// What a fix is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    /// The signal arrives where it did not, or the verdict becomes graceful.
    Deliver,
    /// The verdict becomes graceful: for what delivers the signal and may still cut the application off.
    Finish,
    /// Nothing gets worse, and the finding is gone: for what is wrong though the signal arrives.
    Keep,
}
