//! The head of an item that does not parse: its word, its name and the brace.

use super::lex::{Lexeme, LexemeKind, is_word};
use super::recover::Recovery;
use super::tree::Name;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

impl Recovery<'_, '_> {
    /// The name of an item, from the lexemes before its `{`. Where one can be told although the head
    /// is wrong, it counts, so that uses of it are not reported too.
    pub(super) fn header(&mut self, head: &[&Lexeme], opened: bool) -> Option<Name> {
        let (word, rest) = head.split_first()?;
        let item = word.text(self.text);
        let Some((first, behind)) = rest.split_first() else {
            self.nameless(word, item);
            return None;
        };
        if first.kind == LexemeKind::Text {
            return self.quoted_name(first, item);
        }
        if first.kind != LexemeKind::Word {
            self.nameless(word, item);
            return None;
        }
        let joined = behind.iter().take_while(|lexeme| lexeme.kind != LexemeKind::OpenGroup);
        let end = joined.fold(first.end, |end, lexeme| if lexeme.start == end { lexeme.end } else { end });
        let whole = self.text.get(first.start..end).unwrap_or_default().trim_end_matches(':');
        if whole.len() > first.end - first.start {
            return Some(self.odd_name(first.start, whole, item));
        }
        let name = Name { text: first.text(self.text).to_owned(), span: first.span(self.file) };
        match (behind.first(), behind.last()) {
            (Some(next), Some(last)) if opened => self.too_much(next, last, item),
            (next, _) if !opened => self.brace_expected(next.copied().unwrap_or(first), item),
            _ => {}
        }
        Some(name)
    }

    fn nameless(&mut self, word: &Lexeme, item: &str) {
        let finding =
            Diagnostic::new(Code::Syntax, word.span(self.file), format!("this `{item}` has no name"));
        self.findings.push(finding.help(format!("write `{item} NAME {{ … }}`")));
    }

    fn quoted_name(&mut self, text: &Lexeme, item: &str) -> Option<Name> {
        let span = text.span(self.file);
        let inside = text.text(self.text).trim_matches(['"', '\'', ' ']);
        let plain = plain_name(inside);
        let finding =
            Diagnostic::new(Code::Syntax, span, format!("the name of a {item} stands without quotes"));
        self.findings.push(match &plain {
            Some(plain) => finding.fix(span, plain.as_str()),
            None => finding.help(format!("write `{item} NAME {{ … }}`")),
        });
        plain.map(|text| Name { text, span })
    }

    /// `my-rule`, `my.rule`
    fn odd_name(&mut self, start: usize, written: &str, item: &str) -> Name {
        let span = Span::new(self.file, start, start + written.len());
        let message = format!("`{written}` is not a name: a name has letters, digits and `_`");
        let finding = Diagnostic::new(Code::Syntax, span, message);
        let plain = plain_name(written);
        self.findings.push(match &plain {
            Some(plain) => finding.help(format!("write `{item} {plain}`")).fix(span, plain.as_str()),
            None => finding,
        });
        Name { text: plain.unwrap_or_default(), span }
    }

    /// Something between the name and the brace.
    fn too_much(&mut self, next: &Lexeme, last: &Lexeme, item: &str) {
        let found = next.text(self.text);
        let finding =
            Diagnostic::new(Code::Syntax, next.span(self.file), format!("expected `{{`, found `{found}`"));
        let sign = next.kind != LexemeKind::Word;
        self.findings.push(if sign {
            finding.help("take it out").fix(Span::new(self.file, next.start, last.end), "")
        } else {
            finding.help(format!("all that belongs to the {item} stands between its braces"))
        });
    }

    fn brace_expected(&mut self, lexeme: &Lexeme, item: &str) {
        let finding =
            Diagnostic::new(Code::Syntax, lexeme.span(self.file), "expected `{` behind this".to_owned());
        self.findings
            .push(finding.help(format!("all that belongs to the {item} stands between `{{` and `}}`")));
    }
}

/// The name with `_` for what a name can't have.
pub(super) fn plain_name(written: &str) -> Option<String> {
    let name: String =
        written.chars().map(|character| if is_word(character) { character } else { '_' }).collect();
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    begins_well.then_some(name)
}
