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
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jsonschema::Validator;

use super::instance::Tape;
use crate::json::{Kind, Node};
use crate::words::Words;
use formats::Format;
pub(super) use keywords::Draft;
use number::{Number, Range};

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

/// What the members of an outline have to fit.
#[derive(Debug)]
pub(crate) struct Members {
    /// Each of them.
    checks: Vec<Option<Id>>,
    /// Those that must be there: one bit each, by their places in the outline.
    required: u64,
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
        let object = self.checks.get(self.root as usize)?.object.as_ref()?;
        let (mut checks, mut required, mut found) = (Vec::new(), 0, Names::default());
        for (at, name) in names.enumerate() {
            let Some(index) = object.names.find(name.as_bytes()) else {
                checks.push(object.others);
                continue;
            };
            checks.push(*object.members.get(index)?);
            let (word, bit) = (index / 64, 1 << (index % 64));
            if object.required.get(word)? & bit != 0 {
                *found.get_mut(word)? |= bit;
                required |= 1_u64.checked_shl(u32::try_from(at).ok()?)?;
            }
        }
        (found == object.required).then_some(Members { checks, required })
    }

    /// As [`Self::fits`] of an event with these members, none of them twice. `values` says where the value of each
    /// is on the event's tape; 0 where it is left out.
    pub(super) fn usual_fits(&self, event: Node<'_>, members: &Members, values: &[u32]) -> Option<bool> {
        let check = self.checks.get(self.root as usize)?;
        let object = check.object.as_ref()?;
        let (mut present, mut bit) = (0, 1_u64);
        for (value, id) in values.iter().zip(&members.checks) {
            if *value != 0 {
                present |= bit;
                if !self.part(*id, &event, *value)? {
                    return Some(false);
                }
            }
            bit = bit.wrapping_shl(1);
        }
        let fits = check.kinds & kind_bit(Kind::Object) != 0
            && present & members.required == members.required
            && (object.min..=object.max).contains(&(present.count_ones() as usize));
        if fits && !check.steps.is_empty() { self.steps(check, &event, event.index()) } else { Some(fits) }
    }

    /// Judges the value at a place of the tape.
    fn check(&self, id: Id, tape: &Node<'_>, at: u32) -> Option<bool> {
        self.value(id, tape, at)
    }

    /// As [`Self::check`]: what is in no other value is judged where its container's loop is.
    #[inline(always)]
    fn value(&self, id: Id, tape: &Node<'_>, at: u32) -> Option<bool> {
        let check = self.checks.get(id as usize)?;
        let kind = tape.at(at).kind();
        if check.kinds & kind_bit(kind) == 0 {
            return Some(false);
        }
        let fits = match kind {
            Kind::Null => true,
            Kind::Bool => check.boolean.is_none_or(|only| tape.at(at).as_bool() == Some(only)),
            Kind::String => match &check.string {
                Some(string) => string.fits(tape, at)?,
                None => true,
            },
            Kind::Number => match &check.number {
                Some(number) => number.fits(tape.at(at))?,
                None => true,
            },
            Kind::Array | Kind::Object => self.container(check, tape, at)?,
        };
        match fits {
            true if !check.steps.is_empty() => self.steps(check, tape, at),
            fits => Some(fits),
        }
    }

    #[inline(never)]
    fn container(&self, check: &Check, tape: &Node<'_>, at: u32) -> Option<bool> {
        match (&check.array, &check.object, tape.at(at).kind()) {
            (Some(array), _, Kind::Array) => self.array(array, tape, at),
            (_, Some(object), Kind::Object) => self.object(object, tape, at),
            _ => Some(true),
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
            Some(id) => self.value(id, tape, at),
            None => Some(true),
        }
    }

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
        let required = seen.iter().zip(&check.required).all(|(seen, required)| seen & required == *required);
        Some(required && (check.min..=check.max).contains(&count))
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

#[cold]
fn judged(library: &Validator<Tape>, tape: &Node<'_>, at: u32) -> bool {
    library.is_valid(tape.at(at))
}

/// The judgement on an object with a member that doesn't fit. Where there are several of its name, it depends
/// on the schema which one counts for the library; where all of them fit, it doesn't matter.
#[cold]
fn misfit(tape: &Node<'_>, object: u32, name: u32) -> Option<bool> {
    let name = tape.at(name).as_str()?;
    (!tape.at(object).repeats(&name)).then_some(false)
}

impl ObjectCheck {
    /// The index of a name that has escapes.
    #[cold]
    fn known(&self, tape: &Node<'_>, name: u32) -> Option<usize> {
        self.names.find(tape.at(name).as_str()?.as_bytes())
    }
}

impl StringCheck {
    #[inline(always)]
    fn fits(&self, tape: &Node<'_>, at: u32) -> Option<bool> {
        match tape.plain_bytes(at) {
            Some(text) => Some(self.text_fits(text, tape, at)),
            None => self.unescaped_fits(tape, at),
        }
    }

    #[cold]
    fn unescaped_fits(&self, tape: &Node<'_>, at: u32) -> Option<bool> {
        Some(self.text_fits(tape.at(at).as_str()?.as_bytes(), tape, at))
    }

    #[inline(always)]
    fn text_fits(&self, text: &[u8], tape: &Node<'_>, at: u32) -> bool {
        if !self.has_length(text) {
            return false;
        }
        if let Some(words) = &self.words
            && words.find(text).is_none()
        {
            return false;
        }
        match &self.format {
            Some((format, library)) => format.has(text) || judged(library, tape, at),
            None => true,
        }
    }

    /// Whether the length is within the bounds. A code point has one to four bytes.
    #[inline(always)]
    fn has_length(&self, text: &[u8]) -> bool {
        (text.len().div_ceil(4) >= self.min && text.len() <= self.max) || self.has_points(text)
    }

    fn has_points(&self, text: &[u8]) -> bool {
        let (least, most) = (text.len().div_ceil(4), text.len());
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
fn kind_bit(kind: Kind) -> u8 {
    1 << kind as u8
}
