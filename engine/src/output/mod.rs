//! What happens to enriched and rejected events: which objects they go into, and where those are kept.
//!
//! [`objects`] lays the enriched events of a batch out, [`reject`] writes what is kept of a rejected
//! one, and [`Reject`] reads it again. Keys come from record ids and arrival times, never from content or the clock, so that a
//! record that comes again overwrites what it wrote before, and no two shards or streams can collide.
//! Two records of a batch with one id are told apart by their order ([`repeats`]).

mod layout;
mod name;
mod rejects;
mod store;

pub use layout::{Enriched, Laid, line, objects};
pub use name::{identity, repeats};
pub use rejects::{Reject, RejectError, Rejected, document, reject};
pub use store::{Object, ObjectStore};
