//! Where an enriched event goes.

use std::borrow::Cow;
use std::sync::Arc;

use super::Run;
use crate::batch::{ObjectPlace, Placement};
use crate::eval::Stop;
use crate::program::{Expr, Output};
use crate::reasons::{Reason, ReasonCode};

/// The longest prefix of an object's key: S3 allows 1,024 bytes for the whole, and the rest is for the
/// name of the record.
const MAX_PREFIX_BYTES: usize = 600;

/// The longest value of a partition key: no object of S3 has a longer key.
const MAX_PARTITION_BYTES: usize = 1024;

impl Run<'_, '_> {
    /// Where the event's output goes, if the caller wants to know and the rule says it.
    pub(super) fn placement(&self) -> Result<Option<Placement>, Reason> {
        if self.context.partitioned {
            return self.partition().map(Some);
        }
        let Some(output) = self.rule.output.as_ref().filter(|_| self.context.placed) else { return Ok(None) };
        Ok(Some(match output {
            Output::Firehose(stream) => Placement::Firehose(stream.clone()),
            Output::S3 { bucket, prefix, per, compression } => Placement::Object(ObjectPlace {
                bucket: bucket.clone(),
                prefix: self.prefix(prefix)?,
                per: *per,
                compression: *compression,
            }),
        }))
    }

    /// The values of the partition keys.
    fn partition(&self) -> Result<Placement, Reason> {
        let mut values = Vec::with_capacity(self.rule.partition.len());
        for (name, value) in &self.rule.partition {
            let no_value = |what: &str| {
                let message = format!("the partition key `{name}` {what}");
                Reason::new(ReasonCode::Partition, message)
            };
            let value = match self.scope(None).value(value) {
                Ok(value) => value.as_str().map(Cow::into_owned),
                Err(Stop::Upstream) => None,
                Err(Stop::Error(reason)) => return Err(reason),
            };
            let value = value.ok_or_else(|| no_value("is absent or null"))?;
            if value.is_empty() {
                return Err(no_value("is empty"));
            }
            if value.len() > MAX_PARTITION_BYTES {
                return Err(no_value(&format!("is longer than {MAX_PARTITION_BYTES} bytes")));
            }
            values.push((Arc::clone(name), value));
        }
        Ok(Placement::Partition(values))
    }

    fn prefix(&self, prefix: &Expr) -> Result<String, Reason> {
        let no_prefix = || Reason::new(ReasonCode::Prefix, "a hole in the output's prefix is absent or null");
        let prefix = match self.scope(None).value(prefix) {
            Ok(value) => value.as_str().map(Cow::into_owned).ok_or_else(no_prefix)?,
            Err(Stop::Upstream) => return Err(no_prefix()),
            Err(Stop::Error(reason)) => return Err(reason),
        };
        if prefix.len() > MAX_PREFIX_BYTES {
            let message = format!("the output's prefix is longer than {MAX_PREFIX_BYTES} bytes");
            return Err(Reason::new(ReasonCode::Prefix, message));
        }
        if prefix.split('/').rev().skip(1).any(|folder| matches!(folder, "." | "..")) {
            let message = "the output's prefix has a folder `.` or `..`, which S3 may refuse for ever";
            return Err(Reason::new(ReasonCode::Prefix, message));
        }
        Ok(prefix)
    }
}
