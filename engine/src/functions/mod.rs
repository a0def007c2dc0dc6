//! The functions that rules may call: one file each, with its signature, examples and code.
//!
//! [`Registry::standard`] holds the language's own; an embedding program adds its own with
//! [`Registry::with`].

mod boolean;
mod format_time;
mod length;
mod lower;
mod now;
mod number;
mod sha256;
mod string;
mod trim;
mod upper;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use enrich_dsl::functions::Signature;

use crate::Timestamp;
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
    /// A short stable word: `argument`, `cast`, …
    pub code: &'static str,
    /// One sentence, without any value out of the event.
    pub message: String,
}

impl CallError {
    /// An error of that kind.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
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
}

impl Function {
    /// A function. Its body is never called with an absent argument, nor with a null one or one of
    /// another type than its signature says: those are dealt with for all functions alike.
    pub fn new(
        signature: Signature,
        body: impl for<'v> Fn(&[Value<'v>], CallContext) -> Result<Value<'v>, CallError> + Send + Sync + 'static,
    ) -> Self {
        Self { signature, body: Arc::new(body), verify: None }
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

    /// Calls it, with what holds for all functions: absent over absent, and the types of arguments.
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
                    "argument",
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
        (self.body)(arguments, context)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({})", self.signature.name)
    }
}

/// The functions that a rule set may call.
#[derive(Clone, Debug)]
pub struct Registry {
    functions: HashMap<&'static str, Function>,
}

/// A name that a registry has already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTaken(pub &'static str);

impl fmt::Display for NameTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is a function `{}` already", self.0)
    }
}

impl std::error::Error for NameTaken {}

impl Registry {
    /// The language's own functions.
    #[must_use]
    pub fn standard() -> Self {
        let all = [
            boolean::function(),
            format_time::function(),
            length::function(),
            lower::function(),
            now::function(),
            number::function(),
            sha256::function(),
            string::function(),
            trim::function(),
            upper::function(),
        ];
        Self { functions: all.into_iter().map(|function| (function.signature.name, function)).collect() }
    }

    /// With one more function.
    ///
    /// # Errors
    /// Where the name is taken: a rule must mean the same wherever it runs.
    pub fn with(mut self, function: Function) -> Result<Self, NameTaken> {
        let name = function.signature.name;
        if self.functions.contains_key(name) {
            return Err(NameTaken(name));
        }
        self.functions.insert(name, function);
        Ok(self)
    }

    /// The function of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Function> {
        self.functions.get(name)
    }

    /// How all functions look, by name.
    #[must_use]
    pub fn signatures(&self) -> Vec<Signature> {
        let mut signatures: Vec<_> = self.functions.values().map(|function| function.signature).collect();
        signatures.sort_by_key(|signature| signature.name);
        signatures
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::standard()
    }
}
