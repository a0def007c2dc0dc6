//! Findings as text: one renderer a file.

mod full;
mod json;

pub use full::full;
pub use json::json;
