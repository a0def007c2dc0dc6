//! Which rules a stream's records are for.

use std::rc::Rc;
use std::sync::Arc;

use crate::batch::Origin;
use crate::program::{Program, Rule};

/// The rules for the streams of a batch, each stream's found once: a batch has few of them, and a deployment
/// may have many rules.
pub(super) struct Routes<'p, 'r> {
    program: &'p Program,
    /// Streams with their ARNs, the last one that was asked for at the end.
    known: Vec<(&'r str, Option<&'r str>, Route<'p>)>,
}

/// The rules for one stream.
#[derive(Clone)]
pub(super) struct Route<'p> {
    /// The places of the rules that take it, in their order.
    pub(super) candidates: Rc<[usize]>,
    /// Whose affair a record is that no rule takes: the first one's that keeps rejects, else the first's.
    pub(super) first: Option<&'p Arc<str>>,
}

impl<'p, 'r> Routes<'p, 'r> {
    pub(super) fn new(program: &'p Program) -> Self {
        Self { program, known: Vec::new() }
    }

    pub(super) fn of(&mut self, origin: &'r Origin<'r>) -> Route<'p> {
        let (stream, arn) = (&*origin.stream, origin.arn.as_deref());
        // Records of one batch mostly have their texts in common.
        if let Some((name, of, route)) = self.known.last()
            && std::ptr::eq(*name, stream)
            && of.zip(arn).is_some_and(|(one, two)| std::ptr::eq(one, two))
        {
            return route.clone();
        }
        let is = |(name, of, _): &(&str, Option<&str>, Route<'_>)| *name == stream && *of == arn;
        let known = match self.known.iter().position(is) {
            Some(at) => self.known.remove(at),
            None => (stream, arn, self.find(stream, arn)),
        };
        let route = known.2.clone();
        self.known.push(known);
        route
    }

    fn find(&self, stream: &str, arn: Option<&str>) -> Route<'p> {
        let takes = |rule: &Rule| rule.streams.iter().any(|pattern| pattern.takes(stream, arn));
        let candidates = || self.program.rules.iter().enumerate().filter(|(_, rule)| takes(rule));
        let keeps = candidates().find(|(_, rule)| rule.rejects.is_some());
        let first = keeps.or_else(|| candidates().next()).map(|(_, rule)| &rule.name);
        Route { candidates: candidates().map(|(place, _)| place).collect(), first }
    }
}
