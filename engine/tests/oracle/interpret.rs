//! A rule over an event: from its bytes to the verdict that `docs/language.md` promises.

use std::collections::BTreeSet;

use enrich_engine::Origin;
use enrich_engine::dsl::model::{
    Condition, Copied, Expr, ForEach, Lookup, OnInvalid, Rule, RuleSet, Step, StepKind, Template,
};

use crate::judge::{Judge, Judgement};
use crate::parse::{Refusal, parse};
use crate::statements::Run;
use crate::tree::Node;
use crate::value::{Scope, Stop};
use crate::world::Tables;

/// What becomes of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Enriched { rule: String, event: String },
    Dropped { rule: String },
    Rejected(String),
    Failed(String),
}

/// How many elements a loop goes over where no schema says it.
const MAX_ELEMENTS: usize = 100;

/// The plain implementation of a rule set.
pub(crate) struct Oracle {
    pub(crate) rules: RuleSet,
    /// The schema of each rule.
    pub(crate) schemas: Vec<Option<Judge>>,
    pub(crate) tables: Tables,
    /// What `now()` gives.
    pub(crate) now: String,
}

impl Oracle {
    /// What may become of an event: one outcome, or several where nothing is promised.
    pub(crate) fn outcomes(&self, bytes: &[u8], origin: &Origin<'_>) -> Vec<Outcome> {
        let rejected = |code: &str| Outcome::Rejected(code.to_owned());
        let event = match parse(bytes) {
            Ok(text) => text.value,
            Err(Refusal::NotJson) => return vec![rejected("not_json")],
            Err(Refusal::TooDeep) => return vec![rejected("too_deep")],
            Err(Refusal::Both) => return vec![rejected("not_json"), rejected("too_deep")],
        };
        if !matches!(event, Node::Object(_)) {
            return vec![rejected("not_object")];
        }
        let takes =
            |rule: &&(usize, &Rule)| rule.1.streams.iter().any(|stream| takes(stream, &origin.stream));
        for (place, rule) in self.rules.rules.iter().enumerate().collect::<Vec<_>>().iter().filter(takes) {
            match self.chosen(rule, &event, origin) {
                Ok(true) => return self.taken(*place, rule, &event, origin),
                Ok(false) => {}
                Err(code) => return vec![rejected(code)],
            }
        }
        vec![rejected("no_rule")]
    }

    fn chosen(&self, rule: &Rule, event: &Node, origin: &Origin<'_>) -> Result<bool, &'static str> {
        let Some(Condition { expr: when, .. }) = &rule.when else { return Ok(true) };
        if repeats(event, &read(when)) {
            return Err("duplicate_name");
        }
        match self.arrived(event, origin).holds(when) {
            Ok(holds) => Ok(holds),
            Err(Stop::Reject(code)) => Err(code),
            Err(Stop::Upstream) => Ok(false),
        }
    }

    fn taken(&self, place: usize, rule: &Rule, event: &Node, origin: &Origin<'_>) -> Vec<Outcome> {
        if repeats(event, &touched(rule)) {
            return vec![Outcome::Rejected("duplicate_name".to_owned())];
        }
        let judge = self.schemas[place].as_ref();
        let invalid = match rule.schema.as_ref().map(|schema| schema.on_invalid) {
            Some(OnInvalid::Drop) => Outcome::Dropped { rule: rule.name.clone() },
            _ => Outcome::Rejected("schema".to_owned()),
        };
        match judge.map_or(Judgement::Fits, |judge| judge.judge(event)) {
            Judgement::Breaks => vec![invalid],
            Judgement::Fits => vec![self.valid(rule, judge, event, origin)],
            Judgement::Either => vec![self.valid(rule, judge, event, origin), invalid],
        }
    }

    fn valid(&self, rule: &Rule, judge: Option<&Judge>, event: &Node, origin: &Origin<'_>) -> Outcome {
        let scope = self.arrived(event, origin);
        if early_drops(rule).into_iter().any(|condition| scope.holds(condition) == Ok(true)) {
            return Outcome::Dropped { rule: rule.name.clone() };
        }
        for each in &rule.loops {
            let max = judge.and_then(|judge| judge.max_items(&each.array.0)).unwrap_or(MAX_ELEMENTS);
            if let Err(code) = loops_over(event.at(&each.array.0), each, max) {
                return Outcome::Rejected(code.to_owned());
            }
        }
        Run::new(self, rule, event, origin).outcome()
    }

    fn arrived<'s>(&'s self, event: &'s Node, origin: &'s Origin<'s>) -> Scope<'s> {
        let (lookups, inner) = (&[][..], &[][..]);
        Scope { event, element: None, lookups, inner, error: None, origin, now: &self.now, key: false }
    }
}

/// Whether a pattern takes a stream: here it has one `*` at most, at its end.
fn takes(pattern: &Template, stream: &str) -> bool {
    let pattern = pattern.fill(&|_| None).expect("a pattern without variables");
    match pattern.strip_suffix('*') {
        Some(prefix) => stream.starts_with(prefix),
        None => stream == pattern,
    }
}

fn loops_over(array: Option<&Node>, each: &ForEach, max: usize) -> Result<(), &'static str> {
    let Some(array) = array.filter(|array| **array != Node::Null) else { return Ok(()) };
    if !matches!(array, Node::Array(_)) {
        return Err("not_an_array");
    }
    let elements = array.children();
    if elements.len() > max {
        return Err("too_many_elements");
    }
    let paths = touched_elements(each);
    if elements.into_iter().any(|element| repeats(element, &paths)) { Err("duplicate_name") } else { Ok(()) }
}

/// Whether a name on one of these paths stands more than once.
fn repeats(node: &Node, paths: &BTreeSet<Vec<String>>) -> bool {
    paths.iter().any(|path| {
        (0..path.len()).any(|place| node.at(&path[..place]).is_some_and(|at| at.count(&path[place]) > 1))
    })
}

/// The paths of the event that an expression reads.
fn read(expr: &Expr) -> BTreeSet<Vec<String>> {
    let mut paths = BTreeSet::new();
    expr.walk(&mut |inner| {
        if let Expr::Event(path) = inner {
            paths.insert(path.0.clone());
        }
    });
    paths
}

/// The paths of the event that a rule reads or writes.
fn touched(rule: &Rule) -> BTreeSet<Vec<String>> {
    let mut paths = BTreeSet::new();
    rule.walk(&mut |expr| paths.extend(read(expr)));
    paths.extend(rule.steps.iter().flat_map(|step| written(step, &rule.lookups, &rule.loops)));
    paths
}

/// The paths of an element that a loop reads or writes.
fn touched_elements(each: &ForEach) -> BTreeSet<Vec<String>> {
    let mut paths = BTreeSet::new();
    each.walk(&mut |expr| {
        expr.walk(&mut |inner| {
            if let Expr::Element(path) = inner {
                paths.insert(path.0.clone());
            }
        });
    });
    paths.extend(each.steps.iter().flat_map(|step| written(step, &each.lookups, &[])));
    paths
}

/// The paths that a step may write.
fn written(step: &Step, lookups: &[Lookup], loops: &[ForEach]) -> Vec<Vec<String>> {
    match &step.kind {
        StepKind::Set { target, .. } | StepKind::Remove(target) => vec![target.0.clone()],
        StepKind::ForEach(place) => vec![loops[*place].array.0.clone()],
        StepKind::Lookup(place) => {
            let lookup = &lookups[*place];
            let copied = lookup.copies.iter().flat_map(|copy| match &copy.what {
                Copied::Named(names) => names.iter().map(|(_, target)| target.0.clone()).collect(),
                Copied::All { into, .. } => vec![into.0.clone()],
                other => panic!("the oracle does not know {other:?}"),
            });
            let blocks = lookup.blocks().flatten().flat_map(|step| written(step, lookups, loops));
            copied.chain(blocks).collect()
        }
        _ => Vec::new(),
    }
}

/// The conditions of `drop when` that read only the arrived event: no lookup, and nothing written above.
fn early_drops(rule: &Rule) -> Vec<&Expr> {
    let mut above: Vec<Vec<String>> = Vec::new();
    let mut early = Vec::new();
    for step in &rule.steps {
        if let StepKind::Drop(condition) = &step.kind {
            let mut looks_up = false;
            condition.walk(&mut |expr| looks_up |= matches!(expr, Expr::Lookup { .. }));
            let within =
                |path: &[String], other: &[String]| other.starts_with(path) || path.starts_with(other);
            let reads = read(condition);
            if !looks_up && !reads.iter().any(|path| above.iter().any(|written| within(path, written))) {
                early.push(condition);
            }
        }
        above.extend(written(step, &rule.lookups, &rule.loops));
    }
    early
}
