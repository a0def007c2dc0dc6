//! A pipe with an enrichment. It knows no partial failure: an invocation that fails, or a target that does,
//! brings the whole batch again, and after so many attempts the batch goes to the dead-letter queue.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::{Caller, Delivery, Element, Envelope, Kind, Next, Reading, pack, shards};
use crate::dice::Dice;
use crate::events::{Event, tokens};

pub(super) struct Pipe {
    batches: VecDeque<Vec<Arc<Element>>>,
    most_attempts: usize,
    attempts: usize,
    at: i64,
}

impl Pipe {
    pub(super) fn new(kind: Kind, events: &mut [Event], dice: &mut Dice) -> Self {
        let (mut elements, mut rest) = (Vec::new(), events);
        while !rest.is_empty() {
            let count = if kind == Kind::PipeSqs { 1 } else { shards::together(kind, rest, dice) };
            let (taken, left) = rest.split_at_mut(count);
            let sequence = (95 + elements.len()).to_string();
            elements.push(Arc::new(match kind {
                Kind::PipeSqs => pack::message(&mut taken[0], None),
                _ => pack::kinesis(kind, taken, 0, &sequence),
            }));
            rest = left;
        }
        let batches = elements.chunks(dice.between(1, 15)).map(<[_]>::to_vec).collect();
        Self { batches, most_attempts: dice.between(3, 20), attempts: 0, at: 0 }
    }
}

impl Caller for Pipe {
    fn next(&mut self, _: &mut Dice, now: i64) -> Next {
        match self.batches.front() {
            Some(_) if self.at > now => Next::Wait(self.at - now),
            Some(batch) => {
                Next::Invoke(Delivery { elements: batch.clone(), envelope: Envelope::Pipe, from: 0 })
            }
            None => Next::Over,
        }
    }

    fn read(&self, delivery: &Delivery, answer: &[u8]) -> Result<Reading, String> {
        let answer: Vec<&RawValue> = serde_json::from_slice(answer).map_err(|error| error.to_string())?;
        let returned: Vec<_> = answer.iter().map(|event| event.get().to_owned()).collect();
        let mut order = delivery.events();
        for event in &returned {
            let number = tokens(event).first().copied();
            if !order.any(|event| Some(event) == number) {
                return Err(format!("event {number:?} is not of the batch, or not in its order"));
            }
        }
        Ok(Reading { done: vec![true; delivery.elements.len()], returned, ..Reading::default() })
    }

    fn settle(
        &mut self,
        delivery: &Delivery,
        reading: Option<&Reading>,
        dice: &mut Dice,
        now: i64,
    ) -> Vec<usize> {
        self.attempts += 1;
        if reading.is_none() && self.attempts < self.most_attempts {
            self.at = now + dice.millis(500, 15_000);
            return Vec::new();
        }
        self.attempts = 0;
        self.batches.pop_front();
        if reading.is_none() { delivery.events().collect() } else { Vec::new() }
    }
}
