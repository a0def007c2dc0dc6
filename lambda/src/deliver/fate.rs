//! What becomes of one record.

use enrich_engine::{Reason, ReasonCode, Record};

use crate::SequenceNumber;

/// What becomes of one record. Once its objects are written, this is what the caller may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Enriched,
    Dropped,
    Rejected(Reason),
    Failed(Reason),
}

impl Fate {
    /// A record that fails because the invocation does.
    pub(crate) fn with_batch() -> Self {
        Fate::Failed(Reason::new(ReasonCode::WithBatch, "the batch fails as a whole"))
    }

    pub(crate) fn failed(&self) -> Option<&Reason> {
        match self {
            Fate::Failed(reason) => Some(reason),
            _ => None,
        }
    }
}

/// Fails what the caller will bring again with a failed record, so that nothing of it is written or
/// counted: all that stands behind the first one, and all whose number is not below the lowest one.
///
/// In a batch of one shard, which is in order, the two are the same.
pub(super) fn settle(fates: &mut [Fate], records: &[Record]) {
    let numbers: Vec<_> = records
        .iter()
        .map(|record| record.origin.sequence.as_deref().and_then(SequenceNumber::parse))
        .collect();
    loop {
        let Some(first) = fates.iter().position(|fate| fate.failed().is_some()) else { return };
        let failed = fates.iter().zip(&numbers).skip(first);
        let lowest = failed.filter_map(|(_, number)| number.as_ref()).min();
        let mut changed = false;
        for (at, (fate, number)) in fates.iter_mut().zip(&numbers).enumerate() {
            let again =
                at > first || number.as_ref().zip(lowest).is_some_and(|(number, lowest)| number >= lowest);
            if again && fate.failed().is_none() {
                *fate = Fate::Failed(Reason::new(
                    ReasonCode::BehindFailure,
                    "the record lies behind one that failed",
                ));
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

/// Fails all records, because the invocation fails.
pub(super) fn all_failed(fates: &mut [Fate]) {
    for fate in fates.iter_mut().filter(|fate| fate.failed().is_none()) {
        *fate = Fate::with_batch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use enrich_engine::Origin;

    /// Settles a batch of these numbers, of which those marked `!` have failed; gives the same text.
    fn settled(text: &str) -> String {
        let mut records = Vec::new();
        let mut fates = Vec::new();
        for word in text.split(' ') {
            let mut origin = Origin::stream("clicks");
            origin.sequence = Some(word.trim_end_matches('!').to_owned()).filter(|number| number != "-");
            records.push(Record::new("{}", origin));
            let failed = || Fate::Failed(Reason::new("throttled", ""));
            fates.push(if word.ends_with('!') { failed() } else { Fate::Enriched });
        }
        settle(&mut fates, &records);
        let words = text.split(' ').zip(&fates).map(|(word, fate)| {
            let mark = if fate.failed().is_some() { "!" } else { "" };
            format!("{}{mark}", word.trim_end_matches('!'))
        });
        words.collect::<Vec<_>>().join(" ")
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
            assert_eq!(settled(before), after, "{before}");
        }
    }
}
