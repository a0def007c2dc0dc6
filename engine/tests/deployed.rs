//! Tables at their source against what rules declare: each case is a declaration, a table, and what is
//! said.

#![cfg(test)]

use std::collections::BTreeSet;

use enrich_engine::Rules;
use enrich_engine::deployed::{Deployed, DeployedIndex, compare};
use enrich_engine::dsl::diagnostic::{Code, render};
use enrich_engine::dsl::model::KeyType::{self, Binary, Number, String as Text};
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::lookup::Attributes;

type Key<'a> = &'a [(&'a str, KeyType)];

fn key(parts: Key<'_>) -> Vec<(String, KeyType)> {
    parts.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect()
}

fn table(parts: Key<'_>) -> Deployed {
    Deployed::new(key(parts), Vec::new())
}

/// A table with the key `id`, and one index.
fn indexed(name: &str, parts: Key<'_>, holds: Attributes) -> Deployed {
    Deployed::new(key(&[("id", Text)]), vec![DeployedIndex::new(name, key(parts), holds)])
}

fn named(names: &[&str]) -> Attributes {
    Attributes::Named(names.iter().map(|name| (*name).to_owned()).collect())
}

/// What is said of these rules, whose first table is at its source as `T`: a line each, with its help.
fn said(rules: &str, deployed: Option<&Deployed>) -> (Vec<Code>, String) {
    let mut sources = Sources::new();
    sources.add("r.enrich", rules);
    let checked = Rules::check(&sources, &Registry::standard(), &|_| Err(String::new()));
    let rules = checked.rules.unwrap_or_else(|| panic!("{:?}", checked.findings));
    let findings = compare(rules.set(), 0, "T", deployed);
    let line = |finding| {
        let help = String::from("\n  = ") + finding_help(finding);
        render::concise(finding, &sources) + &help
    };
    let codes = findings.iter().map(|finding| finding.code).collect();
    (codes, findings.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn finding_help(finding: &enrich_engine::dsl::diagnostic::Diagnostic) -> &str {
    finding.help.as_deref().expect("every finding says what to do")
}

#[test]
fn a_key_is_the_same_or_said() {
    for (declared, deployed, expected) in [
        ("id: string", table(&[("id", Text)]), ""),
        ("a: number, b: binary", table(&[("a", Number), ("b", Binary)]), ""),
        ("id: string", table(&[("id", Number)]), "id: number"),
        ("id: string", table(&[("Id", Text)]), "Id: string"),
        ("a: string", table(&[("a", Text), ("b", Number)]), "a: string, b: number"),
        ("a: string, b: number", table(&[("a", Text)]), "a: string"),
        ("a: string, b: string", table(&[("b", Text), ("a", Text)]), "b: string, a: string"),
        ("id: string", table(&[("first-name", Binary)]), "\"first-name\": binary"),
    ] {
        let (_, said) = said(&rules(declared, "", "copy x"), Some(&deployed));
        let expected = match expected {
            "" => String::new(),
            key => format!(
                "r.enrich:1:1: error[table-differs] the key of table `T` is `{key}`, and not `{declared}`\n  \
                 = declare it so: `key {key}`"
            ),
        };
        assert_eq!(said, expected, "{declared}");
    }
}

/// Rules with one table, and one lookup in it by an index if there is one.
fn rules(key: &str, index: &str, statements: &str) -> String {
    let clause = if index.is_empty() { String::new() } else { format!("index \"by-mail\" key {index}") };
    let lookup = if index.is_empty() {
        String::new()
    } else {
        let parts: Vec<_> = index.split(", ").filter_map(|part| part.split_once(':')).collect();
        let parts: Vec<_> = parts.iter().map(|(name, _)| format!("{name} = .{name}")).collect();
        format!("lookup u from users by \"by-mail\" where {} {{ {statements} }}", parts.join(", "))
    };
    format!(
        "table users {{ source dynamodb \"T\" key {key} {clause} }}\nrule r {{ stream \"s\"\n{lookup}\nset .r = 1 }}"
    )
}

#[test]
fn what_is_not_there_or_not_ready() {
    let creating = |state: &str| table(&[("id", Text)]).inactive(Some(state.to_owned()));
    let other = Deployed::new(
        key(&[("id", Text)]),
        ["by-phone", "by-name"]
            .map(|name| DeployedIndex::new(name, key(&[("mail", Text)]), Attributes::All))
            .to_vec(),
    );
    let filling = DeployedIndex::new("by-mail", key(&[("mail", Text)]), Attributes::All);
    let filling = Deployed::new(key(&[("id", Text)]), vec![filling.inactive(Some("CREATING".to_owned()))]);
    for (index, deployed, expected) in [
        (
            "",
            None,
            "error[table-absent] there is no table `T` at the source\n  = create it, or correct `source`, and see that account and region are the right ones",
        ),
        (
            "",
            Some(creating("DELETING")),
            "error[not-active] table `T` answers no lookups: it is `DELETING`\n  = wait until it is active",
        ),
        (
            "mail: string",
            Some(table(&[("id", Text)])),
            "error[index-absent] table `T` has no index `by-mail`\n  = it has no index at all: create it, or look up by the table's own key",
        ),
        (
            "mail: string",
            Some(indexed("by-Mail", &[("mail", Text)], Attributes::All)),
            "error[index-absent] table `T` has no index `by-mail`\n  = its only index is `by-Mail`",
        ),
        (
            "mail: string",
            Some(other),
            "error[index-absent] table `T` has no index `by-mail`\n  = its indexes are `by-phone`, `by-name`",
        ),
        (
            "mail: string",
            Some(filling),
            "error[not-active] index `by-mail` of table `T` answers no lookups: it is `CREATING`\n  = wait until it is active",
        ),
    ] {
        let (_, said) = said(&rules("id: string", index, "copy x"), deployed.as_ref());
        assert_eq!(said, format!("r.enrich:1:1: {expected}"));
    }
}

#[test]
fn the_key_of_an_index_may_lack_its_second_part() {
    for (declared, deployed, fits) in [
        ("mail: string", &[("mail", Text)][..], true),
        ("mail: string", &[("mail", Text), ("no", Number)], true),
        ("mail: string, no: number", &[("mail", Text), ("no", Number)], true),
        ("mail: string, no: number", &[("mail", Text)], false),
        ("mail: number", &[("mail", Text)], false),
        ("no: number", &[("mail", Text), ("no", Number)], false),
    ] {
        let deployed = indexed("by-mail", deployed, Attributes::All);
        let (codes, said) = said(&rules("id: string", declared, "copy x"), Some(&deployed));
        assert_eq!(codes, if fits { vec![] } else { vec![Code::TableDiffers] }, "{said}");
        assert!(fits || said.contains("  = declare it so: `index \"by-mail\" key mail: string"), "{said}");
    }
}

#[test]
fn an_index_holds_what_is_taken() {
    let lines = |holds: &[&str], statements: &str| {
        let deployed = indexed("by-mail", &[("mail", Text)], named(holds));
        said(&rules("id: string", "mail: string", statements), Some(&deployed)).1
    };
    let help = "\n  = project it into the index, or look the item up by the table's own key";
    let lacks = |column: usize, rest: &str| {
        format!(
            "r.enrich:3:{column}: error[not-projected] index `by-mail` of table `T` does not hold {rest}{help}"
        )
    };
    assert_eq!(lines(&["id", "mail", "a"], "copy a, id, mail copy * into .all"), "");
    assert_eq!(lines(&["id", "mail"], "copy id, b, a"), lacks(55, "`a`, `b`, which this copies"));
    assert_eq!(
        lines(&["id", "mail"], "copy id on found { set .a = u.address.city set .i = u.id }"),
        lacks(1, "`address`, which the rule reads from `u`")
    );
    // What is copied is said once, and the whole item is whatever the index holds.
    assert_eq!(lines(&["id"], "copy a on found { set .b = u.a }"), lacks(55, "`a`, which this copies"));
    assert_eq!(lines(&["id"], "on found { set .b = u }"), "");
    let deployed = indexed("by-mail", &[("mail", Text)], Attributes::All);
    assert_eq!(said(&rules("id: string", "mail: string", "copy a"), Some(&deployed)).1, "");
}

#[test]
fn lookups_in_loops_are_held_against_the_index_too() {
    let rules = "table users { source dynamodb \"T\" key id: string index \"by-mail\" key mail: string }\n\
        rule r { stream \"s\"\n\
        lookup u from users where id = .id { copy name }\n\
        for each line in .lines {\n\
        lookup v from users by \"by-mail\" where mail = line.mail { copy name into line }\n\
        set line.u = u.city\n\
        set line.v = v.land } }";
    let deployed = indexed("by-mail", &[("mail", Text)], named(&["id", "mail"]));
    let (codes, said) = said(rules, Some(&deployed));
    assert_eq!(codes, [Code::NotProjected; 2], "{said}");
    let places: BTreeSet<_> = said.lines().filter_map(|line| line.split(": error").next()).collect();
    assert!(
        said.contains("`name`, which this copies") && said.contains("`land`, which the rule reads from `v`"),
        "{said}"
    );
    assert!(places.contains("r.enrich:5:1") && places.contains("r.enrich:5:59"), "{said}");
}
