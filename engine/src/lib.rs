//! An embeddable stream enrichment engine: rules, JSON Schema, batched lookups, exact output.
//!
//! ```
//! use enrich_engine::lookup::MemorySource;
//! use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let rules = Rules::from_text(
//!     r#"table users { source dynamodb "users" key id: string }
//!        rule clicks {
//!          stream "clicks"
//!          lookup user from users where id = .user { copy segment default "none" }
//!        }"#,
//! )?;
//! let users = MemorySource::new().with_json("users", r#"[{"id": "u1", "segment": "premium"}]"#)?;
//! let engine = Engine::builder(rules).tables(users).build()?;
//!
//! let batch = [Record::new(r#"{"user": "u1", "price": 49.990}"#, Origin::stream("clicks"))];
//! let now = Timestamp::parse("2026-11-21T10:00:00Z").ok_or("a time")?;
//! let outcome = engine.enrich(&batch, Context::at(now)).await;
//!
//! let Verdict::Enriched { event, .. } = &outcome.verdicts[0] else { panic!("{outcome:?}") };
//! assert_eq!(&event[..], br#"{"user": "u1", "price": 49.990,"segment":"premium"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! 1. [`Rules`] are checked text: [`Rules::check`] finds all that is wrong, with its place.
//! 2. [`Engine`] is a rule set compiled for its place: variables filled in, sources named.
//! 3. [`Engine::enrich`] takes a batch of [`Record`]s and gives each exactly one [`Verdict`].
//!
//! What a program brings of its own:
//!
//! - **Tables**: [`lookup::Source`] answers a batch of keys; `examples/source.rs` is a whole one.
//! - **Functions**: [`functions::Function`] is one, [`functions::Registry`] makes it known; see
//!   `examples/function.rs`.
//! - **What becomes of the verdicts**: `examples/embed.rs` goes through them. An event is done when it is
//!   written, dropped, or kept as a reject; a failed one has to be brought again.
//!
//! Nothing here reads a file, a clock or the environment, and nothing here knows AWS. Tables are
//! behind [`lookup::Source`], what is written behind [`output::Sinks`], time behind [`Clock`].

mod batch;
#[cfg(test)]
mod conformance;
mod context;
mod decimal;
pub mod deployed;
mod edits;
mod engine;
mod eval;
mod explain;
pub mod functions;
pub mod json;
mod limits;
pub mod lookup;
pub mod output;
mod program;
mod reasons;
pub mod report;
mod rules;
mod run;
mod schema;
pub mod testing;
mod time;
mod value;
mod words;

pub use batch::{
    KeptCounts, LookupCounts, LookupEnd, LookupOutcome, ObjectPlace, Origin, Outcome, Payload, Placement,
    Record, Stage, StageKind, Verdict,
};
pub use context::Context;
pub use engine::{Builder, Engine};
pub use enrich_dsl as dsl;
pub use enrich_dsl::model::{Compression, PerObject, Queue};
pub use explain::{Decision, DecisionKind, Element, Explanation, Freshness, LookupDecision, Written};
pub use limits::Limits;
pub use program::{BuildError, Destination, Location};
pub use reasons::{Becomes, Reason, ReasonCode};
pub use rules::{BrokenRules, CheckSession, Checked, ReadFile, Rules};
pub use time::{Clock, Timestamp};
pub use value::Value;

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
    text
}
