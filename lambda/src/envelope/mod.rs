//! An invocation's bytes to records, without harm from one record to another.
//!
//! 1. `shape` tells the caller from the outermost values, and names the callers that can't be served.
//! 2. `record` (Kinesis), `dynamodb`, `sqs`, `kafka` and `firehose` read one record: what it says about
//!    itself, then the event's bytes. What is wrong with one record is that record's own reason; the
//!    others never notice.
//! 3. `alike` is the quick way to all of that, for batches of Kinesis as they mostly are.
//! 4. `aggregate` makes several records of one of Kinesis that holds several.
//! 5. `arrival` reads a time stamp by its digits.

mod aggregate;
mod alike;
mod arrival;
mod dynamodb;
mod firehose;
mod kafka;
mod record;
mod shape;
mod sqs;

use std::fmt;
use std::ops::Range;

use enrich_engine::Record;
use enrich_engine::json::{Document, Node, ScanError};

pub use alike::Room;
pub(crate) use arrival::from_millis;
pub(crate) use record::text;
pub(crate) use shape::describe;
use shape::{Element, Mapping, Shape};

/// One invocation, read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invocation<'b> {
    /// Who calls, and so what the answer looks like.
    pub caller: Caller,
    /// The records in their order. Those out of one aggregate have one sequence number, and each its place.
    pub records: Vec<Record<'b>>,
    /// Whether each record plainly has a number of its own, so that nobody has to look for two of one id.
    pub(crate) in_order: bool,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Caller {
    /// An event source mapping of a Kinesis stream: records of one shard, in order.
    Kinesis {
        /// Where the mapping has a tumbling window: the JSON text of its state, as it came.
        state: Option<String>,
    },
    /// An event source mapping of a DynamoDB table's stream: records of one shard, in order.
    DynamoDb {
        /// As that of [`Caller::Kinesis`].
        state: Option<String>,
    },
    /// An event source mapping of an SQS queue.
    Sqs {
        /// Whether the queue keeps the order of each message group.
        fifo: bool,
        /// The messages, in their order.
        messages: Vec<Message>,
    },
    /// An event source mapping of Kafka topics: records of several partitions, each in its order.
    Kafka,
    /// A Firehose data transformation.
    Firehose {
        /// What the answer repeats, for each record.
        echoes: Vec<Echo>,
    },
    /// The enrichment step of an EventBridge pipe, whatever its source.
    Pipes,
    /// Nobody: records that were kept are tried again, each by itself. See [`crate::Handler::replay`].
    Replay,
}

/// A message of a queue: what it is known by, and which records of the batch are out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Its id.
    pub id: Option<String>,
    /// Its message group, where the queue keeps an order.
    pub group: Option<String>,
    /// The places of its records in the batch. It is one record, unless it [keeps](Message::keeps) others.
    pub records: Range<usize>,
    /// Whether its body is a reject or an on-failure record, whose own records take its place.
    pub keeps: bool,
    /// The ARN of its queue.
    pub queue: Option<String>,
    /// What the queue calls this delivery of it.
    pub receipt_handle: Option<String>,
    /// How often the queue has delivered it by now.
    pub received: u32,
}

/// What Firehose must get back of a record, as JSON texts that are written as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Echo {
    /// Its `recordId`, if it has one that is a string.
    pub record_id: Option<String>,
    /// Its `data`; `""` where that is no string.
    pub data: String,
}

impl Caller {
    /// The caller's name in logs: `kinesis`, `dynamodb`, `sqs`, `kafka`, `firehose`, `pipes`, or `replay`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Caller::Kinesis { .. } => "kinesis",
            Caller::DynamoDb { .. } => "dynamodb",
            Caller::Sqs { .. } => "sqs",
            Caller::Kafka => "kafka",
            Caller::Firehose { .. } => "firehose",
            Caller::Pipes => "pipes",
            Caller::Replay => "replay",
        }
    }

    /// Whether the caller takes the events back. Where it doesn't, the rules have to say where they go.
    #[must_use]
    pub fn takes_events(&self) -> bool {
        matches!(self, Caller::Firehose { .. } | Caller::Pipes)
    }

    /// Whether the caller brings failed records again, one by one or from the first on.
    #[must_use]
    pub fn retries(&self) -> bool {
        !self.takes_events() && *self != Caller::Replay
    }

    /// Whether the record at that place was kept before, so that the others of its first batch are not
    /// those of this one.
    pub(crate) fn was_kept(&self, at: usize) -> bool {
        match self {
            Caller::Replay => true,
            Caller::Sqs { messages, .. } => {
                let its = messages.partition_point(|message| message.records.end <= at);
                messages.get(its).is_some_and(|message| message.keeps)
            }
            _ => false,
        }
    }
}

/// Why an invocation can't be read at all. The texts name members, never values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The body is no JSON text.
    NotJson(ScanError),
    /// The caller is known, and not served by this version.
    Unsupported {
        /// Its name.
        caller: &'static str,
    },
    /// The body has the shape of no caller.
    Unknown {
        /// What it looks like.
        seen: String,
    },
}

const ACCEPTED: &str = "accepted are event source mappings of Kinesis streams, DynamoDB streams, SQS queues and \
                        Kafka topics, Firehose data transformations, and EventBridge Pipes with these sources";

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnvelopeError::NotJson(error) => write!(f, "the invocation's body is not JSON: {error}"),
            EnvelopeError::Unsupported { caller } => {
                write!(f, "the invocation comes from {caller}, which is not supported; {ACCEPTED}")
            }
            EnvelopeError::Unknown { seen } => write!(f, "the invocation is {seen}; {ACCEPTED}"),
        }
    }
}

impl std::error::Error for EnvelopeError {}

impl<'b> Invocation<'b> {
    /// Reads the body of an invocation. Events are decoded into `room`, where they can be.
    ///
    /// # Errors
    /// Where the body as a whole can't be read; a record that can't be is among the records, with its
    /// reason.
    pub fn read(body: &'b [u8], room: &'b mut Room) -> Result<Self, EnvelopeError> {
        let Some(alike::Batch { records, in_order }) = alike::batch(body, room) else {
            return Invocation::read_as(body, sqs::messages);
        };
        let records = if in_order { records } else { aggregate::taken_apart(records) };
        Ok(Self { caller: Caller::Kinesis { state: None }, records, in_order })
    }

    /// These records of that caller, in whatever order.
    pub(crate) fn new(caller: Caller, records: Vec<Record<'b>>) -> Self {
        Self { caller, records, in_order: false }
    }
}

impl Invocation<'static> {
    /// Reads the body of an invocation out of an on-failure record. Messages of a queue are not opened
    /// there once more: however deep they are nested, reading them ends.
    pub(crate) fn read_kept(body: &[u8]) -> Result<Self, EnvelopeError> {
        Self::read_as(body, sqs::closed)
    }

    fn read_as(body: &[u8], messages: fn(Node<'_>) -> Self) -> Result<Self, EnvelopeError> {
        // However deep an event is nested, that is a matter between the engine and this event.
        let document = Document::parse_nested(body, body.len()).map_err(EnvelopeError::NotJson)?;
        let root = document.root();
        Ok(match shape::of(root)? {
            Shape::Mapping(mapping, records) => Self::mapping(root, mapping, records, messages),
            Shape::Kafka(partitions) => Self::new(Caller::Kafka, kafka::records(root, partitions)),
            Shape::Firehose(records) => {
                let (records, echoes) =
                    records.elements().map(|element| firehose::record(root, element)).unzip();
                Self::new(Caller::Firehose { echoes }, records)
            }
            Shape::PipesBatch(elements) => {
                let kind = elements.elements().map(shape::element).find(|kind| source(*kind).is_some());
                let records = elements.elements().map(|element| piped(element, kind));
                Self::new(Caller::Pipes, aggregate::taken_apart(records.collect()))
            }
            Shape::PipesElement(element) => {
                Self::new(Caller::Pipes, aggregate::taken_apart(vec![piped(element, None)]))
            }
        })
    }

    fn mapping(root: Node<'_>, mapping: Mapping, records: Node<'_>, messages: fn(Node<'_>) -> Self) -> Self {
        let elements = || records.elements();
        match mapping {
            Mapping::Kinesis => {
                let records = aggregate::taken_apart(elements().map(record::kinesis).collect());
                Self::new(Caller::Kinesis { state: window_state(root) }, records)
            }
            Mapping::DynamoDb => {
                let shard = record::text(root, "shardId");
                let record = |element| dynamodb::record(element, shard.as_deref());
                let records = elements().map(record).collect();
                Self::new(Caller::DynamoDb { state: window_state(root) }, records)
            }
            Mapping::Sqs => messages(records),
        }
    }
}

/// How an element of a pipe's batch is read, where it is one of a source.
fn source(kind: Element) -> Option<fn(Node<'_>) -> Record<'static>> {
    match kind {
        Element::Flat | Element::Damaged => Some(record::pipes),
        Element::DynamoDb => Some(|element| dynamodb::record(element, None)),
        Element::Sqs => Some(sqs::record),
        Element::Kafka => Some(kafka::pipes),
        Element::Nested | Element::Foreign(_) | Element::Unknown => None,
    }
}

/// An element of a pipe's batch; one that is of no source is damaged, and read as the others are.
fn piped(element: Node<'_>, others: Option<Element>) -> Record<'static> {
    let read = source(shape::element(element)).or_else(|| others.and_then(source));
    read.unwrap_or(record::pipes)(element)
}

/// The state that a mapping with a tumbling window must get back; an empty one where none came.
fn window_state(root: Node<'_>) -> Option<String> {
    match (root.get("state"), root.get("window")) {
        (Some(state), _) => Some(state.raw().to_owned()),
        (None, Some(_)) => Some("{}".to_owned()),
        (None, None) => None,
    }
}
