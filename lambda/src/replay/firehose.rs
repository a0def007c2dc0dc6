//! What Firehose keeps under `processing-failed`: a line a record.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::json::{Kind, Node};
use enrich_engine::{Origin, Record, Timestamp};
use md5::{Digest as _, Md5};

use super::{Form, Kept, KeptError};
use crate::envelope::{from_millis, text};

/// The record, if the value is one of Firehose's errors: it has `attemptsMade` and `rawData`.
///
/// Firehose names neither the stream nor the record, so that its arrival and a hash of its bytes stand for
/// a number. What failed behind the transformation has no `lambdaArn` (in fact it is spelt `lambdaARN`).
pub(super) fn read(document: Node<'_>) -> Option<Result<Kept, KeptError>> {
    let data = document.get("rawData").filter(|data| data.kind() == Kind::String)?;
    document.get("attemptsMade")?;
    if ["lambdaArn", "lambdaARN"].into_iter().all(|name| document.get(name).is_none()) {
        return Some(Err(KeptError::Transformed));
    }
    let Ok(bytes) = STANDARD.decode(data.as_str().unwrap_or_default().as_bytes()) else {
        return Some(Err(KeptError::NotBase64));
    };
    let mut origin = Origin::stream("");
    origin.arrival = document.get("arrivalTimestamp").and_then(arrival);
    let millis = origin.arrival.map_or(0, Timestamp::as_millis);
    let hash: String = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    origin.sequence = Some(format!("{millis}-{hash}").into());
    let code = text(document, "errorCode").unwrap_or_else(|| "processing-failed".to_owned());
    Some(Ok(Kept { form: Form::Firehose, code, records: vec![Record::new(bytes, origin)] }))
}

fn arrival(node: Node<'_>) -> Option<Timestamp> {
    match node.as_str() {
        Some(text) => from_millis(&text).or_else(|| Timestamp::parse(&text)),
        None => node.as_number().and_then(from_millis),
    }
}
