//! The engine behind AWS's callers: an invocation's bytes in, the caller's own answer out.
//!
//! 1. [`envelope`] reads the invocation, record by record: [`envelope::Invocation`].
//! 2. [`answer`] writes what the caller may be told, and nothing else.
//!
//! None of this needs an AWS crate or an async runtime: an invocation can be replayed anywhere. The
//! Lambda function itself is `runtime` and the binary `bootstrap`, behind the feature `bootstrap`.

pub mod answer;
pub mod envelope;
mod error;
#[cfg(feature = "bootstrap")]
pub mod runtime;
mod sequence;

pub use error::HandlerError;
pub use sequence::SequenceNumber;
