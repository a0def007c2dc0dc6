//! A candidate rule set beside the one in force: it enriches the same records, and only what it would do otherwise is told.
//!
//! Nothing of it is written or answered. Its lookups are real, so that it costs as many reads again. It comes behind
//! everything else, and is left out where no time is left: what is in force never waits for it, and a panic in it is its own.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use enrich_engine::json::{Document, Node};
use enrich_engine::{Context, Engine, Record, Verdict};
use futures_util::FutureExt as _;

/// The most differences that are told one by one for an invocation.
const SAMPLES: usize = 5;

/// The most names of fields that a difference tells.
const NAMES: usize = 8;

/// What a candidate rule set would do otherwise, in counts and a few samples: names of rules and fields, codes of reasons and ids
/// of records, and no value of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShadowSummary {
    /// What tells the candidate from every other rule set. See [`Engine::hash`].
    pub rules: String,
    /// The records that both rule sets have judged.
    pub compared: u64,
    /// Those of them that the candidate judges otherwise.
    pub different: u64,
    /// Whether the batch was not compared: no time was left, or the candidate failed as a whole.
    pub skipped: bool,
    /// How often which difference came: `clicks: .segment, .tier` or `clicks: enriched, then rejected schema`.
    pub kinds: BTreeMap<String, u64>,
    /// The first differences: the record's id, and what is otherwise.
    pub samples: Vec<String>,
}

impl ShadowSummary {
    fn of(candidate: &Engine) -> Self {
        Self { rules: candidate.hash().to_owned(), ..Self::default() }
    }

    /// Of a batch that was not compared.
    pub(crate) fn skipped(candidate: &Engine) -> Self {
        Self { skipped: true, ..Self::of(candidate) }
    }
}

/// Has the candidate enrich the records, and compares its verdicts with those in force.
pub(crate) async fn compare(
    candidate: &Engine,
    records: &[Record<'_>],
    verdicts: &[Verdict],
    context: Context,
) -> ShadowSummary {
    let outcome = AssertUnwindSafe(candidate.enrich(records, context)).catch_unwind().await;
    let Some(outcome) = outcome.ok().filter(|outcome| outcome.verdicts.len() == records.len()) else {
        return ShadowSummary::skipped(candidate);
    };
    let mut summary = ShadowSummary::of(candidate);
    for ((record, verdict), other) in records.iter().zip(verdicts).zip(&outcome.verdicts) {
        summary.compared += 1;
        let Some(difference) = difference(verdict, other) else { continue };
        summary.different += 1;
        if summary.samples.len() < SAMPLES {
            let id = record.origin.id().unwrap_or_else(|| record.origin.stream.to_string());
            summary.samples.push(format!("{id}: {difference}"));
        }
        *summary.kinds.entry(difference).or_default() += 1;
    }
    summary
}

/// What is otherwise, in words; `None` where nothing is.
fn difference(verdict: &Verdict, other: &Verdict) -> Option<String> {
    if verdict == other {
        return None;
    }
    let rule = rule(verdict).or(rule(other)).unwrap_or("no rule");
    let (is, would_be) = (told(verdict), told(other));
    if is != would_be {
        return Some(format!("{rule}: {is}, then {would_be}"));
    }
    match (verdict, other) {
        (
            Verdict::Enriched { event, placement, .. },
            Verdict::Enriched { event: other_event, placement: other_placement, .. },
        ) => {
            let mut names = fields(event, other_event);
            if placement != other_placement {
                names.push("its place".to_owned());
            }
            Some(format!(
                "{rule}: {}",
                if names.is_empty() { "its layout".to_owned() } else { names.join(", ") }
            ))
        }
        // The same code with other words, or other lookups behind it.
        _ => None,
    }
}

fn rule(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Enriched { rule, .. } | Verdict::Dropped { rule } => Some(rule),
        Verdict::Rejected { rule, .. } | Verdict::Failed { rule, .. } => rule.as_deref(),
        _ => None,
    }
}

/// A verdict in words, with its rule where that may differ.
fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Enriched { rule, .. } => format!("enriched by {rule}"),
        Verdict::Dropped { rule } => format!("dropped by {rule}"),
        Verdict::Rejected { reason, .. } => format!("rejected {}", reason.code),
        Verdict::Failed { reason, .. } => format!("failed {}", reason.code),
        _ => "judged".to_owned(),
    }
}

/// The top-level fields of two events that are not the same in both.
fn fields(one: &[u8], two: &[u8]) -> Vec<String> {
    let (Ok(one), Ok(two)) = (Document::parse(one), Document::parse(two)) else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    for (this, other) in [(one.root(), two.root()), (two.root(), one.root())] {
        for (name, value) in this.members() {
            let name = name.text();
            if other.get(&name).map(Node::raw) != Some(value.raw()) {
                names.push(enrich_engine::dsl::model::Path(vec![name.into_owned()]).to_string());
            }
        }
    }
    names.sort();
    names.dedup();
    names.truncate(NAMES);
    names
}
