//! What rules may cost: a table for people, a document for programs.

use enrich_engine::report::{Bounds, Cost, HalfUnits, LookupCost, RuleCost};
use serde::Serialize;

use super::aligned;
use super::bill::Bill;
use crate::summary::count;

/// What the figures leave out, said below every table.
const NOTE: &str = "\
Least: all events ask the same keys, and items have up to 4 KiB. Most: no two ask the same, and each has 400 KiB.
Reads are eventually consistent. Not counted: requests that are asked again, and objects of rejected events.
";

/// A table for each rule, and what its events cost in money, if there is a bill for each.
#[must_use]
pub fn text(rules: &[RuleCost], bills: Option<&[Bill<'_>]>) -> String {
    let bills = bills.unwrap_or_default();
    let mut out = String::new();
    for (at, rule) in rules.iter().enumerate() {
        out.push_str(&rule_text(rule));
        out.push_str(&bills.get(at).map(Bill::text).unwrap_or_default());
        out.push('\n');
    }
    out.push_str(NOTE);
    if !bills.is_empty() {
        out.push_str(Bill::note());
    }
    out
}

fn rule_text(rule: &RuleCost) -> String {
    let RuleCost { rule: name, waves, lookups, event, batch, .. } = rule;
    let lookups_said = count(lookups.len() as u64, "lookup");
    let mut out = format!("{name}: {lookups_said} in {}\n", count(*waves as u64, "wave"));
    let asked = lookups.iter().map(|lookup| {
        let LookupCost { lookup: name, table, index, wave, per_event, .. } = lookup;
        let by = index.as_ref().map(|index| format!(" by {index:?}")).unwrap_or_default();
        let up_to = if *per_event > 1 { "up to " } else { "" };
        let keys = format!("{up_to}{} an event", count(*per_event, "key"));
        [name.clone(), format!("from {table}{by}"), format!("wave {wave}"), keys]
    });
    out.push_str(&aligned(&asked.collect::<Vec<_>>()));
    let mut figures = vec![[String::new(), "an event".to_owned(), count(batch.events, "event")]];
    let mut figure = |name: &str, cell: &dyn Fn(&Cost) -> String| {
        figures.push([name.to_owned(), cell(event), cell(batch)]);
    };
    figure("keys", &|cost| bounds(cost.keys));
    figure("BatchGetItem calls", &|cost| bounds(cost.batch_get_items));
    figure("Query calls", &|cost| bounds(cost.queries));
    figure("read units", &|cost| units(cost.read_half_units));
    figure("objects written", &|cost| bounds(cost.objects));
    out.push_str(&aligned(&figures));
    out
}

fn bounds(Bounds { least, most }: Bounds) -> String {
    range(&least.to_string(), &most.to_string())
}

fn units(Bounds { least, most }: Bounds) -> String {
    range(&HalfUnits(least).to_string(), &HalfUnits(most).to_string())
}

fn range(least: &str, most: &str) -> String {
    if least == most { least.to_owned() } else { format!("{least} to {most}") }
}

/// The document of `check --cost --format json`.
#[must_use]
pub fn json(batch_size: u64, rules: &[RuleCost], bills: Option<&[Bill<'_>]>) -> String {
    let bills = bills.unwrap_or_default();
    let rules = rules.iter().enumerate().map(|(at, rule)| Rule::of(rule, bills.get(at))).collect();
    super::pretty(&Document { batch_size, rules })
}

#[derive(Serialize)]
struct Document<'a> {
    batch_size: u64,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
struct Rule<'a> {
    rule: &'a str,
    waves: usize,
    lookups: Vec<Lookup<'a>>,
    event: Figures,
    batch: Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill: Option<&'a Bill<'a>>,
}

#[derive(Serialize)]
struct Lookup<'a> {
    lookup: &'a str,
    table: &'a str,
    index: Option<&'a str>,
    wave: usize,
    keys_per_event: u64,
}

#[derive(Serialize)]
struct Figures {
    events: u64,
    keys: Range<u64>,
    batch_get_items: Range<u64>,
    queries: Range<u64>,
    read_units: Range<f64>,
    objects: Range<u64>,
}

#[derive(Serialize)]
struct Range<T> {
    least: T,
    most: T,
}

impl<'a> Rule<'a> {
    fn of(rule: &'a RuleCost, bill: Option<&'a Bill<'a>>) -> Self {
        let lookups = rule.lookups.iter().map(|lookup| Lookup {
            lookup: &lookup.lookup,
            table: &lookup.table,
            index: lookup.index.as_deref(),
            wave: lookup.wave,
            keys_per_event: lookup.per_event,
        });
        Self {
            rule: &rule.rule,
            waves: rule.waves,
            lookups: lookups.collect(),
            event: Figures::of(&rule.event),
            batch: Figures::of(&rule.batch),
            bill,
        }
    }
}

impl Figures {
    fn of(cost: &Cost) -> Self {
        let whole = |Bounds { least, most }: Bounds| Range { least, most };
        let Bounds { least, most } = cost.read_half_units;
        Self {
            events: cost.events,
            keys: whole(cost.keys),
            batch_get_items: whole(cost.batch_get_items),
            queries: whole(cost.queries),
            read_units: Range { least: least as f64 / 2.0, most: most as f64 / 2.0 },
            objects: whole(cost.objects),
        }
    }
}
