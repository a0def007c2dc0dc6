//! Every limit of a rule set has its own finding.

#![cfg(test)]

use enrich_engine::Rules;
use enrich_engine::dsl::diagnostic::Code;
use enrich_engine::dsl::limits::{
    MAX_FILE_BYTES, MAX_FINDINGS, MAX_LOOKUPS, MAX_NESTING, MAX_OPERATORS, MAX_RULES,
};
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;

fn codes(files: &[String]) -> Vec<Code> {
    let mut sources = Sources::new();
    for (at, text) in files.iter().enumerate() {
        sources.add(format!("{at}.enrich"), text.as_str());
    }
    let checked = Rules::check(&sources, &Registry::standard(), &|_| Err(String::new()));
    checked.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn bytes_of_a_file() {
    let rule = "rule r { stream \"s\" }\n";
    let fill = |bytes: usize| format!("{rule}#{}", "x".repeat(bytes - rule.len() - 1));
    assert_eq!(codes(&[fill(MAX_FILE_BYTES)]), []);
    assert_eq!(codes(&[fill(MAX_FILE_BYTES + 1)]), [Code::TooLong]);
}

#[test]
fn nesting() {
    let nested = |depth: usize| {
        let (open, close) = ("(".repeat(depth), ")".repeat(depth));
        vec![format!("rule r {{ stream \"s\" set .x = {open}1{close} }}")]
    };
    // The rule's own brace is one level.
    assert_eq!(codes(&nested(MAX_NESTING - 1)), []);
    assert_eq!(codes(&nested(MAX_NESTING)), [Code::TooDeep]);
    assert_eq!(codes(&nested(100_000)), [Code::TooDeep]);
    let holes = format!("rule r {{ stream \"s\" set .x = {}1{} }}", "\"{".repeat(1000), "}\"".repeat(1000));
    assert!(codes(&[holes]).contains(&Code::TooDeep));
}

#[test]
fn operators_of_a_statement() {
    let rule = |statements: String| vec![format!("rule r {{ stream \"s\" {statements} }}")];
    for (operator, last) in [
        (".a + ", "1"),
        (".a and ", "true"),
        (".a ?? ", "1"),
        ("not ", "true"),
        ("if .a then 1 else ", "2"),
        ("\"{if .a then 1 else ", "2"),
        ("if set.x then 1 else ", "2"),
    ] {
        let set = |count: usize| {
            let close = if operator.starts_with('"') { "}\"" } else { "" };
            // One operator of them is the statement's own `=`.
            let (first, rest) = (operator, operator.trim_start_matches(['"', '{']).repeat(count - 2));
            format!("set .x = {first}{rest}{last}{close} ")
        };
        let codes = |text: String| {
            let unknown = |code: &Code| *code != Code::UnknownName && *code != Code::UnknownField;
            codes(&rule(text)).into_iter().filter(unknown).collect::<Vec<_>>()
        };
        assert_eq!(codes(set(MAX_OPERATORS)), [], "{operator}");
        let other = set(MAX_OPERATORS).replace(".x =", ".y =");
        assert_eq!(codes(set(MAX_OPERATORS) + &other), [], "each statement has its own: {operator}");
        assert_eq!(codes(set(MAX_OPERATORS + 1)), [Code::TooDeep], "{operator}");
        assert_eq!(codes(set(30_000)), [Code::TooDeep], "{operator}");
    }
}

#[test]
fn lookups_of_a_rule() {
    let with = |count: usize| {
        let lookups: String = (0..count)
            .map(|at| format!("lookup l{at} from t where id = .x {{ copy a to .a{at} }}\n"))
            .collect();
        vec![format!(
            "table t {{ source dynamodb \"t\" key id: string }} rule r {{ stream \"s\" {lookups} }}"
        )]
    };
    assert_eq!(codes(&with(MAX_LOOKUPS)), []);
    assert_eq!(codes(&with(MAX_LOOKUPS + 1)), [Code::TooMany]);
}

#[test]
fn rules_of_a_set() {
    let with =
        |count: usize| (0..count).map(|at| format!("rule r{at} {{ stream \"s{at}\" }}")).collect::<Vec<_>>();
    assert_eq!(codes(&[with(MAX_RULES).join("\n")]), []);
    assert_eq!(codes(&[with(MAX_RULES + 1).join("\n")]), [Code::TooMany]);
}

#[test]
fn findings_of_a_file() {
    let wrong: String = (0..MAX_FINDINGS + 50).map(|_| "sett .x = 1\n").collect();
    let found = codes(&[format!("rule r {{ stream \"s\"\n{wrong} }}")]);
    assert_eq!(found.len(), MAX_FINDINGS + 1);
    assert!(found.contains(&Code::TooMany));
}
