//! CPU per event as things grow: records of an invocation, rules, kept answers. `cargo bench --bench scaling [-- ROUNDS]`

use enrich_bench::measure::{Way, table};
use enrich_bench::rounds;
use enrich_bench_ours as ours;
use enrich_bench_ours::data::Data;
use enrich_bench_ours::deployment::{Deployment, Others};

/// The events of a round, whatever an invocation holds of them: short ones are too short for a clock.
const EVENTS: usize = 10_000;
const BATCH: usize = 1_000;

fn main() {
    // As the function does; all ways have it.
    enrich_bench_ours::keep_freed();
    let rounds = rounds(11);
    let batches = |make: fn(usize) -> Data| [BATCH, 10, 100, EVENTS].map(make);
    for batches in [batches(Data::small), batches(Data::nested)] {
        let ways = batches.iter().map(|data| {
            let name = format!("{} records", data.events.len());
            way(name, data, Deployment::SHOP)
        });
        table(
            &format!("{} events, by the records of an invocation", batches[0].name),
            ways.collect(),
            rounds,
        );
    }

    let data = Data::small(BATCH);
    let with = |name: &str, others| way(name, &data, Deployment { others, ..Deployment::SHOP });
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
    table(
        "small events, 1,000 records, by the lookup",
        vec![
            way("without a lookup", &data, Deployment { lookup: false, ..Deployment::SHOP }),
            way(
                "a lookup, `cache 5m`, all answers kept",
                &data,
                Deployment { cache: true, ..Deployment::SHOP },
            ),
            way("a lookup, without `cache`", &data, Deployment::SHOP),
        ],
        rounds,
    );
}

/// Invocations until as many events have gone through as in any other way.
fn way<'a>(name: impl Into<String>, data: &'a Data, deployment: Deployment) -> Way<'a> {
    let times = EVENTS / data.events.len();
    let mut invocation = ours::invocation(data, deployment);
    Way::new(name, EVENTS, move || (0..times).map(|_| invocation()).sum())
}
