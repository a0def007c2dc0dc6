//! The first look at a file of tests: comments, blank lines, and how deep brackets are nested.

use crate::limits::MAX_JSON_NESTING;
use crate::source::{FileId, Span};
use crate::syntax::tree::Trivia;

/// What a first look tells.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    /// The comments and blank lines, in their order.
    pub(super) trivia: Vec<Trivia>,
    /// Where brackets are nested too deep: what parses them recurses.
    pub(super) too_deep: Option<usize>,
}

/// Looks at a file.
pub(super) fn scan(text: &str, file: FileId) -> Scanned {
    let mut scanned = Scanned::default();
    let (mut at, mut depth) = (0, 0_usize);
    // What is white space only, from here to where the scan is; and whether its line has a word before it.
    let (mut space, mut own_line) = (0, true);
    while let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if character.is_whitespace() || character == '\u{feff}' {
            own_line |= character == '\n';
            at += character.len_utf8();
            continue;
        }
        if text.get(space..at).unwrap_or_default().matches('\n').count() > 1 {
            scanned.trivia.push(Trivia::Blank { span: Span::new(file, space, at) });
        }
        let rest = text.get(at..).unwrap_or_default();
        let length = match character {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' => text_length(rest),
            _ => character.len_utf8(),
        };
        match character {
            '#' => {
                let span = Span::new(file, at, at + length);
                scanned.trivia.push(Trivia::Comment { span, own_line });
            }
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_JSON_NESTING {
            scanned.too_deep = Some(at);
            return scanned;
        }
        own_line = false;
        at += length;
        space = at;
    }
    scanned
}

/// How long the text is that begins here: to its closing quote, or to the end of the line.
pub(super) fn text_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
