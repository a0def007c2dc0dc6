//! An event's statements, its new text and its verdict.

use std::borrow::Cow;
use std::ops::ControlFlow;

use bytes::Bytes;
use enrich_dsl::source::Span;

use super::answers::{Answers, Given, unanswered};
use super::append::Appending;
use super::buffers::Out;
use super::copies::{Write, copies, defaults};
use super::lines::Lines;
use super::place::Places;
use super::{Asked, Keys, Taken, internal, may_come};
use crate::batch::{LookupCounts, LookupEnd, LookupOutcome, Verdict};
use crate::context::Context;
use crate::edits::{Edits, NotAnObject};
use crate::eval::{Known, Level, Scope, Stop};
use crate::explain::{DecisionKind, Freshness, Trace, Written};
use crate::json::{Document, Kind, Node, Tapes};
use crate::limits::Limits;
use crate::lookup::{Answer, ErrorCode, Failure, Item, TableCache};
use crate::program::{Branch, Lookup, Program, Rule, Step, StepKind, TableSlot};
use crate::reasons::{Reason, ReasonCode};
use crate::value::Value;

/// What is known of a batch's events before their statements.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) tapes: &'a Tapes,
    pub(super) keys: &'a Keys,
    pub(super) answers: &'a Answers,
}

/// The events of a batch whose lookups are answered.
pub(super) struct Applying<'a> {
    pub(super) program: &'a Program,
    pub(super) found: Found<'a>,
    pub(super) limits: Limits,
    pub(super) context: Context,
    /// By rule and lookup.
    pub(super) counts: Vec<Vec<LookupCounts>>,
    pub(super) places: Places,
    pub(super) appending: Appending<'a>,
    /// Where decisions are told, if somebody wants to know.
    trace: Option<&'a Trace>,
}

impl<'a> Applying<'a> {
    pub(super) fn new(
        program: &'a Program,
        found: Found<'a>,
        limits: Limits,
        (context, trace): (Context, Option<&'a Trace>),
        (out, bytes): (Out, usize),
    ) -> Self {
        let count = |rule: &Rule| {
            rule.all_lookups().map(|lookup| LookupCounts::new(&rule.name, &lookup.name)).collect()
        };
        let counts = program.rules.iter().map(count).collect();
        let appending = Appending::new(program, out, bytes, context.placed);
        let places = Places::new(program);
        Self { program, found, limits, context, counts, places, appending, trace }
    }

    /// How the lookups ended, the events' lines, and the buffers. What was made of kept items is kept beside them.
    pub(super) fn end(self, caches: &[Option<TableCache>]) -> (Vec<LookupCounts>, Vec<Bytes>, Out) {
        let (lines, out, made) = self.appending.end();
        made.into_iter().for_each(|made| made.keep(caches, self.found.answers));
        (self.counts.into_iter().flatten().collect(), lines, out)
    }

    /// The verdict on one event. What it is enriched to is written to the [lines](Lines), to be kept or not.
    pub(super) fn apply(&mut self, taken: &Taken<'_>) -> Verdict {
        let Some(rule) = self.program.rules.get(taken.rule) else {
            return internal();
        };
        if let Some(append) = rule.append.as_ref().filter(|_| self.trace.is_none())
            && let Some(verdict) = append.apply(rule, taken, self)
        {
            return verdict;
        }
        let Found { tapes, keys, answers } = self.found;
        let again;
        let root = match taken.tape {
            Some(tape) => tapes.root(&taken.text, tape),
            None => match Document::parse(taken.text.as_bytes()) {
                Ok(document) => {
                    again = document;
                    again.root()
                }
                Err(_) => return internal(),
            },
        };
        let own = rule.tells_decisions.then(Trace::default);
        let mut run = Run {
            tables: &self.program.tables,
            taken,
            tapes,
            all_keys: keys,
            rule,
            answers,
            limits: self.limits,
            context: self.context,
            event: Frame::new(root, &rule.lookups, keys.of(taken.keys, &rule.lookups), 0),
            element: None,
            at: 0,
            written: 0,
            looped: 0,
            trace: self.trace.or(own.as_ref()),
            statement: rule.span,
            counts: self.counts.get_mut(taken.rule).map(Vec::as_mut_slice).unwrap_or_default(),
        };
        match run.steps(&rule.steps, None) {
            ControlFlow::Break(verdict) => verdict,
            ControlFlow::Continue(()) => run.enriched(&mut self.places, &mut self.appending.lines),
        }
    }
}

/// One event on its way through its rule's statements. A `Break` is the verdict.
pub(super) struct Run<'a, 'r> {
    pub(super) tables: &'a [TableSlot],
    pub(super) taken: &'a Taken<'r>,
    tapes: &'a Tapes,
    all_keys: &'a Keys,
    rule: &'a Rule,
    pub(super) answers: &'a Answers,
    limits: Limits,
    pub(super) context: Context,
    pub(super) event: Frame<'a>,
    /// The element that a `for each` is at.
    pub(super) element: Option<Frame<'a>>,
    /// Its place in the array.
    at: usize,
    /// How many bytes statements have written, at most: what was overwritten since may be counted too.
    written: usize,
    /// How many of them are elements that the loop has behind it.
    looped: usize,
    pub(super) trace: Option<&'a Trace>,
    /// The place of the statement that it is at.
    pub(super) statement: Span,
    counts: &'a mut [LookupCounts],
}

/// An event or an element with its lookups, and what has become of it so far.
pub(super) struct Frame<'a> {
    node: Node<'a>,
    lookups: &'a [Lookup],
    pub(super) keys: &'a [Asked],
    edits: Edits,
    known: Vec<Known<'a>>,
    /// The failures of lookups.
    failures: Vec<Option<Failure>>,
    /// How many lookups of the rule are counted before these.
    counted: usize,
}

impl<'a> Frame<'a> {
    fn new(node: Node<'a>, lookups: &'a [Lookup], keys: &'a [Asked], counted: usize) -> Self {
        let (known, failures) = (vec![Known::NotYet; lookups.len()], vec![None; lookups.len()]);
        Self { node, lookups, keys, edits: Edits::default(), known, failures, counted }
    }

    fn level(&self) -> Level<'a, '_> {
        Level { node: self.node, edits: Some(&self.edits), lookups: &self.known }
    }

    /// How lookup after lookup ended, of those that the event has come to.
    fn outcomes(&self, tables: &[TableSlot], element: Option<usize>) -> Vec<LookupOutcome> {
        let ended = |(place, lookup): (usize, &Lookup)| {
            let end = match self.known.get(place)? {
                Known::NotYet => return None,
                Known::Item(_) => LookupEnd::Found,
                Known::Nothing if matches!(self.keys.get(place), Some(Asked::NoKey)) => LookupEnd::NoKey,
                Known::Nothing => LookupEnd::Missing,
                Known::Failed => LookupEnd::Failed(self.failures.get(place)?.as_ref()?.code),
            };
            let table = tables.get(lookup.slot)?.table.name.clone();
            Some(LookupOutcome { lookup: lookup.name.clone(), table, end, element })
        };
        self.lookups.iter().enumerate().filter_map(ended).collect()
    }

    /// The failure of one of these lookups, if the rule has caught one.
    fn failure(&self, places: &[usize]) -> Option<Failure> {
        places.iter().find_map(|&place| {
            let cause = self.failures.get(place)?.as_ref()?;
            Some(Failure::upstream(&self.lookups.get(place)?.name, cause))
        })
    }
}

type Flow = ControlFlow<Verdict>;

impl<'a> Run<'a, '_> {
    fn steps(&mut self, steps: &'a [Step], error: Option<&Failure>) -> Flow {
        for Step { kind, span } in steps {
            self.statement = *span;
            match kind {
                StepKind::Lookup(place) => self.lookup(*place)?,
                StepKind::Set { target, value } => match self.scope(error).value(value) {
                    Ok(value) => self.write(target, &value, Written::Value)?,
                    Err(Stop::Upstream) => self.tell(|| DecisionKind::Skipped),
                    Err(Stop::Error(reason)) => return self.reject(reason),
                },
                StepKind::ForEach(place) => self.for_each(*place)?,
                StepKind::Remove(path) => self.remove(path),
                StepKind::Drop(condition) => match self.scope(error).holds(condition) {
                    Ok(holds) => {
                        self.tell(|| DecisionKind::Drop { holds });
                        if holds {
                            return Flow::Break(Verdict::Dropped { rule: self.rule.name.clone() });
                        }
                    }
                    Err(Stop::Upstream) => self.tell(|| DecisionKind::Skipped),
                    Err(Stop::Error(reason)) => return self.reject(reason),
                },
            }
        }
        Flow::Continue(())
    }

    fn lookup(&mut self, place: usize) -> Flow {
        let lookups = self.frame().lookups;
        let Some(lookup) = lookups.get(place) else { return Flow::Continue(()) };
        match self.answer(place, lookup) {
            Err(failure) => self.failed(place, lookup, &failure),
            Ok(Ended::Item(item, freshness)) => match copies(lookup, item) {
                Err(failure) => self.failed(place, lookup, &failure),
                Ok(writes) => {
                    self.tell_answer(place, lookup, LookupEnd::Found, Some(freshness));
                    self.learn(place, Known::Item(item), |counts| count_found(counts, freshness));
                    for (span, write) in writes {
                        self.statement = span;
                        match write {
                            Write::One(target, value, written) => self.write(target, &value, written)?,
                            Write::Inside(object, members) => {
                                let told = self.trace.map(|_| members.clone());
                                self.set_all(object, members)?;
                                self.tell_members(object, told.unwrap_or_default());
                            }
                        }
                    }
                    self.steps(&lookup.found, None)
                }
            },
            Ok(Ended::Missing(freshness)) if may_come(lookup, &self.taken.record.origin, self.context) => {
                self.tell_answer(place, lookup, LookupEnd::Missing, Some(freshness));
                let reason = Reason::new(
                    ReasonCode::NotYet,
                    format!("lookup `{}`: the item may still come", lookup.name),
                );
                Flow::Break(Verdict::Failed { rule: Some(self.rule.name.clone()), reason })
            }
            Ok(Ended::Missing(freshness)) => {
                self.tell_answer(place, lookup, LookupEnd::Missing, Some(freshness));
                self.learn(place, Known::Nothing, |counts| count_missing(counts, freshness));
                self.without_item(lookup, &lookup.missing)
            }
            Ok(Ended::NoKey) => {
                self.tell_answer(place, lookup, LookupEnd::NoKey, None);
                self.learn(place, Known::Nothing, |counts| counts.no_key += 1);
                self.without_item(lookup, &lookup.no_key)
            }
        }
    }

    /// The defaults of the copies, unless the outcome's block stands instead of them; then that block.
    fn without_item(&mut self, lookup: &'a Lookup, branch: &'a Branch) -> Flow {
        if !branch.instead {
            for (span, target, value) in defaults(lookup) {
                self.statement = span;
                self.write(target, &value, Written::Default)?;
            }
        }
        self.steps(&branch.steps, None)
    }

    /// What a lookup found, as its key and the tables say. One keyed by a failed lookup fails too.
    fn answer(&self, place: usize, lookup: &Lookup) -> Result<Ended<'a>, Failure> {
        let caught = self.element.as_ref().and_then(|element| element.failure(&lookup.inner_upstream));
        if let Some(failure) = caught.or_else(|| self.event.failure(&lookup.upstream)) {
            return Err(failure);
        }
        match self.element.as_ref().unwrap_or(&self.event).keys.get(place) {
            Some(Asked::Key(key)) => match self.answers.get(lookup.slot, *key) {
                Some(Given { answer: Answer::Found(item), freshness, .. }) => {
                    Ok(Ended::Item(item, *freshness))
                }
                Some(Given { answer: Answer::Missing, freshness, .. }) => Ok(Ended::Missing(*freshness)),
                Some(Given { answer: Answer::Failed(failure), .. }) => Err(self.taken.failure(failure)),
                None => Err(unanswered()),
            },
            Some(Asked::NoKey) => Ok(Ended::NoKey),
            Some(Asked::Failed(failure)) => Err(Failure::clone(failure)),
            Some(Asked::NotYet) | None => Err(unanswered()),
        }
    }

    /// The event as it was before the lookup goes on with `on error`, or ends here.
    fn failed(&mut self, place: usize, lookup: &'a Lookup, failure: &Failure) -> Flow {
        self.tell_failure(place, lookup, failure);
        self.learn(place, Known::Failed, |counts| {
            counts.failed += 1;
            counts.circuit_open += u64::from(failure.code == ErrorCode::CircuitOpen);
        });
        if let Some(known) = self.frame().failures.get_mut(place) {
            *known = Some(failure.clone());
        }
        let Some(steps) = &lookup.error else {
            let message = format!("lookup `{}`: {}", lookup.name, failure.message);
            let reason = Reason::new(failure.code, message);
            return if failure.transient {
                Flow::Break(Verdict::Failed { rule: Some(self.rule.name.clone()), reason })
            } else {
                self.reject(reason)
            };
        };
        self.steps(steps, Some(failure))
    }

    fn learn(&mut self, place: usize, known: Known<'a>, count: impl FnOnce(&mut LookupCounts)) {
        let frame = self.frame();
        if let Some(slot) = frame.known.get_mut(place) {
            *slot = known;
        }
        let counted = frame.counted + place;
        if let Some(counts) = self.counts.get_mut(counted) {
            count(counts);
        }
    }

    /// What the statements at this place act on.
    fn frame(&mut self) -> &mut Frame<'a> {
        self.element.as_mut().unwrap_or(&mut self.event)
    }

    /// Runs a loop: each element by itself, then the array with what has changed.
    fn for_each(&mut self, place: usize) -> Flow {
        let Some(each) = self.rule.loops.get(place) else { return Flow::Continue(()) };
        let Some(array) = self.taken.array(self.tapes, each) else { return Flow::Continue(()) };
        let start = array.span().0;
        let (mut text, mut copied) = (String::new(), 0);
        for (at, element) in array.elements().enumerate() {
            self.at = at;
            self.trace.inspect(|trace| trace.enter(&each.array, at));
            let keys = self.all_keys.of(self.taken.loop_keys(place, each, at), &each.lookups);
            self.element = Some(Frame::new(element, &each.lookups, keys, each.counted));
            let flow = self.steps(&each.steps, None);
            let frame = self.element.take();
            flow?;
            if let Some(frame) = frame.filter(|frame| !frame.edits.is_empty()) {
                let (from, to) = (element.span().0 - start, element.span().1 - start);
                text.push_str(array.raw().get(copied..from).unwrap_or_default());
                text.push_str(&frame.edits.render(Some(element)));
                copied = to;
                self.looped = text.len();
            }
        }
        self.trace.inspect(|trace| trace.leave());
        self.looped = 0;
        if copied > 0 {
            text.push_str(array.raw().get(copied..).unwrap_or_default());
            return self.set(&each.array, text);
        }
        Flow::Continue(())
    }

    /// Writes a value; an absent one removes the target.
    fn write(&mut self, target: &[String], value: &Value<'_>, written: Written) -> Flow {
        match value.to_json() {
            Some(text) => {
                let told = self.trace.map(|_| text.clone());
                self.set(target, text)?;
                self.tell_write(target, told, written);
                Flow::Continue(())
            }
            None => {
                self.remove(target);
                Flow::Continue(())
            }
        }
    }

    fn remove(&mut self, target: &[String]) {
        self.tell_removed(target);
        let frame = self.frame();
        frame.edits.remove(Some(frame.node), target);
    }

    fn set(&mut self, target: &[String], text: String) -> Flow {
        let Some((name, object)) = target.split_last() else { return Flow::Continue(()) };
        self.set_all(object, vec![(name.clone(), text)])
    }

    /// Writes members of the object at that path.
    fn set_all(&mut self, object: &[String], members: Vec<(String, String)>) -> Flow {
        self.written += members.iter().map(|(name, text)| name.len() + text.len()).sum::<usize>();
        let frame = self.frame();
        // An element may be anything; an event is an object.
        let written = match frame.node.kind() {
            Kind::Object | Kind::Null => frame.edits.set_all(Some(frame.node), object, members),
            kind => Err(NotAnObject { depth: 0, kind }),
        };
        let Err(NotAnObject { depth, kind }) = written else { return self.within() };
        let parent = object.get(..depth).unwrap_or_default().join(".");
        let place = match (&self.element, depth) {
            (None, _) => format!("`.{parent}`"),
            (Some(_), 0) => "an element".to_owned(),
            (Some(_), _) => format!("`.{parent}` of an element"),
        };
        let message = format!("{place} is {}, so nothing can be written into it", kind.with_article());
        self.reject(Reason::new(ReasonCode::NotAnObject, message))
    }

    /// Ends an event that gets too large while it is written: each `set .a.x = .a` under another name doubles
    /// it.
    fn within(&mut self) -> Flow {
        if self.written > self.limits.event_bytes {
            let element = self.element.as_ref().map_or(0, |element| element.edits.bytes());
            self.written = self.event.edits.bytes() + element + self.looped;
        }
        if self.written > self.limits.event_bytes {
            self.reject(too_large(self.limits))
        } else {
            Flow::Continue(())
        }
    }

    fn reject(&self, reason: Reason) -> Flow {
        Flow::Break(self.rejected(reason))
    }

    /// The verdict, with the lookups of the event and those of the element that it ends at.
    fn rejected(&self, reason: Reason) -> Verdict {
        let mut lookups = self.event.outcomes(self.tables, None);
        if let Some(element) = &self.element {
            lookups.extend(element.outcomes(self.tables, Some(self.at)));
        }
        Verdict::Rejected { rule: Some(self.rule.name.clone()), reason, lookups }
    }

    fn enriched(&self, places: &mut Places, lines: &mut Lines) -> Verdict {
        let placement = match places.placement(self.taken.rule, self.rule, || self.scope(None), self.context)
        {
            Ok(placement) => placement,
            Err(reason) => return self.rejected(reason),
        };
        let root = self.event.node;
        let edits = &self.event.edits;
        let event = if edits.is_empty() { root.raw().into() } else { Cow::Owned(edits.render(Some(root))) };
        if event.len() > self.limits.event_bytes {
            return self.rejected(too_large(self.limits));
        }
        lines.write(&event);
        Verdict::Enriched { rule: self.rule.name.clone(), event: Bytes::new(), placement }
    }

    fn scope<'s>(&'s self, error: Option<&'s Failure>) -> Scope<'a, 's> {
        Scope {
            event: self.event.level(),
            element: self.element.as_ref().map(Frame::level),
            origin: &self.taken.record.origin,
            error,
            now: self.context.now,
            key: false,
            trace: self.trace,
        }
    }
}

fn too_large(limits: Limits) -> Reason {
    let message = format!("the event gets more than {} bytes enriched", limits.event_bytes);
    Reason::new(ReasonCode::TooLarge, message)
}

/// How a lookup ended, and what it found.
enum Ended<'a> {
    Item(&'a Item, Freshness),
    Missing(Freshness),
    NoKey,
}

/// Counts a lookup that has found its item.
pub(super) fn count_found(counts: &mut LookupCounts, freshness: Freshness) {
    counts.found += 1;
    match freshness {
        Freshness::Kept => counts.cached += 1,
        Freshness::Stale => counts.stale += 1,
        Freshness::New => {}
    }
}

/// Counts a lookup whose item is not there; what has expired never says so.
pub(super) fn count_missing(counts: &mut LookupCounts, freshness: Freshness) {
    let kept = u64::from(freshness == Freshness::Kept);
    counts.missing += 1;
    counts.cached += kept;
    counts.cached_missing += kept;
}
