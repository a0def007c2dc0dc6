//! Objects, lines and messages to where they are kept, several calls at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use enrich_engine::lookup::{ErrorCode, Failure};
use enrich_engine::output::{MAX_MESSAGE_BYTES, MAX_MESSAGES, Message, Object, Sinks};
use enrich_engine::{Clock, Queue, Reason, ReasonCode, Timestamp};
use futures_util::stream::{self, StreamExt as _};

/// How many calls are under way at a time.
const IN_FLIGHT: usize = 8;

/// Something to write, and the places of its records in the batch.
pub(super) enum Write {
    /// An object that holds all of its records.
    Object { object: Object, records: Vec<usize> },
    /// Lines of a delivery stream, as many as one call takes, a line a record.
    Lines { stream: Arc<str>, lines: Vec<Vec<u8>>, records: Vec<usize> },
    /// Messages to a queue, a message a record. Where they are more than one call takes, the calls follow
    /// each other.
    Messages { queue: Queue, messages: Vec<Message>, records: Vec<usize> },
}

impl Write {
    pub(super) fn records(&self) -> &[usize] {
        match self {
            Write::Object { records, .. }
            | Write::Lines { records, .. }
            | Write::Messages { records, .. } => records,
        }
    }
}

/// The messages of a batch, queue by queue.
#[derive(Default)]
pub(super) struct Messages(Vec<(Queue, Vec<Message>, Vec<usize>)>);

impl Messages {
    pub(super) fn push(&mut self, queue: &Queue, message: Message, record: usize) {
        // The last one of that queue; of an ordered queue the only one.
        let room = |messages: &[Message]| {
            queue.is_fifo() || taken(messages.iter().chain([&message])) > messages.len()
        };
        let open = self.0.iter_mut().rev().find(|(known, ..)| known == queue);
        match open.filter(|(_, messages, _)| room(messages)) {
            Some((_, messages, records)) => {
                messages.push(message);
                records.push(record);
            }
            None => self.0.push((queue.clone(), vec![message], vec![record])),
        }
    }

    /// A write for each call; all messages of an ordered queue are one, since calls that are under way
    /// together may overtake each other.
    pub(super) fn writes(self) -> impl Iterator<Item = Write> {
        self.0.into_iter().map(|(queue, messages, records)| Write::Messages { queue, messages, records })
    }
}

/// How many of the messages one call takes; at least one.
fn taken<'m>(messages: impl Iterator<Item = &'m Message>) -> usize {
    let sizes = messages.take(MAX_MESSAGES).scan(0_usize, |bytes, message| {
        *bytes = bytes.saturating_add(message.body.len());
        Some(*bytes)
    });
    sizes.take_while(|bytes| *bytes <= MAX_MESSAGE_BYTES).count().max(1)
}

/// The records of each thing that is refused for good, and why.
pub(super) type Refused = Vec<(Vec<usize>, Reason)>;

/// How much is durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) objects: u64,
    pub(crate) lines: u64,
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.objects += other.objects;
        self.lines += other.lines;
        self.messages += other.messages;
        self.bytes += other.bytes;
    }
}

/// What is durable, and what is not known to be.
#[derive(Default)]
pub(super) struct Written {
    /// How much is durable.
    pub(super) counts: Counts,
    /// The records of each thing that may be written when it is tried again, and why it is not.
    pub(super) failed: Vec<(Vec<usize>, Reason)>,
    /// The records of each thing that can never be written as it is, and why.
    pub(super) refused: Refused,
}

/// Writes, begun in the order of the first records. Where all come again `together` nothing is begun any
/// more once something has failed: its records would come again anyway. What is refused for good ends
/// nothing. Nothing is begun after the deadline.
pub(super) async fn all(
    sinks: &Sinks,
    clock: &dyn Clock,
    deadline: Option<Timestamp>,
    mut writes: Vec<Write>,
    together: bool,
) -> Written {
    let writing = Writing { sinks, clock, deadline, together, over: AtomicBool::new(false) };
    if writes.len() < 2 {
        return match writes.pop() {
            Some(write) => writing.write(write).await,
            None => Written::default(),
        };
    }
    writes.sort_by_key(|write| write.records().first().copied());
    let mut results =
        stream::iter(writes.into_iter().map(|write| writing.write(write))).buffer_unordered(IN_FLIGHT);
    let mut written = Written::default();
    while let Some(part) = results.next().await {
        written.counts += part.counts;
        written.failed.extend(part.failed);
        written.refused.extend(part.refused);
    }
    written
}

/// Why something is not even tried.
pub(super) fn behind_failure() -> Reason {
    Reason::new(ReasonCode::BehindFailure, "not written, because something before it could not be")
}

/// What all writes of a batch share.
struct Writing<'a> {
    sinks: &'a Sinks,
    clock: &'a dyn Clock,
    deadline: Option<Timestamp>,
    together: bool,
    /// Something has failed, and all records come again with it.
    over: AtomicBool,
}

impl Writing<'_> {
    async fn write(&self, write: Write) -> Written {
        let mut written = Written::default();
        match write {
            Write::Object { object, records } => {
                let result = match (self.begin(), &self.sinks.objects) {
                    (Err(reason), _) => Err(Unwritten::Failed(reason)),
                    (Ok(()), None) => Err(no_sink().into()),
                    (Ok(()), Some(store)) => store.put(&object, self.deadline).await.map_err(Into::into),
                };
                if result.is_ok() {
                    written.counts.objects += 1;
                    written.counts.bytes += bytes(object.body.len());
                }
                self.note(&mut written, records, result);
            }
            Write::Lines { stream, lines, records } => {
                let results = match (self.begin(), &self.sinks.streams) {
                    (Err(reason), _) => all_of(&records, &Unwritten::Failed(reason)),
                    (Ok(()), None) => all_of(&records, &no_sink().into()),
                    (Ok(()), Some(streams)) => each(streams.put(&stream, &lines, self.deadline).await),
                };
                written.counts.bytes += durable_bytes(&results, lines.iter().map(Vec::len));
                written.counts.lines += self.note_each(&mut written, &records, results);
            }
            Write::Messages { queue, messages, records } => {
                let (mut messages, mut records) = (messages.as_slice(), records.as_slice());
                while !messages.is_empty() {
                    let (call, later) = messages.split_at(taken(messages.iter()).min(messages.len()));
                    let (at, behind) = records.split_at(call.len().min(records.len()));
                    let results = self.messages(&queue, call, at).await;
                    let bodies = call.iter().map(|message| message.body.len());
                    written.counts.bytes += durable_bytes(&results, bodies);
                    written.counts.messages += self.note_each(&mut written, at, results);
                    (messages, records) = (later, behind);
                }
            }
        }
        written
    }

    /// One call.
    async fn messages(
        &self,
        queue: &Queue,
        messages: &[Message],
        records: &[usize],
    ) -> Vec<Result<(), Unwritten>> {
        // Only a message that is alone in its call can be too large for one.
        if let [message] = messages
            && message.body.len() > MAX_MESSAGE_BYTES
        {
            let message = "the record is rejected, and its reject is larger than the 1 MiB that SQS takes: keep \
                           rejects in S3";
            return all_of(records, &Unwritten::Refused(Reason::new(ReasonCode::RejectTooLarge, message)));
        }
        match (self.begin(), &self.sinks.queues) {
            (Err(reason), _) => all_of(records, &Unwritten::Failed(reason)),
            (Ok(()), None) => all_of(records, &no_sink().into()),
            (Ok(()), Some(queues)) => each(queues.send(queue, messages, self.deadline).await),
        }
    }

    /// Whether a call may begin.
    fn begin(&self) -> Result<(), Reason> {
        if self.over.load(Ordering::Relaxed) {
            return Err(behind_failure());
        }
        if self.deadline.is_some_and(|deadline| self.clock.now() >= deadline) {
            return Err(Reason::new(ErrorCode::Timeout, "no time is left to write"));
        }
        Ok(())
    }

    fn note(&self, written: &mut Written, records: Vec<usize>, result: Result<(), Unwritten>) {
        match result {
            Ok(()) => {}
            Err(Unwritten::Failed(reason)) => {
                if self.together {
                    self.over.store(true, Ordering::Relaxed);
                }
                written.failed.push((records, reason));
            }
            Err(Unwritten::Refused(reason)) => written.refused.push((records, reason)),
        }
    }

    /// Notes the results of records, and gives how many are durable. A record without a result is not.
    fn note_each(
        &self,
        written: &mut Written,
        records: &[usize],
        results: Vec<Result<(), Unwritten>>,
    ) -> u64 {
        let mut durable = 0;
        let mut results = results.into_iter();
        for record in records {
            let result = results.next().unwrap_or_else(|| Err(no_result().into()));
            durable += u64::from(result.is_ok());
            self.note(written, vec![*record], result);
        }
        durable
    }
}

/// Why something is not written.
#[derive(Clone)]
enum Unwritten {
    /// It may be written later.
    Failed(Reason),
    /// It never will.
    Refused(Reason),
}

impl From<Failure> for Unwritten {
    fn from(failure: Failure) -> Self {
        let reason = Reason::new(failure.code, failure.message);
        if failure.transient { Unwritten::Failed(reason) } else { Unwritten::Refused(reason) }
    }
}

/// The bytes of those that are durable.
fn durable_bytes(results: &[Result<(), Unwritten>], sizes: impl Iterator<Item = usize>) -> u64 {
    let durable = results.iter().zip(sizes).filter(|(result, _)| result.is_ok());
    durable.map(|(_, size)| bytes(size)).sum()
}

fn bytes(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

fn each(results: Vec<Result<(), Failure>>) -> Vec<Result<(), Unwritten>> {
    results.into_iter().map(|result| result.map_err(Into::into)).collect()
}

fn all_of(records: &[usize], why: &Unwritten) -> Vec<Result<(), Unwritten>> {
    records.iter().map(|_| Err(why.clone())).collect()
}

/// A handler is not made without what its rules write to.
fn no_sink() -> Failure {
    Failure::new(ErrorCode::Absent, "there is nothing here to write that to")
}

fn no_result() -> Failure {
    Failure::new(ErrorCode::NoAnswer, "what was written to did not say what became of the record")
}
