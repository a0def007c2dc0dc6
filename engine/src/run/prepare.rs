//! Bytes to an event that a rule has taken, or to its verdict.

use std::cell::Cell;
use std::sync::Arc;

use enrich_dsl::model::{Decode, OnInvalid};

use super::{Asked, Event, Taken, decode, rejected};
use crate::batch::{Payload, Record, Verdict};
use crate::context::Context;
use crate::eval::{Scope, Stop};
use crate::json::{Document, Kind, Node};
use crate::program::{ForEach, Program, Rule};
use crate::reasons::{Reason, ReasonCode};

/// Routes by stream, decodes, routes by `when`, validates, and decides the early drops.
///
/// `trying` is the rule that is tried, should this panic.
pub(super) fn prepare<'p, 'r>(
    program: &'p Program,
    record: &'r Record,
    context: Context,
    trying: &Cell<Option<&'p Arc<str>>>,
) -> Event<'r> {
    let origin = &record.origin;
    let takes =
        |rule: &Rule| rule.streams.iter().any(|stream| stream.takes(&origin.stream, origin.arn.as_deref()));
    let candidates: Vec<_> = program.rules.iter().enumerate().filter(|(_, rule)| takes(rule)).collect();
    // Whose affair a record is that no rule takes: the first one's that keeps rejects, else the first's.
    let keeps = candidates.iter().find(|(_, rule)| rule.rejects.is_some());
    let first = keeps.or(candidates.first()).map(|(_, rule)| rule.name.clone());
    let bytes = match &record.payload {
        Payload::Event(bytes) => bytes,
        Payload::Unreadable { reason, .. } => return Event::Done(rejected(first.as_ref(), reason.clone())),
        Payload::Unread { reason, .. } => {
            return Event::Done(Verdict::Failed { rule: first, reason: reason.clone() });
        }
    };
    if first.is_none() {
        let message = format!("no rule takes the stream `{}`", origin.stream);
        return Event::Done(rejected(None, Reason::new(ReasonCode::NoRule, message)));
    }
    let mut taker = None;
    let mut decoded: Option<(&[Decode], Document<'r>)> = None;
    for (place, rule) in candidates {
        trying.set(Some(&rule.name));
        // Rules for one stream mostly agree on how its bytes are read.
        let document = match decoded.take() {
            Some((steps, document)) if steps == rule.decode => document,
            _ => match decode::decode(bytes, &rule.decode) {
                Ok(document) => document,
                Err(reason) => return Event::Done(rejected(first.as_ref(), reason)),
            },
        };
        match chosen(rule, Scope::arrived(document.root(), origin, context.now)) {
            Ok(true) => {
                taker = Some((place, rule, document));
                break;
            }
            Ok(false) => decoded = Some((&rule.decode, document)),
            Err(verdict) => return Event::Done(verdict),
        }
    }
    let Some((place, rule, document)) = taker else {
        let message = format!("the `when` of no rule for the stream `{}` holds", origin.stream);
        // It is kept where the rules of its stream keep their rejects, so that it blocks nothing.
        return Event::Done(rejected(first.as_ref(), Reason::new(ReasonCode::NoRule, message)));
    };
    let root = document.root();
    let verdict = repeated(rule, &rule.paths, root)
        .or_else(|| invalid(rule, root))
        .or_else(|| dropped(rule, Scope::arrived(document.root(), origin, context.now)));
    if let Some(verdict) = verdict {
        return Event::Done(verdict);
    }
    let keys = vec![Asked::NotYet; rule.lookups.len()];
    let mut taken = Taken { record, rule: place, first: false, keys, loops: Vec::new(), document };
    for each in &rule.loops {
        match looped(rule, each, taken.array(each)) {
            Ok(count) => taken.loops.push(vec![vec![Asked::NotYet; each.lookups.len()]; count]),
            Err(verdict) => return Event::Done(verdict),
        }
    }
    Event::Taken(taken)
}

/// How many elements a loop goes over. Absent and null are an empty array; an `Err` is the event's
/// verdict.
fn looped(rule: &Rule, each: &ForEach, array: Option<Node<'_>>) -> Result<usize, Verdict> {
    let path = each.array.join(".");
    let Some(array) = array.filter(|array| !array.is_null()) else { return Ok(0) };
    if array.kind() != Kind::Array {
        let message = format!("`.{path}` is {}, and not an array", array.kind().with_article());
        return Err(rejected(Some(&rule.name), Reason::new(ReasonCode::NotAnArray, message)));
    }
    let count = array.elements().count();
    if count > each.max {
        let message = format!("`.{path}` may have {} elements, this one has {count}", each.max);
        return Err(rejected(Some(&rule.name), Reason::new(ReasonCode::TooManyElements, message)));
    }
    match array.elements().find_map(|element| repeated(rule, &each.paths, element)) {
        Some(verdict) => Err(verdict),
        None => Ok(count),
    }
}

/// Whether a rule takes the event; an `Err` is the event's verdict.
fn chosen(rule: &Rule, scope: Scope<'_, '_>) -> Result<bool, Verdict> {
    let Some(when) = &rule.when else { return Ok(true) };
    if let Some(verdict) = repeated(rule, &rule.when_paths, scope.event.node) {
        return Err(verdict);
    }
    match scope.holds(when) {
        Ok(holds) => Ok(holds),
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

fn invalid(rule: &Rule, event: Node<'_>) -> Option<Verdict> {
    let (schema, on_invalid) = rule.schema.as_ref()?;
    let complaint = schema.complaint(event)?;
    Some(match on_invalid {
        OnInvalid::Drop => Verdict::Dropped { rule: rule.name.clone() },
        OnInvalid::Reject => rejected(Some(&rule.name), Reason::new(ReasonCode::Schema, complaint)),
    })
}

/// A condition that fails here is worked out again, and reported, in its turn.
fn dropped(rule: &Rule, scope: Scope<'_, '_>) -> Option<Verdict> {
    let drop = rule.early_drops.iter().any(|condition| scope.holds(condition) == Ok(true));
    drop.then(|| Verdict::Dropped { rule: rule.name.clone() })
}
