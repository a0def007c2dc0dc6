//! The file of a table.

use std::fs;
use std::path::{Path, PathBuf};

use enrich_dsl::suggest;

use super::LocalTable;
use super::error::TableError;

const EXTENSIONS: [&str; 3] = ["json", "ndjson", "csv"];

/// The one file of a table.
pub(super) fn file_of(folder: Option<&Path>, table: &LocalTable) -> Result<PathBuf, TableError> {
    let Some(folder) = folder else {
        return Err(TableError::NoFolder { table: table.name.clone() });
    };
    let names = names_in(folder)?;
    let wanted = names_of(&table.name);
    let mut found = wanted.iter().filter(|name| names.contains(name));
    match (found.next(), found.next()) {
        (Some(name), None) => Ok(folder.join(name)),
        (None, _) => Err(TableError::Missing {
            folder: folder.display().to_string(),
            table: table.name.clone(),
            looked_for: quoted(&wanted),
            suggestion: closest(table, &names),
            found: names,
        }),
        (Some(_), Some(_)) => {
            let files: Vec<_> = wanted.iter().filter(|name| names.contains(name)).collect();
            Err(TableError::Several {
                folder: folder.display().to_string(),
                table: table.name.clone(),
                files: quoted(&files),
            })
        }
    }
}

/// The names that a table's file may have.
pub(crate) fn names_of(table: &str) -> [String; 3] {
    EXTENSIONS.map(|extension| format!("{table}.{extension}"))
}

fn quoted(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// The names of the files, sorted, without the hidden ones.
fn names_in(folder: &Path) -> Result<Vec<String>, TableError> {
    let unreadable = |source| TableError::Folder { folder: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') && !path.is_dir() {
            names.push(name.into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The file that was probably meant: it has the table's name at its source, or nearly the name that
/// the rules declare, or that name among others (`dev-users.json`).
fn closest(table: &LocalTable, names: &[String]) -> Option<String> {
    let stem = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    let declared = table.name.to_lowercase();
    let at_source =
        |name: &&String| table.source.as_ref().is_some_and(|source| source.to_lowercase() == stem(name));
    let among_others = |name: &&String| stem(name).split(['-', '_']).any(|part| part == declared);
    let near = || {
        let stems: Vec<String> = names.iter().map(|name| stem(name)).collect();
        let near = suggest::nearest(&declared, stems.iter().map(String::as_str))?;
        names.iter().find(|name| stem(name) == near)
    };
    names.iter().find(at_source).or_else(near).or_else(|| names.iter().find(among_others)).cloned()
}
