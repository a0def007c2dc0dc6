//! What happens to enriched events: which objects they go into, and where those are kept.

mod store;

pub use store::{Object, ObjectStore};
