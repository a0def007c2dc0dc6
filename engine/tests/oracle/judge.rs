//! JSON Schema over trees: the public validator, on its own representation of JSON.

use jsonschema::Validator;
use serde_json::Value;

use crate::number::Number;
use crate::tree::{Member, Node, unquoted};

/// What a schema says of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Fits,
    Breaks,
    /// No promise says which: a name stands there twice, or a number that the validator rounds.
    Either,
}

/// A compiled schema.
pub(crate) struct Judge {
    validator: Validator,
    pub(crate) schema: Value,
}

impl Judge {
    pub(crate) fn new(text: &str) -> Self {
        let schema: Value = serde_json::from_str(text).expect("a schema");
        let options = jsonschema::options().offline().should_validate_formats(true);
        Self { validator: options.build(&schema).expect("a schema"), schema }
    }

    pub(crate) fn judge(&self, event: &Node) -> Judgement {
        if repeats(event) || (rounds(event) && self.schema.to_string().contains("multipleOf")) {
            return Judgement::Either;
        }
        let fits = Round::ALL.map(|round| value(event, round).map(|value| self.validator.is_valid(&value)));
        match fits {
            [Some(true), Some(true), Some(true)] => Judgement::Fits,
            [Some(false), Some(false), Some(false)] => Judgement::Breaks,
            _ => Judgement::Either,
        }
    }

    /// The most elements that a loop over the array at that path goes over.
    pub(crate) fn max_items(&self, path: &[String]) -> Option<usize> {
        let inside = |schema: &Value, name: &String| schema.get("properties")?.get(name).cloned();
        let array = path.iter().try_fold(self.schema.clone(), |schema, name| inside(&schema, name))?;
        array.get("maxItems")?.as_u64()?.try_into().ok()
    }
}

/// What becomes of a number that no float holds: a judgement stands where all of these have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Nearest,
    Below,
    Above,
}

impl Round {
    const ALL: [Self; 3] = [Round::Nearest, Round::Below, Round::Above];
}

/// Whether an object has a name twice.
fn repeats(node: &Node) -> bool {
    let here = if let Node::Object(object) = node {
        let mut names: Vec<String> = object.members.iter().map(|member| unquoted(&member.name)).collect();
        names.sort();
        names.windows(2).any(|pair| pair[0] == pair[1])
    } else {
        false
    };
    here || node.children().into_iter().any(repeats)
}

/// Whether a number has more digits than the validator keeps of it.
fn rounds(node: &Node) -> bool {
    matches!(node, Node::Number(digits) if !is_held(digits)) || node.children().into_iter().any(rounds)
}

fn is_held(digits: &str) -> bool {
    let float: f64 = digits.parse().expect("a number");
    integer(digits).is_some() || Number::of(&float.to_string()) == Number::of(digits)
}

/// The value for the validator; `None` where rounding would make an integer of another number.
fn value(node: &Node, round: Round) -> Option<Value> {
    Some(match node {
        Node::Null => Value::Null,
        Node::Bool(value) => (*value).into(),
        Node::Number(digits) => number(digits, round)?,
        Node::String(raw) => unquoted(raw).into(),
        Node::Array(_) => {
            node.children().into_iter().map(|child| value(child, round)).collect::<Option<_>>()?
        }
        Node::Object(object) => {
            let member = |member: &Member| Some((unquoted(&member.name), value(&member.value, round)?));
            Value::Object(object.members.iter().map(member).collect::<Option<_>>()?)
        }
    })
}

fn integer(digits: &str) -> Option<Value> {
    digits.parse::<u64>().map(Value::from).or_else(|_| digits.parse::<i64>().map(Value::from)).ok()
}

/// An integer of 64 bits, or a float.
fn number(digits: &str, round: Round) -> Option<Value> {
    if let Some(integer) = integer(digits) {
        return Some(integer);
    }
    let float: f64 = digits.parse().expect("a number");
    let float = match round {
        Round::Below if !is_held(digits) => float.next_down(),
        Round::Above if !is_held(digits) => float.next_up(),
        _ => float,
    };
    let float = float.clamp(f64::MIN, f64::MAX);
    (Number::of(digits).is_whole() == (float.fract() == 0.0)).then(|| float.into())
}
