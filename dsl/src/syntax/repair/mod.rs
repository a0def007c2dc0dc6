//! What a mistake is, told by what would mend it.
//!
//! The parser only knows where it stopped and what it would have taken there. Here the usual slips
//! are tried at that place: a sign or word of another language replaced, one that is too much left
//! out, one that is missing put in. The one with which the parser gets past the place tells what the
//! slip is, and is the mend. So most slips are rows of a table (`tables`); those that need more than
//! their own word have functions, by what they are about: `values`, `statements`, `texts`.

mod signs;
mod statements;
mod tables;
mod texts;
mod values;

use std::ops::Range;

use super::lex::{self, Lexeme, LexemeKind};
use super::parser::{self, Rule};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Sources, Span};

/// Longer pieces are not tried with other words: that would cost more than it tells.
const MAX_TRIED: usize = 2048;

/// What can be said about a piece of a file that is no `rule` of the grammar, because of `at`. It
/// stands at `base` in its file, in a block that begins with the word `block`.
pub(super) fn tell(
    rule: Rule,
    source: &str,
    (file, base): (FileId, usize),
    at: usize,
    block: &str,
) -> Option<Diagnostic> {
    if source.len() > MAX_TRIED {
        return None;
    }
    // The pieces are cut along lexemes; what they report of themselves is known already.
    let lexed = lex::lex(source, Sources::new().add("", ""), &mut Vec::new());
    let here = lexed.lexemes.iter().position(|lexeme| lexeme.end > at).unwrap_or(lexed.lexemes.len());
    let slip = Slip { rule, source, file, base, block, at, here, lexemes: lexed.lexemes };
    // From what is known best to what is only likely.
    const TRIED: &[fn(&Slip<'_>) -> Option<Diagnostic>] = &[
        texts::in_a_text,
        statements::drop,
        statements::copy,
        statements::set,
        statements::lookup,
        statements::on,
        statements::output,
        statements::partition,
        values::conditional,
        values::is_null,
        values::called_like_an_operator,
        values::index,
        values::method,
        values::path_of_a_result,
        values::cast,
        values::pipe,
        values::no_literal,
        values::foreign_path,
        values::number,
        values::quantity,
        signs::hyphen,
        signs::closed_too_often,
        signs::parentheses,
        signs::never_closed,
        signs::replaced,
        signs::too_much,
        signs::quoted_name,
        signs::text_without_quotes,
        signs::missing,
    ];
    TRIED.iter().find_map(|tell| tell(&slip))
}

/// A piece of a file that does not parse.
struct Slip<'s> {
    /// What it should be.
    rule: Rule,
    source: &'s str,
    file: FileId,
    /// Where the piece stands in the file.
    base: usize,
    /// The word that the block around it begins with.
    block: &'s str,
    /// Where in the piece the parser stopped.
    at: usize,
    lexemes: Vec<Lexeme>,
    /// The lexeme there; as many as there are, where the piece ends too early.
    here: usize,
}

impl<'s> Slip<'s> {
    /// The lexeme so many places behind the one where the parser stopped.
    fn lexeme(&self, behind: isize) -> Option<&Lexeme> {
        self.lexemes.get(self.here.checked_add_signed(behind)?)
    }

    /// Its text; empty where there is none.
    fn word(&self, behind: isize) -> &'s str {
        self.lexeme(behind).map(|lexeme| lexeme.text(self.source)).unwrap_or_default()
    }

    /// The word that the piece begins with.
    fn first(&self) -> &'s str {
        self.lexemes.first().map(|first| first.text(self.source)).unwrap_or_default()
    }

    fn kind(&self, behind: isize) -> Option<LexemeKind> {
        self.lexeme(behind).map(|lexeme| lexeme.kind)
    }

    fn range(&self, behind: isize) -> Option<Range<usize>> {
        self.lexeme(behind).map(|lexeme| lexeme.start..lexeme.end)
    }

    /// Whether no space stands between a lexeme and the one before it.
    fn adjacent(&self, behind: isize) -> bool {
        match (self.lexeme(behind - 1), self.lexeme(behind)) {
            (Some(before), Some(lexeme)) => before.end == lexeme.start,
            _ => false,
        }
    }

    fn text(&self, range: Range<usize>) -> &'s str {
        self.source.get(range).unwrap_or_default()
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, self.base + range.start, self.base + range.end)
    }

    /// The signs without space between them around the place: `<>`, `+=`.
    fn signs(&self) -> Option<Range<usize>> {
        let sign = |behind: isize| self.kind(behind) == Some(LexemeKind::Sign);
        if !sign(0) {
            return None;
        }
        let first = (0..3).find(|&back| !(sign(-back - 1) && self.adjacent(-back)))?;
        let last = (0..3).find(|&ahead| !(sign(ahead + 1) && self.adjacent(ahead + 1)))?;
        Some(self.range(-first)?.start..self.range(last)?.end)
    }

    /// How many places before the one where the parser stopped a lexeme begins there.
    fn places_back(&self, start: usize) -> isize {
        (0..4)
            .find(|&back| self.range(-back).is_some_and(|range| range.start == start))
            .map_or(0, |back| -back)
    }

    /// Whether the parser gets past that place, once something else stands there.
    fn gets_past(&self, range: Range<usize>, with: &str) -> bool {
        let Some((before, behind)) = self.source.get(..range.start).zip(self.source.get(range.end..)) else {
            return false;
        };
        let reach = parser::reach(self.rule, &format!("{before}{with}{behind}"));
        // Past it is where it takes something that stands behind it.
        let next = behind.len() - behind.trim_start().len();
        reach.is_none_or(|reach| reach > range.start + with.len() + next)
    }

    /// Whether the piece is right, once something else stands there.
    fn is_right_with(&self, range: Range<usize>, with: &str) -> bool {
        let Some((before, behind)) = self.source.get(..range.start).zip(self.source.get(range.end..)) else {
            return false;
        };
        parser::reach(self.rule, &format!("{before}{with}{behind}")).is_none()
    }

    fn finding(&self, code: Code, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.span(range), message)
    }

    /// With a change, if the piece is right with it.
    fn with_fix(&self, finding: Diagnostic, range: Range<usize>, with: &str) -> Diagnostic {
        match self.is_right_with(range.clone(), with) {
            true => finding.fix(self.span(range), with),
            false => finding,
        }
    }
}
