//! What events cost in money: the figures of [`cost`](super::cost), times a file of prices.

use enrich_dsl::model::Output;
use enrich_engine::report::{Bounds, RuleCost};
use serde::Serialize;

use super::aligned;
use super::prices::{Item, Price, PriceList};
use crate::args::BillArgs;

/// What amounts leave out, said below every bill.
const NOTE: &str = "\
Batches are full. Not counted: hours of streams and shards, retention, storage, logs, metrics, free tiers and discounts.
";

/// What AWS rounds up to: a stream counts records by KiB, Firehose by 5 KiB, and a pipe its payloads by 64 KiB.
const STREAM_STEP: u64 = 1 << 10;
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
    lines: Vec<Line<'a>>,
    total: Amount,
    missing: Vec<String>,
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
        let BillArgs { events, event_bytes, milliseconds, memory, .. } = self.args;
        let batches = events.div_ceil(self.batch_size);
        let lines: Vec<_> = self
            .quantities(rule, output, batches)
            .into_iter()
            .map(|(item, quantity)| Line::of(item, quantity, self.prices.price(item)))
            .collect();
        let total = lines.iter().filter_map(|line| line.amount).fold(Amount::default(), Amount::add);
        let missing = lines.iter().filter_map(Line::missing).collect();
        let PriceList { currency, region, .. } = &self.prices;
        Bill { currency, region, events, event_bytes, batches, memory, milliseconds, lines, total, missing }
    }

    fn quantities(
        &self,
        rule: &RuleCost,
        output: Option<&Output>,
        batches: u64,
    ) -> Vec<(Item, Option<Amount>)> {
        let BillArgs { events, event_bytes, milliseconds, memory, .. } = self.args;
        let gib = |step: u64| Amount::of(events as f64 * event_bytes.next_multiple_of(step) as f64 / GIB);
        let invocations = Amount::of(batches as f64);
        let gb_seconds = |ms: u64| invocations.times(ms as f64 / 1000.0 * memory as f64 / 1024.0);
        let all = |of_batch: Bounds| Amount::bounds(of_batch).times(batches as f64);
        let mut found = vec![
            (Item::KinesisGb, Some(gib(STREAM_STEP))),
            (Item::LambdaRequests, Some(invocations)),
            (Item::LambdaGbSeconds, milliseconds.map(gb_seconds)),
            (Item::DynamodbReadUnits, Some(all(rule.batch.read_half_units).times(0.5))),
        ];
        match output {
            Some(Output::S3(_)) => found.push((Item::S3Puts, Some(all(rule.batch.objects)))),
            Some(Output::Firehose(_)) => found.push((Item::FirehoseGb, Some(gib(FIREHOSE_STEP)))),
            // An output that this does not know is not counted.
            Some(_) => {}
            None => {
                // A batch is one payload, or each of its events is.
                let batch = (event_bytes.saturating_mul(self.batch_size)).div_ceil(PIPE_STEP);
                let least = invocations.times(batch as f64).least;
                let most = events as f64 * event_bytes.div_ceil(PIPE_STEP) as f64;
                found.push((Item::PipesRequests, Some(Amount { least: least.min(most), most })));
                found.push((Item::FirehoseGb, Some(gib(FIREHOSE_STEP))));
            }
        }
        found
    }
}

impl<'a> Line<'a> {
    fn of(item: Item, quantity: Option<Amount>, price: Option<&'a Price>) -> Self {
        let amount = price.and_then(|price| Some(quantity?.times(price.price? / price.per)));
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

    /// What has to be said for the line to have an amount.
    fn missing(&self) -> Option<String> {
        let name = self.item.name();
        match (self.amount, self.price, self.quantity) {
            (Some(_), ..) => None,
            (_, None, _) => Some(format!("`{name}` has no price")),
            _ => Some(format!("`{name}` needs `--milliseconds`")),
        }
    }
}

impl Amount {
    fn of(both: f64) -> Self {
        Self { least: both, most: both }
    }

    fn bounds(Bounds { least, most }: Bounds) -> Self {
        Self { least: least as f64, most: most as f64 }
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

/// With four digits behind the point at most.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Bill<'_> {
    /// The bill for people.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { currency, region, events, event_bytes, batches, memory, .. } = self;
        let time = self.milliseconds.map(|ms| format!(" for {ms} ms each")).unwrap_or_default();
        let mut out = format!(
            "  {events} events of {event_bytes} bytes in {batches} batches, {memory} MB{time}; {currency}, {region}\n"
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
        if !self.missing.is_empty() {
            out.push_str(&format!("  not in it: {}\n", self.missing.join(", ")));
        }
        out
    }

    /// What all bills leave out.
    #[must_use]
    pub fn note() -> &'static str {
        NOTE
    }
}
