//! Expressions over one event: pure, and without waiting for anything.

use enrich_dsl::model::{Comparison, ErrorField, RecordField};

use crate::batch::{Origin, Reason};
use crate::edits::Edits;
use crate::functions::CallContext;
use crate::json::{Kind, Node};
use crate::lookup::{Failure, Item};
use crate::program::{Expr, Part};
use crate::time::Timestamp;
use crate::value::Value;

/// What an expression can see.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'v, 's> {
    /// The event as it arrived.
    pub(crate) event: Node<'v>,
    /// What has been changed since; `None` where the arrived event counts.
    pub(crate) edits: Option<&'s Edits>,
    /// The lookups, as far as they are known.
    pub(crate) lookups: &'s [Known<'v>],
    pub(crate) origin: &'v Origin,
    /// The failure that `on error` handles.
    pub(crate) error: Option<&'s Failure>,
    pub(crate) now: Timestamp,
    /// Whether a key is worked out: then an empty hole makes its text absent.
    pub(crate) key: bool,
}

/// What is known of a lookup.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Known<'v> {
    /// Its statement has not been reached.
    NotYet,
    /// Its item.
    Item(&'v Item),
    /// There is no item: no such key, or no key at all.
    Nothing,
    /// It failed, and the rule caught the failure.
    Failed,
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It reads a lookup that failed: the statement is skipped.
    Upstream,
    /// It can't be worked out: the event is rejected.
    Error(Reason),
}

fn stop<T>(code: &'static str, message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Error(Reason::new(code, message)))
}

impl<'v> Scope<'v, '_> {
    pub(crate) fn value(&self, expr: &Expr) -> Result<Value<'v>, Stop> {
        Ok(match expr {
            Expr::Literal(value) => value.clone(),
            Expr::Text(parts) => self.text(parts)?,
            Expr::Event(path) => match self.edits {
                Some(edits) => edits.read(Some(self.event), path),
                None => descend(self.event, path),
            },
            Expr::Lookup { lookup, path } => match self.lookups.get(*lookup) {
                Some(Known::Item(item)) => descend(item.root(), path),
                Some(Known::Failed) => return Err(Stop::Upstream),
                Some(Known::Nothing | Known::NotYet) | None => Value::Absent,
            },
            Expr::Record(field) => self.record(*field),
            Expr::Error(field) => match (self.error, field) {
                (Some(failure), ErrorField::Code) => Value::from(failure.code.as_str().to_owned()),
                (Some(failure), _) => Value::from(failure.message.clone()),
                (None, _) => Value::Absent,
            },
            Expr::Call { function, arguments } => {
                let arguments =
                    arguments.iter().map(|argument| self.value(argument)).collect::<Result<Vec<_>, _>>()?;
                match function.call(&arguments, CallContext { now: self.now }) {
                    Ok(value) => value,
                    Err(error) => return stop(error.code, error.message),
                }
            }
            Expr::Compare { comparison, left, right } => {
                Value::Bool(compare(*comparison, &self.value(left)?, &self.value(right)?))
            }
            Expr::Coalesce(left, right) => {
                let left = self.value(left)?;
                if left.is_nothing() { self.value(right)? } else { left }
            }
            Expr::And(left, right) => Value::Bool(self.holds(left)? && self.holds(right)?),
            Expr::Or(left, right) => Value::Bool(self.holds(left)? || self.holds(right)?),
            Expr::Not(inner) => Value::Bool(!self.holds(inner)?),
        })
    }

    /// Whether a condition holds. Absent and null are false, other values are no condition.
    pub(crate) fn holds(&self, expr: &Expr) -> Result<bool, Stop> {
        let value = self.value(expr)?;
        match value.kind() {
            None | Some(Kind::Null) => Ok(false),
            Some(Kind::Bool) => Ok(value.as_bool() == Some(true)),
            Some(kind) => {
                stop("condition", format!("a condition is a boolean, this is {}", kind.with_article()))
            }
        }
    }

    /// The text with its holes filled; absent where a hole is.
    fn text(&self, parts: &[Part]) -> Result<Value<'v>, Stop> {
        let mut text = String::new();
        for part in parts {
            let hole = match part {
                Part::Literal(literal) => {
                    text.push_str(literal);
                    continue;
                }
                Part::Hole(hole) => self.value(hole)?,
            };
            match hole.kind() {
                None | Some(Kind::Null) => return Ok(Value::Absent),
                Some(Kind::String) => {
                    let filled = hole.as_str().unwrap_or_default();
                    if self.key && filled.is_empty() {
                        return Ok(Value::Absent);
                    }
                    text.push_str(&filled);
                }
                Some(Kind::Number | Kind::Bool) => hole.write_json(&mut text),
                Some(kind) => {
                    return stop("text", format!("a hole of a text can't be {}", kind.with_article()));
                }
            }
        }
        Ok(Value::from(text))
    }

    fn record(&self, field: RecordField) -> Value<'v> {
        let text = |text: Option<&'v str>| text.map_or(Value::Absent, |text| Value::String(text.into()));
        match field {
            RecordField::Stream => text(Some(&self.origin.stream)),
            RecordField::Shard => text(self.origin.shard.as_deref()),
            RecordField::Sequence => text(self.origin.sequence.as_deref()),
            RecordField::PartitionKey => text(self.origin.partition_key.as_deref()),
            RecordField::SubSequence => self
                .origin
                .sub_sequence
                .map_or(Value::Absent, |number| Value::Number(number.to_string().into())),
            RecordField::Arrival => {
                self.origin.arrival.map_or(Value::Absent, |time| Value::from(time.rfc3339()))
            }
            RecordField::Id => self.origin.id().map_or(Value::Absent, Value::from),
            _ => Value::Absent,
        }
    }
}

fn descend<'v>(node: Node<'v>, path: &[String]) -> Value<'v> {
    path.iter().try_fold(node, |node, name| node.get(name)).into()
}

fn compare(comparison: Comparison, left: &Value<'_>, right: &Value<'_>) -> bool {
    let order = || left.order(right);
    match comparison {
        Comparison::Equal => left.equals(right),
        Comparison::NotEqual => !left.equals(right),
        Comparison::Less => order().is_some_and(std::cmp::Ordering::is_lt),
        Comparison::LessOrEqual => order().is_some_and(std::cmp::Ordering::is_le),
        Comparison::Greater => order().is_some_and(std::cmp::Ordering::is_gt),
        Comparison::GreaterOrEqual => order().is_some_and(std::cmp::Ordering::is_ge),
    }
}
