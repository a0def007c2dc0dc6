//! Schemas of the common keywords, checked along the tape without the library.
//!
//! 1. `compile` turns a schema into an arena of [`Check`]s, one for each of its subschemas.
//! 2. [`Compiled::fits`] walks them along the nodes of an event: each object once, each name found in a small
//!    table, most strings and numbers judged where they stand.
//! 3. Keywords that are not known here are left to the library for that place alone ([`Step::Library`]);
//!    what can't be taken apart (`$dynamicRef`, `$id` inside) is not compiled at all.
//!
//! **Invariant:** a judgement is the library's. Where it isn't certain to be (a member that is there twice,
//! a number beyond a float's exact integers), there is none, and the caller asks the library about the whole
//! event. So each check here is `Some` or `None` of a judgement.

mod compile;
mod formats;
mod number;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;
use std::sync::Arc;

use jsonschema::Validator;

use super::instance::Tape;
use crate::json::{Kind, Node};
use formats::Format;
use number::{Number, Range};
use words::Words;

/// A schema, ready for events.
pub(super) struct Compiled {
    checks: Vec<Check>,
    root: Id,
}

/// Index of a check in its arena.
type Id = u32;

/// What one subschema asks of a value.
struct Check {
    /// One bit for each [`Kind`] that the value may be.
    kinds: u8,
    /// The only boolean that it may be.
    boolean: Option<bool>,
    string: Option<Box<StringCheck>>,
    number: Option<Box<NumberCheck>>,
    array: Option<Box<ArrayCheck>>,
    object: Option<Box<ObjectCheck>>,
    /// What values of any kind have to fit besides.
    steps: Vec<Step>,
}

struct StringCheck {
    /// Bounds in code points.
    min: usize,
    max: usize,
    /// The strings of an enumeration.
    words: Option<Words>,
    /// A format with shapes that are certainly valid, and what judges the others.
    format: Option<(Format, Arc<Validator<Tape>>)>,
}

struct NumberCheck {
    /// What counts as an integer, where nothing else will do.
    integer: Option<Integer>,
    range: Range,
    /// The numbers of an enumeration.
    values: Option<Vec<f64>>,
}

#[derive(Clone, Copy)]
enum Integer {
    /// Draft 4: `1.0` is none.
    Written,
    /// `1.0` is one.
    Whole,
}

struct ArrayCheck {
    min: usize,
    max: usize,
    /// What the first elements have to fit, one by one.
    prefix: Vec<Option<Id>>,
    /// What the others have to fit.
    items: Option<Id>,
}

/// How many names of members one object's schema may know.
const MAX_NAMES: usize = 256;

/// A set of known names.
type Names = [u64; MAX_NAMES / 64];

struct ObjectCheck {
    min: usize,
    max: usize,
    /// All names that the schema knows, properties and what is required.
    names: Words,
    /// What the member of each of them has to fit.
    members: Vec<Option<Id>>,
    required: Names,
    /// What members of other names have to fit.
    others: Option<Id>,
}

enum Step {
    /// `allOf`, `$ref`
    Also(Id),
    /// `anyOf`
    Any(Vec<Id>),
    /// `oneOf`
    One(Vec<Id>),
    /// `not`
    Not(Id),
    /// `if`, `then`, `else`
    If { condition: Id, then: Option<Id>, otherwise: Option<Id> },
    /// Keywords that the library judges.
    Library {
        validator: Arc<Validator<Tape>>,
        /// Whether its no is a no in every schema around it. With patterns it isn't: the library weighs
        /// a match that takes too long over the whole schema.
        certain: bool,
    },
}

impl Compiled {
    /// The schema in this form, unless all of it has to stay with the library.
    pub(super) fn new(schema: &serde_json::Value) -> Option<Self> {
        compile::compile(schema)
    }

    /// Whether the event fits; `None` where the library has to say.
    pub(super) fn fits(&self, event: Node<'_>) -> Option<bool> {
        self.check(self.root, event)
    }

    fn check(&self, id: Id, node: Node<'_>) -> Option<bool> {
        let check = self.checks.get(id as usize)?;
        let kind = node.kind();
        if check.kinds & bit(kind) == 0 {
            return Some(false);
        }
        let fits = match kind {
            Kind::Null => true,
            Kind::Bool => check.boolean.is_none_or(|only| node.as_bool() == Some(only)),
            Kind::String => check.string.as_ref().map_or(Some(true), |string| string.fits(node))?,
            Kind::Number => check.number.as_ref().map_or(Some(true), |number| number.fits(node))?,
            Kind::Array => check.array.as_ref().map_or(Some(true), |array| self.array(array, node))?,
            Kind::Object => check.object.as_ref().map_or(Some(true), |object| self.object(object, node))?,
        };
        if !fits {
            return Some(false);
        }
        for step in &check.steps {
            if !self.step(step, node)? {
                return Some(false);
            }
        }
        Some(true)
    }

    /// As [`Self::check`], where there may be nothing to check.
    fn part(&self, id: Option<Id>, node: Node<'_>) -> Option<bool> {
        id.map_or(Some(true), |id| self.check(id, node))
    }

    fn array(&self, check: &ArrayCheck, node: Node<'_>) -> Option<bool> {
        let mut count = 0;
        for element in node.elements() {
            let id = check.prefix.get(count).copied().unwrap_or(check.items);
            if !self.part(id, element)? {
                return Some(false);
            }
            count += 1;
        }
        Some((check.min..=check.max).contains(&count))
    }

    fn object(&self, check: &ObjectCheck, node: Node<'_>) -> Option<bool> {
        let mut seen = Names::default();
        let mut count = 0;
        for (name, value) in node.members() {
            count += 1;
            let known = match name.plain() {
                Some(name) => check.names.find(name),
                None => check.names.find(name.text().as_bytes()),
            };
            let id = match known {
                Some(at) => {
                    let (names, bit) = (seen.get_mut(at / 64)?, 1 << (at % 64));
                    // Which one of several counts is the library's to say; it depends on the schema.
                    if *names & bit != 0 {
                        return None;
                    }
                    *names |= bit;
                    *check.members.get(at)?
                }
                None => check.others,
            };
            if !self.part(id, value)? {
                return if node.repeats(&name.text()) { None } else { Some(false) };
            }
        }
        let required = seen.iter().zip(&check.required).all(|(seen, required)| seen & required == *required);
        Some(required && (check.min..=check.max).contains(&count))
    }

    fn step(&self, step: &Step, node: Node<'_>) -> Option<bool> {
        match step {
            Step::Also(id) => self.check(*id, node),
            Step::Not(id) => self.check(*id, node).map(|fits| !fits),
            Step::Any(ids) => {
                for id in ids {
                    if self.check(*id, node)? {
                        return Some(true);
                    }
                }
                Some(false)
            }
            Step::One(ids) => {
                let mut one = false;
                for id in ids {
                    if self.check(*id, node)? {
                        if one {
                            return Some(false);
                        }
                        one = true;
                    }
                }
                Some(one)
            }
            Step::If { condition, then, otherwise } => {
                let id = if self.check(*condition, node)? { then } else { otherwise };
                self.part(*id, node)
            }
            Step::Library { validator, certain } => match validator.is_valid(node) {
                false if !certain => None,
                fits => Some(fits),
            },
        }
    }
}

impl StringCheck {
    fn fits(&self, node: Node<'_>) -> Option<bool> {
        let text = match node.plain() {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(node.as_str()?.into_owned().into_bytes()),
        };
        Some(
            self.is_long_enough(&text)
                && self.words.as_ref().is_none_or(|words| words.find(&text).is_some())
                && (self.format.as_ref())
                    .is_none_or(|(format, library)| format.has(&text) || library.is_valid(node)),
        )
    }

    /// Whether the length is within the bounds. A code point has one to four bytes.
    fn is_long_enough(&self, text: &[u8]) -> bool {
        let (least, most) = (text.len().div_ceil(4), text.len());
        if least >= self.min && most <= self.max {
            return true;
        }
        let points = || text.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        most >= self.min && least <= self.max && (self.min..=self.max).contains(&points())
    }
}

impl NumberCheck {
    fn fits(&self, node: Node<'_>) -> Option<bool> {
        let text = node.as_number()?;
        let number = Number::parse(text);
        let integer = match (self.integer, &number) {
            (None, _) | (_, Number::Integer(_) | Number::Long(_)) => true,
            (Some(Integer::Written), _) => return None,
            (Some(Integer::Whole), _) => number::is_integer(text),
        };
        if !integer || !self.range.has(&number)? {
            return Some(false);
        }
        match &self.values {
            Some(values) => Some(values.contains(&number.exact()?)),
            None => Some(true),
        }
    }
}

/// The bit of a kind in a set of kinds.
fn bit(kind: Kind) -> u8 {
    1 << kind as u8
}
