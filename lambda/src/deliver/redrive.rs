//! Messages of a queue that hold rejects or on-failure records: where they must not go, and when they come
//! again.

use enrich_engine::output::{MAX_MESSAGES, Postponed};
use enrich_engine::{Destination, Queue, Reason, ReasonCode};

use super::{Batch, Fate, rule};
use crate::envelope::{Caller, Message};

/// How long a message that has failed once is kept back, in seconds. Each time it is twice as long.
const FIRST_SECONDS: u32 = 30;

/// The longest that it is: SQS counts 12 hours from when it has handed a message out, and a function may have
/// had it for 15 minutes by then.
const MOST_SECONDS: u32 = 12 * 3_600 - 15 * 60;

impl Batch<'_> {
    /// Fails the records of messages whose rejects would go back into the queue that the messages come from.
    /// They would go round for ever; so the message comes again instead, until its queue has had enough
    /// of it (`maxReceiveCount`).
    pub(super) fn end_rounds(&self, caller: &Caller, fates: &mut [Fate]) {
        let Caller::Sqs { messages, .. } = caller else { return };
        for message in messages.iter().filter(|message| message.keeps) {
            let Some(queue) = queue(message) else { continue };
            for at in message.records.clone() {
                let destination = self.verdicts.get(at).and_then(|verdict| self.destination(rule(verdict)));
                let Some(Destination::Queue(rejects)) = destination else { continue };
                if let Some(fate) = fates.get_mut(at)
                    && let Fate::Rejected(Reason { code, .. }) = fate
                    && may_be_one(&queue, rejects)
                {
                    let message = format!(
                        "the record is rejected again as `{code}`, and its reject would go to the queue that it comes from"
                    );
                    *fate = Fate::Failed(Reason::new(ReasonCode::SameQueue, message));
                }
            }
        }
    }

    /// Keeps back the messages that hold rejects or on-failure records and have failed, each longer than the
    /// last time. Other messages come again when their queue says.
    pub(super) async fn postpone(&self, caller: &Caller, fates: &[Fate]) {
        let Caller::Sqs { messages, .. } = caller else { return };
        let Some(queues) = &self.handler.sinks.queues else { return };
        if self.deadline.is_some_and(|deadline| self.handler.clock.now() >= deadline) {
            return;
        }
        let failed = |message: &&Message| {
            let fates = fates.get(message.records.clone()).unwrap_or_default();
            message.keeps && fates.iter().any(|fate| fate.failed().is_some())
        };
        // A mapping has one queue.
        let Some(queue) = messages.iter().find(failed).and_then(queue) else { return };
        let postponed = messages.iter().filter(failed).filter_map(|message| {
            let receipt_handle = message.receipt_handle.clone()?;
            Some(Postponed { receipt_handle, seconds: seconds(message.received) })
        });
        let postponed: Vec<_> = postponed.collect();
        for messages in postponed.chunks(MAX_MESSAGES) {
            queues.postpone(&queue, messages, self.deadline).await;
        }
    }
}

/// How long a message is kept back that has been received so often.
fn seconds(received: u32) -> u32 {
    let doubled = 2_u32.checked_pow(received.saturating_sub(1));
    let seconds = doubled.and_then(|times| FIRST_SECONDS.checked_mul(times));
    seconds.map_or(MOST_SECONDS, |seconds| seconds.min(MOST_SECONDS))
}

fn queue(message: &Message) -> Option<Queue> {
    Queue::parse(message.queue.as_deref()?)
}

/// Whether nothing tells the two apart. The URL of an emulator may say neither account nor region.
fn may_be_one(queue: &Queue, other: &Queue) -> bool {
    let same =
        |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
    queue.name == other.name && same(&queue.account, &other.account) && same(&queue.region, &other.region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_twice_as_long() {
        for (received, expected) in [
            (0, 30),
            (1, 30),
            (2, 60),
            (3, 120),
            (11, 30_720),
            (12, 42_300),
            (40, 42_300),
            (u32::MAX, 42_300),
        ] {
            assert_eq!(seconds(received), expected, "{received}");
        }
    }

    #[test]
    fn one_queue_in_all_its_names() {
        let queue = |text| Queue::parse(text).expect("a queue");
        let arn = queue("arn:aws:sqs:eu-west-1:123456789012:bad");
        for (other, one) in [
            ("arn:aws:sqs:eu-west-1:123456789012:bad", true),
            ("https://sqs.eu-west-1.amazonaws.com/123456789012/bad", true),
            ("http://localhost:4566/123456789012/bad", true),
            ("arn:aws:sqs:eu-west-1:123456789012:worse", false),
            ("arn:aws:sqs:eu-west-2:123456789012:bad", false),
            ("arn:aws:sqs:eu-west-1:210987654321:bad", false),
        ] {
            assert_eq!(may_be_one(&arn, &queue(other)), one, "{other}");
        }
    }
}
