//! One change of a DynamoDB table, out of the table's stream.

use enrich_engine::json::{Kind, Node, write_string};
use enrich_engine::{Origin, Reason, ReasonCode, Record};

use super::arrival;
use super::record::{field, resource_name, text, unreadable};
use crate::dynamodb_json::to_plain;

/// The members of the event that hold items, and what the stream calls them.
const ITEMS: [(&str, &str); 3] = [("keys", "Keys"), ("new", "NewImage"), ("old", "OldImage")];

/// An element of a mapping's `Records`, or of a pipe's batch. The event is
///
/// ```json
/// {"eventID": "…", "eventName": "MODIFY", "keys": {…}, "new": {…}, "old": {…}}
/// ```
///
/// with the items in plain JSON. A member that the stream does not send is absent: an image by the view
/// type of the stream, `userIdentity` unless DynamoDB itself deleted the item because its time was over.
pub(super) fn record(element: Node<'_>, shard: Option<&str>) -> Record<'static> {
    match element.get("dynamodb") {
        Some(inner) if inner.kind() == Kind::Object => {
            let origin = origin(element, Some(inner), shard);
            if inner.get("Keys").is_none_or(Node::is_null) {
                return unreadable(element, "dynamodb.Keys", "an object", inner.get("Keys"), origin);
            }
            match event(element, inner) {
                Ok(event) => Record::new(event, origin),
                Err(reason) => Record::unreadable(element.raw(), reason, origin),
            }
        }
        inner => unreadable(element, "dynamodb", "an object", inner, origin(element, None, shard)),
    }
}

fn event(element: Node<'_>, inner: Node<'_>) -> Result<String, Reason> {
    let mut out = String::from("{");
    let mut member = |name: &str, value: &str| {
        if out.len() > 1 {
            out.push(',');
        }
        write_string(&mut out, name);
        out.push(':');
        out.push_str(value);
    };
    for name in ["eventID", "eventName"] {
        if let Some(value) = element.get(name).filter(|value| value.kind() == Kind::String) {
            member(name, value.raw());
        }
    }
    for (name, theirs) in ITEMS {
        if let Some(image) = inner.get(theirs).filter(|image| image.kind() != Kind::Null) {
            member(name, &plain(theirs, image)?);
        }
    }
    if let Some(identity) = element.get("userIdentity").filter(|identity| identity.kind() == Kind::Object) {
        member("userIdentity", identity.raw());
    }
    out.push('}');
    Ok(out)
}

fn plain(name: &str, image: Node<'_>) -> Result<String, Reason> {
    let wrong =
        |what: String| Reason::new(ReasonCode::Envelope, format!("the record's `dynamodb.{name}` {what}"));
    match to_plain(image) {
        Ok(Some(plain)) => Ok(plain),
        Ok(None) => Err(wrong("is no item in DynamoDB JSON".to_owned())),
        Err(attribute) => Err(wrong(format!("has a number in `{attribute}` that is none"))),
    }
}

/// What the record says about itself. Two shards of a stream may give one number, and a mapping names
/// the shard only where it has a tumbling window: the event's id, which no other has, tells them apart.
fn origin(element: Node<'_>, inner: Option<Node<'_>>, shard: Option<&str>) -> Origin<'static> {
    let arn = field(element, "eventSourceARN");
    let mut origin = Origin::stream(arn.as_deref().map_or("", resource_name).to_owned());
    origin.arn = arn;
    origin.shard = shard.map(|shard| shard.to_owned().into());
    let Some(inner) = inner else { return origin };
    origin.sequence = text(inner, "SequenceNumber").map(|number| match text(element, "eventID") {
        Some(id) => format!("{number}-{id}").into(),
        None => number.into(),
    });
    origin.arrival =
        inner.get("ApproximateCreationDateTime").and_then(Node::as_number).and_then(arrival::from_seconds);
    origin
}
