//! The first look at a file: words, texts, brackets and comments, with their places.
//!
//! It knows just enough to find where items and statements begin and end in a file that does not
//! parse, and to check nesting and operators before anything recurses on them.

use super::recover::STATEMENTS;
use super::tree::Trivia;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::{MAX_NESTING, MAX_OPERATORS};
use crate::source::{FileId, Span};

/// A piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lexeme {
    pub(super) kind: LexemeKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether only space stands before it on its line.
    pub(super) first_on_line: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LexemeKind {
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
    pub(super) fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn span(&self, file: FileId) -> Span {
        Span::new(file, self.start, self.end)
    }
}

/// All lexemes of a file. Texts without an end, nesting that is too deep and statements with too many
/// operators are reported.
pub(super) fn lex(text: &str, file: FileId, findings: &mut Vec<Diagnostic>) -> Vec<Lexeme> {
    let mut lexer = Lexer { text, file, at: 0, operators: 0, refused: false, findings };
    let mut lexemes = Vec::new();
    let mut depth = 0_usize;
    let mut line_is_empty = true;
    while let Some(character) = lexer.peek() {
        let start = lexer.at;
        if character.is_whitespace() || character == '\u{feff}' {
            lexer.bump(character);
            line_is_empty |= character == '\n';
            continue;
        }
        let kind = lexer.lexeme(character);
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
        lexemes.push(Lexeme { kind, start, end: lexer.at, first_on_line: line_is_empty });
        line_is_empty = false;
    }
    // What is nested too deep is not parsed at all: the finding is the answer.
    if lexer.refused { Vec::new() } else { lexemes }
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
    findings: &'f mut Vec<Diagnostic>,
}

impl Lexer<'_, '_> {
    fn lexeme(&mut self, first: char) -> LexemeKind {
        match first {
            '#' => {
                self.skip_while(|character| character != '\n');
                LexemeKind::Comment
            }
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
                self.skip_while(|character| character.is_ascii_alphanumeric() || character == '.');
                LexemeKind::Operand
            }
            _ if is_word(first) => {
                self.word();
                LexemeKind::Word
            }
            _ => {
                self.sign(first);
                match first {
                    '{' => LexemeKind::OpenBrace,
                    '}' => LexemeKind::CloseBrace,
                    '(' => LexemeKind::OpenGroup,
                    ')' => LexemeKind::CloseGroup,
                    _ => LexemeKind::Sign,
                }
            }
        }
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
        if matches!(self.text.get(start..self.at), Some("if" | "and" | "or" | "not")) {
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
        self.text.get(start..self.at).is_some_and(|word| STATEMENTS.contains(&word))
            && !behind.starts_with('.')
            && !behind.trim_start().starts_with('(')
    }

    /// A text from its opening quote on, through holes and the texts in them.
    fn text(&mut self, depth: usize) {
        let start = self.at;
        self.eat('"');
        loop {
            match self.peek() {
                Some('"') => {
                    self.eat('"');
                    return;
                }
                None | Some('\n') => return self.unclosed(start),
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
                Some('{') => self.hole(depth, start),
                Some(other) => self.bump(other),
            }
        }
    }

    fn hole(&mut self, depth: usize, text_start: usize) {
        if depth >= MAX_NESTING {
            self.too_deep(text_start);
            return self.skip_while(|character| character != '\n');
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
                        return;
                    }
                }
                // Here a comment begins, as anywhere between words: the text has no end then.
                Some('#') => self.skip_while(|character| character != '\n'),
                // The text itself reports the end of the line.
                None | Some('\n') => return,
                Some(other) if is_word(other) => self.word(),
                Some(other) => self.sign(other),
            }
            if open > MAX_NESTING {
                self.too_deep(text_start);
                return self.skip_while(|character| character != '\n');
            }
        }
    }

    fn unclosed(&mut self, start: usize) {
        // A nested text ends where its line ends, and so does the one around it: one finding is enough.
        let span = Span::new(self.file, start, self.at);
        if self
            .findings
            .last()
            .is_some_and(|last| last.code == Code::UnclosedText && last.primary.span.end == span.end)
        {
            self.findings.pop();
        }
        self.findings.push(
            Diagnostic::new(Code::UnclosedText, span, "this text has no closing `\"` on its line")
                .help("a text ends on the line it begins on; write `\\n` for a line end inside it"),
        );
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

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..).and_then(|rest| rest.chars().next())
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

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_operator(character: char) -> bool {
    matches!(character, '+' | '-' | '*' | '/' | '%' | '?' | '<' | '>' | '=' | '!' | '&' | '|')
}
