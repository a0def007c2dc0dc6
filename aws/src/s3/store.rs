//! Objects in S3.

use std::fmt;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Config;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::primitives::ByteStream;
use enrich_engine::lookup::{BoxFuture, Failure};
use enrich_engine::output::{Object, ObjectStore};
use enrich_engine::{Clock, Timestamp};

use crate::fault::Fault;
use crate::limits::{Budget, Limits};

/// Keeps objects in S3, with `PutObject`. An object of the same key is replaced, so that a write that is
/// repeated leaves one object.
///
/// It needs the permission `s3:PutObject` on the keys that it writes.
#[derive(Clone)]
pub struct S3Store {
    client: Client,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

impl S3Store {
    /// Writes through `client`; `clock` says how far a deadline is.
    #[must_use]
    pub fn new(client: Client, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock, limits: Limits::OBJECTS }
    }

    /// The limits in force: by default 60 s for a write, 15 s for one attempt, 100 ms kept back.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The same store with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    async fn write(&self, object: &Object, deadline: Option<Timestamp>) -> Result<(), Fault> {
        let left = Budget::until(deadline, self.clock.as_ref(), &self.limits).left();
        if left.is_zero() {
            return Err(Fault::timeout());
        }
        let attempt = TimeoutConfig::builder().operation_attempt_timeout(self.limits.attempt.min(left));
        let sending = self
            .client
            .put_object()
            .bucket(&object.bucket)
            .key(&object.key)
            .content_type(object.content_type)
            .set_metadata(object.rules.clone().map(|rules| [("rules".to_owned(), rules)].into()))
            .body(ByteStream::from(object.body.clone()))
            .customize()
            .config_override(Config::builder().timeout_config(attempt.build()))
            .send();
        match tokio::time::timeout(left, sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Fault::of(&error)),
            Err(_) => Err(Fault::timeout()),
        }
    }
}

impl ObjectStore for S3Store {
    fn put<'a>(
        &'a self,
        object: &'a Object,
        deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let about = |fault: Fault| fault.about(format_args!("bucket `{}`", object.bucket));
            self.write(object, deadline).await.map_err(about)
        })
    }
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").field("limits", &self.limits).finish_non_exhaustive()
    }
}
