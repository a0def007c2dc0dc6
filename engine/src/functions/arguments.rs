//! Arguments as the functions read them. Their types have been checked by [`Function::call`].
//!
//! [`Function::call`]: super::Function

use std::borrow::Cow;

use enrich_dsl::functions::Signature;

use super::CallError;
use crate::Timestamp;
use crate::decimal::{self, Rounding};
use crate::json::{Document, Node};
use crate::reasons::ReasonCode;
use crate::value::Value;

/// The argument for a text.
pub(super) fn text<'a>(arguments: &'a [Value<'_>], at: usize) -> Cow<'a, str> {
    arguments.get(at).and_then(Value::as_str).unwrap_or_default()
}

/// The argument for a number, as its text.
pub(super) fn number<'a>(arguments: &'a [Value<'_>], at: usize) -> &'a str {
    arguments.get(at).and_then(Value::as_number).unwrap_or("0")
}

/// The argument for any value.
pub(super) fn any<'a, 'v>(arguments: &'a [Value<'v>], at: usize) -> &'a Value<'v> {
    arguments.get(at).unwrap_or(&Value::Absent)
}

/// The argument for a number without a fraction.
pub(super) fn whole(signature: &Signature, arguments: &[Value<'_>], at: usize) -> Result<i64, CallError> {
    decimal::whole(number(arguments, at)).ok_or_else(|| wrong(signature, at, "is not a whole number"))
}

/// The argument for a number of things: whole, and not below zero.
pub(super) fn count(signature: &Signature, arguments: &[Value<'_>], at: usize) -> Result<usize, CallError> {
    usize::try_from(whole(signature, arguments, at)?).map_err(|_| wrong(signature, at, "is below zero"))
}

/// The argument for an instant.
pub(super) fn time(
    signature: &Signature,
    arguments: &[Value<'_>],
    at: usize,
) -> Result<Timestamp, CallError> {
    Timestamp::parse(&text(arguments, at))
        .ok_or_else(|| wrong(signature, at, "is not an instant in RFC 3339"))
}

/// Says what is wrong with an argument.
pub(super) fn wrong(signature: &Signature, at: usize, what: &str) -> CallError {
    let parameter = signature.parameters.get(at).map_or("argument", |parameter| parameter.name);
    CallError::new(ReasonCode::Argument, format!("`{parameter}` of `{}` {what}", signature.name))
}

/// Reads an argument as JSON, wherever it came from.
pub(super) fn with_node<T>(value: &Value<'_>, read: impl FnOnce(Node<'_>) -> T) -> T {
    if let Value::Node(node) = value {
        return read(*node);
    }
    let text = value.to_json().unwrap_or_default();
    let document = Document::parse_written(&text);
    read(document.unwrap_or_else(|_| Document::empty_string()).root())
}

/// A part of an argument as a value of its own, as it stands there; absent where there is none.
pub(super) fn part(node: Option<Node<'_>>) -> Value<'static> {
    node.map_or(Value::Absent, |node| Value::Json(node.raw().to_owned().into()))
}

/// The place of an index that counts from 0, or below zero from the end: -1 is the last.
pub(super) fn from_either_end(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if index < 0 { index.checked_add(length)? } else { index }).ok()
}

/// The instant so many milliseconds after 1970 began, as text; digits behind them are cut.
pub(super) fn instant(signature: &Signature, millis: &str) -> Result<Value<'static>, CallError> {
    let millis = decimal::whole(&decimal::round(millis, 0, Rounding::Floor)?);
    let time = millis.and_then(Timestamp::from_millis);
    let fails = || wrong(signature, 0, "lies outside of the years -9999 to 9999");
    time.map(|time| Value::from(time.rfc3339())).ok_or_else(fails)
}
