//! What can be wrong with local tables.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use enrich_dsl::model::KeyType;

/// Why local tables can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Rules look up a table, and there is no folder to look into.
    #[error("the rules look up the table `{table}`: give the folder that holds it with `--tables DIR`")]
    NoFolder {
        /// The table.
        table: String,
    },
    /// The folder of the tables can't be read.
    #[error("can't read the folder of the tables {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No file has the table's name.
    #[error(
        "{folder} has no file for the table `{table}`: looked for {looked_for}; {}",
        there(found, suggestion)
    )]
    Missing {
        /// The folder.
        folder: String,
        /// The table.
        table: String,
        /// The names that were looked for.
        looked_for: String,
        /// The names that are there.
        found: Vec<String>,
        /// The one that was probably meant.
        suggestion: Option<String>,
    },
    /// Several files have the table's name.
    #[error("{folder} has several files for the table `{table}`: {files}: keep one of them")]
    Several {
        /// The folder.
        folder: String,
        /// The table.
        table: String,
        /// The files' names.
        files: String,
    },
    /// A file can't be read.
    #[error("can't read {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is longer than a table may be.
    #[error("{} has more than {limit} bytes: keep the items that the events need", file.display())]
    TooLong {
        /// The file.
        file: PathBuf,
        /// The most bytes.
        limit: u64,
    },
    /// A file can't be taken apart into items.
    #[error("{}:{line}: {problem}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there, and what to do.
        problem: String,
    },
    /// An item is not what the table holds.
    #[error("{}, {place}: {problem}", file.display())]
    Item {
        /// The file.
        file: PathBuf,
        /// Where in the file.
        place: Place,
        /// What is wrong.
        problem: ItemProblem,
    },
}

/// Where an item is in its file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// On that line.
    Line(u64),
    /// The so-manieth item.
    Item(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(number) => write!(f, "line {number}"),
            Place::Item(number) => write!(f, "item {number}"),
        }
    }
}

/// What is wrong with an item. Messages name attributes, never their values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ItemProblem {
    /// It is no object.
    #[error("an item is an object, found {found}")]
    NoObject {
        /// What it is.
        found: &'static str,
    },
    /// A number of DynamoDB JSON is not one.
    #[error("the attribute `{attribute}` holds an `N` that is no number")]
    NoNumber {
        /// The attribute.
        attribute: String,
    },
    /// A cell of a number column is not one.
    #[error("the column `{column}` is a number by the rules' table, and this cell is none")]
    CellNoNumber {
        /// The column.
        column: String,
    },
    /// A cell of a boolean column is not one.
    #[error(
        "the column `{column}` is a boolean by the rules' table, and this cell is neither `true` nor `false`"
    )]
    CellNoBoolean {
        /// The column.
        column: String,
    },
    /// A part of the key is absent or null.
    #[error("it has no `{part}`, which the rules declare as part of the table's key")]
    NoKey {
        /// The part.
        part: String,
    },
    /// A part of the key has another type.
    #[error("`{part}` is {found}, and the rules declare it as {}", declared.as_str())]
    KeyType {
        /// The part.
        part: String,
        /// Its type by declaration.
        declared: KeyType,
        /// What it is, with its article.
        found: &'static str,
    },
    /// A binary part of the key is not base64.
    #[error("`{part}` is binary by the rules' table, and its text is not base64")]
    KeyBase64 {
        /// The part.
        part: String,
    },
    /// A part of the key is longer than DynamoDB allows.
    #[error("`{part}` is more than a key can hold: 2048 bytes, or 38 digits")]
    KeySize {
        /// The part.
        part: String,
    },
    /// Another item has the same key.
    #[error("it has the same key as {first}: keep one of them")]
    KeyTwice {
        /// The other item.
        first: Place,
    },
}

pub(super) fn item(file: &Path, place: Place, problem: ItemProblem) -> TableError {
    TableError::Item { file: file.to_owned(), place, problem }
}

/// What the folder does have.
fn there(found: &[String], suggestion: &Option<String>) -> String {
    const SHOWN: usize = 10;
    let mut text = match found {
        [] => "the folder is empty".to_owned(),
        _ => format!(
            "there are {}",
            found.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    };
    if found.len() > SHOWN {
        text.push_str(&format!(" and {} more", found.len() - SHOWN));
    }
    if let Some(name) = suggestion {
        text.push_str(&format!(" (did you mean `{name}`?)"));
    }
    text
}
