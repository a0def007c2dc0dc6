//! What enriching costs, beside other ways to do the same.
//!
//! - `enrich_bench_ours`: the events, and our own ways. A crate of its own, since instructions are counted of it alone.
//! - `plain`: a function in Rust as it is usually written.
//! - `python`: a function in Python as it is usually written.
//! - `vector`: VRL, the language of Vector.
//! - `floor`: the least that any program could do, which looks at no event at all.
//! - `measure`: rounds, medians, tables.

pub mod floor;
pub mod measure;
pub mod plain;
pub mod python;
pub mod vector;

/// How many rounds the command line asks for: its first number.
pub fn rounds(by_default: usize) -> usize {
    std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(by_default)
}
