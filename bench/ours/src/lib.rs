//! What is measured: the events, the rules, and the ways through the function and through the engine alone.

pub mod data;
pub mod deployment;
pub mod python;
mod ways;

pub use enrich_lambda::memory::keep_freed;

pub use ways::{engine, events, invocation, invocations_of, written};
