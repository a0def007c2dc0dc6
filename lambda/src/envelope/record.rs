//! One record of an envelope to the engine's [`Record`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::json::{Kind, Node};
use enrich_engine::{Origin, Reason, ReasonCode, Record};

use super::arrival;

/// An element of a mapping's `Records`.
pub(super) fn kinesis(element: Node<'_>) -> Record {
    match element.get("kinesis") {
        Some(inner) if inner.kind() == Kind::Object => {
            let origin = origin(element, inner);
            match inner.get("data") {
                Some(data) if data.kind() == Kind::String => base64(data, origin),
                data => unreadable(element, "kinesis.data", "a string", data, origin),
            }
        }
        inner => unreadable(element, "kinesis", "an object", inner, origin(element, element)),
    }
}

/// An element of a pipe's batch: the members of `kinesis` stand beside the others. Where the pipe has
/// an input transformer, `data` may be the event itself.
pub(super) fn pipes(element: Node<'_>) -> Record {
    let origin = origin(element, element);
    match element.get("data") {
        Some(data) if data.kind() == Kind::String => base64(data, origin),
        Some(data) if data.kind() != Kind::Null => Record::new(data.raw(), origin),
        data => unreadable(element, "data", "a string or an object", data, origin),
    }
}

fn base64(data: Node<'_>, origin: Origin) -> Record {
    let text = data.as_str().unwrap_or_default();
    match STANDARD.decode(text.as_bytes()) {
        Ok(event) => Record::new(event, origin),
        Err(_) => {
            let reason = Reason::new(ReasonCode::NotBase64, "the record's `data` is not base64");
            Record::unreadable(text.into_owned(), reason, origin)
        }
    }
}

/// A record that lacks a member, or has another type there. The reject keeps the record's own text.
fn unreadable(
    element: Node<'_>,
    member: &str,
    wanted: &str,
    found: Option<Node<'_>>,
    origin: Origin,
) -> Record {
    let found = found.map_or("nothing", |node| node.kind().with_article());
    let message = format!("the record's `{member}` should be {wanted}, found {found}");
    Record::unreadable(element.raw(), Reason::new(ReasonCode::Envelope, message), origin)
}

/// What the record says about itself. `outer` holds the members of the event source, `inner` those of
/// Kinesis. A member that is absent or odd is not known; the event is read all the same.
fn origin(outer: Node<'_>, inner: Node<'_>) -> Origin {
    let arn = text(outer, "eventSourceARN");
    let mut origin = Origin::stream(arn.as_deref().map_or("", stream_name));
    origin.arn = arn;
    // `SHARD:SEQUENCE`: the shard is named nowhere else, and the number may be where a pipe's input
    // transformer has left out the other.
    let id = text(outer, "eventID");
    let (shard, sequence) = id.as_deref().and_then(|id| id.split_once(':')).unzip();
    origin.shard = shard.map(str::to_owned);
    origin.sequence = text(inner, "sequenceNumber").or_else(|| sequence.map(str::to_owned));
    origin.partition_key = text(inner, "partitionKey");
    origin.arrival =
        inner.get("approximateArrivalTimestamp").and_then(Node::as_number).and_then(arrival::from_seconds);
    origin
}

fn text(node: Node<'_>, name: &str) -> Option<String> {
    node.get(name)?.as_str().filter(|text| !text.is_empty()).map(std::borrow::Cow::into_owned)
}

/// `NAME` of `arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`, with or without a consumer behind it.
fn stream_name(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    let name = resource.strip_prefix("stream/").unwrap_or(resource);
    name.split_once('/').map_or(name, |(name, _consumer)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_streams() {
        for (arn, name) in [
            ("arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream", "lambda-stream"),
            ("arn:aws-cn:kinesis:cn-north-1:123456789012:stream/a.b_c-d", "a.b_c-d"),
            ("arn:aws:kinesis:us-east-2:123456789012:stream/clicks/consumer/enrich:1545084650", "clicks"),
            ("clicks", "clicks"),
            ("", ""),
        ] {
            assert_eq!(stream_name(arn), name, "{arn}");
        }
    }
}
