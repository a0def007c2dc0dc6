//! DynamoDB tables as a source of lookups.
//!
//! 1. `plan` checks each key against what its table declares and packs the keys of all tables into the
//!    fewest requests. A key of an index is a request of its own.
//! 2. `lanes` says which request is next, so that no index holds up the tables or another index.
//! 3. `request` writes one `BatchGetItem` or `Query`: only the attributes that are needed, every name
//!    behind an alias.
//! 4. `ask` sends it and asks again for what comes back unprocessed, as long as there is time; `query`
//!    does the same for one key of an index. `retries` says how often, and what that may cost.
//! 5. `answer` matches items to questions through the items' own keys; `item` turns them into JSON.
//! 6. `split` decides what becomes of a request that is refused as a whole: it is asked again table by
//!    table, then half by half, so that a fault stays with the table or the key that caused it.
//!
//! `describe` and `warm` stand beside that: before there are any events they ask what the tables themselves are, and open
//! a connection.
//!
//! # Permissions
//!
//! `dynamodb:BatchGetItem` on each table that is asked by its own key, and `dynamodb:Query` on each index
//! that is asked, as `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/index/INDEX`.
//! [`DynamoDbSource::describe`], which no lookup calls, needs `dynamodb:DescribeTable`.
//!
//! # Indexes
//!
//! `BatchGetItem` knows no indexes, so each key of an index is one `Query`; all requests of a stage,
//! batches and queries, are under way together, within one limit. What differs from a table:
//!
//! - Two items under one key are the failure `ambiguous`.
//! - Attributes that are not projected into a global index are absent from its items, as if the items had
//!   none. The table is not asked for them.
//! - An index that is still being filled counts as absent: it could not tell what is missing.
//! - After one answer that an index is denied or absent, no more queries are sent to it.

mod answer;
mod ask;
mod describe;
mod item;
mod lanes;
mod plan;
mod query;
mod request;
mod retries;
mod split;
mod warm;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use enrich_engine::Clock;
use enrich_engine::lookup::{Answer, Answers, BoxFuture, Questions, Source};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::limits::{Budget, Limits};
use ask::{Asking, Outcome};
use lanes::Lanes;
use retries::Retries;
use split::Split;

/// Answers lookups from DynamoDB tables, with `BatchGetItem`, and from their indexes, with one `Query` for
/// each key. All reads are eventually consistent.
///
/// Clones share one retry budget for each table.
///
/// It needs the permission `dynamodb:BatchGetItem` on each table and `dynamodb:Query` on each index that is
/// asked, and no other.
#[derive(Clone)]
pub struct DynamoDbSource {
    client: Client,
    clock: Arc<dyn Clock>,
    limits: Limits,
    retries: Arc<Retries>,
}

impl DynamoDbSource {
    /// Asks through `client`; `clock` says how far a deadline is.
    #[must_use]
    pub fn new(client: Client, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock, limits: Limits::LOOKUPS, retries: Arc::default() }
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

    /// Opens a connection for the first request, so that it need not wait for the handshakes: for a program that has
    /// time before its first batch. Ends after `longest` at the latest, and says nothing of what went wrong: the first
    /// request will.
    pub async fn warm(&self, longest: Duration) {
        warm::warm(&self.client, longest).await;
    }

    fn asking(&self, budget: Budget) -> Asking<'_> {
        Asking { client: &self.client, budget, attempt: self.limits.attempt, retries: &self.retries }
    }

    async fn answer(&self, questions: &Questions) -> Answers {
        let mut answers = Answers::none_yet(questions);
        let parts = plan::parts(questions, &mut answers);
        let mut lanes = Lanes::new(parts, plan::queries(questions, &mut answers));
        let budget = Budget::until(questions.deadline, self.clock.as_ref(), &self.limits);
        let asking = self.asking(budget);
        let mut split = Split::new(questions.tables.len());
        let mut flying = FuturesUnordered::new();
        loop {
            while flying.len() < self.limits.in_flight.max(1)
                && let Some(request) = lanes.next()
            {
                flying.push(asking.ask(request));
            }
            let Some((lane, outcome)) = flying.next().await else { return answers };
            let Outcome { answered, open, throttled_out, requests } = outcome;
            lanes.landed(lane);
            answers.count(requests);
            for (asked, answer) in answered {
                split.answered(asked);
                answers.set(asked.table, asked.place, answer);
            }
            for (part, fault) in open {
                match split.parts(part, fault.code) {
                    Ok(parts) => lanes.again(parts),
                    Err(part) => {
                        let hopeless = split.hopeless(&part, fault.code, throttled_out);
                        let given_up = lanes.give_up(lane, fault.code, &hopeless);
                        for asked in part.into_iter().chain(given_up) {
                            let failure = fault.about(asked.subject());
                            answers.set(asked.table, asked.place, Answer::Failed(failure));
                        }
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
