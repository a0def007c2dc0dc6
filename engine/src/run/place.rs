//! Where an enriched event goes.

use std::borrow::Cow;
use std::sync::Arc;

use crate::batch::{ObjectPlace, Placement};
use crate::context::Context;
use crate::eval::{Scope, Stop};
use crate::program::{Expr, Output, Program, Rule};
use crate::reasons::{Reason, ReasonCode};

/// The longest prefix of an object's key: S3 allows 1,024 bytes for the whole, and the rest is for the
/// name of the record.
const MAX_PREFIX_BYTES: usize = 600;

/// The longest value of a partition key: no object of S3 has a longer key.
const MAX_PARTITION_BYTES: usize = 1024;

/// Where the events of a batch go. Those of a rule mostly go to one place, which is made once.
pub(super) struct Places(Vec<Option<Arc<ObjectPlace>>>);

impl Places {
    pub(super) fn new(program: &Program) -> Self {
        Self(program.rules.iter().map(|_| None).collect())
    }

    /// Where the event's output goes, if the caller wants to know and the rule says it. `at` is the place of the
    /// rule in its program.
    #[inline]
    pub(super) fn placement<'s>(
        &mut self,
        at: usize,
        rule: &Rule,
        scope: impl FnOnce() -> Scope<'s, 's>,
        context: Context,
    ) -> Result<Option<Placement>, Reason> {
        if context.placed
            && !context.partitioned
            && let Some(Output::S3 { is_constant: true, .. }) = &rule.output
            && let Some(Some(place)) = self.0.get(at)
        {
            return Ok(Some(Placement::Object(Arc::clone(place))));
        }
        self.worked_out(at, rule, scope, context)
    }

    /// The same where it is not known already.
    #[inline(never)]
    fn worked_out<'s>(
        &mut self,
        at: usize,
        rule: &Rule,
        scope: impl FnOnce() -> Scope<'s, 's>,
        context: Context,
    ) -> Result<Option<Placement>, Reason> {
        if context.partitioned {
            return partition(rule, scope()).map(Some);
        }
        let Some(output) = rule.output.as_ref().filter(|_| context.placed) else { return Ok(None) };
        match output {
            Output::Firehose(stream) => Ok(Some(Placement::Firehose(stream.clone()))),
            Output::S3 { bucket, prefix, per, compression, .. } => {
                let last = self.0.get(at).and_then(Option::as_ref);
                let prefix = evaluated(prefix, scope())?;
                if let Some(place) = last.filter(|place| place.prefix == prefix) {
                    return Ok(Some(Placement::Object(Arc::clone(place))));
                }
                let (bucket, per, compression) = (bucket.clone(), *per, *compression);
                let place = Arc::new(ObjectPlace { bucket, prefix, per, compression });
                if let Some(last) = self.0.get_mut(at) {
                    *last = Some(Arc::clone(&place));
                }
                Ok(Some(Placement::Object(place)))
            }
        }
    }
}

/// The values of the partition keys.
fn partition(rule: &Rule, scope: Scope<'_, '_>) -> Result<Placement, Reason> {
    let mut values = Vec::with_capacity(rule.partition.len());
    for (name, value) in &rule.partition {
        let no_value = |what: &str| {
            let message = format!("the partition key `{name}` {what}");
            Reason::new(ReasonCode::Partition, message)
        };
        let value = match scope.value(value) {
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

/// What stands before the name of an object.
fn evaluated(prefix: &Expr, scope: Scope<'_, '_>) -> Result<String, Reason> {
    let no_prefix = || Reason::new(ReasonCode::Prefix, "a hole in the output's prefix is absent or null");
    let prefix = match scope.value(prefix) {
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
