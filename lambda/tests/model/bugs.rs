//! Planted bugs: what would be wrong in a handler, a source or a store, put around the true ones.
//!
//! Each has to be caught. A bug that is not shows that the property is blind there.

use std::sync::Arc;

use enrich_engine::Timestamp;
use enrich_engine::lookup::{Answer, Answers, BoxFuture, Failure, Questions, Source};
use enrich_engine::output::{Object, ObjectStore};
use enrich_lambda::{Handler, Invoked};
use serde_json::Value;

use crate::callers::{Delivery, Element, Kind};
use crate::store::Bucket;
use crate::tables::Tables;
use crate::world::Check;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// Acknowledges a batch in which something failed.
    AcknowledgesEarly,
    /// Takes a key that the table left open for a missing item.
    DropsUnprocessedKeys,
    /// Goes on with defaults where a lookup failed.
    ErrorIsADefault,
    /// Says that an object is written, and does not write it.
    WritesNothing,
    /// Takes no notice of a write that failed.
    FailedWriteIsFine,
    /// Takes no notice of a reject that could not be written.
    FailedRejectIsFine,
    /// Takes the number that comes first as text for the lowest.
    NumbersAsText,
    /// Goes on behind a failure with the records behind it.
    WritesBehindAFailure,
    /// Names one of the failures.
    NamesOneFailure,
    /// Tells Firehose that what failed is dropped.
    FailedIsDropped,
    /// Leaves what failed out of the answer to a pipe.
    LeavesOutWhatFailed,
    /// Names objects by the invocation.
    NamesByInvocation,
    /// Sends no state of the window back.
    ForgetsTheState,
    /// Waits as long as it takes.
    MindsNoDeadline,
    /// Fails an invocation because of what can never be enriched.
    RejectsBlock,
    /// Tells Firehose of every record that it failed.
    GivesUpAtOnce,
    /// Names a record that is not in the batch.
    NamesARecordOfAnother,
    /// Writes what a rule drops.
    WritesWhatIsDropped,
    /// Writes the key into the message of a failure.
    TellsTheKey,
    /// Counts what failed as enriched.
    CountsTooMuch,
    /// Writes the events of an object in another order.
    Reorders,
    /// Writes an event with other white space.
    TouchesBytes,
}

pub(crate) const BUGS: [Bug; 22] = [
    Bug::AcknowledgesEarly,
    Bug::DropsUnprocessedKeys,
    Bug::ErrorIsADefault,
    Bug::WritesNothing,
    Bug::FailedWriteIsFine,
    Bug::FailedRejectIsFine,
    Bug::NumbersAsText,
    Bug::WritesBehindAFailure,
    Bug::NamesOneFailure,
    Bug::FailedIsDropped,
    Bug::LeavesOutWhatFailed,
    Bug::NamesByInvocation,
    Bug::ForgetsTheState,
    Bug::MindsNoDeadline,
    Bug::RejectsBlock,
    Bug::GivesUpAtOnce,
    Bug::NamesARecordOfAnother,
    Bug::WritesWhatIsDropped,
    Bug::TellsTheKey,
    Bug::CountsTooMuch,
    Bug::Reorders,
    Bug::TouchesBytes,
];

impl Bug {
    /// The check that has to catch it, whatever others notice.
    pub(crate) fn breaks(self) -> Check {
        match self {
            Bug::AcknowledgesEarly
            | Bug::WritesNothing
            | Bug::FailedWriteIsFine
            | Bug::FailedRejectIsFine
            | Bug::NumbersAsText
            | Bug::NamesOneFailure
            | Bug::FailedIsDropped
            | Bug::LeavesOutWhatFailed => Check::Durable,
            Bug::DropsUnprocessedKeys | Bug::ErrorIsADefault | Bug::TouchesBytes => Check::Content,
            Bug::WritesBehindAFailure | Bug::Reorders => Check::Order,
            Bug::NamesByInvocation => Check::OneKey,
            Bug::ForgetsTheState | Bug::NamesARecordOfAnother => Check::Answer,
            Bug::MindsNoDeadline => Check::Deadline,
            Bug::RejectsBlock => Check::Ends,
            Bug::GivesUpAtOnce => Check::Needless,
            Bug::TellsTheKey => Check::Secret,
            Bug::CountsTooMuch => Check::Counts,
            Bug::WritesWhatIsDropped => Check::Complete,
        }
    }

    /// Whether the bug is one of functions for that caller.
    pub(crate) fn concerns(self, kind: Kind) -> bool {
        match self {
            Bug::AcknowledgesEarly
            | Bug::NamesByInvocation
            | Bug::WritesNothing
            | Bug::FailedWriteIsFine
            | Bug::Reorders
            | Bug::NamesARecordOfAnother
            | Bug::TouchesBytes => !kind.takes_events(),
            Bug::NumbersAsText => matches!(kind, Kind::Kinesis | Kind::DynamoDb),
            Bug::WritesBehindAFailure => {
                matches!(kind, Kind::Kinesis | Kind::DynamoDb | Kind::Kafka | Kind::Fifo)
            }
            Bug::NamesOneFailure => matches!(kind, Kind::Sqs | Kind::Fifo | Kind::Kafka),
            Bug::FailedIsDropped | Bug::GivesUpAtOnce => {
                matches!(kind, Kind::Firehose | Kind::FirehoseStream)
            }
            // Only a source that never gives up shows it by not ending.
            Bug::RejectsBlock => matches!(kind, Kind::Kinesis | Kind::DynamoDb | Kind::Kafka),
            Bug::LeavesOutWhatFailed => matches!(kind, Kind::PipeKinesis | Kind::PipeSqs),
            Bug::WritesWhatIsDropped => matches!(kind, Kind::Sqs | Kind::Fifo),
            Bug::ForgetsTheState => kind == Kind::KinesisWindow,
            _ => true,
        }
    }
}

/// The tables, with the bug.
pub(crate) struct Asked {
    pub(crate) inner: Tables,
    pub(crate) bug: Option<Bug>,
}

impl Source for Asked {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            let mut asked = questions.clone();
            if self.bug == Some(Bug::MindsNoDeadline) {
                asked.deadline = None;
            }
            let mut answers = self.inner.fetch(&asked).await;
            for (at, question) in questions.tables.iter().enumerate() {
                for (place, key) in question.keys.iter().enumerate() {
                    let other = match (self.bug, answers.get(at, place)) {
                        (Some(Bug::DropsUnprocessedKeys), None) => Answer::Missing,
                        (Some(Bug::ErrorIsADefault), Some(Answer::Failed(failure))) if failure.transient => {
                            Answer::Missing
                        }
                        (Some(Bug::TellsTheKey), Some(Answer::Failed(failure))) => {
                            Answer::Failed(Failure::new(failure.code, format!("no answer for {key:?}")))
                        }
                        _ => continue,
                    };
                    answers.set(at, place, other);
                }
            }
            answers
        })
    }
}

/// The buckets, with the bug.
pub(crate) struct Written {
    pub(crate) inner: Bucket,
    pub(crate) bug: Option<Bug>,
}

impl ObjectStore for Written {
    fn put<'a>(
        &'a self,
        object: &'a Object,
        deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let lines = object.key.ends_with(".ndjson");
            let packed = object.key.ends_with(".gz") || object.key.ends_with(".zst");
            let text = || String::from_utf8_lossy(&object.body).into_owned();
            let mut other = object.clone();
            match self.bug {
                Some(Bug::WritesNothing) => return Ok(()),
                Some(Bug::NamesByInvocation) => {
                    other.key = object.key.replacen('/', &format!("/{}-", self.inner.invocation), 1);
                }
                Some(Bug::MindsNoDeadline) => return self.inner.put(object, None).await,
                Some(Bug::TouchesBytes) if object.bucket == "out" && !packed => {
                    other.body = text().replace("\",\"", "\", \"").into_bytes().into();
                }
                Some(Bug::Reorders) if lines => {
                    let text = text();
                    let lines = text.lines().rev().map(|line| format!("{line}\n"));
                    other.body = lines.collect::<String>().into_bytes().into();
                }
                _ => {}
            }
            let result = self.inner.put(&other, deadline).await;
            let fine = self.bug == Some(Bug::FailedWriteIsFine)
                || (self.bug == Some(Bug::FailedRejectIsFine) && object.bucket == "rejects");
            if fine { Ok(()) } else { result }
        })
    }
}

/// The handler, with the bug.
pub(crate) async fn invoke(
    bug: Option<Bug>,
    handler: &Handler,
    delivery: &Delivery,
    deadline: Timestamp,
) -> Invoked {
    let run = async |delivery: &Delivery| handler.invoke(delivery.body().as_bytes(), Some(deadline)).await;
    let mut invoked = run(delivery).await;
    match bug {
        Some(Bug::LeavesOutWhatFailed) if invoked.answer.is_err() => {
            let mut events = Vec::new();
            for element in &delivery.elements {
                let alone = run(&delivery.with(std::slice::from_ref(element))).await;
                let answer = alone.answer.unwrap_or_else(|_| b"[]".to_vec());
                let inside = String::from_utf8_lossy(&answer[1..answer.len() - 1]).into_owned();
                events.extend(Some(inside).filter(|inside| !inside.is_empty()));
            }
            invoked.answer = Ok(format!("[{}]", events.join(",")).into_bytes());
        }
        Some(Bug::RejectsBlock) if invoked.summary.rejected > 0 => {
            // The error is another one, and fails the invocation as well.
            invoked.answer = handler.invoke(b"{}", None).await.answer;
        }
        Some(Bug::CountsTooMuch) => invoked.summary.enriched += invoked.summary.failed,
        Some(Bug::GivesUpAtOnce) => invoked.answer = Ok(all_failed(delivery).into_bytes()),
        Some(Bug::WritesWhatIsDropped) if invoked.summary.dropped > 0 => {
            let kept = delivery.body().replace(r#"\"bot\""#, r#"\"bat\""#);
            handler.invoke(kept.as_bytes(), Some(deadline)).await;
        }
        Some(Bug::FailedIsDropped) => edit(&mut invoked, |text| text.replace("ProcessingFailed", "Dropped")),
        Some(Bug::WritesBehindAFailure) => {
            let behind = delivery.elements.iter().position(|element| named(&invoked).contains(&element.id));
            if let Some(behind) = behind {
                run(&delivery.with(&delivery.elements[behind + 1..])).await;
            }
        }
        Some(bug) => misreported(bug, delivery, &mut invoked),
        None => {}
    }
    invoked
}

/// Tells Firehose that every record failed.
fn all_failed(delivery: &Delivery) -> String {
    let failed = delivery.elements.iter().map(|element| {
        let data = element.text.split(r#""data":""#).nth(1).and_then(|rest| rest.split('"').next());
        let data = data.unwrap_or_default();
        format!(r#"{{"recordId":"{}","result":"ProcessingFailed","data":"{data}"}}"#, element.id)
    });
    format!(r#"{{"records":[{}]}}"#, failed.collect::<Vec<_>>().join(","))
}

fn edit(invoked: &mut Invoked, change: impl Fn(String) -> String) {
    if let Ok(answer) = &mut invoked.answer {
        *answer = change(String::from_utf8_lossy(answer).into_owned()).into_bytes();
    }
}

/// The ids that an answer names.
fn named(invoked: &Invoked) -> Vec<String> {
    let answer = invoked.answer.as_ref().ok().and_then(|answer| serde_json::from_slice::<Value>(answer).ok());
    let failures = answer.as_ref().and_then(|answer| answer.get("batchItemFailures")?.as_array().cloned());
    let id = |failure: Value| {
        let id = failure.get("itemIdentifier")?;
        Some(id.get("offset").map_or_else(|| id.as_str().unwrap_or_default().to_owned(), Value::to_string))
    };
    failures.unwrap_or_default().into_iter().filter_map(id).collect()
}

/// An event source mapping is told something else.
fn misreported(bug: Bug, delivery: &Delivery, invoked: &mut Invoked) {
    let named = named(invoked);
    let Some(answer) = invoked.answer.as_mut().ok() else { return };
    let Ok(mut value) = serde_json::from_slice::<Value>(answer) else { return };
    let Some(failures) = value.get_mut("batchItemFailures").and_then(Value::as_array_mut) else { return };
    match bug {
        Bug::AcknowledgesEarly => failures.clear(),
        Bug::NamesOneFailure => failures.truncate(1),
        Bug::NamesARecordOfAnother => {
            let id = failures.first_mut().and_then(|failure| failure.get_mut("itemIdentifier"));
            id.into_iter().for_each(|id| *id = "another".into());
        }
        Bug::NumbersAsText => {
            let behind = |element: &&Arc<Element>| Some(&element.id) != named.first();
            let failed: Vec<_> = delivery.elements.iter().skip_while(behind).collect();
            let lowest = failed.iter().map(|element| element.id.as_str()).min();
            if let (Some(lowest), Some(failure)) = (lowest, failures.first_mut()) {
                failure["itemIdentifier"] = lowest.into();
            }
        }
        Bug::ForgetsTheState => {
            value.as_object_mut().and_then(|answer| answer.remove("state"));
        }
        _ => return,
    }
    *answer = value.to_string().into_bytes();
}
