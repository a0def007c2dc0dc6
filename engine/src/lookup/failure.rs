//! Why something failed, and whether a retry can help.

use std::fmt;

/// Why a lookup or a write failed. The message names tables and attributes, never key values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// What kind of failure it is; rules read it as `error.code`.
    pub code: ErrorCode,
    /// One sentence; rules read it as `error.message`.
    pub message: String,
    /// Whether the same request can succeed later. Transient failures fail an event, so that its
    /// source brings it again; permanent ones reject it, so that it does not block the rest.
    pub transient: bool,
}

impl Failure {
    /// A failure of that kind, transient or permanent as its code is.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), transient: code.is_transient() }
    }

    /// The failure of a lookup that is keyed by one that failed: it lasts as long as its cause.
    pub(crate) fn upstream(of: &str, cause: &Failure) -> Self {
        let message = format!("the lookup is keyed by `{of}`, which failed");
        Self { code: ErrorCode::Upstream, message, transient: cause.transient }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}

/// The kinds of failure of a lookup or a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The table or the bucket asks for fewer requests.
    Throttled,
    /// No answer within the time left.
    Timeout,
    /// The permissions do not cover the request.
    Denied,
    /// The table or the bucket does not exist.
    Absent,
    /// The connection or the service failed.
    Unavailable,
    /// The source left the question open.
    NoAnswer,
    /// The service refuses this very request, whatever its time.
    Refused,
    /// A part of the key has another type than the table declares, or can't be converted to it.
    KeyType,
    /// A part of the key is longer than the table allows, or a number has more than 38 digits.
    KeySize,
    /// An index has more than one item under the key.
    Ambiguous,
    /// The item lacks an attribute that the rule calls `required`.
    RequiredAbsent,
    /// An attribute can't be converted as the rule says.
    Cast,
    /// An attribute has another type than its table declares.
    AttributeType,
    /// The item can't be read.
    Item,
    /// An expression in the key fails.
    Expression,
    /// The lookup is keyed by one that failed.
    Upstream,
}

impl ErrorCode {
    /// Whether failures of this kind pass by themselves.
    #[must_use]
    pub fn is_transient(self) -> bool {
        match self {
            ErrorCode::Throttled
            | ErrorCode::Timeout
            | ErrorCode::Denied
            | ErrorCode::Absent
            | ErrorCode::Unavailable
            | ErrorCode::NoAnswer => true,
            ErrorCode::Refused
            | ErrorCode::KeyType
            | ErrorCode::KeySize
            | ErrorCode::Ambiguous
            | ErrorCode::RequiredAbsent
            | ErrorCode::Cast
            | ErrorCode::AttributeType
            | ErrorCode::Item
            | ErrorCode::Expression
            | ErrorCode::Upstream => false,
        }
    }

    /// The code as rules, rejects and metrics spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorCode::Throttled => "throttled",
            ErrorCode::Timeout => "timeout",
            ErrorCode::Denied => "denied",
            ErrorCode::Absent => "absent",
            ErrorCode::Unavailable => "unavailable",
            ErrorCode::NoAnswer => "no_answer",
            ErrorCode::Refused => "refused",
            ErrorCode::KeyType => "key_type",
            ErrorCode::KeySize => "key_size",
            ErrorCode::Ambiguous => "ambiguous",
            ErrorCode::RequiredAbsent => "required_absent",
            ErrorCode::Cast => "cast",
            ErrorCode::AttributeType => "attribute_type",
            ErrorCode::Item => "item",
            ErrorCode::Expression => "expression",
            ErrorCode::Upstream => "upstream",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
