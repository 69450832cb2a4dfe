//! Steps of a chain that concern variables: of the environment, or in the words that follow.

use std::rc::Rc;

use super::words::{block, option_value, options, replace};
use crate::boot::start::Start;
use crate::boot::value::{Field, Value};

impl Start<'_, '_> {
    /// `export` with its value, or `unexport`.
    pub(super) fn export(&mut self, words: &[Field], sets: bool) -> Option<Vec<Field>> {
        let name = words.get(1)?.known()?;
        let environment = Rc::make_mut(&mut self.process().environment);
        match sets {
            true => {
                environment.insert(name.into(), words.get(2)?.value.clone());
                Some(words.get(3..)?.to_vec())
            }
            false => {
                environment.remove(name.as_str());
                Some(words.get(2..)?.to_vec())
            }
        }
    }

    /// `exec -c` and `emptyenv` clear the environment; `emptyenv -p` and `-c` only tidy up.
    pub(super) fn empty(&mut self, words: &[Field], name: &str) -> Option<Vec<Field>> {
        let (given, at) = options(words, if name == "exec" { "cla:" } else { "pPco" });
        let clears = match name {
            "exec" => given.contains('c'),
            _ => !given.contains(['p', 'c']),
        };
        if clears {
            // The next program is looked up before its environment is taken away.
            let environment = Rc::make_mut(&mut self.process().environment);
            environment.retain(|name, _| &**name == "PATH");
        }
        Some(words.get(at..)?.to_vec())
    }

    /// `importas VAR ENV` and `define VAR VALUE`: the rest with `$VAR` and `${VAR}` replaced.
    pub(super) fn substitute(&mut self, words: &[Field]) -> Option<Vec<Field>> {
        let name = words.first()?.known()?;
        let name = name.trim_start();
        let (given, at) = options(words, "snCciuSD:d:");
        let variable = words.get(at)?.known()?;
        let (value, rest) = match name {
            "define" => (Some(words.get(at + 1)?.value.clone()), words.get(at + 2..)?),
            _ => {
                let (source, rest) = match given.contains('S') {
                    true => (variable.clone(), words.get(at + 1..)?),
                    false => (words.get(at + 1)?.known()?, words.get(at + 2..)?),
                };
                let default = option_value(words, 'D').map(|field| field.value.clone());
                let found = self.process().environment.get(source.as_str()).cloned();
                (found.or(default), rest)
            }
        };
        // Without a value the word disappears, and `importas -i` ends; neither is followed.
        let value = value.unwrap_or_else(|| Value::unknown(format!("${variable}")));
        let replaced = rest
            .iter()
            .map(|word| replace(word, variable.trim_start(), &value));
        Some(replaced.collect())
    }

    /// `backtick VAR { … }`: what the block prints is not known.
    pub(super) fn backtick(&mut self, words: &[Field]) -> Option<Vec<Field>> {
        let (_, at) = options(words, "niEeNsxID:");
        let variable = words.get(at)?.known()?;
        let (_, rest) = block(words, at + 1)?;
        let value = Value::unknown(format!("${variable}"));
        let environment = Rc::make_mut(&mut self.process().environment);
        environment.insert(variable.as_str().into(), value.clone());
        // `-E` and `-e` substitute it at once.
        Some(
            rest.iter()
                .map(|word| replace(word, &variable, &value))
                .collect(),
        )
    }
}
