//! Which keys a wave of lookups asks.

use std::collections::HashSet;

use enrich_dsl::model::KeyType;

use super::fetch::{Answered, unanswered};
use super::{Asked, Event, Taken, contained, may_come};
use crate::context::Context;
use crate::eval::{Known, Level, Scope, Stop};
use crate::json::{Kind, Node};
use crate::lookup::{Answer, ErrorCode, Failure, Key, KeyValue};
use crate::program::{ForEach, KeyPart, Lookup, Program, Rule};
use crate::value::Value;

/// What a wave asks: each key of a slot once, in the order in which the events need them.
pub(super) struct Wanted {
    /// Slots and keys.
    pub(super) keys: Vec<(usize, Key)>,
    slots: Vec<Slot>,
}

#[derive(Default)]
struct Slot {
    seen: HashSet<Key>,
    /// The keys for whose items an event waits.
    awaited: HashSet<Key>,
}

/// What one slot is asked.
#[derive(Default)]
pub(super) struct SlotKeys {
    pub(super) keys: Vec<Key>,
    /// Those of them for whose items an event waits.
    pub(super) awaited: HashSet<Key>,
}

impl Wanted {
    /// Some of the keys, by slot.
    pub(super) fn by_slot(&self, keys: &[(usize, Key)]) -> Vec<SlotKeys> {
        let mut asked: Vec<SlotKeys> = self.slots.iter().map(|_| SlotKeys::default()).collect();
        for (slot, key) in keys {
            if let (Some(asked), Some(slot)) = (asked.get_mut(*slot), self.slots.get(*slot)) {
                asked.keys.push(key.clone());
                asked.awaited.extend(slot.awaited.get(key).cloned());
            }
        }
        asked
    }
}

/// Works out the keys of a wave, over all events. Keys that are answered already are not asked again.
pub(super) fn keys(
    program: &Program,
    events: &mut [Event<'_>],
    answers: &Answered,
    wave: usize,
    context: Context,
) -> Wanted {
    let slots = program.tables.iter().map(|_| Slot::default()).collect();
    let mut wanted = Wanted { keys: Vec::new(), slots };
    for event in events {
        let Event::Taken(taken) = &*event else { continue };
        let Some(rule) = program.rules.get(taken.rule) else { continue };
        // Nothing is kept of an event that ends here: its keys are not asked.
        let worked_out =
            contained(|| Some(&rule.name), || Ok(Asker { taken, rule, answers, context }.wave(wave)), Err);
        match (worked_out, event) {
            (Ok(found), Event::Taken(taken)) => {
                for found in found {
                    found.keep(rule, taken, answers, &mut wanted, context);
                }
            }
            (Err(verdict), event) => *event = Event::Done(verdict),
            (Ok(_), Event::Done(_)) => {}
        }
    }
    wanted
}

/// The key of one lookup.
struct Found {
    /// The loop and the element that the lookup is for.
    element: Option<(usize, usize)>,
    place: usize,
    asked: Asked,
}

impl Found {
    /// Asks for the key where nobody has, and keeps it for the lookup's statement.
    fn keep(
        self,
        rule: &Rule,
        taken: &mut Taken<'_>,
        answers: &Answered,
        wanted: &mut Wanted,
        context: Context,
    ) {
        let Found { element, place, asked } = self;
        let lookup = match element {
            None => rule.lookups.get(place),
            Some((at, _)) => rule.loops.get(at).and_then(|each| each.lookups.get(place)),
        };
        if let (Asked::Key(key), Some(lookup)) = (&asked, lookup)
            && let Some(slot) = wanted.slots.get_mut(lookup.slot)
        {
            let awaited = may_come(lookup, &taken.record.origin, context);
            let known = answers.get(lookup.slot, key);
            if known.is_none_or(|given| awaited && given.is_kept_miss()) && slot.seen.insert(key.clone()) {
                wanted.keys.push((lookup.slot, key.clone()));
            }
            if awaited {
                slot.awaited.insert(key.clone());
            }
        }
        let keys = match element {
            None => Some(&mut taken.keys),
            Some((at, element)) => taken.loops.get_mut(at).and_then(|elements| elements.get_mut(element)),
        };
        if let Some(known) = keys.and_then(|keys| keys.get_mut(place)) {
            *known = asked;
        }
    }
}

/// Works out the keys of one event, from the event as it arrived and the items above.
struct Asker<'a, 'r> {
    taken: &'a Taken<'r>,
    rule: &'a Rule,
    answers: &'a Answered,
    context: Context,
}

impl<'a> Asker<'a, '_> {
    /// The keys of the lookups of that wave: the rule's own, then those of its loops.
    fn wave(&self, wave: usize) -> Vec<Found> {
        let due = |lookups: &[Lookup]| -> Vec<usize> {
            let due = lookups.iter().enumerate().filter(|(_, lookup)| lookup.wave == wave);
            due.map(|(place, _)| place).collect()
        };
        let mut found = Vec::new();
        for place in due(&self.rule.lookups) {
            found.push(Found { element: None, place, asked: self.rule_key(place) });
        }
        for (at, each) in self.rule.loops.iter().enumerate() {
            let due = due(&each.lookups);
            let elements = if due.is_empty() { None } else { self.taken.elements(each) };
            for (element, node) in elements.into_iter().flatten().enumerate() {
                found.extend(due.iter().map(|&place| {
                    let asked = self.element_key(at, each, element, node, place);
                    Found { element: Some((at, element)), place, asked }
                }));
            }
        }
        found
    }

    fn rule_key(&self, place: usize) -> Asked {
        let Some(lookup) = self.rule.lookups.get(place) else { return Asked::NotYet };
        let above = self.known(&self.rule.lookups, &self.taken.keys, &lookup.upstream);
        let known = match above {
            Ok(known) => known,
            Err(failure) => return Asked::Failed(failure),
        };
        let event = Level { lookups: &known, ..Level::arrived(self.taken.document.root()) };
        self.key(lookup, event, None)
    }

    fn element_key(&self, at: usize, each: &ForEach, element: usize, node: Node<'_>, place: usize) -> Asked {
        let Some(lookup) = each.lookups.get(place) else { return Asked::NotYet };
        let keys = self.taken.loops.get(at).and_then(|elements| elements.get(element));
        let keys = keys.map(Vec::as_slice).unwrap_or_default();
        let outer = self.known(&self.rule.lookups, &self.taken.keys, &lookup.upstream);
        let inner = self.known(&each.lookups, keys, &lookup.inner_upstream);
        match (outer, inner) {
            (Ok(outer), Ok(inner)) => {
                let event = Level { lookups: &outer, ..Level::arrived(self.taken.document.root()) };
                let element = Level { lookups: &inner, ..Level::arrived(node) };
                self.key(lookup, event, Some(element))
            }
            (Err(failure), _) | (_, Err(failure)) => Asked::Failed(failure),
        }
    }

    /// What is known of the lookups that a key reads. Of one that failed its own statement decides.
    fn known(
        &self,
        lookups: &[Lookup],
        keys: &[Asked],
        upstream: &[usize],
    ) -> Result<Vec<Known<'a>>, Failure> {
        let mut all = vec![Known::NotYet; lookups.len()];
        for &place in upstream {
            let (Some(above), Some(asked), Some(known)) =
                (lookups.get(place), keys.get(place), all.get_mut(place))
            else {
                continue;
            };
            *known = match asked {
                Asked::Key(key) => match self.answers.get(above.slot, key).map(|given| &given.answer) {
                    Some(Answer::Found(item)) => Known::Item(item),
                    Some(Answer::Missing) => Known::Nothing,
                    Some(Answer::Failed(cause)) => {
                        return Err(Failure::upstream(&above.name, &self.taken.failure(cause)));
                    }
                    None => return Err(Failure::upstream(&above.name, &unanswered())),
                },
                Asked::Failed(cause) => return Err(Failure::upstream(&above.name, cause)),
                Asked::NoKey | Asked::NotYet => Known::Nothing,
            };
        }
        Ok(all)
    }

    fn key(&self, lookup: &Lookup, event: Level<'_, '_>, element: Option<Level<'_, '_>>) -> Asked {
        let origin = &self.taken.record.origin;
        let scope = Scope { event, element, origin, error: None, now: self.context.now, key: true };
        let mut parts = Vec::with_capacity(lookup.key.len());
        for part in &lookup.key {
            match key_part(part, scope) {
                Ok(Some(value)) => parts.push(value),
                Ok(None) => return Asked::NoKey,
                Err(failure) => return Asked::Failed(failure),
            }
        }
        Asked::Key(Key::new(parts))
    }
}

/// One part of a key; `None` where it is absent, null or empty text.
fn key_part(part: &KeyPart, scope: Scope<'_, '_>) -> Result<Option<KeyValue>, Failure> {
    use ErrorCode::{Argument, Arithmetic, Cast, Condition, Expression, Size, Text};
    let value = scope.value(&part.value).map_err(|stop| match stop {
        Stop::Error(reason) => {
            let codes = [Cast, Text, Arithmetic, Argument, Condition, Size];
            let code = codes.into_iter().find(|code| code.as_str() == reason.code);
            Failure::new(code.unwrap_or(Expression), reason.message)
        }
        Stop::Upstream => Failure::new(ErrorCode::Upstream, "the key reads a lookup that failed"),
    })?;
    if value.is_nothing() || value.as_str().is_some_and(|text| text.is_empty()) {
        return Ok(None);
    }
    typed(part, &value).map(Some).map_err(|code| {
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
        Failure::new(code, message)
    })
}

fn typed(part: &KeyPart, value: &Value<'_>) -> Result<KeyValue, ErrorCode> {
    match (part.ty, value.kind()) {
        (KeyType::String, Some(Kind::String)) => KeyValue::string(value.as_str().unwrap_or_default()),
        (KeyType::Number, Some(Kind::Number)) => KeyValue::number(value.as_number().unwrap_or_default()),
        (KeyType::Binary, Some(Kind::String)) => KeyValue::binary(&value.as_str().unwrap_or_default()),
        _ => Err(ErrorCode::KeyType),
    }
}
