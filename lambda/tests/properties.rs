//! What holds for every invocation, however damaged.

#![cfg(test)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::{Payload, Timestamp};
use enrich_lambda::envelope::{Caller, Invocation, Room};
use enrich_lambda::{SequenceNumber, answer};
use proptest::prelude::*;

/// A record of a mapping whose data are these bytes and whose arrival is that text.
fn record(sequence: usize, data: &[u8], arrival: &str) -> String {
    let data = STANDARD.encode(data);
    format!(
        r#"{{"kinesis":{{"sequenceNumber":"{sequence}","data":"{data}","approximateArrivalTimestamp":{arrival}}},
            "eventID":"shardId-000000000000:{sequence}","eventSource":"aws:kinesis"}}"#
    )
}

/// What may stand where a record should be, and is JSON.
fn damaged() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("[[]]".to_owned()),
        Just(r#""text""#.to_owned()),
        Just("{}".to_owned()),
        Just(r#"{"kinesis":[]}"#.to_owned()),
        Just(r#"{"kinesis":{"data":7}}"#.to_owned()),
        Just(
            r#"{"kinesis":{"data":"====","sequenceNumber":{}},"eventID":[],"eventSourceARN":null}"#
                .to_owned()
        ),
        Just(r#"{"dynamodb":{},"eventSource":"aws:sqs"}"#.to_owned()),
    ]
}

/// What each caller sends.
const BODIES: [&[u8]; 6] = [
    include_bytes!("payloads/kinesis_window.json"),
    include_bytes!("payloads/dynamodb.json"),
    include_bytes!("payloads/sqs_fifo.json"),
    include_bytes!("payloads/kafka.json"),
    include_bytes!("payloads/firehose_stream.json"),
    include_bytes!("payloads/pipes_kafka.json"),
];

proptest! {
    #[test]
    fn no_body_ends_the_process(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Invocation::read(&body, &mut Room::default());
    }

    #[test]
    fn no_damage_to_a_body_ends_the_process(
        body in prop::sample::select(&BODIES[..]),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut body = body.to_vec();
        let place = at.index(body.len());
        body[place] = byte;
        let _ = Invocation::read(&body, &mut Room::default());
    }

    #[test]
    fn a_record_never_harms_another(
        events in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8),
        damages in prop::collection::vec((any::<prop::sample::Index>(), damaged()), 0..8),
    ) {
        let mut elements: Vec<(String, Option<usize>)> = events
            .iter()
            .enumerate()
            .map(|(at, event)| (record(at, event, "1545084650.98"), Some(at)))
            .collect();
        for (place, text) in damages {
            elements.insert(place.index(elements.len() + 1), (text, None));
        }
        let texts: Vec<_> = elements.iter().map(|(text, _)| text.as_str()).collect();
        let body = format!(r#"{{"Records":[{}]}}"#, texts.join(","));

        let mut room = Room::default();
        let invocation = Invocation::read(body.as_bytes(), &mut room).expect("a mapping's event");
        prop_assert_eq!(&invocation.caller, &Caller::Kinesis { state: None });
        prop_assert_eq!(invocation.records.len(), elements.len());
        for (seen, (text, at)) in invocation.records.iter().zip(&elements) {
            match at {
                Some(at) => {
                    prop_assert_eq!(&seen.payload, &Payload::Event(events[*at].clone().into()));
                    let sequence = at.to_string();
                    prop_assert_eq!(seen.origin.sequence.as_deref(), Some(sequence.as_str()));
                }
                None => {
                    let readable = matches!(seen.payload, Payload::Event(_));
                    prop_assert!(!readable && !seen.bytes().is_empty(), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_time_of_arrival_is_exact(millis in 0..253_402_300_799_999_i64, zeros in 0..4_usize) {
        let (seconds, fraction) = (millis / 1000, format!("{:03}", millis % 1000));
        let fraction = format!("{}{}", fraction.trim_end_matches('0'), "0".repeat(zeros));
        let point = if fraction.is_empty() { "" } else { "." };
        let body = format!(r#"{{"Records":[{}]}}"#, record(1, b"{}", &format!("{seconds}{point}{fraction}")));
        let mut room = Room::default();
        let invocation = Invocation::read(body.as_bytes(), &mut room).expect("a mapping's event");
        prop_assert_eq!(invocation.records[0].origin.arrival.map(Timestamp::as_millis), Some(millis));
    }

    #[test]
    fn sequence_numbers_are_ordered_as_numbers(left in any::<u128>(), right in any::<u128>(), shift in 0..128_u32) {
        let (left, right) = (left >> shift, right >> (shift / 2));
        let number = |value: u128| SequenceNumber::parse(&value.to_string()).expect("a number");
        prop_assert_eq!(number(left).cmp(&number(right)), left.cmp(&right));
    }

    #[test]
    fn the_checkpoint_acknowledges_no_failed_record(failed in prop::collection::vec(any::<u64>(), 1..20)) {
        let texts: Vec<_> = failed.iter().map(u64::to_string).collect();
        let checkpoint = answer::checkpoint(texts.iter().map(|text| Some(text.as_str())));
        let lowest = failed.iter().min().map(u64::to_string);
        prop_assert_eq!(checkpoint.expect("numbers").map(|number| number.to_string()), lowest);
    }
}
