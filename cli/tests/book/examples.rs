//! The rules in the documents are right, and their events become what stands behind the arrows.
//!
//! A block ` ```json NAME ` is a file beside the rules below it; any other file that they name allows
//! all events.

use std::collections::BTreeMap;

use enrich_engine::dsl::format::format;
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::json::Document;
use enrich_engine::lookup::MemorySource;
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

use crate::pages::{Block, pages};

#[test]
fn examples_hold() {
    let (mut rule_sets, mut events) = (0, 0);
    for page in pages() {
        let mut rules: Option<Rules> = None;
        let mut tables = MemorySource::new();
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for block in page.blocks() {
            let place = &block.place;
            match block.language.as_str() {
                // Rules of the repository, which have a test of their own.
                "enrich" if block.included().is_some() => {}
                "enrich" => {
                    let mut sources = Sources::new();
                    sources.add(place.as_str(), block.text.as_str());
                    let any = br#"{"type": "object"}"#;
                    let read = |path: &str| {
                        let name = files.keys().find(|name| path.ends_with(name.as_str()));
                        Ok(name.and_then(|name| files.get(name)).cloned().unwrap_or_else(|| any.to_vec()))
                    };
                    match Rules::from_sources(&sources, &Registry::standard(), &read) {
                        Ok(found) => rules = Some(found),
                        Err(error) => panic!("{place}\n{error}"),
                    }
                    tables = MemorySource::new();
                    rule_sets += 1;
                }
                "tables" => {
                    let document = Document::parse(block.text.as_bytes()).expect(place);
                    for (name, items) in document.root().members() {
                        tables = tables.with_json(name.text(), items.raw()).expect(place);
                    }
                }
                "events" => events += run(place, rules.clone().expect(place), tables.clone(), &block.text),
                "json" => drop(files.insert(block.rest.clone(), block.text.clone().into_bytes())),
                _ => {}
            }
        }
    }
    assert!(rule_sets > 8 && events > 15, "{rule_sets} rule sets, {events} events");
}

fn run(place: &str, rules: Rules, tables: MemorySource, text: &str) -> usize {
    // The events go to whatever stream the first rule takes.
    let engine = Engine::builder(rules).tables(tables).build().expect(place);
    let stream = engine.streams().next().expect(place).replace('*', "1");
    let lines: Vec<&str> = text.lines().collect();
    for pair in lines.chunks(2) {
        let [event, expected] = pair else { panic!("{place}: an event without its result") };
        let batch = [Record::new(*event, Origin::stream(stream.as_str()))];
        let now = Timestamp::parse("2026-11-21T10:00:00Z").expect("a time");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let outcome = runtime.block_on(engine.enrich(&batch, Context::at(now)));
        let found = match outcome.verdicts.first().expect("a verdict") {
            Verdict::Enriched { event, .. } => String::from_utf8(event.to_vec()).expect("text"),
            Verdict::Dropped { rule } => format!("dropped by {rule}"),
            Verdict::Rejected { reason, .. } => format!("rejected {reason}"),
            Verdict::Failed { reason, .. } => format!("failed {reason}"),
            other => format!("{other:?}"),
        };
        assert_eq!(Some(found.as_str()), expected.strip_prefix("→ "), "{place}: {event}");
    }
    lines.len() / 2
}

/// `UPDATE_GOLDEN=1` lays them out.
#[test]
fn examples_are_laid_out() {
    let mut wrong = Vec::new();
    // A mend among the codes looks like the wrong rule above it.
    for page in pages().into_iter().filter(|page| !page.path.starts_with("docs/codes")) {
        let mut laid_out = page.text.clone();
        let is_ours = |block: &Block| {
            matches!(block.language.as_str(), "enrich" | "enrich-test") && block.included().is_none()
        };
        for block in page.blocks().into_iter().filter(is_ours) {
            let mut sources = Sources::new();
            let name = if block.language == "enrich" { "example.enrich" } else { "example.test.enrich" };
            let file = sources.add(name, block.text.as_str());
            let layout = format(&sources, file).expect("an example that can be read");
            if layout != block.text {
                wrong.push(format!("{}\n{layout}", block.place));
                laid_out = laid_out.replace(&block.text, &layout);
            }
        }
        if laid_out != page.text && std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(page.file(), laid_out).expect("a document");
            wrong.clear();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
