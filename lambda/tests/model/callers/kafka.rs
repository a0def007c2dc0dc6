//! The partitions of a Kafka topic behind a mapping that reports batch item failures: each goes on at the
//! offset that the answer names for it, and one that is not named behind its records.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Caller, Delivery, Element, Envelope, Failures, Next, Reading, batch_item_failures, pack};
use crate::dice::Dice;
use crate::events::Event;

pub(super) struct Topic {
    partitions: Vec<Partition>,
    attempts: Option<usize>,
    at: i64,
}

struct Partition {
    elements: Vec<Arc<Element>>,
    next: usize,
    /// How often the record at `next` has been brought.
    attempts: usize,
}

impl Topic {
    pub(super) fn new(events: &mut [Event], dice: &mut Dice, forever: bool) -> Self {
        let count = dice.between(1, 3);
        let mut partitions: Vec<_> =
            (0..count).map(|_| Partition { elements: Vec::new(), next: 0, attempts: 0 }).collect();
        let first = dice.pick(&[0, 8, 97]);
        for event in events {
            let at = dice.between(0, count - 1);
            let offset = first + partitions[at].elements.len();
            partitions[at].elements.push(Arc::new(pack::topic(event, at, offset)));
        }
        let attempts = (!forever || dice.chance(50)).then(|| dice.between(2, 30));
        Self { partitions, attempts, at: 0 }
    }
}

impl Caller for Topic {
    fn next(&mut self, dice: &mut Dice, now: i64) -> Next {
        if self.partitions.iter().all(|partition| partition.next == partition.elements.len()) {
            return Next::Over;
        }
        if self.at > now {
            return Next::Wait(self.at - now);
        }
        let mut elements = Vec::new();
        while elements.is_empty() {
            for partition in &self.partitions {
                let rest = &partition.elements[partition.next..];
                let count = dice.between(0, rest.len().min(8));
                elements.extend_from_slice(&rest[..count]);
            }
        }
        Next::Invoke(Delivery { elements, envelope: Envelope::Kafka, from: 0 })
    }

    fn read(&self, delivery: &Delivery, answer: &[u8]) -> Result<Reading, String> {
        let all = |done: bool| Reading { done: vec![done; delivery.elements.len()], ..Reading::default() };
        let failures = match batch_item_failures(answer)? {
            Failures::None => return Ok(all(true)),
            Failures::All => return Ok(all(false)),
            Failures::These(failures) => failures,
        };
        let (mut reading, mut named) = (all(true), BTreeSet::new());
        for failure in &failures {
            let lane = failure.get("partition").and_then(|lane| lane.as_str()).unwrap_or_default();
            let offset = failure.get("offset").map(ToString::to_string).unwrap_or_default();
            let is = |element: &Arc<Element>| element.lane == lane && element.id == offset;
            let Some(at) = delivery.elements.iter().position(is) else {
                return Err(format!("no record of the batch is {failure}"));
            };
            if !named.insert(lane) {
                return Err(format!("the partition {lane} is named twice"));
            }
            let behind = delivery.elements.iter().zip(&mut reading.done).skip(at);
            behind.filter(|(element, _)| element.lane == lane).for_each(|(_, done)| *done = false);
        }
        Ok(reading)
    }

    fn settle(
        &mut self,
        delivery: &Delivery,
        reading: Option<&Reading>,
        dice: &mut Dice,
        now: i64,
    ) -> Vec<usize> {
        let mut given_up = Vec::new();
        for partition in &mut self.partitions {
            let inside = |element: &Arc<Element>| partition.elements.contains(element);
            let brought: Vec<_> =
                (0..delivery.elements.len()).filter(|at| inside(&delivery.elements[*at])).collect();
            let done = |at: &&usize| reading.is_some_and(|reading| reading.done[**at]);
            let count = brought.iter().take_while(done).count();
            partition.next += count;
            partition.attempts = if count > 0 { 0 } else { partition.attempts };
            if count == brought.len() {
                continue;
            }
            partition.attempts += 1;
            self.at = now + dice.millis(500, 15_000);
            if self.attempts.is_some_and(|attempts| partition.attempts > attempts) {
                let rest = &partition.elements[partition.next..][..brought.len() - count];
                given_up.extend(rest.iter().flat_map(|element| element.events.iter().copied()));
                partition.next += rest.len();
                partition.attempts = 0;
            }
        }
        given_up
    }
}
