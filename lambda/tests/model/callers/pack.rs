//! Events to the records of their sources.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Element, Kind};
use crate::events::{Event, Payload};
use crate::kpl::{self, User};

pub(super) const CLUSTER: &str = "arn:aws:kafka:eu-west-1:123456789012:cluster/c/751d2973-2";
pub(super) const DELIVERY: &str = "arn:aws:firehose:eu-west-1:123456789012:deliverystream/events-delivery";
const STREAM: &str = "arn:aws:kinesis:eu-west-1:123456789012:stream/events-stream";
const TABLE: &str =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/events-table/stream/2026-11-20T00:00:00.000";

pub(super) fn source_stream() -> String {
    format!(r#""sourceKinesisStreamArn":"{STREAM}","#)
}

pub(super) fn shard(at: usize) -> String {
    format!("shardId-{at:012}")
}

/// The data of a record, and what a reject keeps of it.
fn data(event: &mut Event) -> String {
    event.kept = event.text.clone().into_bytes();
    match event.payload {
        Payload::Damaged => event.text.clone(),
        _ => STANDARD.encode(&event.text),
    }
}

/// The record of a Kinesis stream with that number; of several events an aggregate.
pub(super) fn kinesis(kind: Kind, events: &mut [Event], from: usize, sequence: &str) -> Element {
    let shard = shard(from);
    let numbers = events.iter().map(|event| event.number).collect();
    let data = match events {
        [event] => {
            event.id = format!("events-stream:{shard}:{sequence}");
            data(event)
        }
        several => {
            for (place, event) in several.iter_mut().enumerate() {
                event.id = format!("events-stream:{shard}:{sequence}:{place}");
                event.kept = event.text.clone().into_bytes();
            }
            let users = several.iter().map(|event| User::new("key", event.text.clone()));
            STANDARD.encode(kpl::aggregate(&users.collect::<Vec<_>>()))
        }
    };
    let inner = format!(
        r#""partitionKey":"key","sequenceNumber":"{sequence}","data":"{data}",
           "approximateArrivalTimestamp":1795255200.000"#
    );
    let outer =
        format!(r#""eventSource":"aws:kinesis","eventID":"{shard}:{sequence}","eventSourceARN":"{STREAM}""#);
    let text = match kind {
        Kind::PipeKinesis => format!("{{{inner},{outer}}}"),
        _ => format!(r#"{{"kinesis":{{{inner}}},{outer}}}"#),
    };
    Element { id: sequence.to_owned(), lane: String::new(), events: numbers, text }
}

/// The record of a table's stream with that number.
pub(super) fn change(event: &mut Event, sequence: &str) -> Element {
    let number = event.number;
    let image = match &event.payload {
        Payload::Fields(fields) => {
            let attribute =
                |(name, value): &(&str, crate::events::Json)| format!(r#""{name}":{}"#, value.attribute());
            let fields: Vec<_> = fields.iter().map(attribute).collect();
            let keys = format!(r##""Keys":{{"id":{{"S":"#{number}#"}}}}"##);
            format!(r#"{keys},"NewImage":{{{}}}"#, fields.join(","))
        }
        _ => format!(r#""Keys":null,"odd":"{}""#, event.text),
    };
    let text = format!(
        r#"{{"eventID":"e{number}","eventName":"INSERT","eventSource":"aws:dynamodb","dynamodb":{{{image},
            "ApproximateCreationDateTime":1795255200,"SequenceNumber":"{sequence}"}},"eventSourceARN":"{TABLE}"}}"#
    );
    event.id = format!("events-table::{sequence}-e{number}");
    event.kept = match event.payload {
        Payload::Fields(_) => event.text.clone().into_bytes(),
        _ => text.clone().into_bytes(),
    };
    Element { id: sequence.to_owned(), lane: String::new(), events: vec![number], text }
}

/// A message of a queue.
pub(super) fn message(event: &mut Event, group: Option<usize>) -> Element {
    let id = format!("m{}-4cc7-{}", 31 * (event.number + 3) % 101, event.number);
    let queue = if group.is_some() { "events-queue.fifo" } else { "events-queue" };
    let body = match event.payload {
        Payload::Damaged => "null".to_owned(),
        _ => serde_json::to_string(&event.text).expect("JSON"),
    };
    let group_member =
        group.map_or(String::new(), |group| format!(r#","MessageGroupId":"{group}","SequenceNumber":"1""#));
    let text = format!(
        r#"{{"messageId":"{id}","body":{body},"attributes":{{"SentTimestamp":"1795255200000"{group_member}}},
            "eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:123456789012:{queue}"}}"#
    );
    event.id = format!("{queue}::{id}");
    event.kept = match event.payload {
        Payload::Damaged => text.clone().into_bytes(),
        _ => event.text.clone().into_bytes(),
    };
    let lane = group.map_or_else(|| id.clone(), |group| group.to_string());
    Element { id, lane, events: vec![event.number], text }
}

/// A record of a topic's partition.
pub(super) fn topic(event: &mut Event, partition: usize, offset: usize) -> Element {
    // Every second damaged record is one that deletes its key.
    let tombstone = event.payload == Payload::Damaged && event.number.is_multiple_of(2);
    let value = if tombstone { "null".to_owned() } else { format!(r#""{}""#, data(event)) };
    let text = format!(
        r#"{{"topic":"events","partition":{partition},"offset":{offset},"timestamp":1795255200000,
            "timestampType":"CREATE_TIME","key":"a2V5","value":{value},"headers":[]}}"#
    );
    if tombstone {
        event.kept = text.clone().into_bytes();
    }
    event.id = format!("events:{partition}:{offset}");
    let lane = format!("events-{partition}");
    Element { id: offset.to_string(), lane, events: vec![event.number], text }
}

/// A record of a delivery stream, by itself or out of a stream of Kinesis.
pub(super) fn firehose(event: &mut Event, stream: bool) -> Element {
    let (id, data) = (format!("r{}", event.number), data(event));
    event.id = format!("events-delivery::{id}");
    let mut metadata = String::new();
    if stream {
        let (shard, sequence) = (shard(0), 4_900 + event.number);
        event.id = format!("events-stream:{shard}:{sequence}:0");
        metadata = format!(
            r#","kinesisRecordMetadata":{{"shardId":"{shard}","partitionKey":"key","subsequenceNumber":0,
                "sequenceNumber":"{sequence}","approximateArrivalTimestamp":1795255200000}}"#
        );
    }
    let text = format!(
        r#"{{"recordId":"{id}","approximateArrivalTimestamp":1795255200000,"data":"{data}"{metadata}}}"#
    );
    Element { id, lane: String::new(), events: vec![event.number], text }
}
