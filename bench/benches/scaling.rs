//! CPU per event as things grow: records of an invocation, rules, kept answers. `cargo bench --bench scaling [-- ROUNDS]`

use enrich_bench::measure::{Way, table};
use enrich_bench::rounds;
use enrich_bench_ours as ours;
use enrich_bench_ours::data::Data;
use enrich_bench_ours::deployment::{Deployment, Others};

/// The events of a round, whatever an invocation holds of them.
const EVENTS: usize = 10_000;
const BATCH: usize = 1_000;

/// Events are held against the schema, as they are in `cost`.
const SHOP: Deployment = Deployment::shop(true);

fn main() {
    // As the function does; all ways have it.
    enrich_bench_ours::keep_freed();
    let rounds = rounds(11);
    let small = Data::small(EVENTS);
    for data in [&small, &Data::nested(EVENTS)] {
        let of = |records: usize| way(format!("{records} records"), records, data, SHOP);
        let title = format!("{} events, by the records of an invocation", data.name);
        table(&title, [BATCH, 10, 100, EVENTS].map(of).into(), rounds);
    }

    let with = |name: &str, others| way(name, BATCH, &small, Deployment { others, ..SHOP });
    table(
        "small events, 1,000 records, by the rules",
        vec![
            with("1 rule", Others::None),
            with("10 rules, each of its own stream", Others::Streams(9)),
            with("50 rules, each of its own stream", Others::Streams(49)),
            with("200 rules, each of its own stream", Others::Streams(199)),
            with("10 rules of one stream, the last one takes the event", Others::When(9)),
            with("200 rules of one stream, the last one takes the event", Others::When(199)),
        ],
        rounds,
    );
    let with = |name: &str, lookup, cache| way(name, EVENTS, &small, Deployment { lookup, cache, ..SHOP });
    table(
        "small events, 10,000 records, by the lookup",
        vec![
            with("without a lookup", false, false),
            with("a lookup, `cache 5m`, all answers kept", true, true),
            with("a lookup, without `cache`", true, false),
        ],
        rounds,
    );
}

/// All events, in invocations of so many records.
fn way<'a>(name: impl Into<String>, records: usize, data: &'a Data, deployment: Deployment) -> Way<'a> {
    Way::new(name, EVENTS, ours::invocations_of(records, data, deployment))
}
