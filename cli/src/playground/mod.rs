//! `enrich playground`: one page, served on loopback, that shows what rules do with an event while they are written.
//!
//! 1. [`answer()`] is all that the page asks: rules, tables and an event in; findings, verdict, explanation and
//!    lineage out. It is the checker and the engine of every other command, and everything is in memory.
//! 2. `guard` says which requests are answered: those of this page, and of nobody else's.
//! 3. `work` bounds how long, and how many at a time, answers are worked on; `server` speaks HTTP.
//! 4. `assets` and [`examples`] are what the binary carries: the page, and the rules to begin with.

mod answer;
mod assets;
pub mod examples;
mod guard;
mod server;
mod work;

pub use answer::{Unreadable, answer};
pub use server::{MAX_BODY, serve};
