//! What objects of one stream mostly look like: their members' names, in the order in which they come.
//!
//! Where a member begins, the scanner first looks whether the name that mostly stands there stands there again, byte
//! for byte. Then it needs no look at its characters, and everybody behind it knows which name it is without
//! looking it up.

use super::document::Kind;
use super::plain::{self, End};
use super::skip;
use super::tape::{Open, Token, offset};

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
    /// The members into which nobody looks: one bit each.
    unread: u64,
}

/// Which members of an outline nobody looks into: their tokens are not written, as if their arrays and objects were
/// empty. By default there are none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unread {
    /// The outline's number. With another outline it means nothing.
    pub(crate) outline: u64,
    /// One bit for each member of the outline.
    pub(crate) members: u64,
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
        let Some(head) = text.first_chunk() else { return self.is_begin_of(text) };
        (u128::from_le_bytes(*head) ^ self.head) & self.mask == 0
            && (self.text.len() <= 16 || self.is_begin_of(text))
    }

    #[inline(never)]
    fn is_begin_of(&self, text: &[u8]) -> bool {
        text.starts_with(&self.text)
    }
}

impl Outline {
    /// Begins with another object.
    #[inline]
    pub(super) fn begin(&mut self, unread: Unread) {
        self.unread = if unread.outline == self.number { unread.members } else { 0 };
        self.values.fill(0);
        self.next = (!self.openings.is_empty()).then_some(0);
    }

    /// Whether the members so far are as usual.
    pub(super) fn expects(&self) -> bool {
        self.next.is_some()
    }

    /// Reads members from `at` on that are expected, with all that is inside of them, as long as that is plain, and puts
    /// them on the tape. What else there is, and what is wrong, is for the scanner to find.
    pub(super) fn members(&mut self, text: &[u8], at: usize, slots: &mut [Token], opened: &mut Open) -> End {
        let Some(mut next) = self.next else { return End::Name(at) };
        let mut open = *opened;
        let mut rest = text.get(at..).unwrap_or_default();
        let place = |rest: &[u8]| text.len() - rest.len();
        let end = loop {
            let mut expected = self.openings.get(next);
            if !expected.is_some_and(|opening| opening.begins(rest)) {
                let Some(ahead) = self.ahead(next, rest) else { break End::Name(place(rest)) };
                next = ahead;
                expected = self.openings.get(next);
            }
            let (Some(opening), Some(value)) = (expected, self.values.get_mut(next)) else {
                break End::Name(place(rest));
            };
            let at = place(rest);
            let start = at + opening.text.len();
            let Some(behind) = rest.get(opening.text.len()..) else { break End::Name(at) };
            if open.push(slots, Kind::String, at, at + opening.name as usize).is_none() {
                break End::Full(at);
            }
            *value = offset(open.used);
            rest = behind;
            let unread = || match self.unread >> next & 1 {
                1 => skip::container(text, rest, open.max_depth - open.depth),
                _ => None,
            };
            let passed = plain::value(text, rest).or_else(unread);
            next += 1;
            if let Some((kind, behind)) = passed {
                if open.push(slots, kind, start, place(behind)).is_none() {
                    break End::Value(start);
                }
                rest = behind;
            } else {
                // Another one, so that this function's own may be in registers.
                let mut inside = open;
                let end = plain::container(text, rest, slots, &mut inside);
                open = inside;
                match end {
                    End::Behind(end) if open.depth == 1 => rest = text.get(end..).unwrap_or_default(),
                    other => break other,
                }
            }
            rest = match rest {
                [b',', b'"', ..] => rest.get(1..).unwrap_or_default(),
                [b',', b' ', b'"', ..] => rest.get(2..).unwrap_or_default(),
                [b'}', ..] => {
                    let end = place(rest) + 1;
                    open.end(slots, end);
                    break End::Behind(end);
                }
                _ => break End::Behind(place(rest)),
            };
        };
        self.next = self.next.and(Some(next));
        *opened = open;
        end
    }

    /// Which of the members behind that one the text begins with, if some are left out. If it is none of them, nothing
    /// is expected any more.
    #[cold]
    #[inline(never)]
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
    use super::Unread;
    use crate::json::{Document, Kind, Tapes};

    /// Reads the texts one behind the other, each as it would be read alone; gives which of them were as usual.
    fn read(texts: &[&str]) -> Vec<bool> {
        let mut tapes = Tapes::default();
        let mut usual = Vec::new();
        for text in texts {
            let alone = Document::parse(text.as_bytes());
            let read = tapes.read(text.as_bytes().into(), Unread::default());
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
    fn what_is_unread_has_one_token() {
        let mut tapes = Tapes::default();
        let text = r#"{"a":[1,[2]],"b":{"c":"\n"},"d":3}"#;
        tapes.read(text.as_bytes().into(), Unread::default()).expect("JSON");
        tapes.read(text.as_bytes().into(), Unread::default()).expect("JSON");
        let outline = tapes.usual().expect("as usual").number();
        let mut inside = |text: &str, unread| {
            let (text, tape) = tapes.read(text.as_bytes().into(), unread)?;
            let root = tapes.root(&text, tape);
            let raw: Vec<_> = root.members().map(|(_, value)| value.raw().to_owned()).collect();
            assert!(raw.iter().all(|raw| Document::parse(raw.as_bytes()).is_ok()), "{raw:?}");
            let count =
                |name| root.get(name).map_or(0, |value| value.elements().count() + value.members().count());
            Ok((count("a"), count("b")))
        };
        let of = |outline, members| Unread { outline, members };
        assert_eq!(inside(text, of(outline, 0)), Ok((2, 1)));
        assert_eq!(inside(text, of(outline, 0b1)), Ok((0, 1)));
        assert_eq!(inside(text, of(outline, 0b110)), Ok((2, 0)));
        assert_eq!(inside(text, of(outline + 1, 0b11)), Ok((2, 1)));
        let deep = |depth: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        for wrong in [r#"{"a":[1,],"b":2}"#, r#"{"a":[01]}"#, r#"{"a":{"b":"\x"}}"#, r#"{"a":[1"#, &deep(128)]
        {
            let alone = Document::parse(wrong.as_bytes()).expect_err("no JSON");
            assert_eq!(inside(wrong, of(outline, 0b11)), Err(alone), "{wrong}");
        }
        assert_eq!(tapes.read(deep(127).into_bytes().into(), of(outline, 0b11)).err(), None);
    }

    #[test]
    fn names_of_any_length_are_expected() {
        for length in 1..40 {
            let name = "n".repeat(length);
            let other = format!("{}m", "n".repeat(length - 1));
            let text = |name: &str, value: &str| format!(r#"{{"{name}":{value},"z":0}}"#);
            let texts = [
                text(&name, "1"),
                text(&name, "{\"a\":[1,{}],\"b\":\"\"}"),
                text(&other, "1"),
                text(&name, "[[],{\"a\":null}]"),
                text(&name, "{\"a\": [1, -2], \"b\": \"\\n\"}"),
                text(&name, "[1e5,{ }]"),
                text(&name, "[1,]"),
                text(&name, "{\"a\":1]"),
                format!("{{\"{name}\":1}}"),
                format!("{{\"{name}\":1"),
                format!("{{\"{name}\":"),
                format!("{{\"{name}\""),
            ];
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            // The third is learned, as one of the first that are not as usual.
            assert_eq!(read(&texts), [false, true, false, false, true, true, true], "{length}");
        }
    }

    #[test]
    fn room_is_made_for_what_has_many_tokens() {
        let many = |members: usize| {
            let members: Vec<_> = (0..members).map(|at| format!("\"{at}\":[{}1]", "1,".repeat(at))).collect();
            format!("{{{}}}", members.join(","))
        };
        let (many, more) = (many(40), many(60));
        let broken = more.replace("\"59\"", "59");
        assert_eq!(read(&[&many, &many, &more, &broken, &more]), [false, true, false, true]);
    }

    #[test]
    fn what_changes_for_good_is_learned_again() {
        let (one, two) = (r#"{"a":1,"b":2}"#, r#"{"b":1,"a":2}"#);
        let texts: Vec<_> = std::iter::repeat_n([one, two], 50).flatten().chain([two; 50]).collect();
        assert_eq!(read(&texts).last(), Some(&true));
    }
}
