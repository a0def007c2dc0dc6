//! What an event's statements do, told to a [`Trace`](crate::explain::Trace) where there is one.

use enrich_dsl::model::Path;

use super::apply::Run;
use super::{Asked, may_come};
use crate::batch::LookupEnd;
use crate::explain::{DecisionKind, Freshness, LookupDecision, Written};
use crate::lookup::{Failure, Key, KeyBytes, KeyValue};
use crate::program::Lookup;

impl Run<'_, '_> {
    pub(super) fn tell(&self, kind: impl FnOnce() -> DecisionKind) {
        if let Some(trace) = self.trace {
            trace.tell(self.statement, kind());
        }
    }

    /// `value` is there if anybody listens.
    pub(super) fn tell_write(&self, target: &[String], value: Option<String>, written: Written) {
        if let Some(value) = value {
            self.tell(|| DecisionKind::Wrote { path: Path(target.to_vec()), value, written });
        }
    }

    /// Members of the object at that path, written out of an item.
    pub(super) fn tell_members(&self, object: &[String], members: Vec<(String, String)>) {
        for (name, value) in members {
            self.tell(|| {
                let path = Path(object.iter().cloned().chain([name]).collect());
                DecisionKind::Wrote { path, value, written: Written::Attribute }
            });
        }
    }

    pub(super) fn tell_removed(&self, target: &[String]) {
        self.tell(|| DecisionKind::Removed { path: Path(target.to_vec()) });
    }

    pub(super) fn tell_answer(
        &self,
        place: usize,
        lookup: &Lookup,
        end: LookupEnd,
        freshness: Option<Freshness>,
    ) {
        self.tell(|| {
            let decision = self.lookup_decision(place, lookup, end);
            DecisionKind::Lookup(LookupDecision { freshness, ..decision })
        });
    }

    pub(super) fn tell_failure(&self, place: usize, lookup: &Lookup, failure: &Failure) {
        self.tell(|| {
            let decision = self.lookup_decision(place, lookup, LookupEnd::Failed(failure.code));
            DecisionKind::Lookup(LookupDecision { failure: Some(failure.message.clone()), ..decision })
        });
    }

    fn lookup_decision(&self, place: usize, lookup: &Lookup, end: LookupEnd) -> LookupDecision {
        let table = self.tables.get(lookup.slot).map(|slot| &slot.table);
        let named = |key: Key| {
            let parts = lookup.key.iter().map(|part| part.name.clone());
            parts.zip(key.parts().iter().map(KeyValue::to_json)).collect()
        };
        let id = match self.element.as_ref().unwrap_or(&self.event).keys.get(place) {
            Some(Asked::Key(id)) => Some(*id),
            _ => None,
        };
        let key = id.and_then(|id| self.answers.key(lookup.slot, id)).map(KeyBytes::key).map(named);
        let given = id.filter(|_| matches!(end, LookupEnd::Found | LookupEnd::Missing));
        let given = given.and_then(|id| self.answers.get(lookup.slot, id));
        LookupDecision {
            lookup: lookup.name.clone(),
            table: table.map(|table| table.name.clone()).unwrap_or_default(),
            index: table.and_then(|table| table.index.clone()),
            key,
            end,
            awaited: end == LookupEnd::Missing && may_come(lookup, &self.taken.record.origin, self.context),
            freshness: None,
            age_ms: given.map(|given| given.age_ms),
            failure: None,
        }
    }
}
