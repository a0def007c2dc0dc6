//! Expressions over trees, as `docs/language.md#values` has them.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use enrich_engine::Origin;
use enrich_engine::dsl::functions::Type;
use enrich_engine::dsl::model::{Comparison, ErrorField, Expr, Literal, Path, RecordField, Text, TextPart};

use crate::number::Number;
use crate::parse::parse;
use crate::tree::Node;

/// What is known of a lookup.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    Item(Node),
    /// No item, no key, or not looked up yet.
    Nothing,
    /// It failed, and the rule caught it.
    Failed(Failure),
}

/// How a lookup failed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) transient: bool,
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It reads a lookup that failed: its statement is skipped.
    Upstream,
    /// The event is rejected for this.
    Reject(&'static str),
}

/// What an expression can see.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    pub(crate) event: &'s Node,
    pub(crate) element: Option<&'s Node>,
    /// The rule's lookups.
    pub(crate) lookups: &'s [Known],
    /// Those of the loop.
    pub(crate) inner: &'s [Known],
    pub(crate) error: Option<&'s Failure>,
    pub(crate) origin: &'s Origin<'s>,
    pub(crate) now: &'s str,
    /// Whether it is the key of a lookup.
    pub(crate) key: bool,
}

/// A value; `None` is absent.
type Value = Option<Node>;

impl Scope<'_> {
    pub(crate) fn value(&self, expr: &Expr) -> Result<Value, Stop> {
        Ok(match expr {
            Expr::Literal(value) => Some(literal(value)),
            Expr::Text(text) => self.text(text)?,
            Expr::Event(path) => self.event.at(&path.0).cloned(),
            Expr::Element(path) => self.element.and_then(|element| element.at(&path.0)).cloned(),
            Expr::Lookup { lookup, path } => attribute(&self.lookups[*lookup], path)?,
            Expr::ElementLookup { lookup, path } => attribute(&self.inner[*lookup], path)?,
            Expr::Record(field) => self.record(*field),
            Expr::Error(field) => self.error.map(|failure| match field {
                ErrorField::Code => Node::text(failure.code),
                _ => Node::text(&failure.message),
            }),
            Expr::Call { function, arguments, .. } => {
                let values = arguments.iter().map(|argument| self.value(argument));
                self.call(function, values.collect::<Result<_, _>>()?)?
            }
            Expr::Compare { comparison, left, right } => {
                Some(Node::Bool(compares(*comparison, &self.value(left)?, &self.value(right)?)))
            }
            Expr::If { condition, then, otherwise, .. } => {
                self.value(if self.holds(condition)? { then } else { otherwise })?
            }
            Expr::Coalesce(left, right) => match self.value(left)? {
                None | Some(Node::Null) => self.value(right)?,
                value => value,
            },
            Expr::And(left, right) => Some(Node::Bool(self.holds(left)? && self.holds(right)?)),
            Expr::Or(left, right) => Some(Node::Bool(self.holds(left)? || self.holds(right)?)),
            Expr::Not(inner) => Some(Node::Bool(!self.holds(inner)?)),
            other => panic!("the oracle does not know {other:?}"),
        })
    }

    /// A condition: absent and null are false.
    pub(crate) fn holds(&self, expr: &Expr) -> Result<bool, Stop> {
        match self.value(expr)? {
            None | Some(Node::Null) => Ok(false),
            Some(Node::Bool(value)) => Ok(value),
            Some(_) => Err(Stop::Reject("condition")),
        }
    }

    fn text(&self, text: &Text) -> Result<Value, Stop> {
        let mut filled = String::new();
        for part in &text.0 {
            let hole = match part {
                TextPart::Literal(literal) => {
                    filled.push_str(literal);
                    continue;
                }
                TextPart::Hole(hole) => self.value(hole)?,
                TextPart::Variable(variable) => variable.default.as_deref().map(Node::text),
            };
            match hole {
                None | Some(Node::Null) => return Ok(None),
                Some(Node::Array(_) | Node::Object(_)) => return Err(Stop::Reject("text")),
                Some(Node::String(raw)) => {
                    let inside = crate::tree::unquoted(&raw);
                    if self.key && inside.is_empty() {
                        return Ok(None);
                    }
                    filled.push_str(&inside);
                }
                Some(plain) => filled.push_str(&plain.print()),
            }
        }
        Ok(Some(Node::text(&filled)))
    }

    fn call(&self, function: &str, arguments: Vec<Value>) -> Result<Value, Stop> {
        // Absent over absent; in a key null asks for nothing either.
        let nothing = |value: &Value| value.is_none() || (self.key && *value == Some(Node::Null));
        if arguments.iter().any(nothing) {
            return Ok(None);
        }
        let argument = arguments.into_iter().next().flatten();
        let text = || match argument.as_ref().and_then(Node::as_text) {
            Some(text) => Ok(text),
            None => Err(Stop::Reject("argument")),
        };
        let cast = |ty| match &argument {
            Some(value) => cast(value, ty).map_err(|_| Stop::Reject("cast")).map(Some),
            None => Ok(None),
        };
        Ok(match function {
            "now" => Some(Node::text(self.now)),
            "number" => cast(Type::Number)?,
            "string" => cast(Type::String)?,
            "lower" => Some(Node::text(&text()?.to_lowercase())),
            "trim" => Some(Node::text(text()?.trim())),
            "length" => {
                let length = match &argument {
                    Some(Node::String(_)) => text()?.chars().count(),
                    Some(node @ (Node::Array(_) | Node::Object(_))) => node.children().len(),
                    _ => return Err(Stop::Reject("argument")),
                };
                Some(Node::Number(length.to_string()))
            }
            other => panic!("the oracle does not know `{other}`"),
        })
    }

    fn record(&self, field: RecordField) -> Value {
        let Origin { stream, shard, sequence, partition_key, .. } = self.origin;
        match field {
            RecordField::Stream => Some(Node::text(stream)),
            RecordField::Shard => shard.as_deref().map(Node::text),
            RecordField::Sequence => sequence.as_deref().map(Node::text),
            RecordField::PartitionKey => partition_key.as_deref().map(Node::text),
            other => panic!("the oracle does not know {other:?}"),
        }
    }
}

pub(crate) fn literal(literal: &Literal) -> Node {
    match literal {
        Literal::Null => Node::Null,
        Literal::Boolean(value) => Node::Bool(*value),
        Literal::Number(digits) => Node::Number(digits.clone()),
        Literal::String(text) => Node::text(text),
        other => panic!("the oracle does not know {other:?}"),
    }
}

fn attribute(known: &Known, path: &Path) -> Result<Value, Stop> {
    match known {
        Known::Item(item) => Ok(item.at(&path.0).cloned()),
        Known::Nothing => Ok(None),
        Known::Failed(_) => Err(Stop::Upstream),
    }
}

/// A value as another type; the error says why not.
pub(crate) fn cast(value: &Node, ty: Type) -> Result<Node, String> {
    let exactly = |text: &str| {
        parse(text.as_bytes()).ok().filter(|json| json.print() == text && json.before.is_empty())
    };
    let no_text = || Err(format!("a text that is no {ty} can't be converted to one"));
    match (ty, value) {
        (Type::String, Node::String(_))
        | (Type::Number, Node::Number(_))
        | (Type::Boolean, Node::Bool(_)) => Ok(value.clone()),
        (Type::String, Node::Number(_) | Node::Bool(_)) => Ok(Node::text(&value.print())),
        (Type::Number | Type::Boolean, Node::String(_)) => {
            let json = exactly(&value.as_text().unwrap_or_default());
            match json.filter(|json| json.after.is_empty()).map(|json| json.value) {
                Some(number @ Node::Number(_)) if ty == Type::Number => Ok(number),
                Some(boolean @ Node::Bool(_)) if ty == Type::Boolean => Ok(boolean),
                _ => no_text(),
            }
        }
        _ => Err(format!("{} can't be converted to {}", value.with_article(), ty.with_article())),
    }
}

fn compares(comparison: Comparison, left: &Value, right: &Value) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return comparison == Comparison::NotEqual };
    let order = match (left, right) {
        (Node::Number(left), Node::Number(right)) => Some(Number::of(left).order(&Number::of(right))),
        (Node::String(_), Node::String(_)) => Some(by_code_points(left, right)),
        _ => None,
    };
    let ordered = |holds: fn(Ordering) -> bool| order.is_some_and(holds);
    match comparison {
        Comparison::Equal => same(left, right),
        Comparison::NotEqual => !same(left, right),
        Comparison::Less => ordered(Ordering::is_lt),
        Comparison::LessOrEqual => ordered(Ordering::is_le),
        Comparison::Greater => ordered(Ordering::is_gt),
        Comparison::GreaterOrEqual => ordered(Ordering::is_ge),
    }
}

fn by_code_points(left: &Node, right: &Node) -> Ordering {
    let points = |node: &Node| -> Vec<char> { node.as_text().unwrap_or_default().chars().collect() };
    points(left).cmp(&points(right))
}

/// Whether two values are the same: numbers by value, texts by what they say, objects in any order.
fn same(left: &Node, right: &Node) -> bool {
    match (left, right) {
        (Node::Number(left), Node::Number(right)) => Number::of(left) == Number::of(right),
        (Node::String(_), Node::String(_)) => left.as_text() == right.as_text(),
        (Node::Array(_), Node::Array(_)) => {
            let (left, right) = (left.children(), right.children());
            left.len() == right.len() && left.into_iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Node::Object(left), Node::Object(right)) => {
            let by_name = |object: &crate::tree::Object| -> BTreeMap<String, Node> {
                let member = |member: &crate::tree::Member| {
                    (crate::tree::unquoted(&member.name), member.value.clone())
                };
                object.members.iter().map(member).collect()
            };
            let (left, right) = (by_name(left), by_name(right));
            left.keys().eq(right.keys()) && left.iter().all(|(name, value)| same(value, &right[name]))
        }
        _ => left == right,
    }
}
