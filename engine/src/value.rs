//! Values while a rule runs.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use enrich_dsl::functions::Type;

use crate::functions::CallError;
use crate::json::number::Decimal;
use crate::json::{Document, Kind, Node, write};
use crate::reasons::ReasonCode;

/// A value that an expression gives. Numbers are their text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value<'v> {
    /// There is none.
    Absent,
    /// A value of an event or an item, as it stands there.
    Node(Node<'v>),
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number: the text of a JSON number.
    Number(Cow<'v, str>),
    /// Text.
    String(Cow<'v, str>),
    /// Any other JSON, as its text.
    Json(Cow<'v, str>),
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::String(Cow::Owned(text))
    }
}

impl<'v> From<Option<Node<'v>>> for Value<'v> {
    fn from(node: Option<Node<'v>>) -> Self {
        node.map_or(Value::Absent, Value::Node)
    }
}

impl<'v> Value<'v> {
    /// Whether there is no value.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Value::Absent)
    }

    /// Whether there is no value, or null.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(self.kind(), None | Some(Kind::Null))
    }

    /// What the value is; `None` where there is none.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Value::Absent => return None,
            Value::Node(node) => node.kind(),
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Number(_) => Kind::Number,
            Value::String(_) => Kind::String,
            Value::Json(text) => match text.bytes().next() {
                Some(b'{') => Kind::Object,
                Some(b'[') => Kind::Array,
                Some(b'"') => Kind::String,
                Some(b't' | b'f') => Kind::Bool,
                Some(b'n') => Kind::Null,
                _ => Kind::Number,
            },
        })
    }

    pub(crate) fn ty(&self) -> Type {
        match self.kind() {
            None => Type::Any,
            Some(Kind::Null) => Type::Null,
            Some(Kind::Bool) => Type::Boolean,
            Some(Kind::Number) => Type::Number,
            Some(Kind::String) => Type::String,
            Some(Kind::Array) => Type::Array,
            Some(Kind::Object) => Type::Object,
        }
    }

    pub(crate) fn with_article(&self) -> &'static str {
        self.kind().map_or("absent", Kind::with_article)
    }

    /// The text, if the value is one.
    #[must_use]
    pub fn as_str(&self) -> Option<Cow<'_, str>> {
        match self {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Node(node) => node.as_str(),
            Value::Json(text) => {
                let document = Document::parse_written(text).ok()?;
                document.root().as_str().map(|text| Cow::Owned(text.into_owned()))
            }
            _ => None,
        }
    }

    /// The number's text, if the value is a number.
    #[must_use]
    pub fn as_number(&self) -> Option<&str> {
        match self {
            Value::Number(text) => Some(text),
            Value::Node(node) => node.as_number(),
            Value::Json(text) => (self.kind() == Some(Kind::Number)).then_some(text),
            _ => None,
        }
    }

    /// The boolean, if the value is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            Value::Node(node) => node.as_bool(),
            Value::Json(text) => match text.as_ref() {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// Characters of a text, elements of an array, members of an object.
    pub(crate) fn length(&self) -> Option<usize> {
        let count = |node: Node<'_>| match node.kind() {
            Kind::Array => Some(node.elements().count()),
            Kind::Object => Some(node.members().count()),
            _ => node.as_str().map(|text| text.chars().count()),
        };
        match self {
            Value::Node(node) => count(*node),
            Value::Json(text) => {
                Document::parse_written(text).ok().and_then(|document| count(document.root()))
            }
            Value::String(text) => Some(text.chars().count()),
            _ => None,
        }
    }

    /// The value as another type; text converts only if it is exactly the JSON of that type.
    pub(crate) fn cast(&self, ty: Type) -> Result<Value<'v>, CallError> {
        let fails = || {
            CallError::new(
                ReasonCode::Cast,
                format!("{} can't be converted to {}", self.with_article(), ty.with_article()),
            )
        };
        let text_fails =
            || CallError::new(ReasonCode::Cast, format!("a text that is no {ty} can't be converted to one"));
        if self.is_absent() || self.ty() == ty {
            return Ok(self.clone());
        }
        match (ty, self.kind()) {
            (Type::String, Some(Kind::Number)) => {
                Ok(Value::from(self.as_number().unwrap_or_default().to_owned()))
            }
            (Type::String, Some(Kind::Bool)) => {
                Ok(Value::from(self.as_bool().unwrap_or_default().to_string()))
            }
            (Type::Number, Some(Kind::String)) => {
                let text = self.as_str().unwrap_or_default().into_owned();
                match Document::parse(text.as_bytes()) {
                    // A number with space around it is not exactly a number.
                    Ok(document) if document.root().as_number() == Some(&text) => {
                        Ok(Value::Number(text.into()))
                    }
                    _ => Err(text_fails()),
                }
            }
            (Type::Boolean, Some(Kind::String)) => match self.as_str().as_deref() {
                Some("true") => Ok(Value::Bool(true)),
                Some("false") => Ok(Value::Bool(false)),
                _ => Err(text_fails()),
            },
            _ => Err(fails()),
        }
    }

    /// Appends the value as JSON; nothing for an absent one.
    pub(crate) fn write_json(&self, out: &mut String) {
        match self {
            Value::Absent => {}
            Value::Node(node) => out.push_str(node.raw()),
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(text) | Value::Json(text) => out.push_str(text),
            Value::String(text) => write::string(out, text),
        }
    }

    /// The value as JSON text; `None` for an absent one.
    #[must_use]
    pub fn to_json(&self) -> Option<String> {
        let mut text = String::new();
        self.write_json(&mut text);
        (!self.is_absent()).then_some(text)
    }

    /// `==`: by value, never between types; absent equals nothing.
    pub(crate) fn equals(&self, other: &Value<'_>) -> bool {
        match (self.kind(), other.kind()) {
            (Some(left), Some(right)) if left == right => match left {
                Kind::Null => true,
                Kind::Bool => self.as_bool() == other.as_bool(),
                Kind::String => self.as_str() == other.as_str(),
                Kind::Number | Kind::Array | Kind::Object => {
                    let (left, right) =
                        (self.to_json().unwrap_or_default(), other.to_json().unwrap_or_default());
                    match (Document::parse_written(&left), Document::parse_written(&right)) {
                        (Ok(left), Ok(right)) => same(left.root(), right.root()),
                        _ => false,
                    }
                }
            },
            _ => false,
        }
    }

    /// The order of two numbers or two texts; `None` for anything else.
    pub(crate) fn order(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self.kind()?, other.kind()?) {
            (Kind::Number, Kind::Number) => {
                Some(Decimal::parse(self.as_number()?)?.cmp(&Decimal::parse(other.as_number()?)?))
            }
            (Kind::String, Kind::String) => Some(self.as_str()?.cmp(&other.as_str()?)),
            _ => None,
        }
    }
}

/// Whether two values are the same: numbers by value, objects whatever the order of their members.
fn same(left: Node<'_>, right: Node<'_>) -> bool {
    if left.kind() != right.kind() {
        return false;
    }
    match left.kind() {
        Kind::Null => true,
        Kind::Bool => left.raw() == right.raw(),
        Kind::Number => {
            let (a, b) = (left.raw(), right.raw());
            a == b || matches!((Decimal::parse(a), Decimal::parse(b)), (Some(a), Some(b)) if a == b)
        }
        Kind::String => left.as_str() == right.as_str(),
        Kind::Array => {
            left.elements().count() == right.elements().count()
                && left.elements().zip(right.elements()).all(|(left, right)| same(left, right))
        }
        Kind::Object => {
            // Indexed, so that an event with two large objects can't take minutes. As in `Node::get`, of
            // several members of one name the last counts.
            let others: HashMap<_, _> = right.members().map(|(name, value)| (name.text(), value)).collect();
            left.members().count() == right.members().count()
                && left
                    .members()
                    .all(|(name, value)| others.get(&name.text()).is_some_and(|other| same(value, *other)))
        }
    }
}
