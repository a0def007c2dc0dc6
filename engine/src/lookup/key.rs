//! Keys in their canonical form.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_dsl::model::KeyType;

use super::ErrorCode;
use crate::json::number::Decimal;
use crate::json::{Document, write};

/// The values of a key's parts, in the order in which the table declares them.
#[derive(Clone, Debug)]
pub struct Key(Parts);

/// Most keys have one part, which needs no list.
#[derive(Clone, Debug)]
enum Parts {
    One(KeyValue),
    Others(Vec<KeyValue>),
}

impl Key {
    /// The key with these parts.
    #[must_use]
    pub fn new(parts: Vec<KeyValue>) -> Self {
        match <[KeyValue; 1]>::try_from(parts) {
            Ok([part]) => Self(Parts::One(part)),
            Err(parts) => Self(Parts::Others(parts)),
        }
    }

    /// The parts, in the order declared.
    #[must_use]
    pub fn parts(&self) -> &[KeyValue] {
        match &self.0 {
            Parts::One(part) => std::slice::from_ref(part),
            Parts::Others(parts) => parts,
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(other.parts())
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
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

/// A key as bytes: its parts one behind the other, each behind its type and its length. Equal keys are equal
/// bytes, so that what many events ask is found without a copy of its parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyBytes(Vec<u8>);

impl KeyBytes {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Appends a text part. See [`KeyValue::string`].
    pub(crate) fn push_string(&mut self, text: &str) -> Result<(), ErrorCode> {
        if text.len() > MAX_PART_BYTES {
            return Err(ErrorCode::KeySize);
        }
        self.push_part(STRING, text.as_bytes());
        Ok(())
    }

    /// Appends a number. See [`KeyValue::number`].
    pub(crate) fn push_number(&mut self, text: &str) -> Result<(), ErrorCode> {
        self.push(&KeyValue::number(text)?);
        Ok(())
    }

    /// Appends a binary part. See [`KeyValue::binary`].
    pub(crate) fn push_binary(&mut self, base64: &str) -> Result<(), ErrorCode> {
        self.push(&KeyValue::binary(base64)?);
        Ok(())
    }

    fn push(&mut self, part: &KeyValue) {
        match part {
            KeyValue::String(text) => self.push_part(STRING, text.as_bytes()),
            KeyValue::Number(text) => self.push_part(NUMBER, text.as_bytes()),
            KeyValue::Binary(bytes) => self.push_part(BINARY, bytes),
        }
    }

    fn push_part(&mut self, ty: u8, part: &[u8]) {
        // INVARIANT: no part is longer than `MAX_PART_BYTES`.
        let [low, high, ..] = part.len().to_le_bytes();
        self.0.extend_from_slice(&[ty, low, high]);
        self.0.extend_from_slice(part);
    }

    /// The key of such bytes.
    pub(crate) fn key(bytes: &[u8]) -> Key {
        match Self::part(bytes) {
            Some((part, [])) => Key(Parts::One(part)),
            first => {
                let all = std::iter::successors(first, |(_, behind)| Self::part(behind));
                Key(Parts::Others(all.map(|(part, _)| part).collect()))
            }
        }
    }

    /// The first part, and what stands behind it.
    fn part(bytes: &[u8]) -> Option<(KeyValue, &[u8])> {
        let [ty, low, high, rest @ ..] = bytes else { return None };
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let (part, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        // INVARIANT: text is what was pushed as text.
        let text = || str::from_utf8(part).unwrap_or_default().to_owned();
        let part = match *ty {
            STRING => KeyValue::String(text()),
            NUMBER => KeyValue::Number(text()),
            _ => KeyValue::Binary(part.to_vec()),
        };
        Some((part, behind))
    }
}

const STRING: u8 = 0;
const NUMBER: u8 = 1;
const BINARY: u8 = 2;

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
        let Some(number) = Decimal::parse(text) else {
            // A number whose exponent has so many digits is one all the same.
            let is_number =
                Document::parse(text.as_bytes()).is_ok_and(|it| it.root().as_number() == Some(text));
            return Err(if is_number { ErrorCode::KeySize } else { ErrorCode::KeyType });
        };
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

    /// The part as JSON; bytes are base64 text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::new();
        match self {
            KeyValue::Number(number) => json.push_str(number),
            KeyValue::String(text) => write::string(&mut json, text),
            KeyValue::Binary(bytes) => write::string(&mut json, &STANDARD.encode(bytes)),
        }
        json
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_all_of_a_key() {
        let long = "x".repeat(MAX_PART_BYTES);
        let keys = [
            vec![],
            vec![KeyValue::String(String::new())],
            vec![KeyValue::String("a".to_owned()), KeyValue::String("b".to_owned())],
            vec![KeyValue::String("ab".to_owned())],
            vec![KeyValue::String("1".to_owned())],
            vec![KeyValue::Number("1".to_owned())],
            vec![KeyValue::Binary(vec![0, 0xff, b'1'])],
            vec![KeyValue::String(long.clone()), KeyValue::Number("-7".to_owned())],
        ];
        let mut seen = Vec::new();
        for parts in keys {
            let mut bytes = KeyBytes::default();
            parts.iter().for_each(|part| bytes.push(part));
            assert_eq!(KeyBytes::key(bytes.as_slice()), Key::new(parts));
            assert!(!seen.contains(&bytes.as_slice().to_vec()), "two keys have the same bytes");
            seen.push(bytes.as_slice().to_vec());
        }
        assert_eq!(KeyBytes::default().push_string(&format!("{long}x")), Err(ErrorCode::KeySize));
        assert_eq!(KeyBytes::default().push_number("x"), Err(ErrorCode::KeyType));
        assert_eq!(KeyBytes::default().push_number("8E2345678901234561"), Err(ErrorCode::KeySize));
        assert_eq!(KeyBytes::default().push_number("1 "), Err(ErrorCode::KeyType));
    }
}
