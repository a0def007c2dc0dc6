//! DynamoDB tables as a source of lookups.
//!
//! 1. `plan` checks each key against what its table declares and packs the keys of all tables into the
//!    fewest requests.
//! 2. `request` writes one `BatchGetItem`: only the attributes that are needed, every name behind an
//!    alias.
//! 3. `ask` sends it and asks again for what comes back unprocessed, as long as there is time.
//! 4. `answer` matches items to questions through the items' own keys; `item` turns them into JSON.
//! 5. `split` decides what becomes of a request that is refused as a whole: it is asked again table by
//!    table, then half by half, so that a fault stays with the table or the key that caused it.

mod answer;
mod ask;
mod item;
mod plan;
mod request;
mod split;

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use enrich_engine::Clock;
use enrich_engine::lookup::{Answer, Answers, BoxFuture, Questions, Source};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::limits::{Budget, Limits};
use ask::{Asking, Outcome};
use split::Split;

/// Answers lookups from DynamoDB tables, with `BatchGetItem` and eventually consistent reads.
///
/// It needs the permission `dynamodb:BatchGetItem` on each table, and no other.
#[derive(Clone)]
pub struct DynamoDbSource {
    client: Client,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

impl DynamoDbSource {
    /// Asks through `client`; `clock` says how far a deadline is.
    #[must_use]
    pub fn new(client: Client, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock, limits: Limits::LOOKUPS }
    }

    /// The limits in force: by default 30 s for a stage, 3 s for a request, 100 ms kept back, 8 requests
    /// at a time.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The same source with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    async fn answer(&self, questions: &Questions) -> Answers {
        let mut answers = Answers::none_yet(questions);
        let mut waiting = plan::parts(questions, &mut answers);
        let budget = Budget::until(questions.deadline, self.clock.as_ref(), &self.limits);
        let asking = Asking { client: &self.client, budget, attempt: self.limits.attempt };
        let mut split = Split::new(questions.tables.len());
        let mut flying = FuturesUnordered::new();
        loop {
            while flying.len() < self.limits.in_flight.max(1)
                && let Some(part) = waiting.pop_front()
            {
                flying.push(asking.ask(part));
            }
            let Some(Outcome { answered, open }) = flying.next().await else { return answers };
            for (asked, answer) in answered {
                split.answered(asked);
                answers.set(asked.table, asked.place, answer);
            }
            let Some((part, fault)) = open else { continue };
            match split.parts(part, fault.code) {
                Ok(parts) => waiting.extend(parts),
                Err(part) => {
                    for asked in part {
                        let failure = fault.about(asked.subject());
                        answers.set(asked.table, asked.place, Answer::Failed(failure));
                    }
                }
            }
        }
    }
}

impl Source for DynamoDbSource {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(self.answer(questions))
    }
}

impl fmt::Debug for DynamoDbSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoDbSource").field("limits", &self.limits).finish_non_exhaustive()
    }
}
