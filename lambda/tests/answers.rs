//! What the callers are told, against the shapes that AWS documents.
//!
//! For a Kinesis event source mapping an empty list, a null list, an empty object and null all mean
//! "everything is done"; an empty or null identifier means "nothing is done". Of these only the empty
//! list is ever written, and only where nothing failed.

#![cfg(test)]

use enrich_lambda::SequenceNumber;
use enrich_lambda::answer::{self, AnswerError, MAX_BYTES};

const LOW: &str = "49590338271490256608559692538361571095921575989136588898";
const HIGH: &str = "49590338271490256608559692540925702759324208523137515618";

fn kinesis(failed: &[Option<&str>], state: Option<&str>) -> Result<String, AnswerError> {
    let checkpoint = answer::checkpoint(failed.iter().copied())?;
    Ok(String::from_utf8(answer::stream(checkpoint.as_ref(), state)).expect("UTF-8"))
}

#[test]
fn answers_to_a_mapping() {
    let low = format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"{LOW}"}}]}}"#);
    let high = format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"{HIGH}"}}]}}"#);
    for (failed, expected) in [
        (&[][..], r#"{"batchItemFailures":[]}"#),
        (&[Some(HIGH)], &high),
        // One item, however many failed: the lowest is the checkpoint.
        (&[Some(LOW), Some(HIGH)], &low),
        (&[Some(HIGH), Some(LOW)], &low),
        (&[Some(LOW), Some(LOW)], &low),
        (&[Some("10"), Some("9")], r#"{"batchItemFailures":[{"itemIdentifier":"9"}]}"#),
        (&[Some("0")], r#"{"batchItemFailures":[{"itemIdentifier":"0"}]}"#),
        // Emulators pad their numbers: they know their own text, and no other.
        (&[Some("0010"), Some("0009")], r#"{"batchItemFailures":[{"itemIdentifier":"0009"}]}"#),
        // What stands behind the first failure is brought again with it, numbered or not.
        (&[Some(LOW), None, Some("")], &low),
    ] {
        assert_eq!(kinesis(failed, None).as_deref(), Ok(expected), "{failed:?}");
    }
}

#[test]
fn a_failure_that_cannot_be_named_fails_the_batch() {
    for odd in [None, Some(""), Some("0x1"), Some("-1"), Some(r#"1"}]}"#)] {
        for failed in [&[odd][..], &[odd, Some(LOW)]] {
            assert_eq!(kinesis(failed, None), Err(AnswerError::NoSequenceNumber), "{failed:?}");
            assert_eq!(kinesis(failed, Some("{}")), Err(AnswerError::NoSequenceNumber), "{failed:?}");
        }
    }
}

#[test]
fn the_state_of_a_window_comes_back_as_it_came() {
    let state = r#"{"1": 282,  "big": 12345678901234567890123456789012345678}"#;
    assert_eq!(kinesis(&[], Some(state)), Ok(format!(r#"{{"state":{state},"batchItemFailures":[]}}"#)));
    let failed = format!(r#"{{"state":{state},"batchItemFailures":[{{"itemIdentifier":"{LOW}"}}]}}"#);
    assert_eq!(kinesis(&[Some(LOW)], Some(state)), Ok(failed));
}

#[test]
fn answers_to_a_queue() {
    for (failed, expected) in [
        (&[][..], Ok(r#"{"batchItemFailures":[]}"#)),
        (
            &[Some("b"), Some("a")],
            Ok(r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"a"}]}"#),
        ),
        (&[Some(r#"a"}]}"#)], Ok(r#"{"batchItemFailures":[{"itemIdentifier":"a\"}]}"}]}"#)),
        // An empty identifier fails the batch too, but does not say why.
        (&[Some("a"), Some("")], Err(AnswerError::NoMessageId)),
        (&[None], Err(AnswerError::NoMessageId)),
    ] {
        let answer = answer::sqs(failed.iter().copied());
        let answer = answer.map(|answer| String::from_utf8(answer).expect("UTF-8"));
        assert_eq!(answer.as_deref(), expected.as_deref(), "{failed:?}");
    }
}

#[test]
fn answers_to_kafka() {
    let number = |text: &str| SequenceNumber::parse(text).expect("a number");
    let (low, odd, none) = (number("15"), number("007"), number("00"));
    let failed = [("my-topic", "0", &low), ("a\"b", "12", &odd), ("whole", "", &none)];
    let expected = concat!(
        r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"my-topic-0","offset":15}},"#,
        r#"{"itemIdentifier":{"partition":"a\"b-12","offset":7}},"#,
        r#"{"itemIdentifier":{"partition":"whole","offset":0}}]}"#
    );
    assert_eq!(answer::kafka(failed), expected.as_bytes());
    assert_eq!(answer::kafka([]), br#"{"batchItemFailures":[]}"#);
}

#[test]
fn answers_to_a_pipe() {
    for (events, expected) in [
        (&[][..], "[]"),
        (&[r#"{"a": 1}"#], r#"[{"a": 1}]"#),
        (
            &[r#"{"price":  49.990}"#, r#"{"n":1e3}"#, r#"{"\u0061":"ä"}"#],
            r#"[{"price":  49.990},{"n":1e3},{"\u0061":"ä"}]"#,
        ),
    ] {
        let answer = answer::pipes(events.iter().map(|event| event.as_bytes()));
        assert_eq!(answer.as_deref(), Ok(expected.as_bytes()), "{events:?}");
    }
}

#[test]
fn an_answer_to_a_pipe_has_a_limit() {
    // `["…","…"]` with two events of equal length: two brackets and a comma are not theirs.
    let half = (MAX_BYTES - 3) / 2;
    let event = |bytes: usize| format!("\"{}\"", "a".repeat(bytes - 2)).into_bytes();
    let fits = [event(half), event(MAX_BYTES - 3 - half)];
    assert_eq!(answer::pipes(fits.iter().map(Vec::as_slice)).map(|answer| answer.len()), Ok(MAX_BYTES));
    let too_large = [event(half), event(MAX_BYTES - 2 - half)];
    let error = answer::pipes(too_large.iter().map(Vec::as_slice)).expect_err("too large");
    assert_eq!(error, AnswerError::TooLarge { bytes: MAX_BYTES + 1 });
    assert!(error.to_string().contains("6291557"), "{error}");
}

#[test]
fn the_checkpoint_is_one_of_the_failed() {
    let numbers = ["7", "12", HIGH, LOW, "3"];
    for start in 0..numbers.len() {
        let failed: Vec<_> = numbers[start..].iter().copied().map(Some).collect();
        let checkpoint = answer::checkpoint(failed.iter().copied()).expect("a number").expect("a failure");
        assert!(failed.contains(&Some(checkpoint.as_str())));
        assert!(
            numbers[start..].iter().all(|number| SequenceNumber::parse(number) >= Some(checkpoint.clone()))
        );
    }
}
