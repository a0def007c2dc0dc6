//! A rule's statements, from top to bottom and with all outcomes of its lookups.

use enrich_dsl::model::{
    Copied, Copy, Expr, ForEach, IfAbsent, Literal, Lookup, Path, Rule, Step, StepKind, Table, TextPart,
};

use super::fields::{Change, Content, Fields};
use super::{
    Derived, FieldLineage, FieldPath, KeyLineage, LookupLineage, Origin, Outcome, RemovedField, RuleLineage,
    Statement, Write, written,
};

/// Where the fields of a rule come from.
pub(super) fn rule(rule: &Rule, tables: &[Table]) -> RuleLineage {
    let mut trace = Trace { rule, tables, writes: Vec::new(), fields: Fields::default() };
    trace.steps(&rule.steps, Place { each: None, within: None });
    let Trace { writes, fields, .. } = trace;
    let mut lineage = RuleLineage {
        rule: rule.name.clone(),
        streams: rule.streams.iter().map(written).collect(),
        lookups: lookups(rule, tables),
        fields: Vec::new(),
        removed: Vec::new(),
    };
    for (path, Content { writes: numbers, arrived, removed }) in fields.into_changed() {
        if removed {
            let always = numbers.is_empty() && !arrived;
            lineage.removed.push(RemovedField { path: path.clone(), always });
        }
        let writes: Vec<Write> = numbers.iter().filter_map(|number| writes.get(*number).cloned()).collect();
        if !writes.is_empty() {
            lineage.fields.push(FieldLineage { path, arrived, writes });
        }
    }
    lineage
}

/// The lookups with their keys, which read the event as it arrived.
fn lookups(rule: &Rule, tables: &[Table]) -> Vec<LookupLineage> {
    let arrived = Trace { rule, tables, writes: Vec::new(), fields: Fields::default() };
    let once = rule.lookups.iter().map(|lookup| (lookup, None));
    let looped = rule.loops.iter().flat_map(|each| each.lookups.iter().map(move |inner| (inner, Some(each))));
    let lineage = once.chain(looped).filter_map(|(lookup, each)| {
        let table = tables.get(lookup.table)?;
        let index = lookup.index.and_then(|index| table.indexes.get(index));
        let parts = index.map_or(&table.key, |index| &index.key);
        let key = parts
            .iter()
            .zip(&lookup.key)
            .map(|((part, _), value)| KeyLineage { part: part.clone(), value: arrived.derived(value, each) });
        Some(LookupLineage {
            name: lookup.name.clone(),
            table: table.name.clone(),
            source: written(&table.source.location),
            index: index.map(|index| index.name.clone()),
            each: each.map(|each| FieldPath::of(&each.array)),
            key: key.collect(),
        })
    });
    lineage.collect()
}

struct Trace<'r> {
    rule: &'r Rule,
    tables: &'r [Table],
    /// All writes so far; their numbers are their places.
    writes: Vec<Write>,
    fields: Fields,
}

/// Where a statement stands.
#[derive(Clone, Copy)]
struct Place<'r> {
    /// The loop around it.
    each: Option<&'r ForEach>,
    /// The lookup in whose block it stands, and the block's outcome.
    within: Option<(&'r Lookup, Outcome)>,
}

impl Place<'_> {
    fn path(self, path: &Path) -> FieldPath {
        match self.each {
            Some(each) => FieldPath::of(&each.array).each().inside(path),
            None => FieldPath::of(path),
        }
    }
}

impl<'r> Trace<'r> {
    fn steps(&mut self, steps: &'r [Step], place: Place<'r>) {
        for step in steps {
            match &step.kind {
                StepKind::Lookup(at) => {
                    let lookups = place.each.map_or(&self.rule.lookups, |each| &each.lookups);
                    if let Some(lookup) = lookups.get(*at) {
                        self.lookup(lookup, place);
                    }
                }
                StepKind::ForEach(at) => {
                    if let Some(each) = self.rule.loops.get(*at) {
                        self.steps(&each.steps, Place { each: Some(each), within: None });
                    }
                }
                StepKind::Set { target, value } => self.set(target, value, place),
                StepKind::Remove(path) => self.fields.always(place.path(path), Change::Remove),
                _ => {}
            }
        }
    }

    fn set(&mut self, target: &Path, value: &'r Expr, place: Place<'r>) {
        let write = Write {
            statement: Statement::Set,
            lookup: place.within.map(|(lookup, _)| lookup.name.clone()),
            outcomes: place.within.map(|(_, outcome)| outcome).into_iter().collect(),
            value: self.derived(value, place.each),
            cast: None,
            default: None,
        };
        let change = self.write(write);
        if self.may_be_skipped(value, place) {
            self.fields.maybe(place.path(target), change);
        } else {
            self.fields.always(place.path(target), change);
        }
    }

    /// Each outcome goes on from the event as it was before the lookup. An error that is not caught
    /// goes nowhere.
    fn lookup(&mut self, lookup: &'r Lookup, place: Place<'r>) {
        let copies: Vec<_> = lookup.copies.iter().flat_map(|copy| self.copies(copy, lookup, place)).collect();
        let before = self.fields.clone();
        let found = (Outcome::Found, false, lookup.found.as_slice());
        let missing = (Outcome::Missing, lookup.missing.instead, lookup.missing.steps.as_slice());
        let no_key = (Outcome::NoKey, lookup.no_key.instead, lookup.no_key.steps.as_slice());
        let error = lookup.error.as_deref().map(|steps| (Outcome::Error, true, steps));
        let mut ways = Vec::new();
        for (outcome, instead, steps) in [found, missing, no_key].into_iter().chain(error) {
            self.fields = before.clone();
            for copied in copies.iter().filter(|_| !instead) {
                let path = copied.path.clone();
                match outcome {
                    Outcome::Found if copied.always => self.fields.always(path, copied.change),
                    Outcome::Found => self.fields.maybe(path, copied.change),
                    _ if copied.has_default => self.fields.always(path, copied.change),
                    _ => {}
                }
            }
            self.steps(steps, Place { within: Some((lookup, outcome)), ..place });
            ways.push(std::mem::take(&mut self.fields));
        }
        self.fields = Fields::joined(&ways);
    }

    /// The writes of one `copy`.
    fn copies(&mut self, copy: &Copy, lookup: &Lookup, place: Place<'r>) -> Vec<CopiedField> {
        let default = match &copy.absent {
            IfAbsent::Default(literal) => Some(literal.clone()),
            _ => None,
        };
        let mut outcomes = vec![Outcome::Found];
        if default.is_some() {
            let taken = |instead: bool, outcome| (!instead).then_some(outcome);
            outcomes.extend(taken(lookup.missing.instead, Outcome::Missing));
            outcomes.extend(taken(lookup.no_key.instead, Outcome::NoKey));
        }
        let (attributes, except): (Vec<(Path, &Path)>, _) = match &copy.what {
            Copied::Named(names) => {
                (names.iter().map(|(name, to)| (Path(vec![name.clone()]), to)).collect(), Vec::new())
            }
            Copied::All { except, into } => (vec![(Path::default(), into)], except.clone()),
            _ => return Vec::new(),
        };
        let has_default = default.is_some();
        // Of all attributes it is not known which ones there are.
        let always = copy.absent != IfAbsent::Skip && matches!(copy.what, Copied::Named(_));
        let mut copied = Vec::new();
        for (path, to) in attributes {
            let origin = self.attribute(lookup, path, except.clone());
            let change = self.write(Write {
                statement: Statement::Copy,
                lookup: Some(lookup.name.clone()),
                outcomes: outcomes.clone(),
                value: Derived { from: origin.into_iter().collect(), functions: Vec::new() },
                cast: copy.cast,
                default: default.clone(),
            });
            copied.push(CopiedField { path: place.path(to), change, always, has_default });
        }
        copied
    }

    fn write(&mut self, write: Write) -> Change {
        self.writes.push(write);
        Change::Write(self.writes.len().saturating_sub(1))
    }

    /// Whether a value may read a lookup whose error was caught: its statement is skipped then.
    fn may_be_skipped(&self, value: &Expr, place: Place<'r>) -> bool {
        let here = |lookup: &Lookup| {
            place.within.is_some_and(|(own, outcome)| std::ptr::eq(own, lookup) && outcome != Outcome::Error)
        };
        let mut skipped = false;
        value.walk(&mut |expr| {
            if let Some((lookup, _)) = self.read_lookup(expr, place.each) {
                skipped |= lookup.error.is_some() && !here(lookup);
            }
        });
        skipped
    }

    /// The lookup that an expression itself reads, and what of its item.
    fn read_lookup<'e>(&self, expr: &'e Expr, each: Option<&'r ForEach>) -> Option<(&'r Lookup, &'e Path)> {
        match expr {
            Expr::Lookup { lookup, path } => Some((self.rule.lookups.get(*lookup)?, path)),
            Expr::ElementLookup { lookup, path } => Some((each?.lookups.get(*lookup)?, path)),
            _ => None,
        }
    }

    fn attribute(&self, lookup: &Lookup, path: Path, except: Vec<String>) -> Option<Origin> {
        let table = self.tables.get(lookup.table)?.name.clone();
        Some(Origin::Attribute { lookup: lookup.name.clone(), table, path, except })
    }

    /// What a value is worked out from at this place.
    fn derived(&self, value: &Expr, each: Option<&'r ForEach>) -> Derived {
        let mut derived = Derived::default();
        value.walk(&mut |expr| match expr {
            Expr::Literal(literal) => derived.add(Origin::Constant(literal.clone())),
            Expr::Text(text) => text.0.iter().for_each(|part| match part {
                TextPart::Literal(text) => derived.add(Origin::Constant(Literal::String(text.clone()))),
                TextPart::Variable(variable) => derived.add(Origin::Variable(variable.name.clone())),
                TextPart::Hole(_) => {}
            }),
            Expr::Event(path) => self.field(FieldPath::of(path), &mut derived),
            Expr::Element(path) => {
                if let Some(each) = each {
                    self.field(FieldPath::of(&each.array).each().inside(path), &mut derived);
                }
            }
            Expr::Lookup { .. } | Expr::ElementLookup { .. } => {
                let read = self.read_lookup(expr, each);
                let origin = read.and_then(|(lookup, path)| self.attribute(lookup, path.clone(), Vec::new()));
                origin.into_iter().for_each(|origin| derived.add(origin));
            }
            Expr::Record(field) => derived.add(Origin::Record(*field)),
            Expr::Error(field) => derived.add(Origin::Error(*field)),
            Expr::Call { function, .. } => derived.call(function),
            _ => {}
        });
        derived
    }

    /// Adds what a field comes from, as it stands here.
    fn field(&self, path: FieldPath, derived: &mut Derived) {
        let content = self.fields.whole(&path);
        if content.arrived {
            derived.add(Origin::Event(path));
        }
        for write in content.writes.iter().filter_map(|number| self.writes.get(*number)) {
            write.value.from.iter().for_each(|origin| derived.add(origin.clone()));
            write.value.functions.iter().for_each(|function| derived.call(function));
            write.default.iter().for_each(|default| derived.add(Origin::Constant(default.clone())));
        }
    }
}

/// What a `copy` does to one field.
struct CopiedField {
    path: FieldPath,
    change: Change,
    /// Whether it writes whenever the item is found.
    always: bool,
    /// Whether it writes where there is no item.
    has_default: bool,
}

impl Derived {
    fn add(&mut self, origin: Origin) {
        if !self.from.contains(&origin) {
            self.from.push(origin);
        }
    }

    fn call(&mut self, function: &str) {
        if !self.functions.iter().any(|known| known == function) {
            self.functions.push(function.to_owned());
        }
    }
}
