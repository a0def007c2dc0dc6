//! Passes over what nobody looks into: as strict as the scanner, without a token for anything inside.
//!
//! Each step takes the text that is left and gives what is left behind it; `None` is for the scanner to judge.

use super::document::Kind;
use super::lexical;
use super::plain::{self, plain_length};
use super::tape::closing;

/// The brackets that are open around a place.
struct Levels {
    /// One bit each, the innermost one's last: set for an object.
    objects: u64,
    count: u32,
    /// The bracket that closes the innermost one.
    closing: u8,
}

impl Levels {
    #[inline(always)]
    fn open(&mut self, bracket: u8) {
        self.closing = closing(bracket);
        self.objects = self.objects << 1 | u64::from(bracket == b'{');
        self.count += 1;
    }

    #[inline(always)]
    fn close(&mut self) {
        self.objects >>= 1;
        self.count -= 1;
        self.closing = if self.objects & 1 == 1 { b'}' } else { b']' };
    }
}

/// The kind of the object or array that the `rest` of the text begins with, and what is behind it. `None` where it is
/// neither, where something in it is wrong, or where brackets are nested more than `room` deep.
#[inline(never)]
pub(super) fn container<'t>(text: &[u8], mut rest: &'t [u8], room: usize) -> Option<(Kind, &'t [u8])> {
    let kind = match rest.first()? {
        b'{' => Kind::Object,
        b'[' => Kind::Array,
        _ => return None,
    };
    let room = u32::try_from(room).unwrap_or(u32::MAX).min(u64::BITS);
    let mut levels = Levels { objects: 0, count: 0, closing: 0 };
    loop {
        if levels.closing == b'}' {
            rest = name(text, rest)?;
        }
        rest = match plain::value(text, rest) {
            Some((_, behind)) => behind,
            None => match rest {
                [bracket @ (b'{' | b'['), inside @ ..] if levels.count < room => {
                    levels.open(*bracket);
                    rest = behind_space(inside);
                    if rest.first() != Some(&levels.closing) {
                        continue;
                    }
                    rest
                }
                _ => odd_value(text, rest)?,
            },
        };
        loop {
            match rest {
                [b',', behind @ ..] => {
                    rest = behind_space(behind);
                    break;
                }
                [bracket, behind @ ..] if *bracket == levels.closing => {
                    rest = behind;
                    levels.close();
                    if levels.count == 0 {
                        return Some((kind, rest));
                    }
                }
                [b' ' | b'\t' | b'\n' | b'\r', behind @ ..] => rest = behind,
                _ => return None,
            }
        }
    }
}

/// What stands behind a member's name, its colon, and the space around that.
#[inline(always)]
fn name<'t>(text: &[u8], rest: &'t [u8]) -> Option<&'t [u8]> {
    let (_, behind) = plain::name(text, rest).or_else(|| odd_name(text, rest))?;
    Some(behind_space(behind))
}

/// A name that has escapes, or space behind it.
#[cold]
#[inline(never)]
fn odd_name<'t>(text: &[u8], rest: &'t [u8]) -> Option<(usize, &'t [u8])> {
    let behind = string(text, rest)?;
    Some((rest.len() - behind.len(), behind_space(behind).strip_prefix(b":")?))
}

/// A value that is not plain, and no container.
#[cold]
#[inline(never)]
fn odd_value<'t>(text: &[u8], rest: &'t [u8]) -> Option<&'t [u8]> {
    match rest.first()? {
        b'"' => string(text, rest),
        b'-' | b'0'..=b'9' => {
            let start = text.len() - rest.len();
            rest.get(lexical::number(text, start).ok()? - start..)
        }
        _ => None,
    }
}

/// A string with escapes.
fn string<'t>(text: &[u8], rest: &'t [u8]) -> Option<&'t [u8]> {
    let start = text.len() - rest.len();
    let inside = rest.strip_prefix(b"\"")?;
    let end = lexical::escaped_string(text, start + 1 + plain_length(inside)).ok()?;
    rest.get(end - start..)
}

#[inline(always)]
fn behind_space(mut rest: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\n' | b'\r', behind @ ..] = rest {
        rest = behind;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    /// Whether all of the text is passed over, as if it stood in another one.
    fn passes(text: &str) -> bool {
        let whole = format!("{{\"a\":{text}");
        let rest = whole.as_bytes().get(5..).unwrap_or_default();
        container(whole.as_bytes(), rest, 128).is_some_and(|(_, behind)| behind.is_empty())
    }

    #[test]
    fn as_strict_as_the_scanner() {
        let texts = [
            r#"{"sku":"SKU-12345","title":"A thing of kind 12345","left":-0.5e+10,"on":true,"at":null}"#,
            r#"[{"a":[],"b":{}},[[1,2],{"c":[false]}],"x",0,10,1.50,1E9,12345678901234567890]"#,
            "{ \"a\" : [ 1 , { } ,\t[ ] ] ,\r\n\"b\\\"\\u00e9\" : \"\\ud83d\\ude00\\n\" }",
            r#"{"":{"":{"":[{"":"\\"}]}}}"#,
            "[]",
            "{}",
        ];
        let mut right = 0;
        for text in texts {
            assert!(passes(text), "{text}");
            for at in 0..text.len() {
                let (before, behind) = text.split_at(at);
                let mut chars = behind.chars();
                chars.next();
                for other in "\"\\{}[],:0129-+.eEtn u\n\u{1}".chars().map(String::from).chain([String::new()])
                {
                    for mutated in
                        [format!("{before}{other}{}", chars.as_str()), format!("{before}{other}{behind}")]
                    {
                        // Space around the value is its object's affair.
                        if mutated.starts_with(['{', '[']) && mutated.ends_with(['}', ']']) {
                            let is_right = Document::parse(mutated.as_bytes()).is_ok();
                            right += usize::from(is_right);
                            assert_eq!(passes(&mutated), is_right, "{mutated}");
                        }
                    }
                }
                let cut = before.to_owned();
                assert!(at == 0 || !passes(&cut), "{cut}");
            }
        }
        assert!(right > 500, "{right}");
    }

    #[test]
    fn no_deeper_than_there_is_room() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let passes =
            |depth, room| container(nested(depth).as_bytes(), nested(depth).as_bytes(), room).is_some();
        assert!(passes(5, 5) && !passes(6, 5) && !passes(1, 0));
        assert!(passes(64, 128) && !passes(65, 128));
        let objects = format!("{}1{}", "{\"a\":[".repeat(32), "]}".repeat(32));
        assert!(container(objects.as_bytes(), objects.as_bytes(), 64).is_some());
    }
}
