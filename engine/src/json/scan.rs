//! Text to tape: one strict pass over the whole JSON grammar.
//!
//! Text inside strings is skipped 16 bytes at a time, with the vectors that every x86-64 and every 64-bit ARM
//! has: there is one path, and nothing to choose at run time.
//!
//! What passes here is what `serde_json` accepts as a `Value`, apart from the range of numbers (they
//! stay text, so none is too large). The differential test in `tests/json.rs` holds this.

use std::cell::Cell;
use std::fmt;

use wide::u8x16;

use super::document::Kind;
use super::outline::Outline;
use super::plain::{self, End};

/// The deepest nesting of arrays and objects that a document may have.
pub const MAX_DEPTH: usize = 128;

/// One token: where it stands in the text, and where its subtree ends on the tape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// Byte offset of the first byte (a string's opening quote included).
    pub(super) start: u32,
    /// Byte offset behind the last byte.
    pub(super) end: u32,
    /// Index of the token behind this one's subtree.
    pub(super) next: u32,
    pub(super) kind: Kind,
    /// Whether a string has a backslash in it, so that its text is not its raw bytes.
    pub(super) escaped: bool,
}

/// Why a text is no JSON document, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanError {
    /// Byte offset of the offending byte; the text's length where it ends too early.
    pub at: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with a text that should be JSON. Each is documented by a text that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The bytes are not UTF-8.
    Utf8,
    /// `{"a":`
    End,
    /// `nul`, `{"a" 1}`, `[1 2]`, `{} x`
    Token,
    /// `"a` and a line break inside quotes
    Control,
    /// `"\x"`, `"\u00g0"`, a lone surrogate such as `"\ud800"`
    Escape,
    /// `01`, `1.`, `-`
    Number,
    /// More brackets deep than allowed: [`MAX_DEPTH`] for an event.
    Depth,
    /// A text of four GiB or more.
    Size,
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.problem {
            Problem::Utf8 => "bytes that are not UTF-8",
            Problem::End => "the text ends too early",
            Problem::Token => "an unexpected character",
            Problem::Control => "a control character inside a string",
            Problem::Escape => "a wrong escape inside a string",
            Problem::Number => "a malformed number",
            Problem::Depth => "brackets nested too deep",
            Problem::Size => "the text is too long",
        };
        write!(f, "{what} at byte {}", self.at)
    }
}

impl std::error::Error for ScanError {}

/// Walks `text` and appends its tokens to the tape, counted from there on. Brackets may be nested
/// `max_depth` deep. After an error the tape is as it was. With an `outline`, an object's members are
/// looked for in it, and learned.
pub(super) fn scan(
    text: &str,
    max_depth: usize,
    tape: &mut Vec<Token>,
    outline: &mut Outline,
) -> Result<Scanned, ScanError> {
    if u32::try_from(text.len()).is_err() {
        return Err(ScanError { at: text.len(), problem: Problem::Size });
    }
    let base = tape.len();
    // About one token every nine bytes in events as they come.
    tape.reserve(text.len() / 8 + 4);
    outline.begin();
    let error = Cell::new(ScanError { at: 0, problem: Problem::Token });
    let mut scanner = Scanner { bytes: text.as_bytes(), tape: std::mem::take(tape), base, outline, error };
    let scanned = scanner.document(max_depth).map_err(|Wrong| scanner.error.get());
    *tape = scanner.tape;
    if scanned.is_err() {
        tape.truncate(base);
    }
    scanned
}

/// What a text turned out to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanned {
    /// Whether no array or object is inside the outermost value.
    pub(super) flat: bool,
}

/// Stands for the container around the outermost value.
const OUTSIDE: u32 = u32::MAX;

/// Each step takes the place that it begins at and gives the place behind it, so that it is in a register.
struct Scanner<'a> {
    bytes: &'a [u8],
    tape: Vec<Token>,
    /// Where the document begins on the tape.
    base: usize,
    outline: &'a mut Outline,
    error: Cell<ScanError>,
}

/// Something is wrong: [`Scanner::error`] says what. Without it a step's result is in registers.
struct Wrong;

impl Scanner<'_> {
    fn document(&mut self, max_depth: usize) -> Result<Scanned, Wrong> {
        let (mut at, mut depth, mut container, mut in_object) = (0, 0, OUTSIDE, false);
        let mut flat = true;
        'value: loop {
            at = self.skip_space(at);
            match self.peek(at) {
                b'"' => at = self.string(at)?,
                b'-' | b'0'..=b'9' => at = self.number(at)?,
                bracket @ (b'{' | b'[') => {
                    if depth == max_depth {
                        return self.fail(at, Problem::Depth);
                    }
                    flat &= depth == 0;
                    depth += 1;
                    in_object = bracket == b'{';
                    container = self.open(if in_object { Kind::Object } else { Kind::Array }, at, container);
                    at = self.skip_space(at + 1);
                    match self.peek(at) {
                        // Behind the first bracket, as behind a value, may stand the second.
                        b'}' if in_object => {}
                        b']' if !in_object => {}
                        _ => {
                            let comes_value;
                            (comes_value, at) = self.plain(at, depth, in_object)?;
                            if comes_value {
                                continue 'value;
                            }
                        }
                    }
                }
                b't' => at = self.word(at, b"true", Kind::Bool)?,
                b'f' => at = self.word(at, b"false", Kind::Bool)?,
                b'n' => at = self.word(at, b"null", Kind::Null)?,
                _ => return self.unexpected(at),
            }
            while container != OUTSIDE {
                at = self.skip_space(at);
                match (self.peek(at), in_object) {
                    (b',', _) => {
                        let comes_value;
                        (comes_value, at) = self.plain(self.skip_space(at + 1), depth, in_object)?;
                        if comes_value {
                            continue 'value;
                        }
                    }
                    (b'}', true) | (b']', false) => {
                        at += 1;
                        depth -= 1;
                        (container, in_object) = self.close(container, at);
                    }
                    _ => return self.unexpected(at),
                }
            }
            at = self.skip_space(at);
            return if at == self.bytes.len() { Ok(Scanned { flat }) } else { self.fail(at, Problem::Token) };
        }
    }

    /// Opens a container inside another one. Until it is closed, its `next` is that other one.
    fn open(&mut self, kind: Kind, at: usize, inside: u32) -> u32 {
        let index = self.next_index();
        self.tape.push(Token { start: offset(at), end: 0, next: inside, kind, escaped: false });
        index
    }

    /// Closes the innermost container: its end and its subtree's end are known now. Gives the one around it.
    fn close(&mut self, container: u32, end: usize) -> (u32, bool) {
        let next = self.next_index();
        let Some(token) = self.tape.get_mut(self.base + container as usize) else { return (OUTSIDE, false) };
        token.end = offset(end);
        let around = std::mem::replace(&mut token.next, next);
        let kind = self.tape.get(self.base.wrapping_add(around as usize)).map(|token| token.kind);
        (around, around != OUTSIDE && kind == Some(Kind::Object))
    }

    /// Members or elements from there on, as far as they are plain; else one name with the colon behind it, or nothing.
    /// Gives whether a value comes next, and where.
    #[inline(always)]
    fn plain(&mut self, at: usize, depth: usize, in_object: bool) -> Result<(bool, usize), Wrong> {
        let end = if !in_object {
            plain::elements(self.bytes, at, &mut self.tape, self.base)
        } else if depth == 1 && self.outline.expects() {
            self.outline.members(self.bytes, at, &mut self.tape, self.base)
        } else {
            plain::members(self.bytes, at, &mut self.tape, self.base)
        };
        match end {
            End::Value(at) => Ok((true, at)),
            End::Behind(at) => Ok((false, at)),
            End::Name(at) => Ok((true, self.name(self.skip_space(at))?)),
        }
    }

    /// A member's name, and the colon behind it.
    #[inline(always)]
    fn name(&mut self, at: usize) -> Result<usize, Wrong> {
        if self.peek(at) != b'"' {
            return self.unexpected(at);
        }
        let mut at = self.string(at)?;
        if self.peek(at) != b':' {
            at = self.skip_space(at);
            if self.peek(at) != b':' {
                return self.unexpected(at);
            }
        }
        Ok(at + 1)
    }

    #[inline(always)]
    fn string(&mut self, start: usize) -> Result<usize, Wrong> {
        let at = self.skip_plain(start + 1);
        let (end, escaped) =
            if self.peek(at) == b'"' { (at + 1, false) } else { (self.escaped_string(at)?, true) };
        self.push(Kind::String, start, end, escaped);
        Ok(end)
    }

    /// The rest of a string from its first escape on; anything else that is no end is an error.
    #[cold]
    fn escaped_string(&self, mut at: usize) -> Result<usize, Wrong> {
        loop {
            match self.peek(at) {
                b'"' => return Ok(at + 1),
                b'\\' => at = self.skip_plain(self.escape(at + 1)?),
                _ if at == self.bytes.len() => return self.fail(at, Problem::End),
                _ => return self.fail(at, Problem::Control),
            }
        }
    }

    /// The next quote, backslash or control character, or the end.
    #[inline]
    fn skip_plain(&self, start: usize) -> usize {
        start + plain_length(self.bytes.get(start..).unwrap_or_default())
    }

    /// What stands behind a backslash.
    fn escape(&self, at: usize) -> Result<usize, Wrong> {
        match self.peek(at) {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(at + 1),
            b'u' => match self.hex4(at + 1)? {
                0xd800..=0xdbff => self.low_surrogate(at + 5),
                0xdc00..=0xdfff => self.fail(at + 5, Problem::Escape),
                _ => Ok(at + 5),
            },
            _ => self.wrong(at, Problem::Escape),
        }
    }

    /// The second half that a high surrogate must have.
    fn low_surrogate(&self, at: usize) -> Result<usize, Wrong> {
        if self.bytes.get(at..at + 2) != Some(b"\\u") {
            return self.fail(at, Problem::Escape);
        }
        match self.hex4(at + 2)? {
            0xdc00..=0xdfff => Ok(at + 6),
            _ => self.fail(at + 6, Problem::Escape),
        }
    }

    fn hex4(&self, start: usize) -> Result<u32, Wrong> {
        (start..start + 4).try_fold(0, |value, at| match char::from(self.peek(at)).to_digit(16) {
            Some(digit) => Ok(value * 16 + digit),
            None => self.wrong(at, Problem::Escape),
        })
    }

    fn number(&mut self, start: usize) -> Result<usize, Wrong> {
        let mut at = start + usize::from(self.peek(start) == b'-');
        at = match self.peek(at) {
            b'0' => at + 1,
            b'1'..=b'9' => self.digits(at + 1),
            _ => return self.wrong(at, Problem::Number),
        };
        if self.peek(at) == b'.' {
            at = self.some_digits(at + 1)?;
        }
        if let b'e' | b'E' = self.peek(at) {
            let sign = usize::from(matches!(self.peek(at + 1), b'+' | b'-'));
            at = self.some_digits(at + 1 + sign)?;
        }
        // `01`: a digit behind a leading zero.
        if self.peek(at).is_ascii_digit() {
            return self.fail(at, Problem::Number);
        }
        self.push(Kind::Number, start, at, false);
        Ok(at)
    }

    fn digits(&self, mut at: usize) -> usize {
        while self.peek(at).is_ascii_digit() {
            at += 1;
        }
        at
    }

    /// One digit or more.
    fn some_digits(&self, at: usize) -> Result<usize, Wrong> {
        let end = self.digits(at);
        if end == at { self.wrong(at, Problem::Number) } else { Ok(end) }
    }

    fn word(&mut self, start: usize, word: &[u8], kind: Kind) -> Result<usize, Wrong> {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let same = word.iter().zip(rest).take_while(|(expected, byte)| expected == byte).count();
        let end = start + same;
        if same < word.len() {
            return self.unexpected(end);
        }
        self.push(kind, start, end, false);
        Ok(end)
    }

    /// The next byte that is no white space.
    #[inline]
    fn skip_space(&self, mut at: usize) -> usize {
        // Most tokens stand side by side.
        while self.peek(at) <= b' ' && matches!(self.peek(at), b' ' | b'\t' | b'\n' | b'\r') {
            at += 1;
        }
        at
    }

    /// The byte there. At the end it is 0, which no place of the grammar takes.
    #[inline]
    fn peek(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn next_index(&self) -> u32 {
        offset(self.tape.len() - self.base)
    }

    #[inline]
    fn push(&mut self, kind: Kind, start: usize, end: usize, escaped: bool) {
        let next = self.next_index() + 1;
        self.tape.push(Token { start: offset(start), end: offset(end), next, kind, escaped });
    }

    /// A failure at a byte that does not belong there, or at the end.
    #[cold]
    fn unexpected<T>(&self, at: usize) -> Result<T, Wrong> {
        self.wrong(at, Problem::Token)
    }

    #[cold]
    fn wrong<T>(&self, at: usize, problem: Problem) -> Result<T, Wrong> {
        self.fail(at, if at == self.bytes.len() { Problem::End } else { problem })
    }

    #[cold]
    fn fail<T>(&self, at: usize, problem: Problem) -> Result<T, Wrong> {
        self.error.set(ScanError { at, problem });
        Err(Wrong)
    }
}

/// How many bytes there are before the next quote, backslash or control character, or the end: all that is plain
/// inside of a string.
#[inline]
#[must_use]
pub fn plain_length(text: &[u8]) -> usize {
    const QUOTE: u8x16 = u8x16::new([b'"'; 16]);
    const BACKSLASH: u8x16 = u8x16::new([b'\\'; 16]);
    const LAST_CONTROL: u8x16 = u8x16::new([0x1f; 16]);
    let (mut at, mut rest) = (0, text);
    while let Some((block, behind)) = rest.split_first_chunk::<16>() {
        let block = u8x16::new(*block);
        let control = block.min(LAST_CONTROL).simd_eq(block);
        let special = (control | block.simd_eq(QUOTE) | block.simd_eq(BACKSLASH)).to_bitmask();
        if special != 0 {
            return at + special.trailing_zeros() as usize;
        }
        at += 16;
        rest = behind;
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    at + rest.iter().position(special).unwrap_or(rest.len())
}

/// `scan` refuses texts that do not fit, and a text has fewer tokens than bytes.
#[expect(clippy::cast_possible_truncation, reason = "the text's length was checked to fit")]
pub(super) fn offset(at: usize) -> u32 {
    at as u32
}
