//! Records that were kept because they were not enriched, out of the documents that hold them.
//!
//! | document | who writes it | what it holds |
//! |---|---|---|
//! | a reject | this crate, see [`output::document`](enrich_engine::output::document) | one record |
//! | an on-failure record (`on_failure`) | Lambda and EventBridge Pipes, for a batch that they give up | in S3 and Kafka the batch, in SQS and SNS only where it was |
//! | a `processing-failed` record (`firehose`) | Firehose, for what a transformation did not enrich | one record's bytes |
//!
//! What a document is, its shape says. Records get the origin that they had, and so the objects that are
//! written for them have the names that they would have had: to do it twice changes nothing.

mod firehose;
mod on_failure;

use std::collections::HashMap;
use std::fmt;

use enrich_engine::Record;
use enrich_engine::json::{Document, Node, ScanError};
use enrich_engine::output::{Reject, RejectError};

use crate::envelope::{EnvelopeError, describe};
pub use on_failure::{Batch, BatchSource};

/// What one document keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// What the document is.
    pub form: Form,
    /// Why the records were kept, in the words of who kept them: the code of a reject's reason, the
    /// `condition` of an on-failure record, the `errorCode` of Firehose.
    pub code: String,
    /// The records. [`Origin::stream`](enrich_engine::Origin::stream) is empty where the document does
    /// not name it, as those of Firehose don't.
    pub records: Vec<Record<'static>>,
}

/// What a document is that keeps records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// A reject.
    Reject,
    /// An on-failure record.
    OnFailure,
    /// A `processing-failed` record of Firehose.
    Firehose,
}

/// Why a document gives no records. The texts name members and where records are, never values of events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeptError {
    /// It is no JSON text.
    NotJson(ScanError),
    /// It is compressed.
    Gzip,
    /// It is of none of the shapes that are known.
    Unknown {
        /// What it looks like.
        seen: String,
    },
    /// The document of a reject is damaged, or of another version.
    Reject(RejectError),
    /// An on-failure record names its records and does not hold them.
    NoPayload(Option<Box<Batch>>),
    /// The batch in an on-failure record can't be read.
    Payload(EnvelopeError),
    /// A `processing-failed` record of Firehose is damaged: its `rawData` is not base64.
    NotBase64,
    /// Firehose could not convert or deliver data that have gone through the transformation.
    Transformed,
}

const ACCEPTED: &str =
    "read are rejects, on-failure records of Lambda, and `processing-failed` records of Firehose";

impl fmt::Display for KeptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeptError::NotJson(error) => write!(f, "the document is not JSON: {error}"),
            KeptError::Gzip => f.write_str("the document is gzip: unpack it first"),
            KeptError::Unknown { seen } => write!(f, "the document is {seen}; {ACCEPTED}"),
            KeptError::Reject(error) => error.fmt(f),
            KeptError::NoPayload(None) => f.write_str("the on-failure record has no payload"),
            KeptError::NoPayload(Some(batch)) => {
                write!(f, "the on-failure record has no payload, only where its records are: {batch}")?;
                match batch.command() {
                    Some(command) => write!(f, "; `{command}` gives an iterator at the first"),
                    None => Ok(()),
                }
            }
            KeptError::Payload(error) => write!(f, "the payload of the on-failure record: {error}"),
            KeptError::NotBase64 => f.write_str("the record's `rawData` is not base64"),
            KeptError::Transformed => f.write_str(
                "the record failed in Firehose behind the transformation (it has no `lambdaArn`), so its data \
                 may be enriched already",
            ),
        }
    }
}

impl std::error::Error for KeptError {}

/// One document of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The line that it begins in, counted from 1.
    pub line: u64,
    /// What it keeps.
    pub kept: Result<Kept, KeptError>,
}

/// The documents of a file: one alone, over as many lines as it likes, or one a line.
///
/// Of the records of one file that nothing tells apart each is one of its own, as Firehose numbers none.
#[must_use]
pub fn documents(file: &[u8]) -> Vec<Found> {
    if file.starts_with(&[0x1f, 0x8b]) {
        return vec![Found { line: 1, kept: Err(KeptError::Gzip) }];
    }
    let whole = Document::parse_nested(file, file.len());
    let mut lines =
        file.split(|byte| *byte == b'\n').zip(1..).filter(|(line, _)| !line.trim_ascii().is_empty());
    let parse =
        |line: &'_ [u8]| Document::parse_nested(line, line.len()).map(|document| read(document.root()));
    let mut found = match (whole, lines.next()) {
        (_, None) => Vec::new(),
        (Ok(document), Some((_, line))) => vec![Found { line, kept: read(document.root()) }],
        // What does not begin with a document is none over several lines, but one that is broken.
        (Err(error), Some((first, line))) if parse(first).is_err() => {
            vec![Found { line, kept: Err(KeptError::NotJson(error)) }]
        }
        (Err(_), Some(first)) => std::iter::once(first)
            .chain(lines)
            .map(|(text, line)| Found {
                line,
                kept: parse(text).map_err(KeptError::NotJson).and_then(|kept| kept),
            })
            .collect(),
    };
    number(&mut found);
    found
}

/// What that document keeps.
///
/// # Errors
/// Where it is none of the known ones, or what it keeps can't be read.
pub fn read(document: Node<'_>) -> Result<Kept, KeptError> {
    if let Some(kept) = in_queue(document) {
        return kept;
    }
    firehose::read(document).unwrap_or_else(|| Err(KeptError::Unknown { seen: describe(document) }))
}

/// What a message of a queue keeps, if it is one of those that are sent to queues: a reject or an on-failure
/// record.
pub(crate) fn in_queue(body: Node<'_>) -> Option<Result<Kept, KeptError>> {
    if Reject::is(body) {
        let kept = Reject::read(body).map(|Reject { reason, record, .. }| Kept {
            form: Form::Reject,
            code: reason.code.into_owned(),
            records: vec![record],
        });
        return Some(kept.map_err(KeptError::Reject));
    }
    on_failure::read(body)
}

/// Tells records of Firehose apart that arrived in one millisecond with the same bytes.
fn number(found: &mut [Found]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let kept = found.iter_mut().filter_map(|found| found.kept.as_mut().ok());
    for record in kept.filter(|kept| kept.form == Form::Firehose).flat_map(|kept| &mut kept.records) {
        if let Some(sequence) = &mut record.origin.sequence {
            let count = seen.entry(sequence.clone().into_owned()).or_default();
            *count += 1;
            if *count > 1 {
                sequence.to_mut().push_str(&format!("-{count}"));
            }
        }
    }
}
