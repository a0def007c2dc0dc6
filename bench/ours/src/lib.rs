//! What is measured: the events, and the ways through the function and through the engine alone.

pub mod data;
mod ways;

pub use ways::{events, invocation};
