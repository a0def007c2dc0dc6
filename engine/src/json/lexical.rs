//! Strings with escapes, and numbers of every form, judged byte by byte.
//!
//! Each step takes the place that it begins at and gives the place behind it.

use super::plain::plain_length;
use super::scan::{Problem, ScanError};

/// The byte there. At the end it is 0, which no place of the grammar takes.
#[inline]
pub(super) fn peek(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// The rest of a string from its first escape on; anything else that is no end is an error.
#[cold]
pub(super) fn escaped_string(text: &[u8], mut at: usize) -> Result<usize, ScanError> {
    loop {
        match peek(text, at) {
            b'"' => return Ok(at + 1),
            b'\\' => {
                at = escape(text, at + 1)?;
                at += plain_length(text.get(at..).unwrap_or_default());
            }
            _ => return Err(wrong(text, at, Problem::Control)),
        }
    }
}

/// What stands behind a backslash.
fn escape(text: &[u8], at: usize) -> Result<usize, ScanError> {
    match peek(text, at) {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(at + 1),
        b'u' => match hex4(text, at + 1)? {
            0xd800..=0xdbff => low_surrogate(text, at + 5),
            0xdc00..=0xdfff => Err(ScanError { at: at + 5, problem: Problem::Escape }),
            _ => Ok(at + 5),
        },
        _ => Err(wrong(text, at, Problem::Escape)),
    }
}

/// The second half that a high surrogate must have.
fn low_surrogate(text: &[u8], at: usize) -> Result<usize, ScanError> {
    if text.get(at..at + 2) != Some(b"\\u") {
        return Err(ScanError { at, problem: Problem::Escape });
    }
    match hex4(text, at + 2)? {
        0xdc00..=0xdfff => Ok(at + 6),
        _ => Err(ScanError { at: at + 6, problem: Problem::Escape }),
    }
}

fn hex4(text: &[u8], start: usize) -> Result<u32, ScanError> {
    (start..start + 4).try_fold(0, |value, at| match char::from(peek(text, at)).to_digit(16) {
        Some(digit) => Ok(value * 16 + digit),
        None => Err(wrong(text, at, Problem::Escape)),
    })
}

/// A number, with all that may belong to one.
pub(super) fn number(text: &[u8], start: usize) -> Result<usize, ScanError> {
    let mut at = start + usize::from(peek(text, start) == b'-');
    at = match peek(text, at) {
        b'0' => at + 1,
        b'1'..=b'9' => digits(text, at + 1),
        _ => return Err(wrong(text, at, Problem::Number)),
    };
    if peek(text, at) == b'.' {
        at = some_digits(text, at + 1)?;
    }
    if let b'e' | b'E' = peek(text, at) {
        let sign = usize::from(matches!(peek(text, at + 1), b'+' | b'-'));
        at = some_digits(text, at + 1 + sign)?;
    }
    // `01`: a digit behind a leading zero.
    if peek(text, at).is_ascii_digit() {
        return Err(ScanError { at, problem: Problem::Number });
    }
    Ok(at)
}

fn digits(text: &[u8], mut at: usize) -> usize {
    while peek(text, at).is_ascii_digit() {
        at += 1;
    }
    at
}

/// One digit or more.
fn some_digits(text: &[u8], at: usize) -> Result<usize, ScanError> {
    let end = digits(text, at);
    if end == at { Err(wrong(text, at, Problem::Number)) } else { Ok(end) }
}

/// What is wrong at a byte: where the text ends there, that.
#[cold]
pub(super) fn wrong(text: &[u8], at: usize, problem: Problem) -> ScanError {
    ScanError { at, problem: if at == text.len() { Problem::End } else { problem } }
}
