//! The answer to a Firehose data transformation.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::json::write_string;
use enrich_engine::output;

use super::{AnswerError, MAX_BYTES};
use crate::envelope::Echo;

/// What became of a record, in Firehose's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transformed<'a> {
    /// `Ok`: goes on to the delivery stream's destination.
    Ok {
        /// The event's JSON text.
        event: &'a [u8],
        /// What the delivery stream parts its objects by: names with their values. Without any nothing is said
        /// of it.
        partition: &'a [(Arc<str>, String)],
    },
    /// `Dropped`: wanted by nobody.
    Dropped,
    /// `ProcessingFailed`: goes to the delivery stream's errors, as it came.
    Failed,
}

const OPEN: &str = r#"{"records":["#;
const CLOSE: &str = "]}";
// What stands around the three values of a result.
const ID: &str = r#"{"recordId":"#;
const RESULT: &str = r#","result":""#;
const DATA: &str = r#"","data":"#;
const END: &str = "}";

/// The answer to a Firehose data transformation: every record by its id, in order, each with its result
/// and data. Gives also the places of the records whose events found no room, and which are failed.
///
/// Firehose writes the events of one object one after the other, so each is one line with a line break
/// at its end. A failed record has its data as they came, for they may be what Firehose keeps; that they
/// all fit is what comes first.
///
/// # Errors
/// Where a record has no id, or where not even the records as they came have room.
pub fn firehose(records: &[(&Echo, Transformed<'_>)]) -> Result<(Vec<u8>, Vec<usize>), AnswerError> {
    let mut least = OPEN.len() + CLOSE.len() + records.len().saturating_sub(1);
    for (echo, transformed) in records {
        let result = match transformed {
            Transformed::Dropped => *transformed,
            Transformed::Ok { .. } | Transformed::Failed => Transformed::Failed,
        };
        least += length(echo, result)?;
    }
    let mut room = MAX_BYTES.checked_sub(least).ok_or(AnswerError::TooLarge { bytes: least })?;
    let mut answer = Vec::with_capacity(least);
    let mut left_out = Vec::new();
    answer.extend_from_slice(OPEN.as_bytes());
    for (at, (echo, transformed)) in records.iter().enumerate() {
        if at > 0 {
            answer.push(b',');
        }
        let mut transformed = *transformed;
        if let Transformed::Ok { .. } = transformed {
            // What the event takes instead of the record as it came.
            let left = (room + length(echo, Transformed::Failed)?).checked_sub(length(echo, transformed)?);
            match left {
                Some(left) => room = left,
                None => {
                    left_out.push(at);
                    transformed = Transformed::Failed;
                }
            }
        }
        write(&mut answer, echo, transformed)?;
    }
    answer.extend_from_slice(CLOSE.as_bytes());
    Ok((answer, left_out))
}

fn length(echo: &Echo, transformed: Transformed<'_>) -> Result<usize, AnswerError> {
    let data = match transformed {
        // Quotes, and four characters for each three bytes of the line.
        Transformed::Ok { event, partition } => {
            2 + (event.trim_ascii_end().len() + 1).div_ceil(3) * 4 + metadata(partition).len()
        }
        Transformed::Dropped => 2,
        Transformed::Failed => echo.data.len(),
    };
    let id = echo.record_id.as_ref().ok_or(AnswerError::NoRecordId)?;
    let names = [ID, RESULT, result(transformed), DATA, END];
    Ok(names.iter().map(|part| part.len()).sum::<usize>() + id.len() + data)
}

fn write(answer: &mut Vec<u8>, echo: &Echo, transformed: Transformed<'_>) -> Result<(), AnswerError> {
    let data = match transformed {
        Transformed::Ok { event, partition } => {
            let mut line = Vec::with_capacity(event.len() + 1);
            output::line(&mut line, event);
            format!("\"{}\"{}", STANDARD.encode(line), metadata(partition))
        }
        Transformed::Dropped => "\"\"".to_owned(),
        Transformed::Failed => echo.data.clone(),
    };
    let id = echo.record_id.as_ref().ok_or(AnswerError::NoRecordId)?;
    for part in [ID, id, RESULT, result(transformed), DATA, &data, END] {
        answer.extend_from_slice(part.as_bytes());
    }
    Ok(())
}

/// `,"metadata":{"partitionKeys":{…}}`, or nothing.
fn metadata(partition: &[(Arc<str>, String)]) -> String {
    if partition.is_empty() {
        return String::new();
    }
    let mut out = String::from(r#","metadata":{"partitionKeys":{"#);
    for (at, (name, value)) in partition.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_string(&mut out, name);
        out.push(':');
        write_string(&mut out, value);
    }
    out.push_str("}}");
    out
}

fn result(transformed: Transformed<'_>) -> &'static str {
    match transformed {
        Transformed::Ok { .. } => "Ok",
        Transformed::Dropped => "Dropped",
        Transformed::Failed => "ProcessingFailed",
    }
}
