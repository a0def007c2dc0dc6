//! One record of a Kinesis stream to the engine's [`Record`], and what all callers' records share.

use std::borrow::Cow;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::Simd;
use base64::engine::general_purpose::PAD;
use enrich_engine::json::{Kind, Node};
use enrich_engine::{Origin, Reason, ReasonCode, Record};

use super::arrival;

/// An element of a mapping's `Records`.
pub(super) fn kinesis(element: Node<'_>) -> Record<'static> {
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
pub(super) fn pipes(element: Node<'_>) -> Record<'static> {
    let origin = origin(element, element);
    match element.get("data") {
        Some(data) if data.kind() == Kind::String => base64(data, origin),
        Some(data) if data.kind() != Kind::Null => Record::new(data.raw(), origin),
        data => unreadable(element, "data", "a string or an object", data, origin),
    }
}

fn base64(data: Node<'_>, origin: Origin<'static>) -> Record<'static> {
    decoded("data", data, origin)
}

/// A record whose event stands in that member as base64 text.
pub(super) fn decoded(member: &str, data: Node<'_>, origin: Origin<'static>) -> Record<'static> {
    let text = data.as_str().unwrap_or_default();
    match base64_engine().decode(text.as_bytes()) {
        Ok(event) => Record::new(event, origin),
        Err(_) => {
            let reason = Reason::new(ReasonCode::NotBase64, format!("the record's `{member}` is not base64"));
            Record::unreadable(text.into_owned(), reason, origin)
        }
    }
}

/// Base64 with the vectors that the machine has.
pub(super) fn base64_engine() -> &'static Simd {
    static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::standard(PAD));
    &ENGINE
}

/// A record that lacks a member, or has another type there. The reject keeps the record's own text.
pub(super) fn unreadable(
    element: Node<'_>,
    member: &str,
    wanted: &str,
    found: Option<Node<'_>>,
    origin: Origin<'static>,
) -> Record<'static> {
    let found = found.map_or("nothing", |node| node.kind().with_article());
    let message = format!("the record's `{member}` should be {wanted}, found {found}");
    Record::unreadable(element.raw(), Reason::new(ReasonCode::Envelope, message), origin)
}

/// What the record says about itself. `outer` holds the members of the event source, `inner` those of
/// Kinesis. A member that is absent or odd is not known; the event is read all the same.
fn origin(outer: Node<'_>, inner: Node<'_>) -> Origin<'static> {
    let arn = field(outer, "eventSourceARN");
    let mut origin = Origin::stream(arn.as_deref().map_or("", resource_name).to_owned());
    origin.arn = arn;
    // `SHARD:SEQUENCE`: the shard is named nowhere else, and the number may be where a pipe's input
    // transformer has left out the other.
    let id = text(outer, "eventID");
    let (shard, sequence) = id.as_deref().and_then(|id| id.split_once(':')).unzip();
    origin.shard = shard.map(|shard| shard.to_owned().into());
    origin.sequence =
        field(inner, "sequenceNumber").or_else(|| sequence.map(|number| number.to_owned().into()));
    origin.partition_key = field(inner, "partitionKey");
    origin.arrival =
        inner.get("approximateArrivalTimestamp").and_then(Node::as_number).and_then(arrival::from_seconds);
    origin
}

/// The text of that member, if it is one that says something.
pub(crate) fn text(node: Node<'_>, name: &str) -> Option<String> {
    node.get(name)?.as_str().filter(|text| !text.is_empty()).map(std::borrow::Cow::into_owned)
}

/// The same, as a part of an [`Origin`].
pub(super) fn field(node: Node<'_>, name: &str) -> Option<Cow<'static, str>> {
    text(node, name).map(Cow::Owned)
}

/// `NAME` of an ARN that ends in `:NAME` or `:TYPE/NAME`, with or without more behind it: a consumer of
/// a stream, the stream of a table.
pub(super) fn resource_name(arn: &str) -> &str {
    const TYPES: [&str; 3] = ["stream/", "deliverystream/", "table/"];
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    let name = TYPES.into_iter().find_map(|ty| resource.strip_prefix(ty)).unwrap_or(resource);
    name.split_once('/').map_or(name, |(name, _more)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_resources() {
        for (arn, name) in [
            ("arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream", "lambda-stream"),
            ("arn:aws-cn:kinesis:cn-north-1:123456789012:stream/a.b_c-d", "a.b_c-d"),
            ("arn:aws:kinesis:us-east-2:123456789012:stream/clicks/consumer/enrich:1545084650", "clicks"),
            ("arn:aws:firehose:us-east-2:123456789012:deliverystream/to-s3", "to-s3"),
            ("arn:aws:dynamodb:us-east-1:111122223333:table/Users/stream/2015-06-27T00:48:05.899", "Users"),
            ("arn:aws:dynamodb:us-east-1:111122223333:table/Users", "Users"),
            ("arn:aws:sqs:us-east-2:123456789012:my-queue.fifo", "my-queue.fifo"),
            ("clicks", "clicks"),
            ("", ""),
        ] {
            assert_eq!(resource_name(arn), name, "{arn}");
        }
    }
}
