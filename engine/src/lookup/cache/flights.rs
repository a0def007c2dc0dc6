//! Keys that are being asked just now: a second batch waits for the answer to the first one's question.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::Shared;

use crate::lookup::{Answer, Answers, BoxFuture};
use crate::time::Timestamp;

/// A call to a source, which each batch that waits for it drives on: none depends on another's life.
pub(crate) type Call = Shared<BoxFuture<'static, Arc<Called>>>;

/// A call that has ended.
pub(crate) struct Called {
    pub(crate) answers: Answers,
}

/// The place of one key's answer in a call.
#[derive(Clone)]
pub(crate) struct Flight {
    call: Call,
    /// When the call gives up at the latest.
    deadline: Option<Timestamp>,
    table: usize,
    key: usize,
}

impl Flight {
    /// The answer; `None` where the source left the question open.
    pub(crate) async fn answer(self) -> Option<Answer> {
        let called = self.call.await;
        called.answers.get(self.table, self.key).cloned()
    }
}

/// The keys of one table that are being asked, by their bytes.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Vec<u8>, Flight>>);

impl Flights {
    /// Where that key's answer will be, if somebody asks for it just now: in a call that ends by the
    /// deadline of this batch, and should not have ended before.
    pub(crate) fn get(&self, key: &[u8], now: Timestamp, deadline: Option<Timestamp>) -> Option<Flight> {
        let flight = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()?;
        let ends = |theirs| now < theirs && deadline.is_none_or(|deadline| theirs <= deadline);
        flight.deadline.map_or(deadline.is_none(), ends).then_some(flight)
    }

    /// Says that `call` asks for these keys as its table `table`, until what this returns goes.
    pub(crate) fn begin<'f>(
        &'f self,
        call: &Call,
        deadline: Option<Timestamp>,
        table: usize,
        keys: Vec<Vec<u8>>,
    ) -> Landing<'f> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, key) in keys.iter().enumerate() {
            flights.insert(key.clone(), Flight { call: call.clone(), deadline, table, key: at });
        }
        Landing { flights: self, call: call.clone(), keys }
    }
}

/// Takes a call's keys out of the [`Flights`] when it goes, also when its batch is given up.
pub(crate) struct Landing<'f> {
    flights: &'f Flights,
    call: Call,
    keys: Vec<Vec<u8>>,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            if flights.get(key).is_some_and(|flight| flight.call.ptr_eq(&self.call)) {
                flights.remove(key);
            }
        }
    }
}
