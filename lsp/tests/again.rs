//! A set that is checked again and again says what a set says that is checked for the first time.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::path::PathBuf;
use std::rc::Rc;

use common::Files;
use enrich_lsp::analysis::set::RuleSet;

/// What each file is, in turns: right, wrong, with other tables, with the same further down, and gone.
const TABLES: [&str; 5] = [
    "table users { source dynamodb \"users\" key id: string attributes name: string }",
    "# moved\ntable users { source dynamodb \"users\" key id: string attributes name: number }",
    "table users { source dynamodb \"users\" key id: number }",
    "table users { source dynamodb \"users\" }",
    "table people { source dynamodb \"users\" key id: string }",
];
const FIRST: [&str; 4] = [
    "rule one { stream \"a\" lookup user from users where id = .id { copy name } set .n = user.name + 1 }",
    "rule one { stream \"a\" schema \"event.json\" lookup user from users where id = .id { copy nme } }",
    "rule one { stream \"a\" lookup user from usrs where id = .id { copy name } }",
    "rule one { stream \"a\" set .x = ",
];
const SECOND: [&str; 5] = [
    "rule two { stream \"b\" for each line in .lines { lookup user from users where id = line.id { copy name into line } } }",
    "rule one { stream \"b\" }",
    "rule two { stream \"a\" schema \"event.json\" set .y = .ids }",
    "rule two { stream \"b\" lookup p from people where id = .id { copy name } } # check: allow unused-table because it is",
    "",
];

fn files() -> Rc<Files> {
    let schema =
        "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"id\":{\"type\":\"string\"}}}";
    let mut files = Files::default();
    files.0.insert(PathBuf::from("/rules/event.json"), schema.to_owned());
    Rc::new(files)
}

fn set(texts: [&str; 3]) -> RuleSet {
    let names = ["/rules/a.enrich", "/rules/b.enrich", "/rules/c.enrich"].map(PathBuf::from);
    RuleSet::new(files(), names.into_iter().zip(texts.map(str::to_owned)))
}

#[test]
fn a_check_after_changes_is_a_check() {
    let mut kept = set([TABLES[0], FIRST[0], SECOND[0]]);
    let mut different = std::collections::BTreeSet::new();
    let all = TABLES.len() * FIRST.len() * SECOND.len();
    // In an order in which one, two or all three files change from one turn to the next.
    for turn in (0..all * 3).map(|turn| turn * 7 % all) {
        let texts = [
            TABLES[turn % TABLES.len()],
            FIRST[turn / TABLES.len() % FIRST.len()],
            SECOND[turn / (TABLES.len() * FIRST.len())],
        ];
        for (name, text) in ["a", "b", "c"].into_iter().zip(texts) {
            let file = kept.file(&PathBuf::from(format!("/rules/{name}.enrich"))).expect("a file");
            kept.replace(file, text.to_owned());
        }
        let (now, anew) = (kept.findings(), set(texts).findings());
        assert_eq!(now, anew, "{texts:?}");
        // Nothing has changed since.
        assert_eq!(kept.findings(), anew, "{texts:?}");
        different.insert(format!("{now:?}"));
    }
    assert!(different.len() > 50, "{}", different.len());
}
