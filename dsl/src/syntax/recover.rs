//! From an item's lexemes to its tree: whole where it parses, statement by statement where it doesn't.
//!
//! The grammar stops at the first mistake. So an item that does not parse is cut where statements
//! begin, each piece is parsed by itself, and a block's head apart from its body. What can be read is
//! kept, so that the checker still sees the rest of the rule.

use super::capitals;
use super::habits;
use super::items::{ItemKind, RawItem};
use super::lex::{Lexeme, LexemeKind};
use super::lower::Lower;
use super::mends::Mends;
use super::parser::{self, Failure, Rule};
use super::pieces::pieces;
use super::repair;
use super::tree::{Item, Rule as RuleNode, Statement, StatementKind, Table, TableClause};
use super::words::{CLAUSES, STATEMENTS};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::MAX_FINDINGS;
use crate::source::{FileId, Span};
use crate::suggest;

/// Parses one item, whole if it can be, else piece by piece.
pub(super) fn item(
    text: &str,
    file: FileId,
    item: &RawItem<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Option<Item> {
    let (first, last) = (item.lexemes.first()?, item.lexemes.last()?);
    let span = Span::new(file, first.start, last.end);
    let whole = |text: &str, findings: &mut Vec<Diagnostic>| {
        let source = text.get(first.start..last.end).unwrap_or_default();
        parser::parse(Rule::one_item, source, file, first.start)
            .map(|pair| Lower { file, base: first.start, findings }.item(pair))
    };
    let failure = match item.closed {
        true => match whole(text, findings) {
            Ok(item) => return item,
            Err(failure) => Some(failure),
        },
        false => None,
    };
    let mut mends = Mends::default();
    capitals::mend(text, file, &item.lexemes, &mut mends, findings);
    let only_capitals = !mends.is_empty() && item.closed;
    let text = &*mends.apply(text);
    if only_capitals && let Ok(item) = whole(text, findings) {
        return item;
    }
    let known = findings.len();
    let mut recovery = Recovery {
        text,
        file,
        block: "rule",
        cut: item.cut,
        open_end: (!item.closed).then_some(last.end),
        findings,
    };
    let recovered = recovery.item(item, span);
    let text_explains = |findings: &[Diagnostic]| {
        findings.iter().any(|known| {
            known.code == Code::UnclosedText && (span.start..=span.end).contains(&known.primary.span.start)
        })
    };
    if findings.len() == known && !text_explains(findings) {
        // Piece by piece nothing is wrong, so only the whole item's error can tell.
        findings.extend(failure.map(|failure| failure.finding));
    }
    recovered
}

pub(super) struct Recovery<'t, 'f> {
    pub(super) text: &'t str,
    pub(super) file: FileId,
    /// The word that the block being read begins with.
    block: &'t str,
    /// Whether the text ends in the middle of a statement.
    cut: bool,
    /// Where an item ends that is never closed.
    open_end: Option<usize>,
    pub(super) findings: &'f mut Vec<Diagnostic>,
}

impl<'t> Recovery<'t, '_> {
    fn item(&mut self, item: &RawItem<'_>, span: Span) -> Option<Item> {
        let open = item.lexemes.iter().position(|lexeme| lexeme.kind == LexemeKind::OpenBrace);
        let head = item.lexemes.get(..open.unwrap_or(item.lexemes.len()))?;
        let name = self.header(head, open.is_some());
        let end = item.lexemes.len() - usize::from(item.closed && open.is_some());
        let body = open.and_then(|at| item.lexemes.get(at + 1..end)).unwrap_or_default();
        Some(match item.kind {
            ItemKind::Table => {
                let clauses = self.clauses(body);
                Item::Table(Table { name: name?, clauses, span, complete: false })
            }
            ItemKind::Rule => {
                let statements = self.statements(body);
                Item::Rule(RuleNode { name: name?, statements, span, complete: false })
            }
        })
    }

    fn clauses(&mut self, body: &[&Lexeme]) -> Vec<TableClause> {
        let mut clauses = Vec::new();
        for piece in pieces(self.text, body, CLAUSES) {
            let Some((start, source)) = self.source(piece) else { continue };
            if self.is_cut(piece) || !self.begins_well(piece, CLAUSES, "a clause of a table", habits::clause)
            {
                continue;
            }
            match parser::parse(Rule::one_clause, source, self.file, start) {
                Ok(pair) => {
                    let mut lower = Lower { file: self.file, base: start, findings: self.findings };
                    clauses.extend(lower.table_clause(pair));
                }
                Err(failure) => self.syntax(*failure, piece, Rule::one_clause, source),
            }
        }
        clauses
    }

    /// Reports a piece that does not parse, unless a text without an end in it says why.
    fn syntax(&mut self, failure: Failure, piece: &[&Lexeme], rule: Rule, source: &str) {
        let (Some(first), Some(last)) = (piece.first(), piece.last()) else { return };
        let range = first.start..=last.end;
        let explained = self.findings.iter().any(|known| {
            known.code == Code::UnclosedText && range.contains(&(known.primary.span.start as usize))
        });
        // Where an item was left open at its last words, they are not all there.
        let left_open = self.open_end == Some(last.end) && first.start + failure.at >= last.start;
        if !explained && !left_open {
            // What is not shown need not be told well.
            let told = (self.findings.len() < MAX_FINDINGS)
                .then(|| repair::tell(rule, source, (self.file, first.start), failure.at, self.block))
                .flatten();
            self.findings.push(told.unwrap_or(failure.finding));
        }
    }

    fn statements(&mut self, body: &[&Lexeme]) -> Vec<Statement> {
        let pieces = pieces(self.text, body, STATEMENTS);
        pieces.into_iter().filter_map(|piece| self.statement(piece)).collect()
    }

    fn statement(&mut self, piece: &[&Lexeme]) -> Option<Statement> {
        let (start, source) = self.source(piece)?;
        let open = piece.iter().position(|lexeme| lexeme.kind == LexemeKind::OpenBrace);
        if open.is_none() && self.is_cut(piece) {
            return None;
        }
        let body = open.and_then(|at| piece.get(at + 1..)).unwrap_or_default();
        let closed = body.last().is_some_and(|last| last.kind == LexemeKind::CloseBrace);
        let body = if closed { body.get(..body.len() - 1).unwrap_or_default() } else { body };
        let word = piece.first()?.text(self.text);
        if !self.begins_well(piece, STATEMENTS, "a statement", habits::statement) {
            // What stands in its block is still looked at: the word alone may be wrong.
            self.block(word, body);
            return None;
        }
        let failure = match parser::parse(Rule::one_statement, source, self.file, start) {
            Ok(pair) => return self.lower(pair, start),
            Err(failure) => failure,
        };
        // The head by itself, with an empty block of the same length in place of the body.
        let has_block = matches!(word, "lookup" | "on" | "for" | "output");
        let head = open.and_then(|at| piece.get(at)).filter(|_| has_block);
        let Some(head) = head.and_then(|brace| source.get(..brace.start - start)) else {
            self.syntax(*failure, piece, Rule::one_statement, source);
            return None;
        };
        let blank = format!("{head}{{{}}}", " ".repeat(source.len().saturating_sub(head.len() + 2)));
        let mut statement = match parser::parse(Rule::one_statement, &blank, self.file, start) {
            Ok(pair) => self.lower(pair, start),
            Err(failure) => {
                self.syntax(*failure, piece, Rule::one_statement, &blank);
                None
            }
        };
        // An output whose bucket is missing may have it in its block.
        let inner = if statement.is_none() && word == "output" { Vec::new() } else { self.block(word, body) };
        if let Some(body) = statement.as_mut().and_then(body_of) {
            *body = inner;
        }
        statement
    }

    fn block(&mut self, word: &'t str, body: &[&Lexeme]) -> Vec<Statement> {
        let around = std::mem::replace(&mut self.block, word);
        let statements = self.statements(body);
        self.block = around;
        statements
    }

    /// Whether the file ends in this piece: what is missing in it is no mistake of its own.
    fn is_cut(&self, piece: &[&Lexeme]) -> bool {
        self.cut && piece.last().is_some_and(|last| last.end == self.text.len())
    }

    fn lower(&mut self, pair: pest::iterators::Pair<'_, Rule>, start: usize) -> Option<Statement> {
        Lower { file: self.file, base: start, findings: self.findings }.whole_statement(pair)
    }

    /// Whether a piece begins with one of the words it may begin with; if not, that is the finding.
    fn begins_well(
        &mut self,
        piece: &[&Lexeme],
        words: &[&str],
        what: &str,
        habit: impl Fn(&str) -> Option<&'static habits::Habit>,
    ) -> bool {
        let Some(first) = piece.first() else { return false };
        let word = first.text(self.text);
        if first.kind == LexemeKind::Word && words.contains(&word) {
            return true;
        }
        let span = first.span(self.file);
        let finding =
            Diagnostic::new(Code::UnknownStatement, span, format!("`{word}` does not begin {what}"));
        let finding = match self.wordless(piece, words, &finding) {
            Some(finding) => finding,
            None => match (habit(word), suggest::nearest(word, words.iter().copied())) {
                (Some(habit), _) => {
                    let finding = finding.help(habit.help);
                    habit.instead.into_iter().fold(finding, |finding, instead| finding.fix(span, instead))
                }
                (None, Some(near)) => finding.help(format!("did you mean `{near}`?")).fix(span, near),
                (None, None) => {
                    finding.help(format!("{what} begins with {}", suggest::one_of(words.iter().copied())))
                }
            },
        };
        self.findings.push(finding);
        false
    }

    /// What is meant by a piece without the word of its statement: `.x = 1`, `"name": .x`, `name to .x`.
    fn wordless(&self, piece: &[&Lexeme], words: &[&str], finding: &Diagnostic) -> Option<Diagnostic> {
        let (first, second) = (piece.first()?, piece.get(1)?);
        if words == CLAUSES {
            return None;
        }
        let (word, sign) = (first.text(self.text), second.text(self.text));
        let field = match first.kind {
            LexemeKind::Operand if word.starts_with('.') => word.to_owned(),
            LexemeKind::Text => format!(".{}", word.trim_matches(['"', '\''])),
            LexemeKind::Word => format!(".{word}"),
            _ => return None,
        };
        let before = Span::new(self.file, first.start, first.start);
        if self.block == "lookup" && matches!(sign, "to" | "into" | "default" | "required" | "as") {
            let finding = finding.clone().help("an attribute is copied with `copy NAME to .field`");
            return Some(finding.fix(before, "copy "));
        }
        if !matches!(sign, "=" | ":" | "==" | "+") {
            return None;
        }
        if self.block == "lookup" {
            let finding = finding
                .clone()
                .help("a lookup holds `copy NAME to .field`, and `set` only in `on found { … }`");
            let value = piece.get(2).filter(|_| piece.len() == 3);
            return Some(match value {
                Some(value) if (first.kind, value.kind) == (LexemeKind::Operand, LexemeKind::Word) => {
                    let whole = Span::new(self.file, first.start, value.end);
                    finding.fix(whole, format!("copy {} to {field}", value.text(self.text)))
                }
                Some(value)
                    if (value.kind, first.kind != LexemeKind::Operand) == (LexemeKind::Operand, true) =>
                {
                    let whole = Span::new(self.file, first.start, value.end);
                    finding.fix(whole, format!("copy {word} to {}", value.text(self.text)))
                }
                _ => finding,
            });
        }
        let finding = finding.clone().help(format!("a field is written with `set {field} = VALUE`"));
        let third = piece.get(2).map(|third| third.text(self.text)).unwrap_or_default();
        let end = if third == "=" { piece.get(2)?.end } else { second.end };
        let equals = matches!((sign, third), (":" | "=" | "==", _));
        Some(if equals {
            let gap = self.text.get(first.end..second.start).filter(|gap| !gap.is_empty()).unwrap_or(" ");
            finding.fix(Span::new(self.file, first.start, end), format!("set {field}{gap}="))
        } else {
            finding
        })
    }

    fn source(&self, piece: &[&Lexeme]) -> Option<(usize, &'t str)> {
        let (first, last) = (piece.first()?, piece.last()?);
        Some((first.start, self.text.get(first.start..last.end)?))
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
