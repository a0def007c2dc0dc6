//! The sources, each bringing again what its answers ask for, as AWS documents it.

mod firehose;
mod kafka;
mod pack;
mod pipe;
mod queue;
mod shards;

use std::sync::Arc;

use serde_json::Value;

use crate::dice::Dice;
use crate::events::{Event, Style};

/// A record as its source has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    /// How an answer names it.
    pub(crate) id: String,
    /// What has to stay in order.
    pub(crate) lane: String,
    /// The events in it, by their numbers.
    pub(crate) events: Vec<usize>,
    /// As it stands in an invocation.
    pub(crate) text: String,
}

/// An invocation.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) elements: Vec<Arc<Element>>,
    pub(crate) envelope: Envelope,
    /// Which shard or partition, for sources that have several.
    pub(crate) from: usize,
}

/// What stands around the elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// A mapping, with the state of a tumbling window if it has one.
    Records {
        state: Option<String>,
    },
    Kafka,
    Firehose {
        stream: bool,
    },
    Pipe,
}

/// What a caller makes of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Whether each element is done, and will not come again.
    pub(crate) done: Vec<bool>,
    /// The events that are given back, as they stand in the answer.
    pub(crate) returned: Vec<String>,
    /// The events that the caller keeps among its own errors.
    pub(crate) kept: Vec<usize>,
    /// The events that the answer calls dropped.
    pub(crate) dropped: Vec<usize>,
}

/// What a caller does next.
#[derive(Debug)]
pub(crate) enum Next {
    Invoke(Delivery),
    /// Nothing before so many milliseconds.
    Wait(i64),
    /// All is done.
    Over,
}

/// A source with what is left in it.
pub(crate) trait Caller: Send {
    fn next(&mut self, dice: &mut Dice, now: i64) -> Next;

    /// What the answer says, by the caller's own rules.
    ///
    /// # Errors
    /// Where the caller would take it for something that the function can't have meant.
    fn read(&self, delivery: &Delivery, answer: &[u8]) -> Result<Reading, String>;

    /// Goes on after an answer; `None` is an invocation that failed. Gives the events that are given up:
    /// they are at the caller's own destination for these.
    fn settle(
        &mut self,
        delivery: &Delivery,
        reading: Option<&Reading>,
        dice: &mut Dice,
        now: i64,
    ) -> Vec<usize>;
}

/// The callers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Kinesis,
    KinesisWindow,
    DynamoDb,
    Sqs,
    Fifo,
    Kafka,
    Firehose,
    FirehoseStream,
    PipeKinesis,
    PipeSqs,
}

pub(crate) const KINDS: [Kind; 10] = [
    Kind::Kinesis,
    Kind::Sqs,
    Kind::Kafka,
    Kind::PipeKinesis,
    Kind::Fifo,
    Kind::Firehose,
    Kind::DynamoDb,
    Kind::KinesisWindow,
    Kind::PipeSqs,
    Kind::FirehoseStream,
];

impl Kind {
    pub(crate) fn takes_events(self) -> bool {
        matches!(self, Kind::Firehose | Kind::FirehoseStream | Kind::PipeKinesis | Kind::PipeSqs)
    }

    pub(crate) fn style(self) -> Style {
        if self == Kind::DynamoDb { Style::Change } else { Style::Plain }
    }

    /// The source with all events in it, which get their ids. `forever` allows it to bring a record again
    /// without end.
    pub(crate) fn source(self, events: &mut [Event], dice: &mut Dice, forever: bool) -> Box<dyn Caller> {
        match self {
            Kind::Kinesis | Kind::KinesisWindow | Kind::DynamoDb => {
                Box::new(shards::Shards::new(self, events, dice, forever))
            }
            Kind::Sqs | Kind::Fifo => Box::new(queue::Queue::new(self == Kind::Fifo, events, dice)),
            Kind::Kafka => Box::new(kafka::Topic::new(events, dice, forever)),
            Kind::Firehose | Kind::FirehoseStream => {
                Box::new(firehose::Stream::new(self == Kind::FirehoseStream, events, dice))
            }
            Kind::PipeKinesis | Kind::PipeSqs => Box::new(pipe::Pipe::new(self, events, dice)),
        }
    }
}

impl Delivery {
    pub(crate) fn body(&self) -> String {
        let all = |elements: &mut dyn Iterator<Item = &Arc<Element>>| {
            elements.map(|element| element.text.as_str()).collect::<Vec<_>>().join(",")
        };
        let elements = all(&mut self.elements.iter());
        match &self.envelope {
            Envelope::Records { state: None } => format!(r#"{{"Records":[{elements}]}}"#),
            Envelope::Records { state: Some(state) } => format!(
                r#"{{"Records":[{elements}],"window":{{"start":"2026-11-21T10:00:00Z",
                    "end":"2026-11-21T10:15:00Z"}},"state":{state},"shardId":"{}",
                    "isFinalInvokeForWindow":false,"isWindowTerminatedEarly":false}}"#,
                pack::shard(self.from)
            ),
            Envelope::Kafka => {
                let mut lanes: Vec<&str> = self.elements.iter().map(|element| &*element.lane).collect();
                lanes.dedup();
                let partitions = lanes.into_iter().map(|lane| {
                    let mut inside = self.elements.iter().filter(|element| element.lane == lane);
                    format!(r#""{lane}":[{}]"#, all(&mut inside))
                });
                let partitions: Vec<_> = partitions.collect();
                format!(
                    r#"{{"eventSource":"aws:kafka","eventSourceArn":"{}","records":{{{}}}}}"#,
                    pack::CLUSTER,
                    partitions.join(",")
                )
            }
            Envelope::Firehose { stream } => {
                let source = if *stream { pack::source_stream() } else { String::new() };
                format!(
                    r#"{{"invocationId":"i","deliveryStreamArn":"{}",{source}"records":[{elements}]}}"#,
                    pack::DELIVERY
                )
            }
            Envelope::Pipe => format!("[{elements}]"),
        }
    }

    /// The same with some of the elements.
    pub(crate) fn with(&self, elements: &[Arc<Element>]) -> Self {
        Self { elements: elements.to_vec(), ..self.clone() }
    }

    /// The events in their order.
    pub(crate) fn events(&self) -> impl Iterator<Item = usize> {
        self.elements.iter().flat_map(|element| element.events.iter().copied())
    }
}

/// The failures that an event source mapping reads in an answer, or why it takes all for done or all for
/// failed.
enum Failures {
    None,
    All,
    These(Vec<Value>),
}

/// By AWS's rules: an empty or absent list is success, an identifier that is empty or null fails the batch.
fn batch_item_failures(answer: &[u8]) -> Result<Failures, String> {
    let answer: Value =
        serde_json::from_slice(answer).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let failures = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return Ok(Failures::None),
        Some(Value::Array(failures)) if failures.is_empty() => return Ok(Failures::None),
        Some(Value::Array(failures)) => failures,
        Some(other) => return Err(format!("`batchItemFailures` is {other}")),
    };
    let ids: Vec<_> =
        failures.iter().map(|failure| failure.get("itemIdentifier").cloned().unwrap_or_default()).collect();
    let says_nothing = |id: &Value| id.is_null() || id.as_str() == Some("");
    Ok(if ids.iter().any(says_nothing) { Failures::All } else { Failures::These(ids) })
}
