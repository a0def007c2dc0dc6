//! The engine against an oracle: the same rules, done plainly over a tree that keeps every byte.
//!
//! The oracle reads an event with a parser that follows the grammar rule by rule (`parse`), does what
//! `docs/language.md` says statement by statement (`interpret`, `statements`, `value`, `edit`), asks the public
//! validator of JSON Schema (`judge`), and prints the tree again (`tree`). It is slow, and shares no code with the
//! engine but the checked rules. Whatever the engine does to be fast, both must give each event the same verdict,
//! and the same bytes, alone and in any batch.
//!
//! Events are generated (`generate`, `instance`), spelt and laid out in every way that says the same, and then broken
//! (`mutate`).
//!
//! - `ORACLE_EVENTS=1000000 cargo test --release -p enrich-engine --test oracle` runs more events.
//! - `ORACLE_SEED=17 ORACLE_EVENTS=1` runs the batch that a failure names.

#![cfg(test)]

mod batches;
mod dice;
mod edit;
mod generate;
mod instance;
mod interpret;
mod judge;
mod mutate;
mod number;
mod parse;
mod rule_set;
mod statements;
mod tree;
mod value;
mod world;

use std::collections::BTreeMap;

use batches::{Seen, batch, compare};
use generate::Fields;
use rule_set::RuleSet;

/// Events of a run.
const EVENTS: u64 = 30_000;

/// Each rule set, with the kind of events that it is about.
const RULE_SETS: [(&str, &str); 32] = [
    ("rules/clickstream", "click"),
    ("rules/products", "click"),
    ("casts", "click"),
    ("composite-key", "click"),
    ("conditions", "click"),
    ("copy-all", "click"),
    ("each-line", "order"),
    ("each-twice", "order"),
    ("functions", "click"),
    ("keys", "click"),
    ("moved", "click"),
    ("names", "click"),
    ("nested-edits", "click"),
    ("number-key", "click"),
    ("outcomes", "click"),
    ("removes", "click"),
    ("routing", "click"),
    ("texts", "click"),
    ("schema-arrays", "order"),
    ("schema-click-closed", "click"),
    ("schema-draft-04", "click"),
    ("schema-drop", "click"),
    ("schema-formats", "click"),
    ("schema-logic", "order"),
    ("schema-numbers", "click"),
    ("schema-objects", "order"),
    ("schema-order-nested", "order"),
    ("schema-strings", "click"),
    ("texts", "click"),
    ("uncaught", "click"),
    ("values", "order"),
    ("waves", "click"),
];

/// What a run of the usual size must have met at least: a generator that gives none of them tests nothing.
const OUTCOMES: [&str; 26] = [
    "changed",
    "unchanged",
    "dropped",
    "rejected argument",
    "rejected cast",
    "rejected condition",
    "rejected duplicate_name",
    "rejected key_size",
    "rejected key_type",
    "rejected no_rule",
    "rejected not_an_array",
    "rejected not_an_object",
    "rejected not_json",
    "rejected not_object",
    "rejected refused",
    "rejected required_absent",
    "rejected schema",
    "rejected text",
    "rejected too_deep",
    "rejected too_many_elements",
    "rejected upstream",
    "failed denied",
    "failed throttled",
    "failed upstream",
    "open",
    "twice in its batch",
];

fn setting(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a test's own settings")]
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn every_rule_file_is_run() {
    let listed = |file: &String| RULE_SETS.iter().any(|(name, _)| name == file);
    let forgotten: Vec<String> = rule_set::files().into_iter().filter(|file| !listed(file)).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
}

#[test]
fn the_engine_does_what_the_oracle_does() {
    let fields = Fields::read(include_str!("fields.json"));
    let sets: Vec<RuleSet> = RULE_SETS.iter().map(|(name, kind)| RuleSet::load(name, kind)).collect();
    let (first, events) = (setting("ORACLE_SEED").unwrap_or(0), setting("ORACLE_EVENTS").unwrap_or(EVENTS));
    let mut seen = Seen::default();
    let mut failures: BTreeMap<&str, String> = BTreeMap::new();
    for seed in first.. {
        if seen.events >= events || failures.len() > 5 {
            break;
        }
        let set = &sets[usize::try_from(seed).expect("a seed") % sets.len()];
        if let Err(told) = compare(set, &batch(set, &fields, seed), &mut seen) {
            failures
                .entry(&set.name)
                .or_insert(format!("ORACLE_SEED={seed} ORACLE_EVENTS=1, rules `{}`\n{told}", set.name));
        }
    }
    let told: Vec<String> = failures.into_values().collect();
    assert!(told.is_empty(), "{}", told.join("\n\n"));
    println!("{seen}");
    if events >= EVENTS {
        seen.has_met(&OUTCOMES, &sets);
    }
}
