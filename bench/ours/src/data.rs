//! Events as a shop's pages send them, and what is known of its users.

use std::collections::HashMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;

/// How many users the table has.
const USERS: usize = 1_000;

/// The schema of the events: of each hundred, one does not fit.
pub const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["event_id", "event_type", "timestamp", "session_id", "page"],
  "properties": {
    "event_id":   {"type": "string", "format": "uuid"},
    "event_type": {"enum": ["page_view", "add_to_cart", "purchase", "search"]},
    "timestamp":  {"type": "string", "format": "date-time"},
    "session_id": {"type": "string", "format": "uuid"},
    "user_id":    {"type": "string", "minLength": 1, "maxLength": 64},
    "page":       {"type": "string", "minLength": 1, "maxLength": 2048},
    "referrer":   {"type": "string", "format": "uri"},
    "duration":   {"type": "number", "minimum": 0}
  }
}"#;

/// What the table holds of a user.
#[derive(Clone, Debug)]
pub struct Profile {
    pub name: String,
    pub email: String,
    pub segment: &'static str,
    pub location: &'static str,
}

/// One kind of event, and how many of them.
pub struct Data {
    pub name: &'static str,
    pub events: Vec<String>,
    /// What Kinesis sends with all of them.
    pub payload: Vec<u8>,
    pub users: HashMap<String, Profile>,
}

impl Data {
    /// Flat events of about 300 bytes.
    pub fn small(count: usize) -> Self {
        Self::new("small", count, |_, _| {})
    }

    /// Events of about 1.8 KB with lists and objects inside.
    pub fn nested(count: usize) -> Self {
        Self::new("nested", count, |random, event| {
            event.push_str(r#","cart":{"currency":"EUR","items":["#);
            for at in 0..8 {
                let comma = if at == 0 { "" } else { "," };
                let (sku, price) = (random.u32(10_000..99_999), random.u32(100..99_999));
                let _ = write!(
                    event,
                    r#"{comma}{{"sku":"SKU-{sku}","title":"A thing of kind {sku}","quantity":{},"price":{}.{:02},"tags":["new","sale","k{}"],"stock":{{"warehouse":"w{}","left":{}}}}}"#,
                    random.u8(1..9),
                    price / 100,
                    price % 100,
                    random.u8(..),
                    random.u8(1..9),
                    random.u16(..),
                );
            }
            event.push_str(r#"]},"device":{"type":"phone","os":{"name":"android","version":[14,1,0]},"screen":[1080,2400]},"experiments":["#);
            for at in 0..6 {
                let comma = if at == 0 { "" } else { "," };
                let _ = write!(
                    event,
                    r#"{comma}{{"name":"exp-{at}","arm":{},"on":{}}}"#,
                    random.u8(0..4),
                    random.bool()
                );
            }
            event.push(']');
        })
    }

    /// What Kinesis sends with so many of the events at a time.
    pub fn payloads(&self, records: usize) -> Vec<Vec<u8>> {
        self.events.chunks(records).map(payload).collect()
    }

    fn new(name: &'static str, count: usize, more: impl Fn(&mut Rng, &mut String)) -> Self {
        let mut random = Rng::with_seed(7);
        let users = (0..USERS).map(|at| (format!("user-{at:05}"), profile(at))).collect();
        let events: Vec<_> = (0..count).map(|_| event(&mut random, &more)).collect();
        let payload = payload(&events);
        Self { name, events, payload, users }
    }
}

fn profile(at: usize) -> Profile {
    Profile {
        name: format!("Person Number {at}"),
        email: format!("person{at}@shop.example"),
        segment: ["premium", "standard", "new"][at % 3],
        location: ["Lisbon", "Oslo", "Graz", "Lyon"][at % 4],
    }
}

fn event(random: &mut Rng, more: &impl Fn(&mut Rng, &mut String)) -> String {
    let mut event = String::with_capacity(400);
    let uuid = |random: &mut Rng| {
        let bits = random.u128(..);
        let text = format!("{bits:032x}");
        format!("{}-{}-4{}-8{}-{}", &text[..8], &text[8..12], &text[13..16], &text[17..20], &text[20..])
    };
    // Of each hundred one does not fit the schema.
    let kind = match random.u8(0..100) {
        0 => "unheard_of",
        1..=60 => "page_view",
        61..=80 => "add_to_cart",
        81..=90 => "search",
        _ => "purchase",
    };
    let _ = write!(event, r#"{{"event_id":"{}","event_type":"{kind}""#, uuid(random));
    // One has no key, and two are of users that nobody knows.
    match random.u8(0..100) {
        0 => {}
        1 | 2 => _ = write!(event, r#","user_id":"user-9{:05}""#, random.u32(0..9_999)),
        _ => _ = write!(event, r#","user_id":"user-{:05}""#, random.usize(0..USERS)),
    }
    let second = random.u32(0..3_600);
    let _ = write!(
        event,
        r#","session_id":"{}","timestamp":"2026-11-21T10:{:02}:{:02}.{:03}Z","page":"/products/{}/view","referrer":"https://search.example/?q={}","duration":{}.{}"#,
        uuid(random),
        second / 60,
        second % 60,
        random.u16(0..1_000),
        random.u32(1_000..999_999),
        random.u32(1_000..9_999_999),
        random.u16(0..900),
        random.u8(0..10),
    );
    more(random, &mut event);
    event.push('}');
    event
}

/// An invocation of a Kinesis event source mapping, as AWS writes it.
fn payload(events: &[String]) -> Vec<u8> {
    let mut payload = String::from(r#"{"Records":["#);
    for (at, event) in events.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(
            payload,
            r#"{comma}{{"kinesis":{{"kinesisSchemaVersion":"1.0","partitionKey":"user-{at}","sequenceNumber":"4959033827149025660855969253836157109592157598913{at:07}","data":"{}","approximateArrivalTimestamp":1545084650.987}},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-000000000006:4959033827149025660855969253836157109592157598913{at:07}","eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::123456789012:role/lambda-role","awsRegion":"us-east-2","eventSourceARN":"arn:aws:kinesis:us-east-2:123456789012:stream/clicks"}}"#,
            STANDARD.encode(event),
        );
    }
    payload.push_str("]}");
    payload.into_bytes()
}
