//! The shards of a stream behind an event source mapping that reports batch item failures: of Kinesis, with
//! or without a tumbling window, or of a DynamoDB table.
//!
//! - The lowest number in the answer is where the shard goes on; everything from there comes again.
//! - A function error brings the batch again: in halves, where the mapping bisects.
//! - After so many attempts a batch is given up: it goes to the on-failure destination.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use super::{Caller, Delivery, Element, Envelope, Failures, Kind, Next, Reading, batch_item_failures, pack};
use crate::dice::Dice;
use crate::events::{Event, Payload};

pub(super) struct Shards {
    shards: Vec<Shard>,
    batch: usize,
    bisects: bool,
    /// How often a batch is brought again.
    attempts: Option<usize>,
    window: bool,
}

struct Shard {
    /// The records of each number, in their order.
    numbers: Vec<(u128, Vec<Arc<Element>>)>,
    /// What is to come, in order.
    pieces: VecDeque<Piece>,
    /// Not before this.
    at: i64,
    /// The state of the tumbling window.
    state: String,
}

/// Numbers that come together: their places in the shard.
#[derive(Clone, Copy, Debug)]
struct Piece {
    from: usize,
    to: usize,
    attempts: usize,
}

/// Where shards begin: close to where a number gets longer, so that numbers and their texts are in
/// different orders.
const STARTS: [u128; 4] = [1, 95, 996, 99_999_999_999_999_999_999_997];

impl Shards {
    pub(super) fn new(kind: Kind, events: &mut [Event], dice: &mut Dice, forever: bool) -> Self {
        let count = dice.between(1, 2);
        let per_shard = events.len().div_ceil(count).max(1);
        let batch = dice.between(1, 20);
        let shards = events.chunks_mut(per_shard).enumerate();
        let shards = shards.map(|(at, events)| Shard::new(kind, events, at, batch, dice)).collect();
        // One that is brought again for ever must have a chance: what panics or is left open is over some day.
        let attempts = (!forever || dice.chance(50)).then(|| dice.between(2, 30));
        let (bisects, window) = (dice.chance(50), kind == Kind::KinesisWindow);
        Self { shards, batch, bisects, attempts, window }
    }
}

impl Shard {
    fn new(kind: Kind, events: &mut [Event], at: usize, batch: usize, dice: &mut Dice) -> Self {
        let (mut numbers, mut next) = (Vec::new(), dice.pick(&STARTS));
        let mut rest = events;
        while !rest.is_empty() {
            let sequence = next.to_string();
            next += u128::try_from(dice.between(1, 3)).expect("a number");
            let (taken, left) = rest.split_at_mut(together(kind, rest, dice));
            rest = left;
            let elements = match kind {
                Kind::DynamoDb => vec![pack::change(&mut taken[0], &sequence)],
                // Now and then two records have one number, as an emulator may have it.
                // Not with the same bytes: that would be one record.
                _ if taken.len() == 2 && taken[0].text != taken[1].text && dice.chance(30) => {
                    taken.chunks_mut(1).map(|event| pack::kinesis(kind, event, at, &sequence)).collect()
                }
                _ => vec![pack::kinesis(kind, taken, at, &sequence)],
            };
            let number = sequence.parse().expect("a number");
            numbers.push((number, elements.into_iter().map(Arc::new).collect()));
        }
        let starts = (0..numbers.len()).step_by(batch);
        let piece = |from| Piece { from, to: numbers.len().min(from + batch), attempts: 0 };
        let pieces = starts.map(piece).collect();
        Self { numbers, pieces, at: 0, state: "{}".to_owned() }
    }

    fn elements(&self, piece: Piece) -> Vec<Arc<Element>> {
        self.numbers[piece.from..piece.to].iter().flat_map(|(_, elements)| elements).cloned().collect()
    }
}

/// How many of the next events are in one record.
pub(super) fn together(kind: Kind, events: &[Event], dice: &mut Dice) -> usize {
    let several = kind != Kind::DynamoDb && events.len() > 1 && dice.chance(20);
    let wanted = if several { dice.between(2, 4).min(events.len()) } else { 1 };
    let fits = events[..wanted].iter().all(|event| event.payload != Payload::Damaged)
        && events[..wanted].iter().filter(|event| event.large).count() < 2;
    if fits { wanted } else { 1 }
}

impl Caller for Shards {
    fn next(&mut self, dice: &mut Dice, now: i64) -> Next {
        let open: Vec<_> = (0..self.shards.len()).filter(|at| !self.shards[*at].pieces.is_empty()).collect();
        let ready: Vec<_> = open.iter().copied().filter(|at| self.shards[*at].at <= now).collect();
        let Some(soonest) = open.iter().map(|at| self.shards[*at].at).min() else { return Next::Over };
        if ready.is_empty() {
            return Next::Wait(soonest - now);
        }
        let from = dice.pick(&ready);
        let shard = &self.shards[from];
        let state = self.window.then(|| shard.state.clone());
        let elements = shard.elements(shard.pieces[0]);
        Next::Invoke(Delivery { elements, envelope: Envelope::Records { state }, from })
    }

    fn read(&self, delivery: &Delivery, answer: &[u8]) -> Result<Reading, String> {
        let all = |done: bool| Reading { done: vec![done; delivery.elements.len()], ..Reading::default() };
        if let Envelope::Records { state: Some(state) } = &delivery.envelope {
            let answer: Value = serde_json::from_slice(answer).map_err(|error| error.to_string())?;
            let same = answer.get("state").map(ToString::to_string);
            if same.as_ref() != Some(state) {
                return Err(format!("the window's state comes back as {same:?}, and was {state}"));
            }
        }
        let failures = match batch_item_failures(answer)? {
            Failures::None => return Ok(all(true)),
            Failures::All => return Ok(all(false)),
            Failures::These(failures) => failures,
        };
        let number = |text: &str| text.parse::<u128>().ok();
        let mut lowest = None;
        for failure in &failures {
            let known = |id: &str| delivery.elements.iter().any(|element| element.id == id);
            let Some(id) = failure.as_str().filter(|id| known(id)) else {
                return Err(format!("no record of the batch has the number {failure}"));
            };
            lowest = lowest.into_iter().chain(number(id)).min();
        }
        let done = delivery.elements.iter().map(|element| number(&element.id) < lowest).collect();
        Ok(Reading { done, ..Reading::default() })
    }

    fn settle(
        &mut self,
        delivery: &Delivery,
        reading: Option<&Reading>,
        dice: &mut Dice,
        now: i64,
    ) -> Vec<usize> {
        let (bisects, attempts, batch) = (self.bisects, self.attempts, self.batch);
        let shard = &mut self.shards[delivery.from];
        let mut piece = shard.pieces.pop_front().expect("a piece");
        shard.state = format!(r#"{{"seen":{}}}"#, piece.to);
        if let Some(reading) = reading {
            piece.from += done(&shard.numbers[piece.from..piece.to], delivery, reading);
        }
        if piece.from == piece.to {
            return Vec::new();
        }
        shard.at = now + dice.millis(500, 15_000);
        if reading.is_none() && bisects && piece.to - piece.from > 1 {
            let middle = piece.from.midpoint(piece.to);
            shard.pieces.push_front(Piece { from: middle, ..piece });
            shard.pieces.push_front(Piece { to: middle, ..piece });
            return Vec::new();
        }
        piece.attempts += 1;
        if attempts.is_some_and(|attempts| piece.attempts > attempts) {
            return shard.elements(piece).iter().flat_map(|element| element.events.clone()).collect();
        }
        // The shard is read from there on, and so the batch may end elsewhere.
        if let Some(next) = shard.pieces.front_mut().filter(|_| dice.chance(30)) {
            let more = (batch.saturating_sub(piece.to - piece.from)).min(next.to - next.from);
            piece.to += more;
            next.from += more;
        }
        shard.pieces.retain(|piece| piece.from < piece.to);
        shard.pieces.push_front(piece);
        Vec::new()
    }
}

/// How many numbers at the beginning are done.
fn done(numbers: &[(u128, Vec<Arc<Element>>)], delivery: &Delivery, reading: &Reading) -> usize {
    let elements = delivery.elements.iter().zip(&reading.done);
    let open = elements.filter(|(_, done)| !**done).map(|(element, _)| &element.id).next();
    let open = open.and_then(|id| numbers.iter().position(|(number, _)| number.to_string() == **id));
    open.unwrap_or(numbers.len())
}
