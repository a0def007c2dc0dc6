//! An invocation's bytes to records, without harm from one record to another.
//!
//! 1. `shape` tells the caller from the outermost values, and names the callers that can't be served.
//! 2. `record` reads one record: what it says about itself, then the event's bytes. What is wrong with
//!    one record is that record's own reason; the others never notice.
//! 3. `aggregate` makes several records of one that holds several.
//! 4. `arrival` reads a time stamp by its digits.

mod aggregate;
mod arrival;
mod record;
mod shape;

use std::fmt;

use enrich_engine::Record;
use enrich_engine::json::{Document, Node, ScanError};

use shape::Shape;

/// One invocation, read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invocation {
    /// Who calls, and so what the answer looks like.
    pub caller: Caller,
    /// The records in their order. Those out of one aggregate have one sequence number, and each its place.
    pub records: Vec<Record>,
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
    /// The enrichment step of an EventBridge pipe whose source is a Kinesis stream.
    Pipes,
}

impl Caller {
    /// The caller's name in logs: `kinesis` or `pipes`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Caller::Kinesis { .. } => "kinesis",
            Caller::Pipes => "pipes",
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

const ACCEPTED: &str = "accepted are the events of a Kinesis event source mapping, `{\"Records\": [{\"kinesis\": …}]}`, \
                        and of EventBridge Pipes with a Kinesis source, `[{\"eventSource\": \"aws:kinesis\", \"data\": …}]`";

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

impl Invocation {
    /// Reads the body of an invocation.
    ///
    /// # Errors
    /// Where the body as a whole can't be read; a record that can't be is among the records, with its
    /// reason.
    pub fn read(body: &[u8]) -> Result<Self, EnvelopeError> {
        // However deep an event is nested, that is a matter between the engine and this event.
        let document = Document::parse_nested(body, body.len()).map_err(EnvelopeError::NotJson)?;
        Ok(match shape::of(document.root())? {
            Shape::Kinesis(records) => Self {
                caller: Caller::Kinesis { state: window_state(document.root()) },
                records: aggregate::taken_apart(records.elements().map(record::kinesis)),
            },
            Shape::PipesBatch(elements) => {
                let records = elements.elements().map(record::pipes);
                Self { caller: Caller::Pipes, records: aggregate::taken_apart(records) }
            }
            Shape::PipesElement(element) => {
                let records = aggregate::taken_apart([record::pipes(element)]);
                Self { caller: Caller::Pipes, records }
            }
        })
    }
}

/// The state that a mapping with a tumbling window must get back; an empty one where none came.
fn window_state(root: Node<'_>) -> Option<String> {
    match (root.get("state"), root.get("window")) {
        (Some(state), _) => Some(state.raw().to_owned()),
        (None, Some(_)) => Some("{}".to_owned()),
        (None, None) => None,
    }
}
