//! Texts: escapes, variables, holes.

use pest::iterators::Pair;

use super::Lower;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::parser::Rule;
use crate::syntax::tree::{Text, TextPart};

impl Lower<'_> {
    pub(super) fn text(&mut self, pair: Pair<'_, Rule>) -> Option<Text> {
        let span = self.span(&pair);
        let mut parts: Vec<TextPart> = Vec::new();
        let mut surrogate = None;
        for part in pair.into_inner() {
            let part_span = self.span_exact(&part);
            match part.as_rule() {
                Rule::literal => literal(&mut parts, part.as_str()),
                Rule::escape => match self.escape(part.as_str(), part_span, &mut surrogate) {
                    Some(character) => literal(&mut parts, character.encode_utf8(&mut [0; 4])),
                    None => continue,
                },
                Rule::variable => parts.push(self.variable(part.as_str(), part_span)?),
                Rule::hole => parts.push(TextPart::Hole(self.expression(part)?)),
                _ => {
                    let finding = Diagnostic::new(Code::StrayBrace, part_span, "this `}` closes no hole");
                    self.report(finding.help("write `\\}` for the character itself").fix(part_span, "\\}"));
                }
            }
            if let Some((_, at)) = surrogate.take() {
                self.bad_escape(at, "half of a surrogate pair");
            }
        }
        if let Some((_, at)) = surrogate {
            self.bad_escape(at, "half of a surrogate pair");
        }
        Some(Text { parts, span })
    }

    /// The name inside `."…"` or of a quoted attribute: escapes, no holes.
    pub(super) fn odd_name(&mut self, pair: Pair<'_, Rule>) -> String {
        let mut name = String::new();
        let mut surrogate = None;
        for part in pair.into_inner() {
            let span = self.span_exact(&part);
            if part.as_rule() == Rule::escape {
                name.extend(self.escape(part.as_str(), span, &mut surrogate));
            } else {
                name.push_str(part.as_str());
            }
        }
        name
    }

    /// The character of one escape. The first half of a surrogate pair waits for the second.
    fn escape(&mut self, text: &str, span: Span, waiting: &mut Option<(u32, Span)>) -> Option<char> {
        let first = waiting.take();
        let mut characters = text.strip_prefix('\\').unwrap_or(text).chars();
        let character = match characters.next() {
            Some('u') => {
                let unit = u32::from_str_radix(characters.as_str(), 16).unwrap_or(0xd800);
                match (first, unit) {
                    (None, 0xd800..=0xdbff) => {
                        *waiting = Some((unit, span));
                        return None;
                    }
                    (Some((high, _)), 0xdc00..=0xdfff) => {
                        char::from_u32(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00))
                    }
                    (None, _) => char::from_u32(unit),
                    (Some(_), _) => None,
                }
            }
            Some('n') => Some('\n'),
            Some('t') => Some('\t'),
            Some('r') => Some('\r'),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some(plain @ ('"' | '\\' | '/' | '{' | '}')) => Some(plain),
            _ => None,
        };
        if character.is_none() {
            self.bad_escape(span, &format!("`{text}` is not an escape"));
        }
        character
    }

    fn bad_escape(&mut self, span: Span, what: &str) {
        let message = if what.starts_with('`') { what.to_owned() } else { format!("this escape is {what}") };
        self.report(
            Diagnostic::new(Code::Escape, span, message)
                .help("the escapes are those of JSON, and `\\{` and `\\}`; write `\\\\` for a backslash"),
        );
    }

    fn variable(&mut self, text: &str, span: Span) -> Option<TextPart> {
        let inside = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
        let (name, default) = match inside.split_once(':') {
            Some((name, default)) => (name, Some(default.to_owned())),
            None => (inside, None),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty()
            || name.starts_with(|first: char| first.is_ascii_digit())
            || !name.bytes().all(plain)
        {
            let finding =
                Diagnostic::new(Code::Variable, span, format!("`{name}` is not the name of a variable"));
            if name.contains(['.', '(']) {
                let hole = Span { end: span.start + 1, ..span };
                self.report(
                    finding.help(format!("a value of the event is a hole, `{{{inside}}}`")).fix(hole, ""),
                );
                return None;
            }
            self.report(finding.help("write `${NAME}` or `${NAME:default}`, with letters, digits and `_`"));
            return None;
        }
        Some(TextPart::Variable { name: name.to_owned(), default, span })
    }

    /// The place with all its spaces: inside a text they count.
    fn span_exact(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span::new(self.file, self.base + span.start(), self.base + span.end())
    }
}

fn literal(parts: &mut Vec<TextPart>, text: &str) {
    match parts.last_mut() {
        Some(TextPart::Literal(last)) => last.push_str(text),
        _ => parts.push(TextPart::Literal(text.to_owned())),
    }
}
