//! What enriching costs, beside other ways to do the same.
//!
//! - `data`: events, their schema and the table, alike for all, from one seed.
//! - `ours`: the function's own path, and the engine alone.
//! - `plain`: a function in Rust as it is usually written.
//! - `vector`: VRL, the language of Vector.
//! - `floor`: the least that any program could do, which looks at no event at all.
//! - `measure`: rounds, medians.

pub mod data;
pub mod floor;
pub mod measure;
pub mod ours;
pub mod plain;
pub mod vector;
