//! A rule set of several files.

#![cfg(test)]

use enrich_engine::Rules;
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;

/// What is said of these files: `FILE:LINE CODE`.
fn said(files: &[&str]) -> Vec<String> {
    let mut sources = Sources::new();
    for (at, text) in files.iter().enumerate() {
        sources.add(format!("{at}"), *text);
    }
    let checked = Rules::check(&sources, &Registry::standard(), &|_| Err(String::new()));
    let place = |finding: &enrich_engine::dsl::diagnostic::Diagnostic| {
        let span = finding.primary.span;
        let file = sources.get(span.file).expect("a file");
        format!("{}:{} {}", file.name(), file.position(span.start).line, finding.code.as_str())
    };
    checked.findings.iter().map(place).collect()
}

const TABLE: &str = "table users { source dynamodb \"users\" key id: string }";
const LOOKUP: &str = "lookup user from users where id = .id { copy name }";

#[test]
fn tables_are_shared_and_names_are_unique() {
    let rule = |name: &str| format!("rule {name} {{ stream \"{name}\" {LOOKUP} }}");
    assert_eq!(said(&[&rule("a"), &rule("b"), TABLE]), [""; 0]);
    assert_eq!(said(&[&rule("a"), TABLE, TABLE]), ["2:1 duplicate-name"]);
    assert_eq!(said(&[&rule("a"), &rule("a"), TABLE]), ["1:1 duplicate-name"]);
}

#[test]
fn rules_of_different_files_do_not_overlap() {
    for (one, other, expected) in [
        ("\"clicks\"", "\"views\"", None),
        ("\"clicks\"", "\"clicks\"", Some("1:1 overlapping-rules")),
        ("\"clicks-*\", \"x\"", "\"y\", \"*-eu\"", Some("1:1 overlapping-rules")),
        ("\"${A:clicks}\"", "\"click*\"", Some("1:1 overlapping-rules")),
        ("\"${A}\"", "\"*\"", None),
    ] {
        let rule = |name: &str, stream: &str| format!("rule {name} {{ stream {stream} }}");
        let said = said(&[&rule("a", one), &rule("b", other)]);
        assert_eq!(said, Vec::from_iter(expected), "{one} {other}");
    }
    // Within a file the order decides.
    assert_eq!(said(&["rule a { stream \"x\" when .k } rule b { stream \"x*\" }"]), [""; 0]);
}
