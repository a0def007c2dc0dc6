//! Tokens, and what is open while they are written.

use super::document::Kind;

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

impl Token {
    /// What stands where no token is.
    pub(super) const NONE: Token =
        Token { start: 0, end: 0, next: u32::MAX, kind: Kind::Null, escaped: false };
}

/// The tokens of documents, one behind the other, and slots for more behind them: to write a token is then a
/// comparison and a copy, whose state is in registers.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    slots: Vec<Token>,
    used: usize,
}

impl Tokens {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// Those of one document.
    pub(super) fn range(&self, start: usize, end: usize) -> &[Token] {
        self.slots.get(start..end).unwrap_or_default()
    }

    pub(super) fn range_mut(&mut self, start: usize, end: usize) -> &mut [Token] {
        self.slots.get_mut(start..end).unwrap_or_default()
    }

    /// Those from there on, and the slots behind them.
    pub(super) fn slots_from(&mut self, start: usize) -> &mut [Token] {
        self.slots.get_mut(start..).unwrap_or_default()
    }

    /// Makes room for that many more.
    pub(super) fn reserve(&mut self, more: usize) {
        let least = self.used + more;
        if self.slots.len() < least {
            self.slots.resize(least.max(self.used * 2), Token::NONE);
        }
    }

    /// Keeps that many.
    pub(super) fn set_len(&mut self, len: usize) {
        self.used = len.min(self.slots.len());
    }

    /// The tokens alone.
    pub(super) fn into_vec(mut self) -> Vec<Token> {
        self.slots.truncate(self.used);
        self.slots
    }
}

/// Stands for the container around the outermost value.
pub(super) const OUTSIDE: u32 = u32::MAX;

/// How far the tape of a document is written, and what is open there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// How many tokens there are.
    pub(super) used: usize,
    /// The innermost container that is open: where it is on the tape.
    container: u32,
    /// The bracket that closes it.
    pub(super) closing: u8,
    /// Whether no container was opened inside of another so far.
    pub(super) flat: bool,
    /// How many containers are open.
    pub(super) depth: usize,
    /// How many may be.
    pub(super) max_depth: usize,
}

impl Open {
    /// Before the outermost value.
    pub(super) fn outside(max_depth: usize) -> Self {
        Self { used: 0, container: OUTSIDE, closing: 0, flat: true, depth: 0, max_depth }
    }

    /// Whether an object's members are read.
    #[inline(always)]
    pub(super) fn in_object(&self) -> bool {
        self.closing == b'}'
    }

    /// Puts a token without children on the tape. `None` where it has no room.
    #[inline(always)]
    pub(super) fn push(&mut self, slots: &mut [Token], kind: Kind, start: usize, end: usize) -> Option<()> {
        let slot = slots.get_mut(self.used)?;
        self.used += 1;
        *slot =
            Token { start: offset(start), end: offset(end), next: offset(self.used), kind, escaped: false };
        Some(())
    }

    /// Opens a container, whose bracket is at that byte. Until it is closed, its `next` is the one around it.
    #[inline(always)]
    pub(super) fn begin(&mut self, slots: &mut [Token], bracket: u8, at: usize) -> Option<()> {
        let slot = slots.get_mut(self.used)?;
        let kind = if bracket == b'{' { Kind::Object } else { Kind::Array };
        *slot = Token { start: offset(at), end: 0, next: self.container, kind, escaped: false };
        self.container = offset(self.used);
        self.used += 1;
        self.flat &= self.depth == 0;
        self.depth += 1;
        self.closing = closing(bracket);
        Some(())
    }

    /// Closes the innermost container, behind whose bracket that byte is: its end and its subtree's end are known now.
    #[inline(always)]
    pub(super) fn end(&mut self, slots: &mut [Token], at: usize) {
        let Some(token) = slots.get_mut(self.container as usize) else { return };
        token.end = offset(at);
        self.container = std::mem::replace(&mut token.next, offset(self.used));
        self.depth -= 1;
        self.closing = match slots.get(self.container as usize) {
            Some(around) if around.kind == Kind::Object => b'}',
            _ => b']',
        };
    }
}

/// The bracket that closes what another one opens.
#[inline(always)]
pub(super) fn closing(bracket: u8) -> u8 {
    // Those of a kind are two apart.
    bracket + 2
}

/// `scan` refuses texts that do not fit, and a text has fewer tokens than bytes.
#[expect(clippy::cast_possible_truncation, reason = "the text's length was checked to fit")]
#[inline(always)]
pub(super) fn offset(at: usize) -> u32 {
    at as u32
}
