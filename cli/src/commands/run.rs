//! `enrich run`: events through rules, with tables out of a folder.

use std::path::Path;

use enrich_engine::{Clock, Context, Engine, Origin, Record};

use enrich_lambda::rule_files::FileError;

use super::CommandError;
use crate::args::{Color, RunArgs};
use crate::clock::LocalClock;
use crate::rules::{self, Values};
use crate::{Exit, Shell, events, tables};

pub(super) fn run(args: &RunArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    let color = Color::Auto.wanted(shell.stderr_is_terminal, shell.no_color);
    let rules = rules::load(&args.rules, color, shell.stderr)?;
    let values = Values::new(&args.variables, &rules)?;
    let tables = tables::load(args.tables.as_deref(), &rules::local_tables(&rules, &values))?;
    let engine = Engine::builder(rules).tables(tables).variables(values.function()).build()?;
    let origins: Result<Vec<_>, _> = args.events.iter().map(|file| origin(args, file, &engine)).collect();
    let clock = LocalClock::new(args.now).ok_or(CommandError::NoClock)?;
    let runtime = super::runtime()?;
    let mut enrich = |batch: &[Record<'_>]| runtime.block_on(engine.enrich(batch, Context::at(clock.now())));
    let (summary, exit) = events::run(args, engine.hash(), origins?, &mut enrich, shell)?;
    // Standard error is for people: where none is left, the exit status still tells.
    let _ = write!(shell.stderr, "{summary}");
    Ok(exit)
}

/// Where the events of a file come from: `--stream`, or the stream that the file is named after, or
/// the only one that the rules take.
fn origin(args: &RunArgs, file: &Path, engine: &Engine) -> Result<Origin<'static>, CommandError> {
    let mut patterns: Vec<_> = engine.streams().collect();
    patterns.dedup();
    let streams = patterns.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>().join(", ");
    let Some(stream) = args.stream_of(file) else {
        return only_stream(engine).ok_or(CommandError::NoStream { streams });
    };
    if args.stream.is_none() && !engine.takes(&stream) {
        // That there is no such file comes before what its name could mean.
        let there = std::fs::metadata(file);
        there.map_err(|source| FileError::Unreadable { path: file.to_owned(), source })?;
        return Err(CommandError::NotTaken { stream, file: file.display().to_string(), streams });
    }
    Ok(Origin::named(&stream))
}

/// The only stream that the rules take.
pub(crate) fn only_stream(engine: &Engine) -> Option<Origin<'static>> {
    let mut patterns: Vec<_> = engine.streams().collect();
    patterns.dedup();
    match patterns.as_slice() {
        [only] if !only.starts_with("arn:") => Some(Origin::stream(only.replace('*', ""))),
        _ => None,
    }
}
