//! Spans in OpenTelemetry's protocol, as JSON.
//!
//! Sources: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>,
//! <https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/>

use enrich_engine::Timestamp;
use serde_json::{Value, json};

use super::Variables;

/// What all spans are of.
pub(super) struct Resource {
    pub(super) function: String,
    attributes: Vec<Attribute>,
}

impl Resource {
    pub(super) fn of(variables: &Variables) -> Self {
        let function = variables.function().to_owned();
        let service = variables.get("OTEL_SERVICE_NAME").filter(|name| !name.is_empty()).unwrap_or(&function);
        let mut attributes = vec![
            Attribute::text("service.name", service),
            Attribute::text("faas.name", &function),
            Attribute::text("cloud.provider", "aws"),
            Attribute::text("cloud.platform", "aws_lambda"),
        ];
        for (attribute, variable) in
            [("faas.version", "AWS_LAMBDA_FUNCTION_VERSION"), ("cloud.region", "AWS_REGION")]
        {
            attributes.extend(variables.get(variable).map(|value| Attribute::text(attribute, value)));
        }
        Self { function, attributes }
    }
}

/// What a span is towards others, with the protocol's number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Internal = 1,
    Server = 2,
    Client = 3,
    Consumer = 5,
}

/// One span.
pub(super) struct Span {
    trace_id: u128,
    pub(super) span_id: u64,
    parent: Option<u64>,
    name: String,
    kind: Kind,
    begun: Timestamp,
    ended: Timestamp,
    pub(super) attributes: Vec<Attribute>,
    /// The name of the error that it ended with.
    pub(super) error: Option<&'static str>,
}

impl Span {
    pub(super) fn new(
        trace_id: u128,
        parent: Option<u64>,
        name: &str,
        kind: Kind,
        (begun, ended): (Timestamp, Timestamp),
    ) -> Self {
        let (span_id, name) = (fastrand::u64(1..), name.to_owned());
        Self { trace_id, span_id, parent, name, kind, begun, ended, attributes: Vec::new(), error: None }
    }

    fn json(&self) -> Value {
        let status = match self.error {
            Some(error) => json!({ "code": 2, "message": error }),
            None => json!({}),
        };
        let mut span = json!({
            "traceId": format!("{:032x}", self.trace_id),
            "spanId": format!("{:016x}", self.span_id),
            "name": self.name,
            "kind": self.kind as u8,
            "startTimeUnixNano": nanos(self.begun),
            "endTimeUnixNano": nanos(self.ended),
            "attributes": attributes(&self.attributes),
            "status": status,
        });
        if let (Some(parent), Value::Object(span)) = (self.parent, &mut span) {
            span.insert("parentSpanId".to_owned(), format!("{parent:016x}").into());
        }
        span
    }
}

/// An attribute of a span or of what it is of.
pub(super) struct Attribute(&'static str, Value);

impl Attribute {
    pub(super) fn text(name: &'static str, value: &str) -> Self {
        Self(name, json!({ "stringValue": value }))
    }

    pub(super) fn flag(name: &'static str, value: bool) -> Self {
        Self(name, json!({ "boolValue": value }))
    }

    /// Whole numbers are texts in the protocol's JSON.
    pub(super) fn count(name: &'static str, value: u64) -> Self {
        Self(name, json!({ "intValue": value.to_string() }))
    }
}

/// The document that a collector takes.
pub(super) fn document(resource: &Resource, spans: &[Span]) -> String {
    let scope = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    let spans: Vec<Value> = spans.iter().map(Span::json).collect();
    let document = json!({
        "resourceSpans": [{
            "resource": { "attributes": attributes(&resource.attributes) },
            "scopeSpans": [{ "scope": scope, "spans": spans }],
        }],
    });
    document.to_string()
}

fn attributes(attributes: &[Attribute]) -> Vec<Value> {
    attributes.iter().map(|Attribute(name, value)| json!({ "key": name, "value": value })).collect()
}

/// An instant in nanoseconds since 1970, as a text: more digits than a JSON number is sure to keep.
fn nanos(at: Timestamp) -> String {
    (i128::from(at.as_millis()) * 1_000_000).to_string()
}
