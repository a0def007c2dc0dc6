//! The public suites for JSON and JSON Schema, through the parser and the validator that events go through.
//! `.ci/conformance/run` gets them; `docs/conformance.md` shows what they say.
#![expect(clippy::disallowed_methods, reason = "the suites and the page are files")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::json::Document;
use crate::schema::Schema;

const PAGE: &str = include_str!("../../docs/conformance.md");

/// The file or folder that an environment variable names.
fn suite(variable: &str) -> PathBuf {
    std::env::var(variable).unwrap_or_else(|_| panic!("`.ci/conformance/run` sets {variable}")).into()
}

/// The page must show these rows, which are those of this run.
fn on_the_page(rows: &str) {
    println!("{rows}");
    assert!(PAGE.contains(rows), "docs/conformance.md says something else");
}

fn read(file: &Path) -> Value {
    let text = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
#[ignore = "`.ci/conformance/run` gets the suite and runs it"]
fn json() {
    let cases = read(&suite("JSON_TEST_SUITE"));
    // By what the suite says of a case: how many were taken and refused, and how many it lost.
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in cases.as_array().expect("cases") {
        let (name, text) = (case["name"].as_str().expect("a name"), case["input"].as_str().expect("a text"));
        let group = name.split_once('_').expect("a group").0;
        let [taken, refused, lost] = counts.entry(group).or_default();
        if text.contains('\u{fffd}') {
            // Bytes that were no UTF-8; the package keeps texts, and so not these bytes.
            *lost += 1;
            continue;
        }
        let parsed = Document::parse(text.as_bytes());
        *if parsed.is_ok() { taken } else { refused } += 1;
        match (group, parsed) {
            ("y", Err(error)) => wrong.push(format!("{name}: {error}")),
            ("n", Ok(_)) => wrong.push(format!("{name}: is taken")),
            (_, Ok(document)) => assert_eq!(document.text(), text, "{name}"),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let row = |(group, [taken, refused, lost]): (&&str, &[usize; 3])| {
        let group = match *group {
            "y" => "must be taken",
            "n" => "must be refused",
            _ => "may be either",
        };
        format!("| {group} | {taken} | {refused} | {lost} |\n")
    };
    on_the_page(&counts.iter().map(row).collect::<String>());
}

/// What one draft's cases came to.
#[derive(Default)]
struct Draft {
    passed: usize,
    /// Cases of schemas that are refused when the rules are checked.
    refused: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

impl Draft {
    fn file(&mut self, draft: &str, file: &Path) {
        let dialect = match draft {
            "draft4" => "http://json-schema.org/draft-04/schema#",
            "draft6" => "http://json-schema.org/draft-06/schema#",
            "draft7" => "http://json-schema.org/draft-07/schema#",
            "draft2019-09" => "https://json-schema.org/draft/2019-09/schema",
            _ => "https://json-schema.org/draft/2020-12/schema",
        };
        for group in read(file).as_array().expect("groups") {
            let mut schema = group["schema"].clone();
            if let Value::Object(members) = &mut schema {
                members.entry("$schema").or_insert_with(|| dialect.into());
            }
            let tests = group["tests"].as_array().expect("tests");
            let schema = match Schema::compile(&serde_json::to_vec(&schema).expect("JSON")) {
                Ok(schema) => schema,
                Err(error) => {
                    *self.refused.entry(error).or_default() += tests.len();
                    continue;
                }
            };
            for test in tests {
                // As text, so that numbers are what the suite wrote.
                let event = serde_json::to_vec(&test["data"]).expect("JSON");
                let event = Document::parse(&event).expect("JSON");
                let valid = schema.complaint(event.root(), None).is_none();
                if valid == test["valid"].as_bool().expect("a verdict") {
                    self.passed += 1;
                } else {
                    let stem = file.file_stem().expect("a name").to_string_lossy();
                    self.wrong.push(format!("{stem}: {}: {}", group["description"], test["description"]));
                }
            }
        }
    }
}

#[test]
#[ignore = "`.ci/conformance/run` gets the suite and runs it"]
fn json_schema() {
    let tests = suite("JSON_SCHEMA_TEST_SUITE");
    let mut rows = String::new();
    for draft in ["draft4", "draft6", "draft7", "draft2019-09", "draft2020-12"] {
        for (part, folder) in [("", ""), (", formats", "optional/format")] {
            let mut found = Draft::default();
            let mut files: Vec<_> = fs::read_dir(tests.join(draft).join(folder))
                .expect("a draft")
                .map(|entry| entry.expect("a file").path())
                .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
                .collect();
            files.sort();
            assert!(files.len() > 5, "{draft}");
            files.iter().for_each(|file| found.file(draft, file));
            let Draft { passed, refused, wrong } = found;
            println!("{draft}{part}: {refused:#?} {wrong:#?}");
            let refused: usize = refused.values().sum();
            rows.push_str(&format!("| {draft}{part} | {passed} | {refused} | {} |\n", wrong.len()));
        }
    }
    on_the_page(&rows);
}
