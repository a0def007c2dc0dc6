//! A reject's document back to its record.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::VERSION;
use crate::batch::{Origin, Record};
use crate::json::{Kind, Node};
use crate::reasons::Reason;
use crate::time::Timestamp;

/// A rejected record, as its document has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reject {
    /// The record: its bytes, its origin and its [`repeat`](Record::repeat) are those that it was rejected
    /// with. What could not be read out of its envelope is [unreadable](crate::Payload::Unreadable) again.
    pub record: Record<'static>,
    /// Why it was rejected.
    pub reason: Reason,
    /// The rule that took it, if one did.
    pub rule: Option<String>,
    /// The hash of the rule set that it was rejected by.
    pub rules: String,
}

/// Why the document of a reject can't be read. The text names members, never values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectError {
    /// It is of a version that is not known here.
    Version {
        /// What stands in `version`.
        found: String,
    },
    /// A member is missing, or is not as it should be.
    Member {
        /// The path of the member.
        member: String,
        /// What it should be.
        wanted: &'static str,
    },
}

impl fmt::Display for RejectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RejectError::Version { found } => {
                write!(f, "the reject is of version {found}, and what is read here is version {VERSION}")
            }
            RejectError::Member { member, wanted } => {
                write!(f, "the reject's `{member}` should be {wanted}")
            }
        }
    }
}

impl std::error::Error for RejectError {}

impl Reject {
    /// Whether the value has the shape of a reject's document, of whatever version.
    #[must_use]
    pub fn is(node: Node<'_>) -> bool {
        let has = |name| node.get(name).is_some();
        let code = node.get("reason").and_then(|reason| reason.get("code"));
        code.is_some() && ["version", "record", "rules", "data"].into_iter().all(has)
    }

    /// Reads the document of a reject.
    ///
    /// # Errors
    /// Where it is of another version, or damaged.
    pub fn read(node: Node<'_>) -> Result<Self, RejectError> {
        match node.get("version") {
            Some(version) if version.as_number() == Some(VERSION) => {}
            // A number says nothing of any event.
            Some(version) if version.as_number().is_some() => {
                return Err(RejectError::Version { found: version.raw().to_owned() });
            }
            _ => return Err(wrong("", "version", "a number")),
        }
        let reason = object(node, "reason")?;
        let code = required(reason, "reason.", "code")?;
        let reason = Reason::new(code, required(reason, "reason.", "message")?);
        let record = object(node, "record")?;
        let (origin, repeat) = (origin(record)?, number(record, "repeat")?.unwrap_or(0));
        let unreadable = match node.get("unreadable") {
            None => false,
            Some(unreadable) => {
                unreadable.as_bool().ok_or_else(|| wrong("", "unreadable", "true or false"))?
            }
        };
        let data = STANDARD.decode(required(node, "", "data")?).map_err(|_| wrong("", "data", "base64"))?;
        let mut record = if unreadable {
            Record::unreadable(data, reason.clone(), origin)
        } else {
            Record::new(data, origin)
        };
        record.repeat = repeat;
        Ok(Self { record, reason, rule: text(node, "", "rule")?, rules: required(node, "", "rules")? })
    }
}

fn origin(record: Node<'_>) -> Result<Origin<'static>, RejectError> {
    let text = |name| text(record, "record.", name).map(|text| text.map(Cow::Owned));
    let arrival = text("arrival")?.map(|text| {
        Timestamp::parse(&text).ok_or_else(|| wrong("record.", "arrival", "an instant as RFC 3339 writes it"))
    });
    Ok(Origin {
        stream: required(record, "record.", "stream")?.into(),
        arn: text("arn")?,
        shard: text("shard")?,
        sequence: text("sequence")?,
        sub_sequence: number(record, "sub_sequence")?,
        partition_key: text("partition_key")?,
        explicit_hash_key: text("explicit_hash_key")?,
        arrival: arrival.transpose()?,
    })
}

fn object<'d>(node: Node<'d>, name: &str) -> Result<Node<'d>, RejectError> {
    node.get(name).filter(|node| node.kind() == Kind::Object).ok_or_else(|| wrong("", name, "an object"))
}

fn required(node: Node<'_>, parent: &str, name: &str) -> Result<String, RejectError> {
    text(node, parent, name)?.ok_or_else(|| wrong(parent, name, "a string"))
}

/// A member that may be absent or null.
fn text(node: Node<'_>, parent: &str, name: &str) -> Result<Option<String>, RejectError> {
    match node.get(name).filter(|node| !node.is_null()) {
        None => Ok(None),
        Some(node) => match node.as_str() {
            Some(text) => Ok(Some(text.into_owned())),
            None => Err(wrong(parent, name, "a string")),
        },
    }
}

fn number<T: std::str::FromStr>(record: Node<'_>, name: &str) -> Result<Option<T>, RejectError> {
    let Some(node) = record.get(name).filter(|node| !node.is_null()) else { return Ok(None) };
    let number = node.as_number().and_then(|digits| digits.parse().ok());
    number.map(Some).ok_or_else(|| wrong("record.", name, "a whole number"))
}

fn wrong(parent: &str, name: &str, wanted: &'static str) -> RejectError {
    RejectError::Member { member: format!("{parent}{name}"), wanted }
}
