//! Rules and schemas from files and folders.
//!
//! [`read_rules`] and [`read_schema`] read what a path names; [`RuleSet`] is one folder as a whole, on a
//! disk or loaded from elsewhere, with names that do not say where it is. [`read_bundle`] reads one out of a
//! single document.

mod bundle;
mod set;

use std::collections::{HashSet, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use bundle::{BundleError, MAX_BUNDLE, read_bundle, write_bundle};
use enrich_engine::dsl::testing;
pub use set::{RuleSet, is_rule_file, is_test_file};

/// The longest rule file, in bytes.
pub const MAX_RULE_FILE: u64 = 1 << 20;
/// The longest schema, in bytes.
pub const MAX_SCHEMA: u64 = 16 << 20;
/// The most rule files that are read together.
pub const MAX_RULE_FILES: usize = 10_000;

/// How many folders an error names.
const NAMED: usize = 3;
/// How many folders are searched for what was meant.
const SEARCHED: usize = 1_000;

const RULES: &str = ".enrich";

/// A rule file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleFile {
    /// Where it is, as it was found: what findings call it, and what its schemas are relative to.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// Why rules or schemas can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A path can't be read at all.
    #[error("can't read {}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is nothing to work with.
    #[error("no rule file in {}: their names end in `.enrich`", list(paths))]
    NoRules {
        /// Where rules were looked for.
        paths: Vec<PathBuf>,
    },
    /// There is nothing to work with but in folders inside, and each of these is a rule set of its own.
    #[error("no rule file in {} itself: name a folder that holds some: {}", list(paths), some(folders))]
    NoRulesButInside {
        /// Where rules were looked for.
        paths: Vec<PathBuf>,
        /// The folders inside that hold rule files, in the order of their paths.
        folders: Vec<PathBuf>,
    },
    /// More files than [`MAX_RULE_FILES`].
    #[error("more than {MAX_RULE_FILES} rule files: name the folders that are meant")]
    TooMany,
    /// A file is longer than it may be.
    #[error("{} has more than {limit} bytes: too long for {what}", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// What it should be: a rule file, a schema.
        what: &'static str,
        /// The most bytes.
        limit: u64,
    },
    /// A rule file is not text.
    #[error("{}:{line}: the file is not UTF-8: save it as UTF-8 text", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The line of the first byte that is wrong, counted from 1.
        line: usize,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The first of them, and how many more there are.
fn some(paths: &[PathBuf]) -> String {
    let named = list(paths.get(..NAMED).unwrap_or(paths));
    match paths.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Reads all rule files that the paths name, in the order in which [`find_rules`] finds them.
///
/// # Errors
/// Where something can't be read, is over a limit, or where there is no rule file at all.
pub fn read_rules(paths: &[PathBuf]) -> Result<Vec<RuleFile>, FileError> {
    let files = find_rules(paths)?;
    if files.is_empty() {
        return Err(nothing_in(paths));
    }
    files.into_iter().map(read_rule_file).collect()
}

/// Where all rule files are that the paths name: a file is itself, a folder the files in it, apart from
/// hidden ones. A folder inside a folder is a rule set of its own, and not looked at. Tests of rules
/// (`….test.enrich`) are left out, and so is a file that was there before. The files of a folder come in
/// the order of their names; what is in them is not read.
///
/// # Errors
/// Where a path or a folder can't be read, or there are too many files.
pub fn find_rules(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FileError> {
    find(paths, Wanted::Rules)
}

/// Where the tests of rules are (`….test.enrich`), as [`find_rules`] finds the rules.
///
/// # Errors
/// Where a path or a folder can't be read, or there are too many files.
pub fn find_tests(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FileError> {
    find(paths, Wanted::Tests)
}

fn find(paths: &[PathBuf], wanted: Wanted) -> Result<Vec<PathBuf>, FileError> {
    let mut walk = Walk { wanted, files: Vec::new(), seen: HashSet::new() };
    for path in paths {
        walk.path(path)?;
    }
    Ok(walk.files)
}

/// Reads a schema.
///
/// # Errors
/// Where there is no such file, or it is longer than [`MAX_SCHEMA`].
pub fn read_schema(path: &Path) -> Result<Vec<u8>, FileError> {
    read(path, "a schema", MAX_SCHEMA)
}

/// Reads one rule file from anywhere, such as standard input. `name` is what findings call it.
///
/// # Errors
/// Where it can't be read, is longer than [`MAX_RULE_FILE`], or is no text.
pub fn read_rule_file_from(reader: &mut dyn Read, name: &str) -> Result<RuleFile, FileError> {
    let path = PathBuf::from(name);
    let bytes = read_all(reader, &path, "a rule file", MAX_RULE_FILE)?;
    rule_file(path, bytes)
}

/// Reads one file of rules or of tests.
///
/// # Errors
/// Where it can't be read, is longer than [`MAX_RULE_FILE`], or is no text.
pub fn read_rule_file(path: PathBuf) -> Result<RuleFile, FileError> {
    let bytes = read(&path, "a rule file", MAX_RULE_FILE)?;
    rule_file(path, bytes)
}

fn rule_file(path: PathBuf, bytes: Vec<u8>) -> Result<RuleFile, FileError> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(RuleFile { path, text }),
        Err(error) => {
            let good = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
            let line = 1 + good.filter(|byte| **byte == b'\n').count();
            Err(FileError::NotText { path, line })
        }
    }
}

/// Reads a file of `limit` bytes or fewer. What it says about its length is not relied upon: a pipe
/// says nothing.
///
/// # Errors
/// Where it can't be read, or is longer.
pub fn read(path: &Path, what: &'static str, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut file =
        File::open(path).map_err(|source| FileError::Unreadable { path: path.to_owned(), source })?;
    read_all(&mut file, path, what, limit)
}

fn read_all(
    reader: &mut dyn Read,
    path: &Path,
    what: &'static str,
    limit: u64,
) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    reader
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| FileError::Unreadable { path: path.to_owned(), source })?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLong { path: path.to_owned(), what, limit });
    }
    Ok(bytes)
}

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Rules,
    Tests,
}

/// The files found so far.
struct Walk {
    wanted: Wanted,
    files: Vec<PathBuf>,
    /// What was there before, by its one true path: a folder that links back ends here.
    seen: HashSet<PathBuf>,
}

impl Walk {
    fn path(&mut self, path: &Path) -> Result<(), FileError> {
        let unreadable = |source| FileError::Unreadable { path: path.to_owned(), source };
        // A pipe has no true path, but can be read.
        let seen = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let kind = fs::metadata(path).map_err(unreadable)?;
        if !self.seen.insert(seen) {
            return Ok(());
        }
        if kind.is_dir() {
            return self.folder(path);
        }
        let is_tests = testing::is_test_file(&path.to_string_lossy());
        if is_tests != (self.wanted == Wanted::Tests) {
            return Ok(());
        }
        if self.files.len() == MAX_RULE_FILES {
            return Err(FileError::TooMany);
        }
        self.files.push(path.to_owned());
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "this is where a program's rules come from")]
    fn folder(&mut self, folder: &Path) -> Result<(), FileError> {
        let unreadable = |source| FileError::Unreadable { path: folder.to_owned(), source };
        let mut inside = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let named = match self.wanted {
                Wanted::Rules => named_as_rules(&path),
                Wanted::Tests => path.file_name().is_some_and(|name| is_test_file(&name.to_string_lossy())),
            };
            if named && !path.is_dir() {
                inside.push(path);
            }
        }
        inside.sort();
        inside.iter().try_for_each(|path| self.path(path))
    }
}

fn named_as_rules(path: &Path) -> bool {
    path.file_name().is_some_and(|name| is_rule_file(&name.to_string_lossy()))
}

/// No rule file was found: are there some deeper down?
fn nothing_in(paths: &[PathBuf]) -> FileError {
    let mut folders = folders_with_rules(paths);
    let paths = paths.to_vec();
    if folders.is_empty() {
        return FileError::NoRules { paths };
    }
    folders.sort();
    FileError::NoRulesButInside { paths, folders }
}

/// The folders inside these that hold rule files. What can't be read is passed over: the error is
/// another one.
#[expect(clippy::disallowed_methods, reason = "this is where a program's rules come from")]
fn folders_with_rules(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut open: VecDeque<_> = paths.to_vec().into();
    let mut found = Vec::new();
    for _ in 0..SEARCHED {
        let Some(folder) = open.pop_front() else { break };
        let inside = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let (folders, files): (Vec<_>, Vec<_>) = inside.partition(|path| path.is_dir());
        if files.iter().any(|path| named_as_rules(path)) {
            found.push(folder);
        }
        let hidden =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        open.extend(folders.into_iter().filter(|path| !hidden(path) && !path.is_symlink()));
    }
    found
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the cases are files")]
mod tests;
