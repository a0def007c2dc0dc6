//! The comments and blank lines of a file, handed out by their places.

use crate::source::{Sources, Span};
use crate::syntax::tree::Trivia;

/// The ones that are not written yet.
pub(super) struct Comments<'s> {
    sources: Option<&'s Sources>,
    rest: &'s [Trivia],
}

impl<'s> Comments<'s> {
    pub(super) fn new(sources: &'s Sources, trivia: &'s [Trivia]) -> Self {
        Self { sources: Some(sources), rest: trivia }
    }

    /// None at all: for a tree whose text is not at hand.
    pub(super) fn none() -> Self {
        Self { sources: None, rest: &[] }
    }

    /// Takes all that begin before that place.
    pub(super) fn before(&mut self, place: u32) -> &'s [Trivia] {
        let count = self.rest.partition_point(|piece| start(piece) < place);
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    /// Whether a comment stands before that place.
    pub(super) fn any_before(&self, place: u32) -> bool {
        let near = self.rest.iter().take_while(|piece| start(piece) < place);
        near.into_iter().any(|piece| matches!(piece, Trivia::Comment { .. }))
    }

    /// A comment's text, without the space at its end.
    pub(super) fn text(&self, span: Span) -> String {
        self.sources.map(|sources| sources.text(span).trim_end().to_owned()).unwrap_or_default()
    }
}

fn start(piece: &Trivia) -> u32 {
    match piece {
        Trivia::Comment { span, .. } | Trivia::Blank { span } => span.start,
    }
}
