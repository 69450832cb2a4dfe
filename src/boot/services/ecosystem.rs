//! The applications of a pm2 ecosystem file, in JSON, YAML or JavaScript.
//!
//! In: its text. Out: the commands that pm2 starts. Runs no JavaScript: what is not written out is
//! not known.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{split_words, unknown};
use crate::boot::launch::{Job, Plan, Run};
use crate::boot::start::Start;
use crate::boot::value::Field;
use crate::boot::world::Stop;
use crate::image::{Content, Found};
use crate::knowledge::{Recipient, Signal};

/// What pm2 waits after SIGINT before it kills, if the file does not say (pm2/constants.js
/// `KILL_TIMEOUT`).
const KILL_TIMEOUT: u64 = 1_600;

/// The settings of an application: name → the text of a plain value, if it is one, and its place.
type Settings = BTreeMap<String, (Option<String>, Range<usize>)>;

impl Start<'_, '_> {
    /// The applications of an ecosystem file that the command line asks for.
    pub(super) fn pm2(&mut self, argv: &[Field], paths: &[String]) -> Plan {
        let (path, text) = match self.first_text(paths) {
            Ok(found) => found,
            Err(missing) => return Plan::Unknown(missing),
        };
        let is_yaml = path.ends_with(".yml") || path.ends_with(".yaml");
        let applications = match is_yaml {
            true => yaml_applications(text.text()),
            false => applications(text.text()),
        };
        let only = argv
            .iter()
            .position(|word| word.known().as_deref() == Some("--only"));
        let only = only.and_then(|at| argv.get(at + 1)).and_then(Field::known);
        let mut jobs = Vec::new();
        for settings in applications {
            let get = |name: &str| settings.get(name).and_then(|(value, _)| value.clone());
            let is_wanted = match (&only, get("name")) {
                (Some(only), Some(name)) => only.split(',').any(|wanted| wanted.trim() == name),
                _ => true,
            };
            if !is_wanted {
                continue;
            }
            let Some((script, place)) = settings.get("script") else {
                continue;
            };
            let Some(script) = script else {
                return unknown("which script pm2 starts".to_owned());
            };
            let Some(words) = self.pm2_words(script, &settings) else {
                return unknown(format!("how pm2 runs `{script}`"));
            };
            if settings.contains_key("shutdown_with_message") {
                return unknown(
                    "pm2 sends its application a message instead of a signal".to_owned(),
                );
            }
            let mut job = Job::new(words).at(text.span(place.clone()));
            job.directory = get("cwd");
            let limit = get("kill_timeout").map_or(Some(KILL_TIMEOUT), |text| text.parse().ok());
            let Some(kill_after) = limit else {
                return unknown("the kill_timeout of pm2".to_owned());
            };
            let to = match get("treekill").as_deref() {
                Some("false") => Recipient::Child,
                _ => Recipient::Tree,
            };
            job.stop = Some(Stop {
                signal: Signal::INT,
                to,
                kill_after,
                kill: to,
            });
            jobs.push(job);
        }
        if jobs.is_empty() {
            return unknown("which applications pm2 starts".to_owned());
        }
        Plan::Run(Run {
            jobs,
            supervises: true,
            ..Run::default()
        })
    }

    /// What pm2 executes for a script: with the interpreter that the file names, or that its extension
    /// calls for (pm2/lib/Common.js `resolveInterpreter`, `prepareAppConf`).
    fn pm2_words(&mut self, script: &str, settings: &Settings) -> Option<Vec<Field>> {
        let given = settings
            .get("interpreter")
            .or_else(|| settings.get("exec_interpreter"));
        let given = match given {
            Some((value, _)) => Some(value.clone()?),
            None => None,
        };
        let arguments = match settings.get("args") {
            Some((value, _)) => split_words(value.as_ref()?)?,
            None => Vec::new(),
        };
        if script.contains(char::is_whitespace) && given.is_none() {
            let shell = match self.find("bash") {
                Found::Absent => "sh",
                _ => "bash",
            };
            return Some([shell, "-c", script].map(Field::text).to_vec());
        }
        let extension = script
            .rsplit('/')
            .next()
            .and_then(|name| name.rsplit_once('.'))
            .map(|(_, extension)| extension);
        let by_extension = match extension {
            Some("js" | "mjs" | "cjs") => Some("node"),
            Some("ts") => Some("ts-node"),
            Some("py") => Some("python3"),
            Some("sh") => Some("bash"),
            Some("rb") => Some("ruby"),
            Some("pl") => Some("perl"),
            Some("php") => Some("php"),
            _ => None,
        };
        let interpreter = match given.as_deref() {
            Some("none") => None,
            Some(given) => Some(given.to_owned()),
            None => match by_extension {
                Some(known) => Some(known.to_owned()),
                // Text without an extension is taken for JavaScript; a program is run as it is. npm and
                // its like have entries of their own.
                None if matches!(script, "npm" | "yarn" | "pnpm" | "npx" | "bun") => None,
                None => match self.find(script) {
                    Found::File(file) if matches!(file.content, Content::Binary) => None,
                    _ => return None,
                },
            },
        };
        let words = interpreter.into_iter().chain([script.to_owned()]);
        Some(
            words
                .chain(arguments)
                .map(|word| Field::text(&word))
                .collect(),
        )
    }
}

/// The objects in `apps: [ … ]` of JSON and JavaScript, or the one object that is no list.
fn applications(text: &str) -> Vec<Settings> {
    let list = text
        .match_indices("apps")
        .filter_map(|(at, word)| {
            let rest = text[at + word.len()..].trim_start_matches(['"', '\'']);
            let rest = rest.trim_start().strip_prefix([':', '='])?;
            let start = text.len() - rest.trim_start().len();
            text[start..].starts_with('[').then_some(start)
        })
        .next();
    let (start, depth) = match list {
        Some(start) => (start, 2),
        // `pm2 start app.json` takes one object as well.
        None => (0, 1),
    };
    let mut found = Vec::new();
    let mut open = 0;
    let mut settings = Settings::new();
    let mut key: Option<String> = None;
    let mut last: Option<(String, Range<usize>)> = None;
    for (token, range) in Tokens::new(text, start) {
        match token {
            Token::Punctuation('{' | '[' | '(') => {
                open += 1;
                if open == depth {
                    settings = Settings::new();
                } else if open == depth + 1
                    && let Some(key) = key.take()
                {
                    let inner = balanced(text, range.start);
                    let words = list_of_strings(&text[inner.clone()]);
                    settings.insert(key, (words, inner));
                }
                last = None;
            }
            Token::Punctuation('}' | ']' | ')') => {
                if let (true, Some(key), Some((value, range))) =
                    (open == depth, key.take(), last.take())
                {
                    settings.insert(key, (Some(value), range));
                }
                if open == depth {
                    found.push(std::mem::take(&mut settings));
                }
                open -= 1;
                if open == 0 {
                    break;
                }
            }
            Token::Punctuation(':') if open == depth => key = last.take().map(|(name, _)| name),
            Token::Punctuation(',') if open == depth => {
                if let (Some(key), Some((value, range))) = (key.take(), last.take()) {
                    settings.insert(key, (Some(value), range));
                }
            }
            Token::Word(word) if open == depth => last = Some((word, range)),
            // An expression: the value is not plain.
            Token::Punctuation(_) if open == depth => {
                if let Some(key) = key.take() {
                    settings.insert(key, (None, range));
                }
                last = None;
            }
            _ => {}
        }
    }
    found.retain(|settings| settings.contains_key("script"));
    found
}

/// The items of `apps:` in YAML, of which each setting stands on a line of its own.
fn yaml_applications(text: &str) -> Vec<Settings> {
    let mut found: Vec<Settings> = Vec::new();
    let mut indent = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim_start();
        let mut column = line.len() - bare.len();
        let mut setting = bare;
        if let Some(item) = bare.strip_prefix("- ") {
            if indent.is_none_or(|indent| column + 2 <= indent) {
                found.push(Settings::new());
                indent = Some(column + 2);
            }
            setting = item.trim_start();
            column += bare.len() - setting.len();
        }
        let (Some(settings), Some((name, value))) = (found.last_mut(), setting.split_once(':'))
        else {
            continue;
        };
        if Some(column) != indent || setting.starts_with('#') {
            continue;
        }
        let value = value.split(" #").next().unwrap_or_default();
        let from = start + column + name.len() + 1 + (value.len() - value.trim_start().len());
        let value = value.trim();
        let inner = value.trim_matches(['"', '\'']);
        let plain = (!inner.is_empty() && !value.starts_with(['[', '{', '|', '>', '&', '*']))
            .then(|| inner.to_owned());
        settings.insert(name.trim().to_owned(), (plain, from..from + value.len()));
    }
    found.retain(|settings| settings.contains_key("script"));
    found
}

/// `["a", "b"]` as one string of words; `None` if it holds something else.
fn list_of_strings(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let words = inner
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    let plain = |word: &str| {
        let quote = word
            .chars()
            .next()
            .filter(|quote| matches!(quote, '"' | '\''))?;
        let word = word.strip_prefix(quote)?.strip_suffix(quote)?;
        Some(format!("'{}'", word.replace('\'', "'\\''")))
    };
    words
        .map(plain)
        .collect::<Option<Vec<String>>>()
        .map(|words| words.join(" "))
}

/// From an opening bracket to the one that closes it, or to the end.
fn balanced(text: &str, start: usize) -> Range<usize> {
    let mut open = 0;
    for (token, range) in Tokens::new(text, start) {
        match token {
            Token::Punctuation('{' | '[' | '(') => open += 1,
            Token::Punctuation('}' | ']' | ')') => open -= 1,
            _ => {}
        }
        if open == 0 {
            return start..range.end;
        }
    }
    start..text.len()
}

/// A piece of JavaScript.
enum Token {
    /// A string without interpolation, a number, a name.
    Word(String),
    /// Anything else.
    Punctuation(char),
}

/// The pieces of JavaScript or JSON, without comments and blanks.
struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl Tokens<'_> {
    fn new(text: &str, at: usize) -> Tokens<'_> {
        Tokens { text, at }
    }
}

impl Iterator for Tokens<'_> {
    type Item = (Token, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = &self.text[self.at..];
            let bare = rest.trim_start();
            self.at += rest.len() - bare.len();
            let comment = match bare {
                _ if bare.starts_with("//") => bare.find('\n'),
                _ if bare.starts_with("/*") => bare.find("*/").map(|end| end + 2),
                _ => break,
            };
            self.at += comment.unwrap_or(bare.len());
        }
        let start = self.at;
        let rest = &self.text[start..];
        let first = rest.chars().next()?;
        let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '.');
        let (token, length) = if matches!(first, '"' | '\'' | '`') {
            let length = rest[1..].find(first).map_or(rest.len(), |end| end + 2);
            let inner = rest[1..length].trim_end_matches(first);
            match inner.contains(['\\', '$']) {
                true => (Token::Punctuation(first), length),
                false => (Token::Word(inner.to_owned()), length),
            }
        } else if is_word(first) {
            let length = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
            let word = &rest[..length];
            // `process.env.PORT` and the like are no plain values.
            let is_name =
                word.contains(|letter: char| letter.is_alphabetic()) && word.contains('.');
            match is_name {
                true => (Token::Punctuation('.'), length),
                false => (Token::Word(word.to_owned()), length),
            }
        } else {
            (Token::Punctuation(first), first.len_utf8())
        };
        self.at = start + length;
        Some((token, start..self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(found: &[Settings], name: &str) -> Vec<Option<String>> {
        let values = found.iter().filter_map(|settings| settings.get(name));
        values.map(|(value, _)| value.clone()).collect()
    }

    fn text(value: &str) -> Option<String> {
        Some(value.to_owned())
    }

    #[test]
    fn applications_of_javascript() {
        let file = "module.exports = {\n  // c\n  apps: [{ name: 'a', script: './a.js', args: ['-x', \"y z\"], \
                    env: { script: 'no' } }, {\"script\": \"b\", cwd: __dirname + '/x', kill_timeout: 5000, }],\n \
                    deploy: { production: { script: 'no' } } };\n";
        let found = applications(file);
        assert_eq!(values(&found, "script"), [text("./a.js"), text("b")]);
        assert_eq!(values(&found, "args"), [text("'-x' 'y z'")]);
        assert_eq!(values(&found, "cwd"), [None]);
        assert_eq!(values(&found, "kill_timeout"), [text("5000")]);
        assert_eq!(&file[found[0]["script"].1.clone()], "'./a.js'");
    }

    #[test]
    fn one_application_of_json() {
        let found = applications("{ \"script\": \"a.js\", \"exec_mode\": \"cluster\" }");
        assert_eq!(values(&found, "script"), [text("a.js")]);
    }

    #[test]
    fn applications_of_yaml() {
        let file = "apps:\n  - script: ./a # c\n    env:\n      script: no\n  - name: b\n    script: 'b.js'\n";
        let found = yaml_applications(file);
        assert_eq!(values(&found, "script"), [text("./a"), text("b.js")]);
        assert_eq!(&file[found[0]["script"].1.clone()], "./a");
    }
}
