//! Room for the items of a batch: how far it goes, what becomes of the events behind, and how the keys are asked.

#![cfg(test)]

use std::sync::{Arc, Mutex};

use enrich_engine::lookup::{Answer, Answers, BoxFuture, Item, KeyValue, Questions, Source};
use enrich_engine::{Context, Engine, Limits, Origin, Outcome, Record, Rules, Timestamp, Verdict};

const RULES: &str = r#"
table users { source dynamodb "users" key id: string }
table teams { source dynamodb "teams" key id: string }

rule one {
  stream "one"
  lookup user from users where id = .user { copy size }
  lookup team from teams where id = .team { copy size to .team_size }
}

rule two {
  stream "two"
  lookup user from users where id = .user { copy size }
  lookup team from teams where id = user.team { copy size to .team_size }
}
"#;

/// Items whose key says how large they are: `a100` has 100 bytes. Nothing is under `none`.
#[derive(Clone, Default)]
struct Sized {
    /// How many keys each call had.
    calls: Arc<Mutex<Vec<usize>>>,
}

impl Source for Sized {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            let mut answers = Answers::none_yet(questions);
            let keys = questions.tables.iter().map(|table| table.keys.len()).sum();
            self.calls.lock().expect("calls").push(keys);
            for (at, table) in questions.tables.iter().enumerate() {
                for (place, key) in table.keys.iter().enumerate() {
                    let [KeyValue::String(key)] = key.parts() else { panic!("{key:?}") };
                    answers.set(at, place, item(key));
                }
            }
            answers
        })
    }
}

fn item(key: &str) -> Answer {
    if key == "none" {
        return Answer::Missing;
    }
    let size: usize = key.trim_start_matches(|c: char| c.is_ascii_alphabetic()).parse().expect("a size");
    let item = format!(r#"{{"id":"{key}","size":{size},"team":"{key}","fill":""}}"#);
    let fill = "x".repeat(size - item.len());
    let item = item.replace(r#""fill":"""#, &format!(r#""fill":"{fill}""#));
    Answer::Found(Arc::new(Item::from_text(item.into()).expect("an item")))
}

fn run(item_bytes: usize, stream: &str, events: &[String]) -> (Outcome, Vec<usize>) {
    let mut limits = Limits::default();
    limits.item_bytes = item_bytes;
    let source = Sized::default();
    let engine = Engine::builder(Rules::from_text(RULES).expect("rules"))
        .limits(limits)
        .source("dynamodb", source.clone())
        .build()
        .expect("an engine");
    let batch: Vec<_> =
        events.iter().map(|event| Record::new(event.as_str(), Origin::stream(stream))).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let outcome = runtime.block_on(engine.enrich(&batch, Context::at(Timestamp::EPOCH)));
    let calls = source.calls.lock().expect("calls").clone();
    (outcome, calls)
}

fn words(outcome: &Outcome) -> String {
    let word = |verdict: &Verdict| match verdict {
        Verdict::Enriched { .. } => "ok".to_owned(),
        Verdict::Failed { reason, .. } => format!("failed:{}", reason.code),
        Verdict::Rejected { reason, .. } => format!("rejected:{}", reason.code),
        other => format!("{other:?}"),
    };
    outcome.verdicts.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// What becomes of events with these users and teams.
fn fates(item_bytes: usize, stream: &str, users: &[(&str, &str)]) -> String {
    let event = |(user, team): &(&str, &str)| format!(r#"{{"user":"{user}","team":"{team}"}}"#);
    words(&run(item_bytes, stream, &users.iter().map(event).collect::<Vec<_>>()).0)
}

#[test]
fn room_goes_from_the_first_event_on() {
    // Each of the two waves has half of it; these rules use only the first one.
    for (room, users, expected) in [
        (400, &[("a100", "none"), ("b100", "none")][..], "ok ok"),
        (398, &[("a100", "none"), ("b100", "none")], "ok failed:items_too_large"),
        // One item is there once.
        (200, &[("a100", "none"), ("a100", "none")], "ok ok"),
        (400, &[("a100", "a100"), ("b100", "none")], "ok failed:items_too_large"),
        // The team of the first event comes before the users of the others.
        (400, &[("none", "a100"), ("b100", "none"), ("c100", "none")], "ok ok failed:items_too_large"),
        // What has no room in any batch is rejected; the next one may have room in another.
        (400, &[("a300", "none"), ("b100", "none")], "rejected:items_too_large failed:items_too_large"),
        (
            400,
            &[("b100", "none"), ("a300", "none"), ("c100", "none")],
            "ok failed:items_too_large failed:items_too_large",
        ),
        (400, &[("a300", "none"), ("a300", "none")], "rejected:items_too_large failed:items_too_large"),
        (0, &[("none", "none"), ("none", "none")], "rejected:items_too_large failed:items_too_large"),
    ] {
        assert_eq!(fates(room, "one", users), expected, "{room} {users:?}");
    }
}

#[test]
fn a_later_wave_has_its_own_share() {
    assert_eq!(fates(400, "two", &[("a100", ""), ("b100", "")]), "ok ok");
    assert_eq!(
        fates(399, "two", &[("a100", ""), ("b100", ""), ("c80", "")]),
        "ok failed:items_too_large failed:items_too_large"
    );
    assert_eq!(fates(199, "two", &[("a100", "")]), "rejected:items_too_large");
}

#[test]
fn keys_are_asked_as_far_as_there_is_room() {
    let users = |count: usize, size: usize| -> Vec<_> {
        (0..count).map(|at| format!(r#"{{"user":"{}{size}"}}"#, letters(at))).collect()
    };
    // All at once, where all have room however large they are.
    let (outcome, calls) = run(2 * 500 * 400 * 1024, "one", &users(500, 200));
    assert_eq!((words(&outcome).matches("ok").count(), calls), (500, vec![500]));
    // Small items: in slices that grow.
    let (outcome, calls) = run(2 << 20, "one", &users(3_000, 200));
    assert_eq!((words(&outcome).matches("ok").count(), calls), (3_000, vec![100, 400, 1_600, 900]));
    // Large ones: nothing is asked any more once the room is used up.
    let (outcome, calls) = run(2 << 20, "one", &users(3_000, 50_000));
    assert_eq!((words(&outcome).matches("ok").count(), calls), (20, vec![100]));
}

/// A name without digits.
fn letters(mut at: usize) -> String {
    let mut name = String::new();
    loop {
        name.push(char::from(b'a' + u8::try_from(at % 26).expect("a letter")));
        at /= 26;
        if at == 0 {
            return name;
        }
    }
}
