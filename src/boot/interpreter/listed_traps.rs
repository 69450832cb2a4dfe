//! What `trap` prints of the traps that are set.

use super::builtins::quoting::in_quotes;
use super::step::Turn;
use super::{Shell, Trap};
use crate::boot::value::{Field, Value};
use crate::boot::world::{Body, Pid, World};
use crate::knowledge::{ShellFamily, TrapName};

impl Turn<'_, '_> {
    /// What `trap` without operands, or `trap -p [NAME…]`, prints.
    pub(super) fn listed_traps(&self, names: &[Field]) -> Value {
        let facts = self.shell.facts;
        let names: Vec<String> = names.iter().filter_map(Field::known).collect();
        let wanted: Vec<TrapName> = names
            .iter()
            .filter_map(|name| facts.trap_signal(name))
            .collect();
        let is_bash = facts.family == ShellFamily::Bash;
        let mut text = Value::default();
        for (name, trap) in known_traps(self.world, self.pid, &self.shell) {
            if !names.is_empty() && !wanted.contains(&name) {
                continue;
            }
            text.push_text("trap -- ");
            text.append(&in_quotes(
                &trap.action,
                if is_bash { "'\\''" } else { "'\"'\"'" },
            ));
            let name = match name {
                TrapName::Exit => "EXIT".to_owned(),
                TrapName::Error => "ERR".to_owned(),
                TrapName::Other => "DEBUG".to_owned(),
                TrapName::Signal(signal) if facts.is_plain_bash() => signal.to_string(),
                TrapName::Signal(signal) => signal.short_name(),
            };
            text.push_text(&format!(" {name}\n"));
        }
        text
    }
}

/// The traps that a shell lists: in a subshell of bash, and in a command substitution of busybox, those of the shell
/// around it as long as it has set none (measured: bash 5.2, busybox 1.35; dash forgets them).
fn known_traps(world: &World, pid: Pid, shell: &Shell) -> Vec<(TrapName, Trap)> {
    let own = |shell: &Shell| -> Vec<(TrapName, Trap)> {
        let traps = shell.traps.iter();
        traps.map(|(name, trap)| (*name, trap.clone())).collect()
    };
    let mut found = own(shell);
    let mut at = world.process(pid);
    let mut is_copy = shell.is_subshell;
    let mut family = shell.facts.family;
    for _ in 0..64 {
        let has_action = found
            .iter()
            .any(|(_, trap)| !trap.action.is_certainly_empty());
        let Some(process) = at.filter(|_| is_copy && !has_action) else {
            break;
        };
        let keeps = match family {
            ShellFamily::Bash => true,
            ShellFamily::Ash => process.captured,
            ShellFamily::Dash => false,
        };
        at = world.process(process.parent);
        let Some(Body::Shell(around)) = at.filter(|_| keeps).map(|process| &process.body) else {
            break;
        };
        (found, is_copy, family) = (own(around), around.is_subshell, around.facts.family);
    }
    found
}
