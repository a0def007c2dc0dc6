//! What is known at a place of a text, for editors: the checker walks the rule around it and takes note.

use std::sync::Arc;

use super::expressions::Scope;
use super::{Checker, Environment};
use crate::model::RuleSet;
use crate::source::{Sources, Span};
use crate::syntax::Parsed;
use crate::syntax::tree::Item;
use crate::types::Shape;

/// What is known at a place inside a rule.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Place {
    /// The event as it stands there.
    pub event: Shape,
    /// The name of the loop's element and what is known of it, inside a `for each`.
    pub element: Option<(String, Shape)>,
    /// The names of the lookups that can be read there.
    pub lookups: Vec<String>,
    /// Whether `error` can be read there.
    pub in_error: bool,
}

/// Where something is to be known, and what is known so far.
pub(super) struct Probe {
    offset: u32,
    found: Option<Place>,
}

/// What is known at the place where `at` begins: after all statements above it, as if those that can't be
/// read were not there. `None` outside of rules.
#[must_use]
pub fn known_at(
    sources: &Sources,
    files: &[Arc<Parsed>],
    environment: &Environment<'_>,
    at: Span,
) -> Option<Place> {
    let parsed = files.iter().find(|parsed| parsed.file == at.file)?;
    let begins = |item: &&Item| item.span().start <= at.start;
    let Item::Rule(rule) = parsed.tree.items.iter().rfind(begins)? else { return None };
    // What is not closed goes on to the end of the file.
    if rule.complete && rule.span.end <= at.start {
        return None;
    }
    let mut checker = Checker::new(sources, environment);
    let mut set = RuleSet::default();
    checker.all_tables(files, &mut set.tables);
    checker.probe = Some(Probe { offset: at.start, found: None });
    checker.rule(rule, &set.tables);
    checker.probe?.found
}

impl Checker<'_> {
    /// Takes note of what is known at that offset, if it is not behind the place that is asked for.
    pub(super) fn observe(&mut self, offset: u32, scope: &Scope) {
        let Some(probe) = self.probe.as_mut().filter(|probe| offset <= probe.offset) else { return };
        probe.found = Some(Place {
            event: self.known.event().clone(),
            element: scope.element.clone().zip(self.known.element().cloned()),
            lookups: scope.lookups.iter().chain(&scope.inner).map(|(name, _)| name.clone()).collect(),
            in_error: scope.in_error,
        });
    }
}
