//! The engine behind AWS's callers: an invocation's bytes in, the caller's own answer out.
//!
//! 1. [`envelope`] reads the invocation, record by record: [`envelope::Invocation`]. A record that holds
//!    several is taken apart by [`kpl`].
//! 2. [`Handler`] has the engine enrich the records, and writes what has to be durable.
//! 3. [`answer`] writes what the caller may be told, and nothing else.
//!
//! [`replay`] reads what was kept of records that were not enriched, and
//! [`Handler::replay`] tries them again.
//!
//! [`policy`] says what the function's role must allow for a rule set.
//!
//! None of this needs an AWS crate or an async runtime: an invocation can be replayed anywhere, with
//! the rules of [`rule_files`]. The Lambda function itself is `bootstrap` on top of `runtime`, behind
//! the feature `bootstrap`.

pub mod answer;
#[cfg(feature = "bootstrap")]
pub mod bootstrap;
mod deliver;
pub mod dynamodb_json;
pub mod envelope;
mod error;
mod handler;
pub mod kpl;
pub mod memory;
pub mod policy;
pub mod replay;
pub mod rule_files;
#[cfg(feature = "bootstrap")]
pub mod runtime;
mod sequence;
mod shadow;
mod summary;

pub use deliver::Fate;
pub use error::HandlerError;
pub use handler::{Handler, Invoked, Replayed};
pub use sequence::SequenceNumber;
pub use shadow::ShadowSummary;
pub use summary::{RuleCounts, Summary};
