//! A table's file, taken apart into items.

use std::path::Path;

use enrich_engine::json::{Document, Kind, Node, ScanError};
use enrich_engine::lookup::Item;

use super::error::{ItemProblem, Place, TableError, item};
use super::{LocalTable, MAX_TABLE, csv};
use enrich_lambda::dynamodb_json;
use enrich_lambda::rule_files::{self as files, FileError};

/// What stands in a file.
pub(super) fn bytes(file: &Path) -> Result<Vec<u8>, TableError> {
    files::read(file, "a table", MAX_TABLE).map_err(|error| match error {
        FileError::Unreadable { path, source } => TableError::Unreadable { file: path, source },
        _ => TableError::TooLong { file: file.to_owned(), limit: MAX_TABLE },
    })
}

/// The items of a file with these bytes, each with its place.
pub(super) fn items(file: &Path, bytes: &[u8], table: &LocalTable) -> Result<Vec<(Place, Item)>, TableError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => csv::items(file, bytes, table),
        Some("ndjson") => lines(file, bytes),
        _ => whole(file, bytes),
    }
}

/// `[item, …]`, `{"Items": [item, …]}` as a scan answers, or `{"Item": item}` as a request for one does.
fn whole(file: &Path, bytes: &[u8]) -> Result<Vec<(Place, Item)>, TableError> {
    let document = Document::parse(bytes).map_err(|error| {
        let mut problem = error.to_string();
        if is_lines(bytes) {
            problem.push_str(": an item a line is a file named `.ndjson`");
        }
        malformed(file, line_of(bytes, error.at), problem)
    })?;
    let list = list(document.root());
    let found: Vec<_> = match (list.kind(), only_item(list)) {
        (Kind::Array, _) => list.elements().collect(),
        (_, Some(single)) => vec![single],
        (kind, None) => {
            let problem = format!(
                "a table is an array of items, or an object with `Items` as a scan writes it; found {}",
                kind.with_article()
            );
            return Err(malformed(file, 1, problem));
        }
    };
    let places = (1..).map(Place::Item);
    places.zip(found).map(|(place, node)| Ok((place, read(file, place, node)?))).collect()
}

/// Where a file's items are.
fn list(root: Node<'_>) -> Node<'_> {
    root.get("Items").filter(|items| items.kind() == Kind::Array).unwrap_or(root)
}

/// The line that an item of a JSON file begins on, both counted from 1.
pub(crate) fn line_of_item(bytes: &[u8], number: u64) -> Option<usize> {
    let document = Document::parse(bytes).ok()?;
    let before = usize::try_from(number).ok()?.checked_sub(1)?;
    let item = list(document.root()).elements().nth(before)?;
    Some(line_of(bytes, item.span().0))
}

/// An item a line; blank lines are nothing.
fn lines(file: &Path, bytes: &[u8]) -> Result<Vec<(Place, Item)>, TableError> {
    let mut items = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let document = Document::parse(line).map_err(|error| {
            malformed(file, number, format!("{error}: a file named `.ndjson` has an item a line"))
        })?;
        let place = Place::Line(number as u64);
        items.push((place, read(file, place, document.root())?));
    }
    Ok(items)
}

/// One item, in plain JSON.
fn read(file: &Path, place: Place, node: Node<'_>) -> Result<Item, TableError> {
    let node = only_item(node).unwrap_or(node);
    if node.kind() != Kind::Object {
        return Err(item(file, place, ItemProblem::NoObject { found: node.kind().with_article() }));
    }
    let converted = dynamodb_json::to_plain(node)
        .map_err(|attribute| item(file, place, ItemProblem::NoNumber { attribute }))?;
    let text = converted.unwrap_or_else(|| node.raw().to_owned());
    Item::from_text(text.into()).map_err(|error: ScanError| malformed(file, 1, error.to_string()))
}

/// What is inside `{"Item": {…}}`, which an export writes around every item. No item is such an object
/// itself: its key would be an object.
fn only_item(node: Node<'_>) -> Option<Node<'_>> {
    node.get("Item").filter(|inside| inside.kind() == Kind::Object && node.members().count() == 1)
}

/// Whether the text starts with an object on a line of its own.
fn is_lines(bytes: &[u8]) -> bool {
    let first = bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    first.and_then(|line| Document::parse(line).ok()).is_some_and(|line| line.root().kind() == Kind::Object)
}

pub(super) fn malformed(file: &Path, line: usize, problem: String) -> TableError {
    TableError::Malformed { file: file.to_owned(), line, problem }
}

/// The line of that byte, counted from 1.
pub(crate) fn line_of(bytes: &[u8], at: usize) -> usize {
    1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count()
}
