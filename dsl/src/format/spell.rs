//! How names and texts are spelled: one way of all that mean the same.

use super::Printer;
use crate::syntax::tree::{Path, Text, TextPart};

/// A name as a bare word if it is one, else in quotes.
pub(super) fn name(name: &str) -> String {
    let mut characters = name.chars();
    let bare = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_');
    if bare {
        return name.to_owned();
    }
    let mut quoted = String::from('"');
    escaped(name, &mut quoted);
    quoted.push('"');
    quoted
}

/// `.a.b` or `line.a`
pub(super) fn path(path: &Path) -> String {
    let root = path.root.as_ref().map(|root| root.text.as_str()).unwrap_or_default();
    format!("{root}{}", segments(&path.segments))
}

/// `.a."odd name"`
pub(super) fn segments(segments: &[String]) -> String {
    segments.iter().map(|segment| format!(".{}", name(segment))).collect()
}

/// A text with its quotes. What is filled into it stands on its line.
pub(super) fn text(text: &Text, printer: &mut Printer<'_>) -> String {
    let mut out = String::from('"');
    let mut parts = text.parts.iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            TextPart::Literal(literal) => {
                let hole_follows = matches!(parts.peek(), Some(TextPart::Hole(_)));
                match literal.strip_suffix('$').filter(|_| hole_follows) {
                    // A bare `$` would make a variable of the hole behind it.
                    Some(before) => {
                        escaped(before, &mut out);
                        out.push_str("\\u0024");
                    }
                    None => escaped(literal, &mut out),
                }
            }
            TextPart::Variable { name, default, .. } => {
                out.push_str("${");
                out.push_str(name);
                if let Some(default) = default {
                    out.push(':');
                    out.push_str(default);
                }
                out.push('}');
            }
            TextPart::Hole(expr) => {
                out.push('{');
                out.push_str(&printer.expression(expr).flat());
                out.push('}');
            }
        }
    }
    out.push('"');
    out
}

/// Characters as they stand between quotes.
fn escaped(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '"' | '\\' | '{' | '}' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            unseen if is_unseen(unseen) => out.push_str(&format!("\\u{:04x}", u32::from(unseen))),
            plain => out.push(plain),
        }
    }
}

/// Characters that an editor does not show, or that change how others are shown. All of them have
/// four hexadecimal digits.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}
