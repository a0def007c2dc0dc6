//! Which of a few names an object has, in one pass over its members.

use std::collections::BTreeSet;

use crate::json::{Node, write};
use crate::words::Words;

/// The most names that a table takes: one bit each.
pub(crate) const MOST: usize = 64;

/// So many names are compared one by one: most others are told apart by their lengths.
const FEW: usize = 5;

/// Names to look for.
#[derive(Debug)]
pub(crate) struct Names {
    names: Vec<String>,
    words: Words,
}

/// A set of the names of a [`Names`]: one bit each, by its place.
pub(crate) type Set = u64;

impl Names {
    /// `None` where there are too many.
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Option<Self> {
        let names: BTreeSet<String> = names.into_iter().collect();
        let names: Vec<String> = names.into_iter().collect();
        let words = Words::new(names.iter().map(String::as_str))?;
        (names.len() <= MOST).then_some(Self { names, words })
    }

    /// The set of those of the names that are told by `of`.
    pub(crate) fn set(&self, of: impl Fn(&str) -> bool) -> Set {
        self.names.iter().enumerate().filter(|(_, name)| of(name)).fold(0, |set, (at, _)| set | 1 << at)
    }

    /// How many names there are.
    pub(crate) fn count(&self) -> usize {
        self.names.len()
    }

    /// The place of a name.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// Which of the names the object's members have, and which of them more than one member has. `values` are
    /// told where the value of each is that is there: its index on the object's tape.
    pub(crate) fn among(&self, object: Node<'_>, values: &mut [u32]) -> (Set, Set) {
        let (mut present, mut repeated) = (0, 0);
        object.for_each_name(|name, escaped, value| {
            let found = match name {
                [_, inside @ .., _] if !escaped => self.find(inside),
                _ => self.find_escaped(name),
            };
            if let Some(at) = found {
                repeated |= present & 1 << at;
                present |= 1 << at;
                if let Some(place) = values.get_mut(at) {
                    *place = value;
                }
            }
        });
        (present, repeated)
    }

    #[inline]
    fn find(&self, name: &[u8]) -> Option<usize> {
        if self.names.len() > FEW {
            return self.words.find(name);
        }
        self.names.iter().position(|known| known.as_bytes() == name)
    }

    #[cold]
    fn find_escaped(&self, quoted: &[u8]) -> Option<usize> {
        self.find(write::unescape_quoted(quoted).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    fn among(names: &[&str], object: &str) -> (Vec<String>, Vec<String>) {
        let names = Names::new(names.iter().map(|&name| name.to_owned())).expect("few names");
        let document = Document::parse(object.as_bytes()).expect("JSON");
        let (present, repeated) = names.among(document.root(), &mut []);
        let of =
            |set: Set| (0..64).filter(|at| set >> at & 1 == 1).map(|at| names.names[at].clone()).collect();
        (of(present), of(repeated))
    }

    #[test]
    fn found_however_they_are_written() {
        for (names, object, present, repeated) in [
            (&["a", "b"][..], r#"{"a": 1, "c": 2}"#, &["a"][..], &[][..]),
            (&["a"], r#"{"\u0061": 1}"#, &["a"], &[]),
            (&["a"], r#"{"a": 1, "\u0061": 1, "a": 2}"#, &["a"], &["a"]),
            (&["a"], r#"{"b": {"a": 1}, "c": "a"}"#, &[], &[]),
            (&["", "é"], r#"{"": 1, "é": 2}"#, &["", "é"], &[]),
            (&["abcd", "axxd"], r#"{"axxd": 1, "ayyd": 2}"#, &["axxd"], &[]),
            (&["a"], "[1]", &[], &[]),
            (&[], r#"{"a": 1}"#, &[], &[]),
        ] {
            let found = among(names, object);
            assert_eq!(
                found,
                (
                    present.iter().map(|&name| name.to_owned()).collect(),
                    repeated.iter().map(|&name| name.to_owned()).collect()
                ),
                "{object}"
            );
        }
    }

    #[test]
    fn as_many_as_a_set_has_bits() {
        let names = |count: usize| Names::new((0..count).map(|at| at.to_string()));
        assert_eq!(names(64).expect("as many as there are bits").set(|_| true), u64::MAX);
        assert!(names(65).is_none());
    }
}
