//! Text to tape: one strict pass over the whole JSON grammar.
//!
//! Text inside strings is skipped 16 bytes at a time, with the vectors that every x86-64 and every 64-bit ARM
//! has: there is one path, and nothing to choose at run time.
//!
//! What passes here is what `serde_json` accepts as a `Value`, apart from the range of numbers (they
//! stay text, so none is too large). The differential test in `tests/json.rs` holds this.

use std::cell::Cell;
use std::fmt;

use super::document::Kind;
use super::lexical;
use super::outline::{Outline, Unread};
use super::plain::{self, End, plain_length};
use super::tape::{Open, Token, Tokens};

/// The deepest nesting of arrays and objects that a document may have.
pub const MAX_DEPTH: usize = 128;

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

/// Walks `text` and appends its tokens, counted from there on. Brackets may be nested `max_depth` deep. After an error
/// the tokens are as they were. With an `outline`, an object's members are looked for in it, and learned; those that are
/// `unread` get one token each, whatever is inside of them.
pub(super) fn scan(
    text: &str,
    max_depth: usize,
    tokens: &mut Tokens,
    outline: &mut Outline,
    unread: Unread,
) -> Result<Scanned, ScanError> {
    if u32::try_from(text.len()).is_err() {
        return Err(ScanError { at: text.len(), problem: Problem::Size });
    }
    // About one token every nine bytes in events as they come.
    tokens.reserve(text.len() / 8 + 4);
    outline.begin(unread);
    let base = tokens.len();
    let bytes = text.as_bytes();
    let mut open = Open::outside(max_depth);
    let begun = begin(bytes, tokens.slots_from(base), &mut open, outline);
    if !matches!(begun, End::Behind(end) if end == bytes.len() && open.depth == 0) {
        let error = Cell::new(ScanError { at: 0, problem: Problem::Token });
        let mut scanner = Scanner { bytes, tokens, base, open, outline, error };
        if let Err(Wrong) = scanner.document(begun) {
            let error = scanner.error.get();
            tokens.set_len(base);
            return Err(error);
        }
        open = scanner.open;
    }
    tokens.set_len(base + open.used);
    Ok(Scanned { flat: open.flat })
}

/// Reads what is plain at the beginning of a text, which mostly is all of it.
#[inline(always)]
fn begin(text: &[u8], slots: &mut [Token], open: &mut Open, outline: &mut Outline) -> End {
    match text {
        [b'{', b'"', ..] if open.max_depth > 0 && open.begin(slots, b'{', 0).is_some() => {
            plain(text, 1, slots, open, outline)
        }
        _ => End::Value(0),
    }
}

/// Reads members or elements from there on, as far as they are plain.
#[inline(always)]
fn plain(text: &[u8], at: usize, slots: &mut [Token], open: &mut Open, outline: &mut Outline) -> End {
    match outline.expects() {
        false => plain::walk(text, at, 0, slots, open),
        true if open.depth == 1 && open.in_object() => outline.members(text, at, slots, open),
        true => plain::walk(text, at, 1, slots, open),
    }
}

/// What a text turned out to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanned {
    /// Whether no array or object is inside the outermost value.
    pub(super) flat: bool,
}

/// Judges what is not plain. Each step takes the place that it begins at and gives the place behind it.
struct Scanner<'a> {
    bytes: &'a [u8],
    tokens: &'a mut Tokens,
    /// Where the document's tokens begin.
    base: usize,
    open: Open,
    outline: &'a mut Outline,
    error: Cell<ScanError>,
}

/// What comes next, and where.
enum Next {
    Value(usize),
    /// What stands behind a value.
    Behind(usize),
}

/// Something is wrong: [`Scanner::error`] says what. Without it a step's result is in registers.
struct Wrong;

impl Scanner<'_> {
    /// The whole document, of which so much was read.
    #[inline(never)]
    fn document(&mut self, begun: End) -> Result<(), Wrong> {
        let mut next = self.next(begun)?;
        loop {
            next = match next {
                Next::Value(at) => self.value(self.skip_space(at))?,
                Next::Behind(at) => {
                    let at = self.skip_space(at);
                    match self.peek(at) {
                        _ if self.open.depth == 0 && at == self.bytes.len() => return Ok(()),
                        _ if self.open.depth == 0 => return self.fail(at, Problem::Token),
                        b',' => self.plain(self.skip_space(at + 1))?,
                        bracket if bracket == self.open.closing => {
                            self.open.end(self.tokens.slots_from(self.base), at + 1);
                            Next::Behind(at + 1)
                        }
                        _ => return self.unexpected(at),
                    }
                }
            };
        }
    }

    /// The value that begins there, or the bracket of one and what is plain behind it.
    fn value(&mut self, at: usize) -> Result<Next, Wrong> {
        let end = match self.peek(at) {
            b'"' => self.string(at)?,
            b'-' | b'0'..=b'9' => self.number(at)?,
            bracket @ (b'{' | b'[') => {
                if self.open.depth == self.open.max_depth {
                    return self.fail(at, Problem::Depth);
                }
                self.write(|open, slots| open.begin(slots, bracket, at));
                let at = self.skip_space(at + 1);
                if self.peek(at) != self.open.closing {
                    return self.plain(at);
                }
                // Behind the first bracket, as behind a value, may stand the second.
                at
            }
            b't' => self.word(at, b"true", Kind::Bool)?,
            b'f' => self.word(at, b"false", Kind::Bool)?,
            b'n' => self.word(at, b"null", Kind::Null)?,
            _ => return self.unexpected(at),
        };
        Ok(Next::Behind(end))
    }

    /// Members or elements from there on, as far as they are plain; else one name with the colon behind it, or nothing.
    fn plain(&mut self, at: usize) -> Result<Next, Wrong> {
        let slots = self.tokens.slots_from(self.base);
        let end = plain(self.bytes, at, slots, &mut self.open, self.outline);
        self.next(end)
    }

    /// What comes behind what was plain.
    fn next(&mut self, end: End) -> Result<Next, Wrong> {
        match end {
            End::Value(at) => Ok(Next::Value(at)),
            End::Behind(at) => Ok(Next::Behind(at)),
            End::Name(at) => Ok(Next::Value(self.name(self.skip_space(at))?)),
            End::Full(at) => {
                self.grow();
                self.plain(at)
            }
        }
    }

    /// Writes a token, for which room is made.
    fn write(&mut self, token: impl Fn(&mut Open, &mut [Token]) -> Option<()>) {
        while token(&mut self.open, self.tokens.slots_from(self.base)).is_none() {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.tokens.set_len(self.base + self.open.used);
        self.tokens.reserve(self.open.used.max(16));
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
        let at = start + 1 + plain_length(self.bytes.get(start + 1..).unwrap_or_default());
        if self.peek(at) == b'"' {
            self.push(Kind::String, start, at + 1);
            return Ok(at + 1);
        }
        let end = self.judged(lexical::escaped_string(self.bytes, at))?;
        self.push(Kind::String, start, end);
        let written = self.open.used - 1;
        if let Some(token) = self.tokens.slots_from(self.base).get_mut(written) {
            token.escaped = true;
        }
        Ok(end)
    }

    fn number(&mut self, start: usize) -> Result<usize, Wrong> {
        let end = self.judged(lexical::number(self.bytes, start))?;
        self.push(Kind::Number, start, end);
        Ok(end)
    }

    fn word(&mut self, start: usize, word: &[u8], kind: Kind) -> Result<usize, Wrong> {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let same = word.iter().zip(rest).take_while(|(expected, byte)| expected == byte).count();
        let end = start + same;
        if same < word.len() {
            return self.unexpected(end);
        }
        self.push(kind, start, end);
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

    #[inline]
    fn peek(&self, at: usize) -> u8 {
        lexical::peek(self.bytes, at)
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        self.write(|open, slots| open.push(slots, kind, start, end));
    }

    /// A failure at a byte that does not belong there, or at the end.
    #[cold]
    fn unexpected<T>(&self, at: usize) -> Result<T, Wrong> {
        self.judged(Err(lexical::wrong(self.bytes, at, Problem::Token)))
    }

    #[cold]
    fn fail<T>(&self, at: usize, problem: Problem) -> Result<T, Wrong> {
        self.judged(Err(ScanError { at, problem }))
    }

    /// A judgement, with the error where it is kept.
    #[inline]
    fn judged<T>(&self, judgement: Result<T, ScanError>) -> Result<T, Wrong> {
        judgement.map_err(|error| {
            self.error.set(error);
            Wrong
        })
    }
}
