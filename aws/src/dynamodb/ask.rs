//! Sends one request, and asks again for what is left open, as long as there is time.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Builder, Config};
use aws_sdk_dynamodb::error::SdkError;
use enrich_engine::lookup::{Answer, ErrorCode, Requests};

use super::answer::{Reading, read};
use super::lanes::Request;
use super::plan::{Asked, Part};
use super::request;
use super::retries::{Patience, Retries};
use crate::fault::Fault;
use crate::limits::Budget;

/// What asking needs besides the keys.
pub(super) struct Asking<'a> {
    pub(super) client: &'a Client,
    pub(super) budget: Budget,
    pub(super) attempt: Duration,
    pub(super) retries: &'a Retries,
}

/// What became of one request.
pub(super) struct Outcome<'q> {
    pub(super) answered: Vec<(Asked<'q>, Answer)>,
    /// The keys that are still without an answer, and why.
    pub(super) open: Vec<(Part<'q>, Fault)>,
    /// Whether it was throttled to the end of the time.
    pub(super) throttled_out: bool,
    /// What went over the wire for it.
    pub(super) requests: Requests,
}

impl<'q> Outcome<'q> {
    /// The one key asked has its answer.
    pub(super) fn answered(asked: Asked<'q>, answer: Answer, requests: Requests) -> Self {
        Self { answered: vec![(asked, answer)], open: Vec::new(), throttled_out: false, requests }
    }
}

impl Asking<'_> {
    /// Asks what `request` asks; the lane passes through.
    pub(super) async fn ask<'q>(&self, (lane, request): (usize, Request<'q>)) -> (usize, Outcome<'q>) {
        let outcome = match request {
            Request::Batch(part) => self.batch(part).await,
            Request::Query(query) => self.query(query).await,
        };
        (lane, outcome)
    }

    /// Asks until every key has an answer, a request fails for good, or time or retries are used up. A
    /// throttled table is asked on: whether it says so for the whole request or for some keys is the same.
    async fn batch<'q>(&self, mut part: Part<'q>) -> Outcome<'q> {
        let answered = Vec::with_capacity(part.len());
        let requests = Requests::default();
        let mut outcome = Outcome { answered, open: Vec::new(), throttled_out: false, requests };
        let mut patience = Patience::default();
        loop {
            let mut progress = BTreeSet::new();
            let fault = match self.send(&part, &mut outcome.requests).await {
                Ok(Reading { answers, unprocessed }) => {
                    if !answers.is_empty() {
                        patience.rest();
                    }
                    outcome.requests.unprocessed += u64::try_from(unprocessed.len()).unwrap_or(u64::MAX);
                    progress = self.progress(&answers);
                    outcome.answered.extend(answers);
                    part = unprocessed;
                    Fault::new(ErrorCode::Throttled, "UnprocessedKeys")
                }
                Err(fault) => fault,
            };
            if fault.may_pass() {
                let spent = self.spent(&mut part, &progress);
                outcome.open.extend((!spent.is_empty()).then(|| (spent, fault.clone())));
            }
            if part.is_empty() {
                return outcome;
            }
            if let Err(fault) = patience.wait_after(fault, self.budget).await {
                outcome.throttled_out = fault.code == ErrorCode::Throttled;
                outcome.open.push((part, fault));
                return outcome;
            }
        }
    }

    /// The tables that have answered.
    fn progress(&self, answers: &[(Asked<'_>, Answer)]) -> BTreeSet<usize> {
        let mut tables = BTreeSet::new();
        for (asked, _) in answers {
            if tables.insert(asked.table) {
                self.retries.answered(&asked.subject());
            }
        }
        tables
    }

    /// Takes the keys out of the part whose tables have no retry left. One that answers some keys needs none to
    /// be asked for the others: large items come in several answers.
    fn spent<'q>(&self, part: &mut Part<'q>, progress: &BTreeSet<usize>) -> Part<'q> {
        let (mut spent, mut left) = (Part::new(), Part::with_capacity(part.len()));
        for run in part.chunk_by(|one, other| one.table == other.table) {
            let Some(asked) = run.first() else { continue };
            let again = progress.contains(&asked.table) || self.retries.take(&asked.subject());
            if again { left.extend(run) } else { spent.extend(run) }
        }
        *part = left;
        spent
    }

    async fn send<'q>(&self, part: &Part<'q>, requests: &mut Requests) -> Result<Reading<'q>, Fault> {
        let (left, config) = self.attempt()?;
        let items = request::items(part)?;
        requests.repeated += u64::from(requests.sent > 0);
        requests.sent += 1;
        let sending = self
            .client
            .batch_get_item()
            .set_request_items(Some(items))
            .customize()
            .config_override(config)
            .send();
        Ok(read(part, in_time(left, sending, Fault::of).await?))
    }

    /// The time that is left, and what limits one attempt. [`Patience`] alone repeats it.
    pub(super) fn attempt(&self) -> Result<(Duration, Builder), Fault> {
        let left = self.budget.left();
        if left.is_zero() {
            return Err(Fault::timeout());
        }
        let attempt = TimeoutConfig::builder().operation_attempt_timeout(self.attempt.min(left)).build();
        Ok((left, Config::builder().timeout_config(attempt).retry_config(RetryConfig::disabled())))
    }
}

/// Waits for an answer no longer than that.
pub(super) async fn in_time<T, E>(
    left: Duration,
    sending: impl Future<Output = Result<T, SdkError<E>>>,
    fault: impl FnOnce(&SdkError<E>) -> Fault,
) -> Result<T, Fault> {
    match tokio::time::timeout(left, sending).await {
        Ok(answer) => answer.map_err(|error| fault(&error)),
        Err(_) => Err(Fault::timeout()),
    }
}
