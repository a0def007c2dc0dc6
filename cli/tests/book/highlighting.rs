//! The book colours the words that the language has.

use std::collections::BTreeSet;
use std::fs;

use crate::pages::repository;

#[test]
fn keywords_are_those_of_the_grammar() {
    let read = |path: &str| fs::read_to_string(repository().join(path)).expect(path);
    let grammar = read("dsl/src/syntax/grammar.pest");
    let keywords: BTreeSet<_> = grammar
        .lines()
        .filter(|line| line.starts_with("k_"))
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    assert!(keywords.len() > 30);
    let script = read("docs/enrich.js");
    let mut coloured = BTreeSet::new();
    for list in ["keyword", "literal"] {
        let (_, behind) = script.split_once(&format!("{list}: \"")).expect("a list of words");
        coloured.extend(behind.split('"').next().unwrap_or_default().split(' '));
    }
    assert_eq!(coloured, keywords, "docs/enrich.js, and the grammar");
}
