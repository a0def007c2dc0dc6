//! A record that holds several, to each of them.

use enrich_engine::{Origin, Payload, Reason, ReasonCode, Record};

use crate::kpl::{self, UserRecord};

/// The most events that the aggregates of one invocation may hold together. Each takes a kilobyte of memory
/// until it is answered, whatever its own size, and a body of 6 MB can name a million.
const MAX_EVENTS: usize = kpl::MAX_RECORDS;

/// The records, with those out of an aggregate in its place.
///
/// They keep the aggregate's sequence number: it is all that Kinesis can be told of, so that one that
/// fails brings all of them again, to objects of the same names. From the aggregate on that goes beyond
/// [`MAX_EVENTS`] they stay as they are, and come again in a later batch. The first one is always taken apart.
pub(super) fn taken_apart(records: Vec<Record<'_>>) -> Vec<Record<'_>> {
    // What does not begin as one is none, and needs no more than a look.
    if !records.iter().any(|record| record.bytes().starts_with(&kpl::MAGIC)) {
        return records;
    }
    let mut apart = Vec::new();
    let mut left = MAX_EVENTS;
    for record in records {
        match inside(&record) {
            Some(inside) if inside.len() > left => {
                left = 0;
                apart.push(unread(&record));
            }
            Some(inside) => {
                left -= inside.len();
                apart.extend(
                    inside.into_iter().zip(0..).map(|(user, place)| one(user, place, &record.origin)),
                );
            }
            None => apart.push(record),
        }
    }
    apart
}

/// The records in an aggregate, if it is one.
fn inside<'a>(record: &'a Record<'_>) -> Option<Vec<UserRecord<'a>>> {
    match &record.payload {
        Payload::Event(bytes) => kpl::user_records(bytes),
        _ => None,
    }
}

fn unread<'r>(record: &Record<'r>) -> Record<'r> {
    let message = format!("the aggregates of the batch hold more than {MAX_EVENTS} events");
    Record::unread(record.bytes(), Reason::new(ReasonCode::TooManyEvents, message), record.origin.clone())
}

fn one<'r>(user: UserRecord<'_>, place: u64, aggregate: &Origin<'r>) -> Record<'r> {
    let mut origin = aggregate.clone();
    origin.sub_sequence = Some(place);
    origin.partition_key =
        Some(user.partition_key).filter(|key| !key.is_empty()).map(|key| key.to_owned().into());
    origin.explicit_hash_key = user.explicit_hash_key.map(|key| key.to_owned().into());
    Record::new(user.data, origin)
}
