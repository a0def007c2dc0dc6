//! Firehose delivery streams.

use std::fmt;
use std::sync::Arc;

use aws_sdk_firehose::Client;
use aws_sdk_firehose::config::Config;
use aws_sdk_firehose::config::timeout::TimeoutConfig;
use aws_sdk_firehose::error::{BuildError, ProvideErrorMetadata as _, SdkError};
use aws_sdk_firehose::operation::put_record_batch::{PutRecordBatchError, PutRecordBatchOutput};
use aws_sdk_firehose::primitives::Blob;
use aws_sdk_firehose::types::Record;
use enrich_engine::lookup::{BoxFuture, ErrorCode, Failure};
use enrich_engine::output::DeliveryStreams;
use enrich_engine::{Clock, Timestamp};

use crate::entries::{self, Entries, Taken};
use crate::fault::Fault;
use crate::limits::{Budget, Limits};

/// Puts lines into delivery streams, with `PutRecordBatch`. Firehose may take some records of a call and
/// leave others: those are put again, with pauses, until the time is up.
///
/// A call whose answer is lost is repeated, and then its records are there twice.
///
/// It needs the permission `firehose:PutRecordBatch` on the delivery streams.
#[derive(Clone)]
pub struct FirehoseStreams {
    client: Client,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

impl FirehoseStreams {
    /// Puts through `client`; `clock` says how far a deadline is.
    #[must_use]
    pub fn new(client: Client, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock, limits: Limits::OBJECTS }
    }

    /// The limits in force: by default 60 s for a put, 15 s for one attempt, 100 ms kept back.
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

impl DeliveryStreams for FirehoseStreams {
    fn put<'a>(
        &'a self,
        stream: &'a str,
        lines: &'a [Vec<u8>],
        deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Vec<Result<(), Failure>>> {
        Box::pin(async move {
            let budget = Budget::until(deadline, self.clock.as_ref(), &self.limits);
            let put = Put { streams: self, stream, lines };
            let taken = entries::send(&put, lines.len(), budget).await;
            let about = |fault: Fault| fault.about(format_args!("delivery stream `{stream}`"));
            taken.into_iter().map(|result| result.map_err(about)).collect()
        })
    }
}

struct Put<'a> {
    streams: &'a FirehoseStreams,
    stream: &'a str,
    lines: &'a [Vec<u8>],
}

impl Entries for Put<'_> {
    fn call<'a>(&'a self, places: &'a [usize], budget: Budget) -> BoxFuture<'a, Result<Taken, Fault>> {
        Box::pin(async move {
            let (left, attempt) = budget.attempt(&self.streams.limits)?;
            let lines = places.iter().filter_map(|at| self.lines.get(*at));
            let records = lines.map(|line| Record::builder().data(Blob::new(line.as_slice())).build());
            let records: Result<Vec<_>, BuildError> = records.collect();
            let sending = self
                .streams
                .client
                .put_record_batch()
                .delivery_stream_name(self.stream)
                .set_records(Some(records.map_err(|error| Fault::unmade(&error))?))
                .customize()
                .config_override(Config::builder().timeout_config(timeouts(attempt)))
                .send();
            match tokio::time::timeout(left, sending).await {
                Ok(Ok(answer)) => Ok(taken(&answer)),
                Ok(Err(error)) => Err(fault(&error)),
                Err(_) => Err(Fault::timeout()),
            }
        })
    }
}

fn timeouts(attempt: std::time::Duration) -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(attempt).build()
}

/// What Firehose answers where more comes than it takes, of a call as of a record.
const BUSY: &str = "ServiceUnavailableException";

fn fault(error: &SdkError<PutRecordBatchError>) -> Fault {
    match error.code() {
        Some(BUSY) => Fault::new(ErrorCode::Throttled, BUSY),
        _ => Fault::of(error),
    }
}

/// HTTP says 200 also where nothing was taken: each record has an error or an id of its own.
fn taken(answer: &PutRecordBatchOutput) -> Taken {
    let each = answer.request_responses().iter().map(|record| match record.error_code() {
        Some(BUSY) => Err(Fault::new(ErrorCode::Throttled, BUSY)),
        Some(code) => Err(Fault::entry(code, ErrorCode::Unavailable)),
        None if record.record_id().is_some() => Ok(()),
        None => Err(Fault::no_result()),
    });
    each.collect()
}

impl fmt::Debug for FirehoseStreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirehoseStreams").field("limits", &self.limits).finish_non_exhaustive()
    }
}
