//! The first look at a file: words, texts, brackets and comments, with their places.
//!
//! It knows just enough to find where items and statements begin and end in a file that does not
//! parse, and to check nesting and operators before anything recurses on them. What other languages write
//! on this level (`foreign`) and texts that do not end (`texts`) are reported here, and mended in the
//! text that the parser reads, so that they are one finding each and nothing follows from them.

mod foreign;
mod texts;

use super::mends::Mends;
use super::tree::Trivia;
use super::words::STATEMENTS;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::{MAX_FINDINGS, MAX_NESTING, MAX_OPERATORS};
use crate::source::{FileId, Span};

/// A piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lexeme {
    /// What it is.
    pub kind: LexemeKind,
    /// Offset of its first byte.
    pub start: usize,
    /// Offset behind its last byte.
    pub end: usize,
    /// Whether only space stands before it on its line.
    pub first_on_line: bool,
}

/// What a piece of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LexemeKind {
    /// A bare word; not one behind a dot.
    Word,
    /// A path from its dot on, or a number, or another operand without brackets.
    Operand,
    /// A text with its holes.
    Text,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `(`
    OpenGroup,
    /// `)`
    CloseGroup,
    /// Any other sign.
    Sign,
    /// From `#` to the end of the line.
    Comment,
}

impl Lexeme {
    /// The piece, out of the text that it was found in.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn span(&self, file: FileId) -> Span {
        Span::new(file, self.start, self.end)
    }
}

/// A file at first sight.
pub(super) struct Lexed {
    pub(super) lexemes: Vec<Lexeme>,
    /// What the parser is to read instead of what is written, where that is reported already.
    pub(super) mends: Mends,
}

/// All lexemes of a file. Reported are texts without an end, nesting that is too deep, statements with
/// too many operators, and what other languages write for comments, quotes and signs.
pub(super) fn lex(text: &str, file: FileId, findings: &mut Vec<Diagnostic>) -> Lexed {
    let mut lexer = Lexer::new(text, file, findings);
    let mut lexemes = Vec::new();
    let mut depth = 0_usize;
    lexer.line_is_empty = true;
    while let Some(character) = lexer.peek() {
        let start = lexer.at;
        if character.is_whitespace() || character == '\u{feff}' || foreign::is_odd_space(character) {
            lexer.space(character);
            lexer.line_is_empty |= character == '\n';
            continue;
        }
        let Some(kind) = lexer.lexeme(character) else { continue };
        match kind {
            LexemeKind::OpenBrace | LexemeKind::OpenGroup => depth += 1,
            LexemeKind::CloseBrace | LexemeKind::CloseGroup => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            lexer.too_deep(start);
        }
        if kind == LexemeKind::OpenBrace || kind == LexemeKind::Word && lexer.begins_statement(start) {
            lexer.operators = 0;
        }
        lexemes.push(Lexeme { kind, start, end: lexer.at, first_on_line: lexer.line_is_empty });
        lexer.line_is_empty = false;
    }
    // What is nested too deep is not parsed at all: the finding is the answer.
    Lexed { lexemes: if lexer.refused { Vec::new() } else { lexemes }, mends: lexer.mends }
}

/// The comments and blank lines of a file.
pub(super) fn trivia(text: &str, file: FileId, lexemes: &[Lexeme]) -> Vec<Trivia> {
    let mut trivia = Vec::new();
    let mut end = 0;
    for lexeme in lexemes {
        let space = text.get(end..lexeme.start).unwrap_or_default();
        if space.matches('\n').count() > 1 {
            trivia.push(Trivia::Blank { span: Span::new(file, end, lexeme.start) });
        }
        if lexeme.kind == LexemeKind::Comment {
            trivia.push(Trivia::Comment { span: lexeme.span(file), own_line: lexeme.first_on_line });
        }
        end = lexeme.end;
    }
    trivia
}

struct Lexer<'t, 'f> {
    text: &'t str,
    file: FileId,
    at: usize,
    /// How many operators the statement has so far.
    operators: usize,
    /// Whether something was found that nothing may recurse on.
    refused: bool,
    /// Whether nothing but space stands before `at` on its line.
    line_is_empty: bool,
    /// How many more texts are read a second time, because a hole in them has no end.
    second_looks: usize,
    mends: Mends,
    findings: &'f mut Vec<Diagnostic>,
}

impl<'t, 'f> Lexer<'t, 'f> {
    fn new(text: &'t str, file: FileId, findings: &'f mut Vec<Diagnostic>) -> Self {
        Self {
            text,
            file,
            at: 0,
            operators: 0,
            refused: false,
            line_is_empty: true,
            second_looks: MAX_FINDINGS,
            mends: Mends::default(),
            findings,
        }
    }

    /// The lexeme that begins here; `None` where what stands here is reported and counts as space.
    fn lexeme(&mut self, first: char) -> Option<LexemeKind> {
        Some(match first {
            '#' => {
                self.skip_while(|character| character != '\n');
                LexemeKind::Comment
            }
            '"' if self.rest().starts_with("\"\"\"") => self.triple_quoted(),
            '"' => {
                self.text(0);
                LexemeKind::Text
            }
            '\'' => {
                self.bump(first);
                self.skip_while(|character| character != '\'' && character != '\n');
                self.eat('\'');
                LexemeKind::Text
            }
            '.' => {
                self.path();
                LexemeKind::Operand
            }
            _ if first.is_ascii_digit() => {
                self.skip_while(|character| is_word(character) || character == '.');
                LexemeKind::Operand
            }
            _ if is_word(first) => {
                self.word();
                self.prefixed_text().unwrap_or(LexemeKind::Word)
            }
            _ => return self.foreign(first).unwrap_or_else(|| Some(self.sign_lexeme(first))),
        })
    }

    fn sign_lexeme(&mut self, sign: char) -> LexemeKind {
        self.sign(sign);
        kind_of_sign(sign)
    }

    /// `.a."b".c`, from a dot on.
    fn path(&mut self) {
        while self.eat('.') {
            if self.peek() == Some('"') {
                self.text(0);
            } else {
                self.skip_while(is_word);
            }
        }
    }

    fn word(&mut self) {
        let start = self.at;
        self.skip_while(is_word);
        // In capitals they are mended, and count too.
        let word = self.text.get(start..self.at).unwrap_or_default();
        if ["if", "and", "or", "not"].iter().any(|operator| word.eq_ignore_ascii_case(operator)) {
            self.operator(start);
        }
    }

    /// One character that is no word's. The second one of `==` is no operator more.
    fn sign(&mut self, sign: char) {
        let start = self.at;
        let before = self.text.get(..start).and_then(|before| before.chars().next_back());
        if is_operator(sign) && !before.is_some_and(is_operator) {
            self.operator(start);
        }
        self.bump(sign);
    }

    fn operator(&mut self, at: usize) {
        self.operators += 1;
        if self.operators > MAX_OPERATORS && !self.refused {
            self.refused = true;
            let message = format!("a statement may have {MAX_OPERATORS} operators, and here is one more");
            self.findings.push(
                Diagnostic::new(Code::TooDeep, Span::new(self.file, at, at), message)
                    .help("split the statement, or look the values up in a table"),
            );
        }
    }

    /// Whether the word that was just read begins a statement, and is no name in an expression.
    fn begins_statement(&self, start: usize) -> bool {
        let behind = self.text.get(self.at..).unwrap_or_default();
        let word = self.text.get(start..self.at).unwrap_or_default();
        STATEMENTS.iter().any(|statement| word.eq_ignore_ascii_case(statement))
            && !behind.starts_with('.')
            && !behind.trim_start().starts_with('(')
    }

    fn too_deep(&mut self, at: usize) {
        if std::mem::replace(&mut self.refused, true) {
            return;
        }
        let span = Span::new(self.file, at, self.at.max(at));
        let message = format!("brackets are nested deeper than {MAX_NESTING} levels here");
        self.findings.push(
            Diagnostic::new(Code::TooDeep, span, message).help("split the expression into several `set`"),
        );
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn report(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn bump(&mut self, character: char) {
        self.at += character.len_utf8();
    }

    fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.bump(expected);
        }
        found
    }

    fn skip_while(&mut self, skip: impl Fn(char) -> bool) {
        while let Some(character) = self.peek().filter(|&character| skip(character)) {
            self.bump(character);
        }
    }
}

fn kind_of_sign(sign: char) -> LexemeKind {
    match sign {
        '{' => LexemeKind::OpenBrace,
        '}' => LexemeKind::CloseBrace,
        '(' => LexemeKind::OpenGroup,
        ')' => LexemeKind::CloseGroup,
        _ => LexemeKind::Sign,
    }
}

pub(super) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_operator(character: char) -> bool {
    matches!(character, '+' | '-' | '*' | '/' | '%' | '?' | '<' | '>' | '=' | '!' | '&' | '|')
}
