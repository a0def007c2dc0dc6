//! Batches behind a network: DynamoDB and S3 on loopback, 5 ms a call, the real SDK in between.
//! `cargo bench --bench load [-- ROUNDS]`

use std::collections::HashSet;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use enrich_bench_load::boto3::Boto3;
use enrich_bench_load::double::{Called, Double};
use enrich_bench_load::{clients, ours, sequence};
use enrich_bench_ours::data::Data;
use enrich_lambda::Handler;
use serde_json::Value;
use tokio::runtime::Runtime;

/// Of what is done call by call, no more records are measured: the time of a record does not depend on how many follow.
const IN_SEQUENCE: usize = 100;

fn main() {
    // As the function does; all ways have it.
    enrich_lambda::memory::keep_freed();
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(11);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    println!("\nsmall events of 1,000 users, 5 ms a call, {rounds} rounds\n");
    println!("| records | way | records/s | calls | CPU, µs/record |\n|---:|---|---:|---:|---:|");
    let boto3 = Boto3::prepare(env!("CARGO_TARGET_TMPDIR"))
        .inspect_err(|why| eprintln!("no rows of boto3: {why}"))
        .ok();
    for count in [10, 100, 1_000, 10_000] {
        batch(&Data::small(count), &runtime, rounds, boto3.as_ref());
    }
    together(&runtime);
}

/// One size of batches, all ways.
fn batch(data: &Data, runtime: &Runtime, rounds: usize, boto3: Option<&Boto3>) {
    let double = Double::start(data);
    let clients = runtime.block_on(clients(&double.address));
    let records = data.events.len();
    let reads = distinct_keys(data).div_ceil(100);

    let cold = ours::handler(&clients, false);
    let called = Called { reads, writes: 1 };
    let row = measured(rounds, || invoke(runtime, &cold, data), || assert_eq!(double.called(), called));
    row.show("ours, nothing kept", records, records, called);

    let warm = ours::handler(&clients, true);
    invoke(runtime, &warm, data);
    assert_eq!(double.called(), called);
    let called = Called { reads: 0, writes: 1 };
    let row = measured(rounds, || invoke(runtime, &warm, data), || assert_eq!(double.called(), called));
    row.show("ours, all answers kept", records, records, called);

    let events = &data.events[..data.events.len().min(IN_SEQUENCE)];
    let called = Called { reads: keyed(events), writes: events.len() };
    let once = || runtime.block_on(sequence::run(&clients, events));
    let row = measured(rounds.min(3), once, || assert_eq!(double.called(), called));
    let some =
        if events.len() == records { String::new() } else { format!(", from {} records", events.len()) };
    let all = Called { reads: keyed(&data.events), writes: records };
    row.show(&format!("a read and a write for each record{some}"), records, events.len(), all);

    let Some(boto3) = boto3 else { return };
    let rounds = rounds.min(3);
    let (wall, cpu) = boto3.invocations(&Data::small(events.len()), &double.address, rounds);
    let runs = rounds + 1;
    assert_eq!(double.called(), Called { reads: called.reads * runs, writes: called.writes * runs });
    Row { wall, cpu }.show(&format!("the same by boto3{some}"), records, events.len(), all);
}

/// A batch's median times.
struct Row {
    wall: Duration,
    cpu: Duration,
}

impl Row {
    /// A batch of so many records, of which `measured` were run.
    fn show(&self, name: &str, records: usize, measured: usize, called: Called) {
        let per_second = measured as f64 / self.wall.as_secs_f64();
        let cpu = self.cpu.as_secs_f64() * 1e6 / measured as f64;
        let calls = called.reads + called.writes;
        println!("| {records} | {name} | {per_second:.0} | {calls} | {cpu:.1} |");
    }
}

/// Times of `once`, with `check` behind each; the first one warms up.
fn measured(rounds: usize, mut once: impl FnMut(), check: impl Fn()) -> Row {
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (wall, cpu) = (Instant::now(), ThreadTime::now());
        once();
        if round > 0 {
            walls.push(wall.elapsed());
            cpus.push(cpu.elapsed());
        }
        check();
    }
    Row { wall: median(walls), cpu: median(cpus) }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn invoke(runtime: &Runtime, handler: &Handler, data: &Data) {
    let invoked = runtime.block_on(handler.invoke(&data.payload, None));
    assert_eq!(invoked.answer.expect("an answer"), br#"{"batchItemFailures":[]}"#);
    assert_eq!(invoked.summary.enriched, data.events.len() as u64);
    assert_eq!(invoked.summary.objects, 1);
}

fn key(event: &str) -> Option<String> {
    let event: Value = serde_json::from_str(event).expect("JSON");
    event["user_id"].as_str().map(str::to_owned)
}

/// How many of the events have a key.
fn keyed(events: &[String]) -> usize {
    events.iter().filter(|event| key(event).is_some()).count()
}

fn distinct_keys(data: &Data) -> usize {
    data.events.iter().filter_map(|event| key(event)).collect::<HashSet<_>>().len()
}

/// Many invocations at once that miss the same key: one asks, the others wait for its answer.
fn together(runtime: &Runtime) {
    const INVOCATIONS: usize = 1_000;
    let data = Data::small(1);
    assert_eq!(distinct_keys(&data), 1);
    let double = Double::start(&data);
    let clients = runtime.block_on(clients(&double.address));
    let handler = ours::only_reading(&clients, true);
    let begin = Instant::now();
    let invocations = (0..INVOCATIONS).map(|_| handler.invoke(&data.payload, None));
    let invoked = runtime.block_on(futures_util::future::join_all(invocations));
    let took = begin.elapsed();
    assert!(invoked.iter().all(|invoked| invoked.answer.is_ok() && invoked.summary.enriched == 1));
    let Called { reads, .. } = double.called();
    assert_eq!(reads, 1, "one question for all");
    println!("\n{INVOCATIONS} invocations at once that miss one key: {reads} call, {} ms", took.as_millis());
}
