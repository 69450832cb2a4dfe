//! What the instructions of a stage do to the files of its image, one change after another.
//!
//! In: nothing but values. Out: the vocabulary of the view of files. Looks nothing up.

use super::context::Context;
use super::files::Files;
use super::glob::{Exclusion, Glob};
use super::path;
use crate::source::{Mapped, Span, Why};

/// One change. Paths are tidy, absolute, and in the image; links on the way to them are resolved as
/// far as they are known.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Something is put at a path, in place of what stood there. Parents come into being.
    Put {
        path: String,
        node: Node,
        origin: Span,
    },
    /// The content of a directory is merged into a directory.
    Tree(Box<Tree>),
    /// Something is put there, and nobody knows whether it is a file or a directory.
    Unclear {
        /// The path if it is a file, and the directory that receives the content if it is one.
        path: String,
        why: Why,
        origin: Span,
    },
    /// A path, and all below it, is gone.
    Remove { at: At },
    /// `chmod`.
    Mode { at: At, mode: ModeChange },
    /// `chown`: the new owner as written, or not known.
    Owner { at: At, owner: Option<String> },
    /// The text of files changes.
    Content { at: At, edit: Edit },
    /// A package puts a program there.
    Program {
        path: String,
        /// Whether `/bin` and `/usr/bin` are one directory.
        merged: bool,
        /// Whether the package may put it into another directory of programs instead.
        elsewhere: bool,
        origin: Span,
    },
    /// Something that the analysis does not follow.
    Opaque(Box<Opaque>),
}

/// The paths that a command works on.
#[derive(Clone, Debug)]
pub(super) struct At {
    pub(super) path: String,
    /// Whether all below the path is meant.
    pub(super) recursive: bool,
    /// Not the path itself but what it holds under such names.
    pub(super) name: Option<Glob>,
}

/// What stands at a path.
#[derive(Clone, Debug)]
pub(super) enum Node {
    File {
        body: Body,
        mode: Option<u32>,
        owner: Option<String>,
    },
    Directory,
    Link(String),
}

/// The content of a file, read on demand.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Text(Mapped),
    Context(Context, String),
    Binary,
    Unknown(Why),
}

/// A directory that is merged into the image.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) destination: String,
    pub(super) source: TreeSource,
    /// `--exclude`, relative to the source.
    pub(super) exclusion: Exclusion,
    /// `--chmod`.
    pub(super) mode: Option<ModeChange>,
    /// `--chown`; the superuser without it.
    pub(super) owner: Option<String>,
    pub(super) origin: Span,
}

/// Where a merged directory comes from.
#[derive(Clone, Debug)]
pub(super) enum TreeSource {
    /// A directory of the build context.
    Context(Context, String),
    /// A directory of an image.
    Image(Files, String),
}

/// The right side of `chmod`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ModeChange {
    /// `755`.
    Set(u32),
    /// `+x`, `u=rwx,go=rx`: bits that are cleared, then bits that are set.
    Adjust { clear: u32, set: u32 },
    /// Not understood.
    Unknown,
}

/// A change of text.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// Carriage returns before line feeds are removed.
    StripCarriageReturns,
    /// Text is added at the end.
    Append(Mapped),
    /// Anything else.
    Unknown(Why),
}

/// A command that may do more than is known.
#[derive(Clone, Debug)]
pub(super) struct Opaque {
    pub(super) why: Why,
    /// Directories (and files) below which anything may have come into being.
    pub(super) roots: Vec<String>,
    /// Files and directories that it names, so that it may have changed them.
    pub(super) named: Vec<String>,
    /// Whether it may have changed all in the directories that it names.
    pub(super) deep: bool,
    /// Whether it may have put things into the directories that every image has.
    pub(super) system: bool,
    /// Whether it may have made directories of any name, so that one that is named later may be its
    /// work (an archive unpacked in `/`).
    pub(super) trees: bool,
    /// Whether it surely brings no shell (packages that depend on none).
    pub(super) no_shell: bool,
    /// The ends of paths that it names behind something that is not known (`$X/bin/run.sh`).
    pub(super) endings: Vec<Glob>,
}

impl Opaque {
    /// Something may have come into being below the roots; nothing that is known has changed.
    pub(super) fn below(why: Why, roots: Vec<String>, system: bool) -> Opaque {
        Opaque {
            why,
            roots,
            named: Vec::new(),
            deep: false,
            system,
            trees: false,
            no_shell: false,
            endings: Vec::new(),
        }
    }
}

impl At {
    /// Just that path.
    pub(super) fn path(path: String) -> At {
        At {
            path,
            recursive: false,
            name: None,
        }
    }

    /// Whether a path is meant.
    pub(super) fn means(&self, path: &str) -> bool {
        let Some(rest) = path::below(path, &self.path) else {
            return false;
        };
        match &self.name {
            None => rest.is_empty() || self.recursive,
            Some(glob) => {
                let is_near = self.recursive || !rest.contains('/');
                is_near && !rest.is_empty() && glob.matches(path::name(rest))
            }
        }
    }
}

/// Whether a word is a mode for `chmod` that gives a program the bit by which it runs as its owner.
pub(crate) fn runs_as_owner(mode: &str) -> bool {
    match ModeChange::read(mode) {
        ModeChange::Set(mode) => mode & 0o4000 != 0,
        ModeChange::Adjust { set, .. } => set & 0o4000 != 0,
        ModeChange::Unknown => false,
    }
}

impl ModeChange {
    /// Reads what `chmod` and `--chmod` take. Symbolic modes as the umask 022 of a build leaves them.
    pub(super) fn read(text: &str) -> ModeChange {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return match u32::from_str_radix(text, 8) {
                Ok(mode) if mode <= 0o7777 => ModeChange::Set(mode),
                _ => ModeChange::Unknown,
            };
        }
        let mut clear = 0;
        let mut set = 0;
        for clause in text.split(',') {
            let Some(at) = clause.find(['+', '-', '=']) else {
                return ModeChange::Unknown;
            };
            let (who, rest) = clause.split_at(at);
            let mut who_bits = 0;
            for character in who.chars() {
                who_bits |= match character {
                    'u' => 0o4700,
                    'g' => 0o2070,
                    'o' => 0o007,
                    'a' => 0o6777,
                    _ => return ModeChange::Unknown,
                };
            }
            if who.is_empty() {
                // Without a letter the umask applies; it takes away writing only.
                who_bits = if rest.contains('w') { 0o6755 } else { 0o6777 };
            }
            let mut bits = 0;
            for character in rest[1..].chars() {
                bits |= match character {
                    'r' => 0o444,
                    'w' => 0o222,
                    // `X` sets it where somebody has it already: for a file, perhaps not.
                    'x' => 0o111,
                    's' => 0o6000,
                    't' => 0,
                    _ => return ModeChange::Unknown,
                };
            }
            let bits = bits & who_bits;
            match &rest[..1] {
                "+" => {
                    set |= bits;
                    clear &= !bits;
                }
                "-" => {
                    clear |= bits;
                    set &= !bits;
                }
                _ => {
                    clear |= who_bits;
                    set = (set & !who_bits) | bits;
                }
            }
        }
        ModeChange::Adjust { clear, set }
    }

    /// The mode after the change. An adjustment of an unknown mode decides only what is executable
    /// for everybody, and what runs as its owner, which is given to programs only.
    pub(super) fn apply(&self, mode: Option<u32>) -> Option<u32> {
        match self {
            ModeChange::Set(mode) => Some(*mode),
            ModeChange::Adjust { clear, set } => {
                let is_program = *set & 0o6000 != 0;
                let known = mode.or(is_program.then_some(0o755));
                let known = known.or((*set & 0o111 == 0o111).then_some(0o644));
                known.map(|mode| (mode & !clear) | set)
            }
            ModeChange::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        let table = [
            ("755", 0o644, Some(0o755)),
            ("0755", 0o644, Some(0o755)),
            ("+x", 0o644, Some(0o755)),
            ("a+x", 0o640, Some(0o751)),
            ("u+x", 0o644, Some(0o744)),
            ("ug+rx", 0o600, Some(0o750)),
            ("-x", 0o755, Some(0o644)),
            ("u=rwx,go=rx", 0o600, Some(0o755)),
            ("+rx", 0o600, Some(0o755)),
            ("u+s", 0o755, Some(0o4755)),
            ("+s", 0o755, Some(0o6755)),
            ("ug-s", 0o6755, Some(0o755)),
            ("g=u", 0o644, None),
            ("999", 0o644, None),
        ];
        for (text, before, after) in table {
            assert_eq!(ModeChange::read(text).apply(Some(before)), after, "{text}");
        }
        assert_eq!(ModeChange::read("+x").apply(None), Some(0o755));
        assert_eq!(ModeChange::read("u+x").apply(None), None);
        assert_eq!(ModeChange::read("u+s").apply(None), Some(0o4755));
    }

    #[test]
    fn modes_with_the_bit_of_the_owner() {
        for mode in ["u+s", "+s", "a+rxs", "+x,u+s", "4755", "06755", "u=rwxs"] {
            assert!(runs_as_owner(mode), "{mode}");
        }
        for mode in [
            "+x",
            "u-s",
            "g+s",
            "755",
            "1777",
            "--users=+s",
            "a=setup",
            "",
        ] {
            assert!(!runs_as_owner(mode), "{mode}");
        }
    }
}
