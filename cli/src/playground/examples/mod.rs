//! The rules to begin with: the shipped ones, and those of `rules/examples/`.

mod list;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

use super::answer::{Question, check, stem};
use list::FILES;

/// What a variable is that the rules give no default.
const VALUE: &str = "example";
/// The shipped rules: a name, and the paths of the schema, the table and the events.
const SHIPPED: [(&str, [&str; 3]); 2] = [
    (
        "clickstream",
        [
            "schemas/clickstream.schema.json",
            "samples/tables/profiles.json",
            "samples/data-enrichment-stream.ndjson",
        ],
    ),
    (
        "products",
        ["schemas/products.schema.json", "samples/tables/products.csv", "samples/raw-events.ndjson"],
    ),
];

/// A rule set with tables, and the events to send through it.
#[derive(Debug, Serialize)]
struct Example {
    name: String,
    /// Whether the rules are those that are shipped.
    shipped: bool,
    /// What the page asks, with the first event.
    question: Question,
    events: Vec<Event>,
}

#[derive(Debug, Serialize)]
struct Event {
    /// A name or an ARN.
    stream: &'static str,
    text: &'static str,
}

/// All examples as a JSON array: objects of `name`, `shipped`, `question` (as the page asks it, with the first
/// event) and `events` (each a `stream` and a `text`).
#[must_use]
pub fn json() -> &'static str {
    static JSON: LazyLock<String> =
        LazyLock::new(|| serde_json::to_string(&all()).unwrap_or_else(|_| "[]".to_owned()));
    &JSON
}

fn all() -> Vec<Example> {
    let shipped = SHIPPED.iter().map(|(name, others)| {
        let rules = format!("{name}.enrich");
        let is_ours = |path: &str| path == rules || others.contains(&path);
        let files = FILES.iter().filter(|(path, _)| is_ours(path));
        let inside = |path: &'static str| path.strip_prefix("samples/").unwrap_or(path);
        example(name, true, files.map(|(path, text)| (inside(path), *text)))
    });
    let mut folders: Vec<&str> = FILES.iter().filter_map(|(path, _)| folder(path)).collect();
    folders.dedup();
    let others = folders.into_iter().map(|name| {
        let files = FILES.iter().filter(|(path, _)| folder(path) == Some(name));
        let inside = |path: &'static str| path.splitn(3, '/').nth(2).unwrap_or(path);
        example(name, false, files.map(|(path, text)| (inside(path), *text)))
    });
    shipped.chain(others).collect()
}

/// The example that a file belongs to.
fn folder(path: &'static str) -> Option<&'static str> {
    path.strip_prefix("examples/")?.split('/').next()
}

/// An example out of its files, by their paths in its folder.
fn example(name: &str, shipped: bool, files: impl Iterator<Item = (&'static str, &'static str)>) -> Example {
    let mut question = Question::default();
    let (mut streams, mut arns) = (Vec::new(), BTreeMap::new());
    for (path, text) in files {
        match (path.rsplit_once('/'), path.rsplit_once('.')) {
            (None, Some((_, "enrich"))) => question.rules = text.to_owned(),
            (Some(("schemas", _)), _) => _ = question.schemas.insert(path.to_owned(), text.to_owned()),
            (Some(("tables", file)), _) => _ = question.tables.insert(file.to_owned(), text.to_owned()),
            (Some((_, file)), Some((_, "arn"))) => _ = arns.insert(stem(file), text.trim()),
            (_, Some((_, "ndjson"))) => streams.push((stem(path), text)),
            _ => {}
        }
    }
    let mut events = Vec::new();
    for (stream, text) in streams {
        let stream = arns.get(stream).copied().unwrap_or(stream);
        let lines = text.lines().filter(|line| !line.is_empty());
        events.extend(lines.map(|text| Event { stream, text }));
    }
    if let Some(first) = events.first() {
        first.stream.clone_into(&mut question.stream);
        first.text.clone_into(&mut question.event);
    }
    let (_, checked, _) = check(&question);
    for (variable, _) in checked.rules.iter().flat_map(enrich_engine::Rules::variables) {
        if variable.default.is_none() {
            question.variables.insert(variable.name.clone(), VALUE.to_owned());
        }
    }
    Example { name: name.to_owned(), shipped, question, events }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use serde_json::Value;

    use super::*;
    use crate::playground::answer;

    /// The files below a folder that an example is made of.
    fn find(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.display().to_string();
            let other = [".md", ".expected", ".test.enrich", "-invocation.json"];
            if path.is_dir() {
                find(&path, found);
            } else if !other.iter().any(|end| name.ends_with(end)) {
                found.push(path);
            }
        }
    }

    #[test]
    fn no_file_is_forgotten() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR"));
        let rules = crates.join("../rules");
        let mut found = Vec::new();
        find(&rules, &mut found);
        let inside = |path: &PathBuf| path.strip_prefix(&rules).expect("inside").display().to_string();
        let mut found: Vec<String> = found.iter().map(inside).collect();
        found.sort();
        let list = crates.join("src/playground/examples/list.rs");
        let text = fs::read_to_string(&list).expect("the list");
        let (before, _) = text.split_once("files![\n").expect("the list's beginning");
        let rows: String = found.iter().map(|path| format!("    \"{path}\",\n")).collect();
        let wanted = format!("{before}files![\n{rows}];\n");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&list, &wanted).expect("the list");
        }
        assert!(
            wanted == text,
            "{} is not what stands in rules/ (UPDATE_GOLDEN=1 writes it)",
            list.display()
        );
    }

    #[test]
    fn every_example_is_sound_and_every_event_has_a_verdict() {
        let examples = all();
        assert!(examples.len() > 20 && examples.iter().filter(|example| example.shipped).count() == 2);
        for Example { name, question, events, .. } in examples {
            assert!(!events.is_empty(), "{name} has no events");
            for event in events {
                let mut asked = serde_json::to_value(&question).expect("a document");
                asked["event"] = event.text.into();
                asked["stream"] = event.stream.into();
                let told = answer(asked.to_string().as_bytes()).expect("an answer");
                let told: Value = serde_json::from_str(&told).expect("a document");
                assert_eq!(told["findings"], Value::Array(Vec::new()), "{name}");
                let problems = told["problems"].as_array().expect("a list");
                assert!(problems.iter().all(|problem| problem["at"] == "event"), "{name}: {problems:?}");
                assert!(told["explanation"]["verdict"].is_string(), "{name}: {told}");
                assert!(told["lineage"]["rules"].is_array(), "{name}");
            }
        }
    }
}
