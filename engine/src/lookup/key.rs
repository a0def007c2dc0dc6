//! Keys in their canonical form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_dsl::model::KeyType;

use super::ErrorCode;
use crate::json::number::Decimal;

/// The values of a key's parts, in the order in which the table declares them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<KeyValue>);

impl Key {
    /// The key with these parts.
    #[must_use]
    pub fn new(parts: Vec<KeyValue>) -> Self {
        Self(parts)
    }

    /// The parts, in the order declared.
    #[must_use]
    pub fn parts(&self) -> &[KeyValue] {
        &self.0
    }

    /// The bytes that it holds in memory.
    pub(crate) fn held_bytes(&self) -> usize {
        let text = |part: &KeyValue| match part {
            KeyValue::String(text) | KeyValue::Number(text) => text.len(),
            KeyValue::Binary(bytes) => bytes.len(),
        };
        self.0.iter().map(|part| size_of::<KeyValue>() + text(part)).sum()
    }
}

/// The value of one part of a key, in canonical form: equal keys are equal values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyValue {
    /// Text.
    String(String),
    /// A number as text in canonical form: `1`, `1.0` and `1e0` are all `1`.
    Number(String),
    /// Bytes.
    Binary(Vec<u8>),
}

/// The longest text or binary part of a key, in bytes: DynamoDB's limit for a partition key.
pub(crate) const MAX_PART_BYTES: usize = 2048;

impl KeyValue {
    /// A text part.
    ///
    /// # Errors
    /// [`ErrorCode::KeySize`] where the text is longer than DynamoDB allows (2,048 bytes).
    pub fn string(text: impl Into<String>) -> Result<Self, ErrorCode> {
        let text = text.into();
        if text.len() > MAX_PART_BYTES { Err(ErrorCode::KeySize) } else { Ok(KeyValue::String(text)) }
    }

    /// A number part from the text of a JSON number.
    ///
    /// # Errors
    /// [`ErrorCode::KeyType`] where the text is no number, [`ErrorCode::KeySize`] where it has more
    /// than 38 digits or is outside DynamoDB's range.
    pub fn number(text: &str) -> Result<Self, ErrorCode> {
        let number = Decimal::parse(text).ok_or(ErrorCode::KeyType)?;
        if number.fits_dynamodb() { Ok(KeyValue::Number(number.text())) } else { Err(ErrorCode::KeySize) }
    }

    /// A binary part from base64 text.
    ///
    /// # Errors
    /// [`ErrorCode::KeyType`] where the text is not base64, [`ErrorCode::KeySize`] where there are too
    /// many bytes.
    pub fn binary(base64: &str) -> Result<Self, ErrorCode> {
        let bytes = STANDARD.decode(base64).map_err(|_| ErrorCode::KeyType)?;
        if bytes.len() > MAX_PART_BYTES { Err(ErrorCode::KeySize) } else { Ok(KeyValue::Binary(bytes)) }
    }

    /// The type of the part.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        match self {
            KeyValue::String(_) => KeyType::String,
            KeyValue::Number(_) => KeyType::Number,
            KeyValue::Binary(_) => KeyType::Binary,
        }
    }
}
