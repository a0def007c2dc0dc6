//! Rules that only add members to an event, as what they add: nothing of the event is read that they write,
//! so that the members can be put behind its last one as they come.

use std::collections::BTreeSet;

use enrich_dsl::model::{self, Copied, IfAbsent};

use super::compile::{BuildError, Compiler};
use super::names::{Names, Set};
use super::paths::read_paths;
use super::{Expr, value_of};
use crate::json::write;

/// What a rule adds.
#[derive(Debug)]
pub(crate) struct Append {
    /// The names that it may write. An event that has one of them already is not only added to.
    pub(crate) targets: Set,
    /// The names whose values expressions read, and may look into.
    pub(crate) reads: Set,
    /// Whether some of them are read once the keys of the first wave are known.
    pub(crate) reads_late: bool,
    pub(crate) additions: Vec<Addition>,
}

/// A statement that adds members, or ends the event.
#[derive(Debug)]
pub(crate) enum Addition {
    /// The copies of a lookup, and its blocks.
    Lookup {
        /// The place of the lookup in its rule.
        place: usize,
        /// Its number among those of all rules, by which the members out of its items are known.
        number: usize,
        brings: Brings,
        found: Vec<Addition>,
        missing: Otherwise,
        no_key: Otherwise,
    },
    /// A member.
    Set {
        /// `,"NAME":`
        opening: String,
        value: Expr,
        /// Its number among those whose value is the same for all events of a batch.
        constant: Option<usize>,
    },
    Drop(Expr),
}

/// What an item brings.
#[derive(Debug)]
pub(crate) struct Brings {
    /// The attributes, to be found in one look; `None` where they are too many for that.
    pub(crate) names: Option<Names>,
    pub(crate) members: Vec<Brought>,
}

/// A member out of an item.
#[derive(Debug)]
pub(crate) struct Brought {
    /// The place of its copy in the lookup.
    pub(crate) copy: usize,
    /// The attribute, and its place among the names.
    pub(crate) attribute: String,
    pub(crate) place: usize,
    /// `,"NAME":`
    pub(crate) opening: String,
}

/// What is added where there is no item.
#[derive(Debug)]
pub(crate) struct Otherwise {
    /// The members of the defaults, each behind a comma.
    pub(crate) defaults: String,
    pub(crate) additions: Vec<Addition>,
}

/// How many lookups and constants of all rules have a number.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) lookups: usize,
    pub(crate) constants: usize,
}

impl Compiler<'_> {
    /// What a rule adds; `None` where it does anything else, or reads what it writes.
    pub(super) fn append(
        &mut self,
        rule: &model::Rule,
        names: Option<&Names>,
    ) -> Result<Option<Append>, BuildError> {
        let (Some(names), true) = (names, rule.loops.is_empty()) else { return Ok(None) };
        let Some(targets) = targets(rule, &rule.steps) else { return Ok(None) };
        let mut reads: BTreeSet<Option<String>> = BTreeSet::new();
        rule.walk(&mut |expr| reads.extend(read_paths(expr).into_iter().map(|path| path.into_iter().next())));
        let known = |name: &Option<String>| name.as_ref().is_some_and(|name| !targets.contains(name));
        if !reads.iter().all(known) {
            return Ok(None);
        }
        let targets = names.set(|name| targets.contains(name));
        let reads = names.set(|name| reads.contains(&Some(name.to_owned())));
        let reads_late = late(rule).any(|expr| !read_paths(expr).is_empty());
        Ok(Some(Append { targets, reads, reads_late, additions: self.additions(rule, &rule.steps)? }))
    }

    fn additions(&mut self, rule: &model::Rule, steps: &[model::Step]) -> Result<Vec<Addition>, BuildError> {
        let mut additions = Vec::new();
        for step in steps {
            additions.push(match &step.kind {
                model::StepKind::Lookup(place) => {
                    let lookup = rule.lookups.get(*place);
                    let lookup = lookup.ok_or_else(|| BuildError::Model("a lookup".to_owned()))?;
                    let number = self.numbers.lookups;
                    self.numbers.lookups += 1;
                    Addition::Lookup {
                        place: *place,
                        number,
                        brings: brings(lookup),
                        found: self.additions(rule, &lookup.found)?,
                        missing: self.otherwise(rule, lookup, &lookup.missing)?,
                        no_key: self.otherwise(rule, lookup, &lookup.no_key)?,
                    }
                }
                model::StepKind::Set { target, value } => {
                    let value = self.expr(value)?;
                    let constant = value.is_constant().then_some(self.numbers.constants);
                    self.numbers.constants += usize::from(constant.is_some());
                    Addition::Set { opening: opening(target), value, constant }
                }
                model::StepKind::Drop(condition) => Addition::Drop(self.expr(condition)?),
                _ => return Err(BuildError::Model("a step that adds nothing".to_owned())),
            });
        }
        Ok(additions)
    }

    fn otherwise(
        &mut self,
        rule: &model::Rule,
        lookup: &model::Lookup,
        branch: &model::Branch,
    ) -> Result<Otherwise, BuildError> {
        let mut defaults = String::new();
        for copy in lookup.copies.iter().filter(|_| !branch.instead) {
            if let (Copied::Named(names), IfAbsent::Default(literal)) = (&copy.what, &copy.absent) {
                for (_, target) in names {
                    defaults.push_str(&opening(target));
                    value_of(literal).write_json(&mut defaults);
                }
            }
        }
        Ok(Otherwise { defaults, additions: self.additions(rule, &branch.steps)? })
    }
}

/// The members out of a lookup's items, in the order of its copies.
fn brings(lookup: &model::Lookup) -> Brings {
    let copies = lookup.copies.iter().enumerate().filter_map(|(at, copy)| match &copy.what {
        Copied::Named(names) => Some(names.iter().map(move |(name, target)| (at, name, target))),
        _ => None,
    });
    let copies: Vec<_> = copies.flatten().collect();
    let names = Names::new(copies.iter().map(|(_, name, _)| (*name).clone()));
    let place = |name: &str| names.as_ref().and_then(|names| names.place(name)).unwrap_or(0);
    let brought = |(copy, name, target): (usize, &String, &model::Path)| Brought {
        copy,
        attribute: name.clone(),
        place: place(name),
        opening: opening(target),
    };
    let members = copies.into_iter().map(brought).collect();
    Brings { names, members }
}

/// `,"NAME":`, what stands before a member's value.
fn opening(target: &model::Path) -> String {
    let mut opening = String::from(",");
    write::string(&mut opening, target.0.first().map_or("", String::as_str));
    opening.push(':');
    opening
}

/// The expressions that are worked out once the keys of the first wave are known.
fn late(rule: &model::Rule) -> impl Iterator<Item = &model::Expr> {
    let blocks = rule.lookups.iter().flat_map(model::Lookup::blocks).flatten();
    let values = rule.steps.iter().chain(blocks).filter_map(|step| match &step.kind {
        model::StepKind::Set { value, .. } => Some(value),
        model::StepKind::Drop(condition) => Some(condition),
        _ => None,
    });
    let prefix = rule.output.iter().filter_map(model::Output::prefix).flat_map(|prefix| &prefix.0);
    let holes = prefix.filter_map(|part| match part {
        model::TextPart::Hole(hole) => Some(hole),
        _ => None,
    });
    let of_items = |lookup: &&model::Lookup| lookup.key.iter().any(reads_item);
    let keys = rule.lookups.iter().filter(of_items).flat_map(|lookup| &lookup.key);
    values.chain(holes).chain(keys).chain(rule.partition.iter().map(|(_, value)| value))
}

fn reads_item(expr: &model::Expr) -> bool {
    let mut reads = false;
    expr.walk(&mut |inner| reads |= matches!(inner, model::Expr::Lookup { .. }));
    reads
}

/// The names that statements write, if they write each at most once, and nothing but members of the event.
fn targets(rule: &model::Rule, steps: &[model::Step]) -> Option<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for step in steps {
        let names = match &step.kind {
            model::StepKind::Set { target, .. } => BTreeSet::from([name(target)?]),
            model::StepKind::Drop(_) => BTreeSet::new(),
            model::StepKind::Lookup(place) => {
                let lookup = rule.lookups.get(*place)?;
                let copies = copies(lookup)?;
                // One of these is what happens.
                let found = with(copies.clone(), targets(rule, &lookup.found)?)?;
                let otherwise = |branch: &model::Branch| {
                    let defaults = if branch.instead { BTreeSet::new() } else { copies.clone() };
                    with(defaults, targets(rule, &branch.steps)?)
                };
                let (missing, no_key) = (otherwise(&lookup.missing)?, otherwise(&lookup.no_key)?);
                found.into_iter().chain(missing).chain(no_key).collect()
            }
            _ => return None,
        };
        all = with(all, names)?;
    }
    Some(all)
}

/// The names that the copies of a lookup write.
fn copies(lookup: &model::Lookup) -> Option<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for copy in &lookup.copies {
        let Copied::Named(names) = &copy.what else { return None };
        for (_, target) in names {
            all = with(all, BTreeSet::from([name(target)?]))?;
        }
    }
    Some(all)
}

fn name(target: &model::Path) -> Option<String> {
    match target.0.as_slice() {
        [name] => Some(name.clone()),
        _ => None,
    }
}

/// Both together, if they have nothing in common.
fn with(mut one: BTreeSet<String>, mut two: BTreeSet<String>) -> Option<BTreeSet<String>> {
    let apart = one.is_disjoint(&two);
    one.append(&mut two);
    apart.then_some(one)
}
