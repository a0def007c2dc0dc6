//! For programs: an array of objects, one a finding.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Diagnostic, Label};
use crate::source::{Sources, Span};

/// The findings as one JSON array, pretty-printed, a line feed behind it. Lines and columns count
/// from one, columns in characters, offsets in bytes from zero.
#[must_use]
pub fn json(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let findings: Vec<Value> = diagnostics.iter().map(|finding| object(finding, sources)).collect();
    // A tree of plain values can always be written.
    let mut text = serde_json::to_string_pretty(&findings).unwrap_or_default();
    text.push('\n');
    text
}

fn object(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let labels = |labels: &[Label]| -> Vec<Value> {
        labels.iter().map(|label| json!({"at": place(label.span, sources), "text": label.text})).collect()
    };
    let mut object = Map::new();
    object.insert("code".into(), diagnostic.code.as_str().into());
    object.insert("severity".into(), diagnostic.severity().as_str().into());
    object.insert("message".into(), diagnostic.message.as_str().into());
    object.insert("at".into(), place(diagnostic.primary.span, sources));
    if !diagnostic.primary.text.is_empty() {
        object.insert("label".into(), diagnostic.primary.text.as_str().into());
    }
    if !diagnostic.secondary.is_empty() {
        object.insert("see".into(), labels(&diagnostic.secondary).into());
    }
    if let Some(help) = &diagnostic.help {
        object.insert("help".into(), help.as_str().into());
    }
    if let Some(fix) = &diagnostic.fix {
        object.insert("fix".into(), json!({"at": place(fix.span, sources), "replacement": fix.replacement}));
    }
    Value::Object(object)
}

fn place(span: Span, sources: &Sources) -> Value {
    let Some(file) = sources.get(span.file) else { return Value::Null };
    let (start, end) = (file.position(span.start), file.position(span.end));
    json!({
        "file": file.name(),
        "line": start.line, "column": start.column,
        "end_line": end.line, "end_column": end.column,
        "start": span.start, "end": span.end,
    })
}
