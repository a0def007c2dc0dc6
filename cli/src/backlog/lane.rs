//! One file of events: read and unpacked on a thread of its own, enriched by all that are there for it, and written in
//! order here. So one large file keeps several cores busy, and no more of it is in memory than a few batches.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use enrich_engine::LookupCounts;

use super::enrich::{Enricher, From, Piece};
use super::files::{Source, Target, Unfinished};
use super::journal::{Counts, Entry};
use super::packing::{Packer, Unpacked};
use super::plan::Input;
use super::{FileError, Packing};
use crate::input::{Counted, Line, Lines};

/// How many batches of a file are read before what came of them is written.
const AHEAD: usize = 4;

/// A batch to enrich, and where to answer.
pub(super) struct Job {
    lines: Vec<Line>,
    from: Arc<From>,
    answer: SyncSender<Result<Piece, FileError>>,
}

/// Enriches batches until no file is left to bring some.
pub(super) fn enrich(enricher: &Enricher, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { lines, from, answer }) = job else { return };
        // Whoever has given the file up does not want the answer.
        let _ = answer.send(enricher.piece(lines, &from));
    }
}

/// What the threads that work on files have in common.
pub(super) struct Lanes<'a> {
    pub(super) sources: &'a [Box<dyn Source>],
    pub(super) output: &'a dyn Target,
    /// Where rejects are kept, and the names of those that an earlier run has left there.
    pub(super) rejects: Option<&'a Rejects>,
    /// The compression, where it is not that of the file.
    pub(super) packing: Option<Packing>,
    pub(super) enricher: &'a Enricher,
    pub(super) read: &'a AtomicU64,
    pub(super) events: &'a AtomicU64,
}

/// A place for rejects.
pub(super) struct Rejects {
    pub(super) target: Box<dyn Target>,
    /// What an earlier run has left there.
    pub(super) left: std::collections::HashSet<String>,
}

/// A file that is done.
pub(super) struct Done {
    pub(super) entry: Entry,
    pub(super) lookups: Vec<LookupCounts>,
}

impl Lanes<'_> {
    /// Enriches a file: once this returns, all that came of it is durable.
    pub(super) fn file(&self, input: &Input, jobs: SyncSender<Job>) -> Result<Done, FileError> {
        let source = self.sources.get(input.source).ok_or(FileError::Engine)?;
        let failed = |source| FileError::Read { line: 0, source };
        let file = Counted::new(source.open(&input.file).map_err(failed)?, self.read);
        let lines = Unpacked::new(file).map_err(failed)?;
        let mut writing = Writing::new(self, input, self.packing.unwrap_or_else(|| lines.packing()))?;
        let from = Arc::new(From { file: PathBuf::from(&input.file.shown), origin: input.origin.clone() });
        thread::scope(|scope| {
            let (ahead, pieces) = sync_channel(AHEAD);
            let reading = scope.spawn(move || read(lines, &from, &jobs, &ahead));
            let written = pieces.iter().try_for_each(|piece| {
                self.enricher.stop.check()?;
                writing.piece(piece.recv().map_err(|_| FileError::Engine)??)
            });
            // Where nobody takes what is read, reading ends.
            drop(pieces);
            let read = reading.join().map_err(|_| FileError::Engine)?;
            written.and(read)
        })?;
        if !source.is_unchanged(&input.file).map_err(failed)? {
            return Err(FileError::Changed);
        }
        self.enricher.stop.check()?;
        writing.finish()
    }
}

type Answer = Receiver<Result<Piece, FileError>>;

/// Reads all lines, and has them enriched.
fn read(
    input: impl Read,
    from: &Arc<From>,
    jobs: &SyncSender<Job>,
    ahead: &SyncSender<Answer>,
) -> Result<(), FileError> {
    let mut input = Lines::new(input).without_pauses();
    loop {
        let lines = input.chunk().map_err(|source| FileError::Read { line: input.lines(), source })?;
        if lines.is_empty() {
            return Ok(());
        }
        let (answer, piece) = sync_channel(1);
        let job = Job { lines, from: Arc::clone(from), answer };
        if ahead.send(piece).is_err() || jobs.send(job).is_err() {
            // The file was given up, which is told elsewhere.
            return Ok(());
        }
    }
}

/// What is written of a file.
struct Writing<'a> {
    lanes: &'a Lanes<'a>,
    input: &'a Input,
    events: Packer<Measured>,
    /// Begun with the first reject.
    rejects: Option<Box<dyn Unfinished>>,
    counts: Counts,
    lookups: Vec<LookupCounts>,
}

impl<'a> Writing<'a> {
    fn new(lanes: &'a Lanes<'a>, input: &'a Input, packing: Packing) -> Result<Self, FileError> {
        let file = lanes.output.create(&input.output, packing);
        let events = file.and_then(|file| Packer::new(packing, Measured { file, length: 0 }));
        let events = events.map_err(|source| FileError::Write { source })?;
        let (counts, lookups) = (Counts::default(), Vec::new());
        Ok(Self { lanes, input, events, rejects: None, counts, lookups })
    }

    fn piece(&mut self, piece: Piece) -> Result<(), FileError> {
        self.events.write_all(&piece.events).map_err(|source| FileError::Write { source })?;
        if !piece.rejects.is_empty() {
            self.reject(&piece.rejects).map_err(|source| FileError::Write { source })?;
        }
        self.counts.add(piece.counts);
        LookupCounts::add_all(&mut self.lookups, piece.lookups);
        self.lanes.events.fetch_add(piece.counts.events(), Ordering::Relaxed);
        Ok(())
    }

    fn reject(&mut self, documents: &[u8]) -> io::Result<()> {
        if let (None, Some(rejects)) = (&self.rejects, self.lanes.rejects) {
            self.rejects = Some(rejects.target.create(&self.input.rejects, Packing::Plain)?);
        }
        let file = self.rejects.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.write_all(documents)
    }

    fn finish(self) -> Result<Done, FileError> {
        let Input { file, rejects: name, .. } = self.input;
        let finished = self.events.finish().and_then(|Measured { file, length }| {
            match (self.rejects, self.lanes.rejects) {
                (Some(rejects), _) => rejects.finish()?,
                // Of a run that was killed before it had kept that the file was done.
                (None, Some(rejects)) if rejects.left.contains(name) => rejects.target.remove(name)?,
                (None, _) => {}
            }
            file.finish()?;
            Ok(length)
        });
        let written = finished.map_err(|source| FileError::Write { source })?;
        let (name, stamp) = (file.name.clone(), file.stamp.clone());
        let entry = Entry { name, bytes: file.bytes, stamp, counts: self.counts, written };
        Ok(Done { entry, lookups: self.lookups })
    }
}

/// A file with the length that it has so far.
struct Measured {
    file: Box<dyn Unfinished>,
    length: u64,
}

impl Write for Measured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
