//! A record that holds several, to each of them.

use enrich_engine::{Origin, Payload, Record};

use crate::kpl::{self, UserRecord};

/// The records, with those out of an aggregate in its place.
///
/// They keep the aggregate's sequence number: it is all that Kinesis can be told of, so that one that
/// fails brings all of them again, to objects of the same names.
pub(super) fn taken_apart(records: impl IntoIterator<Item = Record>) -> Vec<Record> {
    let mut apart = Vec::new();
    for record in records {
        let inside = match &record.payload {
            Payload::Event(bytes) => kpl::user_records(bytes),
            _ => None,
        };
        match inside {
            Some(inside) => apart
                .extend(inside.into_iter().zip(0..).map(|(user, place)| one(user, place, &record.origin))),
            None => apart.push(record),
        }
    }
    apart
}

fn one(user: UserRecord<'_>, place: u64, aggregate: &Origin) -> Record {
    let mut origin = aggregate.clone();
    origin.sub_sequence = Some(place);
    origin.partition_key = Some(user.partition_key.to_owned()).filter(|key| !key.is_empty());
    origin.explicit_hash_key = user.explicit_hash_key.map(str::to_owned);
    Record::new(user.data, origin)
}
