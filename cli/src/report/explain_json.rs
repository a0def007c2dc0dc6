//! Why an event became what it became, for programs: the document that `docs/explain.md` describes.

use enrich_engine::dsl::source::{Position, SourceFile, Sources, Span};
use enrich_engine::{
    Decision, DecisionKind, Explanation, Freshness, LookupEnd, Reason, Record, Verdict, Written,
};
use serde::Serialize;
use serde_json::value::RawValue;

/// The document of `enrich explain --format json`.
#[must_use]
pub fn json(record: &Record<'_>, explanation: &Explanation, sources: &Sources) -> String {
    super::pretty(&Document::of(record, explanation, sources))
}

/// What became of an event, and why.
#[derive(Serialize)]
struct Document<'a> {
    stream: &'a str,
    verdict: &'static str,
    rule: Option<&'a str>,
    reason: Option<Why<'a>>,
    /// The enriched event, byte by byte.
    event: Option<Box<RawValue>>,
    decisions: Vec<Told<'a>>,
}

#[derive(Serialize)]
struct Why<'a> {
    code: &'a str,
    message: &'a str,
}

/// A decision with its place.
#[derive(Serialize)]
struct Told<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    /// The element that a `for each` was at: `.items[2]`.
    element: Option<String>,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
enum What<'a> {
    When {
        rule: &'a str,
        holds: bool,
    },
    Took {
        rule: &'a str,
    },
    Schema {
        complaint: Option<&'a str>,
    },
    Lookup {
        lookup: &'a str,
        table: &'a str,
        index: Option<&'a str>,
        key: Option<Vec<Part<'a>>>,
        end: &'static str,
        code: Option<&'static str>,
        message: Option<&'a str>,
        answer: Option<&'static str>,
        age_ms: Option<u64>,
        awaited: bool,
    },
    Wrote {
        path: String,
        value: Option<Box<RawValue>>,
        what: &'static str,
    },
    Removed {
        path: String,
    },
    Skipped,
    Drop {
        holds: bool,
    },
    If {
        holds: bool,
    },
    /// A decision that this version has no words for.
    Other,
}

#[derive(Serialize)]
struct Part<'a> {
    part: &'a str,
    value: Option<Box<RawValue>>,
}

impl<'a> Document<'a> {
    fn of(record: &'a Record<'_>, explanation: &'a Explanation, sources: &'a Sources) -> Self {
        let (verdict, rule, reason, event) = match &explanation.verdict {
            Verdict::Enriched { rule, event, .. } => ("enriched", Some(&**rule), None, raw(event)),
            Verdict::Dropped { rule } => ("dropped", Some(&**rule), None, None),
            Verdict::Rejected { rule, reason, .. } => ("rejected", rule.as_deref(), Some(reason), None),
            Verdict::Failed { rule, reason } => ("failed", rule.as_deref(), Some(reason), None),
            _ => ("other", None, None, None),
        };
        let reason = reason.map(|Reason { code, message, .. }: &Reason| Why { code, message });
        let decisions = explanation.decisions.iter().map(|decision| Told::of(decision, sources)).collect();
        Self { stream: &record.origin.stream, verdict, rule, reason, event, decisions }
    }
}

impl<'a> Told<'a> {
    fn of(decision: &'a Decision, sources: &'a Sources) -> Self {
        let Span { file, start, end } = decision.span;
        let file = sources.get(file);
        let position = |at| file.map_or(Position { line: 1, column: 1 }, |file| file.position(at));
        let (begin, behind) = (position(start), position(end));
        Self {
            file: file.map(SourceFile::name).unwrap_or_default(),
            line: begin.line,
            column: begin.column,
            end_line: behind.line,
            end_column: behind.column,
            element: decision.element.as_ref().map(ToString::to_string),
            what: What::of(&decision.kind),
        }
    }
}

impl<'a> What<'a> {
    fn of(kind: &'a DecisionKind) -> Self {
        match kind {
            DecisionKind::When { rule, holds } => What::When { rule, holds: *holds },
            DecisionKind::Took { rule } => What::Took { rule },
            DecisionKind::Schema { complaint } => What::Schema { complaint: complaint.as_deref() },
            DecisionKind::Lookup(lookup) => What::Lookup {
                lookup: &lookup.lookup,
                table: &lookup.table,
                index: lookup.index.as_deref(),
                key: lookup.key.as_ref().map(|key| {
                    key.iter().map(|(part, value)| Part { part, value: raw(value.as_bytes()) }).collect()
                }),
                end: lookup.end.as_str(),
                code: match lookup.end {
                    LookupEnd::Failed(code) => Some(code.as_str()),
                    _ => None,
                },
                message: lookup.failure.as_deref(),
                answer: lookup.freshness.map(Freshness::as_str),
                age_ms: lookup.age_ms,
                awaited: lookup.awaited,
            },
            DecisionKind::Wrote { path, value, written } => What::Wrote {
                path: path.to_string(),
                value: raw(value.as_bytes()),
                what: match written {
                    Written::Attribute => "attribute",
                    Written::Default => "default",
                    _ => "value",
                },
            },
            DecisionKind::Removed { path } => What::Removed { path: path.to_string() },
            DecisionKind::Skipped => What::Skipped,
            DecisionKind::Drop { holds } => What::Drop { holds: *holds },
            DecisionKind::If { holds } => What::If { holds: *holds },
            _ => What::Other,
        }
    }
}

/// JSON as it is: its numbers keep their digits.
fn raw(json: &[u8]) -> Option<Box<RawValue>> {
    let text = String::from_utf8(json.to_vec()).ok()?;
    RawValue::from_string(text).ok()
}
