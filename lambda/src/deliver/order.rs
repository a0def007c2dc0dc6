//! Which records a caller brings again together with one that failed.

use std::collections::HashMap;
use std::ops::Range;

use enrich_engine::{Reason, ReasonCode, Record};

use super::fate::Fate;
use crate::SequenceNumber;
use crate::envelope::{Caller, Message};

/// The order in which a mapping's caller brings records: in lanes, each of which is brought again from
/// its first failed record on.
pub(super) struct Order<'r> {
    records: &'r [Record<'r>],
    /// The places of each lane's records in the batch.
    lanes: Vec<Vec<usize>>,
    /// Whether the caller goes by the records' numbers.
    by_number: bool,
    /// The places of records that come again together, wherever in their lane one of them failed: those of
    /// one message.
    together: Vec<Range<usize>>,
}

impl<'r> Order<'r> {
    /// - A shard is one lane.
    /// - Kafka brings several partitions at a time, and each is a lane.
    /// - A FIFO queue keeps the order of each message group, and another queue none at all. The records that
    ///   one message keeps are then no lane either: what fails among them does not hold up the others.
    pub(super) fn new(caller: &'r Caller, records: &'r [Record<'r>]) -> Self {
        let lanes = match caller {
            Caller::Sqs { fifo: false, .. } | Caller::Replay => {
                (0..records.len()).map(|at| vec![at]).collect()
            }
            Caller::Sqs { fifo: true, messages } => {
                let group = |message: &'r Message| {
                    std::iter::repeat_n(message.group.as_deref(), message.records.len())
                };
                lanes(messages.iter().flat_map(group))
            }
            Caller::Kafka => {
                let partition =
                    |record: &'r Record<'r>| (&*record.origin.stream, record.origin.shard.as_deref());
                lanes(records.iter().map(partition))
            }
            _ => vec![(0..records.len()).collect()],
        };
        let by_number = !matches!(caller, Caller::Sqs { .. } | Caller::Replay);
        let together = match caller {
            Caller::Sqs { messages, .. } => messages
                .iter()
                .map(|message| message.records.clone())
                .filter(|records| records.len() > 1)
                .collect(),
            _ => Vec::new(),
        };
        Self { records, lanes, by_number, together }
    }

    /// Whether all records come again with the first one.
    pub(super) fn is_one_lane(&self) -> bool {
        self.lanes.len() <= 1
    }

    /// The places of each lane's failed records, in their order; of lanes that have any.
    pub(super) fn failed(&self, fates: &[Fate]) -> Vec<Vec<usize>> {
        let failed = |at: &usize| fates.get(*at).is_some_and(|fate| fate.failed().is_some());
        let lanes = self.lanes.iter().map(|lane| lane.iter().copied().filter(failed).collect::<Vec<_>>());
        lanes.filter(|lane| !lane.is_empty()).collect()
    }

    /// Fails what the caller will bring again with a failed record, so that nothing of it is written or
    /// counted: all that stands behind the first one of its lane, and all of the lane whose number is not
    /// below the lowest one.
    ///
    /// In a lane that is in order the two are the same.
    pub(super) fn settle(&self, fates: &mut [Fate]) {
        // Mostly nothing has failed.
        if fates.iter().all(|fate| fate.failed().is_none()) {
            return;
        }
        for lane in &self.lanes {
            while self.settle_once(lane, fates) {}
        }
    }

    /// Fails the records of each message of which one has failed, once nothing more is written: they come
    /// again with it.
    pub(super) fn close(&self, fates: &mut [Fate]) {
        for records in &self.together {
            let Some(fates) = fates.get_mut(records.clone()) else { continue };
            if fates.iter().any(|fate| fate.failed().is_some()) {
                for fate in fates.iter_mut().filter(|fate| fate.failed().is_none()) {
                    let message = "the record comes again with another one of its message";
                    *fate = Fate::Failed(Reason::new(ReasonCode::BehindFailure, message));
                }
            }
        }
    }

    /// Whether that changed anything: then the lowest number may be another one.
    fn settle_once(&self, lane: &[usize], fates: &mut [Fate]) -> bool {
        let failed = |fates: &[Fate], at: usize| fates.get(at).is_some_and(|fate| fate.failed().is_some());
        let Some(first) = lane.iter().position(|at| failed(fates, *at)) else { return false };
        let number = |at: usize| {
            let record = self.records.get(at).filter(|_| self.by_number)?;
            number(record).and_then(SequenceNumber::parse)
        };
        let lowest = lane.iter().skip(first).filter_map(|at| number(*at)).min();
        let mut changed = false;
        for (place, at) in lane.iter().enumerate() {
            let again = place > first
                || number(*at).zip(lowest.as_ref()).is_some_and(|(number, lowest)| number >= *lowest);
            if let Some(fate) = fates.get_mut(*at).filter(|fate| again && fate.failed().is_none()) {
                *fate = Fate::Failed(Reason::new(
                    ReasonCode::BehindFailure,
                    "the record lies behind one that failed",
                ));
                changed = true;
            }
        }
        changed
    }
}

/// The number by which a stream or a partition is brought again: of a DynamoDB stream's record, whose
/// event's id stands behind it, without that.
pub(super) fn number<'r>(record: &'r Record<'_>) -> Option<&'r str> {
    let sequence = record.origin.sequence.as_deref()?;
    Some(sequence.split_once('-').map_or(sequence, |(number, _id)| number))
}

/// The places of each key.
fn lanes<K: Eq + std::hash::Hash>(keys: impl Iterator<Item = K>) -> Vec<Vec<usize>> {
    let mut places: HashMap<K, usize> = HashMap::new();
    let mut lanes: Vec<Vec<usize>> = Vec::new();
    for (at, key) in keys.enumerate() {
        let next = lanes.len();
        let place = *places.entry(key).or_insert(next);
        match lanes.get_mut(place) {
            Some(lane) => lane.push(at),
            None => lanes.push(vec![at]),
        }
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;
    use enrich_engine::Origin;

    /// Settles and closes a batch of these numbers, of which those marked `!` have failed; gives the same
    /// text. What stands before a `/` is the message group or the partition; a `+` stands between records
    /// of one message.
    fn settled(caller: &Caller, text: &str) -> String {
        let (mut records, mut fates, mut messages) = (Vec::new(), Vec::new(), Vec::new());
        for message in text.split(' ') {
            let (lane, numbers) = message.split_once('/').unzip();
            let first = records.len();
            for word in numbers.unwrap_or(message).split('+') {
                let mut origin = Origin::stream("clicks");
                origin.shard = lane.map(|lane| lane.to_owned().into());
                origin.sequence = Some(word.trim_end_matches('!').to_owned())
                    .filter(|number| number != "-")
                    .map(Into::into);
                records.push(Record::new("{}", origin));
                let failed = || Fate::Failed(Reason::new("throttled", ""));
                fates.push(if word.ends_with('!') { failed() } else { Fate::Enriched });
            }
            let (group, records) = (lane.map(str::to_owned), first..records.len());
            let (keeps, id, queue, receipt_handle) = (records.len() > 1, None, None, None);
            messages.push(Message { id, group, records, keeps, queue, receipt_handle, received: 1 });
        }
        let caller = match caller {
            Caller::Sqs { fifo, .. } => Caller::Sqs { fifo: *fifo, messages },
            other => other.clone(),
        };
        let order = Order::new(&caller, &records);
        order.settle(&mut fates);
        order.close(&mut fates);
        let mut fates = fates.iter().map(|fate| if fate.failed().is_some() { "!" } else { "" });
        let mut mark =
            |word: &str| format!("{}{}", word.trim_end_matches('!'), fates.next().expect("a fate"));
        let mut message = |message: &str| message.split('+').map(&mut mark).collect::<Vec<_>>().join("+");
        text.split(' ').map(&mut message).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_comes_again_with_a_failure() {
        for (before, after) in [
            ("1 2 3", "1 2 3"),
            ("1! 2 3", "1! 2! 3!"),
            ("1 2! 3", "1 2! 3!"),
            ("1 2 3!", "1 2 3!"),
            ("1 2! 3! 4", "1 2! 3! 4!"),
            ("9 10! 11", "9 10! 11!"),
            ("- 2! -", "- 2! -!"),
            // Records of one aggregate have one number.
            ("1 2 2! 3", "1 2! 2! 3!"),
            // Not in order, as two shards in one batch would be: Kinesis knows only the lowest number.
            ("1 7 2! 8", "1 7! 2! 8!"),
            ("1 7 5! 2", "1 7! 5! 2!"),
            ("3 1 7! 2 8", "3! 1! 7! 2! 8!"),
        ] {
            assert_eq!(settled(&Caller::Kinesis { state: None }, before), after, "{before}");
        }
    }

    #[test]
    fn what_comes_again_in_lanes() {
        let sqs = |fifo| Caller::Sqs { fifo, messages: Vec::new() };
        let (queue, fifo) = (sqs(false), sqs(true));
        for (caller, before, after) in [
            (&queue, "a/1! a/2 1 -! 3", "a/1! a/2 1 -! 3"),
            (&fifo, "a/1 b/1! a/2 b/2 a/3", "a/1 b/1! a/2 b/2! a/3"),
            (&fifo, "a/1! b/1 a/2 b/2! b/3", "a/1! b/1 a/2! b/2! b/3!"),
            // The ids of messages say nothing of their order, even where they look like numbers.
            (&fifo, "a/7 a/2! a/8", "a/7 a/2! a/8!"),
            // Messages that lost their group are taken for one.
            (&fifo, "1! a/2 3", "1! a/2 3!"),
            // A message of which a record has failed comes again as a whole.
            (&queue, "a/1+2!+3 4", "a/1!+2!+3! 4"),
            (&queue, "a/1+2 a/3!", "a/1+2 a/3!"),
            (&fifo, "a/0 a/1+2!+3 b/4 a/5", "a/0 a/1!+2!+3! b/4 a/5!"),
            (&Caller::Kafka, "0/7 1/7! 0/8 1/8 0/9", "0/7 1/7! 0/8 1/8! 0/9"),
            (&Caller::Kafka, "0/9 0/7! 1/9 1/7", "0/9! 0/7! 1/9 1/7"),
        ] {
            assert_eq!(settled(caller, before), after, "{before}");
        }
    }
}
