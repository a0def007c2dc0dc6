//! A candidate rule set beside the one in force: only what it would do otherwise is told, and nothing that is done is otherwise.

use std::sync::Arc;

use enrich_engine::Timestamp;
use enrich_lambda::{Invoked, ShadowSummary};

use crate::world::{NOW, RULES, World, kinesis, pipes};

fn world() -> World {
    World::new(true, &[])
}

fn shadowed(candidate: &str) -> World {
    let clock = Arc::new(Timestamp::from_millis(NOW).expect("now"));
    let candidate = World::with_rules(candidate, true, &[], clock).handler.engine().clone();
    let World { handler, store } = world();
    World { handler: handler.with_shadow(Some(candidate)), store }
}

fn shadow(invoked: &Invoked) -> ShadowSummary {
    invoked.summary.shadow.clone().expect("a candidate")
}

#[test]
fn what_is_otherwise_is_told_and_nothing_of_it_is_done() {
    let candidate = RULES
        .replace(
            "copy segment }\n  output s3 \"out\" { prefix \"clicks/",
            "copy segment to .tier }\n  output s3 \"out\" { prefix \"clicks/",
        )
        .replace("drop when .kind == \"bot\"", "drop when .n == 3");
    let words = ["good", "bot", "good", "text", "schema", "good"];
    for body in [kinesis("clicks", &words), pipes("clicks", &words)] {
        let (plain, world) = (world(), shadowed(&candidate));
        let (expected, invoked) = (plain.invoke(&body, None), world.invoke(&body, None));
        assert_eq!(format!("{:?}", invoked.answer), format!("{:?}", expected.answer));
        assert_eq!(world.objects(), plain.objects());
        let told = shadow(&invoked);
        assert_eq!((told.compared, told.different, told.skipped), (6, 4, false));
        let kinds: Vec<String> = told.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        assert_eq!(
            kinds,
            [
                "2 clicks: .segment, .tier",
                "1 clicks: dropped by clicks, then enriched by clicks",
                "1 clicks: enriched by clicks, then dropped by clicks",
            ]
        );
        assert_eq!(told.samples[0], "clicks:shard-1:1: clicks: .segment, .tier");
        assert_eq!(told.samples.len(), 4);
        let summary = (invoked.summary.records, invoked.summary.enriched, invoked.summary.rejected);
        assert_eq!(summary, (expected.summary.records, expected.summary.enriched, expected.summary.rejected));
    }
}

#[test]
fn the_same_rules_do_nothing_otherwise() {
    let world = shadowed(RULES);
    let told = shadow(&world.invoke(&kinesis("clicks", &["good", "bot", "down", "text", "schema"]), None));
    assert_eq!((told.compared, told.different, told.samples.len()), (5, 0, 0));
    assert_eq!(told.rules, world.handler.engine().hash());
    assert_eq!(self::world().invoke(&kinesis("clicks", &["good"]), None).summary.shadow, None);
}

#[test]
fn a_candidate_that_fails_or_panics_changes_nothing() {
    // It takes no events of the stream at all.
    let told =
        shadow(&shadowed("rule other { stream \"others\" }").invoke(&kinesis("clicks", &["good"]), None));
    assert_eq!(
        told.kinds.into_keys().collect::<Vec<_>>(),
        ["clicks: enriched by clicks, then rejected no_rule"]
    );
    // Its tables panic where those in force are not asked.
    let candidate = RULES.replace(
        "drop when .kind == \"bot\"\n  lookup user from users where id = .user",
        "lookup user from users where id = \"panic\"",
    );
    let world = shadowed(&candidate);
    let invoked = world.invoke(&kinesis("clicks", &["good"]), None);
    assert_eq!(invoked.answer.as_deref().ok(), Some(&br#"{"batchItemFailures":[]}"#[..]));
    assert!(shadow(&invoked).skipped);
    assert_eq!(invoked.summary.enriched, 1);
}
