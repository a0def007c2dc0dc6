//! Expressions over one event: pure, and without waiting for anything.

use std::borrow::Cow;

use enrich_dsl::model::{Arithmetic, Comparison, ErrorField, RecordField};

use crate::batch::Origin;
use crate::decimal;
use crate::edits::Edits;
use crate::explain::{DecisionKind, Trace};
use crate::functions::{CallContext, CallError};
use crate::json::{Kind, Node};
use crate::limits::MAX_TEXT;
use crate::lookup::{Failure, Item};
use crate::program::{Expr, Part};
use crate::reasons::{Reason, ReasonCode};
use crate::time::Timestamp;
use crate::value::Value;

/// What an expression can see.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'v, 's> {
    pub(crate) event: Level<'v, 's>,
    /// The element that a `for each` is at.
    pub(crate) element: Option<Level<'v, 's>>,
    pub(crate) origin: &'v Origin<'v>,
    /// The failure that `on error` handles.
    pub(crate) error: Option<&'s Failure>,
    pub(crate) now: Timestamp,
    /// Whether a key is worked out: then an empty hole makes its text absent.
    pub(crate) key: bool,
    /// Where the ways of `if` are told, and what was decided before.
    pub(crate) trace: Option<&'s Trace>,
}

/// An event or an element, with the lookups that belong to it.
#[derive(Clone, Copy)]
pub(crate) struct Level<'v, 's> {
    /// As it arrived.
    pub(crate) node: Node<'v>,
    /// What has been changed since; `None` where what arrived counts.
    pub(crate) edits: Option<&'s Edits>,
    /// The lookups, as far as they are known.
    pub(crate) lookups: &'s [Known<'v>],
}

impl<'v> Level<'v, '_> {
    /// As it arrived, with nothing known.
    pub(crate) fn arrived(node: Node<'v>) -> Self {
        Self { node, edits: None, lookups: &[] }
    }

    fn read(&self, path: &[String]) -> Value<'v> {
        match self.edits {
            Some(edits) => edits.read(Some(self.node), path),
            None => descend(self.node, path),
        }
    }

    fn attribute(&self, lookup: usize, path: &[String]) -> Result<Value<'v>, Stop> {
        match self.lookups.get(lookup) {
            Some(Known::Item(item)) => Ok(descend(item.root(), path)),
            Some(Known::Failed) => Err(Stop::Upstream),
            Some(Known::Nothing | Known::NotYet) | None => Ok(Value::Absent),
        }
    }
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

fn stop<T>(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Error(Reason::new(code, message)))
}

impl<'v> Scope<'v, '_> {
    /// The event as it arrived, with no lookup known.
    pub(crate) fn arrived(event: Node<'v>, origin: &'v Origin<'v>, now: Timestamp) -> Self {
        Self {
            event: Level::arrived(event),
            element: None,
            origin,
            error: None,
            now,
            key: false,
            trace: None,
        }
    }

    pub(crate) fn value(&self, expr: &Expr) -> Result<Value<'v>, Stop> {
        Ok(match expr {
            Expr::Literal(value) => value.clone(),
            Expr::Text(parts) => self.text(parts)?,
            Expr::Event(path) => self.event.read(path),
            Expr::Element(path) => self.element.map_or(Value::Absent, |element| element.read(path)),
            Expr::Lookup { lookup, path } => self.event.attribute(*lookup, path)?,
            Expr::ElementLookup { lookup, path } => match self.element {
                Some(element) => element.attribute(*lookup, path)?,
                None => Value::Absent,
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
                // In a key null is as good as absent, wherever it stands: there is nothing to ask for.
                if self.key && arguments.iter().any(Value::is_nothing) {
                    return Ok(Value::Absent);
                }
                match function.call(&arguments, CallContext { now: self.now }) {
                    Ok(value) => value,
                    Err(error) => return stop(error.code, error.message),
                }
            }
            Expr::Provenance(rule) => match self.trace {
                Some(trace) => Value::Json(trace.provenance(rule).into()),
                None => Value::Absent,
            },
            Expr::Compare { comparison, left, right } => {
                Value::Bool(compare(*comparison, &self.value(left)?, &self.value(right)?))
            }
            Expr::Arithmetic { operation, left, right } => {
                self.arithmetic(*operation, &self.value(left)?, &self.value(right)?)?
            }
            Expr::Negate(inner) => match self.value(inner)? {
                Value::Absent => Value::Absent,
                number => computed(decimal::negate(operand("-", &number)?))?,
            },
            Expr::If { condition, then, otherwise, span } => {
                let holds = self.holds(condition)?;
                if let Some(trace) = self.trace {
                    trace.tell(*span, DecisionKind::If { holds });
                }
                self.value(if holds { then } else { otherwise })?
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

    /// Arithmetic over absent is absent; over anything else than numbers it is an error.
    fn arithmetic(
        &self,
        operation: Arithmetic,
        left: &Value<'v>,
        right: &Value<'v>,
    ) -> Result<Value<'v>, Stop> {
        if left.is_absent() || right.is_absent() {
            return Ok(Value::Absent);
        }
        let (left, right) = (operand(operation.sign(), left)?, operand(operation.sign(), right)?);
        computed(match operation {
            Arithmetic::Add => decimal::add(left, right),
            Arithmetic::Subtract => decimal::subtract(left, right),
            Arithmetic::Multiply => decimal::multiply(left, right),
            Arithmetic::Divide => decimal::divide(left, right),
            Arithmetic::Remainder => decimal::remainder(left, right),
        })
    }

    /// Whether a condition holds. Absent and null are false, other values are no condition.
    pub(crate) fn holds(&self, expr: &Expr) -> Result<bool, Stop> {
        let value = self.value(expr)?;
        match value.kind() {
            None | Some(Kind::Null) => Ok(false),
            Some(Kind::Bool) => Ok(value.as_bool() == Some(true)),
            Some(kind) => stop(
                ReasonCode::Condition,
                format!("a condition is a boolean, this is {}", kind.with_article()),
            ),
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
                    return stop(
                        ReasonCode::Text,
                        format!("a hole of a text can't be {}", kind.with_article()),
                    );
                }
            }
            if text.len() > MAX_TEXT {
                return stop(ReasonCode::Size, format!("a text with holes has more than {MAX_TEXT} bytes"));
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

fn operand<'n>(sign: &str, value: &'n Value<'_>) -> Result<&'n str, Stop> {
    match value.as_number() {
        Some(number) => Ok(number),
        None => stop(
            ReasonCode::Arithmetic,
            format!("`{sign}` works on numbers, this is {}", value.with_article()),
        ),
    }
}

fn computed<'v>(result: Result<String, CallError>) -> Result<Value<'v>, Stop> {
    match result {
        Ok(number) => Ok(Value::Number(number.into())),
        Err(error) => stop(error.code, error.message),
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
