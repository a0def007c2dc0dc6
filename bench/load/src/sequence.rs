//! One read and one write a record, one after the other, by the same SDK.

use aws_sdk_dynamodb::types::AttributeValue;
use enrich_aws::Clients;
use serde_json::Value;

/// Enriches these events: `GetItem` where there is a key, then `PutObject`.
pub async fn run(clients: &Clients, events: &[String]) {
    for (at, event) in events.iter().enumerate() {
        let mut event: Value = serde_json::from_str(event).expect("JSON");
        let mut item = None;
        if let Some(id) = event["user_id"].as_str() {
            let key = AttributeValue::S(id.to_owned());
            let read = clients.dynamodb.get_item().table_name("profiles").key("user_id", key);
            item = read.send().await.expect("an answer").item;
        }
        for name in ["name", "email", "segment", "location"] {
            let value = item.as_ref().and_then(|item| item.get(name)?.as_s().ok());
            event[format!("user_{name}")] = value.map_or("Unknown", String::as_str).into();
        }
        let write = clients.s3.put_object().bucket("out").key(format!("enriched/{at}.json"));
        write.body(event.to_string().into_bytes().into()).send().await.expect("an answer");
    }
}
