//! The typed syntax of a shell script: what the walker reads.
//!
//! Nodes live in one arena and refer to each other by [`NodeId`], so that a position in a script is
//! a number, cloning a walker is cheap and nothing recurses. All offsets are bytes of
//! [`Script::text`]; [`Script::span`] leads back to the file.

mod word;

use std::ops::Range;

use crate::source::{Mapped, Span};

pub use word::{Operator, Parameter, Part, Word};

/// The index of a node in its script.
pub type NodeId = u32;

/// A parsed script, `-c` string, trap action or the like.
#[derive(Debug)]
pub struct Script {
    /// The text, mapped to the file that it comes from.
    pub text: Mapped,
    /// The arena.
    pub nodes: Vec<Node>,
    /// The root, always a [`Kind::List`] over the whole text.
    pub root: NodeId,
    /// Ranges that were not understood, for reports. Each is also a [`Kind::Unparsed`] node or an
    /// [`Part::Unparsed`] where it stands.
    pub problems: Vec<Problem>,
}

impl Script {
    /// The node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// Where a range of the script stands in its file.
    pub fn span(&self, range: Range<usize>) -> Span {
        self.text.span(range)
    }

    /// What the script consists of, if that is one item: not `a; b`.
    pub fn only_item(&self) -> Option<&Item> {
        match &self.node(self.root).kind {
            Kind::List(items) => match items.as_slice() {
                [only] => Some(only),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A place that the parser does not understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The range in the script's text.
    pub range: Range<usize>,
    /// What is the matter, as a noun phrase.
    pub why: String,
}

/// One node.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its text, without separators around it, with its redirections. The body of a here-document
    /// stands after the line of its command and so is not in its range.
    pub range: Range<usize>,
}

/// The kinds of nodes.
#[derive(Debug)]
pub enum Kind {
    /// Commands one after another.
    List(Vec<Item>),
    /// `a && b || c`, left to right.
    AndOr {
        /// The first.
        first: NodeId,
        /// The others with their operators.
        rest: Vec<(AndOr, NodeId)>,
    },
    /// `a | b`, or a command with `!` or `time` before it. Always at least two parts, `negated` or `timed`.
    Pipeline {
        /// Whether an odd number of `!` stands before it.
        negated: bool,
        /// Whether the reserved word `time` stands before it (an external command in dash).
        timed: bool,
        /// The parts.
        parts: Vec<NodeId>,
        /// For each `|` between parts: whether it is `|&`.
        with_stderr: Vec<bool>,
    },
    /// A simple command.
    Simple(Simple),
    /// A compound command with the redirections after it.
    Compound(Compound, Vec<Redirect>),
    /// `f() body`.
    Function {
        /// Its name.
        name: String,
        /// Whether it was written with the word `function`.
        keyword: bool,
        /// The body, a compound command (redirections included).
        body: NodeId,
    },
    /// `coproc [NAME] command`.
    Coproc {
        /// The name; `COPROC` when none is given.
        name: String,
        /// The command.
        body: NodeId,
    },
    /// Not understood: whoever runs into it knows nothing any more.
    Unparsed {
        /// What is the matter, as a noun phrase.
        why: String,
    },
}

/// One command of a list.
#[derive(Debug)]
pub struct Item {
    /// The command: `AndOr`, `Pipeline` or a single command.
    pub node: NodeId,
    /// What ends it.
    pub end: Separator,
}

/// What stands after a command of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// `;`
    Semicolon,
    /// `&`
    Background,
    /// A newline.
    Newline,
    /// Nothing: the end of the text, or the word that closes the surrounding compound.
    End,
}

/// The operator between two commands of an and-or list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AndOr {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Assignments, words and redirections.
#[derive(Debug, Default)]
pub struct Simple {
    /// `A=1` before the command word. Also `arr=( … )` after `declare`, `export`, `local`,
    /// `readonly` or `typeset`, whose argument is then the word `arr` with the same range: arrays
    /// cannot be set for one command only, so that an array here is always set for good.
    pub assignments: Vec<Assignment>,
    /// The command and its arguments. Arguments of `export`, `local`, `declare`, `readonly`, `typeset`
    /// such as `A=$x` are one word each, as written.
    pub words: Vec<Word>,
    /// Redirections in order of appearance.
    pub redirects: Vec<Redirect>,
}

/// `name=value`, `name+=value`, `name[index]=value`, `name=(words)`.
#[derive(Debug)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// The subscript.
    pub index: Option<Word>,
    /// Whether it is `+=`.
    pub append: bool,
    /// The value.
    pub value: AssignedValue,
    /// The whole assignment.
    pub range: Range<usize>,
}

/// The right side of an assignment.
#[derive(Debug)]
pub enum AssignedValue {
    /// One word (empty when nothing stands there).
    Word(Word),
    /// An array literal. Elements such as `[k]=v` are words as written.
    Array(Vec<Word>),
}

/// A redirection.
#[derive(Debug)]
pub struct Redirect {
    /// The descriptor before the operator.
    pub descriptor: Option<Descriptor>,
    /// The operator.
    pub operator: RedirectOperator,
    /// What it leads to.
    pub target: RedirectTarget,
    /// The whole redirection.
    pub range: Range<usize>,
}

/// `2>` or `{name}>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Descriptor {
    /// A number.
    Number(u32),
    /// A variable that receives the number.
    Variable(String),
}

/// The redirection operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectOperator {
    /// `<`
    Read,
    /// `>` or `>|`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&`
    DuplicateInput,
    /// `>&` with a number or `-`
    DuplicateOutput,
    /// `&>` or `>&word`
    WriteBoth,
    /// `&>>`
    AppendBoth,
    /// `<<` or `<<-`
    HereDocument,
    /// `<<<`
    HereString,
}

/// The right side of a redirection.
#[derive(Debug)]
pub enum RedirectTarget {
    /// A word (file name, descriptor number, `-`, here-string).
    Word(Word),
    /// The body of a here-document, tabs stripped for `<<-`; one quoted literal when its
    /// delimiter was quoted, else parts in double-quote context.
    Body(Word),
}

/// Compound commands.
#[derive(Debug)]
pub enum Compound {
    /// `( … )`
    Subshell(NodeId),
    /// `{ …; }`
    Group(NodeId),
    /// `if … elif … else … fi`
    If {
        /// Conditions and bodies, both lists.
        arms: Vec<(NodeId, NodeId)>,
        /// The `else` list.
        otherwise: Option<NodeId>,
    },
    /// `while` or `until`.
    While {
        /// Whether it is `until`.
        until: bool,
        /// The condition list.
        condition: NodeId,
        /// The body list.
        body: NodeId,
    },
    /// `for name [in words]` (`select` too: then the node's text begins with that word).
    For {
        /// The variable.
        name: String,
        /// The words; `None` means `"$@"`.
        words: Option<Vec<Word>>,
        /// The body list.
        body: NodeId,
    },
    /// `for ((a; b; c))`
    ForArithmetic {
        /// Start, condition and step expressions.
        parts: [Word; 3],
        /// The body list.
        body: NodeId,
    },
    /// `case word in …`
    Case {
        /// The word.
        word: Word,
        /// The arms in order.
        arms: Vec<Arm>,
    },
    /// `[[ … ]]`
    Test(Condition),
    /// `(( … ))`
    Arithmetic(Word),
}

/// An arm of a `case`.
#[derive(Debug)]
pub struct Arm {
    /// Its patterns.
    pub patterns: Vec<Word>,
    /// Its list.
    pub body: NodeId,
    /// How it ends.
    pub end: ArmEnd,
}

/// `;;`, `;&` or `;;&`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArmEnd {
    /// `;;` or nothing
    Leave,
    /// `;&`: the next body runs too
    FallThrough,
    /// `;;&`: the next patterns are tried
    TryNext,
}

/// The inside of `[[ … ]]`.
#[derive(Debug)]
pub enum Condition {
    /// `-f word`, or a lone word (operator `-n`).
    Unary(String, Word),
    /// `left op right`.
    Binary(Word, String, Word),
    /// `! c`
    Not(Box<Condition>),
    /// `a && b`
    And(Box<Condition>, Box<Condition>),
    /// `a || b`
    Or(Box<Condition>, Box<Condition>),
    /// Not understood.
    Unparsed(String),
}
