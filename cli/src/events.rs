//! Events from files to verdicts.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use enrich_engine::{Origin, Outcome, Record};

use crate::args::{RunArgs, is_standard_input};
use crate::backlog::Unpacked;
use crate::input::{Counted, Lines};
use crate::rejects::Place;
use crate::summary::Summary;
use crate::verdicts::Verdicts;
use crate::{Exit, Progress, Shell};

/// Why a run can't start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Standard output takes nothing more.
    #[error("can't write to standard output")]
    Output(#[from] io::Error),
    /// Events can't be read.
    #[error("can't read events from {}", path.display())]
    Events {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Rejects can't be kept.
    #[error("can't write rejects to {}: {why}", path.display())]
    Rejects {
        /// The file.
        path: PathBuf,
        /// Why. No cause in the technical sense: a closed pipe is no success here.
        why: String,
    },
    /// The rejects would overwrite the events.
    #[error("{} holds the events: keep the rejects in another file", path.display())]
    RejectsAreEvents {
        /// The file.
        path: PathBuf,
    },
    /// Events were lost on the way: a fault of the engine, never of its caller.
    #[error("{asked} events went into the engine, and {answered} verdicts came out")]
    Answers {
        /// The events of the batch.
        asked: usize,
        /// The verdicts.
        answered: usize,
    },
}

/// What turns a batch of records into verdicts, one for each and in their order.
pub type Enrich<'a> = dyn FnMut(&[Record<'_>]) -> Outcome + 'a;

/// Sends all events through `enrich`, by the rules of that hash. `origins` says of each of the arguments'
/// files where its events come from.
///
/// # Errors
/// Where the run can't start or go on. Events that were written until then stay written.
pub fn run(
    args: &RunArgs,
    rules: &str,
    origins: Vec<Origin<'static>>,
    enrich: &mut Enrich<'_>,
    shell: &mut Shell<'_>,
) -> Result<(Summary, Exit), RunError> {
    let inputs = open_all(args, origins)?;
    let verdicts = Verdicts::new(rules, args.rejects.as_deref(), args.events.iter())?;
    let total: Option<u64> = inputs.iter().map(|input| input.bytes).sum();
    let progress = Progress::new(total, shell.stderr_is_terminal && !shell.stdout_is_terminal);
    let read = AtomicU64::new(0);
    let mut run = Run { enrich, verdicts, read: &read, progress };
    for input in inputs {
        run.input(input, shell)?;
    }
    run.progress.finish();
    let exit = run.verdicts.unkept.end(shell);
    Ok((run.verdicts.summary, exit))
}

/// A file of events, or standard input.
struct Input {
    path: PathBuf,
    file: Option<File>,
    origin: Origin<'static>,
    /// Its length, if it has one.
    bytes: Option<u64>,
}

/// Opens all files before the first event is read: a misspelt name is told at once.
fn open_all(args: &RunArgs, origins: Vec<Origin<'static>>) -> Result<Vec<Input>, RunError> {
    let open = |(path, origin): (&PathBuf, Origin<'static>)| {
        let unreadable = |source| RunError::Events { path: path.clone(), source };
        let (file, bytes) = if is_standard_input(path) {
            (None, None)
        } else {
            let file = File::open(path).map_err(unreadable)?;
            let about = file.metadata().map_err(unreadable)?;
            if about.is_dir() {
                return Err(unreadable(io::ErrorKind::IsADirectory.into()));
            }
            (Some(file), about.is_file().then_some(about.len()))
        };
        Ok(Input { path: path.clone(), file, origin, bytes })
    };
    args.events.iter().zip(origins).map(open).collect()
}

struct Run<'a, 'e> {
    enrich: &'a mut Enrich<'e>,
    verdicts: Verdicts,
    /// The bytes that were read so far.
    read: &'a AtomicU64,
    progress: Progress,
}

impl Run<'_, '_> {
    fn input(&mut self, input: Input, shell: &mut Shell<'_>) -> Result<(), RunError> {
        let Input { path, file, origin, .. } = input;
        match file {
            Some(file) => self.lines(Some(&path), &origin, file, shell),
            None => {
                // The shell is needed for the output while its input is read.
                let stdin = std::mem::replace(&mut shell.stdin, Box::new(io::empty()));
                self.lines(None, &origin, stdin, shell)
            }
        }
    }

    fn lines(
        &mut self,
        file: Option<&Path>,
        origin: &Origin<'static>,
        input: impl Read,
        shell: &mut Shell<'_>,
    ) -> Result<(), RunError> {
        let unreadable = |source| {
            let path = file.unwrap_or(Path::new("standard input")).to_owned();
            RunError::Events { path, source }
        };
        let input = Unpacked::new(Counted::new(input, self.read)).map_err(unreadable)?;
        let mut lines = Lines::new(input);
        loop {
            let chunk = lines.chunk().map_err(unreadable)?;
            if chunk.is_empty() {
                return Ok(());
            }
            let places: Vec<_> = chunk.iter().map(|line| Place { file, line: line.number }).collect();
            let records: Vec<_> = chunk.into_iter().map(|line| line.into_record(origin.clone())).collect();
            let Outcome { verdicts, lookups, .. } = (self.enrich)(&records);
            self.verdicts.summary.add(lookups);
            if verdicts.len() != records.len() {
                return Err(RunError::Answers { asked: records.len(), answered: verdicts.len() });
            }
            for ((place, record), verdict) in places.into_iter().zip(&records).zip(verdicts) {
                self.verdicts.verdict(place, record, verdict, &self.progress, shell)?;
            }
            self.verdicts.flush(shell)?;
            self.progress.at(self.read.load(Ordering::Relaxed), self.verdicts.summary.events());
        }
    }
}

#[cfg(test)]
mod tests;
