//! All files of a run, several at a time, and the state that is kept of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::enrich::Enricher;
use super::journal::{Counts, Journal, JournalError};
use super::lane::{self, Done, Lanes};
use super::plan::Input;
use super::report::Report;
use super::{BacklogError, FileError, Packing, Prepared};
use crate::summary::count;
use crate::{Exit, Progress, Shell};

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);
/// How often it is told how far the run is where nobody watches a bar.
const TELL: Duration = Duration::from_secs(30);
/// How long a file that is done may be kept in memory alone.
const FLUSH: Duration = Duration::from_secs(5);
/// So many files in a row whose tables or output fail end the run: the next ones would too.
const IN_A_ROW: usize = 5;

/// How a run does its work.
pub(super) struct Work {
    pub(super) enricher: Enricher,
    pub(super) parallel: usize,
    pub(super) packing: Option<Packing>,
    pub(super) quiet: bool,
}

/// What became of the file at that place.
type End = (usize, Result<Done, FileError>);

impl Work {
    /// Enriches all files that are left.
    pub(super) fn run(self, prepared: Prepared, shell: &mut Shell<'_>) -> Result<Exit, BacklogError> {
        let Prepared { mut journal, inputs, before, sources, output, rejects } = prepared;
        let (read, events) = (AtomicU64::new(0), AtomicU64::new(0));
        let (sources, output, rejects) = (&sources[..], &*output, rejects.as_ref());
        let (packing, enricher, read, events) = (self.packing, &self.enricher, &read, &events);
        let lanes = Lanes { sources, output, rejects, packing, enricher, read, events };
        let (next, (jobs, batches)) = (AtomicUsize::new(0), sync_channel(self.parallel));
        let (batches, row) = (Mutex::new(batches), Row::default());
        let mut desk = Desk::new(&self, &inputs, before, shell);
        let kept = thread::scope(|scope| {
            for _ in 0..self.parallel {
                scope.spawn(|| lane::enrich(enricher, &batches));
            }
            let (ends, ended) = channel();
            for _ in 0..self.parallel.min(inputs.len()) {
                let (jobs, ends): (_, Sender<End>) = (jobs.clone(), ends.clone());
                let (lanes, next, inputs, row) = (&lanes, &next, &inputs, &row);
                scope.spawn(move || {
                    while !enricher.stop.is_set() {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(input) = inputs.get(at) else { return };
                        let end = lanes.file(input, jobs.clone());
                        if row.is_over(&end) {
                            enricher.stop.set();
                        }
                        // It is waited for until the last thread has ended.
                        let _ = ends.send((at, end));
                    }
                });
            }
            drop((jobs, ends));
            desk.take_all(&ended, &lanes, &mut journal)
        });
        let exit = desk.close(&journal, &row);
        kept?;
        Ok(exit)
    }
}

/// How many files in a row have failed for what is no fault of theirs.
#[derive(Default)]
struct Row(AtomicUsize);

impl Row {
    /// Counts a file, and tells whether the next ones would fail too.
    fn is_over(&self, end: &Result<Done, FileError>) -> bool {
        match end {
            Err(FileError::Failed { .. } | FileError::Write { .. }) => {
                self.0.fetch_add(1, Ordering::Relaxed) + 1 >= IN_A_ROW
            }
            // A row that is over stays so.
            _ => {
                let ended = |row| (row < IN_A_ROW).then_some(0);
                self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, ended).is_err()
            }
        }
    }

    fn was_over(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= IN_A_ROW
    }
}

/// Where the ends of files come in: they are kept in the journal, counted and told.
struct Desk<'a, 's> {
    work: &'a Work,
    inputs: &'a [Input],
    shell: &'a mut Shell<'s>,
    progress: Progress,
    report: Report,
    began: Instant,
    told: Instant,
}

impl<'a, 's> Desk<'a, 's> {
    fn new(work: &'a Work, inputs: &'a [Input], before: usize, shell: &'a mut Shell<'s>) -> Self {
        let bytes = inputs.iter().map(|input| input.file.bytes).sum();
        let progress = Progress::new(Some(bytes), shell.stderr_is_terminal && !work.quiet);
        let report = Report { before, ..Report::default() };
        let now = Instant::now();
        Self { work, inputs, shell, progress, report, began: now, told: now }
    }

    /// Takes the ends of all files. Where one can't be kept, the run ends too, and that is the error.
    fn take_all(
        &mut self,
        ended: &Receiver<End>,
        lanes: &Lanes<'_>,
        journal: &mut Journal,
    ) -> Result<(), JournalError> {
        let (mut kept, mut flushed) = (Ok(()), Instant::now());
        loop {
            match ended.recv_timeout(TICK) {
                Ok(end) => kept = kept.and_then(|()| self.take(end, journal)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if kept.is_ok() && flushed.elapsed() >= FLUSH {
                kept = journal.flush();
                flushed = Instant::now();
            }
            if kept.is_err() {
                lanes.enricher.stop.set();
            }
            self.progress.at(lanes.read.load(Ordering::Relaxed), lanes.events.load(Ordering::Relaxed));
            self.tell(lanes);
        }
        kept.and_then(|()| journal.flush())
    }

    fn take(&mut self, (at, end): End, journal: &mut Journal) -> Result<(), JournalError> {
        match end {
            Ok(Done { entry, lookups }) => {
                journal.record(entry.clone())?;
                self.report.add(&entry);
                self.report.summary.add(lookups);
            }
            Err(FileError::Stopped) => {}
            Err(error) => {
                self.report.failed += 1;
                let file = self.inputs.get(at).map(|input| input.file.shown.as_str()).unwrap_or_default();
                self.say(&format!("{file}: {error}"));
            }
        }
        Ok(())
    }

    /// Standard error is for people: where none is left, the exit status still tells.
    fn say(&mut self, line: &str) {
        self.progress.suspend(|| {
            let _ = writeln!(self.shell.stderr, "{line}");
        });
    }

    /// Tells how far the run is, where no bar does.
    fn tell(&mut self, lanes: &Lanes<'_>) {
        if self.work.quiet || self.shell.stderr_is_terminal || self.told.elapsed() < TELL {
            return;
        }
        self.told = Instant::now();
        let (files, of) = (self.report.done + self.report.failed, self.inputs.len());
        let events = count(lanes.events.load(Ordering::Relaxed), "event");
        self.say(&format!("{files} of {of} files, {events}, {} s", self.began.elapsed().as_secs()));
    }

    /// Tells what was done, and how the run ends.
    fn close(mut self, journal: &Journal, row: &Row) -> Exit {
        self.progress.finish();
        if row.was_over() {
            self.say(&format!("{IN_A_ROW} files in a row have failed so: the run ends here"));
        }
        self.report.took = self.began.elapsed();
        self.report.left = self.inputs.len() - self.report.done - self.report.failed;
        let mut all = Counts::default();
        journal.done.values().for_each(|entry| all.add(entry.counts));
        self.report.all = all;
        let Report { left, failed, .. } = self.report;
        let _ = write!(self.shell.stderr, "{}", self.report);
        if left > 0 || failed > 0 {
            let _ = writeln!(self.shell.stderr, "run it again, and it goes on with what is not done");
        }
        match (failed, left) {
            (0, 0) => Exit::Ok,
            (_, left) if left == 0 || row.was_over() => Exit::Findings,
            _ => Exit::Interrupted,
        }
    }
}
