//! The grammar that editors colour rules by knows the language's words, all of them and no others.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and the grammar is a file"
)]

use std::collections::BTreeSet;
use std::path::Path;

use enrich_dsl::syntax::words::{CHOICES, KEYWORDS};
use serde_json::Value;

fn grammar() -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../editors/vscode/syntaxes/enrich.tmLanguage.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the grammar")).expect("JSON")
}

/// The words of all patterns of the form `\b(?:a|b)\b` below a part of the grammar.
fn words(part: &Value, found: &mut BTreeSet<String>) {
    match part {
        Value::Object(members) => {
            let pattern =
                members.get("match").and_then(Value::as_str).and_then(|text| text.strip_prefix("\\b(?:"));
            if let Some((list, _)) = pattern.and_then(|text| text.split_once(")\\b")) {
                found.extend(list.split('|').map(str::to_owned));
            }
            members.values().for_each(|member| words(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| words(element, found)),
        _ => {}
    }
}

#[test]
fn every_keyword_is_coloured() {
    let (mut rules, mut tests) = (BTreeSet::new(), BTreeSet::new());
    for (name, part) in grammar()["repository"].as_object().expect("parts") {
        words(part, if name == "test" { &mut tests } else { &mut rules });
    }
    let known: BTreeSet<String> = KEYWORDS.iter().map(|word| (*word).to_owned()).collect();
    assert_eq!(rules, known);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dsl/src/testing/grammar.pest");
    let grammar = std::fs::read_to_string(path).expect("the grammar of tests");
    let known =
        grammar.lines().filter(|line| line.starts_with("k_")).filter_map(|line| line.split('"').nth(1));
    let known: BTreeSet<String> = known.filter(|word| *word != "test").map(str::to_owned).collect();
    assert_eq!(tests, known);
}

#[test]
fn words_in_the_place_of_a_name_are_coloured_by_their_keyword() {
    let text = grammar()["repository"].to_string();
    for (keyword, words) in
        CHOICES.iter().filter(|(keyword, _)| matches!(*keyword, "on" | "as" | "cache" | "invalid"))
    {
        // `no` stands for `no key`, `invalid` has words of its own.
        assert!(words.iter().all(|word| text.contains(word)), "{keyword}");
    }
    let known =
        ["source", "output", "rejects", "compression", "per", "decode", "cache", "on", "invalid", "as"];
    assert!(CHOICES.iter().all(|(keyword, _)| known.contains(keyword)), "a new keyword needs a pattern");
}
