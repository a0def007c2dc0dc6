//! Tables as CSV: the first row names the attributes, every other row is an item.

use std::path::Path;

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use enrich_dsl::functions::Type;
use enrich_engine::json::write_string;
use enrich_engine::lookup::Item;

use super::error::{ItemProblem, Place, TableError, item};
use super::read::malformed;
use super::{LocalTable, is_number};

/// The items of a file. Cells are text, but for the columns that the rules declare as numbers or booleans; an
/// empty cell is an attribute that the item lacks.
pub(super) fn items(file: &Path, bytes: &[u8], table: &LocalTable) -> Result<Vec<(Place, Item)>, TableError> {
    let mut reader = ReaderBuilder::new().from_reader(bytes);
    let header = reader.headers().map_err(|error| of_csv(file, &error))?.clone();
    check_header(&header, table).map_err(|problem| malformed(file, 1, problem))?;
    let mut items = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| of_csv(file, &error))?;
        let place = Place::Line(row.position().map_or(0, csv::Position::line));
        let text = object(&header, &row, table).map_err(|problem| item(file, place, problem))?;
        let parsed = Item::from_text(text.into()).map_err(|error| malformed(file, 1, error.to_string()))?;
        items.push((place, parsed));
    }
    Ok(items)
}

/// The row as a JSON object.
fn object(header: &StringRecord, row: &StringRecord, table: &LocalTable) -> Result<String, ItemProblem> {
    let mut out = String::from("{");
    for (name, cell) in header.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
        if out.len() > 1 {
            out.push(',');
        }
        write_string(&mut out, name);
        out.push(':');
        if table.is_number(name) {
            if !is_number(cell) {
                return Err(ItemProblem::CellNoNumber { column: name.to_owned() });
            }
            out.push_str(cell);
        } else if table.declares(name, Type::Boolean) {
            if !matches!(cell, "true" | "false") {
                return Err(ItemProblem::CellNoBoolean { column: name.to_owned() });
            }
            out.push_str(cell);
        } else {
            write_string(&mut out, cell);
        }
    }
    out.push('}');
    Ok(out)
}

/// Every column has a name of its own, and the key is among them.
fn check_header(header: &StringRecord, table: &LocalTable) -> Result<(), String> {
    let names: Vec<_> = header.iter().collect();
    if names.is_empty() {
        return Err("the file is empty: its first row names the columns".to_owned());
    }
    for (at, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(format!("column {} has no name", at + 1));
        }
        if names.iter().take(at).any(|before| before == name) {
            return Err(format!("two columns are named `{name}`"));
        }
    }
    match table.key.iter().find(|(part, _)| !names.contains(&part.as_str())) {
        None => Ok(()),
        Some((part, _)) => Err(format!(
            "no column is named `{part}`, which the rules declare as part of the table's key; there are {}",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        )),
    }
}

fn of_csv(file: &Path, error: &csv::Error) -> TableError {
    let line = error.position().map_or(1, csv::Position::line);
    let problem = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} cells, and the header {expected_len}: quote a cell that holds a comma")
        }
        ErrorKind::Utf8 { .. } => "the file is not UTF-8: save it as UTF-8 text".to_owned(),
        _ => error.to_string(),
    };
    malformed(file, usize::try_from(line).unwrap_or(usize::MAX), problem)
}
