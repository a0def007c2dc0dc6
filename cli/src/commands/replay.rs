//! `enrich replay`: records that were kept through today's rules.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use enrich_engine::{Clock, Context, Engine, Origin, Outcome, Record, Verdict};
use enrich_lambda::{Fate, Handler, Summary};
use tokio::runtime::Runtime;

use super::{CommandError, invoke, run, seams};
use crate::args::{Color, ReplayArgs};
use crate::clock::LocalClock;
use crate::events::RunError;
use crate::rejects::RejectsPlace;
use crate::replay::{self, ByCode, End, Kept, Reader, place};
use crate::rules::{self, Values};
use crate::verdicts::{Named, Verdicts};
use crate::{Exit, Progress, Shell, tables};

pub(super) fn replay(args: &ReplayArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    let color = Color::Auto.wanted(shell.stderr_is_terminal, shell.no_color);
    let files = replay::find(&args.documents)?;
    let rules = rules::load(&args.rules, color, shell.stderr)?;
    let values = Values::new(&args.variables, &rules)?;
    let clock = LocalClock::new(args.now).ok_or(CommandError::NoClock)?;
    let runtime = super::runtime()?;
    let writes = args.aws || args.output.is_some();
    let (file, place) = match &args.rejects {
        None => (None, None),
        Some(RejectsPlace::File(path)) if !writes => (Some(path.as_path()), None),
        Some(RejectsPlace::Sink(place)) if writes => (None, Some(place.clone())),
        Some(_) => return Err(CommandError::WrongRejects { writes }),
    };
    if !writes {
        let tables = tables::load(args.tables.as_deref(), &rules::local_tables(&rules, &values))?;
        let engine = Engine::builder(rules).tables(tables).variables(values.function()).build()?;
        let unnamed = unnamed(args, &engine);
        let verdicts = Verdicts::new(engine.hash(), file, files.iter())?;
        let printed = Printed { engine, clock, runtime: &runtime, verdicts };
        return Replay::new(args, unnamed, printed).files(&files, shell);
    }
    let (engine, sinks) = match &args.output {
        Some(output) if !args.aws => seams::in_folders(args.tables.as_deref(), output, rules, &values)?,
        _ => seams::on_aws(rules, &values, &runtime)?,
    };
    let unnamed = unnamed(args, &engine);
    let handler = Handler::new(engine, sinks, place, Arc::new(clock))?;
    let written =
        Written { handler, runtime: &runtime, summary: Summary::default(), unkept: Named::default() };
    Replay::new(args, unnamed, written).files(&files, shell)
}

/// Where records come from whose document does not say it: `--stream`, or the only stream of the rules.
fn unnamed(args: &ReplayArgs, engine: &Engine) -> Option<Origin<'static>> {
    args.stream.as_deref().map(Origin::named).or_else(|| run::only_stream(engine))
}

/// What is done with the records of a batch.
trait Target {
    /// Enriches them, and gives what became of each.
    fn batch(
        &mut self,
        file: &Path,
        batch: Vec<Kept>,
        progress: &Progress,
        shell: &mut Shell<'_>,
    ) -> Result<Vec<End>, CommandError>;

    /// What was not enriched.
    fn unkept(&mut self) -> &mut Named;

    /// Says what was done, for people.
    fn tell(&self, shell: &mut Shell<'_>);
}

struct Replay<'a, T> {
    reader: Reader<'a>,
    target: T,
    by_code: ByCode,
    events: u64,
}

impl<'a, T: Target> Replay<'a, T> {
    fn new(args: &'a ReplayArgs, unnamed: Option<Origin<'static>>, target: T) -> Self {
        Self { reader: Reader::new(unnamed, &args.reasons), target, by_code: ByCode::default(), events: 0 }
    }

    fn files(mut self, files: &[PathBuf], shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
        let lengths = files.iter().map(|file| std::fs::metadata(file).map(|about| about.len()).ok());
        let watched = shell.stderr_is_terminal && !shell.stdout_is_terminal;
        let mut progress = Progress::new(lengths.clone().sum(), watched);
        let mut before = 0;
        for (file, length) in files.iter().zip(lengths) {
            let batches = self.reader.file(file, self.target.unkept(), &progress, shell)?;
            for batch in batches {
                let codes: Vec<_> = batch.iter().map(|kept| kept.code.clone()).collect();
                let ends = self.target.batch(file, batch, &progress, shell)?;
                codes.iter().zip(ends).for_each(|(code, end)| self.by_code.count(code, end));
                self.events += codes.len() as u64;
            }
            before += length.unwrap_or_default();
            progress.at(before, self.events);
        }
        progress.finish();
        let exit = self.target.unkept().end(shell);
        self.target.tell(shell);
        // Standard error is for people: where none is left, the exit status still tells.
        let _ = write!(shell.stderr, "{}{}", self.by_code, self.reader.left);
        Ok(exit)
    }
}

/// Events on standard output.
struct Printed<'a> {
    engine: Engine,
    clock: LocalClock,
    runtime: &'a Runtime,
    verdicts: Verdicts,
}

impl Target for Printed<'_> {
    fn batch(
        &mut self,
        file: &Path,
        batch: Vec<Kept>,
        progress: &Progress,
        shell: &mut Shell<'_>,
    ) -> Result<Vec<End>, CommandError> {
        let (lines, records): (Vec<u64>, Vec<Record<'static>>) =
            batch.into_iter().map(|kept| (kept.line, kept.record)).unzip();
        let context = Context::at(self.clock.now());
        let Outcome { verdicts, lookups, .. } = self.runtime.block_on(self.engine.enrich(&records, context));
        self.verdicts.summary.add(lookups);
        if verdicts.len() != records.len() {
            return Err(RunError::Answers { asked: records.len(), answered: verdicts.len() }.into());
        }
        let mut ends = Vec::with_capacity(records.len());
        for ((line, record), verdict) in lines.into_iter().zip(&records).zip(verdicts) {
            ends.push(match &verdict {
                Verdict::Enriched { .. } => End::Enriched,
                Verdict::Dropped { .. } => End::Dropped,
                Verdict::Rejected { .. } => End::Rejected,
                _ => End::Failed,
            });
            self.verdicts.verdict(place(file, line), record, verdict, progress, shell)?;
        }
        self.verdicts.flush(shell)?;
        Ok(ends)
    }

    fn unkept(&mut self) -> &mut Named {
        &mut self.verdicts.unkept
    }

    fn tell(&self, shell: &mut Shell<'_>) {
        let _ = write!(shell.stderr, "{}", self.verdicts.summary);
    }
}

/// Objects, as the function writes them.
struct Written<'a> {
    handler: Handler,
    runtime: &'a Runtime,
    summary: Summary,
    unkept: Named,
}

impl Target for Written<'_> {
    fn batch(
        &mut self,
        file: &Path,
        batch: Vec<Kept>,
        progress: &Progress,
        shell: &mut Shell<'_>,
    ) -> Result<Vec<End>, CommandError> {
        let (lines, records): (Vec<u64>, Vec<Record<'static>>) =
            batch.into_iter().map(|kept| (kept.line, kept.record)).unzip();
        let replayed = self.runtime.block_on(self.handler.replay(records, None));
        self.summary.add(replayed.summary);
        let mut ends = Vec::with_capacity(lines.len());
        for (line, fate) in lines.into_iter().zip(&replayed.fates) {
            ends.push(match fate {
                Fate::Enriched => End::Enriched,
                Fate::Dropped => End::Dropped,
                Fate::Rejected(_) => End::Rejected,
                _ => End::Failed,
            });
            if let Fate::Failed(reason) = fate {
                let place = place(file, line);
                self.unkept.name(&format_args!("{place}: failed: {reason}"), progress, shell);
            }
        }
        Ok(ends)
    }

    fn unkept(&mut self) -> &mut Named {
        &mut self.unkept
    }

    fn tell(&self, shell: &mut Shell<'_>) {
        let _ = invoke::told(&self.summary, shell.stderr);
    }
}
