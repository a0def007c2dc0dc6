//! What an invocation does when its time runs out.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use enrich_engine::{Clock, Timestamp};

use crate::world::{NOW, World, kinesis};

/// A clock that goes on by a second each time it is asked.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(1000, Ordering::Relaxed)).expect("an instant")
    }
}

#[test]
fn nothing_is_begun_after_the_deadline() {
    let deadline = |millis: i64| Timestamp::from_millis(NOW + millis);
    let clock = || Arc::new(Ticking(AtomicI64::new(NOW)));
    // Less than half a second before the end is kept for the answer.
    for (millis, enriched) in
        [(1_000, 0), (3_000, 2), (3_399, 2), (3_429, 3), (6_000, 5), (7_000, 6), (60_000, 6)]
    {
        let world = World::with_clock(true, &[], clock());
        let invoked = world.invoke(&kinesis("clicks", &["good"; 6]), deadline(millis));
        assert_eq!(invoked.summary.enriched, enriched, "{millis} ms: {:?}", invoked.summary);
        let next = usize::try_from(enriched).expect("a count");
        assert_eq!(world.begun().len(), next);
        let answer = String::from_utf8(invoked.answer.expect("an answer")).expect("UTF-8");
        assert_eq!(answer.contains(&format!(r#""{}""#, next + 1)), next < 6, "{answer}");
        if next < 6 {
            assert_eq!(invoked.summary.failed_codes.get("timeout"), Some(&1), "{:?}", invoked.summary);
        }
    }
}
