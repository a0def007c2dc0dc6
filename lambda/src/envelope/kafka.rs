//! One record of a Kafka topic, of Amazon MSK or of a cluster of one's own.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::json::{Kind, Node};
use enrich_engine::{Origin, Reason, ReasonCode, Record};

use super::arrival;
use super::record::{decoded, field, text, unreadable};

/// The records of a mapping's `records`, partition by partition. `root` is the whole invocation.
pub(super) fn records(root: Node<'_>, partitions: Node<'_>) -> Vec<Record<'static>> {
    let mut records = Vec::new();
    for (name, partition) in partitions.members() {
        // `TOPIC-PARTITION`, and the name by which the mapping wants failures told.
        let name = name.text();
        let (topic, number) = name.rsplit_once('-').unwrap_or((&name, ""));
        for element in partition.elements() {
            let mut origin = origin(root, element);
            origin.stream = topic.to_owned().into();
            origin.shard = Some(number.to_owned().into());
            records.push(value(element, origin));
        }
    }
    records
}

/// An element of a pipe's batch, which names its cluster, topic and partition itself.
pub(super) fn pipes(element: Node<'_>) -> Record<'static> {
    value(element, origin(element, element))
}

/// The value is the event. Where a pipe has an input transformer, it may be the event itself.
fn value(element: Node<'_>, origin: Origin<'static>) -> Record<'static> {
    match element.get("value") {
        Some(value) if value.kind() == Kind::String => decoded("value", value, origin),
        Some(value) if value.kind() == Kind::Null => {
            let reason = Reason::new(ReasonCode::Tombstone, "the record has no value: it deletes its key");
            Record::unreadable(element.raw(), reason, origin)
        }
        Some(value) => Record::new(value.raw(), origin),
        None => unreadable(element, "value", "a string", None, origin),
    }
}

/// What the record says about itself. `outer` names the cluster: by its ARN, or by its brokers.
fn origin(outer: Node<'_>, element: Node<'_>) -> Origin<'static> {
    let mut origin = Origin::stream(text(element, "topic").unwrap_or_default());
    origin.arn = field(outer, "eventSourceArn")
        .or_else(|| text(outer, "bootstrapServers").map(|it| sorted(&it).into()));
    origin.shard = element.get("partition").and_then(digits);
    origin.sequence = element.get("offset").and_then(digits);
    let key = text(element, "key").and_then(|key| STANDARD.decode(key).ok());
    let key = key.and_then(|key| String::from_utf8(key).ok()).filter(|key| !key.is_empty());
    origin.partition_key = key.map(Cow::Owned);
    origin.arrival = element.get("timestamp").and_then(Node::as_number).and_then(arrival::from_millis);
    origin
}

/// A mapping writes the numbers as numbers, a pipe writes some of them as texts.
fn digits(node: Node<'_>) -> Option<Cow<'static, str>> {
    let text = node.as_number().map_or_else(|| node.as_str(), |number| Some(number.into()))?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.into_owned().into())
}

/// The brokers come in any order, and it is one cluster in all of them.
fn sorted(brokers: &str) -> String {
    let mut names: Vec<&str> = brokers.split(',').map(str::trim).collect();
    names.sort_unstable();
    names.join(",")
}
