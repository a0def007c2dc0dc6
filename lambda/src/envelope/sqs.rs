//! One message of an SQS queue.

use enrich_engine::json::{Kind, Node};
use enrich_engine::{Origin, Record};

use super::arrival;
use super::record::{resource_name, text, unreadable};

/// An element of a mapping's `Records`, or of a pipe's batch: the body is the event. Where the pipe has
/// an input transformer, `body` may be the event itself.
pub(super) fn record(element: Node<'_>) -> Record {
    let origin = origin(element);
    match element.get("body") {
        Some(body) if body.kind() == Kind::String => {
            Record::new(body.as_str().unwrap_or_default().into_owned(), origin)
        }
        Some(body) if body.kind() != Kind::Null => Record::new(body.raw(), origin),
        body => unreadable(element, "body", "a string or an object", body, origin),
    }
}

/// Whether the message is one of a queue that keeps the order of each message group.
pub(super) fn is_fifo(element: Node<'_>) -> bool {
    let attributes = element.get("attributes");
    attributes.is_some_and(|attributes| attributes.get("SequenceNumber").is_some())
        || text(element, "eventSourceARN").is_some_and(|arn| arn.ends_with(".fifo"))
}

/// A message is known by its id: a queue has neither shards nor an order that all of it keeps.
fn origin(element: Node<'_>) -> Origin {
    let arn = text(element, "eventSourceARN");
    let mut origin = Origin::stream(arn.as_deref().map_or("", resource_name));
    origin.arn = arn;
    origin.sequence = text(element, "messageId");
    if let Some(attributes) = element.get("attributes") {
        origin.partition_key = text(attributes, "MessageGroupId");
        origin.arrival = text(attributes, "SentTimestamp").as_deref().and_then(arrival::from_millis);
    }
    origin
}
