//! Objects of several events are parts of what the batch wrote, or put together: the same bytes in both ways.

#![cfg(test)]

use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::lookup::MemorySource;
use enrich_engine::output::{Enriched, objects};
use enrich_engine::{Context, Engine, Origin, Outcome, Placement, Record, Rules, Timestamp, Verdict};

const RULES: &str = r#"
    table users { source dynamodb "users" key id: string }
    rule events {
      stream "s"
      drop when .kind == "noise"
      lookup user from users where id = .user { copy name to .name default "?" }
      set .seen = true
      output s3 "out" {
        prefix "{.to ?? "a"}/"
        one object per batch
      }
    }
"#;

fn record(at: usize, event: &str) -> Record<'static> {
    let mut origin = Origin::stream("s");
    origin.sequence = Some((100 + at).to_string().into());
    Record::new(event, origin)
}

async fn enriched(records: &[Record<'_>]) -> Outcome {
    let mut sources = Sources::new();
    sources.add("events.enrich", RULES);
    let rules = Rules::from_sources(&sources, &Registry::standard(), &|_| Ok(Vec::new())).expect("rules");
    let users = MemorySource::new().with_json("users", r#"[{"id": "u1", "name": "Ann"}]"#).expect("a table");
    let engine = Engine::builder(rules).tables(users).outputs().build().expect("an engine");
    let now = Timestamp::parse("2026-11-21T10:00:00Z").expect("an instant");
    engine.enrich(records, Context::at(now).placed()).await
}

/// The objects' bodies, and how many of them are parts of the batch's lines.
fn bodies(records: &[Record<'_>], outcome: &Outcome) -> (Vec<String>, usize) {
    let all = outcome.verdicts.iter().zip(records).enumerate();
    let events: Vec<_> = all
        .filter_map(|(at, (verdict, record))| match verdict {
            Verdict::Enriched { event, placement: Some(Placement::Object(place)), .. } => {
                Some(Enriched { record: at, repeat: 0, origin: &record.origin, place, event })
            }
            _ => None,
        })
        .collect();
    let (shared, _) = objects(&events, &outcome.lines);
    let (alone, _) = objects(&events, &[]);
    assert_eq!(shared, alone);
    let is_part = |body: &[u8]| outcome.lines.iter().any(|it| it.as_ptr_range().contains(&body.as_ptr()));
    let parts = shared.iter().filter(|laid| is_part(&laid.object.body)).count();
    let text = |body: &[u8]| String::from_utf8(body.to_vec()).expect("UTF-8");
    (shared.iter().map(|laid| text(&laid.object.body)).collect(), parts)
}

#[tokio::test]
async fn objects_are_parts_where_their_events_follow_one_another() {
    let plain = r#"{"user":"u1"}"#;
    let line = "{\"user\":\"u1\",\"name\":\"Ann\",\"seen\":true}\n";
    for (name, events, wanted, parts) in [
        ("alike", &[plain, plain][..], &[line.repeat(2)][..], 1),
        ("blanks around", &[" {\"user\":\"u1\"}\n", plain], &[line.repeat(2)], 1),
        ("some dropped", &[plain, r#"{"kind":"noise"}"#, plain], &[line.repeat(2)], 1),
        ("some rejected", &[plain, "{", plain], &[line.repeat(2)], 1),
        // What has a field already goes the long way.
        (
            "one that has the name",
            &[plain, r#"{"name":"x","user":"u1"}"#, plain],
            &[format!("{line}{{\"name\":\"Ann\",\"user\":\"u1\",\"seen\":true}}\n{line}")],
            1,
        ),
        (
            "line breaks",
            &[plain, "{\n\"user\":\"u1\"}"],
            &[format!("{line}{{ \"user\":\"u1\",\"name\":\"Ann\",\"seen\":true}}\n")],
            0,
        ),
        (
            "two objects in turn",
            &[plain, r#"{"to":"b"}"#, plain],
            &[line.repeat(2), "{\"to\":\"b\",\"name\":\"?\",\"seen\":true}\n".to_owned()],
            1,
        ),
        (
            "one object behind another",
            &[plain, plain, r#"{"to":"b"}"#],
            &[line.repeat(2), "{\"to\":\"b\",\"name\":\"?\",\"seen\":true}\n".to_owned()],
            2,
        ),
        ("nothing enriched", &["{"], &[], 0),
    ] {
        let records: Vec<_> = events.iter().enumerate().map(|(at, event)| record(at, event)).collect();
        let outcome = enriched(&records).await;
        assert_eq!(bodies(&records, &outcome), (wanted.to_vec(), parts), "{name}");
    }
}

#[tokio::test]
async fn a_large_batch_has_several_buffers() {
    let event = format!(r#"{{"user":"u1","text":"{}"}}"#, "x".repeat(3 << 20));
    let records: Vec<_> = (0..25).map(|at| record(at, &event)).collect();
    let outcome = enriched(&records).await;
    assert_eq!(outcome.lines.len(), 3);
    let (bodies, parts) = bodies(&records, &outcome);
    let line = format!("{},\"name\":\"Ann\",\"seen\":true}}\n", event.trim_end_matches('}'));
    assert!(bodies == [line.repeat(25)] && parts == 0);
}
