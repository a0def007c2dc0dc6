//! A delivery stream with a data transformation.
//!
//! - Every record has to be answered, by its id. `Ok` goes on, `Dropped` is gone, and what is
//!   `ProcessingFailed` is kept among the errors as it came.
//! - An invocation that fails is tried three times more, and then the batch is kept among the errors.

use std::collections::VecDeque;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Caller, Delivery, Element, Envelope, Next, Reading, pack};
use crate::dice::Dice;
use crate::events::Event;

const RETRIES: usize = 3;

pub(super) struct Stream {
    batches: VecDeque<Vec<Arc<Element>>>,
    tries: usize,
    stream: bool,
}

impl Stream {
    pub(super) fn new(stream: bool, events: &mut [Event], dice: &mut Dice) -> Self {
        let elements: Vec<_> =
            events.iter_mut().map(|event| Arc::new(pack::firehose(event, stream))).collect();
        let batches = elements.chunks(dice.between(1, 15)).map(<[_]>::to_vec).collect();
        Self { batches, tries: 0, stream }
    }
}

impl Caller for Stream {
    fn next(&mut self, _: &mut Dice, _: i64) -> Next {
        match self.batches.front() {
            Some(batch) => {
                let envelope = Envelope::Firehose { stream: self.stream };
                Next::Invoke(Delivery { elements: batch.clone(), envelope, from: 0 })
            }
            None => Next::Over,
        }
    }

    fn read(&self, delivery: &Delivery, answer: &[u8]) -> Result<Reading, String> {
        let answer: Value = serde_json::from_slice(answer).map_err(|error| error.to_string())?;
        let records = answer.get("records").and_then(Value::as_array).ok_or("there are no `records`")?;
        if records.len() != delivery.elements.len() {
            return Err(format!("{} records are answered of {}", records.len(), delivery.elements.len()));
        }
        let mut reading = Reading { done: vec![true; records.len()], ..Reading::default() };
        for (element, record) in delivery.elements.iter().zip(records) {
            let member = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
            if member("recordId") != element.id {
                return Err(format!("{} is answered where {} stands", member("recordId"), element.id));
            }
            match member("result") {
                "Ok" => {
                    let data = STANDARD.decode(member("data")).map_err(|error| error.to_string())?;
                    let line = String::from_utf8(data).map_err(|error| error.to_string())?;
                    let line = line.strip_suffix('\n').ok_or("an event has no line break at its end")?;
                    reading.returned.push(line.to_owned());
                }
                "Dropped" => reading.dropped.extend(&element.events),
                "ProcessingFailed" if element.text.contains(&format!("\"{}\"", member("data"))) => {
                    reading.kept.extend(&element.events);
                }
                other => return Err(format!("`{other}` is no result, or not of the data that came")),
            }
        }
        Ok(reading)
    }

    fn settle(&mut self, _: &Delivery, reading: Option<&Reading>, _: &mut Dice, _: i64) -> Vec<usize> {
        if reading.is_none() && self.tries < RETRIES {
            self.tries += 1;
            return Vec::new();
        }
        self.tries = 0;
        let batch = self.batches.pop_front().expect("a batch");
        let lost = batch.iter().flat_map(|element| element.events.iter().copied());
        if reading.is_none() { lost.collect() } else { Vec::new() }
    }
}
