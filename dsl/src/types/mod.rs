//! What is known of values before any event comes: types at both ends of a rule.
//!
//! 1. [`Types`]: which JSON types a value may have.
//! 2. [`Shape`]: types, whether the value may be absent, and what is inside objects and arrays. The
//!    event's shape comes from its JSON Schema, an item's from the declaration of its table.
//! 3. [`Known`]: shapes at one place of a rule, moved on statement by statement.
//!
//! All of it errs on one side only: what can't be told is "may be anything, may be absent". So a value
//! whose shape says a type has that type or is absent, whatever comes.

mod known;
mod set;
mod shape;
mod truth;

pub use known::{Known, enriched};
pub(crate) use known::{Outcome, item};
pub use set::Types;
pub use shape::Shape;
