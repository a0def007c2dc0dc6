//! Who calls, told from the outermost values of an invocation.

use enrich_engine::json::{Kind, Node};

use super::EnvelopeError;

/// An invocation that can be served, and where its records are.
pub(super) enum Shape<'d> {
    /// The array `Records` of an event source mapping, and what its elements are.
    Mapping(Mapping, Node<'d>),
    /// The partitions of a Kafka mapping: `records`, an object of arrays.
    Kafka(Node<'d>),
    /// The array `records` of a Firehose data transformation.
    Firehose(Node<'d>),
    /// The array that a pipe sends.
    PipesBatch(Node<'d>),
    /// One element of such an array, alone.
    PipesElement(Node<'d>),
}

/// A mapping whose records stand in `Records`.
#[derive(Clone, Copy)]
pub(super) enum Mapping {
    Kinesis,
    DynamoDb,
    Sqs,
}

/// What one element of a batch is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// A record of Kinesis with `kinesis` inside, as a mapping sends it.
    Nested,
    /// A record of Kinesis with `data`, as a pipe sends it.
    Flat,
    /// It says that it comes from Kinesis, and has neither.
    Damaged,
    DynamoDb,
    Sqs,
    Kafka,
    /// Another caller's.
    Foreign(&'static str),
    Unknown,
}

/// Values of `eventSource` (SNS: `EventSource`).
const SOURCES: [(&str, Element); 12] = [
    ("aws:sqs", Element::Sqs),
    ("aws:dynamodb", Element::DynamoDb),
    ("aws:kafka", Element::Kafka),
    ("SelfManagedKafka", Element::Kafka),
    ("aws:SelfManagedKafka", Element::Kafka),
    ("aws:amq", Element::Foreign("Amazon MQ")),
    ("aws:mq", Element::Foreign("Amazon MQ")),
    ("aws:rmq", Element::Foreign("Amazon MQ")),
    ("aws:sns", Element::Foreign("Amazon SNS")),
    ("aws:s3", Element::Foreign("Amazon S3 notifications")),
    ("aws:ses", Element::Foreign("Amazon SES")),
    ("aws:docdb", Element::Foreign("Amazon DocumentDB")),
];

/// Members that together only that source's elements have. A pipe's input transformer may leave out
/// where they come from.
const ELEMENT_MEMBERS: [(&[&str], Element); 8] = [
    (&["kinesis"], Element::Nested),
    (&["dynamodb"], Element::DynamoDb),
    (&["receiptHandle"], Element::Sqs),
    (&["messageId", "body"], Element::Sqs),
    (&["topic", "value"], Element::Kafka),
    (&["topic", "offset"], Element::Kafka),
    (&["Sns"], Element::Foreign("Amazon SNS")),
    (&["s3"], Element::Foreign("Amazon S3 notifications")),
];

/// Members that only that caller's invocations have.
const ROOT_MEMBERS: [(&str, &str); 8] = [
    ("KinesisBatchInfo", "a dead-letter queue"),
    ("DDBStreamBatchInfo", "a dead-letter queue"),
    ("applicationArn", "Kinesis Data Analytics"),
    ("detail-type", "an EventBridge event bus"),
    ("awslogs", "CloudWatch Logs"),
    ("httpMethod", "an HTTP endpoint"),
    ("rawPath", "an HTTP endpoint"),
    ("requestContext", "an HTTP endpoint"),
];

/// Tells who calls.
pub(super) fn of(root: Node<'_>) -> Result<Shape<'_>, EnvelopeError> {
    match root.kind() {
        Kind::Array => pipe(root),
        Kind::Object => match root.get("Records") {
            Some(records) if records.kind() == Kind::Array => mapping(root, records),
            _ => lone(root),
        },
        _ => Err(unknown(root)),
    }
}

/// An array: a pipe's batch. One element that is a record of a source makes it one, so that a damaged
/// element is that record's own fault; an empty batch has nothing to tell it by.
fn pipe(root: Node<'_>) -> Result<Shape<'_>, EnvelopeError> {
    use Element::{Damaged, DynamoDb, Flat, Kafka, Sqs};
    let served = |node| matches!(element(node), Flat | Damaged | DynamoDb | Sqs | Kafka);
    if root.elements().next().is_none() || root.elements().any(served) {
        return Ok(Shape::PipesBatch(root));
    }
    Err(foreign(root, root))
}

/// An object with `Records`: an event source mapping. Its elements are all of one source; what is of
/// none is damaged.
fn mapping<'d>(root: Node<'d>, records: Node<'d>) -> Result<Shape<'d>, EnvelopeError> {
    const BY: [(Element, Mapping); 4] = [
        (Element::Nested, Mapping::Kinesis),
        (Element::DynamoDb, Mapping::DynamoDb),
        (Element::Sqs, Mapping::Sqs),
        (Element::Damaged, Mapping::Kinesis),
    ];
    if records.elements().next().is_none() {
        // The answer to an empty batch is the same for all of them.
        return Ok(Shape::Mapping(Mapping::Kinesis, records));
    }
    let has = |kind: Element| records.elements().any(|node| element(node) == kind);
    match BY.into_iter().find(|(kind, _)| has(*kind)) {
        Some((_, mapping)) => Ok(Shape::Mapping(mapping, records)),
        None => Err(foreign(root, records)),
    }
}

/// Names the caller whose elements these are, if it is known.
fn foreign(root: Node<'_>, elements: Node<'_>) -> EnvelopeError {
    let foreign = elements.elements().find_map(|node| match element(node) {
        Element::Foreign(caller) => Some(caller),
        _ => None,
    });
    foreign.map_or_else(|| unknown(root), |caller| EnvelopeError::Unsupported { caller })
}

/// An object without an array `Records`.
fn lone(root: Node<'_>) -> Result<Shape<'_>, EnvelopeError> {
    let has = |name| root.get(name).is_some();
    if let Some((_, caller)) = ROOT_MEMBERS.into_iter().find(|(name, _)| has(name)) {
        return Err(EnvelopeError::Unsupported { caller });
    }
    match (element(root), root.get("records")) {
        (_, Some(records)) if is_firehose(root, records) => Ok(Shape::Firehose(records)),
        (_, Some(records)) if is_kafka(root, records) => Ok(Shape::Kafka(records)),
        (_, Some(_)) => Err(unknown(root)),
        (Element::Foreign(caller), _) => Err(EnvelopeError::Unsupported { caller }),
        (Element::DynamoDb | Element::Sqs | Element::Kafka, _) => Ok(Shape::PipesElement(root)),
        (Element::Flat, _) if has("eventID") || has("eventSource") => Ok(Shape::PipesElement(root)),
        _ => Err(unknown(root)),
    }
}

/// Neither the ids of the invocation nor the ARN of the delivery stream are in every event that AWS's
/// own tools generate.
fn is_firehose(root: Node<'_>, records: Node<'_>) -> bool {
    let named = || root.get("invocationId").is_some() || root.get("deliveryStreamArn").is_some();
    records.kind() == Kind::Array
        && (named() || records.elements().any(|record| record.get("recordId").is_some()))
}

/// What stands in place of a partition's array could hold records, and would be acknowledged unread.
fn is_kafka(root: Node<'_>, records: Node<'_>) -> bool {
    let partitions = || records.members().map(|(_, partition)| partition);
    records.kind() == Kind::Object
        && partitions().all(|partition| partition.kind() == Kind::Array)
        && (element(root) == Element::Kafka
            || partitions().flat_map(Node::elements).any(|record| element(record) == Element::Kafka))
}

/// What an element is, by what it says of its source, else by its members.
pub(super) fn element(node: Node<'_>) -> Element {
    let source = node.get("eventSource").or_else(|| node.get("EventSource")).and_then(Node::as_str);
    let by_source = |source: &str| SOURCES.into_iter().find(|(name, _)| *name == source);
    if let Some((_, element)) = source.as_deref().and_then(by_source) {
        return element;
    }
    let has = |name: &&str| node.get(name).is_some();
    let by_members = || ELEMENT_MEMBERS.into_iter().find(|(names, _)| names.iter().all(has));
    match source.as_deref() {
        _ if has(&"kinesis") => Element::Nested,
        Some("aws:kinesis") if has(&"data") => Element::Flat,
        Some("aws:kinesis") => Element::Damaged,
        _ => match by_members() {
            Some((_, element)) => element,
            None if has(&"recordId") => Element::Unknown,
            None if has(&"data") => Element::Flat,
            None => Element::Unknown,
        },
    }
}

fn unknown(root: Node<'_>) -> EnvelopeError {
    let first = |name| root.get(name).and_then(|records| Some((name, records.elements().next()?)));
    let seen = match (root.elements().next(), first("Records").or_else(|| first("records"))) {
        (Some(first), _) => format!("an array that starts with {}", describe(first)),
        (_, Some((name, first))) => {
            format!("{}, where `{name}` starts with {}", describe(root), describe(first))
        }
        _ => describe(root),
    };
    EnvelopeError::Unknown { seen }
}

/// The kind of a value, and the names of its members: never what they hold.
pub(crate) fn describe(node: Node<'_>) -> String {
    const NAMES: usize = 12;
    let kind = node.kind().with_article();
    let mut names: Vec<String> = node.members().take(NAMES).map(|(name, _)| quoted(&name.text())).collect();
    if node.members().nth(NAMES).is_some() {
        names.push("…".to_owned());
    }
    match (node.kind(), names.is_empty()) {
        (Kind::Object, true) => "an empty object".to_owned(),
        (Kind::Object, false) => format!("{kind} with {}", names.join(", ")),
        _ => kind.to_owned(),
    }
}

/// A name in backticks. A long one is cut: what is meant as a name is short.
fn quoted(name: &str) -> String {
    const CHARS: usize = 40;
    let cut: String = name.chars().take(CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let more = if name.chars().nth(CHARS).is_some() { "…" } else { "" };
    format!("`{cut}{more}`")
}
