//! Sends one request, and asks again for what is left open, as long as there is time.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Builder, Config};
use aws_sdk_dynamodb::error::SdkError;
use enrich_engine::lookup::{Answer, ErrorCode};

use super::answer::{Reading, read};
use super::lanes::Request;
use super::plan::{Asked, Part};
use super::request;
use crate::fault::Fault;
use crate::limits::{Backoff, Budget};

/// What asking needs besides the keys.
pub(super) struct Asking<'a> {
    pub(super) client: &'a Client,
    pub(super) budget: Budget,
    pub(super) attempt: Duration,
}

/// What became of one request.
pub(super) struct Outcome<'q> {
    pub(super) answered: Vec<(Asked<'q>, Answer)>,
    /// The keys that are still without an answer, and why.
    pub(super) open: Option<(Part<'q>, Fault)>,
}

impl<'q> Outcome<'q> {
    /// The one key asked has its answer.
    pub(super) fn answered(asked: Asked<'q>, answer: Answer) -> Self {
        Self { answered: vec![(asked, answer)], open: None }
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

    /// Asks until every key has an answer, a request fails for good, or the time is up. A throttled
    /// table is asked on: whether it says so for the whole request or for some keys is the same.
    async fn batch<'q>(&self, mut part: Part<'q>) -> Outcome<'q> {
        let mut answered = Vec::with_capacity(part.len());
        let mut patience = Patience::default();
        loop {
            let fault = match self.send(&part).await {
                Ok(Reading { answers, unprocessed }) => {
                    if !answers.is_empty() {
                        patience.rest();
                    }
                    answered.extend(answers);
                    if unprocessed.is_empty() {
                        return Outcome { answered, open: None };
                    }
                    part = unprocessed;
                    Fault::new(ErrorCode::Throttled, "UnprocessedKeys")
                }
                Err(fault) => fault,
            };
            if let Err(fault) = patience.wait_after(fault, self.budget).await {
                return Outcome { answered, open: Some((part, fault)) };
            }
        }
    }

    async fn send<'q>(&self, part: &Part<'q>) -> Result<Reading<'q>, Fault> {
        let (left, config) = self.attempt()?;
        let sending = self
            .client
            .batch_get_item()
            .set_request_items(Some(request::items(part)?))
            .customize()
            .config_override(config)
            .send();
        Ok(read(part, in_time(left, sending, Fault::of).await?))
    }

    /// The time that a request has with all its attempts, and what limits each of them.
    pub(super) fn attempt(&self) -> Result<(Duration, Builder), Fault> {
        let left = self.budget.left();
        if left.is_zero() {
            return Err(Fault::timeout());
        }
        let attempt = TimeoutConfig::builder().operation_attempt_timeout(self.attempt.min(left)).build();
        Ok((left, Config::builder().timeout_config(attempt)))
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

/// How one request bears being throttled.
#[derive(Default)]
pub(super) struct Patience {
    backoff: Backoff,
    throttled: Option<Fault>,
}

impl Patience {
    /// The table answers again.
    pub(super) fn rest(&mut self) {
        self.backoff = Backoff::default();
    }

    /// Pauses after throttling; `Err` with the fault to end with where that is none, or time is short.
    pub(super) async fn wait_after(&mut self, fault: Fault, budget: Budget) -> Result<(), Fault> {
        match fault.code {
            ErrorCode::Throttled => {}
            // What took the time was the throttling before.
            ErrorCode::Timeout => return Err(self.throttled.take().unwrap_or(fault)),
            _ => return Err(fault),
        }
        let pause = self.backoff.next();
        if pause >= budget.left() {
            return Err(fault);
        }
        tokio::time::sleep(pause).await;
        self.throttled = Some(fault);
        Ok(())
    }
}
