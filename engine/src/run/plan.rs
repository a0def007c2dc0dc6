//! Which keys a wave of lookups asks.

use enrich_dsl::model::KeyType;

use super::answers::{Answers, unanswered};
use super::buffers::Reading;
use super::{Asked, Keys, Taken, may_come};
use crate::context::Context;
use crate::eval::{Known, Level, Scope, Stop};
use crate::explain::Trace;
use crate::json::{Kind, Node};
use crate::lookup::{Answer, ErrorCode, Failure, KeyBytes};
use crate::program::{ForEach, KeyPart, Lookup, Program, Rule};
use crate::value::Value;

/// Works out the keys of a wave, event by event, and has them asked.
pub(super) struct Planner<'p> {
    program: &'p Program,
    wave: usize,
    context: Context,
    trace: Option<&'p Trace>,
}

impl<'p> Planner<'p> {
    pub(super) fn new(
        program: &'p Program,
        wave: usize,
        (context, trace): (Context, Option<&'p Trace>),
    ) -> Self {
        Self { program, wave, context, trace }
    }

    /// Works out the keys of an event: those of the rule's own lookups, then those of its loops.
    pub(super) fn event(
        &self,
        taken: &Taken<'_>,
        Reading { tapes, fields, keys, key, .. }: &mut Reading,
        answers: &mut Answers,
    ) {
        let Some(rule) = self.program.rules.get(taken.rule) else { return };
        let wave = self.wave;
        let is_due = |lookup: &Lookup| lookup.wave == wave;
        let root = taken.root(tapes);
        let asker = Asker { taken, rule, fields, context: self.context, trace: self.trace };
        for (place, lookup) in rule.lookups.iter().enumerate().filter(|(_, lookup)| is_due(lookup)) {
            let asked = match asker.rule_key(root, keys, answers, lookup, key) {
                Ok(()) => self.asked(key, lookup, taken, answers),
                Err(asked) => asked,
            };
            keys.set(taken.keys + place, asked);
        }
        for (at, each) in rule.loops.iter().enumerate() {
            if !each.lookups.iter().any(is_due) {
                continue;
            }
            for (element, node) in taken.elements(tapes, each).into_iter().flatten().enumerate() {
                let first = taken.loop_keys(at, each, element);
                for (place, lookup) in each.lookups.iter().enumerate().filter(|(_, lookup)| is_due(lookup)) {
                    let inner = keys.of(first, &each.lookups);
                    let of = (each, lookup);
                    let asked = match asker.element_key((root, node), keys, inner, answers, of, key) {
                        Ok(()) => self.asked(key, lookup, taken, answers),
                        Err(asked) => asked,
                    };
                    keys.set(first + place, asked);
                }
            }
        }
    }

    /// What a lookup asks whose key has been put together.
    fn asked(&self, key: &KeyBytes, lookup: &Lookup, taken: &Taken<'_>, answers: &mut Answers) -> Asked {
        let awaited = may_come(lookup, &taken.record.origin, self.context);
        answers.ask(lookup.slot, key, self.wave, awaited).map_or(Asked::NotYet, Asked::Key)
    }
}

/// Works out the keys of one event, from the event as it arrived and the items above. Where there is no key, an `Err` is
/// what the lookup asks then.
#[derive(Clone, Copy)]
struct Asker<'a, 'p, 'r> {
    taken: &'a Taken<'r>,
    rule: &'p Rule,
    /// See [`Reading::fields`].
    fields: &'a [u32],
    context: Context,
    trace: Option<&'a Trace>,
}

impl<'a> Asker<'a, '_, '_> {
    fn rule_key(
        self,
        root: Node<'a>,
        keys: &Keys,
        answers: &Answers,
        lookup: &Lookup,
        bytes: &mut KeyBytes,
    ) -> Result<(), Asked> {
        if lookup.upstream.is_empty() {
            return self.key(lookup, Level::arrived(root), None, bytes);
        }
        let own = keys.of(self.taken.keys, &self.rule.lookups);
        let known = self.known(&self.rule.lookups, own, &lookup.upstream, answers)?;
        self.key(lookup, Level { lookups: &known, ..Level::arrived(root) }, None, bytes)
    }

    fn element_key(
        self,
        (root, node): (Node<'a>, Node<'a>),
        keys: &Keys,
        inner: &[Asked],
        answers: &Answers,
        (each, lookup): (&ForEach, &Lookup),
        bytes: &mut KeyBytes,
    ) -> Result<(), Asked> {
        let own = keys.of(self.taken.keys, &self.rule.lookups);
        let outer = self.known(&self.rule.lookups, own, &lookup.upstream, answers)?;
        let inner = self.known(&each.lookups, inner, &lookup.inner_upstream, answers)?;
        let event = Level { lookups: &outer, ..Level::arrived(root) };
        let element = Level { lookups: &inner, ..Level::arrived(node) };
        self.key(lookup, event, Some(element), bytes)
    }

    /// What is known of the lookups that a key reads. Of one that failed its own statement decides.
    fn known<'b>(
        self,
        lookups: &[Lookup],
        keys: &[Asked],
        upstream: &[usize],
        answers: &'b Answers,
    ) -> Result<Vec<Known<'b>>, Asked> {
        let mut all = vec![Known::NotYet; lookups.len()];
        for &place in upstream {
            let (Some(above), Some(asked), Some(known)) =
                (lookups.get(place), keys.get(place), all.get_mut(place))
            else {
                continue;
            };
            *known = match asked {
                Asked::Key(key) => match answers.get(above.slot, *key).map(|given| &given.answer) {
                    Some(Answer::Found(item)) => Known::Item(item),
                    Some(Answer::Missing) => Known::Nothing,
                    Some(Answer::Failed(cause)) => {
                        return Err(failed(Failure::upstream(&above.name, &self.taken.failure(cause))));
                    }
                    None => return Err(failed(Failure::upstream(&above.name, &unanswered()))),
                },
                Asked::Failed(cause) => return Err(failed(Failure::upstream(&above.name, cause))),
                Asked::NoKey | Asked::NotYet => Known::Nothing,
            };
        }
        Ok(all)
    }

    /// The text of a field that is a part of a key, if it stands there plainly: most are.
    fn field<'b>(self, part: &KeyPart, event: Node<'b>) -> Option<&'b str> {
        let place = self.taken.fields + part.field.filter(|_| part.ty == KeyType::String)?;
        let value = self.fields.get(place).filter(|value| **value != 0)?;
        event.at(*value).as_plain_str().filter(|text| !text.is_empty())
    }

    /// Puts the key's bytes together.
    fn key<'b>(
        self,
        lookup: &Lookup,
        event: Level<'b, '_>,
        element: Option<Level<'b, '_>>,
        bytes: &mut KeyBytes,
    ) -> Result<(), Asked>
    where
        'a: 'b,
    {
        let scope = || {
            let (origin, now) = (&self.taken.record.origin, self.context.now);
            Scope { event, element, origin, error: None, now, key: true, trace: self.trace }
        };
        bytes.clear();
        for part in &lookup.key {
            if let Some(text) = self.field(part, event.node) {
                bytes
                    .push_string(text)
                    .map_err(|code| wrong_part(part, code, &Value::String(text.into())))?;
            } else {
                key_part(part, scope(), bytes)?;
            }
        }
        Ok(())
    }
}

fn failed(failure: Failure) -> Asked {
    Asked::Failed(Box::new(failure))
}

/// Appends one part of a key; there is none where it is absent, null or empty text.
fn key_part(part: &KeyPart, scope: Scope<'_, '_>, bytes: &mut KeyBytes) -> Result<(), Asked> {
    use ErrorCode::{Argument, Arithmetic, Cast, Condition, Expression, Size, Text};
    let value = scope.value(&part.value).map_err(|stop| match stop {
        Stop::Error(reason) => {
            let codes = [Cast, Text, Arithmetic, Argument, Condition, Size];
            let code = codes.into_iter().find(|code| code.as_str() == reason.code);
            failed(Failure::new(code.unwrap_or(Expression), reason.message))
        }
        Stop::Upstream => failed(Failure::new(ErrorCode::Upstream, "the key reads a lookup that failed")),
    })?;
    let text = value.as_str();
    if value.is_nothing() || text.as_ref().is_some_and(|text| text.is_empty()) {
        return Err(Asked::NoKey);
    }
    let pushed = match (part.ty, text, value.as_number()) {
        (KeyType::String, Some(text), _) => bytes.push_string(&text),
        (KeyType::Number, _, Some(number)) => bytes.push_number(number),
        (KeyType::Binary, Some(text), _) => bytes.push_binary(&text),
        _ => Err(ErrorCode::KeyType),
    };
    pushed.map_err(|code| wrong_part(part, code, &value))
}

/// Why a value is no part of a key.
fn wrong_part(part: &KeyPart, code: ErrorCode, value: &Value<'_>) -> Asked {
    let message = match code {
        ErrorCode::KeySize => format!("the key part `{}` is too long, or has too many digits", part.name),
        _ if part.ty == KeyType::Binary && value.kind() == Some(Kind::String) => {
            format!("the key part `{}` is binary, this is a text that is no base64", part.name)
        }
        _ if part.ty == KeyType::Binary => {
            format!("the key part `{}` is binary, this is {}", part.name, value.with_article())
        }
        _ => format!(
            "the key part `{}` is a {}, this is {}",
            part.name,
            part.ty.as_str(),
            value.with_article()
        ),
    };
    failed(Failure::new(code, message))
}
