//! Associative arrays of bash: `declare -A m`, `m[key]=value`, `m=([key]=value …)`.
//!
//! An element is a variable of its own, under the name `m[key]`; `m[` says that `m` is such an array, and is not known
//! itself where an element has come under a key that is not.

use std::rc::Rc;

use super::{Shell, Stored};
use crate::boot::value::{Field, Value};
use crate::shell::{Part, Word};

impl Shell {
    /// Declares an associative array.
    pub(super) fn declare_associative(&mut self, name: &str) {
        self.set(&mark(name), Stored::Text(Value::default()));
    }

    /// Whether a variable is an associative array.
    pub(crate) fn is_associative(&self, name: &str) -> bool {
        self.variable(&mark(name)).is_some()
    }

    /// Whether it has elements of which the keys are not known.
    pub(super) fn has_unknown_keys(&self, name: &str) -> bool {
        match self.variable(&mark(name)) {
            Some(Stored::Text(value)) => value.certain().is_none(),
            _ => false,
        }
    }

    /// An element has come under a key that is not known.
    pub(super) fn set_somewhere(&mut self, name: &str) {
        self.set(
            &mark(name),
            Stored::Text(Value::unknown(format!("${{{name}[…]}}"))),
        );
    }

    /// The keys or values of all elements, as words.
    pub(super) fn all_elements(
        &self,
        name: &str,
        part: impl Fn((String, Value)) -> Value,
    ) -> Vec<Field> {
        let elements = self.elements(name).into_iter();
        let mut fields: Vec<Field> = elements
            .map(|element| Field {
                value: part(element),
                open: false,
            })
            .collect();
        if self.has_unknown_keys(name) {
            fields.push(Field {
                value: Value::unknown(format!("${{{name}[…]}}")),
                open: true,
            });
        }
        fields
    }

    /// The name of the variable that holds an element.
    pub(super) fn element(name: &str, key: &str) -> String {
        format!("{name}[{key}]")
    }

    /// `unset array[key]`. The elements behind it keep their order, not their places.
    pub(super) fn unset_element(&mut self, name: &str, key: &str) {
        if self.is_associative(name) {
            let variables = Rc::make_mut(&mut self.variables);
            variables.remove(Shell::element(name, key).as_str());
            return;
        }
        if let (Some(Stored::Array(fields)), Ok(at)) = (self.variable(name), key.parse::<usize>())
            && at < fields.len()
        {
            let mut fields = fields.clone();
            fields.remove(at);
            self.set(name, Stored::Array(fields));
        }
    }

    /// `unset array`, and what declares it anew: none of its elements is left.
    pub(super) fn forget_elements(&mut self, name: &str) {
        let prefix = mark(name);
        if self.variables.contains_key(prefix.as_str()) {
            Rc::make_mut(&mut self.variables).retain(|known, _| !known.starts_with(&prefix));
        }
    }

    /// The elements: their keys and values, in an order of ours (bash has another, which nothing tells).
    pub(crate) fn elements(&self, name: &str) -> Vec<(String, Value)> {
        let prefix = mark(name);
        let below = self.variables.range(Rc::from(prefix.as_str())..);
        let own = below.take_while(|(known, _)| known.starts_with(&prefix));
        own.filter_map(|(known, variable)| {
            let key = known[prefix.len()..].strip_suffix(']')?;
            match &variable.value {
                Some(Stored::Text(value)) => Some((key.to_owned(), value.clone())),
                _ => None,
            }
        })
        .collect()
    }

    /// Takes an array of fields `[key]=value` for an associative one, if it was declared so; `false` where it is an
    /// array of words. What `append` does not add to takes the place of the elements there were.
    pub(super) fn assign_elements(&mut self, name: &str, fields: &[Field], append: bool) -> bool {
        let pairs: Vec<(String, Value)> = fields.iter().filter_map(pair).collect();
        if pairs.len() != fields.len() || pairs.is_empty() {
            return false;
        }
        if !append {
            self.forget_elements(name);
        }
        self.declare_associative(name);
        for (key, value) in pairs {
            self.set(&Shell::element(name, &key), Stored::Text(value));
        }
        true
    }
}

/// Whether a word of an array is `[key]=value`, which is neither split nor a pattern.
pub(super) fn is_pair(word: &Word) -> bool {
    matches!(word.parts.first(), Some(Part::Literal(text)) if text.starts_with('[')
        && (text.contains("]=") || word.parts.len() > 1 && !text.contains(']')))
}

/// The name of the variable that marks an associative array: those of its elements begin with it.
pub(super) fn mark(name: &str) -> String {
    format!("{name}[")
}

/// The key and the value of a field `[key]=value` whose key is known.
fn pair(field: &Field) -> Option<(String, Value)> {
    let shown = field.value.pieces();
    let crate::boot::value::Piece::Text(head) = shown.first()? else {
        return None;
    };
    let (key, rest) = head.strip_prefix('[')?.split_once("]=")?;
    let mut value = Value::text(rest);
    for piece in &shown[1..] {
        value.push(piece.clone());
    }
    Some((key.to_owned(), value))
}
