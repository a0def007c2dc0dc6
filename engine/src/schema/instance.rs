//! The tape as one of jsonschema's representations of JSON.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node as JsonNode, NodeIdentity, Object};
use serde_json::{Number, Value};

use crate::json::{Document, Elements, Kind, Members, Node, write};

/// Our representation.
pub(super) struct Tape;

impl Json for Tape {
    type Node<'a> = Node<'a>;
    type PreparedKey = String;
    type StringBuffer = String;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut String, string: &str, f: impl FnOnce(Node<'_>) -> T) -> T {
        buffer.clear();
        write::string(buffer, string);
        // A string just written is JSON; were it not, the empty one stands in for it.
        match Document::parse(buffer.as_bytes()) {
            Ok(document) => f(document.root()),
            Err(_) => f(Document::empty_string().root()),
        }
    }
}

/// A number by its text.
pub(super) struct NumberText<'a>(&'a str);

impl JsonNumber for NumberText<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok().filter(|number: &f64| number.is_finite())
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.0)
    }

    fn to_number(&self) -> Cow<'_, Number> {
        let number = match (self.as_u64(), self.as_i64()) {
            (Some(number), _) => Some(number.into()),
            (_, Some(number)) => Some(number.into()),
            // What no float holds is compared as the largest one.
            _ => Number::from_f64(self.as_f64().unwrap_or(if self.0.starts_with('-') {
                f64::MIN
            } else {
                f64::MAX
            })),
        };
        Cow::Owned(number.unwrap_or_else(|| 0.into()))
    }

    fn is_integer(&self) -> bool {
        crate::json::number::Decimal::parse(self.0).is_some_and(|number| number.is_integer())
    }
}

impl<'a> JsonNode<'a, Tape> for Node<'a> {
    type Object = Node<'a>;
    type Array = Node<'a>;
    type Number = NumberText<'a>;

    fn as_object(&self) -> Option<Node<'a>> {
        (self.kind() == Kind::Object).then_some(*self)
    }

    fn as_array(&self) -> Option<Node<'a>> {
        (self.kind() == Kind::Array).then_some(*self)
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        self.as_str()
    }

    fn as_number(&self) -> Option<NumberText<'a>> {
        Node::as_number(*self).map(NumberText)
    }

    fn as_boolean(&self) -> Option<bool> {
        self.as_bool()
    }

    fn is_null(&self) -> bool {
        Node::is_null(*self)
    }

    fn json_type(&self) -> JsonType {
        match self.kind() {
            Kind::Null => JsonType::Null,
            Kind::Bool => JsonType::Boolean,
            Kind::Number => JsonType::Number,
            Kind::String => JsonType::String,
            Kind::Array => JsonType::Array,
            Kind::Object => JsonType::Object,
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        // For `const`, `enum`, `uniqueItems` over containers, and for the texts of errors.
        Cow::Owned(match self.kind() {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(self.as_bool().unwrap_or_default()),
            Kind::Number => Value::Number(NumberText(self.raw()).to_number().into_owned()),
            Kind::String => Value::String(self.as_str().unwrap_or_default().into_owned()),
            Kind::Array => Node::elements(*self).map(|element| element.to_value().into_owned()).collect(),
            Kind::Object => {
                let members = Node::members(*self);
                Value::Object(
                    members
                        .map(|(name, value)| (name.text().into_owned(), value.to_value().into_owned()))
                        .collect(),
                )
            }
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::tagged(self.address(), self.index()))
    }
}

impl<'a> Object<'a, Tape> for Node<'a> {
    type Node = Node<'a>;
    type MemberName = Cow<'a, str>;
    type MembersIter = TextMembers<'a>;

    fn len(&self) -> usize {
        self.members().count()
    }

    fn get(&self, key: &String) -> Option<Node<'a>> {
        Node::get(*self, key)
    }

    fn members(&self) -> TextMembers<'a> {
        TextMembers(Node::members(*self))
    }
}

/// Members with their names as text.
pub(super) struct TextMembers<'a>(Members<'a>);

impl<'a> Iterator for TextMembers<'a> {
    type Item = (Cow<'a, str>, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.text(), value))
    }
}

impl<'a> Array<'a, Tape> for Node<'a> {
    type Node = Node<'a>;
    type ElementsIter = Elements<'a>;

    fn len(&self) -> usize {
        Node::elements(*self).count()
    }

    fn elements(&self) -> Elements<'a> {
        Node::elements(*self)
    }
}
