//! Keywords in capitals, as SQL has them.

use super::lex::{Lexeme, LexemeKind};
use super::mends::Mends;
use super::words::{CLAUSES, STATEMENTS};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// Keywords inside statements that people write in capitals. Words that may as well be names of
/// attributes (`KEY`, `MAX`) are none of them.
const INSIDE: &[&str] = &[
    "from", "where", "to", "into", "as", "default", "required", "except", "instead", "and", "or", "not",
    "if", "then", "else", "by", "each", "in", "found", "missing", "error",
];

/// Finds the keywords in capitals of an item that does not parse, and mends them. One finding a
/// statement.
pub(super) fn mend(
    text: &str,
    file: FileId,
    lexemes: &[&Lexeme],
    mends: &mut Mends,
    findings: &mut Vec<Diagnostic>,
) {
    let mut statement: Vec<&Lexeme> = Vec::new();
    let mut before = "";
    let mut in_case = false;
    for (at, lexeme) in lexemes.iter().enumerate() {
        let word = lexeme.text(text);
        // `CASE WHEN …` is no spelling of anything here: the statement is told about that.
        in_case = (in_case && !lexeme.first_on_line) || word == "CASE";
        let begins = lexeme.kind == LexemeKind::Word && begins_statement(word, lexeme, before);
        if lexeme.first_on_line && STATEMENTS.contains(&word) {
            report(text, file, &std::mem::take(&mut statement), findings);
        }
        if begins || (lexeme.kind == LexemeKind::Word && !in_case && is_keyword_inside(word, before)) {
            if begins {
                report(text, file, &std::mem::take(&mut statement), findings);
            }
            // `where a = .b AND c = .d`: that it is no comma is the finding.
            let next = |ahead: usize| lexemes.get(at + ahead).map(|next| next.text(text));
            let joins_parts = word == "AND" && next(2) == Some("=") && next(3) != Some("=");
            if !joins_parts {
                statement.push(lexeme);
            }
            mends.replace(lexeme.start..lexeme.end, &word.to_lowercase());
        }
        before = word;
    }
    report(text, file, &statement, findings);
}

fn begins_statement(word: &str, lexeme: &Lexeme, before: &str) -> bool {
    let lower = word.to_lowercase();
    let known = STATEMENTS.contains(&lower.as_str()) || CLAUSES.contains(&lower.as_str());
    lower != word && known && (lexeme.first_on_line || matches!(before, "{" | "}"))
}

fn is_keyword_inside(word: &str, before: &str) -> bool {
    let capitals = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    // Names stand behind these.
    let name = matches!(
        before,
        "copy" | "COPY" | "except" | "EXCEPT" | "where" | "WHERE" | "," | "lookup" | "LOOKUP"
    );
    capitals && !name && INSIDE.contains(&word.to_lowercase().as_str())
}

fn report(text: &str, file: FileId, words: &[&Lexeme], findings: &mut Vec<Diagnostic>) {
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
    let span = Span::new(file, first.start, last.end);
    let mut lower = String::new();
    let mut end = first.start;
    for word in words {
        lower.push_str(text.get(end..word.start).unwrap_or_default());
        lower.push_str(&word.text(text).to_lowercase());
        end = word.end;
    }
    let words: Vec<&str> = words.iter().map(|word| word.text(text)).collect();
    let message = match words.as_slice() {
        [word] => format!("`{word}` is written `{}`: keywords are lower case", word.to_lowercase()),
        _ => "keywords are lower case".to_owned(),
    };
    findings.push(
        Diagnostic::new(Code::Syntax, Span { end: span.start + len(first), ..span }, message)
            .fix(span, lower),
    );
}

fn len(lexeme: &Lexeme) -> u32 {
    u32::try_from(lexeme.end - lexeme.start).unwrap_or(0)
}
