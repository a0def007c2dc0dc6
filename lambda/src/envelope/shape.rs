//! Who calls, told from the outermost values of an invocation.

use enrich_engine::json::{Kind, Node};

use super::EnvelopeError;

/// An invocation that can be served, and where its records are.
pub(super) enum Shape<'d> {
    /// The array `Records` of an event source mapping.
    Kinesis(Node<'d>),
    /// The array that a pipe sends.
    PipesBatch(Node<'d>),
    /// One element of such an array, alone.
    PipesElement(Node<'d>),
}

/// What one element of a batch is.
enum Element {
    /// It has `kinesis` inside, as a mapping sends it.
    Nested,
    /// It has `data`, as a pipe sends it.
    Flat,
    /// It says that it comes from Kinesis, and has neither.
    Damaged,
    /// Another caller's.
    Foreign(&'static str),
    Unknown,
}

/// Values of `eventSource` (SNS: `EventSource`).
const SOURCES: [(&str, &str); 11] = [
    ("aws:sqs", "Amazon SQS"),
    ("aws:dynamodb", "DynamoDB Streams"),
    ("aws:kafka", "Amazon MSK"),
    ("SelfManagedKafka", "self-managed Apache Kafka"),
    ("aws:amq", "Amazon MQ"),
    ("aws:mq", "Amazon MQ"),
    ("aws:rmq", "Amazon MQ"),
    ("aws:sns", "Amazon SNS"),
    ("aws:s3", "Amazon S3 notifications"),
    ("aws:ses", "Amazon SES"),
    ("aws:docdb", "Amazon DocumentDB"),
];

/// Members that only that caller's elements have.
const ELEMENT_MEMBERS: [(&str, &str); 6] = [
    ("dynamodb", "DynamoDB Streams"),
    ("receiptHandle", "Amazon SQS"),
    ("topic", "Apache Kafka"),
    ("Sns", "Amazon SNS"),
    ("s3", "Amazon S3 notifications"),
    ("recordId", "a Firehose data transformation"),
];

/// Members that only that caller's invocations have.
const ROOT_MEMBERS: [(&str, &str); 11] = [
    ("KinesisBatchInfo", "a dead-letter queue"),
    ("DDBStreamBatchInfo", "a dead-letter queue"),
    ("applicationArn", "Kinesis Data Analytics"),
    ("deliveryStreamArn", "a Firehose data transformation"),
    ("invocationId", "a Firehose data transformation"),
    ("bootstrapServers", "Apache Kafka"),
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

/// An array: a pipe's batch. One element that is a record of Kinesis makes it one, so that a damaged
/// element is that record's own fault; an empty batch has nothing to tell it by.
fn pipe(root: Node<'_>) -> Result<Shape<'_>, EnvelopeError> {
    let served = |element| matches!(element, Element::Flat | Element::Damaged);
    batch(root, root, served).map(|()| Shape::PipesBatch(root))
}

/// An object with `Records`: an event source mapping.
fn mapping<'d>(root: Node<'d>, records: Node<'d>) -> Result<Shape<'d>, EnvelopeError> {
    let served = |element| matches!(element, Element::Nested | Element::Damaged);
    batch(root, records, served).map(|()| Shape::Kinesis(records))
}

fn batch(root: Node<'_>, elements: Node<'_>, served: impl Fn(Element) -> bool) -> Result<(), EnvelopeError> {
    let empty = elements.elements().next().is_none();
    if empty || elements.elements().any(|node| served(element(node))) {
        return Ok(());
    }
    let foreign = elements.elements().find_map(|node| match element(node) {
        Element::Foreign(caller) => Some(caller),
        _ => None,
    });
    Err(foreign.map_or_else(|| unknown(root), |caller| EnvelopeError::Unsupported { caller }))
}

/// An object without an array `Records`: one element of a pipe, or a caller that is not served.
fn lone(root: Node<'_>) -> Result<Shape<'_>, EnvelopeError> {
    let has = |name| root.get(name).is_some();
    if let Some((_, caller)) = ROOT_MEMBERS.into_iter().find(|(name, _)| has(name)) {
        return Err(EnvelopeError::Unsupported { caller });
    }
    match (element(root), root.get("records").map(Node::kind)) {
        (Element::Foreign(caller), _) => Err(EnvelopeError::Unsupported { caller }),
        (_, Some(Kind::Array)) => {
            Err(EnvelopeError::Unsupported { caller: "a Firehose data transformation" })
        }
        (_, Some(Kind::Object)) => Err(EnvelopeError::Unsupported { caller: "Apache Kafka" }),
        (Element::Flat, _) if has("eventID") || has("eventSource") => Ok(Shape::PipesElement(root)),
        _ => Err(unknown(root)),
    }
}

fn element(node: Node<'_>) -> Element {
    let source = node.get("eventSource").or_else(|| node.get("EventSource")).and_then(Node::as_str);
    let by_source = |source: &str| SOURCES.into_iter().find(|(name, _)| *name == source);
    let by_member = || ELEMENT_MEMBERS.into_iter().find(|(name, _)| node.get(name).is_some());
    if let Some((_, caller)) = source.as_deref().and_then(by_source) {
        return Element::Foreign(caller);
    }
    let from_kinesis = source.as_deref() == Some("aws:kinesis");
    match by_member() {
        _ if node.get("kinesis").is_some() => Element::Nested,
        Some((_, caller)) if !from_kinesis => Element::Foreign(caller),
        _ if node.get("data").is_some() => Element::Flat,
        _ if from_kinesis => Element::Damaged,
        _ => Element::Unknown,
    }
}

fn unknown(root: Node<'_>) -> EnvelopeError {
    let seen = match (
        root.kind(),
        root.elements().next(),
        root.get("Records").and_then(|records| records.elements().next()),
    ) {
        (Kind::Array, Some(first), _) => format!("an array that starts with {}", describe(first)),
        (Kind::Object, _, Some(first)) => {
            format!("{}, where `Records` starts with {}", describe(root), describe(first))
        }
        _ => describe(root),
    };
    EnvelopeError::Unknown { seen }
}

/// The kind of a value, and the names of its members: never what they hold.
fn describe(node: Node<'_>) -> String {
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
