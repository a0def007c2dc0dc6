//! What rules may cost, worked out by hand.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a broken test fails")]

use enrich_engine::Rules;
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::report::{Bounds, Cost, HalfUnits, RuleCost};

const TABLES: &str = r#"
table users   { source dynamodb "users" key id: string  index "by-email" key email: string  index "by-age" key id: string, age: number }
table devices { source dynamodb "devices" key id: string }
table ledger  { source dynamodb "ledger" key pk: string, sk: string }
"#;

const SCHEMA: &str = r#"{"properties": {"lines": {"maxItems": 7}, "none": {"maxItems": 0}}}"#;

fn cost(body: &str, batch_size: u64) -> RuleCost {
    let mut sources = Sources::new();
    sources.add("r.enrich", format!("{TABLES}\nrule r {{ stream \"s\" {body} }}"));
    let read = |_: &str| Ok(SCHEMA.as_bytes().to_vec());
    let rules = Rules::from_sources(&sources, &Registry::standard(), &read);
    let rules = rules.unwrap_or_else(|broken| panic!("{broken}"));
    rules.cost(batch_size).expect("the model is whole").remove(0)
}

/// Keys, `BatchGetItem` calls, queries, read units, each as `LEAST-MOST`.
fn figures(cost: &Cost) -> String {
    let Bounds { least, most } = cost.read_half_units;
    let units = format!("{}-{}", HalfUnits(least), HalfUnits(most));
    let of = |bounds: Bounds| format!("{}-{}", bounds.least, bounds.most);
    format!("{} {} {} {units}", of(cost.keys), of(cost.batch_get_items), of(cost.queries))
}

#[test]
fn lookups_by_hand() {
    let user = "lookup user from users where id = .user { copy a }";
    let mail = "lookup mail from users by \"by-email\" where email = .mail { copy a to .b }";
    let aged = "lookup aged from users by \"by-age\" where id = .id, age = .age { copy a to .c }";
    let device = "lookup device from devices where id = .device { copy d }";
    let owner = "lookup owner from users where id = device.owner { copy o }";
    let account = "lookup account from ledger where pk = device.pk, sk = \"P\" { copy l }";
    let lines =
        "for each line in .lines { lookup item from devices where id = line.id { copy p into line } }";
    let schema = "schema \"s.json\"";
    for (body, waves, event, batch) in [
        ("set .a = 1".to_owned(), 0, "0-0 0-0 0-0 0-0", "0-0 0-0 0-0 0-0"),
        (user.to_owned(), 1, "1-1 1-1 0-0 0.5-50", "1-250 1-3 0-0 0.5-12500"),
        // A query reads two items of one key, and a local index the table too.
        (mail.to_owned(), 1, "1-1 0-0 1-1 0.5-100", "1-250 0-0 1-250 0.5-25000"),
        (aged.to_owned(), 1, "1-1 0-0 1-1 0.5-200", "1-250 0-0 1-250 0.5-50000"),
        // Two tables share the requests of a wave.
        (format!("{user} {device}"), 1, "2-2 1-1 0-0 1-100", "2-500 1-5 0-0 1-25000"),
        // A second wave needs requests of its own, if only for the keys that are not known yet.
        (format!("{device} {account}"), 2, "2-2 2-2 0-0 1-100", "2-500 2-6 0-0 1-25000"),
        (format!("{user} {device} {owner}"), 2, "2-3 1-2 0-0 1-150", "2-750 1-8 0-0 1-37500"),
        (lines.to_owned(), 1, "1-100 1-1 0-0 0.5-5000", "1-25000 1-250 0-0 0.5-1250000"),
        (format!("{schema} {lines}"), 1, "1-7 1-1 0-0 0.5-350", "1-1750 1-18 0-0 0.5-87500"),
        (format!("{schema} {}", lines.replace(".lines", ".none")), 1, "0-0 0-0 0-0 0-0", "0-0 0-0 0-0 0-0"),
    ] {
        let cost = cost(&body, 250);
        assert_eq!(
            (cost.waves, figures(&cost.event), figures(&cost.batch)),
            (waves, event.to_owned(), batch.to_owned()),
            "{body}"
        );
    }
}

#[test]
fn lookups_are_named_with_their_table_index_and_wave() {
    let cost = cost(
        "lookup device from devices where id = .device { copy d }
         for each line in .lines {
           lookup mail from users by \"by-email\" where email = device.mail { copy a into line }
         }",
        1,
    );
    let lookups: Vec<_> = cost
        .lookups
        .iter()
        .map(|lookup| {
            (
                lookup.lookup.as_str(),
                lookup.table.as_str(),
                lookup.index.as_deref(),
                lookup.wave,
                lookup.per_event,
            )
        })
        .collect();
    assert_eq!(lookups, [("device", "devices", None, 1, 1), ("mail", "users", Some("by-email"), 2, 100)]);
}

#[test]
fn objects_by_what_goes_into_one() {
    for (output, least, most) in [
        ("", 0, 0),
        ("output s3 \"bucket\"", 1, 40),
        ("output s3 \"bucket\" { one object per record }", 40, 40),
    ] {
        assert_eq!(cost(output, 40).batch.objects, Bounds { least, most }, "{output}");
    }
}

#[test]
fn no_size_is_too_large() {
    let huge = cost(
        "for each line in .lines { lookup item from devices where id = line.id { copy p into line } }",
        u64::MAX,
    );
    assert_eq!(huge.batch.keys, Bounds { least: 1, most: u64::MAX });
    assert_eq!(cost("lookup user from users where id = .user { copy a }", 0).batch, Cost::default());
}
