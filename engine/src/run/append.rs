//! The short way to an enriched event, where a rule only adds members: they are put behind the event's last
//! one, those out of an item rendered once for all events that ask for it.
//!
//! Whatever is not as usual (a member that is there already, a lookup that failed, a value that can't be worked
//! out, an event that gets too large) is left to the long way, which says all there is to say about it.

use std::ops::Range;

use bytes::Bytes;

use super::answers::{Answers, Given, KeyId};
use super::apply::{self, Applying, count_found, count_missing};
use super::buffers::Out;
use super::copies::copied_from;
use super::lines::Lines;
use super::{Asked, Taken, may_come};
use crate::batch::{LookupCounts, Verdict};
use crate::eval::{Known, Level, Scope};
use crate::explain::Freshness;
use crate::json::Node;
use crate::lookup::{self, Answer, Item, TableCache};
use crate::program::{Addition, Append, Brings, Brought, Expr, Lookup, MOST_NAMES, Otherwise, Program, Rule};

/// What is kept from one event of a batch to the next.
pub(super) struct Appending<'a> {
    /// Where enriched events are written.
    pub(super) lines: Lines,
    rendered: Rendered,
    /// One event's lookups, as far as it has come.
    known: Vec<Known<'a>>,
    ended: Vec<(usize, Ended)>,
    text: String,
    made: Vec<Made>,
}

/// Members that several events of a batch add, each behind a comma.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    /// All of them, one behind the other.
    text: String,
    /// Those out of items: by the lookup's number, then by that of its key.
    items: Vec<Vec<Option<Members>>>,
    /// Those that are the same for all events.
    constants: Vec<Option<Members>>,
}

/// Where members stand; `None` where the long way has to say what they are.
type Members = Option<Range<usize>>;

impl Rendered {
    fn begin(&mut self, program: &Program) {
        self.items.resize_with(program.numbers.lookups, Vec::new);
        self.constants.resize_with(program.numbers.constants, || None);
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.items.iter_mut().for_each(Vec::clear);
        self.constants.clear();
    }
}

/// Where the members are that `write` appends to the text, if it can say what they are.
fn rendered(text: &mut String, write: impl FnOnce(&mut String) -> Option<()>) -> Members {
    let start = text.len();
    let written = write(text);
    if written.is_none() {
        text.truncate(start);
    }
    written.map(|()| start..text.len())
}

/// How a lookup of an event ended.
#[derive(Clone, Copy)]
enum Ended {
    Found(Freshness),
    Missing(Freshness),
    NoKey,
}

/// An item, the number of its key, and what an earlier batch made of it.
type Found<'a> = (KeyId, &'a Item, Option<&'a lookup::Rendered>);

/// What was made of an item that an earlier batch kept.
pub(super) struct Made {
    slot: usize,
    key: KeyId,
    rendered: lookup::Rendered,
}

impl Made {
    /// Keeps it beside the item, for the batches to come.
    pub(super) fn keep(self, caches: &[Option<TableCache>], answers: &Answers) {
        let Self { slot, key, rendered } = self;
        let given = answers.get(slot, key).map(|given| &given.answer);
        if let (Some(Some(cache)), Some(Answer::Found(item))) = (caches.get(slot), given)
            && let Some(key) = answers.key(slot, key)
        {
            cache.keep_rendered(key, item, rendered);
        }
    }
}

/// Why no more is added.
enum Stopped {
    /// The rule does not want the event.
    Dropped,
    /// The long way has to tell.
    Unusual,
}

impl Appending<'_> {
    /// `wanted` says that the events are wanted as lines; they have about so many bytes before anything is added.
    pub(super) fn new(
        program: &Program,
        Out { mut rendered, text }: Out,
        bytes: usize,
        wanted: bool,
    ) -> Self {
        rendered.begin(program);
        Self {
            lines: Lines::new(text, bytes.saturating_mul(2), wanted),
            rendered,
            known: Vec::new(),
            ended: Vec::new(),
            text: String::new(),
            made: Vec::new(),
        }
    }

    /// Makes room for an event of that size with what is added to it.
    fn begin(&mut self, rule: &Rule, bytes: usize) {
        self.known.clear();
        self.known.resize(rule.lookups.len(), Known::NotYet);
        self.ended.clear();
        self.lines.begin(bytes + bytes / 2 + 512);
    }

    /// The lines, the memory for another batch, and what was made of items.
    pub(super) fn end(self) -> (Vec<Bytes>, Out, Vec<Made>) {
        let (lines, text) = self.lines.into_parts();
        (lines, Out { rendered: self.rendered, text }, self.made)
    }
}

impl Append {
    /// The verdict on an event, if the short way leads to one.
    pub(super) fn apply<'a>(
        &'a self,
        rule: &'a Rule,
        taken: &Taken<'_>,
        applying: &mut Applying<'a>,
    ) -> Option<Verdict> {
        if taken.present & self.targets != 0 {
            return None;
        }
        let root = taken.root(applying.found.tapes);
        let object = taken.text.trim_ascii();
        let (event, rest) = before_the_end(object)?;
        applying.appending.begin(rule, object.len());
        applying.appending.lines.text.extend_from_slice(event.as_bytes());
        let mut run = Run { rule, taken, root, applying };
        let verdict = match run.additions(&self.additions) {
            Ok(()) => run.enriched(rest)?,
            Err(Stopped::Dropped) => Verdict::Dropped { rule: rule.name.clone() },
            Err(Stopped::Unusual) => return None,
        };
        let counts = applying.counts.get_mut(taken.rule).map(Vec::as_mut_slice).unwrap_or_default();
        for (place, ended) in &applying.appending.ended {
            if let Some(counts) = counts.get_mut(*place) {
                ended.count(counts);
            }
        }
        Some(verdict)
    }
}

/// An object's text up to the end of its last member, and from there on; `None` where it has no member.
fn before_the_end(object: &str) -> Option<(&str, &str)> {
    let members = object.strip_suffix('}')?.trim_ascii_end();
    (members.len() > 1).then(|| (members, object.get(members.len()..).unwrap_or_default()))
}

/// One event on its way.
struct Run<'s, 'a, 'r> {
    rule: &'a Rule,
    taken: &'s Taken<'r>,
    root: Node<'s>,
    applying: &'s mut Applying<'a>,
}

impl<'s, 'a> Run<'s, 'a, '_> {
    fn additions(&mut self, additions: &'a [Addition]) -> Result<(), Stopped> {
        for addition in additions {
            match addition {
                Addition::Lookup { place, number, brings, found, missing, no_key } => {
                    let lookup = self.rule.lookups.get(*place).ok_or(Stopped::Unusual)?;
                    match self.answer(*place, lookup)? {
                        (Ended::Found(freshness), Some((key, item, rendered))) => {
                            match rendered.filter(|rendered| rendered.lookup == *number) {
                                Some(lookup::Rendered { members, .. }) => {
                                    self.applying.appending.lines.text.extend_from_slice(members.as_bytes());
                                }
                                None => {
                                    let makes = freshness == Freshness::Kept && rendered.is_none();
                                    self.item((*number, brings), (key, makes), lookup, item)?;
                                }
                            }
                            self.learn(*place, Known::Item(item), Ended::Found(freshness));
                            self.additions(found)?;
                        }
                        (Ended::NoKey, _) => self.otherwise(*place, Ended::NoKey, no_key)?,
                        (ended, _) => self.otherwise(*place, ended, missing)?,
                    }
                }
                Addition::Set { opening, value, constant: None } => {
                    let value = self.scope().value(value).map_err(|_| Stopped::Unusual)?;
                    if value.is_absent() {
                        continue;
                    }
                    let text = &mut self.applying.appending.text;
                    text.clear();
                    value.write_json(text);
                    let Appending { lines, text, .. } = &mut self.applying.appending;
                    lines.text.extend_from_slice(opening.as_bytes());
                    lines.text.extend_from_slice(text.as_bytes());
                }
                Addition::Set { opening, value, constant: Some(constant) } => {
                    self.constant(*constant, opening, value)?;
                }
                Addition::Drop(condition) => match self.scope().holds(condition) {
                    Ok(true) => return Err(Stopped::Dropped),
                    Ok(false) => {}
                    Err(_) => return Err(Stopped::Unusual),
                },
            }
        }
        Ok(())
    }

    /// How a lookup ends, and what it found.
    fn answer(&self, place: usize, lookup: &Lookup) -> Result<(Ended, Option<Found<'a>>), Stopped> {
        let (apply::Found { answers, keys, .. }, context) = (self.applying.found, self.applying.context);
        match keys.of(self.taken.keys, &self.rule.lookups).get(place) {
            Some(Asked::Key(key)) => match answers.get(lookup.slot, *key) {
                Some(Given { answer: Answer::Found(item), freshness, rendered, .. }) => {
                    Ok((Ended::Found(*freshness), Some((*key, item, rendered.as_ref()))))
                }
                Some(Given { answer: Answer::Missing, freshness, .. })
                    if !may_come(lookup, &self.taken.record.origin, context) =>
                {
                    Ok((Ended::Missing(*freshness), None))
                }
                _ => Err(Stopped::Unusual),
            },
            Some(Asked::NoKey) => Ok((Ended::NoKey, None)),
            _ => Err(Stopped::Unusual),
        }
    }

    /// Adds the members out of an item. `makes` says that later batches want them too.
    fn item(
        &mut self,
        (number, brings): (usize, &Brings),
        (key, makes): (KeyId, bool),
        lookup: &Lookup,
        item: &Item,
    ) -> Result<(), Stopped> {
        let Appending { lines, made, rendered: all, .. } = &mut self.applying.appending;
        let Rendered { text, items, .. } = all;
        let items = items.get_mut(number).ok_or(Stopped::Unusual)?;
        if items.len() <= key {
            items.resize(key + 1, None);
        }
        let members = items.get_mut(key).ok_or(Stopped::Unusual)?;
        let is_new = members.is_none();
        let members =
            members.get_or_insert_with(|| rendered(text, |text| brought(lookup, brings, item, text)));
        let members = members.clone().and_then(|members| text.get(members)).ok_or(Stopped::Unusual)?;
        if is_new && makes {
            let rendered = lookup::Rendered { lookup: number, members: members.into() };
            made.push(Made { slot: lookup.slot, key, rendered });
        }
        lines.text.extend_from_slice(members.as_bytes());
        Ok(())
    }

    fn constant(&mut self, number: usize, opening: &str, value: &Expr) -> Result<(), Stopped> {
        let constants = &self.applying.appending.rendered.constants;
        if constants.get(number).is_none_or(Option::is_none) {
            let value = self.scope().value(value);
            let Rendered { text, constants, .. } = &mut self.applying.appending.rendered;
            let members = rendered(text, |text| {
                let value = value.ok()?;
                if !value.is_absent() {
                    text.push_str(opening);
                    value.write_json(text);
                }
                Some(())
            });
            if let Some(constant) = constants.get_mut(number) {
                *constant = Some(members);
            }
        }
        let Appending { rendered: Rendered { text, constants, .. }, lines, .. } =
            &mut self.applying.appending;
        let members =
            constants.get(number).cloned().flatten().flatten().and_then(|members| text.get(members));
        lines.text.extend_from_slice(members.ok_or(Stopped::Unusual)?.as_bytes());
        Ok(())
    }

    fn otherwise(&mut self, place: usize, ended: Ended, otherwise: &'a Otherwise) -> Result<(), Stopped> {
        self.learn(place, Known::Nothing, ended);
        self.applying.appending.lines.text.extend_from_slice(otherwise.defaults.as_bytes());
        self.additions(&otherwise.additions)
    }

    fn learn(&mut self, place: usize, known: Known<'a>, ended: Ended) {
        let appending = &mut self.applying.appending;
        if let Some(slot) = appending.known.get_mut(place) {
            *slot = known;
        }
        appending.ended.push((place, ended));
    }

    fn scope(&self) -> Scope<'s, '_> {
        Scope {
            event: Level { lookups: &self.applying.appending.known, ..Level::arrived(self.root) },
            element: None,
            origin: &self.taken.record.origin,
            error: None,
            now: self.applying.context.now,
            key: false,
            trace: None,
        }
    }

    /// The event with what was added, and its end.
    fn enriched(self, rest: &str) -> Option<Verdict> {
        let Self { rule, taken, root, applying } = self;
        let Applying { appending, places, context, limits, .. } = applying;
        appending.lines.text.extend_from_slice(rest.as_bytes());
        if appending.lines.event_bytes() > limits.event_bytes {
            return None;
        }
        let scope = || Scope {
            event: Level { lookups: &appending.known, ..Level::arrived(root) },
            ..Scope::arrived(root, &taken.record.origin, context.now)
        };
        let placement = places.placement(taken.rule, rule, scope, *context).ok()?;
        Some(Verdict::Enriched { rule: rule.name.clone(), event: Bytes::new(), placement })
    }
}

/// Writes the members that an item brings; `None` where the long way has to tell why it brings none.
fn brought(lookup: &Lookup, brings: &Brings, item: &Item, text: &mut String) -> Option<()> {
    let (root, mut places) = (item.root(), [0; MOST_NAMES]);
    if let Some(names) = &brings.names {
        names.among(root, &mut places);
    }
    for Brought { copy, attribute, place, opening } in &brings.members {
        let found = match &brings.names {
            Some(_) => places.get(*place).filter(|place| **place != 0).map(|place| root.at(*place)),
            None => root.get(attribute),
        };
        let copy = lookup.copies.get(*copy)?;
        match found.filter(|_| copy.cast.is_none()) {
            Some(value) => {
                text.push_str(opening);
                text.push_str(value.raw());
            }
            None => {
                if let Some(value) = copied_from(copy, attribute, found).ok()? {
                    text.push_str(opening);
                    value.write_json(text);
                }
            }
        }
    }
    Some(())
}

impl Ended {
    fn count(self, counts: &mut LookupCounts) {
        match self {
            Ended::Found(freshness) => count_found(counts, freshness),
            Ended::Missing(freshness) => count_missing(counts, freshness),
            Ended::NoKey => counts.no_key += 1,
        }
    }
}
