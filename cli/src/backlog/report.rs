//! What a run over a backlog has done, in a few lines.

use std::fmt;
use std::time::Duration;

use super::journal::{Counts, Entry};
use crate::summary::{Summary, count};

/// A run shorter than this is not measured: it says nothing of a longer one.
const MEASURED: Duration = Duration::from_secs(2);

/// What a run has done.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Files that were done before.
    pub(super) before: usize,
    pub(super) done: usize,
    pub(super) failed: usize,
    /// Files that the run did not come to.
    pub(super) left: usize,
    /// The events of the files that are done now.
    pub(super) summary: Summary,
    /// Those of all runs.
    pub(super) all: Counts,
    pub(super) read: u64,
    pub(super) written: u64,
    pub(super) took: Duration,
}

impl Report {
    /// Counts a file that is done.
    pub(super) fn add(&mut self, Entry { bytes, counts, written, .. }: &Entry) {
        self.done += 1;
        self.summary.enriched += counts.enriched;
        self.summary.dropped += counts.dropped;
        self.summary.rejected += counts.rejected;
        self.read += bytes;
        self.written += written;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { before, done, failed, left, summary, all, .. } = self;
        write!(f, "{}: {done} done", count((before + done + failed + left) as u64, "file"))?;
        for (number, what) in [(before, "done before"), (failed, "failed"), (left, "left")] {
            if *number > 0 {
                write!(f, ", {number} {what}")?;
            }
        }
        write!(f, "\n{summary}")?;
        if *before > 0 {
            let Counts { enriched, dropped, rejected } = all;
            let events = count(all.events(), "event");
            writeln!(f, "all runs: {events}: {enriched} enriched, {dropped} dropped, {rejected} rejected")?;
        }
        if self.took >= MEASURED {
            let seconds = self.took.as_secs_f64();
            let (read, written) = (megabytes(self.read), megabytes(self.written));
            #[expect(clippy::cast_precision_loss, reason = "it is for people")]
            let rate = summary.events() as f64 / seconds;
            writeln!(f, "{read} MB read, {written} MB written, {seconds:.1} s, {rate:.0} events/s")?;
        }
        Ok(())
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1_000_000, bytes / 100_000 % 10)
}
