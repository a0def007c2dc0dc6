//! Invocations that mean harm, up to the 6 MB that Lambda takes: each with its verdict, and a bound on the
//! memory and the time that it takes. `docs/hostile.md` shows the table.
//!
//! Time is told in multiples of what an ordinary invocation of 6 MB takes on the same machine.

#![cfg(test)]

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::lookup::{BoxFuture, Failure, MemorySource};
use enrich_engine::output::{Object, ObjectStore, Sinks};
use enrich_engine::{Destination, Engine, Rules, Timestamp};
use enrich_lambda::{Handler, Summary};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use peak_alloc::PeakAlloc;

#[path = "support/kpl.rs"]
mod kpl;

use kpl::User;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const PAGE: &str = include_str!("../../docs/hostile.md");

const RULES: &str = r#"
table users { source dynamodb "users" key id: string }

rule plain {
  stream "plain"
  schema "event.json"
  lookup user from users where id = .user { copy segment default "none" }
  set .next = .n + 1
  output s3 "out" { one object per batch }
}
rule loop   { stream "loop" for each line in .lines {
  lookup user from users where id = line.user { copy segment into line }
} output s3 "out" { one object per batch } }
rule growth { stream "growth" GROWTH output s3 "out" { one object per batch } }
rule gzip   { stream "gzip" decode gzip output s3 "out" { one object per batch } }
rule twice  { stream "twice" decode gzip, gzip output s3 "out" { one object per batch } }
rule glue   { stream "glue" decode glue output s3 "out" { one object per batch } }
"#;

/// The pattern goes back over its text again and again.
const SCHEMA: &str = r#"{"type":"object","properties":{
  "n":{"type":"number"}, "slow":{"type":"string","pattern":"^(([a-z])+.)+[A-Z]([a-z])+$"}
}}"#;

/// Takes everything, and keeps nothing.
struct Nowhere;

impl ObjectStore for Nowhere {
    fn put<'a>(&'a self, _: &'a Object, _: Option<Timestamp>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async { Ok(()) })
    }
}

fn handler() -> Handler {
    let mut sources = Sources::new();
    let growth: String = (0..60).map(|at| format!("set .a.b{at} = .a ")).collect();
    sources.add("rules.enrich", RULES.replace("GROWTH", &growth));
    let rules = Rules::from_sources(&sources, &Registry::standard(), &|_| Ok(SCHEMA.as_bytes().to_vec()));
    let users =
        MemorySource::new().with_json("users", r#"[{"id":"u1","segment":"premium"}]"#).expect("users");
    let engine = Engine::builder(rules.expect("rules")).tables(users).outputs().build().expect("an engine");
    let now = Timestamp::parse("2026-11-21T10:00:00Z").expect("an instant");
    let sinks = Sinks::new().objects(Arc::new(Nowhere));
    Handler::new(engine, sinks, Destination::parse("s3://rejects"), Arc::new(now))
        .expect("all sinks are there")
}

/// What Kinesis sends with these events.
fn kinesis(stream: &str, events: &[Vec<u8>]) -> Vec<u8> {
    let arn = format!("arn:aws:kinesis:us-east-2:123456789012:stream/{stream}");
    let records: Vec<_> = events
        .iter()
        .enumerate()
        .map(|(at, event)| {
            let data = STANDARD.encode(event);
            format!(
                r#"{{"kinesis":{{"sequenceNumber":"{at}","partitionKey":"k","data":"{data}","approximateArrivalTimestamp":1545084650.98}},"eventSource":"aws:kinesis","eventID":"shardId-000000000000:{at}","eventSourceARN":"{arn}"}}"#
            )
        })
        .collect();
    format!(r#"{{"Records":[{}]}}"#, records.join(",")).into_bytes()
}

fn one(stream: &str, event: impl Into<Vec<u8>>) -> Vec<u8> {
    kinesis(stream, &[event.into()])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// The frame of the Glue Schema Registry around that many zeros.
fn glue_bomb(bytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new([&[3, 5][..], &[7; 16]].concat(), Compression::best());
    encoder.write_all(&vec![b'0'; bytes]).expect("memory");
    encoder.finish().expect("memory")
}

/// So many bytes of events as streams have them. Neither the quick way through an envelope nor that through an
/// event is open to them, as it is to none of the hostile ones: their mapping has a tumbling window, and each has a
/// field that its rule overwrites.
fn ordinary(bytes: usize) -> Vec<u8> {
    let event = |at: usize| {
        format!(r#"{{"user":"u{at}","n":{at},"page":"/products/{at}","tags":["a","b"],"segment":"none"}}"#)
            .into_bytes()
    };
    let per_record = kinesis("plain", &[event(10_000)]).len();
    let mut body = kinesis("plain", &(0..bytes / per_record).map(event).collect::<Vec<_>>());
    body.pop();
    body.extend_from_slice(
        br#","window":{"start":"2026-11-21T09:55:00Z","end":"2026-11-21T10:00:00Z"},"state":{}}"#,
    );
    body
}

/// The counts of an invocation, and the codes with theirs.
fn told(summary: &Summary) -> String {
    let counts = [
        ("enriched", summary.enriched),
        ("dropped", summary.dropped),
        ("rejected", summary.rejected),
        ("failed", summary.failed),
    ];
    let counts = counts.iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{count} {what}"));
    let codes = summary.rejected_codes.keys().chain(summary.failed_codes.keys());
    let told = counts.chain(codes.map(|code| format!("`{code}`"))).collect::<Vec<_>>().join(" ");
    if told.is_empty() { "the invocation fails".to_owned() } else { told }
}

/// A row of the table: what comes, what becomes of it, at most so many MiB, at most so many times as long
/// as an ordinary invocation.
type Row = (&'static str, fn() -> Vec<u8>, &'static str, usize, u32);

const MIB: usize = 1 << 20;
/// The most bytes of a record's data whose base64 fits an invocation.
const ONE_RECORD: usize = 4_400_000;

const ROWS: &[Row] = &[
    ("6 MB of `[` in place of the envelope", || b"[".repeat(6_000_000), "the invocation fails", 160, 3),
    (
        "6 MB of nested arrays in place of the envelope",
        || [b"[".repeat(3_000_000), b"]".repeat(3_000_000)].concat(),
        "the invocation fails",
        96,
        3,
    ),
    ("an event of 4 MB of `[`", || one("plain", b"[".repeat(ONE_RECORD)), "1 rejected `too_deep`", 32, 3),
    (
        "an event with a value nested 2 million levels",
        || {
            one(
                "plain",
                [b"{\"a\":".to_vec(), b"[".repeat(2_000_000), b"]".repeat(2_000_000), b"}".to_vec()].concat(),
            )
        },
        "1 rejected `too_deep`",
        32,
        3,
    ),
    (
        "an event of 1.4 million empty arrays",
        || one("plain", format!("{{\"a\":[{}[]]}}", "[],".repeat(1_400_000))),
        "1 enriched",
        64,
        3,
    ),
    (
        "an event with 400,000 fields",
        || {
            one(
                "plain",
                format!("{{{}\"z\":0}}", (0..400_000).map(|at| format!("\"{at}\":0,")).collect::<String>()),
            )
        },
        "1 enriched",
        64,
        5,
    ),
    (
        "an event with one field 600,000 times",
        || one("plain", format!("{{{}\"z\":0}}", "\"a\":0,".repeat(600_000))),
        "1 enriched",
        64,
        5,
    ),
    (
        "the same, and a rule reads the field",
        || one("plain", format!("{{{}\"z\":0}}", "\"n\":0,".repeat(600_000))),
        "1 rejected `duplicate_name`",
        64,
        5,
    ),
    (
        "a number of 4 million digits, which a rule counts up",
        || one("plain", format!("{{\"n\":{}}}", "9".repeat(4_000_000))),
        "1 rejected `arithmetic`",
        48,
        5,
    ),
    (
        "the number 1e999999999, counted up",
        || one("plain", "{\"n\":1e999999999}"),
        "1 rejected `arithmetic`",
        8,
        3,
    ),
    (
        "a text of 700,000 escapes",
        || one("plain", format!("{{\"user\":\"{}\"}}", "\\u0041".repeat(700_000))),
        "1 rejected `key_size`",
        64,
        3,
    ),
    (
        "a key of 3 KB",
        || one("plain", format!("{{\"user\":\"{}\"}}", "k".repeat(3_000))),
        "1 rejected `key_size`",
        8,
        3,
    ),
    ("a lone surrogate in a key", || one("plain", r#"{"user":"\ud800"}"#), "1 rejected `not_json`", 8, 3),
    (
        "bytes that are no UTF-8",
        || one("plain", b"{\"user\":\"\xff\"}".to_vec()),
        "1 rejected `not_json`",
        8,
        3,
    ),
    (
        "a text that a schema's pattern goes over and over",
        || one("plain", format!("{{\"slow\":\"{}\"}}", "a".repeat(4_000_000))),
        "1 rejected `schema`",
        48,
        10,
    ),
    (
        "an array of 200,000 elements under a `for each`",
        || one("loop", format!("{{\"lines\":[{}{{}}]}}", "{\"user\":\"u1\"},".repeat(200_000))),
        "1 rejected `too_many_elements`",
        64,
        3,
    ),
    (
        "an event that a rule doubles 60 times",
        || one("growth", "{\"a\":{\"x\":1}}"),
        "1 rejected `too_large`",
        128,
        3,
    ),
    (
        "100 KB of gzip that holds 100 MB",
        || one("gzip", gzip(&vec![b'0'; 100_000_000])),
        "1 rejected `too_large`",
        64,
        3,
    ),
    (
        "gzip in gzip, twice 1,000 to 1",
        || one("twice", gzip(&gzip(&vec![b'0'; 100_000_000]))),
        "1 rejected `too_large`",
        64,
        3,
    ),
    (
        "a Glue frame of zlib that holds 100 MB",
        || one("glue", glue_bomb(100_000_000)),
        "1 rejected `too_large`",
        64,
        3,
    ),
    (
        "20 records of 16 MB each, 16 KB in gzip",
        || kinesis("gzip", &vec![gzip(format!("{{\"a\":\"{}\"}}", "0".repeat(16_000_000)).as_bytes()); 20]),
        "8 enriched 12 failed `batch_too_large`",
        900,
        40,
    ),
    (
        "11 aggregates of 65,536 events of no bytes each",
        || kinesis("plain", &vec![kpl::aggregate(&vec![User::new("k", ""); 65_536]); 11]),
        "65536 rejected 10 failed `not_json` `too_many_events`",
        256,
        20,
    ),
    (
        "24,000 records of no bytes",
        || kinesis("plain", &vec![Vec::new(); 24_000]),
        "24000 rejected `not_json`",
        64,
        20,
    ),
];

#[tokio::test(flavor = "current_thread")]
async fn hostile_invocations_end_soon_and_small() {
    let handler = handler();
    let ordinary = ordinary(6_000_000);
    // The second time everything is warm.
    handler.invoke(&ordinary, None).await;
    let (summary, usual, memory) = measured(&handler, &ordinary).await;
    assert!(summary.enriched > 10_000, "{summary:?}");
    println!("ordinary: {} events, {usual:?}, {} MiB", summary.enriched, memory.div_ceil(MIB));

    let (mut page, mut wrong) = (String::new(), Vec::new());
    for (what, body, verdict, mib, times) in ROWS {
        let body = body();
        assert!(body.len() <= 6 << 20, "{what}: {} bytes", body.len());
        let (summary, mut time, memory) = measured(&handler, &body).await;
        // Another process may have had the processor meanwhile.
        for _ in 0..2 {
            if time > usual * *times {
                time = time.min(measured(&handler, &body).await.1);
            }
        }
        println!("{what}: {}; {time:?}, {} MiB", told(&summary), memory.div_ceil(MIB));
        if told(&summary) != *verdict {
            wrong.push(format!("{what}: {}", told(&summary)));
        }
        if memory > mib * MIB || time > usual * *times {
            wrong.push(format!(
                "{what}: {} MiB, {time:?} where an ordinary one takes {usual:?}",
                memory / MIB
            ));
        }
        page.push_str(&format!("| {what} | {verdict} | {mib} MiB | {times} |\n"));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(PAGE.contains(&page), "docs/hostile.md should show\n{page}");
}

/// What an invocation did, how long it took, and the most memory that it held.
#[expect(clippy::disallowed_methods, reason = "the bound is about time")]
async fn measured(handler: &Handler, body: &[u8]) -> (Summary, Duration, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let begin = Instant::now();
    let summary = handler.invoke(body, None).await.summary;
    (summary, begin.elapsed(), MEMORY.peak_usage().saturating_sub(before))
}
