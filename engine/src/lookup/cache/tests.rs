use super::*;
use crate::json::Document;
use crate::lookup::{ErrorCode, Failure};

const MINUTE: i64 = 60_000;

fn policy(ttl_ms: u64, missing_ms: u64, stale_ms: u64) -> Policy {
    Policy { ttl_ms, missing_ms, stale_ms, max_bytes: MAX_BYTES }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_795_255_200_000 + millis).expect("an instant")
}

fn key(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn fresh(cache: &TableCache, text: &str, now: Timestamp) -> Option<Answer> {
    cache.fresh(&key(text), now).map(|kept| kept.answer)
}

fn item(text: &str) -> Arc<Item> {
    Arc::new(Document::from_text(text.to_owned().into()).expect("an item"))
}

fn found(text: &str) -> Answer {
    Answer::Found(item(text))
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
        assert_eq!(told(self::fresh(&cache, "a", at(millis)).as_ref()), fresh, "{what}");
        let kept = cache.stale(&key("a"), at(millis)).filter(|_| fresh.is_empty());
        let kept = kept.map(|(item, _)| Answer::Found(item));
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
    let kept = (0..1_000).filter(|number| fresh(&cache, &number.to_string(), at(0)).is_some()).count();
    // An item takes its text and its tokens.
    assert!((90..104).contains(&kept), "{kept}");
    // One that is larger than the whole cache is not kept, and pushes nothing out.
    let before = cache.kept.len();
    cache.keep(&key("large"), &found(&format!("[\"{}\"]", "x".repeat(2 << 20))), at(0), true);
    assert!(fresh(&cache, "large", at(0)).is_none());
    assert_eq!(cache.kept.len(), before);
}

#[test]
fn two_declarations_keep_what_both_allow() {
    let one = policy(60_000, 5_000, 0);
    let two = Policy { max_bytes: 1 << 20, ..policy(30_000, 9_000, 7_000) };
    assert_eq!(one.and(two), Policy { max_bytes: 1 << 20, ..policy(30_000, 5_000, 0) });
}

#[test]
fn what_is_made_of_an_item_is_kept_beside_it_and_counted() {
    let max_bytes = 1 << 20;
    let cache = TableCache::new(Policy { max_bytes, ..policy(60_000, 0, 0) });
    let rendered = |lookup, members: &str| Rendered { lookup, members: members.into() };
    let beside = |key: &[u8]| cache.fresh(key, at(0)).and_then(|kept| kept.rendered);
    let (one, other) = (item("{}"), item("{}"));
    cache.keep(&key("a"), &Answer::Found(Arc::clone(&one)), at(0), true);
    // Not of an item that has been replaced, and not of one that is not kept.
    cache.keep_rendered(&key("a"), &other, rendered(1, "old"));
    cache.keep_rendered(&key("b"), &one, rendered(1, "b"));
    assert!(beside(&key("a")).is_none() && beside(&key("b")).is_none());
    let before = cache.kept.weight();
    cache.keep_rendered(&key("a"), &one, rendered(1, ",\"x\":1"));
    cache.keep_rendered(&key("a"), &one, rendered(2, ",\"y\":2"));
    let kept = beside(&key("a")).expect("what the first lookup made");
    assert_eq!((kept.lookup, &*kept.members), (1, ",\"x\":1"));
    assert_eq!(cache.kept.weight(), before + 6);
    // A newer item has nothing beside it.
    cache.keep(&key("a"), &Answer::Found(other), at(0), true);
    assert!(beside(&key("a")).is_none());
    for number in 0..1_000 {
        let (key, item) = (key(&number.to_string()), item("{}"));
        cache.keep(&key, &Answer::Found(Arc::clone(&item)), at(0), true);
        cache.keep_rendered(&key, &item, rendered(1, &"x".repeat(10_000)));
        assert!(cache.kept.weight() <= max_bytes);
    }
}
