//! A batch of an event source mapping: each lane of it written in order up to its first failure.
//!
//! 1. What failed already decides what is not written at all.
//! 2. Rejects and objects of single records come first. One that fails moves its lane's end forward; what was
//!    written behind it is overwritten under the same keys when it comes again.
//! 3. Lines of delivery streams come next, call by call, each with only what lies before that end by then:
//!    they have no keys, so what comes again is there twice.
//! 4. Objects of several records come last, with only what lies before that end: their keys name their
//!    first and last records, so a redelivery from the middle would not overwrite them.
//! 5. After 2, after each call of 3 and after 4 the records whose objects or lines are refused for good go
//!    to the rejects.

use std::sync::Arc;

use enrich_engine::output::{Enriched, MAX_LINE_BYTES, MAX_LINES, MAX_LINES_BYTES, line, objects};
use enrich_engine::{ObjectPlace, PerObject, Placement, Reason, ReasonCode, Record, Verdict};

use super::fate::all_failed;
use super::order::{Order, number};
use super::write::{Refused, Write, behind_failure};
use super::{Batch, Counts, Delivered, Fate};
use crate::answer::{self, AnswerError};
use crate::envelope::{Caller, Message};

/// How often a refused object is halved while none of its parts is taken: then it is not a record that
/// is refused, and to write each alone would take twice as many writes as there are records.
const HOPELESS: usize = 4;

impl Batch<'_> {
    pub(super) async fn mapping(self, caller: &Caller) -> Delivered {
        let order = Order::new(caller, self.records);
        let mut kinds = Kinds::default();
        let placed = |(record, verdict)| {
            kinds.note(verdict);
            self.placed(record, verdict)
        };
        let mut fates: Vec<_> = self.records.iter().zip(self.verdicts).map(placed).collect();
        self.end_rounds(caller, &mut fates);
        order.settle(&mut fates);

        let written = Counts::default();
        let mut delivery = Delivery { batch: self, caller, order: &order, fates, written, over: false };
        delivery.singles(kinds.singles).await;
        if kinds.lines {
            delivery.lines().await;
        }
        if kinds.batches {
            delivery.batches().await;
        }
        let Delivery { mut fates, written, .. } = delivery;
        order.close(&mut fates);
        self.postpone(caller, &fates).await;

        let answer = self.failures(caller, &order, &fates);
        if answer.is_err() {
            all_failed(&mut fates);
        }
        Delivered { answer: answer.map_err(Into::into), fates, written }
    }

    /// As the verdict says, where there is a place for the event.
    fn placed(&self, record: &Record<'_>, verdict: &Verdict) -> Fate {
        match verdict {
            Verdict::Enriched { rule, placement: None, .. } => {
                let message = format!("the rule `{rule}` has no output, and the caller takes no events back");
                Fate::Failed(Reason::new(ReasonCode::NoOutput, message))
            }
            Verdict::Enriched { rule, placement: Some(Placement::Firehose(_)), event } => {
                if event.trim_ascii_end().len() < MAX_LINE_BYTES {
                    return Fate::Enriched;
                }
                let message = format!(
                    "the enriched event has more than the {MAX_LINE_BYTES} bytes that Firehose takes, with its line break"
                );
                self.rejected(Some(rule), Reason::new(ReasonCode::LineTooLarge, message))
            }
            Verdict::Enriched { rule, .. } if record.origin.sequence.is_none() => {
                let message = "the record has no sequence number to name its object by";
                self.rejected(Some(rule), Reason::new(ReasonCode::NoSequence, message))
            }
            verdict => self.fate(verdict),
        }
    }

    /// The event of a record that goes into an object of that kind.
    fn output(&self, at: usize, kind: impl Fn(PerObject) -> bool) -> Option<Enriched<'_>> {
        let (record, repeat) = (self.records.get(at)?, *self.repeats.get(at)?);
        let (place, event) = into_object(self.verdicts.get(at)?)?;
        let origin = &record.origin;
        kind(place.per).then_some(Enriched { record: at, repeat, origin, place, event })
    }

    /// Tells the caller what to bring again, in its own words.
    fn failures(&self, caller: &Caller, order: &Order<'_>, fates: &[Fate]) -> Result<Vec<u8>, AnswerError> {
        let origins = |lane: Vec<usize>| lane.into_iter().filter_map(|at| self.records.get(at));
        let failed = order.failed(fates);
        match caller {
            Caller::Sqs { messages, .. } => {
                // In the order of the batch, not of the groups.
                let fates = |message: &Message| fates.get(message.records.clone()).unwrap_or_default();
                let failed = |message: &&Message| fates(message).iter().any(|fate| fate.failed().is_some());
                answer::sqs(messages.iter().filter(failed).map(|message| message.id.as_deref()))
            }
            Caller::Replay => Ok(Vec::new()),
            Caller::Kafka => {
                let mut checkpoints = Vec::with_capacity(failed.len());
                for lane in failed {
                    let partition = origins(lane.clone()).next().map(|record| &record.origin);
                    let offset = answer::checkpoint(origins(lane).map(number))?;
                    checkpoints.extend(partition.zip(offset));
                }
                Ok(answer::kafka(checkpoints.iter().map(|(origin, offset)| {
                    (&*origin.stream, origin.shard.as_deref().unwrap_or_default(), offset)
                })))
            }
            Caller::Kinesis { state } | Caller::DynamoDb { state } => {
                let checkpoint = answer::checkpoint(failed.into_iter().flat_map(origins).map(number))?;
                Ok(answer::stream(checkpoint.as_ref(), state.as_deref()))
            }
            // These take the events back, and are answered elsewhere.
            Caller::Firehose { .. } | Caller::Pipes => Err(AnswerError::NoSequenceNumber),
        }
    }
}

/// What a batch has to write, besides rejects: a look at every event for what none has would be for nothing.
#[derive(Default)]
struct Kinds {
    /// Objects of single records.
    singles: bool,
    /// Lines of delivery streams.
    lines: bool,
    /// Objects of several records.
    batches: bool,
}

impl Kinds {
    fn note(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Enriched { placement: Some(Placement::Object(place)), .. } => match place.per {
                PerObject::Record => self.singles = true,
                _ => self.batches = true,
            },
            Verdict::Enriched { placement: Some(Placement::Firehose(_)), .. } => self.lines = true,
            _ => {}
        }
    }
}

/// A batch on its way to what is durable.
struct Delivery<'a> {
    batch: Batch<'a>,
    caller: &'a Caller,
    order: &'a Order<'a>,
    fates: Vec<Fate>,
    written: Counts,
    /// A write has failed, and all records come again with it, so that no more are begun.
    over: bool,
}

impl Delivery<'_> {
    /// Rejects, and objects of single records where there are any.
    async fn singles(&mut self, any: bool) {
        let mut writes = self.batch.rejects(&self.fates);
        if any {
            writes.extend(self.outputs(0..self.fates.len(), |per| per == PerObject::Record));
        }
        let refused = self.write(writes).await;
        self.reject(refused).await;
    }

    /// Lines of delivery streams.
    async fn lines(&mut self) {
        let mut next = 0;
        while next < self.fates.len() {
            let calls;
            (calls, next) = self.calls(next);
            if !calls.is_empty() {
                let refused = self.write(calls).await;
                self.reject(refused).await;
            }
        }
    }

    /// The calls for the records from that place on, one a delivery stream, until one of them is full; and
    /// the place of the next record. What lies behind a failure of one call is then at most in these.
    fn calls(&self, next: usize) -> (Vec<Write>, usize) {
        let mut calls: Vec<Lines> = Vec::new();
        for at in next..self.fates.len() {
            let enriched = matches!(self.fates.get(at), Some(Fate::Enriched));
            let verdict = self.batch.verdicts.get(at).filter(|_| enriched);
            let Some((stream, event)) = verdict.and_then(into_stream) else { continue };
            let known = calls.iter().position(|call| call.stream == *stream);
            let place = known.unwrap_or(calls.len());
            if known.is_none() {
                calls.push(Lines { stream: Arc::clone(stream), ..Lines::default() });
            }
            if !calls.get_mut(place).is_some_and(|call| call.push(event, at)) {
                return (calls.into_iter().map(Lines::write).collect(), at);
            }
        }
        (calls.into_iter().map(Lines::write).collect(), self.fates.len())
    }

    /// Objects of several records.
    async fn batches(&mut self) {
        let writes = self.outputs(0..self.fates.len(), |per| per != PerObject::Record);
        let mut refused = Vec::new();
        for (records, reason) in self.write(writes).await {
            refused.extend(self.halve(records, reason).await);
        }
        self.reject(refused).await;
    }

    /// Writes what can be written of a refused object, half by half, so that only what is at fault is
    /// rejected. Gives what is refused to the end.
    async fn halve(&mut self, records: Vec<usize>, reason: Reason) -> Refused {
        let (mut refused, mut alone, mut taken) = (vec![(records, reason)], Vec::new(), false);
        for round in 0.. {
            alone.extend(refused.extract_if(.., |(records, _)| records.len() < 2));
            if refused.is_empty() || (round == HOPELESS && !taken) || self.over {
                break;
            }
            let halves = refused.iter().flat_map(|(records, _)| records.chunks(records.len().div_ceil(2)));
            let writes = halves.flat_map(|half| self.outputs(half.iter().copied(), |_| true)).collect();
            let before = self.written.objects;
            refused = self.write(writes).await;
            taken |= self.written.objects > before;
        }
        if self.over {
            for at in refused.drain(..).flat_map(|(records, _)| records) {
                if let Some(fate) = self.fates.get_mut(at).filter(|fate| fate.failed().is_none()) {
                    *fate = Fate::Failed(behind_failure());
                }
            }
        }
        alone.append(&mut refused);
        alone
    }

    /// Rejects the records of refused objects.
    async fn reject(&mut self, refused: Refused) {
        if refused.is_empty() {
            return;
        }
        let rejected = self.batch.refused(&refused, &mut self.fates);
        self.batch.end_rounds(self.caller, &mut self.fates);
        self.order.settle(&mut self.fates);
        let mut writes = self.batch.rejects(&self.fates);
        writes.retain(|write| write.records().iter().all(|at| rejected.contains(at)));
        let refused = self.write(writes).await;
        self.batch.refused(&refused, &mut self.fates);
        self.order.settle(&mut self.fates);
    }

    /// Writes, and gives what is refused for good.
    async fn write(&mut self, writes: Vec<Write>) -> Refused {
        let together = self.order.is_one_lane();
        let written = self.batch.write(writes, &mut self.fates, together).await;
        self.written += written.counts;
        self.over = together && !written.failed.is_empty();
        if !written.failed.is_empty() {
            self.order.settle(&mut self.fates);
        }
        written.refused
    }

    /// The objects of those enriched events that go into objects of that kind.
    fn outputs(
        &self,
        records: impl Iterator<Item = usize>,
        kind: impl Fn(PerObject) -> bool + Copy,
    ) -> Vec<Write> {
        let enriched = records.filter(|at| matches!(self.fates.get(*at), Some(Fate::Enriched)));
        // All have names: what has no sequence number is not enriched here.
        let (mut new, mut kept) = (Vec::with_capacity(self.fates.len()), Vec::new());
        for event in enriched.filter_map(|at| self.batch.output(at, kind)) {
            if self.caller.was_kept(event.record) { kept.push(event) } else { new.push(event) }
        }
        // What was kept is alone: an object of several is named by its first and last record, and between
        // these may be others that are in an object of that name already.
        let (laid, _unnamed) = objects(&new, self.batch.lines);
        let alone = kept.iter().flat_map(|event| objects(std::slice::from_ref(event), &[]).0);
        let rules = self.batch.handler.engine.hash();
        laid.into_iter()
            .chain(alone)
            .map(|laid| Write::Object { object: laid.object.made_by(rules), records: laid.records })
            .collect()
    }
}

fn into_object(verdict: &Verdict) -> Option<(&ObjectPlace, &[u8])> {
    match verdict {
        Verdict::Enriched { placement: Some(Placement::Object(place)), event, .. } => Some((place, event)),
        _ => None,
    }
}

fn into_stream(verdict: &Verdict) -> Option<(&Arc<str>, &[u8])> {
    match verdict {
        Verdict::Enriched { placement: Some(Placement::Firehose(stream)), event, .. } => {
            Some((stream, event))
        }
        _ => None,
    }
}

/// One call to a delivery stream.
#[derive(Default)]
struct Lines {
    stream: Arc<str>,
    lines: Vec<Vec<u8>>,
    records: Vec<usize>,
    bytes: usize,
}

impl Lines {
    /// Takes the event; `false` where the call has no room for it.
    fn push(&mut self, event: &[u8], record: usize) -> bool {
        let mut bytes = Vec::with_capacity(event.len() + 1);
        line(&mut bytes, event);
        // The first one always has room, whatever its size: nothing is left over for ever.
        if self.lines.len() >= MAX_LINES
            || (!self.lines.is_empty() && self.bytes + bytes.len() > MAX_LINES_BYTES)
        {
            return false;
        }
        self.bytes += bytes.len();
        self.lines.push(bytes);
        self.records.push(record);
        true
    }

    fn write(self) -> Write {
        let Lines { stream, lines, records, .. } = self;
        Write::Lines { stream, lines, records }
    }
}
