//! Every limit of a rule set has its own finding.

#![cfg(test)]

use enrich_engine::Rules;
use enrich_engine::dsl::diagnostic::Code;
use enrich_engine::dsl::limits::{MAX_FILE_BYTES, MAX_FINDINGS, MAX_LOOKUPS, MAX_NESTING, MAX_RULES};
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
