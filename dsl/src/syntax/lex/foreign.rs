//! What other languages, word processors and web pages write on the level of characters: comments,
//! quotes, spaces and signs that look like those of the language.

use std::ops::Range;

use super::{LexemeKind, Lexer, kind_of_sign};
use crate::diagnostic::{Code, Diagnostic};

/// Signs that look or mean like one of the language.
const SIGNS: &[(char, &str)] = &[
    ('–', "-"),
    ('—', "-"),
    ('−', "-"),
    ('≠', "!="),
    ('≤', "<="),
    ('≥', ">="),
    ('×', "*"),
    ('÷', "/"),
    ('→', "to"),
    ('，', ","),
    ('：', ":"),
    ('（', "("),
    ('）', ")"),
    ('｛', "{"),
    ('｝', "}"),
    ('＝', "="),
    ('．', "."),
];

/// The letters that other languages put before the quotes of a text: `f"…"`, `r"…"`.
const PREFIXES: &[&str] = &["f", "F", "r", "R", "b", "u", "s", "t", "fr", "rf", "rb"];

/// Longer texts in foreign quotes are not looked for: most likely they have no end.
const MAX_LENGTH: usize = 4096;

impl Lexer<'_, '_> {
    /// What begins here in another language. `None`: nothing of the kind; `Some(None)`: something
    /// that counts as space.
    pub(super) fn foreign(&mut self, first: char) -> Option<Option<LexemeKind>> {
        let rest = self.rest();
        let behind_colon = self.text.get(..self.at).is_some_and(|before| before.ends_with(':'));
        match first {
            '/' if rest.starts_with("//") && !behind_colon => Some(Some(self.line_comment("//"))),
            '/' if rest.starts_with("/*") => Some(Some(self.block_comment())),
            '-' if self.begins_dashed_comment() => Some(Some(self.line_comment("--"))),
            ';' => {
                self.semicolon();
                Some(None)
            }
            '`' => self.other_quotes(first, &['`']),
            '“' | '”' | '„' | '«' => self.other_quotes(first, &['“', '”', '»', '"']),
            '‘' | '’' => self.other_quotes(first, &['‘', '’', '\'']),
            _ if first.is_ascii() => None,
            _ => self.lookalike(first).map(Some),
        }
    }

    /// `--` begins a comment where it can't be two signs of an expression.
    fn begins_dashed_comment(&self) -> bool {
        let Some(behind) = self.rest().strip_prefix("--") else { return false };
        if behind.lines().next() == Some("-") {
            return false;
        }
        self.line_is_empty || behind.is_empty() || behind.starts_with(char::is_whitespace)
    }

    fn line_comment(&mut self, sign: &str) -> LexemeKind {
        let start = self.at;
        self.skip_while(|character| character != '\n');
        self.mends.blank(start..self.at);
        let at = self.span(start, start + sign.len());
        let message = format!("a comment begins with `#`, not with `{sign}`");
        self.report(Diagnostic::new(Code::Syntax, at, message).fix(at, "#"));
        LexemeKind::Comment
    }

    /// `/* … */`; without its end it is one line long.
    fn block_comment(&mut self) -> LexemeKind {
        let start = self.at;
        let (rest, line) = (self.rest(), self.rest().lines().next().unwrap_or_default());
        let length = rest.find("*/").map_or(line.len(), |end| end + 2);
        self.at += length;
        self.mends.blank(start..self.at);
        let message = "a comment begins with `#` and ends with its line";
        let finding = Diagnostic::new(Code::Syntax, self.span(start, start + 2), message);
        let inside = rest.get(2..length.saturating_sub(2)).unwrap_or_default();
        let alone = rest
            .get(length..)
            .and_then(|behind| behind.lines().next())
            .is_none_or(|behind| behind.trim().is_empty());
        let finding = finding.help("write `#` before each of its lines");
        let lines: Vec<String> = inside
            .lines()
            .map(|line| line.trim().trim_start_matches('*').trim())
            .filter(|line| !line.is_empty())
            .map(|line| format!("# {line}"))
            .collect();
        self.report(match alone && !lines.is_empty() {
            true => finding.fix(self.span(start, self.at), lines.join("\n")),
            false => finding,
        });
        LexemeKind::Comment
    }

    fn semicolon(&mut self) {
        let at = self.at;
        self.bump(';');
        self.mends.blank(at..at + 1);
        let span = self.span(at, at + 1);
        let finding = Diagnostic::new(Code::Syntax, span, "no statement ends with `;`");
        self.report(finding.help("take it out: each statement stands on a line of its own").fix(span, ""));
    }

    /// A text in quotes that are none here. Without their other one they are a sign.
    fn other_quotes(&mut self, open: char, close: &[char]) -> Option<Option<LexemeKind>> {
        let start = self.at;
        let behind = self.rest().get(open.len_utf8()..)?;
        let mut line = behind.char_indices().take(MAX_LENGTH).take_while(|(_, character)| *character != '\n');
        let (length, _) = line.find(|(_, character)| close.contains(character))?;
        let closing = behind.get(length..)?.chars().next()?;
        let inside = behind.get(..length)?;
        let inside_start = start + open.len_utf8();
        let inside_end = inside_start + length;
        self.at = inside_end + closing.len_utf8();
        self.quotes_to_mend(
            start,
            inside,
            &match open {
                '`' => "backticks".to_owned(),
                _ => format!("`{open}…{closing}`"),
            },
        );
        self.mends.replace(start..inside_start, &pad_left(open, '"'));
        self.mends.replace(inside_end..self.at, "\"");
        self.only_characters(inside_start..inside_end);
        Some(Some(LexemeKind::Text))
    }

    /// `"""…"""`, over several lines or not.
    pub(super) fn triple_quoted(&mut self) -> LexemeKind {
        let start = self.at;
        let inside = self.rest().get(3..).unwrap_or_default();
        let (inside, quotes) = match inside.split_once("\"\"\"") {
            Some((inside, _)) => (inside, 3),
            None => (inside.lines().next().unwrap_or_default(), 0),
        };
        self.at = start + 3 + inside.len() + quotes;
        self.quotes_to_mend(start, inside, "`\"\"\"…\"\"\"`");
        let inside = start + 3..start + 3 + inside.len();
        // Without its end, the last character makes room for a quote.
        let last = self.text.get(inside.clone()).and_then(|inside| inside.char_indices().next_back());
        let last = last.map_or(inside.end, |(at, _)| inside.start + at);
        self.mends.replace(start..inside.start, "  \"");
        self.mends.replace(if quotes == 0 { last } else { inside.end }..self.at, "\"");
        self.only_characters(inside);
        LexemeKind::Text
    }

    /// Makes a text of plain characters of what stands there: nobody has bounded the holes in it.
    fn only_characters(&mut self, inside: Range<usize>) {
        let text = self.text.get(inside.clone()).unwrap_or_default();
        for (at, sign) in text.match_indices(['{', '}', '"', '\\', '\n']) {
            let at = inside.start + at;
            self.mends.replace(at..at + sign.len(), "_");
        }
    }

    fn quotes_to_mend(&mut self, start: usize, inside: &str, written: &str) {
        let span = self.span(start, self.at);
        let message = format!("a text is written in double quotes, not in {written}");
        let finding = Diagnostic::new(Code::Quotes, span, message);
        let finding = match inside.contains(['"', '\n']) {
            true => finding.help("write `\\\"` for a quote and `\\n` for a line end inside it"),
            false => finding.fix(span, format!("\"{inside}\"")),
        };
        self.report(finding);
    }

    /// `f"…"`: called where a word has just been read.
    pub(super) fn prefixed_text(&mut self) -> Option<LexemeKind> {
        let quote = self.peek().filter(|quote| matches!(quote, '"' | '\''))?;
        let before = self.text.get(..self.at)?;
        let start = before.rfind(|character| !super::is_word(character)).map_or(0, |at| at + 1);
        let prefix = before.get(start..).filter(|prefix| PREFIXES.contains(prefix))?;
        let prefix_end = self.at;
        self.mends.blank(start..prefix_end);
        let known = self.findings.len();
        let kind = self.lexeme(quote)?;
        if quote == '\'' {
            // The quotes are part of the same slip.
            self.mends.replace(prefix_end..prefix_end + 1, "\"");
            self.mends.replace(self.at - 1..self.at, "\"");
            self.only_characters(prefix_end + 1..self.at - 1);
        }
        if self.findings.len() == known {
            let message = format!("a text has no `{prefix}` before its quotes");
            let finding = Diagnostic::new(Code::Quotes, self.span(start, prefix_end), message);
            let finding = finding.help("holes `{…}` are filled in in every text");
            let inside = self.text.get(prefix_end + 1..self.at - 1).unwrap_or_default();
            let plain = !inside.contains(['"', '\'']);
            self.report(match quote == '\'' && plain {
                true => finding.fix(self.span(start, self.at), format!("\"{inside}\"")),
                false => finding.fix(self.span(start, prefix_end), ""),
            });
        }
        Some(kind)
    }

    /// A sign that looks or means like one of the language.
    fn lookalike(&mut self, first: char) -> Option<LexemeKind> {
        let (_, meant) = SIGNS.iter().find(|(sign, _)| *sign == first)?;
        let start = self.at;
        self.bump(first);
        self.mends.replace(start..self.at, meant);
        if kind_of_sign(meant.chars().next()?) == LexemeKind::Sign {
            self.operator(start);
        }
        let span = self.span(start, self.at);
        let finding =
            Diagnostic::new(Code::Operator, span, format!("`{first}` is not a sign of the language"));
        self.report(finding.help(format!("write `{meant}`")).fix(span, *meant));
        Some(if *meant == "to" { LexemeKind::Word } else { kind_of_sign(meant.chars().next()?) })
    }

    /// Space. What only looks like it, or like nothing at all, is reported.
    pub(super) fn space(&mut self, character: char) {
        let start = self.at;
        self.bump(character);
        if !is_odd_space(character) {
            return;
        }
        self.skip_while(is_odd_space);
        self.mends.blank(start..self.at);
        let (what, with) = match character.is_whitespace() {
            true => ("this is not a plain space", " "),
            false => ("this character has no width", ""),
        };
        let span = self.span(start, self.at);
        let message = format!("{what} (U+{:04X})", u32::from(character));
        self.report(Diagnostic::new(Code::Syntax, span, message).help(PASTED).fix(span, with));
    }
}

const PASTED: &str = "it comes with text that is pasted from a page or a document; take it out";

/// Spaces that the language does not have, and characters without a width.
pub(super) fn is_odd_space(character: char) -> bool {
    let plain = matches!(character, ' ' | '\t' | '\r' | '\n' | '\u{feff}');
    (character.is_whitespace() && !plain)
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}' | '\u{180e}')
}

/// The sign at the end of as many bytes as the other has.
fn pad_left(instead_of: char, sign: char) -> String {
    format!("{}{sign}", " ".repeat(instead_of.len_utf8().saturating_sub(sign.len_utf8())))
}
