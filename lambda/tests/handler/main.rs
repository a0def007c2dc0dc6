//! Whole invocations: bytes in, and what is answered, written and counted.

#![cfg(test)]

mod callers;
mod kinesis;
mod pipes;
mod properties;
mod time;
mod world;
