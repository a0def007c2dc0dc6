//! CPU per event: whole invocations, events alone, and the schema alone. `cargo bench --bench cost [-- ROUNDS]`

use enrich_bench::measure::{Way, table};
use enrich_bench::python::{Python, Validation};
use enrich_bench::{floor, plain, rounds, vector};
use enrich_bench_ours as ours;
use enrich_bench_ours::data::Data;
use enrich_bench_ours::deployment::Deployment;

const EVENTS: usize = 10_000;

fn main() {
    // As the function does; all ways have it.
    enrich_bench_ours::keep_freed();
    let rounds = rounds(11);
    let python = Python::prepare(env!("CARGO_TARGET_TMPDIR"));
    for data in [Data::small(EVENTS), Data::nested(EVENTS)] {
        let bytes: usize = data.events.iter().map(String::len).sum();
        println!("\n{} events, {} bytes each, {rounds} rounds", data.name, bytes / EVENTS);
        let of_python = |name: &str, validation| match &python {
            Ok(python) => Way::elsewhere(name, python.invocation(&data, validation)),
            Err(why) => Way::not_run(name, why),
        };
        table(
            "a whole invocation",
            vec![
                Way::new("ours, with the schema", EVENTS, ours::invocation(&data, Deployment::shop(true))),
                Way::new("ours", EVENTS, ours::invocation(&data, Deployment::shop(false))),
                Way::new("plain Rust, with the schema", EVENTS, plain::invocation(&data, true)),
                Way::new("plain Rust", EVENTS, plain::invocation(&data, false)),
                of_python("plain Python, with the schema by fastjsonschema", Validation::FastJsonSchema),
                of_python("plain Python", Validation::None),
                Way::new("floor: no event is looked at", EVENTS, floor::invocation(&data)),
            ],
            rounds,
        );
        table(
            "events in, events out",
            vec![
                Way::new("ours", EVENTS, ours::events(&data, Deployment::shop(false))),
                Way::new("ours, with the schema", EVENTS, ours::events(&data, Deployment::shop(true))),
                Way::new("VRL", EVENTS, vector::events(&data)),
            ],
            rounds,
        );
        table(
            "the schema alone: events in, the valid ones out",
            vec![
                Way::new("ours", EVENTS, ours::events(&data, Deployment::SCHEMA)),
                Way::new(
                    "`serde_json` to a tree, `jsonschema`, and out again",
                    EVENTS,
                    plain::checked(&data, true),
                ),
                Way::new("`serde_json` to a tree, `jsonschema`", EVENTS, plain::checked(&data, false)),
            ],
            rounds,
        );
    }
}
