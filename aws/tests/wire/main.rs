//! The adapters against the real protocols: a DynamoDB over SQLite and an S3 over a folder, in this
//! process, behind a pass-through that counts what goes over the wire and injects faults.
//!
//! - `lookups`: what is asked, and that the right answers come back.
//! - `indexes`: the same by an index.
//! - `describe`: what tables are, held against what rules declare.
//! - `faults`: what becomes of each fault of the wire, the service, a table or a key.
//! - `retries`: unprocessed keys, throttling, lost attempts, and the end of the time.
//! - `objects`, `files`, `rule_files`: S3.
//! - `streams`, `queues`: Firehose and SQS, of which scripts play the service.
//! - `model`: whole invocations, generated, with faults on the wire: nothing is lost.
//! - `tls`: whom connections trust.
//! - `recipes`: the shipped rules against what the handlers they replace made.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it does not expect ends there"
)]

mod describe;
mod faults;
mod files;
mod indexes;
mod lookups;
mod model;
mod objects;
mod queues;
mod recipes;
mod retries;
mod rule_files;
mod streams;
mod support;
mod tls;
