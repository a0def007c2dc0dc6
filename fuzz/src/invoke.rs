//! What must hold for any invocation, and for any document that a replay is given.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use enrich_engine::json::Document;
use enrich_engine::lookup::{BoxFuture, Failure, MemorySource};
use enrich_engine::output::{Object, ObjectStore, Sinks};
use enrich_engine::{Destination, Engine, Rules, Timestamp};
use enrich_lambda::{Handler, Invoked, replay};
use serde_json::Value;

const RULES: &str = r#"
table users { source dynamodb "users" key id: string }
rule all {
  stream "*"
  drop when .kind == "bot"
  lookup user from users where id = .user { copy name default "?" }
  output s3 "out" { one object per record }
}
"#;

/// Objects in memory, by bucket and key.
#[derive(Default)]
struct Store(Mutex<BTreeMap<String, Vec<u8>>>);

impl ObjectStore for Store {
    fn put<'a>(&'a self, object: &'a Object, _: Option<Timestamp>) -> BoxFuture<'a, Result<(), Failure>> {
        let key = format!("{}/{}", object.bucket, object.key);
        self.0.lock().expect("objects").insert(key, object.body.to_vec());
        Box::pin(async { Ok(()) })
    }
}

fn handled(body: &[u8]) -> (Invoked, BTreeMap<String, Vec<u8>>) {
    static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
        let users = MemorySource::new().with_json("users", r#"[{"id":"u1","name":"Ann"}]"#).expect("users");
        Engine::builder(Rules::from_text(RULES).expect("rules"))
            .tables(users)
            .outputs()
            .build()
            .expect("an engine")
    });
    let store = Arc::new(Store::default());
    let now = Timestamp::from_millis(1_795_255_200_123).expect("an instant");
    let sinks = Sinks::new().objects(store.clone());
    let handler = Handler::new(ENGINE.clone(), sinks, Destination::parse("s3://rejects"), Arc::new(now));
    let invoked = futures_util::FutureExt::now_or_never(handler.expect("a handler").invoke(body, None));
    let objects = std::mem::take(&mut *store.0.lock().expect("objects"));
    (invoked.expect("what is in memory answers at once"), objects)
}

/// Any bytes as an invocation: each record has one fate, an answer is JSON, what a mapping acknowledges is
/// an object each, and the same invocation again says and writes the same.
pub fn invoke(data: &[u8]) {
    let (invoked, objects) = handled(data);
    let summary = &invoked.summary;
    let fates = summary.enriched + summary.dropped + summary.rejected + summary.failed;
    assert_eq!(summary.records, fates, "{summary:?}");
    let codes = summary.rejected_codes.keys().chain(summary.failed_codes.keys());
    codes.for_each(|code| assert!(code != "internal", "{summary:?}"));
    let mapping = ["kinesis", "dynamodb", "sqs", "kafka"].contains(&summary.caller);
    if let Ok(answer) = &invoked.answer {
        serde_json::from_slice::<Value>(answer).expect("an answer is JSON");
        if mapping {
            let durable = u64::try_from(objects.len()).expect("a count");
            // Two records of one id and the same bytes are one.
            assert!(durable <= summary.enriched + summary.rejected, "{summary:?}");
            assert!(durable > 0 || summary.enriched + summary.rejected == 0, "{summary:?}");
        }
    } else {
        assert_eq!((summary.enriched, summary.rejected), (0, 0), "{summary:?}");
    }
    for body in objects.values() {
        assert!(Document::parse(body).is_ok(), "{}", String::from_utf8_lossy(body));
    }
    let (again, same) = handled(data);
    assert_eq!((again.answer, same), (invoked.answer, objects));
}

/// Any bytes as a file of what was kept: whatever is read out of it has a stream or a reason.
pub fn kept(data: &[u8]) {
    for found in replay::documents(data) {
        assert!(found.line > 0);
        match found.kept {
            Ok(kept) => kept.records.iter().for_each(|record| _ = record.bytes()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
