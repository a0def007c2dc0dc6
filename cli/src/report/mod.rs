//! Reports of rules as text, for people and for programs. What they say comes from the engine.

pub mod cost;
pub mod explain_json;
pub mod explain_text;
pub mod lineage_dot;
pub mod lineage_json;
mod names;

use serde::Serialize;

/// A document, indented, a line feed behind it.
fn pretty(document: &impl Serialize) -> String {
    // A tree of plain values can always be written.
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}
