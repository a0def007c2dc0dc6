//! Words and names of the language, letter by letter.

use enrich_dsl::syntax::words::KEYWORDS;

/// Whether a word can have this character.
pub(super) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Whether a text can be a name: a letter or `_`, then letters, digits and `_`.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && text.chars().all(is_word)
}

/// Whether a word is the language's own.
pub(super) fn is_keyword(text: &str) -> bool {
    KEYWORDS.contains(&text)
}

/// The length of the quoted text that `text` begins with.
pub(super) fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A name as it stands in a path or a list of attributes: in quotes where it must be.
pub(super) fn spelled(name: &str) -> String {
    if is_name(name) { name.to_owned() } else { format!("{name:?}") }
}
