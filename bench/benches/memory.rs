//! The most memory that an invocation of 6 MB holds, its own bytes not counted. `cargo bench --bench memory`

use enrich_bench::plain;
use enrich_bench_ours as ours;
use enrich_bench_ours::data::Data;
use enrich_bench_ours::deployment::Deployment;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What Lambda takes.
const LARGEST: usize = 6 << 20;

fn main() {
    println!("\n| an invocation of 6 MB | records | peak, MB | of the invocation |\n|---|---:|---:|---:|");
    for make in [Data::small, Data::nested] {
        let data = largest(make);
        show("ours", &data, ours::invocation(&data, Deployment::shop(false)));
        show("ours, with the schema", &data, ours::invocation(&data, Deployment::shop(true)));
        show("plain Rust, with the schema", &data, plain::invocation(&data, true));
    }
}

/// As many records as Lambda takes at once.
fn largest(make: fn(usize) -> Data) -> Data {
    const SOME: usize = 1_000;
    let record = make(SOME).payload.len().div_ceil(SOME);
    let mut count = LARGEST / record;
    loop {
        let data = make(count);
        if data.payload.len() <= LARGEST {
            return data;
        }
        count -= 1;
    }
}

/// The second invocation is looked at: the first one also pays for what is made once. What is kept from one to the other
/// counts.
fn show(name: &str, data: &Data, mut run: impl FnMut() -> usize) {
    let before = MEMORY.current_usage();
    run();
    MEMORY.reset_peak_usage();
    run();
    let peak = MEMORY.peak_usage() - before;
    let megabytes = peak as f64 / f64::from(1 << 20);
    let ratio = peak as f64 / data.payload.len() as f64;
    println!("| {}: {name} | {} | {megabytes:.1} | {ratio:.2} |", data.name, data.events.len());
}
