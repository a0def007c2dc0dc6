//! The short way to an enriched event, where a rule only adds members: they are put behind the event's last
//! one, those out of an item rendered once for all events that ask for it.
//!
//! Whatever is not as usual (a member that is there already, a lookup that failed, a value that can't be worked
//! out, an event that gets too large) is left to the long way, which says all there is to say about it.

use bytes::BytesMut;
use enrich_dsl::model::Copied;

use super::answers::{Answers, Given, KeyId};
use super::apply::{self, Applying, count_found, count_missing};
use super::buffers::Buffers;
use super::copies::copied;
use super::{Asked, Taken, may_come};
use crate::batch::{LookupCounts, Verdict};
use crate::eval::{Known, Level, Scope};
use crate::explain::Freshness;
use crate::json::Node;
use crate::lookup::{Answer, Item, Rendered, TableCache};
use crate::program::{Addition, Append, Expr, Lookup, Otherwise, Program, Rule};

/// What is kept from one event of a batch to the next.
pub(super) struct Appending<'a> {
    /// The members out of items: by the lookup's number, then by that of its key.
    items: Vec<Vec<Option<Members>>>,
    /// The members that are the same for all events.
    constants: Vec<Option<Members>>,
    /// Where enriched events are written, and what comes when it is full.
    out: BytesMut,
    buffers: Buffers,
    /// One event's lookups, as far as it has come.
    known: Vec<Known<'a>>,
    ended: Vec<(usize, Ended)>,
    text: String,
    made: Vec<Made>,
}

/// Members that are added, each behind a comma; `None` where the long way has to say what they are.
type Members = Option<String>;

/// How a lookup of an event ended.
#[derive(Clone, Copy)]
enum Ended {
    Found(Freshness),
    Missing(Freshness),
    NoKey,
}

/// An item, the number of its key, and what an earlier batch made of it.
type Found<'a> = (KeyId, &'a Item, Option<&'a Rendered>);

/// What was made of an item that an earlier batch kept.
pub(super) struct Made {
    slot: usize,
    key: KeyId,
    rendered: Rendered,
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
    pub(super) fn new(program: &Program, buffers: Buffers) -> Self {
        Self {
            items: vec![Vec::new(); program.numbers.lookups],
            constants: vec![None; program.numbers.constants],
            out: BytesMut::new(),
            buffers,
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
        self.out.clear();
        let usual = bytes + bytes / 2 + 512;
        if self.out.capacity() < usual {
            let full = std::mem::take(&mut self.out);
            self.out = self.buffers.replace(full, usual);
        }
    }

    /// The buffers, for another batch, and what was made of items.
    pub(super) fn end(mut self) -> (Buffers, Vec<Made>) {
        self.buffers.keep(self.out);
        (self.buffers, self.made)
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
        let (event, rest) = before_the_end(root.raw())?;
        applying.appending.begin(rule, root.raw().len());
        applying.appending.out.extend_from_slice(event.as_bytes());
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
                Addition::Lookup { place, number, openings, found, missing, no_key } => {
                    let lookup = self.rule.lookups.get(*place).ok_or(Stopped::Unusual)?;
                    match self.answer(*place, lookup)? {
                        (Ended::Found(freshness), Some((key, item, rendered))) => {
                            match rendered.filter(|rendered| rendered.lookup == *number) {
                                Some(Rendered { members, .. }) => {
                                    self.applying.appending.out.extend_from_slice(members.as_bytes());
                                }
                                None => {
                                    let makes = freshness == Freshness::Kept && rendered.is_none();
                                    self.item((*number, openings), (key, makes), lookup, item)?;
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
                    let Appending { out, text, .. } = &mut self.applying.appending;
                    out.extend_from_slice(opening.as_bytes());
                    out.extend_from_slice(text.as_bytes());
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
        (number, openings): (usize, &[String]),
        (key, makes): (KeyId, bool),
        lookup: &Lookup,
        item: &Item,
    ) -> Result<(), Stopped> {
        let Appending { items, out, made, .. } = &mut self.applying.appending;
        let items = items.get_mut(number).ok_or(Stopped::Unusual)?;
        let place = key as usize;
        if items.len() <= place {
            items.resize(place + 1, None);
        }
        let members = items.get_mut(place).ok_or(Stopped::Unusual)?;
        let members = members.get_or_insert_with(|| {
            let members = members_of(lookup, openings, item);
            if let Some(members) = members.as_deref().filter(|_| makes) {
                let rendered = Rendered { lookup: number, members: members.into() };
                made.push(Made { slot: lookup.slot, key, rendered });
            }
            members
        });
        out.extend_from_slice(members.as_deref().ok_or(Stopped::Unusual)?.as_bytes());
        Ok(())
    }

    fn constant(&mut self, number: usize, opening: &str, value: &Expr) -> Result<(), Stopped> {
        let known = self.applying.appending.constants.get(number).and_then(Option::as_ref);
        if known.is_none() {
            let members = self.scope().value(value).ok().map(|value| match value.to_json() {
                Some(json) => format!("{opening}{json}"),
                None => String::new(),
            });
            if let Some(constant) = self.applying.appending.constants.get_mut(number) {
                *constant = Some(members);
            }
        }
        let Appending { constants, out, .. } = &mut self.applying.appending;
        let members = constants.get(number).and_then(Option::as_ref).and_then(Option::as_deref);
        out.extend_from_slice(members.ok_or(Stopped::Unusual)?.as_bytes());
        Ok(())
    }

    fn otherwise(&mut self, place: usize, ended: Ended, otherwise: &'a Otherwise) -> Result<(), Stopped> {
        self.learn(place, Known::Nothing, ended);
        self.applying.appending.out.extend_from_slice(otherwise.defaults.as_bytes());
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
        appending.out.extend_from_slice(rest.as_bytes());
        if appending.out.len() > limits.event_bytes {
            return None;
        }
        let scope = Scope {
            event: Level { lookups: &appending.known, ..Level::arrived(root) },
            ..Scope::arrived(root, &taken.record.origin, context.now)
        };
        let placement = places.placement(taken.rule, rule, scope, *context).ok()?;
        let event = appending.out.split().freeze();
        Some(Verdict::Enriched { rule: rule.name.clone(), event, placement })
    }
}

/// The members that an item brings, or that the long way has to tell why it brings none.
fn members_of(lookup: &Lookup, openings: &[String], item: &Item) -> Members {
    let mut openings = openings.iter();
    // As much as most items bring, so that it need not grow.
    let mut members = String::with_capacity(256);
    for copy in &lookup.copies {
        let Copied::Named(names) = &copy.what else { return None };
        for (name, _) in names {
            let opening = openings.next()?;
            if let Some(value) = copied(copy, name, item).ok()? {
                members.push_str(opening);
                value.write_json(&mut members);
            }
        }
    }
    Some(members)
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
