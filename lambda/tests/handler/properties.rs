//! What holds for any mix of records, and whatever can't be written.

use proptest::prelude::*;

use crate::world::{World, counts, kinesis, pipes, short};

const WORDS: [&str; 10] = ["good", "good", "good", "bot", "many", "more", "down", "text", "bad64", "refused"];

fn words() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), 0..30)
}

/// Numbers of records whose own objects can't be written, and sometimes an object of several.
fn faults() -> impl Strategy<Value = Vec<String>> {
    let one = prop_oneof![
        4 => (1..30_usize).prop_map(|number| format!("/{number}.json")),
        1 => Just("many/a".to_owned()),
        1 => Just("many/b".to_owned()),
        1 => Just("rejects/".to_owned()),
    ];
    prop::collection::vec(one, 0..3)
}

/// The numbers of the records that are in an object, by its short key and its body.
fn held(key: &str, body: &str, words: &[&str]) -> Vec<usize> {
    let name = key.rsplit_once('/').expect("a folder").1;
    if let Some(number) = name.strip_suffix(".json") {
        return vec![number.parse().expect("a number")];
    }
    let (first, last) = name.strip_suffix(".ndjson").and_then(|name| name.split_once('-')).expect("two");
    let (first, last): (usize, usize) = (first.parse().expect("first"), last.parse().expect("last"));
    let word = if key.contains("many/a") { "many" } else { "more" };
    let inside: Vec<_> = (first..=last).filter(|number| words[number - 1] == word).collect();
    assert_eq!(inside.len(), body.lines().count(), "{key}");
    inside
}

proptest! {
    #[test]
    fn under_kinesis_only_what_is_durable_is_acknowledged(
        words in words(),
        faults in faults(),
        rejects in any::<bool>(),
    ) {
        let faults: Vec<_> = faults.iter().map(String::as_str).collect();
        let world = World::new(rejects, &faults);
        let invoked = world.invoke(&kinesis("mixed", &words), None);
        counts(&invoked);
        let answer = String::from_utf8(invoked.answer.clone().expect("an answer")).expect("UTF-8");
        let checkpoint = answer.split('"').nth(5).map(|number| number.parse::<usize>().expect("a number"));
        let end = checkpoint.unwrap_or(words.len() + 1);

        let mut durable = vec![false; words.len() + 1];
        for (key, body) in world.objects() {
            held(&key, &body, &words).into_iter().for_each(|number| durable[number] = true);
        }
        // What is acknowledged is durable, or was dropped.
        for number in 1..end {
            prop_assert!(durable[number] || words[number - 1] == "bot", "{number} {answer}");
        }
        // What the engine failed, or rejected with no place to go, was known before anything was written.
        let hopeless = |word: &&str| *word == "down" || (!rejects && ["text", "bad64", "refused"].contains(word));
        let known = words.iter().position(hopeless).map_or(words.len() + 1, |at| at + 1);
        prop_assert!(end <= known);
        prop_assert!((known..=words.len()).all(|number| !durable[number]), "{:?}", world.begun());
        // Something that failed is at the checkpoint itself: no progress is given away.
        if let Some(checkpoint) = checkpoint && checkpoint < known {
            prop_assert!(!durable[checkpoint]);
        }
        let summary = &invoked.summary;
        prop_assert_eq!(summary.enriched + summary.dropped + summary.rejected, (end - 1) as u64);
        prop_assert_eq!(summary.objects, world.objects().len() as u64);
    }

    #[test]
    fn a_shard_is_worked_off_whatever_fails_on_the_way(words in words(), faults in faults()) {
        let words: Vec<_> = words.into_iter().filter(|word| !["down", "many", "more"].contains(word)).collect();
        let faults: Vec<_> = faults.iter().map(String::as_str).collect();
        let broken = World::new(true, &faults);
        let answer = broken.invoke(&kinesis("mixed", &words), None).answer.expect("an answer");
        let answer = String::from_utf8(answer).expect("UTF-8");
        let checkpoint = answer.split('"').nth(5).map(|number| number.parse::<usize>().expect("a number"));
        // What Kinesis brings again, to a store that is well by then.
        let rest = checkpoint.map_or(words.len(), |number| number - 1);
        let mended = World::new(true, &[]);
        let again = crate::world::kinesis_from("mixed", &words[rest..], rest + 1);
        let answer = mended.invoke(&again, None).answer.expect("an answer");
        prop_assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
        let mut seen = broken.store.objects.lock().expect("objects").clone();
        seen.extend(mended.store.objects.lock().expect("objects").clone());

        let whole = World::new(true, &[]);
        whole.invoke(&kinesis("mixed", &words), None).answer.expect("an answer");
        prop_assert_eq!(&seen, &*whole.store.objects.lock().expect("objects"));
    }

    #[test]
    fn a_pipe_gets_all_or_nothing(words in words(), faults in faults(), rejects in any::<bool>()) {
        let faults: Vec<_> = faults.iter().map(String::as_str).collect();
        let world = World::new(rejects, &faults);
        let invoked = world.invoke(&pipes("clicks", &words), None);
        counts(&invoked);
        let bad: Vec<_> =
            (1..=words.len()).filter(|number| ["text", "bad64", "refused"].contains(&words[number - 1])).collect();
        match &invoked.answer {
            Ok(answer) => {
                prop_assert!(!words.contains(&"down") && (rejects || bad.is_empty()));
                let kept: Vec<_> = world.store.objects.lock().expect("objects").keys().map(|key| short(key)).collect();
                prop_assert_eq!(kept.len(), bad.len());
                let events = words.len() - bad.len() - words.iter().filter(|word| **word == "bot").count();
                prop_assert_eq!(String::from_utf8_lossy(answer).matches("\"segment\"").count(), events);
                prop_assert_eq!(invoked.summary.enriched, events as u64);
            }
            Err(error) => {
                prop_assert_eq!(error.name(), "Enrich.RecordsFailed");
                prop_assert_eq!(invoked.summary.failed, words.len() as u64);
                if words.contains(&"down") || !rejects {
                    prop_assert!(world.begun().is_empty());
                }
            }
        }
    }
}
