//! Bytes to an event that a rule has taken, or to its verdict.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use enrich_dsl::model::{Decode, OnInvalid};
use enrich_dsl::source::Span;

use super::buffers::Reading;
use super::routes::Route;
use super::usual::Known;
use super::{Event, Keys, Taken, decode, rejected};
use crate::batch::{Origin, Payload, Record, Verdict};
use crate::context::Context;
use crate::eval::{Scope, Stop};
use crate::explain::{DecisionKind, Trace};
use crate::json::{Kind, Node, Tape, Unread, Usual};
use crate::program::{Append, Condition, ForEach, Names, Program, Rule};
use crate::reasons::{Reason, ReasonCode};

/// Prepares the events of a batch.
pub(super) struct Preparer<'p> {
    pub(super) program: &'p Program,
    pub(super) reading: Reading,
    pub(super) context: Context,
    /// Where decisions are told, if somebody wants to know.
    pub(super) trace: Option<&'p Trace>,
}

/// An event's text with its tokens.
type Read<'r> = (Cow<'r, str>, Tape);

impl<'p> Preparer<'p> {
    /// Decodes, routes by `when`, validates, and decides the early drops: what becomes of the event is put behind the
    /// others. `route` is that of the record's stream, and `trying` is the rule that is tried, should this panic.
    pub(super) fn prepare<'r>(
        &mut self,
        events: &mut Vec<Event<'r>>,
        (record, past_first): (&'r Record<'r>, usize),
        route: Option<&Route>,
        trying: &Cell<Option<&'p Arc<str>>>,
    ) {
        let origin = &record.origin;
        let program = self.program;
        let Some(route) = route else { return done(events, internal()) };
        let first = route.first.and_then(|place| program.rules.get(place)).map(|rule| &rule.name);
        let bytes = match &record.payload {
            Payload::Event(bytes) => bytes,
            Payload::Unreadable { reason, .. } => return done(events, rejected(first, reason.clone())),
            Payload::Unread { reason, .. } => {
                return done(events, Verdict::Failed { rule: first.cloned(), reason: reason.clone() });
            }
        };
        if first.is_none() {
            let message = format!("no rule takes the stream `{}`", origin.stream);
            return done(events, rejected(None, Reason::new(ReasonCode::NoRule, message)));
        }
        let (place, (text, tape)) = match self.taker((route, first), bytes, origin, trying) {
            Ok(Some(taker)) => taker,
            Ok(None) => {
                let message = format!("the `when` of no rule for the stream `{}` holds", origin.stream);
                // It is kept where the rules of its stream keep their rejects, so that it blocks nothing.
                return done(events, rejected(first, Reason::new(ReasonCode::NoRule, message)));
            }
            Err(verdict) => return done(events, verdict),
        };
        let Some(rule) = program.rules.get(place) else { return done(events, internal()) };
        let root = self.reading.tapes.root(&text, tape);
        let fields = self.reading.fields.len();
        self.reading.fields.extend(std::iter::repeat_n(0, rule.names.as_ref().map_or(0, Names::count)));
        let places = self.reading.fields.get_mut(fields..).unwrap_or_default();
        // What was read last is the event.
        let usual = self.reading.tapes.usual();
        let usual = usual.and_then(|usual| Some((self.reading.knowns.of(place, program, usual)?, usual)));
        let checked = present(rule, root, places, usual).and_then(|present| {
            let verdict = invalid(rule, root, usual, self.trace)
                .or_else(|| dropped(rule, Scope::arrived(root, origin, self.context.now), self.trace));
            verdict.map_or(Ok(present), Err)
        });
        let present = match checked {
            Ok(present) => present,
            Err(verdict) => {
                self.reading.tapes.forget(tape);
                self.reading.fields.truncate(fields);
                return done(events, verdict);
            }
        };
        let tape = self.pruned(rule, tape, fields);
        let Reading { tapes, keys: all, .. } = &mut self.reading;
        let keys = all.open(rule.lookups.len());
        // Most rules have none, and what may be a verdict is not moved for them.
        let loops = match rule.loops.as_slice() {
            [] => Vec::new(),
            _ => match loops(all, rule, tapes.root(&text, tape)) {
                Ok(loops) => loops,
                Err(verdict) => return done(events, verdict),
            },
        };
        let (rule, tape) = (place, Some(tape));
        // Put together where it stays, as `push` would not: to move it costs more than to make it.
        events.extend(std::iter::once_with(|| {
            Event::Taken(Taken { record, text, tape, rule, past_first, present, fields, keys, loops })
        }));
    }

    fn tell(&self, span: Span, kind: impl FnOnce() -> DecisionKind) {
        if let Some(trace) = self.trace {
            trace.tell(span, kind());
        }
    }

    /// The event's tape without what its rule never looks into.
    fn pruned(&mut self, rule: &Rule, tape: Tape, fields: usize) -> Tape {
        let Some(append) = rule.append.as_ref().filter(|append| append.reads_late) else { return tape };
        let values = self.reading.fields.get_mut(fields..).unwrap_or_default();
        self.reading.tapes.prune(tape, values, append.reads).unwrap_or(tape)
    }

    /// Lets the tokens go of the event that was read last, if nobody reads them any more: what need not be held
    /// until the batch ends makes room for others in the processor's caches.
    pub(super) fn let_go(&mut self, taken: &mut Taken<'_>) {
        let append = self.program.rules.get(taken.rule).and_then(|rule| rule.append.as_ref());
        let is_unread = |append: &Append| !append.reads_late && taken.present & append.targets == 0;
        if append.is_some_and(is_unread)
            && self.trace.is_none()
            && let Some(tape) = taken.tape.take()
        {
            self.reading.tapes.forget(tape);
            self.reading.fields.truncate(taken.fields);
        }
    }

    /// The first rule whose `when` holds, and the event as it reads it; an `Err` is the event's verdict. `first` is
    /// whose affair bytes are that can't be read.
    fn taker<'r>(
        &mut self,
        (route, first): (&Route, Option<&Arc<str>>),
        bytes: &'r [u8],
        origin: &'r Origin<'r>,
        trying: &Cell<Option<&'p Arc<str>>>,
    ) -> Result<Option<(usize, Read<'r>)>, Verdict> {
        let program = self.program;
        // Where one rule alone looks at the event, it is known what it looks at.
        let unread = route.only.filter(|_| self.trace.is_none());
        let unread = unread.map_or_else(Unread::default, |only| self.reading.knowns.unread(only));
        let mut decoded: Option<(&'p [Decode], Read<'r>)> = None;
        for candidates in &route.candidates {
            let Some(rule) = candidates.first().and_then(|place| program.rules.get(place)) else { continue };
            trying.set(Some(&rule.name));
            // Rules for one stream mostly agree on how its bytes are read.
            let read = match decoded.take() {
                Some((steps, read)) if steps == rule.decode => read,
                other => {
                    if let Some((_, (_, tape))) = other {
                        self.reading.tapes.forget(tape);
                    }
                    decode::decode(bytes, &rule.decode, &mut self.reading.tapes, unread)
                        .map_err(|reason| rejected(first, reason))?
                }
            };
            let root = || self.reading.tapes.root(&read.0, read.1);
            let scope = || Scope { trace: self.trace, ..Scope::arrived(root(), origin, self.context.now) };
            for &place in candidates.asked(root, self.trace.is_some()) {
                let Some(rule) = program.rules.get(place) else { continue };
                trying.set(Some(&rule.name));
                match rule.when.as_ref().map_or(Ok(true), |when| chosen(rule, when, scope())) {
                    Ok(true) => {
                        self.tell(rule.span, || DecisionKind::Took { rule: rule.name.clone() });
                        return Ok(Some((place, read)));
                    }
                    Ok(false) => {}
                    Err(verdict) => {
                        self.reading.tapes.forget(read.1);
                        return Err(verdict);
                    }
                }
            }
            decoded = Some((&rule.decode, read));
        }
        if let Some((_, (_, tape))) = decoded {
            self.reading.tapes.forget(tape);
        }
        Ok(None)
    }
}

/// Puts an event behind the others whose verdict is known: few are.
#[cold]
#[inline(never)]
fn done(events: &mut Vec<Event<'_>>, verdict: Verdict) {
    events.push(Event::Done(verdict));
}

/// Makes room for the keys of a rule's loops over that event, and gives where it is, by loop.
fn loops(keys: &mut Keys, rule: &Rule, event: Node<'_>) -> Result<Vec<usize>, Verdict> {
    let mut loops = Vec::new();
    for each in &rule.loops {
        let count = looped(rule, each, each.array(event))?;
        loops.push(keys.open(count * each.lookups.len()));
    }
    Ok(loops)
}

pub(crate) fn internal() -> Verdict {
    rejected(None, Reason::new(ReasonCode::Internal, "the event's rule is not there"))
}

/// Which of the rule's names the event has, and where their values are; an `Err` is the verdict on an event that
/// has one of them twice.
fn present(
    rule: &Rule,
    root: Node<'_>,
    places: &mut [u32],
    usual: Option<(&Known, Usual<'_>)>,
) -> Result<u64, Verdict> {
    let Some(names) = &rule.names else { return repeated(rule, &rule.paths, root).map_or(Ok(0), Err) };
    let (present, twice) = match usual {
        Some((known, usual)) => (known.fields(usual, places), 0),
        None => names.among(root, places),
    };
    // The paths inside of what they lead through are looked at one by one.
    let verdict = if twice != 0 || rule.deep { repeated(rule, &rule.paths, root) } else { None };
    verdict.map_or(Ok(present), Err)
}

/// How many elements a loop goes over. Absent and null are an empty array; an `Err` is the event's
/// verdict.
fn looped(rule: &Rule, each: &ForEach, array: Option<Node<'_>>) -> Result<usize, Verdict> {
    let path = || each.array.join(".");
    let Some(array) = array.filter(|array| !array.is_null()) else { return Ok(0) };
    if array.kind() != Kind::Array {
        let message = format!("`.{}` is {}, and not an array", path(), array.kind().with_article());
        return Err(rejected(Some(&rule.name), Reason::new(ReasonCode::NotAnArray, message)));
    }
    let count = array.elements().count();
    if count > each.max {
        let message = format!("`.{}` may have {} elements, this one has {count}", path(), each.max);
        return Err(rejected(Some(&rule.name), Reason::new(ReasonCode::TooManyElements, message)));
    }
    match array.elements().find_map(|element| repeated(rule, &each.paths, element)) {
        Some(verdict) => Err(verdict),
        None => Ok(count),
    }
}

/// Whether a rule with that `when` takes the event; an `Err` is the event's verdict.
fn chosen(
    rule: &Rule,
    Condition { expr: when, span }: &Condition,
    scope: Scope<'_, '_>,
) -> Result<bool, Verdict> {
    if let Some(verdict) = repeated(rule, &rule.when_paths, scope.event.node) {
        return Err(verdict);
    }
    match scope.holds(when) {
        Ok(holds) => {
            let rule = &rule.name;
            scope.trace.inspect(|trace| trace.tell(*span, DecisionKind::When { rule: rule.clone(), holds }));
            Ok(holds)
        }
        Err(Stop::Upstream) => Ok(false),
        Err(Stop::Error(reason)) => Err(rejected(Some(&rule.name), reason)),
    }
}

/// The verdict on an event that has a field of these paths more than once: nobody knows which one is
/// meant.
fn repeated(rule: &Rule, paths: &[Vec<String>], event: Node<'_>) -> Option<Verdict> {
    let path = paths.iter().find(|path| {
        let mut node = Some(event);
        path.iter().any(|name| {
            let object = node;
            node = object.and_then(|object| object.get(name));
            object.is_some_and(|object| object.repeats(name))
        })
    })?;
    let message = format!("the event has a field of `{}` more than once", path.join("."));
    Some(rejected(Some(&rule.name), Reason::new(ReasonCode::DuplicateName, message)))
}

fn invalid(
    rule: &Rule,
    event: Node<'_>,
    usual: Option<(&Known, Usual<'_>)>,
    trace: Option<&Trace>,
) -> Option<Verdict> {
    let (schema, on_invalid) = rule.schema.as_ref()?;
    let members = usual.and_then(|(known, usual)| Some((known.schema.as_ref()?, usual)));
    let complaint = schema.complaint(event, members);
    if let Some(trace) = trace {
        trace.tell(rule.schema_span, DecisionKind::Schema { complaint: complaint.clone() });
    }
    let complaint = complaint?;
    Some(match on_invalid {
        OnInvalid::Drop => Verdict::Dropped { rule: rule.name.clone() },
        OnInvalid::Reject => rejected(Some(&rule.name), Reason::new(ReasonCode::Schema, complaint)),
    })
}

/// A condition that fails here is worked out again, and reported, in its turn.
fn dropped(rule: &Rule, scope: Scope<'_, '_>, trace: Option<&Trace>) -> Option<Verdict> {
    let drop = rule.early_drops.iter().find(|condition| scope.holds(&condition.expr) == Ok(true))?;
    if let Some(trace) = trace {
        // Once more, for the ways that it takes.
        let holds = Scope { trace: Some(trace), ..scope }.holds(&drop.expr) == Ok(true);
        trace.tell(drop.span, DecisionKind::Drop { holds });
    }
    Some(Verdict::Dropped { rule: rule.name.clone() })
}
