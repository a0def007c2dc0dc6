//! Braces that are missing or too many, told by how the lines are indented.
//!
//! The brace that a person forgot is reported at its place, and set (or taken out) in the text that
//! the parser reads. Without that, one slip would turn all that stands behind it into findings. Where
//! the lines don't tell, nothing is done here.

use super::lex::{Lexeme, LexemeKind};
use super::mends::Mends;
use super::words::{CLAUSES, OUTCOMES, STATEMENTS};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::MAX_NESTING;
use crate::source::{FileId, Span};

/// Sets the braces that are missing, in the lexemes and in the text.
pub(super) fn mend(
    text: &str,
    file: FileId,
    lexemes: &mut Vec<Lexeme>,
    mends: &mut Mends,
    findings: &mut Vec<Diagnostic>,
) {
    lexemes.retain(|lexeme| lexeme.kind != LexemeKind::Comment);
    let mut braces = Braces { text, file, mends, findings, set: Vec::new(), taken: Vec::new() };
    braces.open(lexemes);
    braces.rewrite(lexemes);
    if nesting(lexemes) > MAX_NESTING {
        // What was set may not be parsed, and what is missing is reported.
        return lexemes.clear();
    }
    let starts: Vec<usize> = (0..lexemes.len()).filter(|&at| braces.begins_item(lexemes.get(at))).collect();
    for (at, start) in starts.iter().enumerate() {
        let end = starts.get(at + 1).copied().unwrap_or(lexemes.len());
        if let Some(item) = lexemes.get(*start..end) {
            braces.balance(item, *start);
        }
    }
    braces.rewrite(lexemes);
}

/// How deep brackets are nested.
fn nesting(lexemes: &[Lexeme]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for lexeme in lexemes {
        match lexeme.kind {
            LexemeKind::OpenBrace | LexemeKind::OpenGroup => depth += 1,
            LexemeKind::CloseBrace | LexemeKind::CloseGroup => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A brace that has been opened, or the head of a block.
#[derive(Clone, Copy)]
struct Open {
    brace: Lexeme,
    /// The word that the block's head begins with.
    head: Lexeme,
}

struct Braces<'t, 'f> {
    text: &'t str,
    file: FileId,
    mends: &'f mut Mends,
    findings: &'f mut Vec<Diagnostic>,
    /// Braces to set: before which lexeme, and the brace.
    set: Vec<(usize, Lexeme)>,
    /// Lexemes that go: braces too many, and signs in place of one.
    taken: Vec<usize>,
}

impl Braces<'_, '_> {
    /// Finds the heads whose `{` is missing.
    fn open(&mut self, lexemes: &[Lexeme]) {
        for (at, head) in lexemes.iter().enumerate() {
            let Some(inside) = self.inside(lexemes, at) else { continue };
            let Some(body) = self.unopened(lexemes, at, inside) else { continue };
            let Some(last) = body.checked_sub(1).and_then(|last| lexemes.get(last)) else { continue };
            let end = self.end_of_block(lexemes, body, self.column(head));
            let closed = end.and_then(|end| lexemes.get(end)).is_some_and(|end| {
                end.kind == LexemeKind::CloseBrace && self.column(end) == self.column(head)
            });
            self.report_unopened(head, last, closed);
            let colon = last.text(self.text) == ":";
            if colon {
                self.taken.push(body - 1);
                self.mends.replace(last.start..last.end, "{");
                self.set.push((body, Lexeme { kind: LexemeKind::OpenBrace, ..*last }));
            } else if !self.set(last.end, body, LexemeKind::OpenBrace) {
                continue;
            }
            let end = end.unwrap_or(lexemes.len());
            if let Some(before) =
                end.checked_sub(1).and_then(|before| lexemes.get(before)).filter(|_| !closed)
            {
                self.set(before.end, end, LexemeKind::CloseBrace);
            }
        }
    }

    /// What stands in the block of the head that begins here. Only heads that begin a line count.
    fn inside(&self, lexemes: &[Lexeme], at: usize) -> Option<&'static [&'static str]> {
        let head = lexemes.get(at).filter(|head| head.first_on_line && head.kind == LexemeKind::Word)?;
        let next = lexemes.get(at + 1).map(|next| next.text(self.text)).unwrap_or_default();
        match head.text(self.text) {
            "rule" if self.column(head) == 0 => Some(STATEMENTS),
            "table" if self.column(head) == 0 => Some(CLAUSES),
            "lookup" => Some(&["copy", "on"]),
            "on" if OUTCOMES.contains(&next) => Some(&["set", "remove", "drop"]),
            "for" => Some(&["lookup", "set", "remove"]),
            "output" => Some(&["prefix", "one", "compression"]),
            _ => None,
        }
    }

    /// Where the body of the head begins, if no `{` stands before it.
    fn unopened(&self, lexemes: &[Lexeme], head: usize, inside: &[&str]) -> Option<usize> {
        let column = self.column(lexemes.get(head)?);
        for (at, lexeme) in lexemes.iter().enumerate().skip(head + 1) {
            if matches!(lexeme.kind, LexemeKind::OpenBrace | LexemeKind::CloseBrace) {
                return None;
            }
            if !lexeme.first_on_line {
                continue;
            }
            if self.column(lexeme) <= column {
                return None;
            }
            let word = lexeme.text(self.text);
            let next = lexemes.get(at + 1).map(|next| next.text(self.text)).unwrap_or_default();
            let operand = lexemes.get(at - 1).is_some_and(|before| {
                let word = before.text(self.text);
                (before.kind == LexemeKind::Sign && word != ":")
                    || matches!(word, "from" | "where" | "in" | "by")
            });
            let begins = inside.contains(&word) && (word != "on" || OUTCOMES.contains(&next));
            if begins && !operand && !self.is_name(lexemes, head, at) {
                return Some(at);
            }
        }
        None
    }

    /// Whether a head is called so, on a line below its own word: a name may be a statement's word too.
    fn is_name(&self, lexemes: &[Lexeme], head: usize, at: usize) -> bool {
        let text = |at: usize| lexemes.get(at).map(|lexeme| lexeme.text(self.text)).unwrap_or_default();
        let (words, behind) = match text(head) {
            "rule" | "table" => (1, "{"),
            "lookup" => (1, "from"),
            "for" => (2, "in"),
            _ => return false,
        };
        at == head + words && text(at + 1) == behind
    }

    /// The lexeme that ends a block: its brace, or what stands no deeper than its head.
    fn end_of_block(&self, lexemes: &[Lexeme], body: usize, column: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, lexeme) in lexemes.iter().enumerate().skip(body) {
            match lexeme.kind {
                _ if depth == 0 && lexeme.first_on_line && self.column(lexeme) <= column => return Some(at),
                LexemeKind::OpenBrace => depth += 1,
                LexemeKind::CloseBrace if depth == 0 => return Some(at),
                LexemeKind::CloseBrace => depth -= 1,
                _ => {}
            }
        }
        None
    }

    fn report_unopened(&mut self, head: &Lexeme, last: &Lexeme, closed: bool) {
        let word = head.text(self.text);
        let word = if word == "for" { "for each" } else { word };
        let help = format!("what belongs to the `{word}` stands between `{{` and `}}`");
        let finding = if last.text(self.text) == ":" {
            let span = last.span(self.file);
            let finding = Diagnostic::new(Code::Syntax, span, "expected `{`, found `:`").help(help);
            if closed { finding.fix(span, " {") } else { finding }
        } else {
            let span = Span::new(self.file, last.end, last.end);
            let finding = Diagnostic::new(Code::Syntax, span, "expected `{` here").help(help);
            if closed { finding.fix(span, " {") } else { finding }
        };
        self.findings.push(finding);
    }

    /// Looks for the braces without their other one, in an item that has more of the one than of the
    /// other.
    fn balance(&mut self, item: &[Lexeme], offset: usize) {
        let count = |kind| item.iter().filter(|lexeme| lexeme.kind == kind).count();
        let (opened, closed) = (count(LexemeKind::OpenBrace), count(LexemeKind::CloseBrace));
        if opened > closed {
            self.unclosed(item, offset, opened - closed);
        } else if closed > opened {
            self.too_many(item, offset);
        }
    }

    fn unclosed(&mut self, item: &[Lexeme], offset: usize, mut missing: usize) {
        let mut open: Vec<Open> = Vec::new();
        let mut head = item.first().copied();
        let mut before: Option<&Lexeme> = None;
        for (at, lexeme) in item.iter().enumerate() {
            while let Some(last) = open.last().copied().filter(|_| lexeme.first_on_line && missing > 0) {
                let (column, inner) = (self.column(lexeme), self.column(&last.head));
                let ends = match lexeme.kind {
                    LexemeKind::CloseBrace => column < inner,
                    LexemeKind::Word => column <= inner,
                    _ => false,
                };
                let Some(end) = before.map(|before| before.end).filter(|_| ends && open.len() > 1) else {
                    break;
                };
                let indent = self.text.get(last.head.start - inner..last.head.start).unwrap_or_default();
                let fix = (Span::new(self.file, end, end), format!("\n{indent}}}"));
                self.findings.push(unclosed(self.text, self.file, &last.brace, &last.head).fix(fix.0, fix.1));
                self.set(end, offset + at, LexemeKind::CloseBrace);
                missing -= 1;
                open.pop();
            }
            match lexeme.kind {
                LexemeKind::Word if lexeme.first_on_line => head = Some(*lexeme),
                LexemeKind::OpenBrace => open.extend(head.map(|head| Open { brace: *lexeme, head })),
                LexemeKind::CloseBrace => drop(open.pop()),
                _ => {}
            }
            before = Some(lexeme);
        }
    }

    /// A `}` that would end the item, but is indented deeper than it, and is not the last thing in it.
    fn too_many(&mut self, item: &[Lexeme], offset: usize) {
        let Some(column) = item.first().map(|first| self.column(first)) else { return };
        let mut depth = 0_usize;
        for (at, lexeme) in item.iter().enumerate() {
            match lexeme.kind {
                LexemeKind::OpenBrace => depth += 1,
                LexemeKind::CloseBrace if depth == 1 => {
                    if !lexeme.first_on_line || self.column(lexeme) <= column || at + 1 == item.len() {
                        return;
                    }
                    self.findings.push(closes_nothing(self.text, self.file, lexeme));
                    self.mends.blank(lexeme.start..lexeme.end);
                    return self.taken.push(offset + at);
                }
                LexemeKind::CloseBrace => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Sets a brace in the place of the space behind `end`. `false` where there is none.
    fn set(&mut self, end: usize, before: usize, kind: LexemeKind) -> bool {
        let brace = if kind == LexemeKind::OpenBrace { "{" } else { "}" };
        let space = self.text.get(end..end + 1).is_some_and(|behind| behind.trim().is_empty());
        if space {
            self.mends.replace(end..end + 1, brace);
            self.set.push((before, Lexeme { kind, start: end, end: end + 1, first_on_line: false }));
        }
        space
    }

    /// Puts what was set among the lexemes, and takes out what goes.
    fn rewrite(&mut self, lexemes: &mut Vec<Lexeme>) {
        let (mut set, taken) = (std::mem::take(&mut self.set), std::mem::take(&mut self.taken));
        if set.is_empty() && taken.is_empty() {
            return;
        }
        set.sort_by_key(|(before, brace)| (*before, brace.start));
        let mut set = set.into_iter().peekable();
        let mut all = Vec::with_capacity(lexemes.len());
        for (at, lexeme) in lexemes.iter().enumerate() {
            while let Some((_, brace)) = set.next_if(|(before, _)| *before <= at) {
                all.push(brace);
            }
            if !taken.contains(&at) {
                all.push(*lexeme);
            }
        }
        all.extend(set.map(|(_, brace)| brace));
        *lexemes = all;
    }

    /// How far a lexeme stands from the start of its line.
    fn column(&self, lexeme: &Lexeme) -> usize {
        let before = self.text.get(..lexeme.start).unwrap_or_default();
        lexeme.start - before.rfind('\n').map_or(0, |at| at + 1)
    }

    fn begins_item(&self, lexeme: Option<&Lexeme>) -> bool {
        lexeme.is_some_and(|lexeme| begins_item(self.text, lexeme))
    }
}

/// Whether an item begins here, whatever is still open: its word at the very start of a line.
pub(super) fn begins_item(text: &str, lexeme: &Lexeme) -> bool {
    let at_line_start =
        text.get(..lexeme.start).is_some_and(|before| before.is_empty() || before.ends_with('\n'));
    lexeme.kind == LexemeKind::Word && at_line_start && matches!(lexeme.text(text), "table" | "rule")
}

/// A `{` that is never closed, with the word that its block begins with.
pub(super) fn unclosed(text: &str, file: FileId, brace: &Lexeme, head: &Lexeme) -> Diagnostic {
    Diagnostic::new(Code::Unclosed, brace.span(file), "this `{` is never closed")
        .see(head.span(file), format!("it belongs to this `{}`", head.text(text)))
        .help("add the missing `}`")
}

/// A closing brace too many.
pub(super) fn closes_nothing(text: &str, file: FileId, brace: &Lexeme) -> Diagnostic {
    let message = format!("this `{}` closes nothing", brace.text(text));
    Diagnostic::new(Code::Unclosed, brace.span(file), message)
        .help("take it out, or look for a `{` that is missing above")
}
