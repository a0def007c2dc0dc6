//! The rules in the documents are right, and their events become what stands behind the arrows.
//!
//! A block ` ```json NAME ` is a file beside the rules below it; any other file that they name allows
//! all events.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the documents are files")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use enrich_engine::dsl::format::format;
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::json::Document;
use enrich_engine::lookup::MemorySource;
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

/// A fenced block: its language and its text.
struct Block {
    language: String,
    text: String,
    line: usize,
}

fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in document.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block { language: language.to_owned(), text: String::new(), line: at + 1 });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut documents = vec![root.join("README.md")];
    let entries = std::fs::read_dir(root.join("docs")).expect("docs");
    documents.extend(entries.map(|entry| entry.expect("an entry").path()));
    documents.retain(|path| path.extension().is_some_and(|found| found == "md"));
    documents.sort();
    documents
}

#[test]
fn examples_hold() {
    let (mut rule_sets, mut events) = (0, 0);
    for document in documents() {
        let text = std::fs::read_to_string(&document).expect("a document");
        let mut rules: Option<Rules> = None;
        let mut tables = MemorySource::new();
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for block in blocks(&text) {
            let place = format!("{}:{}", document.display(), block.line);
            match block.language.as_str() {
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
                    let document = Document::parse(block.text.as_bytes()).expect(&place);
                    for (name, items) in document.root().members() {
                        tables = tables.with_json(name.text(), items.raw()).expect(&place);
                    }
                }
                "events" => events += run(&place, rules.clone().expect(&place), tables.clone(), &block.text),
                other => {
                    if let Some(name) = other.strip_prefix("json ") {
                        files.insert(name.to_owned(), block.text.into_bytes());
                    }
                }
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
        let found = match &outcome.verdicts[0] {
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
    for document in documents() {
        let text = std::fs::read_to_string(&document).expect("a document");
        let mut laid_out = text.clone();
        for block in blocks(&text).iter().filter(|block| block.language == "enrich") {
            let mut sources = Sources::new();
            let file = sources.add("example.enrich", block.text.as_str());
            let layout = format(&sources, file).expect("an example that can be read");
            if layout != block.text {
                wrong.push(format!("{}:{}\n{layout}", document.display(), block.line));
                laid_out = laid_out.replace(&block.text, &layout);
            }
        }
        if laid_out != text && std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&document, laid_out).expect("a document");
            wrong.clear();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let more = ["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root.join(name));
    for document in documents().into_iter().chain(more) {
        let text = std::fs::read_to_string(&document).expect("a document");
        let folder = document.parent().expect("a folder");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if link.starts_with("http") {
                continue;
            }
            let target = if path.is_empty() { document.clone() } else { folder.join(path) };
            assert!(target.exists(), "{}: {link}", document.display());
            if !anchor.is_empty() {
                let target = std::fs::read_to_string(target).expect("a document");
                let found = target.lines().filter(|line| line.starts_with('#')).any(|line| {
                    let title = line.trim_start_matches('#').trim().to_lowercase();
                    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
                    kept.collect::<String>().replace(' ', "-") == anchor
                });
                assert!(found, "{}: no heading for {link}", document.display());
            }
        }
    }
}
