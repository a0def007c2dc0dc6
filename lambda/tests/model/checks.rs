//! What has to hold after an invocation, and at the end.

use std::collections::BTreeMap;

use enrich_lambda::Invoked;

use crate::callers::{Delivery, Envelope, Reading};
use crate::events::{Expect, SECRET, tokens};
use crate::store::enriched;
use crate::world::{Check, Put, World};

/// After an answer, heard or not. `reading` is what its caller makes of it; `None` is a failed invocation.
pub(crate) fn answered(
    world: &World,
    delivery: &Delivery,
    number: usize,
    invoked: &Invoked,
    reading: Option<&Reading>,
) {
    secrets(world, delivery, invoked);
    counts(world, delivery, number, invoked, reading);
    if let Some(reading) = reading {
        durable(world, delivery, reading);
        content(world, reading);
    }
    if !world.takes_events {
        order(world, delivery, number, reading);
    }
}

/// After an answer that the caller has heard: what it gives back is with the caller.
pub(crate) fn accepted(world: &World, reading: &Reading) {
    let returned = reading.returned.iter().flat_map(|event| tokens(event).first().copied());
    let mut state = world.state();
    state.kept.extend(returned);
    state.kept.extend(&reading.kept);
}

fn is_dropped(world: &World, event: usize) -> bool {
    world.events[event].expect == Expect::Dropped
}

fn is_rejected(world: &World, event: usize) -> bool {
    matches!(world.events[event].expect, Expect::Rejected(_))
}

/// Nothing is acknowledged that is not durable, or dropped by a rule.
fn durable(world: &World, delivery: &Delivery, reading: &Reading) {
    let returned: Vec<_> =
        reading.returned.iter().filter_map(|event| tokens(event).first().copied()).collect();
    let with_caller = |event: &usize| returned.contains(event) || reading.kept.contains(event);
    for (element, _) in delivery.elements.iter().zip(&reading.done).filter(|(_, done)| **done) {
        for event in &element.events {
            if !with_caller(event) && !world.is_durable(*event) && !is_dropped(world, *event) {
                let what = format!("event {event} of {} is acknowledged, and nowhere", element.id);
                world.violated(Check::Durable, what);
            }
        }
    }
    if let Some(event) = reading.dropped.iter().find(|event| !is_dropped(world, **event)) {
        world.violated(Check::Durable, format!("event {event} is told as dropped"));
    }
}

/// What is given back is what a run without faults gives.
fn content(world: &World, reading: &Reading) {
    for event in &reading.returned {
        enriched(world, "the answer", event);
    }
    let fair = world.with_weather(|weather| weather.is_fair());
    let large = world.events.iter().any(|event| event.large);
    let given_up = reading.kept.iter().find(|event| !is_rejected(world, **event));
    if let Some(event) = given_up.filter(|_| fair && !large) {
        world.violated(Check::Needless, format!("event {event} is given up, and nothing has failed"));
    }
}

/// No value of an event, a key or an item is in what is logged or told of a failure.
fn secrets(world: &World, delivery: &Delivery, invoked: &Invoked) {
    let mut told = format!("{:?}", invoked.summary);
    match &invoked.answer {
        Ok(answer) if matches!(delivery.envelope, Envelope::Records { .. } | Envelope::Kafka) => {
            told.push_str(&String::from_utf8_lossy(answer));
        }
        Ok(_) => {}
        Err(error) => told.push_str(&format!("{error} {error:?}")),
    }
    if told.contains(SECRET) {
        world.violated(Check::Secret, format!("a value is told: {told}"));
    }
}

fn counts(world: &World, delivery: &Delivery, number: usize, invoked: &Invoked, reading: Option<&Reading>) {
    let summary = &invoked.summary;
    let as_u64 = |count: usize| u64::try_from(count).expect("a count");
    let wrong = |what: &str| world.violated(Check::Counts, format!("{what}: {summary:?}"));
    let (records, done) =
        (as_u64(delivery.events().count()), summary.enriched + summary.dropped + summary.rejected);
    if summary.records != records || done + summary.failed != records {
        wrong("the counts do not add up");
    }
    let codes = |codes: &BTreeMap<_, u64>| codes.values().sum::<u64>();
    if codes(&summary.rejected_codes) != summary.rejected || codes(&summary.failed_codes) != summary.failed {
        wrong("the counts of the codes do not add up");
    }
    let is = |put: &&Put| put.invocation == number && put.written && !put.failed;
    if summary.objects != as_u64(world.state().puts.iter().filter(is).count()) {
        wrong("another number of objects is written");
    }
    let Some(reading) = reading else {
        if summary.failed != records {
            wrong("the invocation fails, and not all its records do");
        }
        return;
    };
    if world.takes_events {
        if summary.enriched != as_u64(reading.returned.len()) {
            wrong("another number of events is given back");
        }
        return;
    }
    let ended = delivery.elements.iter().zip(&reading.done).filter(|(_, done)| **done);
    let ended: Vec<usize> = ended.flat_map(|(element, _)| element.events.iter().copied()).collect();
    let dropped = ended.iter().filter(|event| is_dropped(world, **event)).count();
    if done != as_u64(ended.len()) || summary.dropped != as_u64(dropped) {
        wrong("the counts are not those of the answer");
    }
}

/// Nothing of a lane is written behind its first failure. Where it is a write that fails, single objects
/// behind it may have been under way; objects of several never are.
fn order(world: &World, delivery: &Delivery, number: usize, reading: Option<&Reading>) {
    let puts: Vec<Put> = world.state().puts.iter().filter(|put| put.invocation == number).cloned().collect();
    let lanes = lanes(delivery, reading);
    let behind = |put: &Put, is_failure: &dyn Fn(&(usize, bool)) -> bool| {
        lanes.values().any(|lane| {
            let first = lane.iter().position(is_failure).unwrap_or(lane.len());
            put.written && lane.iter().skip(first).any(|(event, _)| put.events.contains(event))
        })
    };
    if puts.iter().all(|put| !put.failed) {
        if let Some(put) = puts.iter().find(|put| behind(put, &|(_, done)| !done)) {
            world.violated(Check::Order, format!("{:?} is written behind a failure", put.events));
        }
        return;
    }
    for (at, put) in puts.iter().enumerate().filter(|(_, put)| put.batch) {
        let before = puts[..at].iter().filter(|put| put.failed && !put.batch);
        let failed: Vec<usize> = before.flat_map(|put| put.events.clone()).collect();
        if behind(put, &|(event, _)| failed.contains(event)) {
            let what = format!("{:?} is written in one object, behind one of {failed:?}", put.events);
            world.violated(Check::Order, what);
        }
    }
}

/// The events of each lane in their order, and whether each is done.
fn lanes<'a>(delivery: &'a Delivery, reading: Option<&Reading>) -> BTreeMap<&'a str, Vec<(usize, bool)>> {
    let mut lanes: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (at, element) in delivery.elements.iter().enumerate() {
        let done = reading.is_some_and(|reading| reading.done[at]);
        lanes.entry(&element.lane).or_default().extend(element.events.iter().map(|event| (*event, done)));
    }
    lanes
}

/// Every event is where it belongs.
pub(crate) fn at_the_end(world: &World) {
    let fair = world.with_weather(|weather| weather.is_fair());
    let waits = world.events.iter().any(|event| event.rule == "late" || event.large);
    for event in &world.events {
        let number = event.number;
        let given_up = world.state().given_up.contains(&number);
        if event.expect == Expect::Dropped {
            if world.is_written(number) {
                world.violated(Check::Complete, format!("event {number} is dropped, and written"));
            }
        } else if !world.is_durable(number) && !given_up {
            world.violated(Check::Complete, format!("event {number} is nowhere"));
        }
        if given_up && fair && world.rejects && !waits {
            world.violated(Check::Needless, format!("event {number} is given up, and nothing has failed"));
        }
    }
}
