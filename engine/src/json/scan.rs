//! Text to tape: one strict pass over the whole JSON grammar.
//!
//! What passes here is what `serde_json` accepts as a `Value`, apart from the range of numbers (they
//! stay text, so none is too large). The differential test in `tests/json.rs` holds this.

use std::fmt;

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

/// Walks `text` and returns its tape. Brackets may be nested `max_depth` deep.
pub(super) fn scan(text: &str, max_depth: usize) -> Result<Vec<Token>, ScanError> {
    if u32::try_from(text.len()).is_err() {
        return Err(ScanError { at: text.len(), problem: Problem::Size });
    }
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        // About one token every nine bytes in events as they come.
        tokens: Vec::with_capacity(text.len() / 8 + 4),
        open: Vec::new(),
        max_depth,
    };
    scanner.document()?;
    Ok(scanner.tokens)
}

/// What the grammar allows at the present place.
enum Expect {
    Value,
    /// Behind `{`.
    MemberOrEnd,
    /// Behind a comma in an object.
    Member,
    /// Behind `[`.
    ElementOrEnd,
    /// Behind a value inside a container.
    CommaOrEnd,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    /// Indices of the containers that are still open.
    open: Vec<u32>,
    max_depth: usize,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), ScanError> {
        let mut expect = Expect::Value;
        loop {
            self.skip_space();
            expect = match (expect, self.peek()) {
                (Expect::ElementOrEnd, Some(b']')) | (Expect::MemberOrEnd, Some(b'}')) => self.close(),
                (Expect::Value | Expect::ElementOrEnd, Some(_)) => self.value()?,
                (Expect::MemberOrEnd | Expect::Member, Some(b'"')) => {
                    self.string()?;
                    self.skip_space();
                    self.eat(b':')?;
                    Expect::Value
                }
                (Expect::CommaOrEnd, Some(byte)) => self.behind_value(byte)?,
                (_, Some(_)) => return self.fail(Problem::Token),
                (_, None) => return self.fail(Problem::End),
            };
            if self.open.is_empty() {
                self.skip_space();
                return if self.peek().is_none() { Ok(()) } else { self.fail(Problem::Token) };
            }
        }
    }

    /// A comma or the bracket that closes the innermost container.
    fn behind_value(&mut self, byte: u8) -> Result<Expect, ScanError> {
        let inside = self.open.last().and_then(|&at| self.tokens.get(at as usize)).map(|token| token.kind);
        match (inside, byte) {
            (Some(Kind::Object), b',') => {
                self.at += 1;
                Ok(Expect::Member)
            }
            (Some(Kind::Array), b',') => {
                self.at += 1;
                Ok(Expect::Value)
            }
            (Some(Kind::Object), b'}') | (Some(Kind::Array), b']') => Ok(self.close()),
            _ => self.fail(Problem::Token),
        }
    }

    fn value(&mut self) -> Result<Expect, ScanError> {
        match self.peek() {
            Some(b'{') => {
                self.open(Kind::Object)?;
                return Ok(Expect::MemberOrEnd);
            }
            Some(b'[') => {
                self.open(Kind::Array)?;
                return Ok(Expect::ElementOrEnd);
            }
            Some(b'"') => self.string()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word(b"true", Kind::Bool)?,
            Some(b'f') => self.word(b"false", Kind::Bool)?,
            Some(b'n') => self.word(b"null", Kind::Null)?,
            Some(_) => return self.fail(Problem::Token),
            None => return self.fail(Problem::End),
        }
        Ok(Expect::CommaOrEnd)
    }

    fn open(&mut self, kind: Kind) -> Result<(), ScanError> {
        if self.open.len() >= self.max_depth {
            return self.fail(Problem::Depth);
        }
        let index = self.next_index();
        self.open.push(index);
        let start = self.at;
        self.at += 1;
        self.push(kind, start, false);
        Ok(())
    }

    /// Closes the innermost container: its end and its subtree's end are known now.
    fn close(&mut self) -> Expect {
        self.at += 1;
        let (end, next) = (offset(self.at), self.next_index());
        if let Some(token) = self.open.pop().and_then(|at| self.tokens.get_mut(at as usize)) {
            token.end = end;
            token.next = next;
        }
        Expect::CommaOrEnd
    }

    fn string(&mut self) -> Result<(), ScanError> {
        let start = self.at;
        self.at += 1;
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    self.push(Kind::String, start, escaped);
                    return Ok(());
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..=0x1f) => return self.fail(Problem::Control),
                Some(_) => self.at += 1,
                None => return self.fail(Problem::End),
            }
        }
    }

    fn escape(&mut self) -> Result<(), ScanError> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                self.at += 1;
                match self.hex4()? {
                    0xd800..=0xdbff => self.low_surrogate(),
                    0xdc00..=0xdfff => self.fail(Problem::Escape),
                    _ => Ok(()),
                }
            }
            Some(_) => self.fail(Problem::Escape),
            None => self.fail(Problem::End),
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
            match self.peek().map(|byte| char::from(byte).to_digit(16)) {
                Some(Some(digit)) => value = value * 16 + digit,
                Some(None) => return self.fail(Problem::Escape),
                None => return self.fail(Problem::End),
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<(), ScanError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return self.fail_number(),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        // `01`: a digit behind a leading zero.
        if let Some(b'0'..=b'9') = self.peek() {
            return self.fail(Problem::Number);
        }
        self.push(Kind::Number, start, false);
        Ok(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), ScanError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { self.fail_number() } else { Ok(()) }
    }

    fn fail_number(&self) -> Result<(), ScanError> {
        self.fail(if self.peek().is_none() { Problem::End } else { Problem::Number })
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<(), ScanError> {
        let start = self.at;
        for &expected in word {
            match self.peek() {
                Some(byte) if byte == expected => self.at += 1,
                Some(_) => return self.fail(Problem::Token),
                None => return self.fail(Problem::End),
            }
        }
        self.push(kind, start, false);
        Ok(())
    }

    fn eat(&mut self, expected: u8) -> Result<(), ScanError> {
        match self.peek() {
            Some(byte) if byte == expected => {
                self.at += 1;
                Ok(())
            }
            Some(_) => self.fail(Problem::Token),
            None => self.fail(Problem::End),
        }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next_index(&self) -> u32 {
        offset(self.tokens.len())
    }

    fn push(&mut self, kind: Kind, start: usize, escaped: bool) {
        let next = self.next_index() + 1;
        self.tokens.push(Token { start: offset(start), end: offset(self.at), next, kind, escaped });
    }

    fn fail<T>(&self, problem: Problem) -> Result<T, ScanError> {
        Err(ScanError { at: self.at, problem })
    }
}

/// `scan` refuses texts that do not fit, and a text has fewer tokens than bytes.
#[expect(clippy::cast_possible_truncation, reason = "the text's length was checked to fit")]
fn offset(at: usize) -> u32 {
    at as u32
}
