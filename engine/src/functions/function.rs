//! What a function is, and what holds for all of them alike.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use enrich_dsl::functions::Signature;

use super::bounded::TEXT_LIMIT;
use crate::Timestamp;
use crate::reasons::ReasonCode;
use crate::value::Value;

/// What a function may know besides its arguments.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallContext {
    /// The instant of the batch.
    pub now: Timestamp,
}

impl CallContext {
    /// A context at that instant.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { now }
    }
}

/// Why a function gives nothing. The event is rejected with it, or its lookup fails with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallError {
    /// A short stable word: `argument`, `arithmetic`, `cast`, `size`, …
    pub code: &'static str,
    /// One sentence, without any value out of the event.
    pub message: String,
}

impl CallError {
    /// An error of that kind.
    #[must_use]
    pub fn new(code: impl Into<&'static str>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for CallError {}

/// The code of a function: pure, and quick.
pub type Body = dyn for<'v> Fn(&[Value<'v>], CallContext) -> Result<Value<'v>, CallError> + Send + Sync;

/// Looks at the arguments that stand as plain text in a rule (`None` for all others) and says what is
/// wrong with them.
pub type Verify = fn(&[Option<&str>]) -> Option<String>;

/// A function: how it looks, and what it does.
#[derive(Clone)]
pub struct Function {
    pub(crate) signature: Signature,
    pub(crate) body: Arc<Body>,
    pub(crate) verify: Option<Verify>,
    /// Whether it tells what was decided about the event: no body sees that.
    pub(crate) tells_decisions: bool,
}

impl Function {
    /// A function. Its body is never called with an absent argument, nor with one of another type than its
    /// signature says (null is one of `any` only), nor with more or fewer than a call may have: those
    /// are dealt with for all functions alike.
    pub fn new(
        signature: Signature,
        body: impl for<'v> Fn(&[Value<'v>], CallContext) -> Result<Value<'v>, CallError> + Send + Sync + 'static,
    ) -> Self {
        Self { signature, body: Arc::new(body), verify: None, tells_decisions: false }
    }

    /// The function that tells what was decided about the event, worked out where its decisions are.
    pub(crate) fn of_decisions(signature: Signature) -> Self {
        Self { tells_decisions: true, ..Self::new(signature, |_, _| Ok(Value::Absent)) }
    }

    /// With a check of what stands in the rule as plain text, so that `check` can refuse it.
    #[must_use]
    pub fn verified_by(mut self, verify: Verify) -> Self {
        self.verify = Some(verify);
        self
    }

    /// How it looks.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Calls it, with what holds for all functions: absent over absent, the types of arguments, and the
    /// bound on a result.
    pub(crate) fn call<'v>(
        &self,
        arguments: &[Value<'v>],
        context: CallContext,
    ) -> Result<Value<'v>, CallError> {
        if arguments.iter().any(Value::is_absent) {
            return Ok(Value::Absent);
        }
        for (parameter, argument) in self.signature.parameters.iter().zip(arguments) {
            if !argument.ty().fits(parameter.ty) {
                return Err(CallError::new(
                    ReasonCode::Argument,
                    format!(
                        "`{}` of `{}` is {}, this is {}",
                        parameter.name,
                        self.signature.name,
                        parameter.ty.with_article(),
                        argument.with_article()
                    ),
                ));
            }
        }
        let result = (self.body)(arguments, context)?;
        // What a function only hands on may be larger: it is part of the event.
        match &result {
            Value::String(Cow::Owned(text)) | Value::Json(Cow::Owned(text)) if text.len() > TEXT_LIMIT => {
                Err(super::bounded::too_large())
            }
            _ => Ok(result),
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({})", self.signature.name)
    }
}
