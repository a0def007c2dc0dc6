//! One batch, in one straight line.
//!
//! 1. [`prepare`]: a stream's bytes to a view of the event ([`decode`]), then route, validate and decide
//!    early drops.
//! 2. [`plan`]: the keys of all events, merged by table and without duplicates; one question a source.
//!    Lookups keyed by another lookup's item come in a later wave.
//! 3. [`apply`]: statement by statement, pure; then the event's new text and its verdict.

mod apply;
mod decode;
mod plan;
mod prepare;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::batch::{LookupCounts, Outcome, Reason, Record, Verdict};
use crate::context::Context;
use crate::json::{Document, Elements, Node};
use crate::lookup::{Failure, Key, Source};
use crate::program::{ForEach, Program};

/// Runs a batch through the program.
pub(crate) async fn batch(
    program: &Program,
    sources: &[Arc<dyn Source>],
    records: &[Record],
    context: Context,
) -> Outcome {
    let prepared = |record| contained(|| prepare::prepare(program, record, context), Event::Done);
    let mut events: Vec<Event<'_>> = records.iter().map(prepared).collect();
    let mut answers = plan::Answered::new(program);
    for wave in 0..program.waves {
        let asked = plan::keys(program, &mut events, &answers, wave, context);
        plan::fetch(program, sources, asked, &mut answers, context).await;
    }
    let mut counts = counters(program);
    let mut verdict =
        |event| contained(|| apply::apply(program, event, &answers, context, &mut counts), |verdict| verdict);
    let verdicts = events.iter().map(&mut verdict).collect();
    Outcome { verdicts, lookups: counts.into_iter().flatten().collect() }
}

/// Does one step of one record. A panic in it is a fault of ours, or of an embedder's function; it rejects
/// this record with its bytes, as it would happen again, and leaves the others alone.
fn contained<T>(step: impl FnOnce() -> T, rejected_as: impl FnOnce(Verdict) -> T) -> T {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|_| {
        rejected_as(rejected(
            None,
            Reason::new("internal", "the engine failed on this record; please report it"),
        ))
    })
}

/// A record on its way.
enum Event<'r> {
    /// The verdict is known before any lookup.
    Done(Verdict),
    /// A rule has taken it.
    Taken(Taken<'r>),
}

struct Taken<'r> {
    record: &'r Record,
    document: Document<'r>,
    /// The place of its rule in the program.
    rule: usize,
    /// The keys of the rule's lookups, as far as the waves have come.
    keys: Vec<Asked>,
    /// The keys of the rule's loops: by loop, element and lookup.
    loops: Vec<Vec<Vec<Asked>>>,
}

impl Taken<'_> {
    /// The elements that a loop goes over; none where there is no array.
    fn elements(&self, each: &ForEach) -> Option<Elements<'_>> {
        self.array(each).map(Node::elements)
    }

    /// The array that a loop goes over, as it arrived.
    fn array(&self, each: &ForEach) -> Option<Node<'_>> {
        each.array.iter().try_fold(self.document.root(), |node, name| node.get(name))
    }
}

/// What a lookup asks.
#[derive(Clone, Debug)]
enum Asked {
    /// Not worked out yet.
    NotYet,
    /// A part of the key is absent, null or empty.
    NoKey,
    /// This key.
    Key(Key),
    /// The key can't be worked out.
    Failed(Failure),
}

/// One count for each lookup of each rule.
fn counters(program: &Program) -> Vec<Vec<LookupCounts>> {
    let count = |rule: &crate::program::Rule| {
        rule.all_lookups().map(|lookup| LookupCounts::new(&rule.name, &lookup.name)).collect()
    };
    program.rules.iter().map(count).collect()
}

fn rejected(rule: Option<&Arc<str>>, reason: Reason) -> Verdict {
    Verdict::Rejected { rule: rule.cloned(), reason }
}
