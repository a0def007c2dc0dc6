//! A queue of SQS, with or without order, behind a mapping that reports batch item failures.
//!
//! - What is not named is deleted; what is named, or was in an invocation that failed, is seen again after
//!   its visibility timeout.
//! - A message that was received so often goes to the dead-letter queue.
//! - A queue without order may deliver a message twice. Of one with order, nothing of a message group is
//!   received while a message before it is not deleted.

use std::sync::Arc;

use super::{Caller, Delivery, Element, Envelope, Failures, Next, Reading, batch_item_failures, pack};
use crate::dice::Dice;
use crate::events::Event;

pub(super) struct Queue {
    messages: Vec<Message>,
    batch: usize,
    most_receives: usize,
    fifo: bool,
}

struct Message {
    element: Arc<Element>,
    receives: usize,
    visible: i64,
    /// A queue without order forgets now and then that it was deleted.
    deleted: bool,
}

impl Queue {
    pub(super) fn new(fifo: bool, events: &mut [Event], dice: &mut Dice) -> Self {
        let message = |event: &mut Event| {
            let group = fifo.then(|| dice.between(0, 2));
            let element = Arc::new(pack::message(event, group));
            Message { element, receives: 0, visible: 0, deleted: false }
        };
        let messages = events.iter_mut().map(message).collect();
        Self { messages, batch: dice.between(1, 10), most_receives: dice.between(3, 30), fifo }
    }
}

impl Caller for Queue {
    fn next(&mut self, dice: &mut Dice, now: i64) -> Next {
        let Some(soonest) = self.messages.iter().map(|message| message.visible).min() else {
            return Next::Over;
        };
        let mut waiting: Vec<&str> = Vec::new();
        let mut elements = Vec::new();
        for message in &mut self.messages {
            let lane = &*message.element.lane;
            // A message that is not taken holds back those behind it in its group.
            let skipped = self.fifo && waiting.contains(&lane);
            if message.visible > now
                || skipped
                || elements.len() == self.batch
                || (!self.fifo && dice.chance(20))
            {
                waiting.push(lane);
                continue;
            }
            message.receives += 1;
            elements.push(Arc::clone(&message.element));
        }
        if elements.is_empty() {
            return Next::Wait((soonest - now).max(100));
        }
        Next::Invoke(Delivery { elements, envelope: Envelope::Records { state: None }, from: 0 })
    }

    fn read(&self, delivery: &Delivery, answer: &[u8]) -> Result<Reading, String> {
        let all = |done: bool| Reading { done: vec![done; delivery.elements.len()], ..Reading::default() };
        let failures = match batch_item_failures(answer)? {
            Failures::None => return Ok(all(true)),
            Failures::All => return Ok(all(false)),
            Failures::These(failures) => failures,
        };
        let mut reading = all(true);
        for failure in &failures {
            let at = delivery.elements.iter().position(|element| failure.as_str() == Some(&*element.id));
            let Some(at) = at else { return Err(format!("no message of the batch has the id {failure}")) };
            reading.done[at] = false;
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
        let (mut given_up, again) = (Vec::new(), now + dice.millis(1_000, 30_000));
        for (at, element) in delivery.elements.iter().enumerate() {
            let place = self.messages.iter().position(|message| message.element == *element);
            let place = place.expect("a message of the queue");
            let message = &mut self.messages[place];
            let done = reading.is_some_and(|reading| reading.done[at]);
            let once_more = done && !self.fifo && !message.deleted && dice.chance(5);
            if once_more {
                message.deleted = true;
                message.visible = again;
            } else if done || message.deleted {
                self.messages.remove(place);
            } else if message.receives >= self.most_receives {
                given_up.extend(element.events.iter().copied());
                self.messages.remove(place);
            } else {
                message.visible = again;
            }
        }
        given_up
    }
}
