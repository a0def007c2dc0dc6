//! Local tables: files of a folder in place of DynamoDB.
//!
//! 1. `find` picks the one file of a table: `NAME.json`, `NAME.ndjson` or `NAME.csv`.
//! 2. `read` takes it apart into items: plain JSON, DynamoDB JSON or CSV (`csv`).
//! 3. Every item must have the table's key, once: DynamoDB would have no other.

mod csv;
mod error;
mod find;
mod read;

use std::collections::HashMap;
use std::path::Path;

use enrich_dsl::functions::Type;
use enrich_dsl::model::KeyType;
use enrich_engine::json::{Document, Kind};
use enrich_engine::lookup::{ErrorCode, Item, Key, KeyValue, MemorySource};

pub use error::{ItemProblem, Place, TableError};
pub(crate) use find::names_of;
pub(crate) use read::{line_of, line_of_item};

/// The longest file of a table, in bytes.
pub const MAX_TABLE: u64 = 256 << 20;

/// A table that rules look up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalTable {
    /// The name that the rules declare: its file is called so, and the engine asks for it.
    pub name: String,
    /// The name at its source, where it is known: a file may be called so by mistake.
    pub source: Option<String>,
    /// The parts of the key, as declared.
    pub key: Vec<(String, KeyType)>,
    /// The attributes, as far as they are declared: cells of CSV have these types.
    pub attributes: Vec<(String, Type)>,
}

impl LocalTable {
    /// The table of that name with these key parts.
    #[must_use]
    pub fn new(name: impl Into<String>, key: Vec<(String, KeyType)>) -> Self {
        Self { name: name.into(), source: None, key, attributes: Vec::new() }
    }

    /// The same table, with its declared attributes.
    #[must_use]
    pub fn declaring(mut self, attributes: Vec<(String, Type)>) -> Self {
        self.attributes = attributes;
        self
    }

    /// The same table, with its name at its source, if that is known.
    #[must_use]
    pub fn at_source(mut self, name: Option<String>) -> Self {
        self.source = name;
        self
    }

    /// Whether that attribute is a number by declaration.
    fn is_number(&self, attribute: &str) -> bool {
        let key = self.key.iter().any(|(name, ty)| name == attribute && *ty == KeyType::Number);
        key || self.declares(attribute, Type::Number)
    }

    /// Whether that attribute is declared to have that type.
    fn declares(&self, attribute: &str, ty: Type) -> bool {
        self.attributes.iter().any(|(name, declared)| name == attribute && *declared == ty)
    }
}

/// Reads the tables out of a folder.
///
/// # Errors
/// Where a table has no file, or one that can't be read whole: a table that lacks an item would be
/// taken for one in which it is missing.
pub fn load(folder: Option<&Path>, tables: &[LocalTable]) -> Result<MemorySource, TableError> {
    let mut source = MemorySource::new();
    for table in tables {
        let file = find::file_of(folder, table)?;
        let items = parse(&file, &read::bytes(&file)?, table)?;
        source = source.with_table(&table.name, items);
    }
    Ok(source)
}

/// The items of a table, out of the bytes of its file. The file's extension says how they are written.
///
/// # Errors
/// As [`load`], where the file's text is no table.
pub(crate) fn parse(file: &Path, bytes: &[u8], table: &LocalTable) -> Result<Vec<Item>, TableError> {
    let items = read::items(file, bytes, table)?;
    let with_places = items.iter().map(|(place, item)| (*place, item));
    check_keys(table, with_places).map_err(|(place, problem)| error::item(file, place, problem))?;
    Ok(items.into_iter().map(|(_, item)| item).collect())
}

/// Whether every item has the whole key, and no two have the same.
fn check_keys<'a>(
    table: &LocalTable,
    items: impl Iterator<Item = (Place, &'a Item)>,
) -> Result<(), (Place, ItemProblem)> {
    let mut seen = HashMap::new();
    for (place, item) in items {
        let parts: Result<Vec<_>, _> = table.key.iter().map(|(name, ty)| key_part(item, name, *ty)).collect();
        let key = Key::new(parts.map_err(|problem| (place, problem))?);
        if let Some(first) = seen.insert(key, place) {
            return Err((place, ItemProblem::KeyTwice { first }));
        }
    }
    Ok(())
}

fn key_part(item: &Item, name: &str, ty: KeyType) -> Result<KeyValue, ItemProblem> {
    let node = item.root().get(name);
    let part = match (ty, node.map(|node| (node.kind(), node))) {
        (_, None | Some((Kind::Null, _))) => return Err(ItemProblem::NoKey { part: name.to_owned() }),
        (KeyType::Number, Some((Kind::Number, node))) => KeyValue::number(node.raw()),
        (KeyType::String, Some((Kind::String, node))) => KeyValue::string(node.as_str().unwrap_or_default()),
        (KeyType::Binary, Some((Kind::String, node))) => KeyValue::binary(&node.as_str().unwrap_or_default()),
        (_, Some((kind, _))) => {
            return Err(ItemProblem::KeyType {
                part: name.to_owned(),
                declared: ty,
                found: kind.with_article(),
            });
        }
    };
    part.map_err(|code| match (code, ty) {
        (ErrorCode::KeyType, KeyType::Binary) => ItemProblem::KeyBase64 { part: name.to_owned() },
        _ => ItemProblem::KeySize { part: name.to_owned() },
    })
}

/// Whether the text is a JSON number, with nothing around it.
fn is_number(text: &str) -> bool {
    Document::parse(text.as_bytes())
        .is_ok_and(|document| document.root().as_number().is_some_and(|number| number.len() == text.len()))
}

#[cfg(test)]
mod tests;
