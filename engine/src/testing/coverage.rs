//! Which clauses of the rules some events have reached.

use std::collections::HashSet;
use std::fmt;

use enrich_dsl::functions::Type;
use enrich_dsl::model::{Copy, Expr, IfAbsent, Lookup, Rule, Step, StepKind, TextPart};
use enrich_dsl::source::Span;
use enrich_dsl::types::{Shape, Types};

use crate::batch::LookupEnd;
use crate::explain::{Decision, DecisionKind, Written};
use crate::rules::Rules;

/// Something that a rule can do with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clause {
    /// Its place in the rules.
    pub span: Span,
    /// What it does.
    pub way: Way,
    /// The name of the rule, or of the lookup that it is about.
    pub name: String,
}

/// What a place of a rule can do with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Way {
    /// The rule takes it.
    Taken,
    /// The rule's `when` does not hold.
    Refused,
    /// It does not fit the schema.
    Invalid,
    /// The lookup finds an item.
    Found,
    /// There is no such item.
    Missing,
    /// The item may still come.
    Awaited,
    /// There is no key.
    NoKey,
    /// The lookup fails, and `on error` goes on.
    Error,
    /// An attribute is absent, and its default is written.
    Default,
    /// A `set` or `remove` is done.
    Done,
    /// A `drop when` drops it.
    Dropped,
    /// A `drop when` lets it pass.
    Passed,
    /// The condition of an `if` holds.
    Then,
    /// The condition of an `if` does not hold.
    Else,
}

impl fmt::Display for Clause {
    /// That no event comes there, in a sentence: "lookup `profile`: no item is ever missing".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, way, .. } = self;
        match way {
            Way::Taken => write!(f, "rule `{name}` never takes an event"),
            Way::Refused => write!(f, "`when` takes every event"),
            Way::Invalid => write!(f, "every event fits the schema"),
            Way::Found => write!(f, "lookup `{name}`: no item is ever found"),
            Way::Missing => write!(f, "lookup `{name}`: no item is ever missing"),
            Way::Awaited => write!(f, "lookup `{name}`: no item is ever waited for"),
            Way::NoKey => write!(f, "lookup `{name}`: no event is ever without a key"),
            Way::Error => write!(f, "lookup `{name}`: it never fails"),
            Way::Default => write!(f, "`copy`: the default is never taken"),
            Way::Done => write!(f, "`{name}` is never done"),
            Way::Dropped => write!(f, "`drop when` never drops an event"),
            Way::Passed => write!(f, "`drop when` drops every event"),
            Way::Then => write!(f, "`if`: the condition never holds"),
            Way::Else => write!(f, "`if`: the condition always holds"),
        }
    }
}

/// The clauses of a rule set, and which of them were reached.
#[derive(Clone, Debug)]
pub struct Coverage {
    clauses: Vec<Clause>,
    reached: HashSet<(Span, Way)>,
}

impl Coverage {
    /// Nothing reached yet. Clauses are known by their places, so that rules without text have none.
    #[must_use]
    pub fn of(rules: &Rules) -> Self {
        let mut clauses = Vec::new();
        for (rule, schema) in rules.set.rules.iter().zip(&rules.schemas) {
            let shape = schema.as_ref().map_or_else(Shape::any, |schema| schema.shape());
            Walk { clauses: &mut clauses, shape: shape.narrowed(Types::of(Type::Object)) }.rule(rule);
        }
        clauses.retain(|clause| clause.span != Span::default());
        Self { clauses, reached: HashSet::new() }
    }

    /// Takes what was decided about an event.
    pub fn add(&mut self, decisions: &[Decision]) {
        self.reached.extend(decisions.iter().filter_map(|it| Some((it.span, way(&it.kind)?))));
    }

    /// Every clause, in the order of the rules.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// The clauses that no event has reached.
    pub fn missed(&self) -> impl Iterator<Item = &Clause> {
        self.clauses.iter().filter(|clause| !self.reached.contains(&(clause.span, clause.way)))
    }
}

/// The way that a decision is.
fn way(kind: &DecisionKind) -> Option<Way> {
    Some(match kind {
        DecisionKind::Took { .. } => Way::Taken,
        DecisionKind::When { holds: false, .. } => Way::Refused,
        DecisionKind::Schema { complaint: Some(_) } => Way::Invalid,
        DecisionKind::Lookup(lookup) => match lookup.end {
            LookupEnd::Found => Way::Found,
            LookupEnd::Missing if lookup.awaited => Way::Awaited,
            LookupEnd::Missing => Way::Missing,
            LookupEnd::NoKey => Way::NoKey,
            LookupEnd::Failed(_) => Way::Error,
        },
        DecisionKind::Wrote { written: Written::Default, .. } => Way::Default,
        DecisionKind::Wrote { .. } | DecisionKind::Removed { .. } => Way::Done,
        DecisionKind::Drop { holds } => {
            if *holds {
                Way::Dropped
            } else {
                Way::Passed
            }
        }
        DecisionKind::If { holds } => {
            if *holds {
                Way::Then
            } else {
                Way::Else
            }
        }
        DecisionKind::When { .. } | DecisionKind::Schema { .. } | DecisionKind::Skipped => return None,
    })
}

/// Goes through a rule from top to bottom.
struct Walk<'c> {
    clauses: &'c mut Vec<Clause>,
    /// What is known of the rule's events.
    shape: Shape,
}

impl Walk<'_> {
    fn add(&mut self, span: Span, way: Way, name: &str) {
        self.clauses.push(Clause { span, way, name: name.to_owned() });
    }

    fn rule(&mut self, rule: &Rule) {
        self.add(rule.span, Way::Taken, &rule.name);
        if let Some(when) = &rule.when {
            self.add(when.span, Way::Refused, &rule.name);
            self.ifs(&when.expr);
        }
        if let Some(schema) = &rule.schema {
            self.add(schema.span, Way::Invalid, &rule.name);
        }
        self.steps(&rule.steps, &rule.lookups, rule);
        rule.partition.iter().for_each(|(_, value)| self.ifs(value));
    }

    fn steps(&mut self, steps: &[Step], lookups: &[Lookup], rule: &Rule) {
        for Step { kind, span } in steps {
            match kind {
                StepKind::Lookup(place) => {
                    if let Some(lookup) = lookups.get(*place) {
                        self.lookup(lookup, *span, rule);
                    }
                }
                StepKind::ForEach(place) => {
                    if let Some(each) = rule.loops.get(*place) {
                        self.steps(&each.steps, &each.lookups, rule);
                    }
                }
                StepKind::Set { target, value } => {
                    self.add(*span, Way::Done, &format!("set {target}"));
                    self.ifs(value);
                }
                StepKind::Remove(path) => self.add(*span, Way::Done, &format!("remove {path}")),
                StepKind::Drop(condition) => {
                    self.add(*span, Way::Dropped, "");
                    self.add(*span, Way::Passed, "");
                    self.ifs(condition);
                }
                _ => {}
            }
        }
    }

    fn lookup(&mut self, lookup: &Lookup, span: Span, rule: &Rule) {
        let name = &lookup.name;
        lookup.key.iter().for_each(|value| self.ifs(value));
        self.add(span, Way::Found, name);
        self.add(span, Way::Missing, name);
        if lookup.retry_missing_ms.is_some() {
            self.add(span, Way::Awaited, name);
        }
        let written = lookup.no_key.instead || !lookup.no_key.steps.is_empty();
        if written || lookup.key.iter().any(|value| self.may_be_nothing(value)) {
            self.add(span, Way::NoKey, name);
        }
        if lookup.error.is_some() {
            self.add(span, Way::Error, name);
        }
        lookup.copies.iter().for_each(|copy| self.copy(copy));
        lookup.blocks().for_each(|steps| self.steps(steps, &[], rule));
    }

    fn copy(&mut self, copy: &Copy) {
        if matches!(copy.absent, IfAbsent::Default(_)) {
            self.add(copy.span, Way::Default, "");
        }
    }

    fn ifs(&mut self, expr: &Expr) {
        expr.walk(&mut |inner| {
            if let Expr::If { span, .. } = inner {
                self.add(*span, Way::Then, "");
                self.add(*span, Way::Else, "");
            }
        });
    }

    /// Whether a part of a key may be absent or null, as far as the schema tells. Any text may be empty; nobody
    /// writes a test for each of them.
    fn may_be_nothing(&self, value: &Expr) -> bool {
        match value {
            Expr::Literal(_) | Expr::Record(_) => false,
            Expr::Event(path) => {
                let shape = self.shape.at(&path.0);
                shape.optional || shape.types.has(Type::Null)
            }
            Expr::Text(text) => text.0.iter().any(|part| match part {
                TextPart::Hole(hole) => self.may_be_nothing(hole),
                _ => false,
            }),
            Expr::Call { arguments, .. } => arguments.iter().any(|argument| self.may_be_nothing(argument)),
            _ => true,
        }
    }
}
