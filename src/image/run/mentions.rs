//! What a command that is not followed may have touched: the paths that its text names.
//!
//! In: the text of a command. Out: an opaque change. Understands no command.

use super::super::change::Opaque;
use super::super::glob::Glob;
use super::super::path;
use super::Walker;

/// Commands that change files which stand there already.
const CHANGERS: [&str; 11] = [
    "chmod", "chown", "sed", "dos2unix", "find", "xargs", "rm", "mv", "cp", "rsync", "perl",
];

impl Walker<'_> {
    /// The paths in a text.
    pub(super) fn mentions(&self, text: &str) -> Opaque {
        let mut opaque = Opaque::below(self.why(), Vec::new(), true);
        match self.directory.as_deref() {
            // In `/`, only what is known to leave things where it runs may have made a directory there.
            Some("/") if !text.split_whitespace().any(leaves_things) => {}
            Some(directory) => opaque.roots.push(directory.to_owned()),
            None => opaque.roots.push("/".to_owned()),
        }
        opaque.trees = opaque.roots.iter().any(|root| root == "/") && unpacks_here(text);
        for token in tokens(text) {
            opaque.deep |= CHANGERS.contains(&token.as_str());
            self.mention(&token, &mut opaque);
        }
        opaque.roots.sort();
        opaque.roots.dedup();
        opaque
    }

    fn mention(&self, token: &str, opaque: &mut Opaque) {
        if token.is_empty() || token.starts_with('-') || token == "/" || token.starts_with("//") {
            opaque.deep |= token == "-R" || token == "-exec";
            return;
        }
        let expanded = match token.find('$') {
            None => token.to_owned(),
            Some(at) => match self.expand_token(token) {
                Some(text) => text,
                None if at == 0 => {
                    if let Some(slash) = token.find('/') {
                        opaque.roots.push("/".to_owned());
                        let rest = token[slash..].trim_start_matches('/');
                        // `$X/*` would be everything.
                        let is_named = !path::name(rest).trim_matches(['*', '?']).is_empty();
                        if is_named && !rest.contains('$') {
                            opaque.endings.push(Glob::new(&format!("**/{rest}")));
                        }
                    }
                    return;
                }
                // Anything in the directory before the variable may be meant.
                None => match token[..at].rfind('/') {
                    Some(end) if end > 0 => token[..end].to_owned(),
                    Some(_) => {
                        opaque.roots.push("/".to_owned());
                        return;
                    }
                    None => return,
                },
            },
        };
        if expanded.starts_with('/') && expanded.len() > 1 {
            // What a pattern matches is in the directory before it.
            let constant = match expanded.find(['*', '?']) {
                Some(at) => &expanded[..expanded[..at].rfind('/').unwrap_or(0)],
                None => expanded.as_str(),
            };
            let path = path::tidy(constant);
            opaque.roots.push(path.clone());
            opaque.named.push(path);
        } else if let Some(directory) = &self.directory
            && expanded.contains(['.', '/'])
        {
            opaque.named.push(path::join(directory, &expanded));
        }
    }

    /// The text of a token with `$name` and `${name}`, if the variables are known.
    fn expand_token(&self, token: &str) -> Option<String> {
        let mut text = String::new();
        let mut rest = token;
        while let Some(at) = rest.find('$') {
            text.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let (name, after) = match rest.strip_prefix('{') {
                Some(inner) => inner.split_once('}')?,
                None => rest.split_at(
                    rest.bytes()
                        .position(|byte| !is_name(byte))
                        .unwrap_or(rest.len()),
                ),
            };
            if name.is_empty() || !name.bytes().all(is_name) {
                return None;
            }
            text.push_str(&self.variable(name)?);
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }
}

/// The words of a text, roughly: quotes are dropped, so that `"$x"/*.so` and `${x}/y` stay whole.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    let mut in_braces = false;
    for character in text.chars() {
        match character {
            '{' if token.ends_with('$') => {
                in_braces = true;
                token.push(character);
            }
            '}' if in_braces => {
                in_braces = false;
                token.push(character);
            }
            '"' | '\'' | '\\' => {}
            _ if character.is_whitespace()
                || "`;&|<>(){}=,:[]!".contains(character) && !in_braces =>
            {
                in_braces = false;
                if !token.is_empty() {
                    tokens.push(std::mem::take(&mut token));
                }
            }
            _ => token.push(character),
        }
    }
    if !token.is_empty() {
        tokens.push(token);
    }
    tokens
}

/// Commands that make files and directories where they run.
fn leaves_things(command: &str) -> bool {
    let commands = [
        "bsdtar", "bun", "cargo", "composer", "cpio", "curl", "git", "go", "gunzip", "hg", "make",
        "npm", "npx", "pnpm", "svn", "tar", "unzip", "wget", "yarn",
    ];
    commands.contains(&path::name(command))
}

/// Whether a command unpacks or clones into the directory where it runs.
fn unpacks_here(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&path::name(word)));
    let unpacks = has(&["tar", "bsdtar", "unzip", "cpio", "7z"]);
    let elsewhere = words.iter().any(|word| {
        matches!(*word, "-C" | "-d") || word.starts_with("--directory") || word.starts_with("-C/")
    });
    let clones = has(&["git", "svn", "hg"])
        && words
            .iter()
            .any(|word| matches!(*word, "clone" | "checkout" | "co"));
    let names_place = words.iter().skip(1).any(|word| word.starts_with('/'));
    (unpacks && !elsewhere) || (clones && !names_place)
}
