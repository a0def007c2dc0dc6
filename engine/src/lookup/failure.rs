//! Why something failed, and whether a retry can help.

use std::fmt;

use crate::reasons::{Becomes, reasons};

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

reasons! {
    /// The kinds of failure of a lookup or a write.
    ErrorCode:
    /// The table or the bucket asks for fewer requests.
    Throttled = "throttled" Failed;
    /// No answer within the time left.
    Timeout = "timeout" Failed;
    /// The permissions do not cover the request.
    Denied = "denied" Failed;
    /// The table or the bucket does not exist.
    Absent = "absent" Failed;
    /// The connection or the service failed.
    Unavailable = "unavailable" Failed;
    /// The source left the question open.
    NoAnswer = "no_answer" Failed;
    /// The table failed again and again, and is not asked for some seconds.
    CircuitOpen = "circuit_open" Failed;
    /// The batch has no room for the item; a smaller one has. An event that has no room in any is rejected.
    ItemsTooLarge = "items_too_large" Failed;
    /// The service refuses this very request, whatever its time.
    Refused = "refused" Rejected;
    /// A part of the key has another type than the table declares, or can't be converted to it.
    KeyType = "key_type" Rejected;
    /// A part of the key is longer than the table allows, or a number has more than 38 digits.
    KeySize = "key_size" Rejected;
    /// An index has more than one item under the key.
    Ambiguous = "ambiguous" Rejected;
    /// The item lacks an attribute that the rule calls `required`.
    RequiredAbsent = "required_absent" Rejected;
    /// An attribute can't be converted as the rule says.
    Cast = "cast" Rejected;
    /// An attribute has another type than its table declares.
    AttributeType = "attribute_type" Rejected;
    /// The item can't be read.
    Item = "item" Rejected;
    /// A hole of a text in the key is an array or an object.
    Text = "text" Rejected;
    /// In the key, an operand is no number, a division is by zero, or a number is out of range.
    Arithmetic = "arithmetic" Rejected;
    /// In the key, an argument of a function has another type, or a value that the function does not take.
    Argument = "argument" Rejected;
    /// In the key, a condition is no boolean.
    Condition = "condition" Rejected;
    /// In the key, the result of a function is larger than 1 MiB, or a text with holes than 32 MiB.
    Size = "size" Rejected;
    /// A function of the embedding program fails in the key, with a code of its own.
    Expression = "expression" Rejected;
    /// The lookup is keyed by one that failed.
    Upstream = "upstream" AsItsCause;
}

impl ErrorCode {
    /// Whether failures of this kind pass by themselves.
    #[must_use]
    pub fn is_transient(self) -> bool {
        self.becomes() == Becomes::Failed
    }
}
