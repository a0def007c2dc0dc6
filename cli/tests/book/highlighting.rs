//! The book colours the words that the language has.

use std::collections::BTreeSet;
use std::fs;

use crate::pages::repository;

#[test]
fn keywords_are_those_of_the_grammars() {
    let script = read("docs/enrich.js");
    let (rules, tests) = script.split_once("function test()").expect("tests behind rules");
    for (script, grammar) in [(rules, "dsl/src/syntax/grammar.pest"), (tests, "dsl/src/testing/grammar.pest")]
    {
        let mut keywords = keywords(grammar);
        // The grammar of tests has these in one row.
        keywords.extend(["false", "null", "true"].map(str::to_owned));
        assert!(keywords.len() > 10);
        assert_eq!(coloured(script), keywords, "docs/enrich.js, and {grammar}");
    }
}

/// The words that a grammar knows: `k_when = @{ "when" … }`.
fn keywords(grammar: &str) -> BTreeSet<String> {
    let grammar = read(grammar);
    let rules = grammar.lines().filter(|line| line.starts_with("k_"));
    rules.filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
}

/// The words that a part of the script colours.
fn coloured(script: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for list in ["keyword", "literal"] {
        let (_, behind) = script.split_once(&format!("{list}: \"")).expect("a list of words");
        words.extend(behind.split('"').next().unwrap_or_default().split(' ').map(str::to_owned));
    }
    words
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).expect(path)
}
