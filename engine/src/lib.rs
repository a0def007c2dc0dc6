//! The engine.
mod batch;
pub mod json;
pub mod lookup;
pub mod output;
mod time;

pub use batch::{Origin, Payload, Reason, Record, Verdict};
pub use time::{Clock, Timestamp};
