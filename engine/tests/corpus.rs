//! Every wrong rule of `corpus/wrong/` with what is said about it, and every right one of
//! `corpus/right/` with its events and results. `UPDATE_GOLDEN=1` writes what is said now.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "tests read their cases from files")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use enrich_engine::dsl::diagnostic::{Code, Diagnostic, Severity, render};
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::json::Document;
use enrich_engine::lookup::MemorySource;
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

fn corpus(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder)
}

fn cases(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus(folder)).expect("the folder of the cases");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut cases: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    cases.sort();
    cases
}

fn check(path: &Path) -> (Sources, enrich_engine::Checked) {
    check_text(path, fs::read_to_string(path).expect("the case"))
}

fn check_text(path: &Path, text: String) -> (Sources, enrich_engine::Checked) {
    let mut sources = Sources::new();
    sources.add(path.file_name().expect("a name").to_string_lossy(), text);
    let folder = path.parent().expect("a folder").to_owned();
    let read = move |name: &str| fs::read(folder.join(name)).map_err(|error| error.kind().to_string());
    let checked = Rules::check(&sources, &Registry::standard(), &read);
    (sources, checked)
}

/// Compares with the golden file, or writes it.
fn golden(path: &Path, actual: &str, wrong: &mut Vec<String>) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, actual).expect("the golden file");
    } else {
        let expected = fs::read_to_string(path).unwrap_or_default();
        if expected != actual {
            wrong.push(format!("{}\n--- expected\n{expected}\n--- found\n{actual}", path.display()));
        }
    }
}

#[test]
fn wrong_rules_and_what_is_said() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for case in cases("wrong", "enrich") {
        let (sources, checked) = check(&case);
        assert!(!checked.findings.is_empty(), "{} is taken for right", case.display());
        let broken = checked.findings.iter().any(|finding| finding.severity() == Severity::Error);
        assert_eq!(checked.rules.is_none(), broken, "{}", case.display());
        let mut said = String::new();
        for finding in &checked.findings {
            seen.insert(finding.code);
            for span in
                [Some(finding.primary.span), finding.fix.as_ref().map(|fix| fix.span)].into_iter().flatten()
            {
                let text = sources.get(span.file).expect("a file").text();
                assert!(text.get(span.range()).is_some(), "{}: {span:?}", case.display());
            }
            said.push_str(&render::full(finding, &sources, false));
            said.push_str("\n\n");
        }
        golden(&case.with_extension("txt"), &said, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let unseen: Vec<_> = Code::ALL.iter().filter(|code| !seen.contains(code) && !elsewhere(**code)).collect();
    assert!(unseen.is_empty(), "codes without a case: {unseen:?}");
}

/// A fix mends what it is for: with it the finding is gone, and nothing else has become unreadable.
#[test]
fn every_fix_mends() {
    let mut wrong = Vec::new();
    let mut fixes = 0;
    for case in cases("wrong", "enrich") {
        let text = fs::read_to_string(&case).expect("the case");
        let (_, before) = check(&case);
        for finding in &before.findings {
            let Some(fix) = &finding.fix else { continue };
            fixes += 1;
            let mut mended = text.clone();
            mended.replace_range(fix.span.range(), &fix.replacement);
            let after = check_text(&case, mended).1;
            let same = |other: &&Diagnostic| other.code == finding.code && other.message == finding.message;
            let count = |findings: &[Diagnostic]| findings.iter().filter(same).count();
            // What could not be looked at before may have findings of its own, but can be read.
            let unread = after.findings.iter().any(|other| {
                let known = |old: &Diagnostic| (old.code, &old.message) == (other.code, &other.message);
                matches!(other.code, Code::Syntax | Code::Unclosed | Code::UnclosedText | Code::UnknownItem)
                    && !before.findings.iter().any(known)
            });
            if count(&after.findings) >= count(&before.findings) || unread {
                let said: Vec<_> = after.findings.iter().map(|finding| finding.message.as_str()).collect();
                wrong.push(format!("{}: {}: {said:#?}", case.display(), finding.message));
            }
        }
    }
    assert!(fixes > 200, "only {fixes} fixes");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Codes whose cases are too large for a file, take two, or take a table at its source: `limits.rs`,
/// `files.rs` and `deployed.rs` have them.
fn elsewhere(code: Code) -> bool {
    let large = matches!(code, Code::TooLong | Code::TooMany | Code::OverlappingRules | Code::NoOutput);
    let table = matches!(code, Code::TableAbsent | Code::TableDiffers | Code::NotActive);
    let index = matches!(code, Code::IndexAbsent | Code::NotProjected);
    large || table || index
}

#[test]
fn no_message_names_the_inside_of_the_checker() {
    for case in cases("wrong", "txt") {
        let said = fs::read_to_string(&case).expect("the case");
        // The user's own words are in backticks, and in the lines of the file.
        let source =
            |line: &str| line.starts_with(|first: char| first.is_ascii_digit()) || line.contains("-->");
        let lines = said.lines().filter(|line| !source(line));
        let ours: String = lines.flat_map(|line| line.split('`').step_by(2)).collect();
        for inside in ["Rule::", "k_", "::", "Option", "None", "Some(", "unwrap", "panic", "event_path"] {
            assert!(!ours.contains(inside), "{} says `{inside}`:\n{said}", case.display());
        }
    }
}

/// A right rule stands in `NAME.enrich`, its tables in `NAME.tables.json` (an object of arrays; one that
/// is not in it can't be reached), its events in `NAME.ndjson` and what becomes of them in `NAME.out`.
/// `NAME.records.ndjson` says of each event what is not [usual](record) about its record.
#[test]
fn right_rules_and_what_they_do() {
    let mut wrong = Vec::new();
    for case in cases("right", "enrich") {
        let (sources, checked) = check(&case);
        let said: Vec<_> =
            checked.findings.iter().map(|finding| render::full(finding, &sources, false)).collect();
        assert!(said.is_empty(), "{}:\n{}", case.display(), said.join("\n"));
        let rules = checked.rules.expect("rules without findings");
        let mut tables = MemorySource::new();
        if let Ok(text) = fs::read_to_string(case.with_extension("tables.json")) {
            let document = Document::parse(text.as_bytes()).expect("tables");
            for (name, items) in document.root().members() {
                tables = tables.with_json(name.text(), items.raw()).expect("items");
            }
        }
        let told: BTreeMap<String, jsonschema::Validator> = told(&rules);
        let engine = Engine::builder(rules).tables(tables).build().expect("an engine");
        let lines = fs::read_to_string(case.with_extension("ndjson")).expect("events");
        let unusual = fs::read_to_string(case.with_extension("records.ndjson")).unwrap_or_default();
        let mut unusual = unusual.lines();
        let records: Vec<_> =
            lines.lines().enumerate().map(|(at, line)| record(at, line, unusual.next())).collect();
        assert_eq!(unusual.next(), None, "{}: a record without its event", case.display());
        let now = Timestamp::parse("2026-11-21T10:00:00.123Z").expect("a time");
        let outcome = block_on(engine.enrich(&records, Context::at(now).retrying()));
        let mut out = String::new();
        for verdict in &outcome.verdicts {
            out.push_str(&show(verdict));
            out.push('\n');
            if let Verdict::Enriched { event, rule, .. } = verdict {
                // Numbers that no float holds are beyond this validator.
                let Ok(event) = serde_json::from_slice(event) else { continue };
                let fits = told.get(&**rule).expect("a schema").is_valid(&event);
                assert!(fits, "{}: {event} does not fit the schema that is told of it", case.display());
            }
        }
        golden(&case.with_extension("out"), &out, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is told of the enriched events, by the name of their rule.
fn told(rules: &Rules) -> BTreeMap<String, jsonschema::Validator> {
    let told = |(place, rule): (usize, &enrich_engine::dsl::model::Rule)| {
        let schema = rules.enriched_schema(place).expect("a schema");
        let schema = serde_json::from_str(&schema).expect("JSON");
        (rule.name.clone(), jsonschema::options().offline().build(&schema).expect("a schema"))
    };
    rules.set().rules.iter().enumerate().map(told).collect()
}

/// A record of the stream `events`. `unusual` names parts that are others, or null for none.
fn record(at: usize, line: &str, unusual: Option<&str>) -> Record<'static> {
    let mut origin = Origin::stream("events");
    origin.shard = Some("shardId-000000000001".into());
    origin.sequence = Some(format!("4957{at}").into());
    origin.partition_key = Some("p".into());
    origin.arrival = Timestamp::parse("2026-11-20T23:59:59.98Z");
    let unusual = Document::parse(unusual.unwrap_or("{}").as_bytes()).expect("parts of a record");
    for (part, value) in unusual.root().members() {
        let text = value.as_str().map(std::borrow::Cow::into_owned);
        match &*part.text() {
            "stream" => origin.stream = text.expect("a name").into(),
            "arn" => origin.arn = text.map(Into::into),
            "shard" => origin.shard = text.map(Into::into),
            "sequence" => origin.sequence = text.map(Into::into),
            "sub_sequence" => origin.sub_sequence = value.raw().parse().ok(),
            "partition_key" => origin.partition_key = text.map(Into::into),
            "arrival" => origin.arrival = text.map(|text| Timestamp::parse(&text).expect("an instant")),
            part => panic!("a record has no part `{part}`"),
        }
    }
    Record::new(line, origin)
}

fn show(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Enriched { event, .. } => String::from_utf8(event.to_vec()).expect("text"),
        Verdict::Dropped { rule } => format!("dropped by {rule}"),
        Verdict::Rejected { reason, .. } => format!("rejected {reason}"),
        Verdict::Failed { reason, .. } => format!("failed {reason}"),
        other => format!("{other:?}"),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}
