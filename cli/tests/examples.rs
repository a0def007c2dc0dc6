//! The example rule sets of `rules/examples/`: each is free of findings, and each of its events ends as
//! it stands beside it. `rules/examples/README.md` says what is in a folder. `UPDATE_GOLDEN=1` writes
//! what becomes of the events now.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a test reads and writes files, and a broken one fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

use enrich_cli::args::Variable;
use enrich_cli::rules::{self, Values};
use enrich_cli::tables;
use enrich_dsl::diagnostic::render;
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

/// The instant of every batch.
const NOW: &str = "2026-11-21T10:00:00.123Z";
/// How long before that every event arrived, in milliseconds.
const AGE: i64 = 30_000;
/// What a variable is without a value of its own.
const VALUE: &str = "example";

#[test]
fn every_example_does_what_stands_beside_it() {
    let mut wrong = Vec::new();
    for folder in inside(&examples()) {
        let engine = engine(&folder);
        let events: Vec<_> =
            inside(&folder.join("events")).into_iter().filter(|file| has_extension(file, "ndjson")).collect();
        assert!(!events.is_empty(), "{} has no events", folder.display());
        for file in events {
            let seen = run(&engine, &file);
            let expected = file.with_extension("expected");
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&expected, &seen).expect("what is expected");
            }
            let blessed = fs::read_to_string(&expected).unwrap_or_default();
            if blessed != seen {
                wrong.push(format!("=== {}\n--- expected\n{blessed}--- seen\n{seen}", expected.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE_GOLDEN=1 blesses what is seen)", wrong.join("\n"));
}

#[test]
fn every_example_is_named_and_listed() {
    let list = fs::read_to_string(examples().join("README.md")).expect("the list of the examples");
    let folders: Vec<_> = inside(&examples()).into_iter().map(|folder| name(&folder)).collect();
    let rows: Vec<_> = list
        .lines()
        .filter_map(|line| line.strip_prefix("| [`")?.split_once("`](").map(|(name, _)| name.to_owned()))
        .collect();
    assert_eq!(rows, folders, "the rows of rules/examples/README.md, and the folders beside it");
    for folder in inside(&examples()) {
        let file = folder.join(name(&folder)).with_extension("enrich");
        let text = fs::read_to_string(&file).unwrap_or_default();
        assert!(text.starts_with("# "), "{} begins with a comment that says what it is for", file.display());
    }
}

/// The engine of an example, as `enrich run` builds it.
fn engine(folder: &Path) -> Engine {
    let sources = rules::read(&[folder.to_owned()]).expect("rule files");
    let checked = rules::check(&sources, &[], &mut |_| {});
    let findings: Vec<_> =
        checked.findings.iter().map(|finding| render::full(finding, &sources, false)).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n\n"));
    let rules = checked.rules.expect("rules without findings");
    let values = values(&rules);
    let tables = tables::load(Some(&folder.join("tables")), &rules::local_tables(&rules, &values))
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let engine = Engine::builder(rules).tables(tables).variables(values.function()).build();
    engine.expect("an engine")
}

fn values(rules: &Rules) -> Values {
    let unset = rules.variables().into_iter().filter(|(variable, _)| variable.default.is_none());
    let given: Vec<_> = unset
        .map(|(variable, _)| Variable { name: variable.name.clone(), value: VALUE.to_owned() })
        .collect();
    Values::new(&given, rules).expect("values for variables that there are")
}

/// What becomes of the events of a file, a line each, for a caller that can bring a record again.
fn run(engine: &Engine, file: &Path) -> String {
    let now = Timestamp::parse(NOW).expect("an instant");
    let mut origin = origin(file);
    origin.arrival = Timestamp::from_millis(now.as_millis() - AGE);
    let text = fs::read_to_string(file).expect("events");
    let records: Vec<_> = text.lines().map(|line| Record::new(line, origin.clone())).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let outcome = runtime.block_on(engine.enrich(&records, Context::at(now).retrying()));
    assert_eq!(outcome.verdicts.len(), records.len(), "{}", file.display());
    outcome.verdicts.iter().map(|verdict| show(verdict) + "\n").collect()
}

/// A file is named after its stream; where the stream's ARN counts, it is in `NAME.arn` beside it.
fn origin(file: &Path) -> Origin<'static> {
    let Ok(arn) = fs::read_to_string(file.with_extension("arn")) else {
        return Origin::stream(name(&file.with_extension("")));
    };
    let arn = arn.trim_end().to_owned();
    let mut origin = Origin::stream(arn.rsplit('/').next().expect("a name").to_owned());
    origin.arn = Some(arn.into());
    origin
}

fn show(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Enriched { event, .. } => String::from_utf8(event.to_vec()).expect("text"),
        Verdict::Dropped { rule } => format!("dropped by {rule}"),
        Verdict::Rejected { reason, .. } => format!("rejected {reason}"),
        Verdict::Failed { reason, .. } => format!("failed {reason}"),
        other => panic!("{other:?}"),
    }
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/examples")
}

/// What is in a folder, in order: of the examples themselves, the folders.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| !has_extension(path, "md"))
        .collect();
    found.sort();
    found
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}
