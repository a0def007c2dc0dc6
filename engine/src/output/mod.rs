//! What happens to enriched and rejected events: which objects, lines and messages they become, and the
//! seams to where those are kept ([`Sinks`]).
//!
//! [`objects`] lays the enriched events of a batch out, [`reject`] writes what is kept of a rejected
//! one, [`reject_message`] the same for a queue, and [`Reject`] reads it again. Keys come from record ids and arrival times, never from content or the clock, so that a
//! record that comes again overwrites what it wrote before, and no two shards or streams can collide.
//! Two records of a batch with one id are told apart by their order ([`repeats`]).

mod compress;
mod layout;
mod name;
mod queue;
mod rejects;
mod sinks;
mod store;
mod stream;

pub use layout::{Enriched, Laid, line, objects};
pub use name::{identity, repeats};
pub use queue::{Fifo, MAX_MESSAGE_BYTES, MAX_MESSAGES, Message, Postponed, Queues};
pub use rejects::{Reject, RejectError, Rejected, document, reject, reject_message};
pub use sinks::{NoSink, SinkKinds, Sinks};
pub use store::{Object, ObjectStore};
pub use stream::{DeliveryStreams, MAX_LINE_BYTES, MAX_LINES, MAX_LINES_BYTES};
