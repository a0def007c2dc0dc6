//! What a run has done, kept beside its files, so that it goes on where it was interrupted.
//!
//! The first line says what the run is: the rules' hash and all else that decides what is written. Each line behind it
//! is a start of the run, or a file of events that is done. A file's line is there only once all that came of it is
//! durable; a line that is cut off is none.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::files::StateFile;

/// What the state is called in its place. Lists of files leave out what begins with a dot.
pub(super) const STATE: &str = ".enrich-run";

/// The version of the lines.
const VERSION: u32 = 1;

/// What decides what a run writes. Another one writes other files, so that it can't go on with these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    version: u32,
    /// The hash of the rule set.
    pub(super) rules: String,
    /// The options, by their names.
    pub(super) options: BTreeMap<String, String>,
}

impl Identity {
    pub(super) fn new(rules: &str, options: BTreeMap<String, String>) -> Self {
        Self { version: VERSION, rules: rules.to_owned(), options }
    }

    /// What the other one has that is not so here, in words: `the rules`, `--stream`.
    fn differences(&self, other: &Identity) -> Vec<String> {
        let version = (self.version != other.version).then(|| "this program's version".to_owned());
        let rules = (self.rules != other.rules).then(|| "the rules".to_owned());
        let mut names: Vec<_> = self.options.keys().chain(other.options.keys()).collect();
        names.sort();
        names.dedup();
        let differs = |name: &&String| self.options.get(*name) != other.options.get(*name);
        let options = names.into_iter().filter(differs).map(|name| format!("`{name}`"));
        version.into_iter().chain(rules).chain(options).collect()
    }
}

/// A file of events that is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Its name, relative to its place.
    pub(super) name: String,
    /// Its length in bytes.
    pub(super) bytes: u64,
    /// What changes with its content: its ETag, or when it was modified.
    pub(super) stamp: String,
    /// Events by verdict.
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// The length of the file that was written.
    pub(super) written: u64,
}

/// A line behind the first.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Done(Entry),
    /// A start of the run. It makes one state of two that are alike otherwise: who began later is known by it.
    Started {
        started: String,
    },
}

/// How many events ended in which verdict. None fails in a file that is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) enriched: u64,
    pub(super) dropped: u64,
    pub(super) rejected: u64,
}

impl Counts {
    pub(super) fn events(&self) -> u64 {
        self.enriched + self.dropped + self.rejected
    }

    pub(super) fn add(&mut self, other: Counts) {
        self.enriched += other.enriched;
        self.dropped += other.dropped;
        self.rejected += other.rejected;
    }
}

/// Why a run can't go on where an earlier one stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The state can't be read or written.
    #[error("can't keep what is done in {place}")]
    State {
        /// Where.
        place: String,
        /// Why.
        source: io::Error,
    },
    /// The state is no state.
    #[error(
        "{place} is not what `enrich run` has written: say `--restart` to write all files anew, or another `--output`"
    )]
    Unknown {
        /// Where.
        place: String,
    },
    /// The run that began there was another one.
    #[error(
        "this run differs from the one that began in {place} in {}: \
         go on as that one began, or say `--restart` to write all files anew",
        differences.join(", ")
    )]
    AnotherRun {
        /// Where.
        place: String,
        /// What differs, in words.
        differences: Vec<String>,
    },
    /// A file of events was done, and is another one now.
    #[error(
        "{name} has changed since it was enriched{}: say `--restart` to write all files anew, or another `--output`",
        if *more == 0 { String::new() } else { format!(", and so have {more} more") }
    )]
    Changed {
        /// The first of them.
        name: String,
        /// How many others have changed.
        more: usize,
    },
}

/// What a run has done so far.
pub(super) struct Journal {
    file: Box<dyn StateFile>,
    /// What the state holds once it has begun.
    text: Vec<u8>,
    /// By name.
    pub(super) done: BTreeMap<String, Entry>,
    /// Whether files may lie there that an earlier run has written.
    pub(super) resumed: bool,
}

impl Journal {
    /// What is there to go on with. Nothing is written yet.
    pub(super) fn open(
        mut file: Box<dyn StateFile>,
        identity: &Identity,
        restart: bool,
    ) -> Result<Self, JournalError> {
        let place = file.place();
        let failed = |source| JournalError::State { place: place.clone(), source };
        let mut text = file.read().map_err(failed)?;
        text.truncate(text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
        if restart || text.is_empty() {
            let text = line(identity).map_err(failed)?;
            return Ok(Self { file, text, done: BTreeMap::new(), resumed: restart });
        }
        let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let unknown = || JournalError::Unknown { place: place.clone() };
        let began: Identity =
            lines.next().and_then(|line| serde_json::from_slice(line).ok()).ok_or_else(unknown)?;
        let differences = identity.differences(&began);
        if !differences.is_empty() {
            return Err(JournalError::AnotherRun { place, differences });
        }
        let lines: Result<Vec<Line>, _> = lines.map(serde_json::from_slice).collect();
        let entries = lines.map_err(|_| unknown())?.into_iter().filter_map(|line| match line {
            Line::Done(entry) => Some((entry.name.clone(), entry)),
            Line::Started { .. } => None,
        });
        let done = entries.collect();
        Ok(Self { file, text, done, resumed: true })
    }

    /// Begins to keep what is done, at a start that no other one is called as. A line that was cut off goes, so that
    /// the next one does not stand behind half of one.
    pub(super) fn begin(&mut self, started: String) -> Result<(), JournalError> {
        let mut text = std::mem::take(&mut self.text);
        let started = line(&Line::Started { started }).map(|line| text.extend_from_slice(&line));
        let kept = started.and_then(|()| self.file.replace(&text));
        kept.map_err(|source| JournalError::State { place: self.file.place(), source })
    }

    /// Keeps that a file is done.
    pub(super) fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        let kept = line(&entry).and_then(|line| self.file.append(&line));
        kept.map_err(|source| JournalError::State { place: self.file.place(), source })?;
        self.done.insert(entry.name.clone(), entry);
        Ok(())
    }

    /// Makes durable what may be kept in memory.
    pub(super) fn flush(&mut self) -> Result<(), JournalError> {
        self.file.flush().map_err(|source| JournalError::State { place: self.file.place(), source })
    }
}

fn line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A state in memory, which outlives its journals.
    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl StateFile for Memory {
        fn place(&self) -> String {
            "out".to_owned()
        }
        fn read(&mut self) -> io::Result<Vec<u8>> {
            Ok(self.0.lock().expect("no panic").clone())
        }
        fn replace(&mut self, text: &[u8]) -> io::Result<()> {
            *self.0.lock().expect("no panic") = text.to_vec();
            Ok(())
        }
        fn append(&mut self, line: &[u8]) -> io::Result<()> {
            self.0.lock().expect("no panic").extend_from_slice(line);
            Ok(())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn identity(rules: &str, options: &[(&str, &str)]) -> Identity {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Identity::new(rules, options.collect())
    }

    fn open(memory: &Memory, identity: &Identity, restart: bool) -> Result<Vec<String>, String> {
        begun(memory, identity, restart)
            .map(|journal| journal.done.into_keys().collect())
            .map_err(|error| error.to_string())
    }

    fn begun(memory: &Memory, identity: &Identity, restart: bool) -> Result<Journal, JournalError> {
        let mut journal = Journal::open(Box::new(memory.clone()), identity, restart)?;
        journal.begin("today".to_owned())?;
        Ok(journal)
    }

    fn entry(name: &str) -> Entry {
        Entry { name: name.to_owned(), ..Entry::default() }
    }

    /// A state with two files.
    fn two() -> (Memory, Identity) {
        let (memory, identity) = (Memory::default(), identity("h", &[("--stream", "clicks")]));
        let mut journal = begun(&memory, &identity, false).expect("a new one");
        assert!(!journal.resumed);
        for name in ["a", "b"] {
            journal.record(entry(name)).expect("memory");
        }
        (memory, identity)
    }

    #[test]
    fn what_is_done_is_known_again() {
        let (memory, identity) = two();
        assert_eq!(open(&memory, &identity, false), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(open(&memory, &identity, true), Ok(vec![]));
        assert_eq!(open(&memory, &identity, false), Ok(vec![]));
    }

    #[test]
    fn nothing_is_written_before_it_begins() {
        let memory = Memory::default();
        let journal = Journal::open(Box::new(memory.clone()), &identity("h", &[]), false).expect("open");
        assert!(!journal.resumed);
        assert!(memory.0.lock().expect("no panic").is_empty());
    }

    #[test]
    fn a_line_that_is_cut_off_is_none() {
        let (whole, identity) = two();
        let text = whole.0.lock().expect("no panic").clone();
        for cut in 0..=text.len() {
            let memory = Memory(Arc::new(Mutex::new(text[..cut].to_vec())));
            let lines = text[..cut].iter().filter(|byte| **byte == b'\n').count();
            let expected = ["a", "b"].iter().take(lines.saturating_sub(2)).map(|name| (*name).to_owned());
            assert_eq!(open(&memory, &identity, false), Ok(expected.collect()), "cut at {cut}");
            // And what is written then stands in a line of its own.
            let mut journal = begun(&memory, &identity, false).expect("open");
            journal.record(entry("z")).expect("memory");
            assert!(open(&memory, &identity, false).expect("open").contains(&"z".to_owned()), "cut at {cut}");
        }
    }

    #[test]
    fn another_run_is_refused_with_what_differs() {
        let (memory, same) = two();
        let now = identity("i", &[("--now", "x")]);
        assert_eq!(
            open(&memory, &now, false).expect_err("another"),
            "this run differs from the one that began in out in the rules, `--now`, `--stream`: go on as that one began, \
             or say `--restart` to write all files anew"
        );
        assert!(open(&memory, &same, false).is_ok(), "and nothing has changed");
        for text in [
            "hello\n",
            "{}\n",
            "{\"version\":1,\"rules\":\"h\",\"options\":{\"--stream\":\"clicks\"}}\nhello\n",
        ] {
            let memory = Memory(Arc::new(Mutex::new(text.into())));
            let error = open(&memory, &same, false).expect_err(text);
            assert!(error.starts_with("out is not what `enrich run` has written"), "{error}");
        }
    }
}
