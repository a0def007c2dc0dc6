//! A file cut into its tables and rules.

use super::lex::{Lexeme, LexemeKind};
use crate::diagnostic::{Code, Diagnostic};
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
    let mut items = Vec::new();
    let mut current: Vec<&Lexeme> = Vec::new();
    let mut braces: Vec<&Lexeme> = Vec::new();
    for lexeme in lexemes.iter().filter(|lexeme| lexeme.kind != LexemeKind::Comment) {
        if !current.is_empty() && begins_item(text, lexeme) {
            // The one before was never closed: better one unclosed item than a file of errors.
            finish(text, file, std::mem::take(&mut current), braces.first().copied(), findings, &mut items);
            braces.clear();
        }
        current.push(lexeme);
        match lexeme.kind {
            LexemeKind::OpenBrace => braces.push(lexeme),
            LexemeKind::CloseBrace => {
                if braces.pop().is_none() {
                    current.pop();
                    stray(text, file, lexeme, findings);
                }
                if braces.is_empty() && !current.is_empty() {
                    finish(text, file, std::mem::take(&mut current), None, findings, &mut items);
                }
            }
            _ => {}
        }
    }
    if !current.is_empty() {
        finish(text, file, current, braces.first().copied(), findings, &mut items);
    }
    items
}

/// Whether an item begins here, whatever is still open: its word at the very start of a line.
fn begins_item(text: &str, lexeme: &Lexeme) -> bool {
    let at_line_start =
        text.get(..lexeme.start).is_some_and(|before| before.is_empty() || before.ends_with('\n'));
    lexeme.kind == LexemeKind::Word && at_line_start && matches!(lexeme.text(text), "table" | "rule")
}

fn stray(text: &str, file: FileId, lexeme: &Lexeme, findings: &mut Vec<Diagnostic>) {
    let message = format!("this `{}` closes nothing", lexeme.text(text));
    findings.push(
        Diagnostic::new(Code::Unclosed, lexeme.span(file), message)
            .help("take it out, or look for a `{` that is missing above"),
    );
}

fn finish<'l>(
    text: &str,
    file: FileId,
    lexemes: Vec<&'l Lexeme>,
    open: Option<&Lexeme>,
    findings: &mut Vec<Diagnostic>,
    items: &mut Vec<RawItem<'l>>,
) {
    let Some(first) = lexemes.first() else { return };
    let kind = match first.text(text) {
        "table" => ItemKind::Table,
        "rule" => ItemKind::Rule,
        word => {
            findings.push(unknown_item(word, first.span(file)));
            return;
        }
    };
    if let Some(open) = open {
        findings.push(
            Diagnostic::new(Code::Unclosed, open.span(file), "this `{` is never closed")
                .see(
                    Span::new(file, first.start, first.end),
                    format!("it belongs to this `{}`", first.text(text)),
                )
                .help("add the missing `}`"),
        );
    }
    items.push(RawItem { kind, lexemes, closed: open.is_none() });
}

fn unknown_item(word: &str, span: Span) -> Diagnostic {
    let message = format!("`{word}` begins neither a table nor a rule");
    let finding = Diagnostic::new(Code::UnknownItem, span, message);
    match suggest::nearest(word, ["table", "rule"]) {
        Some(near) => finding.help(format!("did you mean `{near}`?")).fix(span, near),
        None => finding.help("a rule file holds `table NAME { … }` and `rule NAME { … }`"),
    }
}
