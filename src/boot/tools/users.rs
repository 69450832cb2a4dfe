//! Users: whom a launcher switches to, and what `id` and `whoami` say of them.

use crate::boot::value::{Field, Value};

/// The user that a launcher switches to: a name or number, `?` when that is not known.
pub(in crate::boot) fn switched_user(launcher: &str, argv: &[Field]) -> Option<String> {
    let words: Vec<String> = argv
        .iter()
        .skip(1)
        .map(|word| word.known().unwrap_or("?".into()))
        .collect();
    let after = |options: &[&str]| {
        let at = words
            .iter()
            .position(|word| options.contains(&word.as_str()))?;
        words.get(at + 1).cloned()
    };
    let attached = |prefix: &str| {
        words
            .iter()
            .find_map(|word| word.strip_prefix(prefix).map(str::to_owned))
    };
    match launcher {
        "gosu" | "su-exec" | "setuidgid" | "s6-setuidgid" => words.first().cloned(),
        "chpst" => after(&["-u"]),
        "sudo" => Some(after(&["-u"]).unwrap_or_else(|| "root".into())),
        "setpriv" => attached("--reuid=").or_else(|| after(&["--reuid"])),
        "chroot" => attached("--userspec="),
        "su" | "runuser" => {
            let operand = words.iter().enumerate().find(|(index, word)| {
                let is_value = index
                    .checked_sub(1)
                    .and_then(|before| words.get(before))
                    .is_some_and(|before| {
                        matches!(
                            before.as_str(),
                            "-c" | "-s"
                                | "--command"
                                | "--shell"
                                | "-g"
                                | "-G"
                                | "--session-command"
                        )
                    });
                !word.starts_with('-') && !is_value
            });
            after(&["-u"])
                .or_else(|| operand.map(|(_, word)| word.clone()))
                .or_else(|| Some("root".into()))
        }
        _ => None,
    }
}

/// Whether a user, perhaps with a group behind it, is the superuser.
pub(in crate::boot) fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), Some("" | "0" | "root"))
}

/// The number of a user; that of a name is not known, but it is not 0.
pub(in crate::boot) fn user_number(user: &str) -> Value {
    let user = user.split(':').next().unwrap_or(user);
    match user {
        "" | "root" | "0" => Value::text("0"),
        _ if user.bytes().all(|byte| byte.is_ascii_digit()) => Value::text(user),
        "?" => Value::unknown("the number of the user"),
        "nobody" => Value::text("65534"),
        // What matters is that it is not 0: scripts that go on as another user ask for that, and would
        // start themselves again for ever if both answers were followed. 1000 is what the first
        // `useradd` gives.
        _ if !user.contains('$') => Value::text("1000"),
        _ => Value::unknown(format!("the number of user {user}")),
    }
}

/// The name of a user, where the user is given by it.
pub(super) fn user_name(user: &str) -> Value {
    let user = user.split(':').next().unwrap_or(user);
    match user {
        "" | "root" | "0" => Value::text("root"),
        "?" => Value::unknown("the name of the user"),
        _ if user.bytes().all(|byte| byte.is_ascii_digit()) => {
            Value::unknown(format!("the name of user {user}"))
        }
        _ => Value::text(user),
    }
}
