//! `enrich explain`: what becomes of one event, and why.

use std::fs;
use std::io::{self, Read};

use enrich_engine::json::Document;
use enrich_engine::{Context, Engine, Origin, Record, Verdict};
use enrich_lambda::rule_files::FileError;

use super::CommandError;
use super::run::only_stream;
use crate::args::{Color, ExplainArgs, ExplainFormat, is_standard_input};
use crate::clock::LocalClock;
use crate::report::{explain_json, explain_text};
use crate::rules::{self, Values};
use crate::{Exit, Shell, tables};
use enrich_engine::Clock as _;

pub(super) fn explain(args: &ExplainArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    let color = Color::Auto.wanted(shell.stderr_is_terminal, shell.no_color);
    let sources = rules::read(&args.rules)?;
    let rules = rules::sound(&sources, &mut |_| {}, color, shell.stderr)?;
    let values = Values::new(&args.variables, &rules)?;
    let tables = tables::load(args.tables.as_deref(), &rules::local_tables(&rules, &values))?;
    let engine = Engine::builder(rules).tables(tables).variables(values.function()).build()?;
    let record = Record::new(event(args, &mut shell.stdin)?, origin(args, &engine)?);
    let clock = LocalClock::new(args.now).ok_or(CommandError::NoClock)?;
    let explanation = super::runtime()?.block_on(engine.explain(&record, Context::at(clock.now())));
    match args.format {
        ExplainFormat::Json => {
            let told = explain_json::json(&record, &explanation, &sources);
            shell.stdout.write_all(told.as_bytes())?;
        }
        ExplainFormat::Text => {
            let color = Color::Auto.wanted(shell.stdout_is_terminal, shell.no_color);
            explain_text::write(&record, &explanation, &sources, color, shell.stdout)?;
        }
    }
    Ok(match explanation.verdict {
        Verdict::Enriched { .. } | Verdict::Dropped { .. } => Exit::Ok,
        _ => Exit::Findings,
    })
}

/// The event's bytes: the argument itself where it is JSON, else a line of the file.
fn event(args: &ExplainArgs, stdin: &mut dyn Read) -> Result<Vec<u8>, CommandError> {
    if args.event_is_json() {
        return Ok(args.event.as_os_str().as_encoded_bytes().to_vec());
    }
    let unreadable = |source: io::Error| FileError::Unreadable { path: args.event.clone(), source };
    let mut bytes = Vec::new();
    if is_standard_input(&args.event) {
        stdin.read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        bytes = fs::read(&args.event).map_err(unreadable)?;
    }
    // One event may take several lines.
    if args.line.is_none() && Document::parse(&bytes).is_ok() {
        return Ok(bytes.trim_ascii().to_vec());
    }
    let number = args.line.unwrap_or(1);
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let line = usize::try_from(number - 1).ok().and_then(|before| lines.nth(before));
    let line = line.map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    line.map(<[u8]>::to_vec).ok_or_else(|| CommandError::NoLine { path: args.event.clone(), line: number })
}

/// Where the event comes from: `--stream`, or the stream that its file is named after if a rule takes it, or the
/// only one that the rules take.
fn origin(args: &ExplainArgs, engine: &Engine) -> Result<Origin<'static>, CommandError> {
    if let Some(stream) = &args.stream {
        return Ok(Origin::named(stream));
    }
    let named = args.event.file_stem().map(|name| name.to_string_lossy().into_owned());
    if let Some(stream) = named.filter(|stream| !args.event_is_json() && engine.takes(stream)) {
        return Ok(Origin::named(&stream));
    }
    let streams = || engine.streams().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    only_stream(engine).ok_or_else(|| CommandError::StreamOfEvent { streams: streams() })
}
