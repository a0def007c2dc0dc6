//! Messages of an SQS queue: one event each, or the records that a reject or an on-failure record keeps.

use enrich_engine::json::{Document, Kind, Node};
use enrich_engine::{Origin, Reason, ReasonCode, Record};

use super::record::{field, resource_name, text, unreadable};
use super::{Caller, Invocation, Message, arrival};
use crate::replay::{self, Kept, KeptError};

/// The messages of a mapping's `Records`, those that keep records opened.
pub(super) fn messages(elements: Node<'_>) -> Invocation<'static> {
    read(elements, |element, records| match kept(element) {
        Some(Ok(kept)) => {
            records.extend(kept.records);
            true
        }
        Some(Err(error)) => {
            records.push(not_kept(element, &error));
            true
        }
        None => {
            records.push(record(element));
            false
        }
    })
}

/// The same, each message as one event whatever it holds.
pub(super) fn closed(elements: Node<'_>) -> Invocation<'static> {
    read(elements, |element, records| {
        records.push(record(element));
        false
    })
}

/// `open` adds a message's records, and says whether the message keeps them.
fn read(
    elements: Node<'_>,
    open: impl Fn(Node<'_>, &mut Vec<Record<'static>>) -> bool,
) -> Invocation<'static> {
    let (mut records, mut messages) = (Vec::new(), Vec::new());
    for element in elements.elements() {
        let first = records.len();
        let keeps = open(element, &mut records);
        let attribute = |name| element.get("attributes").and_then(|attributes| text(attributes, name));
        let received = attribute("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        messages.push(Message {
            id: text(element, "messageId"),
            group: attribute("MessageGroupId"),
            records: first..records.len(),
            keeps,
            queue: text(element, "eventSourceARN"),
            receipt_handle: text(element, "receiptHandle"),
            received: received.unwrap_or(1),
        });
    }
    let fifo = elements.elements().any(is_fifo);
    Invocation::new(Caller::Sqs { fifo, messages }, records)
}

/// What the message keeps, if its body is a reject or an on-failure record.
fn kept(element: Node<'_>) -> Option<Result<Kept, KeptError>> {
    // Members that only one of the two has: most bodies are read once, by the engine.
    const SIGNS: [&str; 3] = ["\"rules\"", "\"requestContext\"", "\"context\""];
    let body = element.get("body")?.as_str()?;
    if !SIGNS.into_iter().any(|sign| body.contains(sign)) {
        return None;
    }
    let document = Document::parse_nested(body.as_bytes(), body.len()).ok()?;
    replay::in_queue(document.root())
}

/// A message that should keep records, and from which none can be had: it is kept itself.
fn not_kept(element: Node<'_>, error: &KeptError) -> Record<'static> {
    let code = match error {
        KeptError::NoPayload(_) => ReasonCode::NoPayload,
        _ => ReasonCode::Envelope,
    };
    let body = element.get("body").and_then(Node::as_str).unwrap_or_default();
    Record::unreadable(body.into_owned(), Reason::new(code, error.to_string()), origin(element))
}

/// An element of a mapping's `Records`, or of a pipe's batch: the body is the event. Where the pipe has
/// an input transformer, `body` may be the event itself.
pub(super) fn record(element: Node<'_>) -> Record<'static> {
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
fn origin(element: Node<'_>) -> Origin<'static> {
    let arn = field(element, "eventSourceARN");
    let mut origin = Origin::stream(arn.as_deref().map_or("", resource_name).to_owned());
    origin.arn = arn;
    origin.sequence = field(element, "messageId");
    if let Some(attributes) = element.get("attributes") {
        origin.partition_key = field(attributes, "MessageGroupId");
        origin.arrival = text(attributes, "SentTimestamp").as_deref().and_then(arrival::from_millis);
    }
    origin
}
