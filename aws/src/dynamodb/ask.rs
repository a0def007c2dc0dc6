//! Sends one request, and asks again for what is left open, as long as there is time.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Config;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use enrich_engine::lookup::{Answer, ErrorCode};

use super::answer::{Reading, read};
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

/// What became of one part.
pub(super) struct Outcome<'q> {
    pub(super) answered: Vec<(Asked<'q>, Answer)>,
    /// The keys that are still without an answer, and why.
    pub(super) open: Option<(Part<'q>, Fault)>,
}

impl Asking<'_> {
    /// Asks until every key has an answer, a request fails for good, or the time is up. A throttled
    /// table is asked on: whether it says so for the whole request or for some keys is the same.
    pub(super) async fn ask<'q>(&self, mut part: Part<'q>) -> Outcome<'q> {
        let mut answered = Vec::with_capacity(part.len());
        let mut backoff = Backoff::default();
        let mut throttled = None;
        loop {
            let fault = match self.send(&part).await {
                Ok(Reading { answers, unprocessed }) => {
                    if !answers.is_empty() {
                        backoff = Backoff::default();
                    }
                    answered.extend(answers);
                    if unprocessed.is_empty() {
                        return Outcome { answered, open: None };
                    }
                    part = unprocessed;
                    Fault::new(ErrorCode::Throttled, "UnprocessedKeys")
                }
                Err(fault) if fault.code == ErrorCode::Throttled => fault,
                // What took the time was the throttling before.
                Err(fault) if fault.code == ErrorCode::Timeout => {
                    let fault = throttled.unwrap_or(fault);
                    return Outcome { answered, open: Some((part, fault)) };
                }
                Err(fault) => return Outcome { answered, open: Some((part, fault)) },
            };
            let pause = backoff.next();
            if pause >= self.budget.left() {
                return Outcome { answered, open: Some((part, fault)) };
            }
            tokio::time::sleep(pause).await;
            throttled = Some(fault);
        }
    }

    async fn send<'q>(&self, part: &Part<'q>) -> Result<Reading<'q>, Fault> {
        let left = self.budget.left();
        if left.is_zero() {
            return Err(Fault::timeout());
        }
        let attempt = TimeoutConfig::builder().operation_attempt_timeout(self.attempt.min(left)).build();
        let sending = self
            .client
            .batch_get_item()
            .set_request_items(Some(request::items(part)?))
            .customize()
            .config_override(Config::builder().timeout_config(attempt))
            .send();
        match tokio::time::timeout(left, sending).await {
            Ok(Ok(output)) => Ok(read(part, output)),
            Ok(Err(error)) => Err(Fault::of(&error)),
            Err(_) => Err(Fault::timeout()),
        }
    }
}
