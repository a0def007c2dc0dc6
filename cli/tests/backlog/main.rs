//! `enrich run --output` as a process: what it writes, what it refuses, and that each event is in the output once,
//! however the run is interrupted.
//!
//! - `files`: formats, names, rejects, what can't be read.
//! - `resumed`: what goes on, what is refused.
//! - `interrupted`: signals at any moment.
//! - `buckets`: S3, with the feature `aws`.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test reads and writes files, and a broken one fails"
)]

#[cfg(feature = "aws")]
mod buckets;
mod files;
#[cfg(unix)]
mod interrupted;
mod resumed;
mod support;
