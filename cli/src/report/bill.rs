//! What events cost in money: the figures of [`cost`](super::cost), times a file of prices.

use std::fmt::Write as _;

use enrich_dsl::model::Output;
use enrich_engine::report::{Bounds, RuleCost};
use serde::Serialize;

use super::aligned;
use super::prices::{Item, Price, PriceList};
use crate::args::BillArgs;

/// What amounts leave out, said below every bill.
const NOTE: &str = "\
Batches are full, and what is written is neither compressed nor longer than it came. Not counted: what a stream keeps longer than a day,
storage of more than a month, logs, metrics, transfers to other regions, free tiers and discounts.
";

/// What AWS rounds up to: a stream counts records by KiB or, with shards, by 25 KiB, Firehose by 5 KiB, and a pipe its
/// payloads by 64 KiB.
const STREAM_STEP: u64 = 1 << 10;
const PUT_UNIT: u64 = 25 << 10;
const FIREHOSE_STEP: u64 = 5 << 10;
const PIPE_STEP: u64 = 64 << 10;
const GIB: f64 = (1_u64 << 30) as f64;

/// What is counted, and by which prices.
#[derive(Clone, Debug)]
pub struct Order {
    /// The prices.
    pub prices: PriceList,
    /// How many events, of which size, in which function.
    pub args: BillArgs,
    /// How many events a batch has.
    pub batch_size: u64,
}

/// What the events of one rule cost.
#[derive(Serialize)]
pub struct Bill<'a> {
    currency: &'a str,
    region: &'a str,
    events: u64,
    event_bytes: u64,
    batches: u64,
    memory: u64,
    milliseconds: Option<u64>,
    shards: u64,
    hours: Option<u64>,
    lines: Vec<Line<'a>>,
    total: Amount,
    /// What is counted and has no price.
    no_price: Vec<&'static str>,
    /// What has a price and can't be counted.
    no_quantity: Vec<&'static str>,
}

#[derive(Serialize)]
struct Line<'a> {
    item: Item,
    quantity: Option<Amount>,
    price: Option<f64>,
    per: Option<f64>,
    amount: Option<Amount>,
    source: Option<&'a str>,
    read: Option<&'a str>,
}

/// The least and the most.
#[derive(Clone, Copy, Default, Serialize)]
struct Amount {
    least: f64,
    most: f64,
}

impl Order {
    /// What the events cost if this rule takes them all and writes to `output`; without one a pipe takes
    /// them back, and Firehose takes them from it.
    #[must_use]
    pub fn bill(&self, rule: &RuleCost, output: Option<&Output>) -> Bill<'_> {
        let BillArgs { events, event_bytes, milliseconds, memory, shards, hours, .. } = self.args;
        let batches = events.div_ceil(self.batch_size);
        let lines: Vec<_> = self
            .quantities(rule, output, batches)
            .into_iter()
            .map(|(item, quantity)| Line::of(item, quantity, self.prices.price(item)))
            .collect();
        let total = lines.iter().filter_map(|line| line.amount).fold(Amount::default(), Amount::add);
        let open = || lines.iter().filter(|line| line.amount.is_none());
        let no_price = open().filter(|line| line.price.is_none()).map(|line| line.item.name()).collect();
        let no_quantity = open().filter(|line| line.price.is_some()).map(|line| line.item.name()).collect();
        let PriceList { currency, region, .. } = &self.prices;
        Bill {
            currency,
            region,
            events,
            event_bytes,
            batches,
            memory,
            milliseconds,
            shards,
            hours,
            lines,
            total,
            no_price,
            no_quantity,
        }
    }

    fn quantities(
        &self,
        rule: &RuleCost,
        output: Option<&Output>,
        batches: u64,
    ) -> Vec<(Item, Option<Amount>)> {
        let BillArgs { events, event_bytes, milliseconds, memory, .. } = self.args;
        let invocations = Amount::of(batches as f64);
        let gb_seconds = |ms: u64| invocations.times(ms as f64 / 1000.0 * memory as f64 / 1024.0);
        // The most goes with the events; the least is a batch's, and the last batch need not be full.
        let all = |Bounds { least, most }: Bounds| {
            let most = most as f64 * events as f64 / self.batch_size as f64;
            Amount { least: (least as f64 * batches as f64).min(most), most }
        };
        let mut found = self.stream();
        found.extend([
            (Item::LambdaRequests, Some(invocations)),
            (Item::LambdaGbSeconds, milliseconds.map(gb_seconds)),
            (Item::DynamodbReadUnits, Some(all(rule.batch.read_half_units).times(0.5))),
        ]);
        match output {
            Some(Output::S3(_)) => found.push((Item::S3Puts, Some(all(rule.batch.objects)))),
            Some(Output::Firehose(_)) => found.push((Item::FirehoseGb, Some(self.gib(FIREHOSE_STEP)))),
            // An output that this does not know is not counted.
            Some(_) => {}
            None => {
                // A batch is one payload, or each of its events is.
                let batch = (event_bytes.saturating_mul(self.batch_size)).div_ceil(PIPE_STEP);
                let least = invocations.times(batch as f64).least;
                let most = events as f64 * event_bytes.div_ceil(PIPE_STEP) as f64;
                found.push((Item::PipesRequests, Some(Amount { least: least.min(most), most })));
                found.push((Item::FirehoseGb, Some(self.gib(FIREHOSE_STEP))));
            }
        }
        found.push((Item::S3GbMonths, Some(self.gib(1))));
        found
    }

    /// The stream: what is put into it, and the hours that it is there.
    fn stream(&self) -> Vec<(Item, Option<Amount>)> {
        let BillArgs { events, event_bytes, shards, hours, .. } = self.args;
        if shards == 0 {
            let hours = hours.map(|hours| Amount::of(hours as f64));
            return vec![(Item::KinesisGb, Some(self.gib(STREAM_STEP))), (Item::KinesisStreamHours, hours)];
        }
        let units = events as f64 * event_bytes.div_ceil(PUT_UNIT) as f64;
        let hours = hours.map(|hours| Amount::of(hours as f64 * shards as f64));
        vec![(Item::KinesisPutUnits, Some(Amount::of(units))), (Item::KinesisShardHours, hours)]
    }

    /// The GiB of all events, each rounded up to a multiple of `step` bytes.
    fn gib(&self, step: u64) -> Amount {
        let BillArgs { events, event_bytes, .. } = self.args;
        Amount::of(events as f64 * event_bytes.next_multiple_of(step) as f64 / GIB)
    }
}

impl<'a> Line<'a> {
    fn of(item: Item, quantity: Option<Amount>, price: Option<&'a Price>) -> Self {
        // Of nothing the price need not be known.
        let nothing = quantity.filter(|quantity| quantity.most <= 0.0);
        let amount = price.and_then(|price| Some(quantity?.times(price.price? / price.per))).or(nothing);
        Self {
            item,
            quantity,
            price: price.and_then(|price| price.price),
            per: price.map(|price| price.per),
            amount,
            source: price.and_then(|price| price.source.as_deref()),
            read: price.and_then(|price| price.read.as_deref()),
        }
    }
}

impl Amount {
    fn of(both: f64) -> Self {
        Self { least: both, most: both }
    }

    fn times(self, factor: f64) -> Self {
        Self { least: self.least * factor, most: self.most * factor }
    }

    fn add(self, other: Self) -> Self {
        Self { least: self.least + other.least, most: self.most + other.most }
    }

    fn text(self) -> String {
        let (least, most) = (number(self.least), number(self.most));
        if least == most { least } else { format!("{least} to {most}") }
    }
}

/// With four digits behind the point at most; what is less than they tell is not nothing.
fn number(value: f64) -> String {
    if value > 0.0 && value < 0.000_05 {
        return "<0.0001".to_owned();
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Bill<'_> {
    /// The bill for people.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { currency, region, events, event_bytes, batches, memory, .. } = self;
        let time = self.milliseconds.map(|ms| format!(" for {ms} ms each")).unwrap_or_default();
        let within = self.hours.map(|hours| format!(" in {hours} hours")).unwrap_or_default();
        let mut out = format!(
            "  {events} events of {event_bytes} bytes{within}, {batches} batches, {memory} MB{time}; {currency}, {region}\n"
        );
        let open = || "?".to_owned();
        let mut rows = vec![["", "quantity", "price", "costs"].map(str::to_owned)];
        rows.extend(self.lines.iter().map(|line| {
            let price = line.price.zip(line.per).map(|(price, per)| format!("{price} per {per}"));
            [
                line.item.name().to_owned(),
                line.quantity.map_or_else(open, Amount::text),
                price.unwrap_or_else(open),
                line.amount.map_or_else(open, Amount::text),
            ]
        }));
        rows.push(["together".to_owned(), String::new(), String::new(), self.total.text()]);
        out.push_str(&aligned(&rows));
        let all =
            |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        if !self.no_price.is_empty() {
            let _ = writeln!(out, "  not in it, as it has no price: {}", all(&self.no_price));
        }
        for name in &self.no_quantity {
            let option = if *name == Item::LambdaGbSeconds.name() { "--milliseconds" } else { "--hours" };
            let _ = writeln!(out, "  not in it, as it needs `{option}`: `{name}`");
        }
        out
    }

    /// What all bills leave out.
    #[must_use]
    pub fn note() -> &'static str {
        NOTE
    }
}
