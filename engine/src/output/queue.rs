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
