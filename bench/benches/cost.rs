//! CPU per event: whole invocations, events alone, and the schema alone. `cargo bench --bench cost [-- ROUNDS]`

use enrich_bench::measure::{Way, table};
use enrich_bench::python::{Python, Validation};
use enrich_bench::{floor, plain, rounds, vector};
use enrich_bench_ours as ours;
use enrich_bench_ours::data::Data;
use enrich_bench_ours::deployment::Deployment;

/// The events of a round.
const EVENTS: usize = 10_000;
/// The nested events of an invocation: about as many as the 6 MB that Lambda takes.
const NESTED: usize = 2_000;

/// A way whose invocations of so many `events` come to as many as those of any other.
fn way<'a>(name: &str, events: usize, mut work: impl FnMut() -> usize + 'a) -> Way<'a> {
    Way::new(name, EVENTS, move || (0..EVENTS / events).map(|_| work()).sum())
}

fn main() {
    // As the function does; all ways have it.
    enrich_bench_ours::keep_freed();
    let rounds = rounds(11);
    let python = Python::prepare(env!("CARGO_TARGET_TMPDIR"));
    for data in [Data::small(EVENTS), Data::nested(NESTED)] {
        let (events, bytes) = (data.events.len(), data.events.iter().map(String::len).sum::<usize>());
        println!(
            "\n{} events, {} bytes each, {events} an invocation, {rounds} rounds",
            data.name,
            bytes / events
        );
        let of_python = |name: &str, validation| match &python {
            Ok(python) => Way::elsewhere(name, python.invocation(&data, validation)),
            Err(why) => Way::not_run(name, why),
        };
        table(
            "a whole invocation",
            vec![
                way("ours, with the schema", events, ours::invocation(&data, Deployment::shop(true))),
                way("ours", events, ours::invocation(&data, Deployment::shop(false))),
                way("plain Rust, with the schema", events, plain::invocation(&data, true)),
                way("plain Rust", events, plain::invocation(&data, false)),
                of_python("plain Python, with the schema by fastjsonschema", Validation::FastJsonSchema),
                of_python("plain Python", Validation::None),
                way("floor: no event is looked at", events, floor::invocation(&data)),
            ],
            rounds,
        );
        table(
            "events in, events out",
            vec![
                way("ours", events, ours::events(&data, Deployment::shop(false))),
                way("ours, with the schema", events, ours::events(&data, Deployment::shop(true))),
                way("VRL", events, vector::events(&data)),
            ],
            rounds,
        );
        table(
            "the schema alone: events in, the valid ones out",
            vec![
                way("ours", events, ours::events(&data, Deployment::SCHEMA)),
                way(
                    "`serde_json` to a tree, `jsonschema`, and out again",
                    events,
                    plain::checked(&data, true),
                ),
                way("`serde_json` to a tree, `jsonschema`", events, plain::checked(&data, false)),
            ],
            rounds,
        );
    }
}
