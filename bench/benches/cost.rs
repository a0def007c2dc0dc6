//! CPU per event: whole invocations, and events alone. `cargo bench --bench cost [ROUNDS]`

use enrich_bench::measure::{Way, medians};
use enrich_bench::{floor, plain, vector};
use enrich_bench_ours as ours;
use enrich_bench_ours::data::Data;

const EVENTS: usize = 10_000;

fn main() {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(11);
    for data in [Data::small(EVENTS), Data::nested(EVENTS)] {
        let bytes: usize = data.events.iter().map(String::len).sum();
        println!("\n{} events, {} bytes each, {rounds} rounds\n", data.name, bytes / EVENTS);
        println!("| a whole invocation | ns/event | of ours |\n|---|---:|---:|");
        show(
            &mut [
                Way::new("ours, with the schema", ours::invocation(&data, true)),
                Way::new("ours", ours::invocation(&data, false)),
                Way::new("plain Rust, with the schema", plain::invocation(&data, true)),
                Way::new("plain Rust", plain::invocation(&data, false)),
                Way::new("floor: no event is looked at", floor::invocation(&data)),
            ],
            rounds,
        );
        println!("\n| events in, events out | ns/event | of ours |\n|---|---:|---:|");
        show(
            &mut [
                Way::new("ours", ours::events(&data, false)),
                Way::new("ours, with the schema", ours::events(&data, true)),
                Way::new("VRL", vector::events(&data)),
            ],
            rounds,
        );
    }
}

fn show(ways: &mut [Way<'_>], rounds: usize) {
    let medians = medians(ways, EVENTS, rounds);
    for (way, time) in ways.iter().zip(&medians) {
        println!("| {} | {time:.0} | {:.2} |", way.name, time / medians[0]);
    }
}
