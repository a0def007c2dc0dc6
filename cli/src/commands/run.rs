//! `enrich run`: events through rules, with tables out of a folder or in DynamoDB.

use std::path::Path;

use enrich_engine::{Clock, Context, Engine, Origin, Record, Rules};

use enrich_lambda::rule_files::FileError;

use super::{CommandError, seams};
use crate::args::{Color, RunArgs, is_standard_input};
use crate::backlog::{Backlog, Place};
use crate::clock::LocalClock;
use crate::rules::{self, Values};
use crate::{Exit, Shell, events};

pub(super) fn run(args: &RunArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    let color = Color::Auto.wanted(shell.stderr_is_terminal, shell.no_color);
    let rules = rules::load(&args.rules, color, shell.stderr)?;
    let values = Values::new(&args.variables, &rules)?;
    if let Some(output) = &args.backlog.output {
        return backlog(args, output, rules, &values, shell);
    }
    let runtime = super::runtime()?;
    let engine = seams::reader(args, rules, &values, &runtime)?;
    let origins: Result<Vec<_>, _> = args.events.iter().map(|file| origin(args, file, &engine)).collect();
    let clock = LocalClock::new(args.now).ok_or(CommandError::NoClock)?;
    let mut enrich = |batch: &[Record<'_>]| runtime.block_on(engine.enrich(batch, Context::at(clock.now())));
    let (summary, exit) = events::run(args, engine.hash(), origins?, &mut enrich, shell)?;
    // Standard error is for people: where none is left, the exit status still tells.
    let _ = write!(shell.stderr, "{summary}");
    Ok(exit)
}

/// From files to files.
fn backlog(
    args: &RunArgs,
    output: &Place,
    rules: Rules,
    values: &Values,
    shell: &mut Shell<'_>,
) -> Result<Exit, CommandError> {
    if args.events.iter().any(|events| is_standard_input(events)) {
        return Err(CommandError::NoFiles);
    }
    let events: Result<Vec<_>, _> = args.events.iter().map(|events| place(events)).collect();
    let (events, rejects) = (events?, args.rejects.as_deref().map(place).transpose()?);
    let runtime = super::shared_runtime()?;
    let in_s3 = events.iter().chain([output]).chain(&rejects).any(Place::is_s3);
    let places = seams::places(in_s3, &runtime)?;
    let engine = seams::reader(args, rules, values, &runtime)?;
    let (output, streams) = (output.clone(), streams(&engine));
    let clock = LocalClock::new(args.now).ok_or(CommandError::NoClock)?;
    let backlog = Backlog { args, output, events, rejects, places, engine, streams, clock, runtime };
    Ok(backlog.run(shell)?)
}

fn place(path: &Path) -> Result<Place, CommandError> {
    // What is not UTF-8 is a path: no bucket has such a name.
    let text = path.to_str().map_or_else(|| Ok(Place::Folder(path.to_owned())), str::parse);
    text.map_err(|why| CommandError::NoPlace { place: path.display().to_string(), why })
}

/// Where the events of a file come from: `--stream`, or the stream that the file is named after, or
/// the only one that the rules take.
fn origin(args: &RunArgs, file: &Path, engine: &Engine) -> Result<Origin<'static>, CommandError> {
    let is_file = is_standard_input(file) || !(place(file)?.is_s3() || file.is_dir());
    if !is_file {
        return Err(CommandError::NoOutput { place: file.display().to_string() });
    }
    let Some(stream) = args.stream_of(file) else {
        return only_stream(engine).ok_or_else(|| CommandError::NoStream { streams: streams(engine) });
    };
    if args.stream.is_none() && !engine.takes(&stream) {
        // That there is no such file comes before what its name could mean.
        let there = std::fs::metadata(file);
        there.map_err(|source| FileError::Unreadable { path: file.to_owned(), source })?;
        let (file, streams) = (file.display().to_string(), streams(engine));
        return Err(CommandError::NotTaken { stream, file, streams });
    }
    Ok(Origin::named(&stream))
}

/// The streams that the rules take, in words.
fn streams(engine: &Engine) -> String {
    let mut patterns: Vec<_> = engine.streams().collect();
    patterns.dedup();
    patterns.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>().join(", ")
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
