//! Texts, with holes and the texts in them, and what goes wrong at their ends.

use super::{Lexer, is_word};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::MAX_NESTING;

/// What may stand behind a text that ends on a line of its own.
const BEHIND_A_TEXT: &[char] = &[',', ')', '}', ';', ' ', '\t', '\r'];

impl Lexer<'_, '_> {
    /// A text from its opening quote on, through holes and the texts in them.
    pub(super) fn text(&mut self, depth: usize) {
        let start = self.at;
        let mut open_hole = None;
        self.eat('"');
        loop {
            match self.peek() {
                Some('"') => {
                    self.eat('"');
                    return open_hole.into_iter().for_each(|at| self.open_hole(at));
                }
                None | Some('\n') => return self.unclosed(start, depth),
                Some('\\') => {
                    self.eat('\\');
                    if let Some(escaped) = self.peek().filter(|&escaped| escaped != '\n') {
                        self.bump(escaped);
                    }
                }
                Some('$') => {
                    self.eat('$');
                    if self.eat('{') {
                        self.skip_while(|character| !matches!(character, '}' | '"' | '\n'));
                        self.eat('}');
                    }
                }
                Some('{') if open_hole.is_none() => {
                    let (hole, known) = (self.at, self.findings.len());
                    let (operators, refused) = (self.operators, self.refused);
                    if !self.hole(depth, start) && depth == 0 && self.second_looks > 0 {
                        // The line ended inside the hole. Read without it, the text may well end.
                        self.second_looks -= 1;
                        self.findings.truncate(known);
                        (self.operators, self.refused) = (operators, refused);
                        self.at = hole + 1;
                        open_hole = Some(hole);
                    }
                }
                Some(other) => self.bump(other),
            }
        }
    }

    /// A hole from its brace on. `false` where its line ends before it does.
    fn hole(&mut self, depth: usize, text_start: usize) -> bool {
        if depth >= MAX_NESTING {
            self.too_deep(text_start);
            self.skip_while(|character| character != '\n');
            return true;
        }
        let mut open = 0_usize;
        loop {
            match self.peek() {
                Some('"') => self.text(depth + 1),
                Some('{' | '(') => {
                    open += 1;
                    self.at += 1;
                }
                Some('}' | ')') => {
                    open = open.saturating_sub(1);
                    self.at += 1;
                    if open == 0 {
                        return true;
                    }
                }
                // Here a comment begins, as anywhere between words: the text has no end then.
                Some('#') => self.skip_while(|character| character != '\n'),
                // The text itself reports the end of the line.
                None | Some('\n') => return false,
                Some(other) if is_word(other) => self.word(),
                Some(other) => self.sign(other),
            }
            if open > MAX_NESTING {
                self.too_deep(text_start);
                self.skip_while(|character| character != '\n');
                return true;
            }
        }
    }

    /// A hole that does not end in its text, which has just been read: either its `}` was forgotten,
    /// or the brace is meant as a character.
    fn open_hole(&mut self, at: usize) {
        let end = self.at - 1;
        let inside = self.text.get(at + 1..end).unwrap_or_default();
        let operand =
            inside.find(|character| !is_word(character) && character != '.').unwrap_or(inside.len());
        let finding =
            Diagnostic::new(Code::Unclosed, self.span(at, at + 1), "this `{` in a text is never closed");
        let finding = match inside.rfind('}') {
            Some(close) if operand > 0 && inside.get(..close).is_some_and(|hole| hole.contains('#')) => {
                let hole = inside.get(..close).unwrap_or_default();
                let comment = hole.find('#').unwrap_or_default();
                let from = at + 1 + hole.get(..comment).unwrap_or_default().trim_end().len();
                let message = "a `#` in a hole begins a comment, and so the hole never ends";
                let sign = self.span(at + 1 + comment, at + 2 + comment);
                let finding = Diagnostic::new(Code::Unclosed, sign, message);
                finding.help("take the comment out").fix(self.span(from, at + 1 + close), "")
            }
            Some(close) if let Some(group) = open_group(inside.get(..close)).filter(|_| operand > 0) => {
                let group = at + 1 + group;
                let message = "this `(` in a hole is never closed";
                let finding = Diagnostic::new(Code::Unclosed, self.span(group, group + 1), message);
                finding.help("add the missing `)`").fix(self.span(at + 1 + close, at + 1 + close), ")")
            }
            Some(close) => {
                let literal = inside.get(..close).unwrap_or_default();
                let finding = finding.help("write `\\{` and `\\}` for the characters themselves");
                finding.fix(self.span(at, at + close + 2), format!("\\{{{literal}\\}}"))
            }
            None if operand > 0 => {
                let insert = at + 1 + operand;
                let help = "close the hole with `}`, or write `\\{` for the character itself";
                finding.help(help).fix(self.span(insert, insert), "}")
            }
            None => {
                let finding = finding.help("write `\\{` for the character itself");
                finding.fix(self.span(at, at + 1), "\\{")
            }
        };
        self.report(finding);
        self.mends.blank(at..at + 1);
        let escaped = |offset: usize| inside.get(..offset).is_some_and(|before| before.ends_with('\\'));
        for (offset, brace) in inside.match_indices(['{', '}']).filter(|(offset, _)| !escaped(*offset)) {
            let brace_at = at + 1 + offset;
            self.mends.blank(brace_at..brace_at + brace.len());
        }
    }

    fn unclosed(&mut self, start: usize, depth: usize) {
        let end = self.at;
        // A nested text ends where its line ends, and so does the one around it: one finding is enough.
        if self
            .findings
            .last()
            .is_some_and(|last| last.code == Code::UnclosedText && last.primary.span.end as usize == end)
        {
            self.findings.pop();
        }
        let finding = Diagnostic::new(
            Code::UnclosedText,
            self.span(start, end),
            "this text has no closing `\"` on its line",
        );
        let line = self.text.get(start..end).unwrap_or_default();
        if let Some((at, quote)) = line.char_indices().rev().find(|(_, character)| "“”„".contains(*character))
        {
            let quote = self.span(start + at, start + at + quote.len_utf8());
            let finding = finding.help("its last quote is a curly one, and no quote of the language");
            return self.report(finding.fix(quote, "\""));
        }
        let finding =
            finding.help("a text ends on the line it begins on; write `\\n` for a line end inside it");
        let close = if depth == 0 { self.end_on_a_later_line() } else { None };
        let Some(close) = close else { return self.report(finding) };
        self.report(finding.see(self.span(close, close + 1), "it ends here"));
        self.mends.blank(self.at..close);
        self.at = close + 1;
    }

    /// The quote that ends a text on another line: the next one, and nothing begins behind it.
    fn end_on_a_later_line(&self) -> Option<usize> {
        let close = self.at + self.rest().find('"')?;
        let behind = self.text.get(close + 1..)?.lines().next().unwrap_or_default();
        let line = self.text.get(self.at..close)?;
        let plain = !line.contains(['{', '}', '=', '#']) && behind.trim_matches(BEHIND_A_TEXT).is_empty();
        plain.then_some(close)
    }
}

/// The first `(` that is not closed in there.
fn open_group(value: Option<&str>) -> Option<usize> {
    let mut open = Vec::new();
    for (at, bracket) in value?.match_indices(['(', ')']) {
        if bracket == "(" {
            open.push(at);
        } else {
            open.pop();
        }
    }
    open.first().copied()
}
