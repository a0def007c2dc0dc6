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
mod keywords;
mod number;
mod string;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jsonschema::Validator;

use super::instance::Tape;
use crate::json::{Kind, Node};
use crate::words::Words;
pub(super) use keywords::Draft;
use number::NumberCheck;
use string::StringCheck;

/// A schema, ready for events.
pub(super) struct Compiled {
    checks: Vec<Arc<Check>>,
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
    /// Of strings there are most, so that it is always there: it has no string fit where none may be.
    string: StringCheck,
    number: Option<Box<NumberCheck>>,
    array: Option<Box<ArrayCheck>>,
    object: Option<Box<ObjectCheck>>,
    /// What values of any kind have to fit besides.
    steps: Vec<Step>,
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

/// What the members of an outline have to fit.
pub(crate) struct Members {
    /// By their places in the outline.
    members: Vec<Member>,
    /// Whether the schema asks nothing else of an event.
    all: bool,
}

struct Member {
    check: Option<Arc<Check>>,
    /// Whether it must be there.
    required: bool,
}

impl Members {
    /// Whether the schema may look into the array or object of the member at that place of the outline.
    pub(crate) fn look_into(&self, member: usize) -> bool {
        let check = self.members.get(member).map(|member| &member.check);
        !self.all || check.is_none_or(|check| check.as_ref().is_some_and(|check| check.looks_inside()))
    }
}

impl Check {
    /// Whether it asks anything of what is inside of an array or object.
    fn looks_inside(&self) -> bool {
        self.array.is_some() || self.object.is_some() || !self.steps.is_empty()
    }
}

impl std::fmt::Debug for Members {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Members")
    }
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
        self.check(self.root, &event, event.index())
    }

    /// What events of these members have to fit, if there can be one that does: see [`Self::usual_fits`].
    pub(super) fn members<'n>(&self, names: impl Iterator<Item = &'n str>) -> Option<Members> {
        let root = self.checks.get(self.root as usize)?;
        let object = root.object.as_ref()?;
        let (mut members, mut found) = (Vec::new(), Names::default());
        for name in names {
            let (mut id, mut required) = (object.others, false);
            if let Some(index) = object.names.find(name.as_bytes()) {
                id = *object.members.get(index)?;
                let (word, bit) = (index / 64, 1 << (index % 64));
                required = object.required.get(word)? & bit != 0;
                *found.get_mut(word)? |= bit;
            }
            let check = match id {
                Some(id) => Some(Arc::clone(self.checks.get(id as usize)?)),
                None => None,
            };
            members.push(Member { check, required });
        }
        let all = root.kinds & kind_bit(Kind::Object) != 0 && root.steps.is_empty() && object.has_any_count();
        has_all(&found, &object.required).then_some(Members { members, all })
    }

    /// As [`Self::fits`] of an event with these members, none of them twice. `values` says where the value of each
    /// is on the event's tape; 0 where it is left out.
    pub(super) fn usual_fits(&self, event: &Node<'_>, members: &Members, values: &[u32]) -> Option<bool> {
        for (value, member) in values.iter().zip(&members.members) {
            if *value == 0 {
                if member.required {
                    return Some(false);
                }
            } else if let Some(check) = &member.check
                && !self.value(check, event, *value)?
            {
                return Some(false);
            }
        }
        if members.all { Some(true) } else { self.besides(event, values) }
    }

    /// What is asked of an event besides its members.
    #[inline(never)]
    fn besides(&self, event: &Node<'_>, values: &[u32]) -> Option<bool> {
        let check = self.checks.get(self.root as usize)?;
        let count = values.iter().filter(|value| **value != 0).count();
        if check.kinds & kind_bit(Kind::Object) == 0 || !check.object.as_ref()?.has_count(count) {
            return Some(false);
        }
        self.steps(check, event, event.index())
    }

    /// Judges the value at a place of the tape.
    fn check(&self, id: Id, tape: &Node<'_>, at: u32) -> Option<bool> {
        self.value(self.checks.get(id as usize)?, tape, at)
    }

    /// As [`Self::check`]: strings without escapes are judged where their container's loop is.
    #[inline(always)]
    fn value(&self, check: &Check, tape: &Node<'_>, at: u32) -> Option<bool> {
        let fits = match tape.plain_bytes(at) {
            Some(text) => check.string.fits(text, tape, at),
            None => self.other(check, tape, at)?,
        };
        if fits && !check.steps.is_empty() { self.steps(check, tape, at) } else { Some(fits) }
    }

    /// Judges any other value, as far as its kind goes.
    #[inline(never)]
    fn other(&self, check: &Check, tape: &Node<'_>, at: u32) -> Option<bool> {
        let kind = tape.at(at).kind();
        if check.kinds & kind_bit(kind) == 0 {
            return Some(false);
        }
        match kind {
            Kind::Number => check.number.as_ref().map_or(Some(true), |number| number.fits(tape, at)),
            Kind::Array => check.array.as_ref().map_or(Some(true), |array| self.array(array, tape, at)),
            Kind::Object => check.object.as_ref().map_or(Some(true), |object| self.object(object, tape, at)),
            Kind::Bool => Some(check.boolean.is_none_or(|only| tape.at(at).as_bool() == Some(only))),
            Kind::String => check.string.unescaped_fits(tape, at),
            Kind::Null => Some(true),
        }
    }

    fn steps(&self, check: &Check, tape: &Node<'_>, at: u32) -> Option<bool> {
        for step in &check.steps {
            if !self.step(step, tape, at)? {
                return Some(false);
            }
        }
        Some(true)
    }

    /// As [`Self::check`], where there may be nothing to check.
    #[inline(always)]
    fn part(&self, id: Option<Id>, tape: &Node<'_>, at: u32) -> Option<bool> {
        match id {
            Some(id) => self.value(self.checks.get(id as usize)?, tape, at),
            None => Some(true),
        }
    }

    #[inline(never)]
    fn array(&self, check: &ArrayCheck, tape: &Node<'_>, at: u32) -> Option<bool> {
        let (mut count, mut element, end) = (0, at + 1, tape.at(at).behind());
        while element < end {
            let id = check.prefix.get(count).copied().unwrap_or(check.items);
            if !self.part(id, tape, element)? {
                return Some(false);
            }
            count += 1;
            element = tape.at(element).behind();
        }
        Some((check.min..=check.max).contains(&count))
    }

    #[inline(never)]
    fn object(&self, check: &ObjectCheck, tape: &Node<'_>, at: u32) -> Option<bool> {
        let mut seen = Names::default();
        let (mut count, mut name_at, end) = (0, at + 1, tape.at(at).behind());
        while name_at < end {
            let value_at = name_at + 1;
            let known = match tape.plain_bytes(name_at) {
                Some(name) => check.names.find(name),
                None => check.known(tape, name_at),
            };
            let id = match known {
                Some(index) => {
                    *seen.get_mut(index / 64)? |= 1 << (index % 64);
                    *check.members.get(index)?
                }
                None => check.others,
            };
            if !self.part(id, tape, value_at)? {
                return misfit(tape, at, name_at);
            }
            count += 1;
            name_at = tape.at(value_at).behind();
        }
        Some(has_all(&seen, &check.required) && check.has_count(count))
    }

    fn step(&self, step: &Step, tape: &Node<'_>, at: u32) -> Option<bool> {
        match step {
            Step::Also(id) => self.check(*id, tape, at),
            Step::Not(id) => self.check(*id, tape, at).map(|fits| !fits),
            Step::Any(ids) => {
                for id in ids {
                    if self.check(*id, tape, at)? {
                        return Some(true);
                    }
                }
                Some(false)
            }
            Step::One(ids) => {
                let mut one = false;
                for id in ids {
                    if self.check(*id, tape, at)? {
                        if one {
                            return Some(false);
                        }
                        one = true;
                    }
                }
                Some(one)
            }
            Step::If { condition, then, otherwise } => {
                let id = if self.check(*condition, tape, at)? { then } else { otherwise };
                self.part(*id, tape, at)
            }
            Step::Library { validator, certain } => match validator.is_valid(tape.at(at)) {
                false if !certain => None,
                fits => Some(fits),
            },
        }
    }
}

/// The judgement on an object with a member that doesn't fit. Where there are several of its name, it depends
/// on the schema which one counts for the library; where all of them fit, it doesn't matter.
#[cold]
fn misfit(tape: &Node<'_>, object: u32, name: u32) -> Option<bool> {
    let name = tape.at(name).as_str()?;
    (!tape.at(object).repeats(&name)).then_some(false)
}

impl ObjectCheck {
    /// Whether it may have so many members.
    fn has_count(&self, count: usize) -> bool {
        (self.min..=self.max).contains(&count)
    }

    /// Whether it may have any number of members.
    fn has_any_count(&self) -> bool {
        self.min == 0 && self.max == usize::MAX
    }

    /// The index of a name that has escapes.
    #[cold]
    fn known(&self, tape: &Node<'_>, name: u32) -> Option<usize> {
        self.names.find(tape.at(name).as_str()?.as_bytes())
    }
}

/// Whether these are among those that are there.
fn has_all(seen: &Names, required: &Names) -> bool {
    seen.iter().zip(required).all(|(seen, required)| seen & required == *required)
}

/// The bit of a kind in a set of kinds.
fn kind_bit(kind: Kind) -> u8 {
    1 << kind as u8
}
