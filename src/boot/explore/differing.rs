//! Where two maps differ.

use std::collections::BTreeMap;
use std::rc::Rc;

/// The keys under which two maps hold different things.
pub(super) fn differing<K: Ord + Clone, V: PartialEq>(
    one: &Rc<BTreeMap<K, V>>,
    other: &Rc<BTreeMap<K, V>>,
) -> Vec<K> {
    let mut found = Vec::new();
    if Rc::ptr_eq(one, other) {
        return found;
    }
    // Side by side, for nearly all keys are in both.
    let mut others = other.iter().peekable();
    for (key, value) in one.iter() {
        while let Some((only, _)) = others.next_if(|(other, _)| *other < key) {
            found.push(only.clone());
        }
        let same_key = others.next_if(|(other, _)| *other == key);
        if same_key.is_none_or(|(_, other)| other != value) {
            found.push(key.clone());
        }
    }
    found.extend(others.map(|(only, _)| only.clone()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_map_only_and_other_values_are_told_in_order() {
        let map = |text: &str| {
            let pairs = text.split(' ').filter_map(|pair| pair.split_once('='));
            Rc::new(
                pairs
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect(),
            )
        };
        let told = |one, other| differing(&map(one), &map(other)).join(" ");
        assert_eq!(told("a=1 c=1 d=1", "a=1 b=1 d=2 e=1 f=1"), "b c d e f");
        assert_eq!(told("b=1", ""), "b");
        assert_eq!(told("", "b=1"), "b");
        assert_eq!(told("a=1 b=1", "a=1 b=1"), "");
    }
}
