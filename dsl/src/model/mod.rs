//! Checked rules as plain data: what the engine compiles, and what another front end can build.

/// The type of a part of a table's key: a closed set, DynamoDB has no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Text (DynamoDB's `S`).
    String,
    /// A number (DynamoDB's `N`).
    Number,
    /// Bytes (DynamoDB's `B`); events carry them as base64 text.
    Binary,
}

impl KeyType {
    /// The word that rules use for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            KeyType::String => "string",
            KeyType::Number => "number",
            KeyType::Binary => "binary",
        }
    }
}
