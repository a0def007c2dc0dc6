//! Lookups: what is asked, what is answered, and what can go wrong.
//!
//! [`Source`] is the seam to the tables. [`Key`]s are canonical, so that one key is asked once however
//! it is written; [`Failure`]s say whether a retry can help, which decides an event's verdict.
//! [`CircuitBreaker`] goes around a source, and leaves a table alone that gives no answer.

mod breaker;
mod cache;
mod failure;
mod key;
mod memory;
mod source;

pub use breaker::{BreakerLimits, CircuitBreaker};
pub(crate) use cache::{Call, Called, Flight, Landing, Policy, Recalled, Rendered, TableCache};
pub use failure::{ErrorCode, Failure};
pub(crate) use key::KeyBytes;
pub use key::{Key, KeyValue};
pub use memory::{ItemError, MemorySource};
pub use source::{
    Answer, Answers, Attributes, BoxFuture, Questions, Requests, Source, Table, TableQuestions,
};

use crate::json::Document;

/// An item of a table: a JSON object. Numbers keep the digits that the table has.
pub type Item = Document<'static>;
