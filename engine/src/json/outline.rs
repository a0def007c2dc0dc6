//! What objects of one stream mostly look like: their members' names, in the order in which they come.
//!
//! Where a member begins, the scanner first looks whether the name that mostly stands there stands there again, byte
//! for byte. Then it needs no look at its characters, and everybody behind it knows which name it is without
//! looking it up.

use super::document::Kind;
use super::plain::{self, End};
use super::scan::{Token, offset};

/// The most members of an object that is learned: one bit each.
const MOST: usize = 64;

/// How many members in a row may be left out of an object that still is as usual.
const LEFT_OUT: usize = 8;

/// After so many objects that are not as usual the next one of them is learned. Those that come first are learned
/// at once: it may be one that lacks a member that most have.
const UNUSUAL: u32 = 32;
const FIRST: u32 = 4;

/// The members that the last objects had.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    openings: Vec<Opening>,
    /// Which outline it is, of all that were learned.
    number: u64,
    unusual: u32,
    /// Of the object that was read last: for each member, where its value is on the tape; 0 where it is left out.
    values: Vec<u32>,
    /// Where in the outline that object has come to; `None` once it has a member that is not expected.
    next: Option<usize>,
}

/// A member's name with its quotes, and all that stands between it and its value.
#[derive(Debug)]
struct Opening {
    text: Box<[u8]>,
    /// How much of it is the name.
    name: u32,
    /// Its first 16 bytes, with the bits that count: most names are no longer.
    head: u128,
    mask: u128,
}

impl Opening {
    fn new(text: &[u8], name: u32) -> Self {
        let mut head = [0; 16];
        head.iter_mut().zip(text).for_each(|(head, byte)| *head = *byte);
        let unused = 16_usize.saturating_sub(text.len()) * 8;
        let mask = u128::MAX.checked_shr(u32::try_from(unused).unwrap_or(0)).unwrap_or(0);
        Self { text: text.into(), name, head: u128::from_le_bytes(head), mask }
    }

    /// The name in its quotes.
    fn quoted(&self) -> &[u8] {
        self.text.get(..self.name as usize).unwrap_or_default()
    }

    #[inline(always)]
    fn begins(&self, text: &[u8]) -> bool {
        let Some(head) = text.first_chunk() else { return text.starts_with(&self.text) };
        (u128::from_le_bytes(*head) ^ self.head) & self.mask == 0
            && (self.text.len() <= 16 || text.starts_with(&self.text))
    }
}

impl Outline {
    /// Begins with another object.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.values.fill(0);
        self.next = (!self.openings.is_empty()).then_some(0);
    }

    /// Whether the members so far are as usual.
    pub(super) fn expects(&self) -> bool {
        self.next.is_some()
    }

    /// Reads members from `at` on that are expected, as long as their values are plain strings and numbers, and puts
    /// them on the tape. What else there is, and what is wrong, is for the scanner to find.
    pub(super) fn members(&mut self, text: &[u8], mut at: usize, tape: &mut Vec<Token>, base: usize) -> End {
        loop {
            let value = offset(tape.len() - base) + 1;
            let Some((name, opening)) = self.expected(text.get(at..).unwrap_or_default(), value) else {
                return End::Name(at);
            };
            let start = at + opening;
            match plain::member(text, (at, at + name), start, tape, base) {
                Some(end) => match plain::next_member(text, end) {
                    Some(next) => at = next,
                    None => return End::Behind(end),
                },
                None => return End::Value(start),
            }
        }
    }

    /// How long the name is that is expected and that `text` begins with, and all before its value, which will be
    /// at that place of the tape.
    #[inline(always)]
    fn expected(&mut self, text: &[u8], value: u32) -> Option<(usize, usize)> {
        let first = self.next?;
        let at = match self.openings.get(first) {
            Some(opening) if opening.begins(text) => first,
            _ => self.ahead(first, text)?,
        };
        let opening = self.openings.get(at)?;
        *self.values.get_mut(at)? = value;
        self.next = Some(at + 1);
        Some((opening.name as usize, opening.text.len()))
    }

    /// Which of the members behind that one the text begins with, if some are left out. If it is none of them, nothing
    /// is expected any more.
    fn ahead(&mut self, first: usize, text: &[u8]) -> Option<usize> {
        let mut ahead = self.openings.iter().enumerate().skip(first + 1).take(LEFT_OUT);
        let at = ahead.find(|(_, opening)| opening.begins(text)).map(|(at, _)| at);
        if at.is_none() {
            self.next = None;
        }
        at
    }

    /// Learns the members of what was read, if it is an object that is not as usual, from its text and its tape.
    pub(super) fn ended(&mut self, text: &[u8], tape: &[Token]) {
        if tape.first().is_none_or(|root| root.kind != Kind::Object) {
            self.next = None;
            return;
        }
        if self.next.is_some() {
            return;
        }
        let learns = self.unusual < FIRST || self.unusual.is_multiple_of(UNUSUAL);
        self.unusual = self.unusual.checked_add(1).unwrap_or(FIRST);
        if let Some(openings) = learns.then(|| openings(text, tape)).flatten() {
            self.values = vec![0; openings.len()];
            self.openings = openings;
            self.number += 1;
        }
    }

    /// The members of the object that was read last, if all of them were expected: none of them is there twice.
    pub(crate) fn usual(&self) -> Option<Usual<'_>> {
        let values = self.values.as_slice();
        self.next.map(|_| Usual { outline: self, values })
    }
}

/// The members of an object that has no others than those of its outline, and each of them at most once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usual<'o> {
    outline: &'o Outline,
    /// For each member of the outline, where its value is on the tape; 0 where it is left out.
    pub(crate) values: &'o [u32],
}

impl<'o> Usual<'o> {
    /// Which outline it is, of all that were learned: with another number it has other names.
    pub(crate) fn number(self) -> u64 {
        self.outline.number
    }

    /// The names of the outline.
    pub(crate) fn names(self) -> impl Iterator<Item = &'o str> {
        self.outline.openings.iter().map(|opening| {
            let name = match opening.quoted() {
                [_, name @ .., _] => std::str::from_utf8(name).ok(),
                _ => None,
            };
            name.unwrap_or_default()
        })
    }
}

/// What stands before the values of an object's members; `None` where it has none or too many, one name twice, or one
/// that has escapes.
fn openings(text: &[u8], tape: &[Token]) -> Option<Vec<Opening>> {
    let root = tape.first().filter(|root| root.kind == Kind::Object)?;
    let mut openings: Vec<Opening> = Vec::new();
    let mut at = 1;
    while at < root.next as usize {
        let (name, value) = (tape.get(at)?, tape.get(at + 1)?);
        let opening =
            Opening::new(text.get(name.start as usize..value.start as usize)?, name.end - name.start);
        let known = || openings.iter().any(|known| known.quoted() == opening.quoted());
        if name.escaped || openings.len() == MOST || known() {
            return None;
        }
        openings.push(opening);
        at = value.next as usize;
    }
    (!openings.is_empty()).then_some(openings)
}

#[cfg(test)]
mod tests {
    use crate::json::{Document, Kind, Tapes};

    /// Reads the texts one behind the other, each as it would be read alone; gives which of them were as usual.
    fn read(texts: &[&str]) -> Vec<bool> {
        let mut tapes = Tapes::default();
        let mut usual = Vec::new();
        for text in texts {
            let alone = Document::parse(text.as_bytes());
            let read = tapes.read(text.as_bytes().into());
            assert_eq!(read.as_ref().err(), alone.as_ref().err(), "{text}");
            let (Ok((read, tape)), Ok(alone)) = (read, alone) else { continue };
            let root = tapes.root(&read, tape);
            assert_eq!(format!("{root:?}"), format!("{:?}", alone.root()), "{text}");
            usual.push(tapes.usual().is_some());
            if let Some(usual) = tapes.usual() {
                let mut members = root.members();
                for (name, value) in usual.names().zip(usual.values).filter(|(_, value)| **value != 0) {
                    let (known, node) = members.next().expect("a member");
                    assert!(known.is(name) && node.index() == *value, "{text}");
                }
                assert!(members.next().is_none() && root.kind() == Kind::Object, "{text}");
            }
        }
        usual
    }

    #[test]
    fn objects_are_read_as_they_are_alone() {
        let long = r#"{"a name of more than sixteen bytes":1,"b":2}"#;
        for (texts, usual) in [
            (&[r#"{"a":1,"b":[{"a":2}]}"#, r#"{"a":"x","b":{"b":3,"c":4}}"#][..], &[false, true][..]),
            (&[r#"{"a":1,"b":2,"c":3}"#, r#"{"b":2}"#, "{}", r#"{"a":1,"c":3}"#], &[false, true, true, true]),
            // One that lacks a member is learned at first, and then one that has it.
            (
                &[r#"{"b":2}"#, r#"{"a":1,"b":2}"#, r#"{"a":1,"b":2}"#, r#"{"b":2}"#],
                &[false, false, true, true],
            ),
            // Another order, a name twice, an escape, a blank, and names that begin alike.
            (&[r#"{"a":1,"b":2}"#, r#"{"b":1,"a":2}"#], &[false, false]),
            (&[r#"{"a":1,"b":2}"#, r#"{"a":1,"a":2}"#, r#"{"a":1,"b":2,"b":2}"#], &[false, false, false]),
            (&[r#"{"a":1,"\u0062":2}"#, r#"{"a":1,"\u0062":2}"#], &[false, false]),
            (&[r#"{"a" :1}"#, r#"{"a" :1}"#, r#"{"a":1}"#, r#"{ "a": 1 }"#], &[false, true, false, true]),
            (&[r#"{"a": 1, "b": "x"}"#, r#"{"a": 1, "b": 2}"#, r#"{"a": 1,  "b": 2}"#], &[false, true, true]),
            // Values that are not plain, and what is wrong.
            (
                &[
                    r#"{"a":1,"b":2}"#,
                    r#"{"a":-1.5e3,"b":"\n"}"#,
                    r#"{"a":null,"b":1E5}"#,
                    r#"{"a":0,"b":0.50}"#,
                    r#"{"a":"","b":[]}"#,
                    r#"{"a":01,"b":1}"#,
                    r#"{"a":1.,"b":1}"#,
                    r#"{"a":1x,"b":1}"#,
                    r#"{"a":"x"y,"b":1}"#,
                    r#"{"a":1,}"#,
                    r#"{"a":1, }"#,
                    r#"{"a":1,"b":"#,
                    r#"{"a":1,"b":"x"#,
                    r#"{"a":1]"#,
                    r#"{"a":1} {}"#,
                    r#"{"a":1} "#,
                ],
                &[false, true, true, true, true, true],
            ),
            (&[r#"{"ab":1}"#, r#"{"a":1}"#, r#"{"abc":1}"#, r#"{"ab":1}"#], &[false, false, false, false]),
            (&[long, long, r#"{"a name of more than sixteen bites":1,"b":2}"#], &[false, true, false]),
            // Nothing is taken for a name that stands elsewhere.
            (&[r#"{"a":1}"#, r#"["a",{"a":1}]"#, r#""a""#, r#"{"b":"a"}"#], &[false, false, false, false]),
            (&[r#"{"a":1}"#, r#"{"a":1"#, r#"{"a":"#, r#"{"a":1}"#], &[false, true]),
        ] {
            assert_eq!(read(texts), usual, "{texts:?}");
        }
    }

    #[test]
    fn what_changes_for_good_is_learned_again() {
        let (one, two) = (r#"{"a":1,"b":2}"#, r#"{"b":1,"a":2}"#);
        let texts: Vec<_> = std::iter::repeat_n([one, two], 50).flatten().chain([two; 50]).collect();
        assert_eq!(read(&texts).last(), Some(&true));
    }
}
