//! The generated parser, and its errors as findings.

use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;

use super::names;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

mod generated {
    #[derive(pest_derive::Parser)]
    #[grammar = "syntax/grammar.pest"]
    pub(crate) struct RuleParser;
}

pub(super) use generated::Rule;

/// Where a text stopped being what it should be, and what can be said about it without looking closer.
pub(super) struct Failure {
    /// Offset in the text that was parsed.
    pub(super) at: usize,
    pub(super) finding: Diagnostic,
}

/// Parses `text`, which stands at `base` in the file, as one `rule` of the grammar.
pub(super) fn parse(
    rule: Rule,
    text: &str,
    file: FileId,
    base: usize,
) -> Result<Pair<'_, Rule>, Box<Failure>> {
    generated::RuleParser::parse(rule, text)
        .map_err(|error| Box::new(Failure { at: place(&error), finding: finding(&error, text, file, base) }))?
        .next()
        .ok_or_else(|| {
            let nothing = Diagnostic::new(Code::Syntax, Span::new(file, base, base), "nothing stands here");
            Box::new(Failure { at: 0, finding: nothing })
        })
}

/// How far a text is one `rule` of the grammar: all of it, or up to an offset.
pub(super) fn reach(rule: Rule, text: &str) -> Option<usize> {
    generated::RuleParser::parse(rule, text).err().map(|error| place(&error))
}

fn place(error: &pest::error::Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}

fn finding(error: &pest::error::Error<Rule>, text: &str, file: FileId, base: usize) -> Diagnostic {
    let at = place(error);
    let found = token_at(text, at);
    let span = Span::new(file, base + at, base + at + found.len());
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => names::expected(positives),
        ErrorVariant::CustomError { message } => message.clone(),
    };
    let message = match (found, expected.is_empty()) {
        ("", true) => "the statement ends too early".to_owned(),
        ("", false) => format!("expected {expected} here"),
        (found, true) => format!("`{found}` is not expected here"),
        (found, false) => format!("expected {expected}, found `{found}`"),
    };
    Diagnostic::new(Code::Syntax, span, message)
}

/// The word, path or sign at that place, as a person would point at it.
fn token_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let Some(path) = rest.strip_prefix('.') else { return token(rest) };
    let end = path.find(|character: char| !(is_word(character) || character == '.')).unwrap_or(path.len());
    rest.get(..end + 1).unwrap_or_default()
}

/// The word or sign that a text begins with; nothing where that is white space.
pub(crate) fn token(text: &str) -> &str {
    let end = match text.find(|character| !is_word(character)) {
        Some(0) => text.chars().next().filter(|first| !first.is_whitespace()).map_or(0, char::len_utf8),
        Some(end) => end,
        None => text.len(),
    };
    text.get(..end).unwrap_or_default()
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}
