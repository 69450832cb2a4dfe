//! A place in a parsed script: a node together with the script that it is of.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use crate::shell::{NodeId, Script};
use crate::source::Span;

/// A place in a parsed script.
#[derive(Clone)]
pub(crate) struct Code {
    /// The script.
    pub script: Rc<Script>,
    /// The node.
    pub node: NodeId,
}

impl Code {
    /// The root of a script.
    pub(crate) fn root(script: &Rc<Script>) -> Code {
        Code {
            script: Rc::clone(script),
            node: script.root,
        }
    }

    /// Another node of the same script.
    pub(crate) fn at(&self, node: NodeId) -> Code {
        Code {
            script: Rc::clone(&self.script),
            node,
        }
    }

    /// The span of the node.
    pub(crate) fn span(&self) -> Span {
        self.script.span(self.script.node(self.node).range.clone())
    }

    /// The node's text.
    pub(crate) fn text(&self) -> &str {
        self.script
            .text
            .text()
            .get(self.script.node(self.node).range.clone())
            .unwrap_or("")
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.script, &other.script) && self.node == other.node
    }
}

impl Hash for Code {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Rc::as_ptr(&self.script).hash(state);
        self.node.hash(state);
    }
}
