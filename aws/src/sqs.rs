//! SQS queues.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{Builder, Config, Region};
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, SendMessageBatchRequestEntry};
use enrich_engine::lookup::{BoxFuture, ErrorCode, Failure};
use enrich_engine::output::{Message, Postponed, Queues};
use enrich_engine::{Clock, Queue, Timestamp};

use crate::entries::{self, Entries, Taken};
use crate::fault::Fault;
use crate::limits::{Budget, Limits};

/// Sends messages to queues, with `SendMessageBatch`. SQS may take some messages of a call and leave
/// others: those are sent again, with pauses, until the time is up. Where it refuses a call as a whole, each
/// message is sent alone, so that only what is at fault is refused.
///
/// A call whose answer is lost is repeated, and then its messages are there twice; not so in a FIFO queue.
///
/// A queue whose URL says its region is asked there. It needs the permission `sqs:SendMessage` on the queues, and to
/// keep messages back `sqs:ChangeMessageVisibility`.
#[derive(Clone)]
pub struct SqsQueues {
    client: Client,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

impl SqsQueues {
    /// Sends through `client`; `clock` says how far a deadline is.
    #[must_use]
    pub fn new(client: Client, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock, limits: Limits::OBJECTS }
    }

    /// The limits in force: by default 60 s for a call with its repetitions, 15 s for one attempt, 100 ms
    /// kept back.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

impl Queues for SqsQueues {
    fn send<'a>(
        &'a self,
        queue: &'a Queue,
        messages: &'a [Message],
        deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Vec<Result<(), Failure>>> {
        Box::pin(async move {
            let budget = Budget::until(deadline, self.clock.as_ref(), &self.limits);
            let send = |messages| Send { queues: self, queue, messages };
            let mut taken = entries::send(&send(messages), messages.len(), budget).await;
            let refused =
                |result: &Result<(), Fault>| matches!(result, Err(fault) if fault.code == ErrorCode::Refused);
            if messages.len() > 1 && taken.iter().all(refused) {
                taken.clear();
                for message in messages.chunks(1) {
                    taken.extend(entries::send(&send(message), 1, budget).await);
                }
            }
            let about = |fault: Fault| fault.about(format_args!("queue `{}`", queue.name));
            taken.into_iter().map(|result| result.map_err(about)).collect()
        })
    }

    /// One call without repetition: what it is for can wait, and the answer to the invocation can't.
    fn postpone<'a>(
        &'a self,
        queue: &'a Queue,
        messages: &'a [Postponed],
        deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let budget = Budget::until(deadline, self.clock.as_ref(), &self.limits);
            let Ok((left, attempt)) = budget.attempt(&self.limits) else { return };
            let entries = messages.iter().enumerate().map(|(at, message)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(at.to_string())
                    .receipt_handle(&message.receipt_handle)
                    .visibility_timeout(i32::try_from(message.seconds).unwrap_or(i32::MAX))
                    .build()
            });
            let Ok(entries) = entries.collect::<Result<Vec<_>, BuildError>>() else { return };
            let call = self
                .client
                .change_message_visibility_batch()
                .queue_url(&queue.url)
                .set_entries(Some(entries))
                .customize()
                .config_override(config(queue, attempt))
                .send();
            // Where it fails the messages come when their queue says.
            let _ = tokio::time::timeout(left, call).await;
        })
    }
}

/// The settings of one call.
fn config(queue: &Queue, attempt: Duration) -> Builder {
    let attempt = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
    let config = Config::builder().timeout_config(attempt);
    match &queue.region {
        Some(region) => config.region(Region::new(region.clone())),
        None => config,
    }
}

struct Send<'a> {
    queues: &'a SqsQueues,
    queue: &'a Queue,
    messages: &'a [Message],
}

impl Entries for Send<'_> {
    fn call<'a>(&'a self, places: &'a [usize], budget: Budget) -> BoxFuture<'a, Result<Taken, Fault>> {
        Box::pin(async move {
            let (left, attempt) = budget.attempt(&self.queues.limits)?;
            let messages = places.iter().filter_map(|at| Some((*at, self.messages.get(*at)?)));
            let entries: Result<Vec<_>, BuildError> =
                messages.map(|(at, message)| entry(at, message)).collect();
            let sending = self
                .queues
                .client
                .send_message_batch()
                .queue_url(&self.queue.url)
                .set_entries(Some(entries.map_err(|error| Fault::unmade(&error))?))
                .customize()
                .config_override(config(self.queue, attempt))
                .send();
            match tokio::time::timeout(left, sending).await {
                Ok(Ok(answer)) => Ok(taken(places, &answer)),
                Ok(Err(error)) => Err(Fault::of(&error)),
                Err(_) => Err(Fault::timeout()),
            }
        })
    }
}

fn entry(at: usize, message: &Message) -> Result<SendMessageBatchRequestEntry, BuildError> {
    let entry = SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(&message.body);
    match &message.fifo {
        Some(fifo) => {
            entry.message_group_id(&fifo.group).message_deduplication_id(&fifo.deduplication).build()
        }
        None => entry.build(),
    }
}

/// Each message is among those that were taken or among those that were not, by its id.
fn taken(places: &[usize], answer: &SendMessageBatchOutput) -> Taken {
    let each = places.iter().map(|at| {
        let id = at.to_string();
        if let Some(failed) = answer.failed().iter().find(|failed| failed.id() == id) {
            let otherwise = if failed.sender_fault() { ErrorCode::Refused } else { ErrorCode::Unavailable };
            return Err(Fault::entry(failed.code(), otherwise));
        }
        let sent = answer.successful().iter().any(|sent| sent.id() == id);
        if sent { Ok(()) } else { Err(Fault::no_result()) }
    });
    each.collect()
}

impl fmt::Debug for SqsQueues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqsQueues").field("limits", &self.limits).finish_non_exhaustive()
    }
}
