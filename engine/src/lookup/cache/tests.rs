use super::*;
use crate::json::Document;
use crate::lookup::{ErrorCode, Failure, KeyValue};

const MINUTE: i64 = 60_000;

fn policy(ttl_ms: u64, missing_ms: u64, stale_ms: u64) -> Policy {
    Policy { ttl_ms, missing_ms, stale_ms, max_bytes: MAX_BYTES }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_795_255_200_000 + millis).expect("an instant")
}

fn key(text: &str) -> Key {
    Key::new(vec![KeyValue::string(text).expect("a key")])
}

fn found(text: &str) -> Answer {
    Answer::Found(Arc::new(Document::from_text(text.to_owned().into()).expect("an item")))
}

/// What is said of an answer: its item, `-` for a miss, nothing where nothing is kept.
fn told(answer: Option<&Answer>) -> String {
    match answer {
        Some(Answer::Found(item)) => item.text().to_owned(),
        Some(Answer::Missing) => "-".to_owned(),
        Some(Answer::Failed(failure)) => failure.code.to_string(),
        None => String::new(),
    }
}

#[test]
fn answers_are_kept_as_long_as_their_kind_may_be() {
    let item = || found("{}");
    // (policy, what is kept at 0, whether misses are kept, the time, fresh, stale)
    for (policy, answer, misses, millis, fresh, stale) in [
        (policy(60_000, 0, 0), item(), true, 0, "{}", ""),
        (policy(60_000, 0, 0), item(), true, 53_999, "{}", ""),
        (policy(60_000, 0, 0), item(), true, MINUTE, "", ""),
        (policy(60_000, 0, 60_000), item(), true, MINUTE, "", "{}"),
        (policy(60_000, 0, 60_000), item(), true, 2 * MINUTE, "", ""),
        (policy(0, 0, 60_000), item(), true, 0, "", "{}"),
        (policy(0, 0, 60_000), item(), true, MINUTE, "", ""),
        (policy(60_000, 0, 0), Answer::Missing, true, 0, "", ""),
        (policy(60_000, 10_000, 0), Answer::Missing, true, 8_999, "-", ""),
        (policy(60_000, 10_000, 60_000), Answer::Missing, true, 10_000, "", ""),
        (policy(60_000, 10_000, 0), Answer::Missing, false, 0, "", ""),
        (policy(60_000, 10_000, 9), Answer::Failed(Failure::new(ErrorCode::Throttled, "")), true, 0, "", ""),
        // The clock was set back: the answer may be of any age.
        (policy(60_000, 0, 60_000), item(), true, -1, "", ""),
    ] {
        let cache = TableCache::new(policy);
        cache.keep(&key("a"), &answer, at(0), misses);
        let what = format!("{policy:?} {} {millis}", told(Some(&answer)));
        assert_eq!(told(cache.fresh(&key("a"), at(millis)).as_ref()), fresh, "{what}");
        let kept = cache.stale(&key("a"), at(millis)).filter(|_| fresh.is_empty()).map(Answer::Found);
        assert_eq!(told(kept.as_ref()), stale, "{what}");
    }
}

#[test]
fn an_item_that_is_gone_is_not_served_again() {
    let cache = TableCache::new(policy(1_000, 0, 60_000));
    cache.keep(&key("a"), &found("{}"), at(0), true);
    cache.keep(&key("a"), &Answer::Missing, at(2_000), true);
    assert!(cache.stale(&key("a"), at(2_001)).is_none());
    // But a failure says nothing about it.
    cache.keep(&key("a"), &found("{}"), at(0), true);
    cache.keep(&key("a"), &Answer::Failed(Failure::new(ErrorCode::Unavailable, "")), at(2_000), true);
    assert!(cache.stale(&key("a"), at(2_001)).is_some());
}

#[test]
fn what_is_asked_together_does_not_expire_together() {
    let cache = TableCache::new(policy(100_000, 0, 0));
    let keys: Vec<_> = (0..1_000).map(|number| key(&number.to_string())).collect();
    keys.iter().for_each(|key| cache.keep(key, &found("{}"), at(0), true));
    let fresh = |millis| keys.iter().filter(|key| cache.fresh(key, at(millis)).is_some()).count();
    assert_eq!(fresh(89_999), 1_000);
    let half = fresh(95_000);
    assert!((400..600).contains(&half), "{half}");
    assert_eq!(fresh(100_000), 0);
}

#[test]
fn the_bytes_kept_are_bounded() {
    let max_bytes = 1 << 20;
    let cache = TableCache::new(Policy { max_bytes, ..policy(60_000, 60_000, 0) });
    let item = format!(r#"{{"text":"{}"}}"#, "x".repeat(10_000));
    for number in 0..1_000 {
        cache.keep(&key(&number.to_string()), &found(&item), at(0), true);
        assert!(cache.kept.weight() <= max_bytes);
    }
    let kept = (0..1_000).filter(|number| cache.fresh(&key(&number.to_string()), at(0)).is_some()).count();
    // An item takes its text and its tokens.
    assert!((90..104).contains(&kept), "{kept}");
    // One that is larger than the whole cache is not kept, and pushes nothing out.
    let before = cache.kept.len();
    cache.keep(&key("large"), &found(&format!("[\"{}\"]", "x".repeat(2 << 20))), at(0), true);
    assert!(cache.fresh(&key("large"), at(0)).is_none());
    assert_eq!(cache.kept.len(), before);
}

#[test]
fn two_declarations_keep_what_both_allow() {
    let one = policy(60_000, 5_000, 0);
    let two = Policy { max_bytes: 1 << 20, ..policy(30_000, 9_000, 7_000) };
    assert_eq!(one.and(two), Policy { max_bytes: 1 << 20, ..policy(30_000, 5_000, 0) });
}
