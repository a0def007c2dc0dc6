//! Reports of rules as text, for people and for programs. What they say comes from the engine.

pub mod bill;
pub mod cost;
pub mod explain_json;
pub mod explain_text;
pub mod lineage_dot;
pub mod lineage_json;
mod names;
pub mod prices;

use serde::Serialize;

/// A document, indented, a line feed behind it.
fn pretty(document: &impl Serialize) -> String {
    // A tree of plain values can always be written.
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// Lines of cells, each column as wide as its widest cell.
fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("  {cell:width$}"));
        format!("{}\n", cells.collect::<String>().trim_end())
    };
    rows.iter().map(line).collect()
}
