//! Outputs and rejects.

use super::Checker;
use super::expressions::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{
    Compression, Destination, Expr, Output, PerObject, Template, TemplatePart, Text, TextPart,
};
use crate::source::Span;
use crate::syntax::tree::{self, Name, Statement, StatementKind};

impl Checker<'_> {
    pub(super) fn output(
        &mut self,
        kind: &Name,
        location: &tree::Text,
        body: &[Statement],
        span: Span,
        scope: &Scope,
    ) -> Option<Output> {
        let known = self.destination_kind(kind, "output");
        let bucket = self.template(location).filter(|bucket| self.bucket(bucket, location));
        let (mut prefix, mut per, mut compression) = (None, None, None);
        for statement in body {
            let at = statement.span;
            match &statement.kind {
                StatementKind::Prefix(text) => {
                    self.once(&mut prefix, "prefix", at, |checker| checker.text_parts(text, scope));
                }
                StatementKind::OneObjectPer(word) => {
                    let words = [("record", PerObject::Record), ("batch", PerObject::Batch)];
                    self.once(&mut per, "one object per", at, |checker| checker.word(word, &words));
                }
                StatementKind::Compression(word) => {
                    let words = [("gzip", Compression::Gzip), ("none", Compression::None)];
                    self.once(&mut compression, "compression", at, |checker| checker.word(word, &words));
                }
                _ => {
                    let help = "an output holds `prefix`, `one object per` and `compression`";
                    self.misplaced(statement, "an output", help, scope.complete);
                }
            }
        }
        if let Some((Some(text), at)) = &prefix {
            self.steady(text, *at);
        }
        Some(Output {
            bucket: bucket.filter(|_| known)?,
            prefix: prefix.map_or(Some(Text(Vec::new())), |(prefix, _)| prefix)?,
            per: per.and_then(|(per, _)| per).unwrap_or_default(),
            compression: compression.and_then(|(compression, _)| compression).unwrap_or_default(),
            span,
        })
    }

    pub(super) fn rejects(&mut self, kind: &Name, location: &tree::Text, span: Span) -> Option<Destination> {
        let known = self.destination_kind(kind, "rejects");
        let location = self.template(location)?;
        known.then(|| Destination { kind: kind.text.clone(), location, span })
    }

    /// Whether a text can be the name of a bucket, as far as it is known.
    fn bucket(&mut self, bucket: &Template, location: &tree::Text) -> bool {
        let [TemplatePart::Literal(name)] = bucket.0.as_slice() else { return true };
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let good = (3..=63).contains(&name.len())
            && name.bytes().all(fits)
            && ends(name.as_bytes().first())
            && ends(name.as_bytes().last());
        if !good {
            let message = format!("`{name}` is not the name of a bucket");
            let finding = Diagnostic::new(Code::Destination, location.span, message);
            self.report(if name.contains('/') {
                finding.help("write the bucket's name alone; folders go into `prefix`")
            } else {
                finding.help("a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens")
            });
        }
        good
    }

    /// A prefix must be the same when a record comes again: else it is written twice.
    fn steady(&mut self, prefix: &Text, span: Span) {
        let mut clock = false;
        for part in &prefix.0 {
            if let TextPart::Hole(hole) = part {
                hole.walk(&mut |expr| {
                    clock |= matches!(expr, Expr::Call { function, .. } if function == "now");
                });
            }
        }
        if clock {
            let message = "a prefix that holds `now()` differs when a record comes again";
            let finding = Diagnostic::new(Code::Destination, span, message);
            self.report(
                finding.help("use the record's own time: `format_time(record.arrival, \"%Y/%m/%d\")`"),
            );
        }
    }

    fn destination_kind(&mut self, kind: &Name, what: &str) -> bool {
        match kind.text.as_str() {
            "s3" => return true,
            "firehose" | "sqs" => {
                let message = format!("this version does not know `{what} {}` yet", kind.text);
                self.report(Diagnostic::new(Code::Unsupported, kind.span, message).help("use `s3`"));
            }
            other => {
                let message = format!("`{other}` is not a kind of {what}");
                let finding = Diagnostic::new(Code::Destination, kind.span, message);
                let finding = self.did_you_mean(finding, kind, &["s3"], "the kind is");
                self.report(finding);
            }
        }
        false
    }

    pub(super) fn word<T: Copy>(&mut self, word: &Name, words: &[(&str, T)]) -> Option<T> {
        if let Some((_, value)) = words.iter().find(|(name, _)| *name == word.text) {
            return Some(*value);
        }
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let message = format!("`{}` can't stand here", word.text);
        let finding = Diagnostic::new(Code::UnknownWord, word.span, message);
        let finding = self.did_you_mean(finding, word, &names, "the words here are");
        self.report(finding);
        None
    }
}
