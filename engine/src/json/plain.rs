//! Members and elements as most are: plain names, and strings, numbers and words side by side. They are read in one
//! short loop, whose state is in registers. What is not plain, or wrong, is left to the scanner.

use super::document::Kind;
use super::scan::{Token, offset, plain_length};

/// Where it ends what is read here.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// Before a value that is not plain, or not there.
    Value(usize),
    /// Behind a value.
    Behind(usize),
    /// Where another name may begin.
    Name(usize),
}

/// Reads the members of an object from there on and puts them on the tape, which begins at `base` with the document.
pub(super) fn members(text: &[u8], mut at: usize, tape: &mut Vec<Token>, base: usize) -> End {
    loop {
        let Some(name) = name(text, at) else { return End::Name(at) };
        let start = name + 1;
        match member(text, (at, name), start, tape, base) {
            Some(end) => match next_member(text, end) {
                Some(next) => at = next,
                None => return End::Behind(end),
            },
            None => return End::Value(start),
        }
    }
}

/// Reads the elements of an array from there on.
pub(super) fn elements(text: &[u8], mut at: usize, tape: &mut Vec<Token>, base: usize) -> End {
    loop {
        let Some((kind, end)) = value(text, at) else { return End::Value(at) };
        let next = offset(tape.len() - base) + 1;
        tape.push(Token { start: offset(at), end: offset(end), next, kind, escaped: false });
        if text.get(end) != Some(&b',') {
            return End::Behind(end);
        }
        at = end + 1;
        if text.get(at) == Some(&b' ') {
            at += 1;
        }
    }
}

/// Puts a name and the value that begins at `start` on the tape, and gives where the value ends; only the name, where the
/// value is not plain.
#[inline(always)]
pub(super) fn member(
    text: &[u8],
    (at, name): (usize, usize),
    start: usize,
    tape: &mut Vec<Token>,
    base: usize,
) -> Option<usize> {
    let next = offset(tape.len() - base) + 1;
    let name = Token { start: offset(at), end: offset(name), next, kind: Kind::String, escaped: false };
    let Some((kind, end)) = value(text, start) else {
        tape.push(name);
        return None;
    };
    let value = Token { start: offset(start), end: offset(end), next: next + 1, kind, escaped: false };
    tape.extend_from_slice(&[name, value]);
    Some(end)
}

/// Where the next member's name begins, behind a value that ends there.
#[inline(always)]
pub(super) fn next_member(text: &[u8], end: usize) -> Option<usize> {
    match *text.get(end..)? {
        [b',', b'"', ..] => Some(end + 1),
        [b',', b' ', b'"', ..] => Some(end + 2),
        _ => None,
    }
}

/// Where a name without escapes ends, with a colon right behind it.
#[inline(always)]
fn name(text: &[u8], at: usize) -> Option<usize> {
    let [b'"', rest @ ..] = text.get(at..)? else { return None };
    let length = plain_length(rest);
    matches!(rest.get(length..), Some([b'"', b':', ..])).then_some(at + length + 2)
}

/// What a plain value that begins there is, and where it ends: a string without escapes, digits with a point or
/// without, or a word. `None` for all others.
#[inline(always)]
fn value(text: &[u8], start: usize) -> Option<(Kind, usize)> {
    let [first, rest @ ..] = text.get(start..)? else { return None };
    match *first {
        b'"' => {
            let length = plain_length(rest);
            (rest.get(length) == Some(&b'"')).then_some((Kind::String, start + length + 2))
        }
        first @ b'0'..=b'9' => number(first, rest).map(|length| (Kind::Number, start + length + 1)),
        b't' => rest.starts_with(b"rue").then_some((Kind::Bool, start + 4)),
        b'f' => rest.starts_with(b"alse").then_some((Kind::Bool, start + 5)),
        b'n' => rest.starts_with(b"ull").then_some((Kind::Null, start + 4)),
        _ => None,
    }
}

/// How many bytes of `rest` belong to the number of which `first` is the first digit.
#[inline(always)]
fn number(first: u8, rest: &[u8]) -> Option<usize> {
    let mut length = digits(rest);
    if first == b'0' && length > 0 {
        return None;
    }
    if let Some([b'.', fraction @ ..]) = rest.get(length..) {
        let places = digits(fraction);
        length += places + 1;
        if places == 0 {
            return None;
        }
    }
    (!matches!(rest.get(length), Some(b'e' | b'E'))).then_some(length)
}

#[inline(always)]
fn digits(text: &[u8]) -> usize {
    text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len())
}
