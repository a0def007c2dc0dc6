//! A block's lexemes cut where its statements begin.

use super::lex::{Lexeme, LexemeKind};
use super::words::{INNER, OUTCOMES, STATEMENTS};

/// Cuts a block's lexemes where its statements begin: with one of `words`, or with a new line.
pub(super) fn pieces<'p, 'l>(text: &str, body: &'p [&'l Lexeme], words: &[&str]) -> Vec<&'p [&'l Lexeme]> {
    let mut pieces = Vec::new();
    let (mut braces, mut groups) = (0_usize, 0_usize);
    let mut start = 0;
    // Whether the piece has come to a block; before that it is a head.
    let mut opened = false;
    for (at, lexeme) in body.iter().enumerate() {
        // A parenthesis that is never closed ends where a line begins with a statement.
        let group_ends = lexeme.first_on_line && words.contains(&lexeme.text(text));
        if braces == 0
            && (groups == 0 || group_ends)
            && at > start
            && begins(text, body, (start, opened), at, words)
        {
            pieces.extend(body.get(start..at));
            (start, groups, opened) = (at, 0, false);
        }
        match lexeme.kind {
            LexemeKind::OpenBrace => (braces, opened) = (braces + 1, true),
            LexemeKind::CloseBrace => (braces, groups) = (braces.saturating_sub(1), 0),
            LexemeKind::OpenGroup => groups += 1,
            LexemeKind::CloseGroup => groups = groups.saturating_sub(1),
            _ => {}
        }
    }
    pieces.extend(body.get(start..).filter(|rest| !rest.is_empty()));
    pieces
}

/// Whether a statement begins at this lexeme, in the piece that begins at `start`.
fn begins(text: &str, body: &[&Lexeme], (start, opened): (usize, bool), at: usize, words: &[&str]) -> bool {
    let (Some(lexeme), Some(before)) = (body.get(at), at.checked_sub(1).and_then(|at| body.get(at))) else {
        return false;
    };
    let word = lexeme.text(text);
    let next = body.get(at + 1).map(|next| next.text(text)).unwrap_or_default();
    if lexeme.kind != LexemeKind::Word || INNER.contains(&word) {
        let operand_wanted = match before.kind {
            LexemeKind::Sign | LexemeKind::OpenGroup => true,
            LexemeKind::Word => is_keyword(before.text(text)),
            _ => false,
        };
        return lexeme.first_on_line && !operand_wanted && begins_without_a_word(lexeme, word, next);
    }
    // Behind a sign (`=`, `??`) an operand goes on, whatever it is called; but a line that begins with
    // a statement's own word behind `=` means that the operand was forgotten.
    let sign = before.text(text);
    if matches!(before.kind, LexemeKind::Sign | LexemeKind::OpenGroup) {
        let own_word = lexeme.first_on_line && words.contains(&word);
        return own_word && (sign != "," || !goes_on_with_a_list(text, body, start, at));
    }
    let goes_on = match sign {
        "copy" if lexeme.first_on_line && words.contains(&word) => false,
        "copy" | "except" | "as" | "from" | "lookup" | "rejects" | "output" => true,
        "drop" => word == "when",
        "no" => word == "key",
        _ => (word == "on" && next == "invalid") || (!opened && in_a_head(text, body, start, at, next)),
    };
    !goes_on && (words.contains(&word) || lexeme.first_on_line)
}

fn is_keyword(word: &str) -> bool {
    INNER.contains(&word) || STATEMENTS.contains(&word)
}

/// `.x = 1`, `"x": 1` and `if … { … }` at the start of a line: statements of other languages.
fn begins_without_a_word(lexeme: &Lexeme, word: &str, next: &str) -> bool {
    match lexeme.kind {
        LexemeKind::Operand => word.starts_with('.') && matches!(next, "=" | ":" | "+"),
        LexemeKind::Text => next == ":",
        LexemeKind::Word => word == "if" || (word == "else" && next == "{"),
        _ => false,
    }
}

/// Whether a line that begins with a statement's word goes on with the list above: only names of
/// attributes can be such words, and they are behind `copy` and `where`.
fn goes_on_with_a_list(text: &str, body: &[&Lexeme], start: usize, at: usize) -> bool {
    let first = body.get(start).map(|first| first.text(text)).unwrap_or_default();
    let next = body.get(at + 1).map(|next| next.text(text)).unwrap_or_default();
    let behind_name = [",", "=", ":", "to", "into", "as", "default", "required", "}", ""];
    matches!(first, "copy" | "lookup" | "key" | "index" | "attributes") && behind_name.contains(&next)
}

/// Whether a statement's word stands in the head of a block: `lookup … on id = .id {`,
/// `on error drop`, `output s3 "b" prefix "p"`, `index "i" key`. Nothing else can begin there.
fn in_a_head(text: &str, body: &[&Lexeme], start: usize, at: usize, next: &str) -> bool {
    let Some((first, lexeme)) = body.get(start).zip(body.get(at)) else { return false };
    match first.text(text) {
        "lookup" => lexeme.text(text) == "on" && !OUTCOMES.contains(&next),
        "on" => !lexeme.first_on_line && body.get(at - 1).is_some_and(|before| before.text(text) != "retry"),
        "output" => !lexeme.first_on_line && matches!(lexeme.text(text), "prefix" | "one" | "compression"),
        "index" => !lexeme.first_on_line && lexeme.text(text) == "key",
        "join" => !lexeme.first_on_line,
        _ => false,
    }
}
