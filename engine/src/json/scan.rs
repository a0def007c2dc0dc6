//! Text to tape: one strict pass over the whole JSON grammar.
//!
//! Text inside strings is skipped 16 bytes at a time, with the vectors that every x86-64 and every 64-bit ARM
//! has: there is one path, and nothing to choose at run time.
//!
//! What passes here is what `serde_json` accepts as a `Value`, apart from the range of numbers (they
//! stay text, so none is too large). The differential test in `tests/json.rs` holds this.

use std::fmt;

use wide::u8x16;

use super::document::Kind;

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
/// `max_depth` deep. After an error the tape is as it was.
pub(super) fn scan(text: &str, max_depth: usize, tape: &mut Vec<Token>) -> Result<(), ScanError> {
    if u32::try_from(text.len()).is_err() {
        return Err(ScanError { at: text.len(), problem: Problem::Size });
    }
    let base = tape.len();
    // About one token every nine bytes in events as they come.
    tape.reserve(text.len() / 8 + 4);
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0, tape, base };
    let scanned = scanner.document(max_depth);
    if scanned.is_err() {
        tape.truncate(base);
    }
    scanned
}

/// Stands for the container around the outermost value.
const OUTSIDE: u32 = u32::MAX;

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    tape: &'a mut Vec<Token>,
    /// Where the document begins on the tape.
    base: usize,
}

impl Scanner<'_> {
    fn document(&mut self, max_depth: usize) -> Result<(), ScanError> {
        let (mut depth, mut container, mut in_object) = (0, OUTSIDE, false);
        'value: loop {
            match self.skip_space() {
                bracket @ (b'{' | b'[') => {
                    if depth == max_depth {
                        return self.fail(Problem::Depth);
                    }
                    depth += 1;
                    in_object = bracket == b'{';
                    container = self.open(if in_object { Kind::Object } else { Kind::Array }, container);
                    match self.skip_space() {
                        // Behind the first bracket, as behind a value, may stand the second.
                        b'}' if in_object => {}
                        b']' if !in_object => {}
                        b'"' if in_object => {
                            self.name()?;
                            continue 'value;
                        }
                        _ if in_object => return self.fail_here(),
                        _ => continue 'value,
                    }
                }
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                b't' => self.word(b"true", Kind::Bool)?,
                b'f' => self.word(b"false", Kind::Bool)?,
                b'n' => self.word(b"null", Kind::Null)?,
                _ => return self.fail_here(),
            }
            while container != OUTSIDE {
                match (self.skip_space(), in_object) {
                    (b',', true) => {
                        self.at += 1;
                        if self.skip_space() != b'"' {
                            return self.fail_here();
                        }
                        self.name()?;
                        continue 'value;
                    }
                    (b',', false) => {
                        self.at += 1;
                        continue 'value;
                    }
                    (b'}', true) | (b']', false) => {
                        depth -= 1;
                        (container, in_object) = self.close(container);
                    }
                    _ => return self.fail_here(),
                }
            }
            self.skip_space();
            return if self.at == self.bytes.len() { Ok(()) } else { self.fail(Problem::Token) };
        }
    }

    /// Opens a container inside another one. Until it is closed, its `next` is that other one.
    fn open(&mut self, kind: Kind, inside: u32) -> u32 {
        let (index, start) = (self.next_index(), self.at);
        self.at += 1;
        self.push(kind, start, false);
        if let Some(token) = self.tape.last_mut() {
            token.next = inside;
        }
        index
    }

    /// Closes the innermost container: its end and its subtree's end are known now. Gives the one around it.
    fn close(&mut self, container: u32) -> (u32, bool) {
        self.at += 1;
        let (end, next) = (offset(self.at), self.next_index());
        let Some(token) = self.tape.get_mut(self.base + container as usize) else { return (OUTSIDE, false) };
        token.end = end;
        let around = std::mem::replace(&mut token.next, next);
        let kind = self.tape.get(self.base.wrapping_add(around as usize)).map(|token| token.kind);
        (around, around != OUTSIDE && kind == Some(Kind::Object))
    }

    /// A member's name, and the colon behind it.
    fn name(&mut self) -> Result<(), ScanError> {
        self.string()?;
        if self.skip_space() != b':' {
            return self.fail_here();
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), ScanError> {
        let start = self.at;
        self.at += 1;
        let mut escaped = false;
        loop {
            self.skip_plain();
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    self.push(Kind::String, start, escaped);
                    return Ok(());
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ if self.at == self.bytes.len() => return self.fail(Problem::End),
                _ => return self.fail(Problem::Control),
            }
        }
    }

    /// Goes on to the next quote, backslash or control character, or to the end.
    fn skip_plain(&mut self) {
        const QUOTE: u8x16 = u8x16::new([b'"'; 16]);
        const BACKSLASH: u8x16 = u8x16::new([b'\\'; 16]);
        const LAST_CONTROL: u8x16 = u8x16::new([0x1f; 16]);
        let mut rest = self.bytes.get(self.at..).unwrap_or_default();
        while let Some((block, behind)) = rest.split_first_chunk::<16>() {
            let block = u8x16::new(*block);
            let control = block.min(LAST_CONTROL).simd_eq(block);
            let special = (control | block.simd_eq(QUOTE) | block.simd_eq(BACKSLASH)).to_bitmask();
            if special != 0 {
                self.at += special.trailing_zeros() as usize;
                return;
            }
            self.at += 16;
            rest = behind;
        }
        let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
        self.at += rest.iter().position(special).unwrap_or(rest.len());
    }

    fn escape(&mut self) -> Result<(), ScanError> {
        self.at += 1;
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 1;
                Ok(())
            }
            b'u' => {
                self.at += 1;
                match self.hex4()? {
                    0xd800..=0xdbff => self.low_surrogate(),
                    0xdc00..=0xdfff => self.fail(Problem::Escape),
                    _ => Ok(()),
                }
            }
            _ => self.fail_as(Problem::Escape),
        }
    }

    /// The second half that a high surrogate must have.
    fn low_surrogate(&mut self) -> Result<(), ScanError> {
        if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
            return self.fail(Problem::Escape);
        }
        self.at += 2;
        match self.hex4()? {
            0xdc00..=0xdfff => Ok(()),
            _ => self.fail(Problem::Escape),
        }
    }

    fn hex4(&mut self) -> Result<u32, ScanError> {
        let mut value = 0;
        for _ in 0..4 {
            match char::from(self.peek()).to_digit(16) {
                Some(digit) => value = value * 16 + digit,
                None => return self.fail_as(Problem::Escape),
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<(), ScanError> {
        let start = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        match self.peek() {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits()?,
            _ => return self.fail_as(Problem::Number),
        }
        if self.peek() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if let b'e' | b'E' = self.peek() {
            self.at += 1;
            if let b'+' | b'-' = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        // `01`: a digit behind a leading zero.
        if self.peek().is_ascii_digit() {
            return self.fail(Problem::Number);
        }
        self.push(Kind::Number, start, false);
        Ok(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), ScanError> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { self.fail_as(Problem::Number) } else { Ok(()) }
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<(), ScanError> {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let same = word.iter().zip(rest).take_while(|(expected, byte)| expected == byte).count();
        self.at += same;
        if same < word.len() {
            return self.fail_here();
        }
        self.push(kind, start, false);
        Ok(())
    }

    /// Goes on to what is no white space, and gives it.
    fn skip_space(&mut self) -> u8 {
        loop {
            match self.peek() {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return byte,
            }
        }
    }

    /// The byte to be read. At the end it is 0, which no place of the grammar takes.
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn next_index(&self) -> u32 {
        offset(self.tape.len() - self.base)
    }

    fn push(&mut self, kind: Kind, start: usize, escaped: bool) {
        let next = self.next_index() + 1;
        self.tape.push(Token { start: offset(start), end: offset(self.at), next, kind, escaped });
    }

    fn fail<T>(&self, problem: Problem) -> Result<T, ScanError> {
        Err(ScanError { at: self.at, problem })
    }

    /// A failure at a byte that does not belong there, or at the end.
    fn fail_here<T>(&self) -> Result<T, ScanError> {
        self.fail_as(Problem::Token)
    }

    fn fail_as<T>(&self, problem: Problem) -> Result<T, ScanError> {
        self.fail(if self.at == self.bytes.len() { Problem::End } else { problem })
    }
}

/// `scan` refuses texts that do not fit, and a text has fewer tokens than bytes.
#[expect(clippy::cast_possible_truncation, reason = "the text's length was checked to fit")]
pub(super) fn offset(at: usize) -> u32 {
    at as u32
}
