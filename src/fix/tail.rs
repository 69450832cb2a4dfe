//! Whether anything follows a command in its script.
//!
//! In: a parsed script and a node. Out: [`Tail`]. It does not know what the commands do: that is why a
//! script with a trap, or a function that is called in two ways, is not answered with “last”.

use std::collections::HashSet;

use crate::shell::{AndOr, ArmEnd, Compound, Item, Kind, NodeId, Script, Separator};

/// What comes after a command when it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tail {
    /// Nothing: the shell ends with the command's own status.
    Last,
    /// Something: other commands, another status, another round of a loop.
    Followed,
    /// The command does not run in the shell itself: a subshell, a pipeline, the background.
    Elsewhere,
}

/// The parents of every node.
pub(super) struct Parents(Vec<Option<NodeId>>);

impl Parents {
    pub(super) fn of(script: &Script) -> Parents {
        let mut parents = vec![None; script.nodes.len()];
        for (index, node) in script.nodes.iter().enumerate() {
            for child in children(&node.kind) {
                parents[child as usize] = Some(index as NodeId);
            }
        }
        Parents(parents)
    }

    /// The node that a node stands in.
    pub(super) fn get(&self, node: NodeId) -> Option<NodeId> {
        self.0[node as usize]
    }
}

/// What follows a node in its script.
pub(super) fn tail(script: &Script, parents: &Parents, node: NodeId) -> Tail {
    let mut worst = Tail::Last;
    let mut open = vec![node];
    let mut called = HashSet::new();
    if has_trap(script) {
        worst = Tail::Followed;
    }
    while let Some(mut node) = open.pop() {
        while let Some(parent) = parents.get(node) {
            worst = worst.max(within(script, parent, node));
            if let Kind::Function { name, .. } = &script.node(parent).kind {
                if called.insert(name.clone()) {
                    let calls = calls(script, name);
                    if calls.is_empty() {
                        worst = worst.max(Tail::Followed);
                    }
                    open.extend(calls);
                }
                break;
            }
            node = parent;
        }
        // The commands of a substitution have no place in the tree: a shell of their own runs them.
        if parents.get(node).is_none() && node != script.root {
            worst = Tail::Elsewhere;
        }
    }
    worst
}

/// What follows a node inside of its parent.
fn within(script: &Script, parent: NodeId, node: NodeId) -> Tail {
    match &script.node(parent).kind {
        Kind::List(items) => {
            let Some(index) = items.iter().position(|item| item.node == node) else {
                return Tail::Followed;
            };
            if items[index].end == Separator::Background {
                return Tail::Elsewhere;
            }
            match items[index + 1..]
                .iter()
                .all(|item| keeps_status(script, item))
            {
                true => Tail::Last,
                false => Tail::Followed,
            }
        }
        Kind::AndOr { first, rest } => {
            let last = rest.last().map_or(*first, |(_, node)| *node);
            if last == node {
                return Tail::Last;
            }
            // After `app && …` and `app || …` alike something may follow.
            debug_assert!(
                rest.iter()
                    .all(|(op, _)| matches!(op, AndOr::And | AndOr::Or))
            );
            Tail::Followed
        }
        Kind::Compound(compound, _) => match compound {
            Compound::Group(_) => Tail::Last,
            Compound::If { arms, otherwise } => {
                let is_body =
                    arms.iter().any(|(_, body)| *body == node) || *otherwise == Some(node);
                if is_body { Tail::Last } else { Tail::Followed }
            }
            Compound::Case { arms, .. } => {
                let arm = arms.iter().find(|arm| arm.body == node);
                match arm.is_some_and(|arm| arm.end == ArmEnd::Leave) {
                    true => Tail::Last,
                    false => Tail::Followed,
                }
            }
            Compound::Subshell(_) => Tail::Elsewhere,
            _ => Tail::Followed,
        },
        Kind::Function { .. } => Tail::Last,
        _ => Tail::Elsewhere,
    }
}

/// Whether a command that follows changes nothing: `exit` and `exit $?` end with the status at hand.
fn keeps_status(script: &Script, item: &Item) -> bool {
    let Kind::Simple(simple) = &script.node(item.node).kind else {
        return false;
    };
    let text = &script.text.text()[script.node(item.node).range.clone()];
    simple.redirects.is_empty() && matches!(text, "exit" | "exit $?" | "exit \"$?\"")
}

/// Whether a trap with an action is set anywhere: `exec` would lose it.
pub(super) fn has_trap(script: &Script) -> bool {
    traps(script).any(|trap| trap.sets())
}

/// Whether a trap with an action is set for that signal.
pub(super) fn has_trap_for(script: &Script, signal: &str) -> bool {
    traps(script).any(|trap| trap.sets() && trap.names(signal))
}

/// The action of the only trap for that signal, if it is a constant text.
pub(super) fn action_for(script: &Script, signal: &str) -> Option<String> {
    let mut traps = traps(script).filter(|trap| trap.names(signal));
    match (traps.next(), traps.next()) {
        (Some(trap), None) => trap.action,
        _ => None,
    }
}

/// A `trap` command, as far as its words are constant.
struct Trap {
    action: Option<String>,
    signals: Vec<Option<String>>,
}

impl Trap {
    /// Whether it sets an action.
    fn sets(&self) -> bool {
        !matches!(self.action.as_deref(), Some("-" | ""))
    }

    fn names(&self, signal: &str) -> bool {
        let mut names = self.signals.iter().flatten();
        names.any(|name| name.trim_start_matches("SIG") == signal)
    }
}

fn traps(script: &Script) -> impl Iterator<Item = Trap> {
    script.nodes.iter().filter_map(|node| {
        let Kind::Simple(simple) = &node.kind else {
            return None;
        };
        let words = simple.words.iter();
        let mut words = words.map(|word| Some(word.constant(false)?.into_owned()));
        let is_trap = words.next().flatten().as_deref() == Some("trap");
        is_trap.then(|| Trap {
            action: words.next().flatten(),
            signals: words.collect(),
        })
    })
}

/// Whether the script defines a function of that name.
pub(super) fn defines(script: &Script, name: &str) -> bool {
    let mut kinds = script.nodes.iter().map(|node| &node.kind);
    kinds.any(|kind| matches!(kind, Kind::Function { name: own, .. } if own == name))
}

fn calls(script: &Script, name: &str) -> Vec<NodeId> {
    let nodes = script.nodes.iter().enumerate();
    let calls = nodes.filter(|(_, node)| match &node.kind {
        Kind::Simple(simple) => {
            let word = simple.words.first().and_then(|word| word.constant(false));
            word.as_deref() == Some(name)
        }
        _ => false,
    });
    calls.map(|(index, _)| index as NodeId).collect()
}

fn children(kind: &Kind) -> Vec<NodeId> {
    match kind {
        Kind::List(items) => items.iter().map(|item| item.node).collect(),
        Kind::AndOr { first, rest } => {
            let rest = rest.iter().map(|(_, node)| *node);
            std::iter::once(*first).chain(rest).collect()
        }
        Kind::Pipeline { parts, .. } => parts.clone(),
        Kind::Function { body, .. } | Kind::Coproc { body, .. } => vec![*body],
        Kind::Compound(compound, _) => match compound {
            Compound::Subshell(body) | Compound::Group(body) => vec![*body],
            Compound::If { arms, otherwise } => {
                let arms = arms
                    .iter()
                    .flat_map(|(condition, body)| [*condition, *body]);
                arms.chain(*otherwise).collect()
            }
            Compound::While {
                condition, body, ..
            } => vec![*condition, *body],
            Compound::For { body, .. } | Compound::ForArithmetic { body, .. } => vec![*body],
            Compound::Case { arms, .. } => arms.iter().map(|arm| arm.body).collect(),
            Compound::Test(_) | Compound::Arithmetic(_) => Vec::new(),
        },
        Kind::Simple(_) | Kind::Unparsed { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::parse;
    use crate::source::{Mapped, Source};

    fn tail_of_app(text: &str) -> Tail {
        let script = parse(Mapped::whole(&Source::new("f", text)));
        let parents = Parents::of(&script);
        let app = script.nodes.iter().position(|node| {
            matches!(&node.kind, Kind::Simple(_))
                && script.text.text()[node.range.clone()].starts_with("app")
        });
        tail(&script, &parents, app.expect("there is an app") as NodeId)
    }

    #[test]
    fn what_follows_the_application() {
        for (text, expected) in [
            ("app", Tail::Last),
            ("a; app -x\n", Tail::Last),
            ("a && app", Tail::Last),
            ("app; exit $?", Tail::Last),
            ("if a; then app; else b; fi", Tail::Last),
            ("case $1 in a) app ;; *) b ;; esac", Tail::Last),
            ("main() { app; }\nmain \"$@\"\n", Tail::Last),
            ("f() { app; }\nif a; then f; fi", Tail::Last),
            ("{ app; } >log", Tail::Last),
            ("app; exit 0", Tail::Followed),
            ("app || true", Tail::Followed),
            ("app && echo", Tail::Followed),
            ("while :; do app; done", Tail::Followed),
            ("f() { app; }\nf; b", Tail::Followed),
            ("f() { app; }", Tail::Followed),
            ("trap x EXIT\napp", Tail::Followed),
            ("trap - TERM\napp", Tail::Last),
            ("app | tee", Tail::Elsewhere),
            ("( app )", Tail::Elsewhere),
            ("app &", Tail::Elsewhere),
            ("app & wait", Tail::Elsewhere),
            ("x=$(app)", Tail::Elsewhere),
            ("f() { f; app; }\nf", Tail::Followed),
        ] {
            assert_eq!(tail_of_app(text), expected, "{text}");
        }
    }
}
