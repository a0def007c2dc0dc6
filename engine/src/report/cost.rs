//! The bounds of what rules ask and write, from their text and schemas alone.
//!
//! Three things are not in the figures: requests that are asked again (throttled, or because a batch of
//! items was larger than one answer holds), events whose lookups have no key or which are dropped before,
//! and objects of rejected events.

use std::collections::BTreeMap;
use std::fmt;

use enrich_dsl::model::{Output, PerObject};

use crate::program::{BuildError, Compile, Lookup, Program, Rule, compile};
use crate::rules::Rules;

/// Most keys of one `BatchGetItem`, over all its tables.
const KEYS_PER_REQUEST: u64 = 100;

/// What an item of the largest size, 400 KiB, costs: half a unit for each 4 KiB, eventually consistent.
const LARGEST_ITEM: u64 = 400 / 4;

/// How many items one query of an index reads: the second one tells that the key is ambiguous.
const ITEMS_PER_QUERY: u64 = 2;

/// What a rule may cost, for one event and for one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleCost {
    /// The rule's name.
    pub rule: String,
    /// How many rounds of questions follow each other, as keys need the items of earlier ones.
    pub waves: usize,
    /// Its lookups, those of loops included, in the order of the rule.
    pub lookups: Vec<LookupCost>,
    /// One event.
    pub event: Cost,
    /// A batch whose events the rule takes all.
    pub batch: Cost,
}

/// What one lookup asks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupCost {
    /// Its name.
    pub lookup: String,
    /// The table, by its name in the rules.
    pub table: String,
    /// The index that it asks, if it does.
    pub index: Option<String>,
    /// In which round it is asked, from one.
    pub wave: usize,
    /// How many keys one event asks at most: one, or in a loop as many as the array may have elements.
    pub per_event: u64,
}

/// What events cost between them.
///
/// The least is where all events, and all elements of a loop, ask one key of each table; the most where
/// no two lookups ask the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cost {
    /// How many events.
    pub events: u64,
    /// Different keys that are asked.
    pub keys: Bounds,
    /// `BatchGetItem` requests, each with at most 100 keys of all tables together.
    pub batch_get_items: Bounds,
    /// `Query` requests, one for each key of an index.
    pub queries: Bounds,
    /// What DynamoDB charges for reading, in halves of a read unit (see [`HalfUnits`]): the least where
    /// items are absent or have at most 4 KiB, the most where each has 400 KiB. A query of an index
    /// counts two items, and both twice where the index may be a local one, which reads the table for
    /// what it does not hold itself.
    pub read_half_units: Bounds,
    /// Objects that enriched events are written to.
    pub objects: Bounds,
}

/// The least and the most of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The least.
    pub least: u64,
    /// The most.
    pub most: u64,
}

/// Halves of a read unit: what an eventually consistent read of 4 KiB costs is one. It displays in
/// whole units: `12.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HalfUnits(pub u64);

impl fmt::Display for HalfUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = if self.0.is_multiple_of(2) { "" } else { ".5" };
        write!(f, "{}{half}", self.0 / 2)
    }
}

impl Rules {
    /// What each rule may cost, for one event and for a batch of `batch_size` events, in the order of
    /// the rules.
    ///
    /// # Errors
    /// Where the model refers to something that it does not hold. Rules from text never do.
    pub fn cost(&self, batch_size: u64) -> Result<Vec<RuleCost>, BuildError> {
        // What runs is measured. Which value a variable has changes none of the figures.
        let any = |name: &str| Some(name.to_owned());
        let program = compile(self, &Compile { variables: &any, kinds: None, outputs: false })?;
        let rules = program.rules.iter().zip(&self.set.rules);
        let per_object = rules.map(|(rule, model)| match &model.output {
            Some(Output::S3(objects)) => (rule, Some(objects.per)),
            _ => (rule, None),
        });
        Ok(per_object.map(|(rule, per)| rule_cost(&program, self, rule, per, batch_size)).collect())
    }
}

fn rule_cost(
    program: &Program,
    rules: &Rules,
    rule: &Rule,
    per: Option<PerObject>,
    batch_size: u64,
) -> RuleCost {
    let asked = asked(program, rules, rule);
    let lookups = asked.iter().map(|asked| LookupCost {
        lookup: asked.lookup.name.clone(),
        table: asked.table.to_owned(),
        index: asked.index.map(str::to_owned),
        wave: asked.lookup.wave + 1,
        per_event: asked.per_event,
    });
    RuleCost {
        rule: rule.name.to_string(),
        waves: asked.iter().map(|asked| asked.lookup.wave + 1).max().unwrap_or(0),
        lookups: lookups.collect(),
        event: cost(&asked, per, 1),
        batch: cost(&asked, per, batch_size),
    }
}

/// A lookup, and what of it makes the cost.
struct Asked<'p> {
    lookup: &'p Lookup,
    table: &'p str,
    index: Option<&'p str>,
    /// Whether an index may be one that reads the table too.
    local: bool,
    per_event: u64,
}

fn asked<'p>(program: &'p Program, rules: &'p Rules, rule: &'p Rule) -> Vec<Asked<'p>> {
    let once = rule.lookups.iter().map(|lookup| (lookup, 1));
    let looped = rule.loops.iter().flat_map(|each| {
        let most = u64::try_from(each.max).unwrap_or(u64::MAX);
        each.lookups.iter().map(move |lookup| (lookup, most))
    });
    let asked = once.chain(looped).filter_map(|(lookup, per_event)| {
        let slot = &program.tables.get(lookup.slot)?.table;
        let table = rules.set.tables.iter().find(|table| table.name == slot.name)?;
        // A local index has the table's partition key; one with another is a global one for certain.
        let local = table.key.first().map(|(name, _)| name) == slot.key.first().map(|(name, _)| name);
        Some(Asked { lookup, table: &table.name, index: slot.index.as_deref(), local, per_event })
    });
    asked.collect()
}

fn cost(asked: &[Asked<'_>], per: Option<PerObject>, events: u64) -> Cost {
    let mut cost = Cost { events, objects: objects(per, events), ..Cost::default() };
    if events == 0 {
        return cost;
    }
    // A table whose one key is known from an earlier wave is not asked again.
    let mut first_asked: BTreeMap<usize, (usize, bool)> = BTreeMap::new();
    // How many keys of tables each wave asks at most.
    let mut of_wave: BTreeMap<usize, u64> = BTreeMap::new();
    for Asked { lookup, index, local, per_event, .. } in asked {
        let most = events.saturating_mul(*per_event);
        let first = first_asked.entry(lookup.slot).or_insert((lookup.wave, index.is_some()));
        first.0 = first.0.min(lookup.wave);
        cost.keys.most = cost.keys.most.saturating_add(most);
        let per_key = if index.is_some() {
            cost.queries.most = cost.queries.most.saturating_add(most);
            ITEMS_PER_QUERY * LARGEST_ITEM * if *local { 2 } else { 1 }
        } else {
            let keys = of_wave.entry(lookup.wave).or_default();
            *keys = keys.saturating_add(most);
            LARGEST_ITEM
        };
        let units = most.saturating_mul(per_key);
        cost.read_half_units.most = cost.read_half_units.most.saturating_add(units);
    }
    let requests = of_wave.values().map(|keys| keys.div_ceil(KEYS_PER_REQUEST));
    cost.batch_get_items.most = requests.fold(0, u64::saturating_add);
    let mut waves: Vec<usize> =
        first_asked.values().filter(|(_, index)| !index).map(|(wave, _)| *wave).collect();
    waves.sort_unstable();
    waves.dedup();
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    cost.keys.least = number(first_asked.len());
    cost.queries.least = number(first_asked.values().filter(|(_, index)| *index).count());
    // More tables than one request has keys for: no rule has so many lookups.
    cost.batch_get_items.least = number(waves.len());
    cost.read_half_units.least = cost.keys.least;
    // An array may be limited to no element at all.
    for bounds in [&mut cost.keys, &mut cost.batch_get_items, &mut cost.queries, &mut cost.read_half_units] {
        bounds.least = bounds.least.min(bounds.most);
    }
    cost
}

/// One object a record; or one a prefix and shard, which may be one for all or one for each.
fn objects(per: Option<PerObject>, events: u64) -> Bounds {
    match per {
        None => Bounds::default(),
        Some(PerObject::Record) => Bounds { least: events, most: events },
        Some(_) => Bounds { least: events.min(1), most: events },
    }
}
