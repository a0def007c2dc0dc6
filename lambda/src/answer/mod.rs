//! What a caller is told. Each function writes one answer, whole, in the shape that its caller documents.
//!
//! These services take an answer of another shape for "all done" and go on, so nothing else in this
//! crate writes an answer, and what can't be said truly is an [`AnswerError`]: the invocation then
//! fails, and the caller brings the batch again.

mod firehose;

use std::fmt;

use enrich_engine::json::write_string;

pub use firehose::{Transformed, firehose};

use crate::sequence::SequenceNumber;

/// Most bytes that Lambda takes back from a function.
pub const MAX_BYTES: usize = 6_291_556;

/// Why there is no answer that would be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerError {
    /// The first failed record can't be named: it came without a sequence number or offset.
    NoSequenceNumber,
    /// A failed message can't be named: it came without an id.
    NoMessageId,
    /// A record can't be answered: it came without a `recordId`.
    NoRecordId,
    /// The answer is longer than Lambda takes.
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnswerError::NoSequenceNumber => {
                f.write_str("the first failed record has no sequence number, so the batch fails as a whole")
            }
            AnswerError::NoMessageId => {
                f.write_str("a failed message has no `messageId`, so the batch fails as a whole")
            }
            AnswerError::NoRecordId => {
                f.write_str("a record has no `recordId`, so the batch fails as a whole")
            }
            AnswerError::TooLarge { bytes } => write!(
                f,
                "the answer has {bytes} bytes and Lambda takes {MAX_BYTES}: make the caller's batches smaller"
            ),
        }
    }
}

impl std::error::Error for AnswerError {}

/// From where on a stream or a partition is to bring a batch again: the lowest number among the failed records.
///
/// `failed` are their sequence numbers in the order of the batch, as the envelope has them. `None`
/// where no record failed.
///
/// # Errors
/// Where the first failed record has no number that Kinesis can have given: a later one would
/// acknowledge it.
pub fn checkpoint<'a>(
    failed: impl IntoIterator<Item = Option<&'a str>>,
) -> Result<Option<SequenceNumber>, AnswerError> {
    let mut failed = failed.into_iter().map(|sequence| sequence.and_then(SequenceNumber::parse));
    let Some(first) = failed.next() else { return Ok(None) };
    let first = first.ok_or(AnswerError::NoSequenceNumber)?;
    // A shard's records come in order, so the first is the lowest. Were they not, everything from the
    // lowest number on is what Kinesis brings again.
    Ok(Some(failed.flatten().fold(first, SequenceNumber::min)))
}

/// The answer to an event source mapping of a Kinesis or DynamoDB stream that reports batch item failures.
///
/// `checkpoint` is the first record to bring again; none acknowledges the whole batch. `state` is the
/// JSON text of a tumbling window's state, which the mapping must get back.
#[must_use]
pub fn stream(checkpoint: Option<&SequenceNumber>, state: Option<&str>) -> Vec<u8> {
    let failures = match checkpoint {
        Some(sequence) => format!(r#"[{{"itemIdentifier":"{sequence}"}}]"#),
        None => "[]".to_owned(),
    };
    match state {
        Some(state) => format!(r#"{{"state":{state},"batchItemFailures":{failures}}}"#),
        None => format!(r#"{{"batchItemFailures":{failures}}}"#),
    }
    .into_bytes()
}

/// The answer to an event source mapping of an SQS queue: each failed message, by its id. What is not
/// named is deleted from the queue.
///
/// # Errors
/// Where a failed message has no id.
pub fn sqs<'a>(failed: impl IntoIterator<Item = Option<&'a str>>) -> Result<Vec<u8>, AnswerError> {
    let mut answer = String::from(r#"{"batchItemFailures":["#);
    for (at, id) in failed.into_iter().enumerate() {
        answer.push_str(if at > 0 { "," } else { "" });
        answer.push_str(r#"{"itemIdentifier":"#);
        write_string(&mut answer, id.filter(|id| !id.is_empty()).ok_or(AnswerError::NoMessageId)?);
        answer.push('}');
    }
    answer.push_str("]}");
    Ok(answer.into_bytes())
}

/// The answer to an event source mapping of Kafka topics: topic, partition and the first offset to bring
/// again, of each partition in which a record failed. What lies before it, and every other partition, is
/// done.
#[must_use]
pub fn kafka<'a>(failed: impl IntoIterator<Item = (&'a str, &'a str, &'a SequenceNumber)>) -> Vec<u8> {
    let mut answer = String::from(r#"{"batchItemFailures":["#);
    for (at, (topic, partition, offset)) in failed.into_iter().enumerate() {
        answer.push_str(if at > 0 { "," } else { "" });
        answer.push_str(r#"{"itemIdentifier":{"partition":"#);
        let dash = if partition.is_empty() { "" } else { "-" };
        write_string(&mut answer, &format!("{topic}{dash}{partition}"));
        // A JSON number has no leading zeros.
        let offset = offset.as_str().trim_start_matches('0');
        let offset = if offset.is_empty() { "0" } else { offset };
        answer.push_str(&format!(r#","offset":{offset}}}}}"#));
    }
    answer.push_str("]}");
    answer.into_bytes()
}

/// The answer to a pipe: an array of the events, byte for byte and in their order. Each is a JSON text.
///
/// Of no event it is `[]`, which tells the pipe not to call its target.
///
/// # Errors
/// Where the answer is longer than [`MAX_BYTES`].
pub fn pipes<'a>(events: impl IntoIterator<Item = &'a [u8]> + Clone) -> Result<Vec<u8>, AnswerError> {
    // Two brackets, and a comma less than there are events.
    let (count, total) =
        events.clone().into_iter().fold((0, 0), |(count, total), event| (count + 1, total + event.len()));
    let bytes = total + 2 + usize::saturating_sub(count, 1);
    if bytes > MAX_BYTES {
        return Err(AnswerError::TooLarge { bytes });
    }
    let mut answer = Vec::with_capacity(bytes);
    answer.push(b'[');
    for (at, event) in events.into_iter().enumerate() {
        if at > 0 {
            answer.push(b',');
        }
        answer.extend_from_slice(event);
    }
    answer.push(b']');
    Ok(answer)
}
