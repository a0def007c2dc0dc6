//! A file cut into its tables and rules.

use super::braces::{begins_item, closes_nothing, unclosed};
use super::habits;
use super::lex::{Lexeme, LexemeKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::MAX_FINDINGS;
use crate::source::{FileId, Span};
use crate::suggest;

/// One table or rule, not parsed yet.
#[derive(Debug)]
pub(super) struct RawItem<'l> {
    pub(super) kind: ItemKind,
    /// From its first word to its closing brace, without comments.
    pub(super) lexemes: Vec<&'l Lexeme>,
    /// Whether its braces match, so that it can be parsed whole.
    pub(super) closed: bool,
    /// Whether the file ends in the middle of a line of it: its last statement is not all there.
    pub(super) cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemKind {
    Table,
    Rule,
}

/// Cuts the file. What belongs to no item is reported.
pub(super) fn split<'l>(
    text: &str,
    file: FileId,
    lexemes: &'l [Lexeme],
    findings: &mut Vec<Diagnostic>,
) -> Vec<RawItem<'l>> {
    let mut split = Split { text, file, findings, in_junk: false, items: Vec::new() };
    let mut current: Vec<&Lexeme> = Vec::new();
    let mut braces: Vec<&Lexeme> = Vec::new();
    for lexeme in lexemes {
        if !current.is_empty() && begins_item(text, lexeme) {
            // The one before was never closed: better one unclosed item than a file of errors.
            split.finish(std::mem::take(&mut current), braces.first().copied());
            braces.clear();
        }
        current.push(lexeme);
        match lexeme.kind {
            LexemeKind::OpenBrace => braces.push(lexeme),
            LexemeKind::CloseBrace => {
                if braces.pop().is_none() {
                    current.pop();
                    split.stray(lexeme);
                }
                if braces.is_empty() && !current.is_empty() {
                    split.finish(std::mem::take(&mut current), None);
                }
            }
            _ => {}
        }
    }
    if !current.is_empty() {
        split.finish(current, braces.first().copied());
    }
    split.items
}

struct Split<'t, 'l, 'f> {
    text: &'t str,
    file: FileId,
    findings: &'f mut Vec<Diagnostic>,
    /// Whether the last thing was no item, and was reported.
    in_junk: bool,
    items: Vec<RawItem<'l>>,
}

impl<'l> Split<'_, 'l, '_> {
    fn stray(&mut self, brace: &Lexeme) {
        // Among what is no item the braces mean nothing either.
        if !self.in_junk {
            self.findings.push(closes_nothing(self.text, self.file, brace));
        }
    }

    /// An item's lexemes are all there; `open` is the brace that was never closed.
    fn finish(&mut self, lexemes: Vec<&'l Lexeme>, open: Option<&Lexeme>) {
        let (Some(first), Some(last)) = (lexemes.first(), lexemes.last()) else { return };
        let kind = match first.text(self.text) {
            "table" => ItemKind::Table,
            "rule" => ItemKind::Rule,
            word => {
                // What follows something that is no item goes on with it.
                if !std::mem::replace(&mut self.in_junk, true) {
                    self.findings.push(unknown_item(word, first.span(self.file)));
                }
                self.forget(first.start, last.end);
                return;
            }
        };
        self.in_junk = false;
        if let Some(open) = open {
            self.findings.push(unclosed(self.text, self.file, open, first));
        }
        let cut = open.is_some() && last.end == self.text.len();
        self.items.push(RawItem { kind, lexemes, closed: open.is_none(), cut });
    }

    /// What is no item is one finding: signs of another language in it are none of their own.
    fn forget(&mut self, start: usize, end: usize) {
        if self.findings.len() > MAX_FINDINGS {
            return;
        }
        let behind = self.text.get(end..).and_then(|rest| rest.find(|sign| sign != ';'));
        let inside = start..=end + behind.unwrap_or_default();
        self.findings.retain(|finding| {
            finding.code == Code::UnknownItem || !inside.contains(&(finding.primary.span.start as usize))
        });
    }
}

fn unknown_item(word: &str, span: Span) -> Diagnostic {
    let message = format!("`{word}` begins neither a table nor a rule");
    let finding = Diagnostic::new(Code::UnknownItem, span, message);
    if let Some(help) = habits::item(word) {
        return finding.help(help);
    }
    match suggest::nearest(word, ["table", "rule"]) {
        Some(near) => finding.help(format!("did you mean `{near}`?")).fix(span, near),
        None if word == "," => finding.help("take it out").fix(span, ""),
        None => finding.help("a rule file holds `table NAME { … }` and `rule NAME { … }`"),
    }
}
