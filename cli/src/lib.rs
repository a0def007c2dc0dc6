//! The command line: `check` and `enrich`, thin shells over the language, the engine and the handler.
//!
//! A command is a function from its arguments and a [`Shell`] to an [`Exit`]; it prints nothing but
//! through the shell's writers, so that a test sees all that a user sees.
//!
//! 1. [`args`] says what can be asked for.
//! 2. [`rules`] reads rules and schemas, [`tables`] the items of local tables, [`input`] events; `watch` waits
//!    until files change.
//! 3. [`events`] sends events through the engine, [`backlog`] whole folders of them, [`replay`] what was kept of them; `verdicts`, [`rejects`] and
//!    [`store`] keep what comes out.
//! 4. [`report`] writes what `check` tells of rules besides their findings.
//! 5. [`playground`] is all of it behind a page.
#![allow(clippy::disallowed_methods, reason = "this crate is the edge: files and clocks are read here")]

pub mod args;
pub mod backlog;
mod clock;
mod commands;
mod durable;
pub mod events;
pub mod input;
pub mod playground;
mod progress;
pub mod rejects;
pub mod replay;
pub mod report;
pub mod rules;
mod shell;
pub mod store;
pub mod summary;
pub mod tables;
pub mod verdicts;
mod watch;

pub use clock::LocalClock;
pub use commands::{CommandError, check, enrich};
pub use progress::Progress;
pub use shell::{Exit, Shell};
