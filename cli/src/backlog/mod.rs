//! `enrich run --output`: a backlog from files to files, of any size, that goes on where it was interrupted.
//!
//! A file is the unit: of each file of events one is written, under its name, whole or not at all; only then the
//! `journal` keeps that it is done. What is interrupted is done again from the file's beginning, and written over.
//!
//! 1. `plan` lists the files and refuses what would mix runs up, before anything is written.
//! 2. A `lane` takes file after file: one thread reads and unpacks, those of the pool `enrich`, one writes in order.
//! 3. `folder` and `s3` are the places that `files` asks for.
//!
//! **Invariant:** in a file that is done, each event is enriched, dropped or rejected; a file in which one fails is not done.

mod enrich;
mod files;
mod folder;
mod journal;
mod lane;
mod packing;
mod place;
mod places;
mod plan;
mod report;
#[cfg(feature = "aws")]
mod s3;
mod signals;
mod work;

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use enrich_engine::{Clock as _, Engine, Reason, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use crate::args::{RunArgs, Variable};
use crate::clock::LocalClock;
use crate::{Exit, Shell};
use files::{Source, Target};
pub use journal::JournalError;
use journal::{Identity, Journal};
pub use packing::{Packing, Unpacked, without_suffix};
pub use place::Place;
pub(crate) use places::Places;
pub use plan::PlanError;
use plan::{Input, Origins};
#[cfg(feature = "aws")]
pub(crate) use s3::S3;
use signals::Stop;
use work::Work;

/// Why a run over a backlog can't start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BacklogError {
    /// The files are not to be read or written so.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// What is done can't be kept, or gone on with.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// This program knows no S3.
    #[error("{place} is in S3, and this `enrich` was built without AWS: build it with `--features aws`")]
    NoS3 {
        /// The place.
        place: String,
    },
    /// A place can't be written to.
    #[error("can't write to {place}")]
    Place {
        /// The place.
        place: String,
        /// Why.
        source: io::Error,
    },
}

/// Why a file of events is not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("can't be read{}: {source}", behind(*line))]
    Read { line: u64, source: io::Error },
    #[error("has changed since it was listed: enrich it again once nobody writes to it")]
    Changed,
    #[error("line {line}: failed: {reason}{}", others(*count))]
    Failed { count: usize, line: u64, reason: Reason },
    #[error("line {line}: rejected: {reason}; say with `--rejects PLACE` where such events are kept")]
    Unkept { line: u64, reason: Reason },
    #[error("what came of it can't be written: {source}")]
    Write { source: io::Error },
    #[error("the engine did not answer for each event")]
    Engine,
    #[error("interrupted")]
    Stopped,
}

fn behind(line: u64) -> String {
    if line == 0 { String::new() } else { format!(" behind line {line}") }
}

fn others(count: usize) -> String {
    if count < 2 { String::new() } else { format!("; {} more of its batch too", count - 1) }
}

/// A run over a backlog.
pub(crate) struct Backlog<'a> {
    pub(crate) args: &'a RunArgs,
    /// Where files are written.
    pub(crate) output: Place,
    pub(crate) events: Vec<Place>,
    pub(crate) rejects: Option<Place>,
    pub(crate) places: Places,
    pub(crate) engine: Engine,
    /// The streams that the rules take, in words.
    pub(crate) streams: String,
    pub(crate) clock: LocalClock,
    pub(crate) runtime: Runtime,
}

/// What a run does: the files that are left, and where they are read and written.
struct Prepared {
    journal: Journal,
    inputs: Vec<Input>,
    /// How many files were done before.
    before: usize,
    sources: Vec<Box<dyn Source>>,
    output: Box<dyn Target>,
    rejects: Option<lane::Rejects>,
}

impl Backlog<'_> {
    /// Enriches all files that are not done.
    pub(crate) fn run(self, shell: &mut Shell<'_>) -> Result<Exit, BacklogError> {
        // From here on nobody is taken by surprise: not the files, and not the state.
        let stop = Stop::on_signals(&self.runtime);
        let prepared = self.prepare()?;
        let options = &self.args.backlog;
        let parallel = options.parallel.or_else(|| std::thread::available_parallelism().ok());
        let enricher = enrich::Enricher {
            engine: self.engine,
            clock: self.clock,
            runtime: self.runtime.handle().clone(),
            stop,
            retry_for: Duration::from_secs(options.retry_for),
            keeps_rejects: prepared.rejects.is_some(),
        };
        let work = Work {
            enricher,
            parallel: parallel.map_or(1, std::num::NonZeroUsize::get),
            packing: options.compression.packing(),
            quiet: options.quiet,
        };
        work.run(prepared, shell)
    }

    /// Lists the files, and finds out which of them are left. Nothing but the state is written.
    fn prepare(&self) -> Result<Prepared, BacklogError> {
        let options = &self.args.backlog;
        plan::check_places(&self.events, [&self.output].into_iter().chain(&self.rejects))?;
        let sources: Result<Vec<_>, _> = self.events.iter().map(|place| self.places.source(place)).collect();
        let sources = sources?;
        let origins = Origins {
            stream: self.args.stream.as_deref(),
            engine: &self.engine,
            streams: self.streams.clone(),
        };
        let inputs = plan::inputs(&self.events, &sources, options.compression.packing(), &origins)?;

        plan::check_names(&inputs, &self.events, &self.output, self.rejects.as_ref())?;

        let output = self.places.target(&self.output)?;
        let unwritable = |source| BacklogError::Place { place: self.output.to_string(), source };
        let mut journal =
            Journal::open(output.state().map_err(unwritable)?, &self.identity(), options.restart)?;
        if !journal.resumed {
            plan::check_new(&inputs, &self.output, &output.names().map_err(unwritable)?)?;
        }
        let all = inputs.len();
        let inputs = plan::left(inputs, &journal)?;
        let rejects = self.rejects.as_ref().map(|place| self.kept(place, journal.resumed)).transpose()?;
        journal.begin(started())?;
        Ok(Prepared { before: all - inputs.len(), journal, inputs, sources, output, rejects })
    }

    /// The place of the rejects, with what an earlier run has left there.
    fn kept(&self, place: &Place, resumed: bool) -> Result<lane::Rejects, BacklogError> {
        let target = self.places.target(place)?;
        let left = if resumed { target.names() } else { Ok(Default::default()) };
        let left = left.map_err(|source| BacklogError::Place { place: place.to_string(), source })?;
        Ok(lane::Rejects { target, left })
    }

    /// All that decides what is written.
    fn identity(&self) -> Identity {
        let RunArgs { tables, stream, variables, now, aws, backlog, .. } = self.args;
        let mut options = BTreeMap::new();
        let mut add = |name: &str, value: Option<String>| {
            value.map(|value| options.insert(name.to_owned(), value));
        };
        add("--tables", tables.as_ref().map(|tables| tables.display().to_string()));
        add("--stream", stream.clone());
        add("--now", now.map(Timestamp::rfc3339));
        add("--aws", aws.then(|| "yes".to_owned()));
        add(
            "--compression",
            backlog.compression.packing().map(|packing| format!("{packing:?}").to_lowercase()),
        );
        add("-D", (!variables.is_empty()).then(|| digest(variables)));
        Identity::new(self.engine.hash(), options)
    }
}

/// What no other start of a run is called: the time and the process.
fn started() -> String {
    let time = LocalClock::new(None).map(|clock| clock.now().rfc3339());
    format!("{} {}", time.unwrap_or_default(), std::process::id())
}

/// What tells variables from others without telling them: a value may be a key.
fn digest(variables: &[Variable]) -> String {
    let mut variables: Vec<_> = variables.iter().map(|v| (v.name.as_str(), v.value.as_str())).collect();
    variables.sort_unstable();
    let mut hash = Sha256::new();
    for (name, value) in variables {
        hash.update(format!("{}:{name}{}:{value}", name.len(), value.len()));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
