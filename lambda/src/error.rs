//! Why an invocation failed as a whole: a small closed set, with a name each that alarms can match.

use std::borrow::Cow;
use std::fmt;

use crate::answer::AnswerError;
use crate::envelope::EnvelopeError;

/// Why an invocation failed as a whole. Its caller brings the batch again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandlerError {
    /// The invocation can't be read.
    Envelope(EnvelopeError),
    /// No answer would be true.
    Answer(AnswerError),
    /// Records failed, and the caller has no answer that says which.
    RecordsFailed {
        /// How many records the batch has.
        records: usize,
        /// Why records failed: the codes of the reasons in alphabetical order, and how often each.
        failed: Vec<(Cow<'static, str>, u64)>,
    },
    /// The code of the function panicked.
    Panicked,
    /// The function broke a promise of its own.
    Internal(&'static str),
}

impl HandlerError {
    /// The stable name that Lambda reports as the error's type.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            HandlerError::Envelope(EnvelopeError::NotJson(_)) => "Enrich.NotJson",
            HandlerError::Envelope(EnvelopeError::Unsupported { .. }) => "Enrich.UnsupportedCaller",
            HandlerError::Envelope(EnvelopeError::Unknown { .. }) => "Enrich.UnknownEvent",
            HandlerError::Answer(AnswerError::NoSequenceNumber) => "Enrich.NoSequenceNumber",
            HandlerError::Answer(AnswerError::NoMessageId) => "Enrich.NoMessageId",
            HandlerError::Answer(AnswerError::NoRecordId) => "Enrich.NoRecordId",
            HandlerError::Answer(AnswerError::TooLarge { .. }) => "Enrich.AnswerTooLarge",
            HandlerError::RecordsFailed { .. } => "Enrich.RecordsFailed",
            HandlerError::Panicked => "Enrich.Panicked",
            HandlerError::Internal(_) => "Enrich.Internal",
        }
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HandlerError::Envelope(error) => error.fmt(f),
            HandlerError::Answer(error) => error.fmt(f),
            HandlerError::RecordsFailed { records, failed } => {
                let count: u64 = failed.iter().map(|(_, count)| count).sum();
                let codes: Vec<_> = failed.iter().map(|(code, count)| format!("{code} {count}")).collect();
                write!(
                    f,
                    "{count} of {records} records failed ({}), and with them the batch",
                    codes.join(", ")
                )
            }
            HandlerError::Panicked => f.write_str("the function panicked; its log says where"),
            HandlerError::Internal(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for HandlerError {}

impl From<EnvelopeError> for HandlerError {
    fn from(error: EnvelopeError) -> Self {
        HandlerError::Envelope(error)
    }
}

impl From<AnswerError> for HandlerError {
    fn from(error: AnswerError) -> Self {
        HandlerError::Answer(error)
    }
}
