//! The engine inside a program: rules, a table in memory, a batch of events, and what becomes of each.
#![allow(clippy::print_stdout, clippy::panic, reason = "a program that talks")]

use std::error::Error;

use enrich_engine::lookup::MemorySource;
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

/// Rules are text: from a file, a database, or the program itself.
const RULES: &str = r#"
table users {
  source dynamodb "users"
  key    id: string
}

rule clicks {
  stream "clicks"
  drop   when .bot

  lookup user from users where id = .user {
    copy segment default "none"
  }
}
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let text = RULES;
    let now = Timestamp::parse("2026-11-21T10:00:00Z").ok_or("a time")?;

    // ANCHOR: enrich
    let rules = Rules::from_text(text)?;
    let users = MemorySource::new().with_json("users", r#"[{"id": "u1", "segment": "premium"}]"#)?;
    let engine = Engine::builder(rules).tables(users).build()?;

    let batch = [
        Record::new(r#"{"user": "u1", "price": 49.990}"#, Origin::stream("clicks")),
        Record::new(r#"{"user": "u2", "bot": true}"#, Origin::stream("clicks")),
        Record::new(r#"{"user": 7}"#, Origin::stream("clicks")),
    ];
    let outcome = engine.enrich(&batch, Context::at(now)).await;
    // ANCHOR_END: enrich

    // ANCHOR: verdicts
    let mut told = Vec::new();
    for (record, verdict) in batch.iter().zip(&outcome.verdicts) {
        told.push(match verdict {
            // Write it. Only then the event is done.
            Verdict::Enriched { event, .. } => String::from_utf8_lossy(event).into_owned(),
            // Nobody wants it: done.
            Verdict::Dropped { rule } => format!("dropped by {rule}"),
            // A retry can't help: keep its bytes and the reason. Then the event is done.
            Verdict::Rejected { reason, .. } => {
                format!("rejected {}: {} bytes to keep", reason.code, record.bytes().len())
            }
            // A retry can help: not done. Have it brought again.
            Verdict::Failed { reason, .. } => format!("failed {}", reason.code),
            // A later version may have more verdicts. What is not known is not done.
            other => format!("not done: {other:?}"),
        });
    }
    // ANCHOR_END: verdicts

    println!("{}", told.join("\n"));
    assert_eq!(
        told,
        [
            r#"{"user": "u1", "price": 49.990,"segment":"premium"}"#,
            "dropped by clicks",
            "rejected key_type: 11 bytes to keep",
        ]
    );

    // ANCHOR: broken
    let broken = RULES.replace("from users", "from user");
    let Err(findings) = Rules::from_text(&broken) else { panic!("there is no table `user`") };
    println!("{findings}");
    // ANCHOR_END: broken
    assert!(findings.to_string().contains("did you mean `users`?"));
    Ok(())
}

#[test]
fn it_does_what_it_says() -> Result<(), Box<dyn Error>> {
    main()
}
