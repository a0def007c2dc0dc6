//! One record of a Firehose data transformation.

use enrich_engine::json::{Kind, Node};
use enrich_engine::{Origin, Record};

use super::record::{decoded, field, resource_name, unreadable};
use super::{Echo, arrival};

/// An element of `records`, with what the answer has to repeat of it. `root` is the whole invocation.
pub(super) fn record(root: Node<'_>, element: Node<'_>) -> (Record<'static>, Echo) {
    let origin = origin(root, element);
    let data = element.get("data").filter(|data| data.kind() == Kind::String);
    let record_id = element.get("recordId").filter(|id| id.kind() == Kind::String);
    let echo = Echo {
        record_id: record_id.map(|id| id.raw().to_owned()),
        data: data.map_or("\"\"", Node::raw).to_owned(),
    };
    let record = match data {
        Some(data) => decoded("data", data, origin),
        None => unreadable(element, "data", "a string", element.get("data"), origin),
    };
    (record, echo)
}

/// Where the delivery stream reads a Kinesis stream, that one is the record's stream: its numbers are
/// those of its shards. Else it is the delivery stream, which numbers its records by `recordId`.
fn origin(root: Node<'_>, element: Node<'_>) -> Origin<'static> {
    let kinesis = element.get("kinesisRecordMetadata").filter(|inner| inner.kind() == Kind::Object);
    let arn = kinesis
        .and_then(|_| field(root, "sourceKinesisStreamArn"))
        .or_else(|| field(root, "deliveryStreamArn"));
    let mut origin = Origin::stream(arn.as_deref().map_or("", resource_name).to_owned());
    origin.arn = arn;
    origin.sequence = field(element, "recordId");
    if let Some(inner) = kinesis {
        origin.shard = field(inner, "shardId");
        origin.partition_key = field(inner, "partitionKey");
        if let Some(sequence) = field(inner, "sequenceNumber") {
            origin.sequence = Some(sequence);
            // Firehose has taken aggregates apart: this is the place inside one. It comes as a text too.
            let place = inner.get("subsequenceNumber");
            let place = place.and_then(|node| node.as_number().map(Into::into).or_else(|| node.as_str()));
            origin.sub_sequence = place.and_then(|place| place.parse().ok());
        }
    }
    let time = |node: Node<'_>| {
        node.get("approximateArrivalTimestamp").and_then(Node::as_number).and_then(arrival::from_millis)
    };
    origin.arrival = kinesis.and_then(time).or_else(|| time(element));
    origin
}
