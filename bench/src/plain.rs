//! A function as it is usually written in Rust: the crate of AWS's events, a tree of values, `jsonschema`.

use aws_lambda_events::event::kinesis::KinesisEvent;
use jsonschema::Validator;
use serde_json::{Value, json};

use enrich_bench_ours::data::{Data, SCHEMA};

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

fn enrich(data: &Data, event: &mut Value) {
    let user = event.get("user_id").and_then(Value::as_str).and_then(|id| data.users.get(id));
    let added = match user {
        Some(user) => json!({"user_name": user.name, "user_email": user.email,
            "user_segment": user.segment, "user_location": user.location}),
        None => json!({"user_name": "Unknown", "user_email": "Unknown",
            "user_segment": "Unknown", "user_location": "Unknown"}),
    };
    if let (Value::Object(event), Value::Object(added)) = (event, added) {
        event.extend(added);
        event.insert("enriched".to_owned(), Value::Bool(true));
        event.insert("processing_timestamp".to_owned(), "2026-11-21T10:00:00.000Z".into());
    }
}

/// A whole invocation: gives the bytes that are written.
pub fn invocation(data: &Data, schema: bool) -> impl FnMut() -> usize + '_ {
    let validator = validator();
    move || {
        let batch: KinesisEvent = serde_json::from_slice(&data.payload).expect("an invocation");
        let mut out = Vec::new();
        for record in &batch.records {
            let mut event: Value = serde_json::from_slice(&record.kinesis.data.0).expect("JSON");
            if schema && !validator.is_valid(&event) {
                continue;
            }
            enrich(data, &mut event);
            serde_json::to_writer(&mut out, &event).expect("memory");
            out.push(b'\n');
        }
        out.len()
    }
}

/// Events in, the valid ones out, as text again where `again` says so: gives the bytes of the valid ones.
pub fn checked(data: &Data, again: bool) -> impl FnMut() -> usize + '_ {
    let validator = validator();
    move || {
        let mut bytes = 0;
        for event in &data.events {
            let value: Value = serde_json::from_slice(event.as_bytes()).expect("JSON");
            if validator.is_valid(&value) {
                bytes += if again { serde_json::to_vec(&value).expect("memory").len() } else { event.len() };
            }
        }
        bytes
    }
}
