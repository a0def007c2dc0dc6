//! What must hold for any bytes. Each function is a fuzz target; it panics where something is wrong.

mod invoke;

use std::time::{Duration, Instant};

use enrich_dsl::diagnostic::{Diagnostic, render};
use enrich_dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::json::{Document, Kind, Node};
use enrich_engine::lookup::MemorySource;
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};
use enrich_lambda::kpl;
use md5::{Digest as _, Md5};
use serde_json::Value;

pub use invoke::{invoke, kept};

/// Longer than this nothing of a fuzzer's size may take.
const TOO_LONG: Duration = Duration::from_secs(5);

/// Any text: every finding has its place inside the text, on the borders of characters, and can be
/// drawn in every form.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let start = Instant::now();
    let mut sources = Sources::new();
    sources.add("any.enrich", text);
    let schema = br#"{"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "number"}}}"#;
    let checked = Rules::check(&sources, &Registry::standard(), &|_| Ok(schema.to_vec()));
    checked.findings.iter().for_each(|finding| places(finding, text, &sources));
    let drawn = [render::json(&checked.findings, &sources), render::sarif(&checked.findings, &sources)];
    assert!(drawn.iter().all(|text| serde_json::from_str::<Value>(text).is_ok()));
    assert!(start.elapsed() < TOO_LONG, "it takes {:?}", start.elapsed());
}

fn places(finding: &Diagnostic, text: &str, sources: &Sources) {
    let labels = finding.secondary.iter().chain([&finding.primary]).map(|label| label.span);
    for span in labels.chain(finding.fix.iter().map(|fix| fix.span)) {
        assert!(text.get(span.range()).is_some(), "{span:?} of {finding:?}");
    }
    assert!(!render::full(finding, sources, false).is_empty());
    assert!(
        !render::concise(finding, sources).contains('\n') && !render::github(finding, sources).contains('\n')
    );
}

/// Any bytes: they are taken for JSON exactly where `serde_json` takes them, and read as the same.
pub fn json(data: &[u8]) {
    let ours = Document::parse(data);
    match (serde_json::from_slice::<Value>(data), &ours) {
        (Ok(theirs), Ok(document)) => assert_eq!(value(document.root()), theirs),
        (Err(_), Err(_)) => {}
        (Err(error), Ok(_)) if error.to_string().contains("number out of range") => {}
        (theirs, ours) => panic!("serde_json {theirs:?}, scanner {ours:?}"),
    }
}

fn value(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Bool => Value::Bool(node.as_bool() == Some(true)),
        Kind::Number => serde_json::from_str(node.raw()).unwrap_or_default(),
        Kind::String => Value::String(node.as_str().unwrap_or_default().into_owned()),
        Kind::Array => node.elements().map(value).collect(),
        Kind::Object => node.members().map(|(name, node)| (name.text().into_owned(), value(node))).collect(),
    }
}

/// Any bytes as the message of an aggregate, under a right check sum: the records in it are parts of it,
/// in order, and not more than may be.
pub fn kpl(data: &[u8]) {
    let aggregate = [b"\xF3\x89\x9A\xC2", data, Md5::digest(data).as_slice()].concat();
    let Some(users) = kpl::user_records(&aggregate) else { return };
    assert!((1..=kpl::MAX_RECORDS).contains(&users.len()));
    let mut end = aggregate.as_ptr_range().start;
    for user in users {
        let place = user.data.as_ptr_range();
        assert!(end <= place.start && place.end <= aggregate.as_ptr_range().end);
        end = place.end;
        assert!(user.partition_key.chars().count() <= 256);
    }
}

/// Rules, a schema and events, with a zero byte between them: each event has a verdict, none of them
/// is a broken inside, and what is enriched is JSON that fits the schema which is told of it.
pub fn enrich(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == 0);
    let (Some(rules), Some(schema), Some(events)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rules) else { return };
    let mut sources = Sources::new();
    sources.add("any.enrich", text);
    let checked = Rules::check(&sources, &Registry::standard(), &|_| Ok(schema.to_vec()));
    let Some(rules) = checked.rules else { return };
    let told: Vec<_> = (0..rules.set().rules.len()).filter_map(|rule| rules.enriched_schema(rule)).collect();
    let names: Vec<_> = rules.set().rules.iter().map(|rule| rule.name.clone()).collect();
    let tables = rules.set().tables.iter().try_fold(MemorySource::new(), |tables, table| {
        tables.with_json(
            &table.name,
            r#"[{"id": "a", "name": "Ann", "n": 1.50}, {"id": 7, "pk": "a", "sk": "b"}]"#,
        )
    });
    let Ok(engine) = Engine::builder(rules).tables(tables.unwrap_or_default()).build() else { return };
    let lines: Vec<&[u8]> = events.split(|byte| *byte == b'\n').take(20).collect();
    let records: Vec<_> = lines.iter().map(|line| Record::new(*line, Origin::stream("s"))).collect();
    let Some(now) = Timestamp::from_millis(1_795_255_200_123) else { return };
    let outcome = futures_util::FutureExt::now_or_never(engine.enrich(&records, Context::at(now)))
        .expect("a source in memory answers at once");
    assert_eq!(outcome.verdicts.len(), records.len());
    for verdict in &outcome.verdicts {
        match verdict {
            Verdict::Enriched { event, rule, .. } => {
                assert!(Document::parse(event).is_ok(), "{}", String::from_utf8_lossy(event));
                let place = names.iter().position(|name| **name == **rule);
                fits(event, place.and_then(|place| told.get(place)));
            }
            Verdict::Rejected { reason, .. } | Verdict::Failed { reason, .. } => {
                assert!(reason.code != "internal", "{reason:?}");
            }
            _ => {}
        }
    }
}

fn fits(event: &[u8], told: Option<&String>) {
    let told: Value = told.and_then(|told| serde_json::from_str(told).ok()).expect("the schema of the rule");
    // Numbers that no float holds can't be looked at.
    let Ok(event) = serde_json::from_slice::<Value>(event) else { return };
    let validator =
        jsonschema::options().offline().should_validate_formats(true).build(&told).expect("a schema");
    assert!(validator.is_valid(&event), "{event} does not fit {told}");
}

/// Any text without errors of syntax: laid out it means the same, and laying it out again changes nothing.
pub fn format(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(once) = laid_out(text) else { return };
    let twice = laid_out(&once).expect("what was laid out can be read");
    assert_eq!(once, twice);
    assert_eq!(model(text), model(&once), "{once}");
}

fn laid_out(text: &str) -> Option<String> {
    let mut sources = Sources::new();
    let file = sources.add("any.enrich", text);
    enrich_dsl::format::format(&sources, file).ok()
}

/// What a text means, without its places.
fn model(text: &str) -> String {
    let mut sources = Sources::new();
    sources.add("any.enrich", text);
    let checked = Rules::check(&sources, &Registry::standard(), &|_| Ok(b"{}".to_vec()));
    let Some(rules) = checked.rules else { return String::new() };
    let text = format!("{:?}", rules.set());
    // A place is `Span { file: …, start: …, end: … }`, and holds no braces of its own.
    let mut parts = text.split("Span {");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('}').map_or(part, |(_, behind)| behind))
}
