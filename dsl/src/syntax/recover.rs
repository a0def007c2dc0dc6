//! From an item's lexemes to its tree: whole where it parses, statement by statement where it doesn't.
//!
//! The grammar stops at the first mistake. So an item that does not parse is cut where statements
//! begin, each piece is parsed by itself, and a block's head apart from its body. What can be read is
//! kept, so that the checker still sees the rest of the rule.

use super::items::{ItemKind, RawItem};
use super::lex::{Lexeme, LexemeKind};
use super::lower::Lower;
use super::parser::{self, Rule};
use super::tree::{Item, Name, Rule as RuleNode, Statement, StatementKind, Table, TableClause};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};
use crate::suggest;

/// The words that begin a statement of a rule.
pub(super) const STATEMENTS: &[&str] = &[
    "stream",
    "when",
    "schema",
    "lookup",
    "copy",
    "on",
    "set",
    "remove",
    "drop",
    "output",
    "rejects",
    "prefix",
    "one",
    "compression",
    "for",
    "decode",
];

/// The words that begin a clause of a table.
const CLAUSES: &[&str] = &["source", "key", "index", "attributes", "cache"];

/// Words of the language's plan that this version does not run.
const PLANNED: &[&str] = &["partition"];

/// Words inside statements: a line that begins with one goes on with the statement above it.
const INNER: &[&str] = &[
    "from", "where", "to", "into", "as", "default", "required", "except", "instead", "and", "or", "not",
    "per", "object", "each", "in", "if", "then", "else", "missing", "stale", "max", "true", "false", "null",
];

/// Parses one item, whole if it can be, else piece by piece.
pub(super) fn item(
    text: &str,
    file: FileId,
    item: &RawItem<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Option<Item> {
    let (first, last) = (item.lexemes.first()?, item.lexemes.last()?);
    let span = Span::new(file, first.start, last.end);
    let source = text.get(first.start..last.end)?;
    let mut whole = Vec::new();
    if item.closed {
        match parser::parse(Rule::one_item, source, file, first.start) {
            Ok(pair) => return Lower { file, base: first.start, findings }.item(pair),
            Err(finding) => whole.push(*finding),
        }
    }
    let known = findings.len();
    let mut recovery = Recovery { text, file, findings };
    let recovered = recovery.item(item, span);
    let text_explains = |findings: &[Diagnostic]| {
        findings.iter().any(|known| {
            known.code == Code::UnclosedText && (span.start..=span.end).contains(&known.primary.span.start)
        })
    };
    if item.closed && findings.len() == known && !text_explains(findings) {
        // Piece by piece nothing is wrong, so only the whole item's error can tell.
        findings.append(&mut whole);
    }
    recovered
}

struct Recovery<'t, 'f> {
    text: &'t str,
    file: FileId,
    findings: &'f mut Vec<Diagnostic>,
}

impl<'t> Recovery<'t, '_> {
    fn item(&mut self, item: &RawItem<'_>, span: Span) -> Option<Item> {
        let word = item.lexemes.first()?;
        let name = item.lexemes.get(1).filter(|lexeme| lexeme.kind == LexemeKind::Word);
        let open = item.lexemes.iter().position(|lexeme| lexeme.kind == LexemeKind::OpenBrace);
        let Some(name) = name else {
            let message = format!("this `{}` has no name", word.text(self.text));
            let finding = Diagnostic::new(Code::Syntax, word.span(self.file), message);
            self.findings.push(finding.help(format!("write `{} NAME {{ … }}`", word.text(self.text))));
            return None;
        };
        let name = Name { text: name.text(self.text).to_owned(), span: name.span(self.file) };
        match open {
            Some(2) => {}
            Some(at) => self.unexpected(item.lexemes.get(2).copied(), at > 2),
            None => self.unexpected(item.lexemes.get(2).copied().or(item.lexemes.get(1).copied()), false),
        }
        let end = item.lexemes.len() - usize::from(item.closed && open.is_some());
        let body = open.and_then(|at| item.lexemes.get(at + 1..end)).unwrap_or_default();
        Some(match item.kind {
            ItemKind::Table => {
                Item::Table(Table { name, clauses: self.clauses(body), span, complete: false })
            }
            ItemKind::Rule => {
                Item::Rule(RuleNode { name, statements: self.statements(body), span, complete: false })
            }
        })
    }

    /// Something else than `{` behind the name of an item.
    fn unexpected(&mut self, lexeme: Option<&Lexeme>, found: bool) {
        let Some(lexeme) = lexeme else { return };
        let message = if found {
            format!("expected `{{`, found `{}`", lexeme.text(self.text))
        } else {
            "expected `{` behind this".to_owned()
        };
        self.findings.push(Diagnostic::new(Code::Syntax, lexeme.span(self.file), message));
    }

    fn clauses(&mut self, body: &[&Lexeme]) -> Vec<TableClause> {
        let mut clauses = Vec::new();
        for piece in self.pieces(body, CLAUSES) {
            let Some((start, source)) = self.source(piece) else { continue };
            if !self.begins_well(piece, CLAUSES, "a clause of a table") {
                continue;
            }
            match parser::parse(Rule::one_clause, source, self.file, start) {
                Ok(pair) => {
                    let mut lower = Lower { file: self.file, base: start, findings: self.findings };
                    clauses.extend(lower.table_clause(pair));
                }
                Err(finding) => self.syntax(*finding, piece),
            }
        }
        clauses
    }

    /// Reports a piece that does not parse, unless a text without an end in it says why.
    fn syntax(&mut self, finding: Diagnostic, piece: &[&Lexeme]) {
        let (Some(first), Some(last)) = (piece.first(), piece.last()) else { return };
        let range = first.start..=last.end;
        let explained = self.findings.iter().any(|known| {
            known.code == Code::UnclosedText && range.contains(&(known.primary.span.start as usize))
        });
        if !explained {
            self.findings.push(finding);
        }
    }

    fn statements(&mut self, body: &[&Lexeme]) -> Vec<Statement> {
        let pieces = self.pieces(body, STATEMENTS);
        pieces.into_iter().filter_map(|piece| self.statement(piece)).collect()
    }

    fn statement(&mut self, piece: &[&Lexeme]) -> Option<Statement> {
        let (start, source) = self.source(piece)?;
        let open = piece.iter().position(|lexeme| lexeme.kind == LexemeKind::OpenBrace);
        let body = open.and_then(|at| piece.get(at + 1..)).unwrap_or_default();
        let closed = body.last().is_some_and(|last| last.kind == LexemeKind::CloseBrace);
        let body = if closed { body.get(..body.len() - 1).unwrap_or_default() } else { body };
        if !self.begins_well(piece, STATEMENTS, "a statement") {
            // What stands in its block is still looked at: the word alone may be wrong.
            self.statements(body);
            return None;
        }
        let error = match parser::parse(Rule::one_statement, source, self.file, start) {
            Ok(pair) => return self.lower(pair, start),
            Err(finding) => finding,
        };
        // The head by itself, with an empty block of the same length in place of the body.
        let Some(head) =
            open.and_then(|at| piece.get(at)).and_then(|brace| source.get(..brace.start - start))
        else {
            self.syntax(*error, piece);
            return None;
        };
        let blank = format!("{head}{{{}}}", " ".repeat(source.len().saturating_sub(head.len() + 2)));
        let mut statement = match parser::parse(Rule::one_statement, &blank, self.file, start) {
            Ok(pair) => self.lower(pair, start),
            Err(finding) => {
                self.syntax(*finding, piece);
                None
            }
        };
        let inner = self.statements(body);
        if let Some(body) = statement.as_mut().and_then(body_of) {
            *body = inner;
        }
        statement
    }

    fn lower(&mut self, pair: pest::iterators::Pair<'_, Rule>, start: usize) -> Option<Statement> {
        Lower { file: self.file, base: start, findings: self.findings }.whole_statement(pair)
    }

    /// Whether a piece begins with one of the words it may begin with; if not, that is the finding.
    fn begins_well(&mut self, piece: &[&Lexeme], words: &[&str], what: &str) -> bool {
        let Some(first) = piece.first() else { return false };
        let word = first.text(self.text);
        if first.kind == LexemeKind::Word && words.contains(&word) {
            return true;
        }
        let span = first.span(self.file);
        let finding = if PLANNED.contains(&word) {
            Diagnostic::new(Code::Unsupported, span, format!("this version does not know `{word}` yet"))
        } else {
            let finding =
                Diagnostic::new(Code::UnknownStatement, span, format!("`{word}` does not begin {what}"));
            match suggest::nearest(word, words.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).fix(span, near),
                None => {
                    finding.help(format!("{what} begins with {}", suggest::one_of(words.iter().copied())))
                }
            }
        };
        self.findings.push(finding);
        false
    }

    fn source(&self, piece: &[&Lexeme]) -> Option<(usize, &'t str)> {
        let (first, last) = (piece.first()?, piece.last()?);
        Some((first.start, self.text.get(first.start..last.end)?))
    }

    /// Cuts a block's lexemes where its statements begin.
    fn pieces<'p, 'l>(&self, body: &'p [&'l Lexeme], words: &[&str]) -> Vec<&'p [&'l Lexeme]> {
        let mut pieces = Vec::new();
        let mut depth = 0_usize;
        let mut start = 0;
        for (at, lexeme) in body.iter().enumerate() {
            if depth == 0 && at > start && self.begins_piece(body, at, words) {
                pieces.extend(body.get(start..at));
                start = at;
            }
            match lexeme.kind {
                LexemeKind::OpenBrace | LexemeKind::OpenGroup => depth += 1,
                LexemeKind::CloseBrace | LexemeKind::CloseGroup => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        pieces.extend(body.get(start..).filter(|rest| !rest.is_empty()));
        pieces
    }

    fn begins_piece(&self, body: &[&Lexeme], at: usize, words: &[&str]) -> bool {
        let (Some(lexeme), Some(before)) = (body.get(at), at.checked_sub(1).and_then(|at| body.get(at)))
        else {
            return false;
        };
        let word = lexeme.text(self.text);
        if lexeme.kind != LexemeKind::Word || INNER.contains(&word) {
            return false;
        }
        // Behind a sign (`,`, `=`, `??`) an operand goes on, whatever it is called; but a line that
        // begins with a statement's own word behind `=` means that the operand was forgotten.
        if matches!(before.kind, LexemeKind::Sign | LexemeKind::OpenGroup) {
            return lexeme.first_on_line && words.contains(&word) && before.text(self.text) != ",";
        }
        let next = body.get(at + 1).map(|next| next.text(self.text));
        let goes_on = match before.text(self.text) {
            "copy" | "except" | "as" | "from" | "lookup" | "rejects" | "output" => true,
            "drop" => word == "when",
            "no" => word == "key",
            _ => word == "on" && next == Some("invalid"),
        };
        !goes_on && (words.contains(&word) || lexeme.first_on_line)
    }
}

/// The statements inside a statement, if its kind has any.
fn body_of(statement: &mut Statement) -> Option<&mut Vec<Statement>> {
    match &mut statement.kind {
        StatementKind::Lookup(lookup) => Some(&mut lookup.body),
        StatementKind::On { body, .. }
        | StatementKind::Output { body, .. }
        | StatementKind::ForEach { body, .. } => Some(body),
        _ => None,
    }
}
