//! Outputs and rejects.

use super::Checker;
use super::expressions::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{
    Compression, DeliveryStream, Destination, DestinationKind, Expr, Objects, Output, PerObject, Queue,
    Template, TemplatePart, Text, TextPart, is_delivery_stream,
};
use crate::source::Span;
use crate::syntax::tree::{self, Name, Statement, StatementKind};

/// Where enriched events can go.
#[derive(Clone, Copy)]
enum OutputKind {
    S3,
    Firehose,
}

impl Checker<'_> {
    pub(super) fn output(
        &mut self,
        kind: &Name,
        location: &tree::Text,
        body: &[Statement],
        span: Span,
        scope: &Scope,
    ) -> Option<Output> {
        let kinds = [("s3", OutputKind::S3), ("firehose", OutputKind::Firehose)];
        match self.destination_kind(kind, "output", &kinds) {
            Some(OutputKind::Firehose) => {
                self.delivery_stream(location, body, span, scope).map(Output::Firehose)
            }
            // Of a kind that is not known the rest is read as if it were objects.
            kind => {
                let objects = self.objects(location, body, span, scope, kind.is_some());
                objects.filter(|_| kind.is_some()).map(Output::S3)
            }
        }
    }

    fn objects(
        &mut self,
        location: &tree::Text,
        body: &[Statement],
        span: Span,
        scope: &Scope,
        known: bool,
    ) -> Option<Objects> {
        let bucket = self.template(location).filter(|bucket| !known || self.bucket(bucket, location));
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
                    let words = [
                        ("gzip", Compression::Gzip),
                        ("zstd", Compression::Zstd),
                        ("none", Compression::None),
                    ];
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
        Some(Objects {
            bucket: bucket?,
            prefix: prefix.map_or(Some(Text(Vec::new())), |(prefix, _)| prefix)?,
            per: per.and_then(|(per, _)| per).unwrap_or_default(),
            compression: compression.and_then(|(compression, _)| compression).unwrap_or_default(),
            span,
        })
    }

    /// A delivery stream puts events together by its own settings: nothing is said of that in its block.
    fn delivery_stream(
        &mut self,
        location: &tree::Text,
        body: &[Statement],
        span: Span,
        scope: &Scope,
    ) -> Option<DeliveryStream> {
        for statement in body {
            let (word, help) = match &statement.kind {
                StatementKind::Prefix(_) => {
                    ("prefix", "the prefix of its objects is a setting of the delivery stream")
                }
                StatementKind::OneObjectPer(_) => {
                    ("one object per", "how much it puts into an object is a setting of the delivery stream")
                }
                StatementKind::Compression(_) => {
                    ("compression", "the compression is a setting of the delivery stream")
                }
                _ => {
                    let help = "a delivery stream is named, and nothing more: `output firehose \"NAME\"`";
                    self.misplaced(statement, "an output to Firehose", help, scope.complete);
                    continue;
                }
            };
            let message = format!("`{word}` is for `output s3`");
            let finding = Diagnostic::new(Code::Destination, statement.span, message);
            self.report(finding.help(format!("take it out: {help}")).fix(statement.span, ""));
        }
        let name = self.template(location)?;
        if let [TemplatePart::Literal(text)] = name.0.as_slice()
            && !is_delivery_stream(text)
        {
            let message = format!("`{text}` is not the name of a delivery stream");
            let finding = Diagnostic::new(Code::Destination, location.span, message);
            let behind = text.rsplit_once("deliverystream/").map(|(_, name)| name);
            self.report(match behind.filter(|name| is_delivery_stream(name)) {
                Some(name) => finding
                    .help("write its name alone, without the ARN")
                    .fix(location.span, format!("\"{name}\"")),
                None => finding.help("such a name has up to 64 letters, digits, `_`, `.` and `-`"),
            });
            return None;
        }
        if name.0.is_empty() {
            let finding =
                Diagnostic::new(Code::Destination, location.span, "the name of the delivery stream is empty");
            self.report(finding.help("write the name that it has in Firehose"));
            return None;
        }
        Some(DeliveryStream { name, span })
    }

    pub(super) fn rejects(&mut self, kind: &Name, location: &tree::Text, span: Span) -> Option<Destination> {
        let kinds = [("s3", DestinationKind::S3), ("sqs", DestinationKind::Sqs)];
        let kind = self.destination_kind(kind, "rejects", &kinds);
        let template = self.template(location)?;
        let kind = kind?;
        let literal = match template.0.as_slice() {
            [] => Some(""),
            [TemplatePart::Literal(text)] => Some(text.as_str()),
            _ => None,
        };
        if let Some(text) =
            literal.filter(|text| kind == DestinationKind::Sqs && Queue::parse(text).is_none())
        {
            let message = match text {
                "" => "the URL or the ARN of the queue is empty".to_owned(),
                text => format!("`{text}` is not the URL or the ARN of a queue"),
            };
            let finding = Diagnostic::new(Code::Destination, location.span, message);
            self.report(finding.help(
                "write `\"https://sqs.REGION.amazonaws.com/ACCOUNT/NAME\"` or `\"arn:aws:sqs:REGION:ACCOUNT:NAME\"`",
            ));
            return None;
        }
        Some(Destination { kind, location: template, span })
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

    fn destination_kind<T: Copy>(&mut self, kind: &Name, what: &str, kinds: &[(&str, T)]) -> Option<T> {
        let known = kinds.iter().find(|(name, _)| *name == kind.text);
        if let Some((_, known)) = known {
            return Some(*known);
        }
        let message = format!("`{}` is not a kind of {what}", kind.text);
        let finding = Diagnostic::new(Code::Destination, kind.span, message);
        let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
        let finding = self.did_you_mean(finding, kind, &names, "the kinds are");
        self.report(finding);
        None
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
