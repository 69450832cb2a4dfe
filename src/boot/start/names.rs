//! What the name of a command alone says of it.
//!
//! In: the first word of an argv. Out: whether it can be a program at all, and whether its ending
//! names a language. Looks at no file.

/// Words that no program is called: builtins and reserved words of shells, options, assignments,
/// several words in one.
pub(in crate::boot) fn is_no_program(name: &str) -> bool {
    const WORDS: [&str; 40] = [
        "alias", "bg", "bind", "break", "builtin", "caller", "case", "cd", "complete", "continue",
        "coproc", "declare", "dirs", "disown", "do", "done", "esac", "eval", "exec", "exit",
        "export", "fc", "fg", "fi", "function", "getopts", "jobs", "let", "local", "mapfile",
        "popd", "pushd", "read", "readonly", "return", "shopt", "source", "typeset", "unset",
        "trap",
    ];
    WORDS.contains(&name)
        || matches!(
            name,
            ":" | "."
                | "[["
                | "(("
                | "!"
                | "{"
                | "}"
                | "set"
                | "shift"
                | "wait"
                | "ulimit"
                | "umask"
        )
        || name.starts_with(['-', '+', '(', '“', '‘'])
        // `[bash`, `npm,`: an array that is no JSON array, read by a shell.
        || (name.len() > 2 && name.starts_with('['))
        || name.ends_with(',')
        // `/app/server --port 80`: a whole command line in quotes.
        || name.contains(" -")
        || name.contains(" /")
        || (!name.contains('/')
            && name.contains([
                '=', ' ', '\t', '\n', '"', '\'', '$', '|', '&', ';', '<', '>', '`',
            ]))
}

/// Names of several words that programs do have: `Plex Media Server`.
pub(in crate::boot) fn is_title(name: &str) -> bool {
    let mut words = name.split(' ');
    words.all(|word| {
        word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.chars().all(char::is_alphanumeric)
    })
}

/// Names that are scripts by their ending.
pub(super) fn is_script_name(name: &str) -> bool {
    [".sh", ".bash", ".ash", ".ksh", ".zsh", ".command"]
        .iter()
        .any(|ending| name.ends_with(ending))
        || name.ends_with("entrypoint")
}

/// Names of programs in a language with a runtime, by their ending.
pub(super) fn is_code_name(name: &str) -> bool {
    [
        ".py", ".rb", ".js", ".mjs", ".cjs", ".ts", ".pl", ".php", ".R", ".lua", ".tcl",
    ]
    .iter()
    .any(|ending| name.ends_with(ending))
}
