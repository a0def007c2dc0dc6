//! A JSON text with its tape, and handles on the values in it.

use std::borrow::Cow;

use super::outline::{Outline, Unread, Usual};
use super::scan::{MAX_DEPTH, Problem, ScanError, scan};
use super::tape::{Token, Tokens, offset};
use super::write;

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, kept as its text.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Kind {
    /// The word that messages use: `a string`, `null`, …
    #[must_use]
    pub fn with_article(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool => "a boolean",
            Kind::Number => "a number",
            Kind::String => "a string",
            Kind::Array => "an array",
            Kind::Object => "an object",
        }
    }
}

/// A whole JSON text, checked and indexed. The text is kept as it came.
///
/// ```
/// use enrich_engine::json::Document;
///
/// let document = Document::parse(br#"{"price": 49.990, "tags": ["a", "b"]}"#)?;
/// let price = document.root().get("price").and_then(|node| node.as_number());
/// assert_eq!(price, Some("49.990"));
/// # Ok::<(), enrich_engine::json::ScanError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Document<'t> {
    text: Cow<'t, str>,
    tape: Vec<Token>,
}

impl<'t> Document<'t> {
    /// Checks and indexes `bytes`: UTF-8, then the whole JSON grammar.
    ///
    /// # Errors
    /// Where the bytes are not one JSON text; the error names the byte.
    pub fn parse(bytes: &'t [u8]) -> Result<Self, ScanError> {
        Self::parse_nested(bytes, MAX_DEPTH)
    }

    /// As [`Document::parse`], with another bound on the nesting: an envelope may hold an event that is
    /// nested too deep, and still has to be read to reject that event alone.
    ///
    /// # Errors
    /// Where the bytes are not one JSON text; the error names the byte.
    pub fn parse_nested(bytes: &'t [u8], max_depth: usize) -> Result<Self, ScanError> {
        let text = text_of(bytes)?;
        Ok(Self { tape: tape(text, max_depth)?, text: Cow::Borrowed(text) })
    }

    /// A text that a rule has written. It may be nested deeper than an event: values of events stand
    /// inside one another there.
    pub(crate) fn parse_written(text: &'t str) -> Result<Self, ScanError> {
        Ok(Self { tape: tape(text, usize::MAX)?, text: Cow::Borrowed(text) })
    }

    /// Checks and indexes a text that is UTF-8 already.
    ///
    /// # Errors
    /// Where the text is not JSON; the error names the byte.
    pub fn from_text(mut text: Cow<'t, str>) -> Result<Self, ScanError> {
        let mut tape = tape(&text, MAX_DEPTH)?;
        if let Cow::Owned(text) = &mut text {
            // An item: it may be kept for long.
            text.shrink_to_fit();
            tape.shrink_to_fit();
        }
        Ok(Self { text, tape })
    }

    /// The text, byte for byte as it came.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes that it holds in memory.
    pub(crate) fn held_bytes(&self) -> usize {
        let text = match &self.text {
            Cow::Owned(text) => text.capacity(),
            Cow::Borrowed(_) => 0,
        };
        size_of::<Self>() + text + self.tape.capacity() * size_of::<Token>()
    }

    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { text: &self.text, tape: &self.tape, at: 0 }
    }
}

impl Document<'static> {
    /// The document `""`.
    pub(crate) fn empty_string() -> Self {
        let token = Token { start: 0, end: 2, next: 1, kind: Kind::String, escaped: false };
        Self { text: Cow::Borrowed("\"\""), tape: vec![token] }
    }
}

/// The tokens of many documents, one behind the other: those of a batch's events.
#[derive(Debug, Default)]
pub(crate) struct Tapes {
    tokens: Tokens,
    /// What the documents mostly look like.
    outline: Outline,
    /// Whether no array or object is inside the outermost value of the document that was read last.
    flat: bool,
}

/// Where the tokens of one document are in [`Tapes`]; by default there are none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tape {
    start: usize,
    end: usize,
}

impl Tapes {
    /// Checks and indexes a text, as [`Document::parse`] does, apart from what is inside of members that are `unread`:
    /// that is checked alone.
    #[inline]
    pub(crate) fn read<'t>(
        &mut self,
        bytes: Cow<'t, [u8]>,
        unread: Unread,
    ) -> Result<(Cow<'t, str>, Tape), ScanError> {
        let text = match bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(text_of(bytes)?),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                ScanError { at, problem: Problem::Utf8 }
            })?),
        };
        let start = self.tokens.len();
        let scanned = scan(&text, MAX_DEPTH, &mut self.tokens, &mut self.outline, unread)?;
        self.flat = scanned.flat;
        let end = self.tokens.len();
        self.outline.ended(text.as_bytes(), self.tokens.range(start, end));
        Ok((text, Tape { start, end }))
    }

    /// The members of the document that was read last, if it is as documents mostly are.
    #[inline]
    pub(crate) fn usual(&self) -> Option<Usual<'_>> {
        self.outline.usual()
    }

    /// The outermost value of a document.
    pub(crate) fn root<'d>(&'d self, text: &'d str, tape: Tape) -> Node<'d> {
        Node { text, tape: self.tokens.range(tape.start, tape.end), at: 0 }
    }

    /// Lets the tokens inside of the last document's members go: what nobody looks into need not be held until the
    /// batch ends. A member without them is still there as a whole. `values` are places of members' values, which
    /// are told where they have moved to, and the bits of `kept` say of which ones all is kept. `None` where all stays
    /// as it is.
    pub(crate) fn prune(&mut self, last: Tape, values: &mut [u32], kept: u64) -> Option<Tape> {
        if self.flat {
            return None;
        }
        let tokens = self.tokens.range_mut(last.start, last.end);
        let end = tokens.first().map_or(0, |root| root.next as usize);
        let (mut from, mut to) = (1, 1);
        while from < end {
            let Some(&value) = tokens.get(from + 1) else { break };
            let inside = value.next as usize - from - 2;
            if inside == 0 && from == to {
                // Nothing has moved so far.
                (from, to) = (from + 2, to + 2);
                continue;
            }
            let looked_for = values.iter_mut().zip(0..).find(|(value, _)| **value as usize == from + 1);
            let is_kept = looked_for.is_some_and(|(value, at)| {
                *value = offset(to + 1);
                kept >> at & 1 == 1
            });
            let members = 2 + if is_kept { inside } else { 0 };
            tokens.copy_within(from..from + members, to);
            // The places that tokens name are counted from the document's first one.
            for token in tokens.get_mut(to..to + members).into_iter().flatten() {
                token.next -= offset(from - to);
            }
            if let Some(value) = tokens.get_mut(to + 1) {
                value.next = offset(to + members);
            }
            from = value.next as usize;
            to += members;
        }
        if let Some(root) = tokens.first_mut() {
            root.next = offset(to);
        }
        self.tokens.set_len(last.start + to);
        Some(Tape { end: last.start + to, ..last })
    }

    /// Lets all tokens go.
    pub(crate) fn clear(&mut self) {
        self.tokens.set_len(0);
    }

    /// Lets the tokens of the last document go.
    pub(crate) fn forget(&mut self, last: Tape) {
        self.tokens.set_len(last.start);
    }
}

/// The bytes as text.
fn text_of(bytes: &[u8]) -> Result<&str, ScanError> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| {
        // The fast check only says that something is wrong.
        let at = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        ScanError { at, problem: Problem::Utf8 }
    })
}

/// A tape of its own.
fn tape(text: &str, max_depth: usize) -> Result<Vec<Token>, ScanError> {
    let mut tokens = Tokens::default();
    scan(text, max_depth, &mut tokens, &mut Outline::default(), Unread::default())?;
    Ok(tokens.into_vec())
}

/// A handle on one value of a [`Document`]: two pointers and an index.
#[derive(Clone, Copy, Debug)]
pub struct Node<'d> {
    text: &'d str,
    tape: &'d [Token],
    at: u32,
}

impl<'d> Node<'d> {
    /// What the value is.
    #[inline]
    #[must_use]
    pub fn kind(self) -> Kind {
        self.token().kind
    }

    /// The value's text, as it came.
    #[inline]
    #[must_use]
    pub fn raw(self) -> &'d str {
        self.slice(self.token())
    }

    /// Byte offsets of the value in its document: of its first byte, and behind its last one.
    #[must_use]
    pub fn span(self) -> (usize, usize) {
        let token = self.token();
        (token.start as usize, token.end as usize)
    }

    /// Index of the value on its tape: what tells it from the document's other values.
    pub(crate) fn index(self) -> u32 {
        self.at
    }

    /// The value, or the name of a member, at another index of the same tape: the children of a container
    /// begin behind it. `null` where there is none.
    #[inline]
    pub(crate) fn at(self, index: u32) -> Node<'d> {
        Node { at: index, ..self }
    }

    /// The index behind the value and all that is in it.
    #[inline]
    pub(crate) fn behind(self) -> u32 {
        self.token().next
    }

    /// Address of the document's text: what tells it from other documents that live at the same time.
    pub(crate) fn address(self) -> usize {
        self.text.as_ptr().addr()
    }

    /// Whether the value is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The value, if it is a boolean.
    #[inline]
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.raw() == "true")
    }

    /// The number's text, if the value is a number.
    #[inline]
    #[must_use]
    pub fn as_number(self) -> Option<&'d str> {
        (self.kind() == Kind::Number).then(|| self.raw())
    }

    /// The string, unescaped, if the value is one.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'d, str>> {
        let token = self.token();
        (token.kind == Kind::String).then(|| self.string(token))
    }

    /// The string, if the value is one that stands there without escapes.
    #[inline]
    pub(crate) fn as_plain_str(self) -> Option<&'d str> {
        let token = self.token();
        let inside = || self.text.get(token.start as usize + 1..token.end as usize - 1);
        if token.kind == Kind::String && !token.escaped { inside() } else { None }
    }

    /// The member of that name, if the value is an object that has it. Of several the last counts.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Node<'d>> {
        let mut found = None;
        for (key, value) in self.members() {
            if key.is(name) {
                found = Some(value);
            }
        }
        found
    }

    /// The bytes of a string that stands there without escapes, at that index of the same tape.
    #[inline]
    pub(crate) fn plain_bytes(self, index: u32) -> Option<&'d [u8]> {
        let token = self.at(index).token();
        let inside = || self.text.as_bytes().get(token.start as usize + 1..token.end as usize - 1);
        if token.kind == Kind::String && !token.escaped { inside() } else { None }
    }

    /// The document's bytes up to the end of the value at that index of the same tape, and how many of them are the value's.
    #[inline]
    pub(crate) fn bytes_to(self, index: u32) -> Option<(&'d [u8], usize)> {
        let token = self.at(index).token();
        let text = self.text.as_bytes().get(..token.end as usize)?;
        Some((text, (token.end - token.start) as usize))
    }

    /// Whether an object has more than one member of that name.
    pub(crate) fn repeats(self, name: &str) -> bool {
        self.members().filter(|(key, _)| key.is(name)).nth(1).is_some()
    }

    /// The members of an object in their order; none for any other value.
    #[must_use]
    pub fn members(self) -> Members<'d> {
        Members(self.children(Kind::Object))
    }

    /// Calls `each` with the name of each member of an object, in its quotes, with whether the name has escapes,
    /// and with the index of the value.
    #[inline]
    pub(crate) fn for_each_name(self, mut each: impl FnMut(&'d [u8], bool, u32)) {
        let children = self.children(Kind::Object);
        let (text, mut at) = (self.text.as_bytes(), children.at);
        while let (Some(name), Some(value)) =
            (children.tape.get(at as usize), children.tape.get(at as usize + 1))
        {
            if let Some(quoted) = text.get(name.start as usize..name.end as usize) {
                each(quoted, name.escaped, at + 1);
            }
            at = value.next;
        }
    }

    /// The elements of an array in their order; none for any other value.
    #[must_use]
    pub fn elements(self) -> Elements<'d> {
        Elements(self.children(Kind::Array))
    }

    fn children(self, kind: Kind) -> Node<'d> {
        // The handle that the iterators advance: the first child, on a tape cut at the last one.
        let token = self.token();
        let end = if token.kind == kind { token.next } else { self.at + 1 };
        Node { text: self.text, tape: self.tape.get(..end as usize).unwrap_or_default(), at: self.at + 1 }
    }

    #[inline]
    fn token(self) -> Token {
        // INVARIANT: a handle is made for a token of its tape, and a tape has at least one.
        self.tape.get(self.at as usize).copied().unwrap_or(Token::NONE)
    }

    #[inline]
    fn slice(self, token: Token) -> &'d str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    fn string(self, token: Token) -> Cow<'d, str> {
        let quoted = self.slice(token);
        let inside = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        if token.escaped { Cow::Owned(write::unescape(inside)) } else { Cow::Borrowed(inside) }
    }
}

/// A member's name.
#[derive(Clone, Copy, Debug)]
pub struct Name<'d>(Node<'d>);

impl<'d> Name<'d> {
    /// Whether the name, unescaped, is this one.
    #[inline]
    #[must_use]
    pub fn is(self, name: &str) -> bool {
        let token = self.0.token();
        if token.escaped {
            self.0.string(token) == name
        } else {
            // Two quotes around it. Most other names are told by their length alone.
            (token.end - token.start) as usize == name.len() + 2 && self.plain() == Some(name.as_bytes())
        }
    }

    /// The bytes of the name, if it stands without escapes.
    #[inline]
    fn plain(self) -> Option<&'d [u8]> {
        let token = self.0.token();
        let inside = self.0.text.as_bytes().get(token.start as usize + 1..token.end as usize - 1);
        inside.filter(|_| !token.escaped)
    }

    /// The name, unescaped.
    #[must_use]
    pub fn text(self) -> Cow<'d, str> {
        self.0.string(self.0.token())
    }

    /// Byte offset of the name's opening quote.
    pub(crate) fn start(self) -> usize {
        self.0.span().0
    }
}

/// Iterator over the members of an object. See [`Node::members`].
#[derive(Clone, Debug)]
pub struct Members<'d>(Node<'d>);

impl<'d> Iterator for Members<'d> {
    type Item = (Name<'d>, Node<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        let value_at = self.0.at + 1;
        let value = self.0.tape.get(value_at as usize)?;
        let name = Name(self.0);
        let node = Node { at: value_at, ..self.0 };
        self.0.at = value.next;
        Some((name, node))
    }
}

/// Iterator over the elements of an array. See [`Node::elements`].
#[derive(Clone, Debug)]
pub struct Elements<'d>(Node<'d>);

impl<'d> Iterator for Elements<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Node<'d>> {
        let element = self.0;
        self.0.at = element.tape.get(element.at as usize)?.next;
        Some(element)
    }
}
