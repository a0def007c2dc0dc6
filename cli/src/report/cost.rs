//! What rules may cost: a table for people, a document for programs.

use enrich_engine::report::{Bounds, Cost, HalfUnits, LookupCost, RuleCost};
use serde::Serialize;

use crate::summary::count;

/// What the figures leave out, said below every table.
const NOTE: &str = "\
Least: all events ask the same keys, and items have up to 4 KiB. Most: no two ask the same, and each has 400 KiB.
Reads are eventually consistent. Not counted: requests that are asked again, and objects of rejected events.
";

/// A table for each rule.
#[must_use]
pub fn text(rules: &[RuleCost]) -> String {
    let mut out: String = rules.iter().map(rule_text).collect();
    out.push_str(NOTE);
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
    out.push('\n');
    out
}

/// Lines of cells, each column as wide as its widest cell.
fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("  {cell:width$}"));
        format!("{}\n", cells.collect::<String>().trim_end())
    };
    rows.iter().map(line).collect()
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
pub fn json(batch_size: u64, rules: &[RuleCost]) -> String {
    super::pretty(&Document { batch_size, rules: rules.iter().map(Rule::of).collect() })
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
    fn of(rule: &'a RuleCost) -> Self {
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
