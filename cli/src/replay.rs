//! Records that were kept, out of files: what is to be tried again, each record once.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use enrich_engine::output::identity;
use enrich_engine::{Origin, Record};
use enrich_lambda::replay::{Found, documents};
use enrich_lambda::rule_files::{self as files, FileError};

use crate::args::is_standard_input;
use crate::input::{CHUNK_BYTES, CHUNK_LINES};
use crate::rejects::Place;
use crate::summary::count;
use crate::verdicts::Named;
use crate::{Progress, Shell};

/// The longest file, in bytes: what Firehose writes at most.
const MAX_FILE: u64 = 128 << 20;

/// A record that is to be tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// The record.
    pub record: Record<'static>,
    /// Why it was kept.
    pub code: String,
    /// The line of its file in which its document begins.
    pub line: u64,
}

/// The files to read: all those in the folders, and in folders inside, but none that is hidden. Each once, and
/// those of a folder in the order of their names.
///
/// # Errors
/// Where one can't be read.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FileError> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let mut open: VecDeque<PathBuf> = paths.iter().cloned().collect();
    while let Some(path) = open.pop_front() {
        if is_standard_input(&path) {
            found.push(path);
            continue;
        }
        let unreadable = |source| FileError::Unreadable { path: path.clone(), source };
        // A folder that links back ends here.
        if !seen.insert(fs::canonicalize(&path).map_err(unreadable)?) {
            continue;
        }
        if !fs::metadata(&path).map_err(unreadable)?.is_dir() {
            found.push(path);
            continue;
        }
        let mut inside = Vec::new();
        for entry in fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                inside.push(entry.path());
            }
        }
        inside.sort();
        inside.into_iter().rev().for_each(|path| open.push_front(path));
    }
    Ok(found)
}

/// Reads files of kept records.
pub struct Reader<'a> {
    /// Where records come from whose document does not say it.
    pub unnamed: Option<Origin<'static>>,
    /// Only what was kept for one of these codes is replayed; with none of them, all.
    pub codes: &'a [String],
    /// What was left out.
    pub left: Left,
    seen: HashSet<[u8; 32]>,
}

/// What of the files is not replayed, and why.
#[derive(Debug, Default)]
pub struct Left {
    /// Records that were there before, out of another document.
    pub twice: u64,
    /// Records that were kept for another reason than those asked for, by its code.
    pub others: BTreeMap<String, u64>,
    /// Documents that can't be read.
    pub unread: u64,
}

impl<'a> Reader<'a> {
    /// A reader that has read nothing.
    #[must_use]
    pub fn new(unnamed: Option<Origin<'static>>, codes: &'a [String]) -> Self {
        Self { unnamed, codes, left: Left::default(), seen: HashSet::new() }
    }

    /// The records of a file that are to be replayed, in pieces of a batch each. Documents that can't be read
    /// are named.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn file(
        &mut self,
        path: &Path,
        named: &mut Named,
        progress: &Progress,
        shell: &mut Shell<'_>,
    ) -> Result<Vec<Vec<Kept>>, FileError> {
        let bytes = bytes(path, shell)?;
        let (mut batches, mut batch, mut filled) = (Vec::new(), Vec::new(), 0);
        for Found { line, kept, .. } in documents(&bytes) {
            let found = kept.map_err(|error| error.to_string()).and_then(|kept| {
                let records: Result<Vec<_>, _> =
                    kept.records.into_iter().map(|record| self.named(record)).collect();
                Ok((kept.code, records?))
            });
            let (code, records) = match found {
                Ok(found) => found,
                Err(error) => {
                    self.left.unread += 1;
                    let place = place(path, line);
                    named.name(&format_args!("{place}: not read: {error}"), progress, shell);
                    continue;
                }
            };
            for record in records {
                if !self.wanted(&code, &record) {
                    continue;
                }
                filled += record.bytes().len();
                batch.push(Kept { record, code: code.clone(), line });
                if batch.len() >= CHUNK_LINES || filled >= CHUNK_BYTES {
                    batches.push(std::mem::take(&mut batch));
                    filled = 0;
                }
            }
        }
        batches.extend(Some(batch).filter(|batch| !batch.is_empty()));
        Ok(batches)
    }

    /// The record with its stream.
    fn named(&self, mut record: Record<'static>) -> Result<Record<'static>, String> {
        if record.origin.stream.is_empty() {
            let stream = self.unnamed.as_ref().ok_or(
                "the document does not name the stream of its records: say with `--stream NAME` which it is",
            )?;
            record.origin.stream.clone_from(&stream.stream);
            record.origin.arn.clone_from(&stream.arn);
        }
        Ok(record)
    }

    /// Whether the record is to be replayed; counts it if not.
    fn wanted(&mut self, code: &str, record: &Record<'_>) -> bool {
        if !self.codes.is_empty() && !self.codes.iter().any(|wanted| wanted == code) {
            *self.left.others.entry(code.to_owned()).or_default() += 1;
            return false;
        }
        let new = identity(record).is_none_or(|identity| self.seen.insert(identity));
        self.left.twice += u64::from(!new);
        new
    }
}

fn bytes(path: &Path, shell: &mut Shell<'_>) -> Result<Vec<u8>, FileError> {
    const WHAT: &str = "a file of records";
    if !is_standard_input(path) {
        return files::read(path, WHAT, MAX_FILE);
    }
    let path = PathBuf::from("standard input");
    let mut bytes = Vec::new();
    let read = shell.stdin.by_ref().take(MAX_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|source| FileError::Unreadable { path: path.clone(), source })?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(FileError::TooLong { path, what: WHAT, limit: MAX_FILE });
    }
    Ok(bytes)
}

/// Where the document of a record is.
#[must_use]
pub fn place(path: &Path, line: u64) -> Place<'_> {
    Place { file: Some(path).filter(|path| !is_standard_input(path)), line }
}

/// What became of records, by the reason for which they were kept.
#[derive(Debug, Default)]
pub struct ByCode(BTreeMap<String, [u64; 4]>);

/// What became of a record, in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is enriched.
    Enriched,
    /// A rule does not want it.
    Dropped,
    /// It is rejected again.
    Rejected,
    /// It failed.
    Failed,
}

impl ByCode {
    /// Counts a record that was kept for that reason.
    pub fn count(&mut self, code: &str, end: End) {
        let counts = self.0.entry(code.to_owned()).or_default();
        let [enriched, dropped, rejected, failed] = counts;
        *match end {
            End::Enriched => enriched,
            End::Dropped => dropped,
            End::Rejected => rejected,
            End::Failed => failed,
        } += 1;
    }
}

impl fmt::Display for ByCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (code, counts) in &self.0 {
            let words = ["enriched", "dropped", "rejected", "failed"];
            let counts = counts.iter().zip(words).filter(|(count, _)| **count > 0);
            let counts: Vec<_> = counts.map(|(count, word)| format!("{count} {word}")).collect();
            writeln!(f, "kept as {code}: {}", counts.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Left { twice, others, unread } = self;
        for (number, thing, why) in
            [(twice, "record", "left out, read before"), (unread, "document", "not read")]
        {
            if *number > 0 {
                writeln!(f, "{} {why}", count(*number, thing))?;
            }
        }
        if !others.is_empty() {
            let number = count(others.values().sum(), "record");
            let codes: Vec<_> = others.iter().map(|(code, count)| format!("{code} {count}")).collect();
            writeln!(f, "{number} left out, kept for another reason: {}", codes.join(", "))?;
        }
        Ok(())
    }
}
