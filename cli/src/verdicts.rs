//! Verdicts to where they belong.
//!
//! Enriched events go to standard output in the order they came. Rejected ones go to the rejects; where
//! there are none, and for failed ones, standard error says which they are. Dropped ones are counted.

use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use enrich_engine::output::Rejected;
use enrich_engine::{Reason, ReasonCode, Record, Verdict};

use crate::events::RunError;
use crate::rejects::{FileRejects, Place, Rejects};
use crate::summary::Summary;
use crate::{Exit, Progress, Shell};

/// How many events that were not enriched are named on standard error.
const NAMED: u64 = 10;

/// Where the verdicts of a run go, and what became of them so far.
pub struct Verdicts {
    rules: String,
    rejects: Option<Kept>,
    /// How many events ended how.
    pub summary: Summary,
    /// What was not enriched, and how much of it was named on standard error.
    pub unkept: Named,
}

struct Kept {
    path: PathBuf,
    rejects: FileRejects,
}

/// Things that went wrong, of which the first are told one by one.
#[derive(Debug, Default)]
pub struct Named {
    all: u64,
    told: u64,
}

impl Named {
    /// Counts one, and says it on standard error if it is one of the first.
    pub fn name(&mut self, what: &dyn Display, progress: &Progress, shell: &mut Shell<'_>) {
        self.all += 1;
        if self.told < NAMED {
            self.told += 1;
            // Standard error is for people: where none is left, the exit status still tells.
            progress.suspend(|| {
                let _ = writeln!(shell.stderr, "{what}");
            });
        }
    }

    /// Says how many were not told, and how the command ends.
    pub fn end(&self, shell: &mut Shell<'_>) -> Exit {
        if self.all > self.told {
            let _ = writeln!(shell.stderr, "… and {} more", self.all - self.told);
        }
        if self.all == 0 { Exit::Ok } else { Exit::Findings }
    }
}

impl Verdicts {
    /// Verdicts by the rules of that hash. Rejects go to that file, which must be none of the inputs.
    ///
    /// # Errors
    /// Where the rejects can't be kept.
    pub fn new<'p>(
        rules: &str,
        rejects: Option<&Path>,
        mut inputs: impl Iterator<Item = &'p PathBuf>,
    ) -> Result<Self, RunError> {
        let rejects = match rejects {
            None => None,
            Some(path) => {
                let same = |input: &PathBuf| matches!((fs::canonicalize(path), fs::canonicalize(input)), (Ok(a), Ok(b)) if a == b);
                if inputs.any(same) {
                    return Err(RunError::RejectsAreEvents { path: path.to_owned() });
                }
                let rejects = Rejects::create(path).map_err(|error| unkept(path, &error))?;
                Some(Kept { path: path.to_owned(), rejects })
            }
        };
        Ok(Self { rules: rules.to_owned(), rejects, summary: Summary::default(), unkept: Named::default() })
    }

    /// Does with one record what its verdict says.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn verdict(
        &mut self,
        place: Place<'_>,
        record: &Record<'_>,
        verdict: Verdict,
        progress: &Progress,
        shell: &mut Shell<'_>,
    ) -> Result<(), RunError> {
        let (what, reason) = match verdict {
            Verdict::Enriched { event, .. } => {
                shell.stdout.write_all(&event)?;
                shell.stdout.write_all(b"\n")?;
                self.summary.enriched += 1;
                return Ok(());
            }
            Verdict::Dropped { .. } => {
                self.summary.dropped += 1;
                return Ok(());
            }
            Verdict::Rejected { rule, reason, lookups } => {
                self.summary.rejected += 1;
                if let Some(Kept { path, rejects }) = &mut self.rejects {
                    let (rule, rules) = (rule.as_deref(), self.rules.as_str());
                    let (reason, lookups, repeat) = (&reason, &lookups[..], record.repeat);
                    let kept = rejects.keep(place, Rejected { record, repeat, rule, reason, rules, lookups });
                    return kept.map_err(|error| unkept(path, &error));
                }
                ("rejected", reason)
            }
            Verdict::Failed { reason, .. } => {
                self.summary.failed += 1;
                ("failed", reason)
            }
            // A verdict of a later engine: nothing of it is known to be written.
            _ => {
                self.summary.failed += 1;
                let message = "the engine gave a verdict that this command does not know";
                ("failed", Reason::new(ReasonCode::UnknownVerdict, message))
            }
        };
        self.unkept.name(&format_args!("{place}: {what}: {reason}"), progress, shell);
        Ok(())
    }

    /// Writes out what is kept in memory: only then it counts as done.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn flush(&mut self, shell: &mut Shell<'_>) -> Result<(), RunError> {
        if let Some(Kept { path, rejects }) = &mut self.rejects {
            rejects.flush().map_err(|error| unkept(path, &error))?;
        }
        Ok(shell.stdout.flush()?)
    }
}

fn unkept(path: &Path, error: &io::Error) -> RunError {
    RunError::Rejects { path: path.to_owned(), why: error.to_string() }
}
