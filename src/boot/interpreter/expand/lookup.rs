//! What a name holds: special parameters, variables of the shell, settings from outside.

use super::{Expansion, Need};
use crate::boot::interpreter::Stored;
use crate::boot::interpreter::assign::SECONDS_AT_STOP;
use crate::boot::value::{Piece, Value};
use crate::boot::world::STOP_DATE;
use crate::knowledge::ShellFamily;

impl Expansion<'_> {
    /// A variable or special parameter as one value; `None` when it is not set at all.
    pub(in crate::boot::interpreter) fn lookup(&self, name: &str) -> Option<Value> {
        let shell = self.shell;
        let name = shell.target(name);
        self.machine.looked_at.variable(name);
        let value = match name {
            "?" => match &shell.status {
                crate::boot::interpreter::Status::Known(number) => Value::text(number.to_string()),
                // Each command has a status of its own.
                crate::boot::interpreter::Status::Unknown(question) => match &question.span {
                    Some(span) => Value::unknown(format!("$?#{}", span.start)),
                    None => Value::unknown("$?"),
                },
            },
            "$" => Value::text(shell.dollar.to_string()),
            "!" => match shell.last_background {
                Some(pid) => Value::text(pid.to_string()),
                None => return None,
            },
            "#" if shell.positional.iter().any(|field| field.open) => Value::unknown("$#"),
            "#" => Value::text(shell.positional.len().to_string()),
            "0" => shell.zero.clone(),
            "-" => Value::text(shell.option_letters()),
            "@" | "*" => {
                let mut value = Value::default();
                for (index, field) in shell.positional.iter().enumerate() {
                    if index > 0 {
                        value.push_text(" ");
                    }
                    value.append(&field.value);
                }
                value
            }
            "SECONDS" if shell.facts.family == ShellFamily::Bash => self.seconds_counted(),
            "EPOCHSECONDS" if shell.facts.family != ShellFamily::Dash => {
                let seconds = self.world.seconds(STOP_DATE);
                seconds.map_or(Value::unknown("$EPOCHSECONDS"), |seconds| {
                    Value::text(seconds.to_string())
                })
            }
            "RANDOM" if shell.facts.family != ShellFamily::Dash => Value::unknown("$RANDOM"),
            "LINENO" => Value::unknown("$LINENO"),
            "BASHPID" => Value::text(shell.dollar.to_string()),
            "UID" | "EUID" if shell.facts.family == ShellFamily::Bash => {
                crate::boot::tools::user_number(self.user)
            }
            "BASH_SOURCE" if shell.facts.family == ShellFamily::Bash => {
                match shell.variable(name) {
                    Some(Stored::Text(value)) => value.clone(),
                    _ => shell.zero.clone(),
                }
            }
            "PWD" => Value::text(self.directory),
            "PPID" => Value::unknown("$PPID"),
            "BASH_VERSION" if matches!(&*shell.facts.id, "bash" | "bash-posix") => {
                let mut version = Value::text("5.");
                version.append(&Value::unknown("$BASH_VERSION"));
                version
            }
            "FUNCNAME" | "SHLVL" | "OSTYPE" | "MACHTYPE" | "HOSTTYPE" | "PIPESTATUS"
            | "BASH_REMATCH" | "BASH_VERSION" | "BASH_VERSINFO" | "SHELLOPTS" | "GROUPS" | "_"
                if shell.facts.family == ShellFamily::Bash && shell.variable(name).is_none() =>
            {
                Value::unknown(format!("${name}"))
            }
            "HOSTNAME" => Value::unknown("$HOSTNAME"),
            "IFS" if shell.variable("IFS").is_none() => Value::text(" \t\n"),
            _ => match name.parse::<usize>() {
                Ok(number) => {
                    let before = shell.positional.iter().take(number);
                    if before.clone().any(|field| field.open) {
                        Value::unknown(format!("${name}"))
                    } else {
                        return shell
                            .positional
                            .get(number - 1)
                            .map(|field| self.fixed(&field.value));
                    }
                }
                Err(_) => match shell.variable(name) {
                    Some(Stored::Text(value)) => value.clone(),
                    Some(Stored::Array(fields)) => match fields.first() {
                        Some(field) if !field.open => field.value.clone(),
                        Some(_) => Value::unknown(format!("${{{name}[0]}}")),
                        None => return None,
                    },
                    None => return None,
                },
            },
        };
        Some(self.fixed(&value))
    }

    /// `$SECONDS`: what it showed at the stop, or what an assignment has made of that, and the seconds since.
    fn seconds_counted(&self) -> Value {
        let at_stop = match self.shell.variable("SECONDS") {
            Some(Stored::Text(value)) => value.known().and_then(|text| text.parse().ok()),
            _ => Some(SECONDS_AT_STOP),
        };
        let seconds = at_stop.and_then(|at_stop| self.world.seconds(at_stop));
        seconds.map_or(Value::unknown("$SECONDS"), |seconds| {
            Value::text(seconds.to_string())
        })
    }

    /// A value with what this world has settled about its unknown pieces.
    pub(super) fn fixed(&self, value: &Value) -> Value {
        value.refined(|piece| self.fixed_piece(piece))
    }

    /// What this world has settled about an unknown piece, if anything.
    pub(super) fn fixed_piece(&self, piece: &Piece) -> Option<Value> {
        self.machine.looked_at.fixed(piece);
        self.world.fixed.get(piece).cloned()
    }

    /// The value of a name that nothing in the image or the script sets.
    pub(super) fn unset(&self, name: &str) -> Option<Value> {
        let is_own = matches!(
            name,
            "BASH_VERSION" | "BASH" | "ZSH_VERSION" | "KSH_VERSION"
        );
        let is_name = !is_own && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if is_name && !self.shell.is_unset_here(name) {
            let piece = Piece::Setting(name.into());
            return Some(match self.fixed_piece(&piece) {
                Some(value) => value,
                None => Value::setting(name),
            });
        }
        None
    }

    /// The value of a variable without which the script ends: given at run time, or not.
    pub(super) fn required(&self, name: &str, is_demanded: bool) -> Result<Value, Need> {
        let from_outside = self.unset(name).is_some() && self.shell.variable(name).is_none();
        match self.fixed_piece(&Piece::Setting(name.into())) {
            Some(value) if from_outside && !value.is_certainly_empty() => Ok(value),
            _ => Err(Need::Fail {
                name: name.to_owned(),
                from_outside,
                is_demanded,
            }),
        }
    }
}
