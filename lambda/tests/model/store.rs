//! The buckets: they fail as the weather is, and each write is held against what its events have to become.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::Timestamp;
use enrich_engine::lookup::{BoxFuture, ErrorCode, Failure};
use enrich_engine::output::{Object, ObjectStore};

use crate::events::{Event, Expect, POISON, SECRET, tokens};
use crate::weather::StoreFault;
use crate::world::{Check, Put, START, World};

/// The buckets, as one invocation sees them.
pub(crate) struct Bucket {
    pub(crate) world: Arc<World>,
    pub(crate) invocation: usize,
}

impl ObjectStore for Bucket {
    fn put<'a>(
        &'a self,
        object: &'a Object,
        deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.answer(object, deadline))
    }
}

impl Bucket {
    async fn answer(&self, object: &Object, deadline: Option<Timestamp>) -> Result<(), Failure> {
        let world = &self.world;
        let deadline = deadline.map_or(i64::MAX, Timestamp::as_millis);
        let events = inspected(world, object);
        let (fault, latency) = world.with_weather(|weather| (weather.store(), weather.latency()));
        if fault == Some(StoreFault::Panic) {
            self.done(object, events, false, true, "panic");
            std::panic::resume_unwind(Box::new("a fault of the store"));
        }
        if fault == Some(StoreFault::Rude) {
            world.hang().await;
        }
        let late = world.now() + latency >= deadline;
        if late || matches!(fault, Some(StoreFault::Hang | StoreFault::Late)) {
            if fault == Some(StoreFault::Late) {
                self.write_later(object, &events, deadline);
            }
            world.sleep_until(deadline).await;
            self.done(object, events, false, true, "no answer in time");
            return Err(failure(ErrorCode::Timeout));
        }
        tokio::time::sleep(Duration::from_millis(latency.unsigned_abs())).await;
        match fault {
            Some(StoreFault::Fails(code)) => {
                self.done(object, events, false, true, code.as_str());
                Err(failure(code))
            }
            _ if text(object).contains(POISON) => {
                self.done(object, events, false, !world.rejects, "refused for good");
                Err(failure(ErrorCode::Refused))
            }
            Some(StoreFault::LostAnswer) => {
                self.done(object, events, true, true, "written, and the answer lost");
                Err(failure(ErrorCode::Unavailable))
            }
            _ => {
                self.done(object, events, true, false, "written");
                Ok(())
            }
        }
    }

    /// The request arrives when nobody waits for it any more.
    fn write_later(&self, object: &Object, events: &[usize], deadline: i64) {
        if text(object).contains(POISON) {
            return;
        }
        let (world, name, events) = (Arc::clone(&self.world), name(object), events.to_vec());
        let after = world.with_weather(|weather| weather.dice.millis(1, 120_000));
        tokio::spawn(async move {
            world.sleep_until(deadline + after).await;
            world.note(&format!("written late: {name} with {events:?}"));
            world.state().objects.insert(name, events);
        });
    }

    fn done(&self, object: &Object, events: Vec<usize>, written: bool, failed: bool, how: &str) {
        let name = name(object);
        let batch = name.contains(".ndjson");
        self.world.note(&format!("  [{}] put {name} with {events:?}: {how}", self.invocation));
        let mut state = self.world.state();
        let elsewhere = state.objects.iter().any(|(other, held)| {
            *other != name && !other.contains(".ndjson") && events.iter().any(|event| held.contains(event))
        });
        if written {
            state.objects.insert(name.clone(), events.clone());
        }
        state.puts.push(Put { invocation: self.invocation, events, written, failed, batch });
        drop(state);
        if written && !batch && elsewhere {
            self.world.violated(Check::OneKey, format!("{name} holds an event that another object holds"));
        }
    }
}

fn failure(code: ErrorCode) -> Failure {
    Failure::new(code, "the bucket fails as the model says")
}

fn name(object: &Object) -> String {
    format!("{}/{}", object.bucket, object.key)
}

/// What the object holds, inflated.
fn text(object: &Object) -> String {
    let mut text = String::new();
    if object.key.ends_with(".gz") {
        flate2::read::GzDecoder::new(&object.body[..]).read_to_string(&mut text).expect("gzip");
    } else if object.key.ends_with(".zst") {
        text = String::from_utf8(zstd::decode_all(&object.body[..]).expect("zstd")).expect("UTF-8");
    } else {
        text = String::from_utf8(object.body.to_vec()).expect("UTF-8");
    }
    text
}

/// The events in an object, and whether they are what they should be.
fn inspected(world: &World, object: &Object) -> Vec<usize> {
    let text = text(object);
    let name = name(object);
    let events: Vec<usize> = if object.bucket == "rejects" {
        rejected(world, &text).into_iter().collect()
    } else {
        let lines: Vec<_> = if name.contains(".ndjson") { text.lines().collect() } else { vec![&text] };
        lines.into_iter().filter_map(|line| enriched(world, &name, line)).collect()
    };
    if !events.is_sorted() {
        world.violated(Check::Order, format!("{name} holds {events:?}, which is not their order"));
    }
    events
}

/// The number of an enriched event, which is held against what it has to be.
pub(crate) fn enriched(world: &World, place: &str, line: &str) -> Option<usize> {
    let event = tokens(line).first().and_then(|number| world.events.get(*number));
    let Some(event) = event else {
        world.violated(Check::Content, format!("{place} holds what is no event: {line}"));
        return None;
    };
    let folder = place.trim_start_matches("out/").split('/').next();
    if !may_be(world, event, line) || (!world.takes_events && folder != Some(event.rule)) {
        let expected = &event.expect;
        let what = format!("event {} in {place} is\n{line}\nand has to be\n{expected:?}", event.number);
        world.violated(Check::Content, what);
    }
    Some(event.number)
}

/// Whether an event may look like that.
fn may_be(world: &World, event: &Event, line: &str) -> bool {
    let Expect::Enriched { text, caught, missing } = &event.expect else { return false };
    let caught = caught.as_ref().and_then(|(before, behind)| {
        let code = line.strip_prefix(before.as_str())?.strip_suffix(behind.as_str())?;
        Some(world.source_has_failed(code))
    });
    // A caller that brings a record again waits for its item.
    let waited = world.takes_events || world.now() >= START + 60_000;
    line == text || caught == Some(true) || (waited && Some(line) == missing.as_deref())
}

/// The number of a rejected event, whose reject is held against what it has to be.
fn rejected(world: &World, text: &str) -> Option<usize> {
    let document: serde_json::Value = serde_json::from_str(text).expect("a reject is JSON");
    let member = |pointer: &str| document.pointer(pointer).and_then(|value| value.as_str()).unwrap_or("");
    let data = STANDARD.decode(member("/data")).expect("base64");
    let (id, code) = (member("/record/id"), member("/reason/code"));
    let event = world.events.iter().find(|event| event.id == id && event.kept == data);
    let Some(event) = event else {
        world.violated(Check::Content, format!("a reject keeps what no event is: {text}"));
        return None;
    };
    // Where none of sixteen parts of an object is taken, all of its events are rejected.
    let hopeless = || {
        let poisoned = world.events.iter().filter(|event| event.poison).count();
        code == "refused" && ["many", "lines"].contains(&event.rule) && poisoned >= 16
    };
    let may_be = match &event.expect {
        Expect::Rejected(codes) => codes.contains(&code),
        Expect::Enriched { .. } if event.poison => code == "refused",
        _ => hopeless(),
    };
    if !may_be {
        let what = format!("event {} is rejected: {}", event.number, member("/reason"));
        world.violated(Check::Content, format!("{what} {code}, and has to be {:?}", event.expect));
    }
    if member("/reason/message").contains(SECRET) {
        world.violated(Check::Secret, format!("the reason of event {} holds a value", event.number));
    }
    Some(event.number)
}
