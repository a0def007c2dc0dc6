//! What the tables hold, and the source that asks them where nothing or something fails.

use std::sync::Arc;
use std::time::Duration;

use enrich_engine::Timestamp;
use enrich_engine::lookup::{
    Answer, Answers, BoxFuture, ErrorCode, Failure, Item, Key, KeyValue, Questions, Source,
};

use crate::events::SECRET;
use crate::weather::SourceFault;
use crate::world::World;

/// The key of a known user.
pub(crate) fn user(known: usize) -> String {
    format!("u{known}-{SECRET}")
}

/// The key of a user whose item comes late: when depends on the number of its event.
pub(crate) fn late(number: usize) -> String {
    format!("late{number}-{SECRET}")
}

/// The title of the team of a known user; every fourth has one that does not exist.
pub(crate) fn team(known: usize) -> Option<String> {
    (known % 4 < 3).then(|| format!("team {}", known % 4))
}

/// The price of a product; every third does not exist.
pub(crate) fn price(product: usize) -> Option<usize> {
    (!product.is_multiple_of(3)).then_some(product * 10)
}

/// How long after the event a late item comes, in milliseconds.
pub(crate) fn lateness(number: usize) -> i64 {
    i64::try_from(number * 7_919 % 100_000).expect("milliseconds")
}

/// The tables of a world.
pub(crate) struct Tables(pub(crate) Arc<World>);

impl Source for Tables {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move { fetch(&self.0, questions).await })
    }
}

async fn fetch(world: &World, questions: &Questions) -> Answers {
    let (fault, latency) = world.with_weather(|weather| (weather.source(), weather.latency()));
    let fault = match fault {
        Some(SourceFault::Hang) => return timed_out(world, questions).await,
        Some(SourceFault::Rude) => {
            world.hang().await;
            None
        }
        Some(SourceFault::Panic) => std::panic::resume_unwind(Box::new("a fault of the source")),
        fault => fault,
    };
    if questions.deadline.is_some_and(|deadline| world.now() + latency >= deadline.as_millis()) {
        return timed_out(world, questions).await;
    }
    let now = world.now();
    tokio::time::sleep(Duration::from_millis(latency.unsigned_abs())).await;
    let mut answers = Answers::none_yet(questions);
    for (at, question) in questions.tables.iter().enumerate() {
        for (place, key) in question.keys.iter().enumerate() {
            let struck = fault.is_some() && world.with_weather(|weather| weather.dice.chance(60));
            let answer = match fault.filter(|_| struck) {
                Some(SourceFault::Fails(code)) => Some(failed(world, code)),
                Some(_) => {
                    world.source_failed(ErrorCode::NoAnswer);
                    None
                }
                None => Some(answer(&question.table.name, key, now)),
            };
            if let Some(answer) = answer {
                answers.set(at, place, answer);
            }
        }
    }
    answers
}

/// Nothing until there is no time left.
async fn timed_out(world: &World, questions: &Questions) -> Answers {
    let deadline = questions.deadline.map_or(i64::MAX, Timestamp::as_millis);
    world.sleep_until(deadline).await;
    let mut answers = Answers::none_yet(questions);
    for (at, question) in questions.tables.iter().enumerate() {
        for place in 0..question.keys.len() {
            answers.set(at, place, failed(world, ErrorCode::Timeout));
        }
    }
    answers
}

fn failed(world: &World, code: ErrorCode) -> Answer {
    world.source_failed(code);
    Answer::Failed(Failure::new(code, "the table fails as the model says"))
}

/// What the table holds under the key at that time.
fn answer(table: &str, key: &Key, now: i64) -> Answer {
    let text = match (table, key.parts()) {
        ("products", [KeyValue::Number(number)]) => {
            let product: usize = number.to_string().parse().expect("a product");
            price(product).map(|price| format!(r#"{{"id":{product},"price":{price},"hidden":"{SECRET}"}}"#))
        }
        ("teams", [KeyValue::String(id)]) => {
            let number = id.chars().nth(1).and_then(|digit| digit.to_digit(10)).expect("a team") as usize;
            team(number).map(|title| format!(r#"{{"id":"{id}","title":"{title}","hidden":"{SECRET}"}}"#))
        }
        ("users", [KeyValue::String(id)]) if id.starts_with("refused") => {
            return Answer::Failed(Failure::new(ErrorCode::Refused, "the table refuses the key"));
        }
        ("users", [KeyValue::String(id)]) => user_item(id, now),
        (table, key) => panic!("table {table} is asked for {key:?}"),
    };
    text.map_or(Answer::Missing, |text| {
        Answer::Found(Arc::new(Item::from_text(text.into()).expect("an item")))
    })
}

fn user_item(id: &str, now: i64) -> Option<String> {
    let name = id.split('-').next().expect("a name");
    if let Some(number) = name.strip_prefix("late") {
        let number = number.parse().expect("a number");
        let there = now >= crate::world::START + lateness(number);
        return there.then(|| format!(r#"{{"id":"{id}","segment":"late","hidden":"{SECRET}"}}"#));
    }
    if name == "odd" {
        return Some(format!(r#"{{"id":"{id}","segment":7,"hidden":"{SECRET}"}}"#));
    }
    let known: usize = name.strip_prefix('u')?.parse().ok()?;
    Some(format!(
        r#"{{"id":"{id}","segment":"s{known}","team":"t{}-{SECRET}","hidden":"{SECRET}"}}"#,
        known % 4
    ))
}
