//! What a rule knows of events that are as usual: their members' names are looked up once, and not event by event.

use crate::json::{Unread, Usual};
use crate::program::{Program, Rule};
use crate::schema::Members;

/// What each rule knows of the outline that its last event had.
#[derive(Debug, Default)]
pub(super) struct Knowns(Vec<Known>);

/// What a rule knows of an outline.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The outline's number; 0 is none's.
    outline: u64,
    /// The members whose names the rule looks for: their places in the outline, and among the rule's names.
    fields: Vec<(usize, usize)>,
    /// What the rule's schema asks of the members.
    pub(super) schema: Option<Members>,
    /// The members that neither the rule nor its schema looks into.
    unread: u64,
}

impl Knowns {
    /// What the rule at that place of the program knows.
    pub(super) fn of(&mut self, place: usize, program: &Program, usual: Usual<'_>) -> Option<&Known> {
        if self.0.len() <= place {
            self.0.resize_with(program.rules.len(), Known::default);
        }
        let known = self.0.get_mut(place)?;
        if known.outline != usual.number() {
            *known = Known::new(program.rules.get(place)?, usual);
        }
        Some(known)
    }

    /// The members that the rule at that place does not look into, of the outline that its last event had.
    pub(super) fn unread(&self, place: usize) -> Unread {
        let known = self.0.get(place);
        known.map_or_else(Unread::default, |known| Unread { outline: known.outline, members: known.unread })
    }
}

impl Known {
    fn new(rule: &Rule, usual: Usual<'_>) -> Self {
        let among = |name: &str| rule.names.as_ref().and_then(|names| names.place(name));
        let fields = usual.names().enumerate().filter_map(|(at, name)| Some((at, among(name)?))).collect();
        let schema = rule.schema.as_ref().and_then(|(schema, _)| schema.members(usual.names()));
        let by_schema = |member| match (&rule.schema, &schema) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(_), Some(members)) => members.look_into(member),
        };
        let is_unread = |(member, name): &(usize, &str)| !rule.looks_into(name) && !by_schema(*member);
        let unread = usual.names().enumerate().filter(is_unread).fold(0, |set, (at, _)| set | 1 << at);
        Self { outline: usual.number(), fields, schema, unread }
    }

    /// Which of the rule's names the event has. `values` are told where the value of each is that is there.
    pub(super) fn fields(&self, usual: Usual<'_>, values: &mut [u32]) -> u64 {
        let mut present = 0;
        for (at, name) in &self.fields {
            let value = usual.values.get(*at).copied().unwrap_or(0);
            if value != 0 {
                present |= 1 << name;
                if let Some(place) = values.get_mut(*name) {
                    *place = value;
                }
            }
        }
        present
    }
}
