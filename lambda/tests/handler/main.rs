//! Whole invocations: bytes in, and what is answered, written and counted.

#![cfg(test)]

mod aggregates;
mod callers;
#[path = "../support/golden.rs"]
mod golden;
mod kinesis;
#[path = "../support/kpl.rs"]
mod kpl;
mod pipes;
mod properties;
mod redrive;
mod replay;
mod shadow;
mod sinks;
mod time;
mod world;
