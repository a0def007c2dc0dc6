//! The documents can be trusted, because they run. Every page of the book (`docs/`), and the other documents:
//!
//! - `commands`: what a `console` block shows is what its commands print;
//! - `examples`: rules are right and laid out, and events become what stands behind their arrows;
//! - `snippets`: JSON is JSON, and Rust stands in a program that the tests run;
//! - `links`: links lead somewhere, and inside the book from page to page;
//! - `summary`: every page is in the book.
//!
//! CONTRIBUTING.md says how blocks are written. `UPDATE_GOLDEN=1` writes what is printed now.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a test reads and writes files, and a broken one fails"
)]

mod commands;
mod examples;
mod highlighting;
mod links;
mod pages;
mod snippets;
mod summary;
