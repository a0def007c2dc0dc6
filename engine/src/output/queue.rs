//! The seam to queues.

use enrich_dsl::model::Queue;

use crate::lookup::{BoxFuture, Failure};
use crate::time::Timestamp;

/// The most messages of one [`Queues::send`].
pub const MAX_MESSAGES: usize = 10;

/// The most bytes of one message, and of all messages of one [`Queues::send`] together.
pub const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// Keeps messages: SQS, a folder, memory.
pub trait Queues: Send + Sync {
    /// Sends messages, at most [`MAX_MESSAGES`] and [`MAX_MESSAGE_BYTES`], to that queue, in their order. Gives
    /// a result for each message; `Ok` says that it is durable. A message without a result counts as failed.
    fn send<'a>(
        &'a self,
        queue: &'a Queue,
        messages: &'a [Message],
        deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Vec<Result<(), Failure>>>;

    /// Keeps messages that were received from that queue, at most [`MAX_MESSAGES`], out of sight for longer:
    /// they come again later. Where that fails they come when the queue's own setting says, and so nothing
    /// depends on it. What keeps messages without handing them out has nothing to do.
    fn postpone<'a>(
        &'a self,
        queue: &'a Queue,
        messages: &'a [Postponed],
        deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, ()> {
        let _ = (queue, messages, deadline);
        Box::pin(std::future::ready(()))
    }
}

/// A message that is to come again later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postponed {
    /// What the queue calls this delivery of the message.
    pub receipt_handle: String,
    /// In how many seconds it is to come again.
    pub seconds: u32,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The text.
    pub body: String,
    /// What a queue wants to know that keeps an order.
    pub fifo: Option<Fifo>,
}

impl Message {
    /// A message of that text.
    #[must_use]
    pub fn new(body: impl Into<String>, fifo: Option<Fifo>) -> Self {
        Self { body: body.into(), fifo }
    }
}

/// What a queue that keeps an order wants to know of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fifo {
    /// The messages among which it keeps its place.
    pub group: String,
    /// Messages of one id that are sent within five minutes are one.
    pub deduplication: String,
}
