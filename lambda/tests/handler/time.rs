//! What an invocation does when its time runs out, on a clock that tables and stores move on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use enrich_engine::lookup::{
    Answer, Answers, BoxFuture, CircuitBreaker, ErrorCode, Failure, Questions, Requests, Source,
};
use enrich_engine::output::{Object, ObjectStore, Sinks};
use enrich_engine::{Clock, Destination, Engine, Rules, Stage, StageKind, Timestamp};
use enrich_lambda::{Handler, Invoked};

use crate::world::{NOW, counts, kinesis, pipes};

const RULES: &str = r#"
table users { source dynamodb "users" key id: string }
table teams { source dynamodb "teams" key id: string }

rule clicks {
  stream "clicks"
  lookup user from users where id = .user { copy segment }
  lookup team from teams where id = user.team ?? "none" { copy name to .team }
  output s3 "out" { prefix "clicks/" one object per record }
}
"#;

/// A clock that stands still until somebody takes time, or that goes on each time it is asked.
#[derive(Default)]
struct Time {
    now: AtomicI64,
    tick: i64,
}

impl Time {
    fn take(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::Relaxed);
    }

    fn passed(&self) -> i64 {
        self.now.load(Ordering::Relaxed) - NOW
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.fetch_add(self.tick, Ordering::Relaxed)).expect("an instant")
    }
}

/// How long something takes.
#[derive(Clone, Copy)]
enum Takes {
    Millis(i64),
    /// Until its deadline.
    Hangs,
}

impl Takes {
    /// Takes the time; whether it is done by the deadline.
    fn pass(self, time: &Time, deadline: Option<Timestamp>) -> bool {
        let left = deadline.map_or(i64::MAX, |deadline| deadline.as_millis() - time.now().as_millis());
        let millis = match self {
            Takes::Millis(millis) => millis,
            Takes::Hangs => i64::MAX,
        };
        time.take(millis.min(left.max(0)));
        millis <= left
    }
}

struct Slow {
    takes: Takes,
    time: Arc<Time>,
    begun: Arc<AtomicUsize>,
}

impl Source for Slow {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            self.begun.fetch_add(1, Ordering::Relaxed);
            let late =
                || Answer::Failed(Failure::new(ErrorCode::Timeout, "the table gave no answer in time"));
            let in_time = self.takes.pass(&self.time, questions.deadline);
            let mut answers = Answers::none_yet(questions);
            for (table, question) in questions.tables.iter().enumerate() {
                for key in 0..question.keys.len() {
                    answers.set(table, key, if in_time { Answer::Missing } else { late() });
                }
            }
            answers
        })
    }
}

impl ObjectStore for Slow {
    fn put<'a>(
        &'a self,
        _object: &'a Object,
        deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            self.begun.fetch_add(1, Ordering::Relaxed);
            let in_time = self.takes.pass(&self.time, deadline);
            if in_time {
                Ok(())
            } else {
                Err(Failure::new(ErrorCode::Timeout, "the bucket gave no answer in time"))
            }
        })
    }
}

/// What became of an invocation, and how far it went.
struct Ended {
    invoked: Invoked,
    /// How long it took, in milliseconds.
    took: i64,
    lookups: usize,
    writes: usize,
}

impl Ended {
    fn answer(&self) -> String {
        match &self.invoked.answer {
            Ok(answer) => String::from_utf8_lossy(answer).into_owned(),
            Err(error) => format!("{error:?}"),
        }
    }
}

fn invoke(body: &str, deadline: i64, tick: i64, lookups: Takes, writes: Takes) -> Ended {
    let time = Arc::new(Time { now: AtomicI64::new(NOW), tick });
    let slow = |takes| Slow { takes, time: time.clone(), begun: Arc::default() };
    let (tables, store) = (slow(lookups), Arc::new(slow(writes)));
    let asked = tables.begun.clone();
    let engine = Engine::builder(Rules::from_text(RULES).expect("rules"))
        .source("dynamodb", CircuitBreaker::new(tables, time.clone()))
        .outputs()
        .build()
        .expect("an engine");
    let rejects = Destination::parse("s3://rejects");
    let sinks = Sinks::new().objects(store.clone());
    let handler = Handler::new(engine, sinks, rejects, time.clone()).expect("a handler");
    let tokio = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let deadline = Timestamp::from_millis(deadline);
    let invoked = tokio.block_on(handler.invoke(body.as_bytes(), deadline));
    let count = |begun: &AtomicUsize| begun.load(Ordering::Relaxed);
    Ended { invoked, took: time.passed(), lookups: count(&asked), writes: count(&store.begun) }
}

#[test]
fn what_can_not_be_done_in_time_fails_before_the_deadline() {
    use Takes::{Hangs, Millis};
    // The time, how long a wave of lookups and a write take, what became of six records, and how many waves and
    // writes were begun.
    for (left, lookups, writes, expected, begun) in [
        (60_000, Millis(10), Millis(10), "6+0+0+0", (2, 6)),
        // No wave is begun at the end of the lookups' time.
        (60_000, Hangs, Millis(10), "0+0+0+6 timeout:6", (1, 0)),
        (60_000, Millis(49_500), Millis(10), "0+0+0+6 timeout:6", (1, 0)),
        (60_000, Millis(40_000), Millis(10), "0+0+0+6 timeout:6", (2, 0)),
        // A write that hangs takes what comes behind it along, and no write is begun at the end of the time.
        (60_000, Millis(10), Hangs, "0+0+0+6 behind_failure:5 timeout:1", (2, 1)),
        (60_000, Millis(10), Millis(15_000), "3+0+0+3 behind_failure:2 timeout:1", (2, 4)),
        (60_000, Millis(24_000), Hangs, "0+0+0+6 behind_failure:5 timeout:1", (2, 1)),
        (3_000, Millis(10), Millis(600), "4+0+0+2 behind_failure:1 timeout:1", (2, 5)),
        (3_000, Hangs, Hangs, "0+0+0+6 timeout:6", (1, 0)),
        (100, Hangs, Hangs, "0+0+0+6 timeout:6", (1, 0)),
    ] {
        let ended = invoke(&kinesis("clicks", &["good"; 6]), NOW + left, 0, lookups, writes);
        assert_eq!(counts(&ended.invoked), expected, "{left}");
        assert_eq!((ended.lookups, ended.writes), begun, "{left}: {expected}");
        assert!(ended.took < left, "{} of {left}", ended.took);
        let first = ended.invoked.summary.enriched + 1;
        let checkpoint = format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"{first}"}}]}}"#);
        let all = r#"{"batchItemFailures":[]}"#.to_owned();
        assert_eq!(ended.answer(), if first > 6 { all } else { checkpoint });
    }
}

#[test]
fn a_pipe_fails_before_the_deadline() {
    let ended = invoke(&pipes("clicks", &["good"; 6]), NOW + 60_000, 0, Takes::Hangs, Takes::Hangs);
    assert_eq!(counts(&ended.invoked), "0+0+0+6 timeout:6");
    assert!(ended.invoked.answer.is_err());
    assert!(ended.took < 60_000, "{}", ended.took);
}

#[test]
fn a_deadline_that_has_passed_is_not_known() {
    use Takes::{Hangs, Millis};
    for deadline in [0, NOW - 5_000, NOW] {
        let ended = invoke(&kinesis("clicks", &["good"; 6]), deadline, 0, Millis(10), Millis(10));
        assert_eq!(counts(&ended.invoked), "6+0+0+0", "{deadline}");
        let ended = invoke(&kinesis("clicks", &["good"; 6]), deadline, 0, Hangs, Millis(10));
        assert_eq!(counts(&ended.invoked), "0+0+0+6 timeout:6", "{deadline}");
        assert_eq!(ended.took, 19_500);
        let ended = invoke(&kinesis("clicks", &["good"; 6]), deadline, 0, Millis(10), Hangs);
        assert_eq!(counts(&ended.invoked), "0+0+0+6 behind_failure:5 timeout:1", "{deadline}");
        assert_eq!(ended.took, 29_500);
    }
}

/// A function that is short of processor time: each look at the clock takes a millisecond.
#[test]
fn many_events_on_a_slow_processor_are_done_from_the_first_on() {
    let words = vec!["good"; 10_000];
    for (left, least) in [(3_000, 100), (20_000, 1_000), (900_000, 10_000)] {
        let ended = invoke(&kinesis("clicks", &words), NOW + left, 1, Takes::Millis(10), Takes::Millis(0));
        let summary = &ended.invoked.summary;
        assert!(summary.enriched >= least, "{left}: {summary:?}");
        assert_eq!(summary.enriched + summary.failed, 10_000, "{left}");
        assert!(ended.took < left, "{} of {left}", ended.took);
        if least < 10_000 {
            let next = summary.enriched + 1;
            assert_eq!(ended.answer(), format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"{next}"}}]}}"#));
        }
    }
}

#[test]
fn the_time_of_each_step_is_told() {
    let ended =
        invoke(&kinesis("clicks", &["good"; 2]), NOW + 60_000, 0, Takes::Millis(10), Takes::Millis(7));
    let summary = &ended.invoked.summary;
    let took = |stage: &Stage| stage.ended.as_millis() - stage.begun.as_millis();
    let stages: Vec<_> = summary.stages.iter().map(|stage| (stage.kind, took(stage))).collect();
    let fetch = (StageKind::Fetch(Requests::default()), 10);
    assert_eq!(stages, [(StageKind::Prepare, 0), fetch, fetch, (StageKind::Apply, 0)]);
    assert_eq!((summary.read_ms, summary.enrich_ms, summary.write_ms), (0, 20, 14));
}

#[test]
fn the_first_event_has_its_turn_however_late_it_is() {
    // Each look at the clock takes a second, of which half is left.
    let ended =
        invoke(&kinesis("clicks", &["good"; 3]), NOW + 1_000, 600, Takes::Millis(0), Takes::Millis(0));
    let failed = &ended.invoked.summary.failed_codes;
    assert_eq!(failed.get("no_time"), Some(&2), "{failed:?}");
}
