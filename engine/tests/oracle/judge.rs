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
        let schema = self.schema.to_string();
        let unclear = repeats(event)
            || (schema.contains("multipleOf") && any_number(event, &|digits| !is_held(digits)))
            || (schema.contains("draft-04") && any_number(event, &is_spelt_as_no_integer));
        if unclear {
            return Judgement::Either;
        }
        let fits = |round: &Round| value(event, *round).map(|value| self.validator.is_valid(&value));
        let judged: Vec<_> =
            if any_number(event, &|digits| !is_held(digits)) { ROUNDS.iter() } else { ROUNDS[..1].iter() }
                .map(fits)
                .collect();
        match judged[0] {
            Some(true) if judged.iter().all(|fits| *fits == Some(true)) => Judgement::Fits,
            Some(false) if judged.iter().all(|fits| *fits == Some(false)) => Judgement::Breaks,
            _ => Judgement::Either,
        }
    }

    /// Whether the schema has nothing against that value of that field, whatever else the event lacks.
    pub(crate) fn takes(&self, field: &str, field_value: &Node) -> bool {
        let event = Node::object(vec![(field, field_value.clone())]);
        let Some(event) = value(&event, Round::Nearest) else { return false };
        self.validator.iter_errors(&event).all(|error| error.instance_path().to_string().is_empty())
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

const ROUNDS: [Round; 3] = [Round::Nearest, Round::Below, Round::Above];

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

/// Whether one of the numbers is so.
fn any_number(node: &Node, is: &dyn Fn(&str) -> bool) -> bool {
    matches!(node, Node::Number(digits) if is(digits))
        || node.children().into_iter().any(|child| any_number(child, is))
}

/// In draft 4 an integer is what is written as one, and the validator's floats forget how they were written.
fn is_spelt_as_no_integer(digits: &str) -> bool {
    digits.contains(['e', 'E', '.']) && Number::of(digits).is_whole()
}

/// Whether the validator keeps all digits of a number.
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
