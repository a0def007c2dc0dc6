//! Bytes to an event that a rule has taken, or to its verdict.

use enrich_dsl::model::OnInvalid;

use super::{Asked, Event, Taken, rejected};
use crate::batch::{Payload, Reason, Record, Verdict};
use crate::engine::Context;
use crate::eval::{Scope, Stop};
use crate::json::{Document, Kind, Node, Problem};
use crate::program::{Program, Rule};

/// Routes by stream, decodes, routes by `when`, validates, and decides the early drops.
pub(super) fn prepare<'r>(program: &Program, record: &'r Record, context: Context) -> Event<'r> {
    let origin = &record.origin;
    let bytes = match &record.payload {
        Payload::Event(bytes) => bytes,
        Payload::Unreadable { reason, .. } => return Event::Done(rejected(None, reason.clone())),
    };
    let takes =
        |rule: &Rule| rule.streams.iter().any(|stream| stream.takes(&origin.stream, origin.arn.as_deref()));
    let mut candidates = program.rules.iter().enumerate().filter(|(_, rule)| takes(rule)).peekable();
    if candidates.peek().is_none() {
        let message = format!("no rule takes the stream `{}`", origin.stream);
        return Event::Done(rejected(None, Reason::new("no_rule", message)));
    }
    let document = match decode(bytes) {
        Ok(document) => document,
        Err(reason) => return Event::Done(rejected(None, reason)),
    };
    for (place, rule) in candidates {
        if let Some(path) = rule.paths.iter().find(|path| repeated(document.root(), path)) {
            let message = format!("the event has a field of `{}` more than once", path.join("."));
            return Event::Done(rejected(Some(&rule.name), Reason::new("duplicate_name", message)));
        }
        let scope = Scope {
            event: document.root(),
            edits: None,
            lookups: &[],
            origin,
            error: None,
            now: context.now,
            key: false,
        };
        match rule.when.as_ref().map(|when| scope.holds(when)) {
            None | Some(Ok(true)) => {}
            Some(Ok(false) | Err(Stop::Upstream)) => continue,
            Some(Err(Stop::Error(reason))) => return Event::Done(rejected(Some(&rule.name), reason)),
        }
        if let Some(verdict) = invalid(rule, document.root()).or_else(|| dropped(rule, scope)) {
            return Event::Done(verdict);
        }
        let keys = vec![Asked::NotYet; rule.lookups.len()];
        return Event::Taken(Taken { record, document, rule: place, keys });
    }
    let message = format!("the `when` of no rule for the stream `{}` holds", origin.stream);
    Event::Done(rejected(None, Reason::new("no_rule", message)))
}

fn decode(bytes: &[u8]) -> Result<Document<'_>, Reason> {
    let document = Document::parse(bytes).map_err(|error| {
        let code = match error.problem {
            Problem::Utf8 => "not_utf8",
            Problem::Depth => "too_deep",
            _ => "not_json",
        };
        Reason::new(code, error.to_string())
    })?;
    match document.root().kind() {
        Kind::Object => Ok(document),
        kind => Err(Reason::new(
            "not_object",
            format!("an event is a JSON object, this is {}", kind.with_article()),
        )),
    }
}

/// Whether a name of the path is there more than once: then nobody knows which one is meant.
fn repeated(event: Node<'_>, path: &[String]) -> bool {
    let mut node = Some(event);
    for name in path {
        let Some(object) = node else { return false };
        if object.repeats(name) {
            return true;
        }
        node = object.get(name);
    }
    false
}

fn invalid(rule: &Rule, event: Node<'_>) -> Option<Verdict> {
    let (schema, on_invalid) = rule.schema.as_ref()?;
    let complaint = schema.complaint(event)?;
    Some(match on_invalid {
        OnInvalid::Drop => Verdict::Dropped { rule: rule.name.clone() },
        OnInvalid::Reject => rejected(Some(&rule.name), Reason::new("schema", complaint)),
    })
}

/// A condition that fails here is worked out again, and reported, in its turn.
fn dropped(rule: &Rule, scope: Scope<'_, '_>) -> Option<Verdict> {
    let drop = rule.early_drops.iter().any(|condition| scope.holds(condition) == Ok(true));
    drop.then(|| Verdict::Dropped { rule: rule.name.clone() })
}
