//! The registry of reasons: every code that an event can be rejected or failed with, what it means, and
//! which of the two becomes of the event.

use std::borrow::Cow;
use std::fmt;

/// What becomes of an event that ends with a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Becomes {
    /// It is rejected: a retry can't help.
    Rejected,
    /// It fails: its source is to bring it again.
    Failed,
    /// As with the failure that caused this one.
    AsItsCause,
}

impl Becomes {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Becomes::Rejected => "rejected",
            Becomes::Failed => "failed",
            Becomes::AsItsCause => "as its cause",
        }
    }
}

/// Declares codes: a variant, its name in rejects and counts, what becomes of the event, its summary.
macro_rules! reasons {
    (
        $(#[$about:meta])* $name:ident:
        $($(#[doc = $summary:literal])+ $variant:ident = $word:literal $becomes:ident;)+
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[doc = $summary])+ $variant,)+
        }

        impl $name {
            /// Every code.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The code as rules, rejects and counts spell it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// What becomes of an event that ends with it.
            #[must_use]
            pub fn becomes(self) -> $crate::Becomes {
                match self { $($name::$variant => $crate::Becomes::$becomes),+ }
            }

            /// What it means.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $($name::$variant => concat!($($summary),+).trim_ascii()),+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl From<$name> for &'static str {
            fn from(code: $name) -> Self {
                code.as_str()
            }
        }

        impl From<$name> for ::std::borrow::Cow<'static, str> {
            fn from(code: $name) -> Self {
                code.as_str().into()
            }
        }
    };
}
pub(crate) use reasons;

reasons! {
    /// Why events are rejected or fail, besides the failures of lookups and writes
    /// ([`crate::lookup::ErrorCode`]). Functions of an embedding program may have codes of their own.
    ReasonCode:
    /// The envelope's data is not base64.
    NotBase64 = "not_base64" Rejected;
    /// The record is not as its caller's envelope should have it.
    Envelope = "envelope" Rejected;
    /// An on-failure record names the records of its batch, and does not hold them.
    NoPayload = "no_payload" Rejected;
    /// The record of a Kafka topic has no value: it deletes its key.
    Tombstone = "tombstone" Rejected;
    /// `enrich run`: a line of the input is longer than 10 MiB.
    LineTooLong = "line_too_long" Rejected;
    /// No rule takes the event: none for its stream, or the `when` of none holds.
    NoRule = "no_rule" Rejected;
    /// The bytes are not what `decode` says.
    Decode = "decode" Rejected;
    /// The event is too large inflated, enriched, or for any batch.
    TooLarge = "too_large" Rejected;
    /// The event is not JSON.
    NotJson = "not_json" Rejected;
    /// The event is nested deeper than 128 levels.
    TooDeep = "too_deep" Rejected;
    /// The event is JSON, and not an object.
    NotObject = "not_object" Rejected;
    /// The event has a field twice that the rule reads or writes.
    DuplicateName = "duplicate_name" Rejected;
    /// The event does not fit its JSON Schema.
    Schema = "schema" Rejected;
    /// What a `for each` goes over is no array.
    NotAnArray = "not_an_array" Rejected;
    /// The array of a `for each` has more elements than it may have.
    TooManyElements = "too_many_elements" Rejected;
    /// A statement writes into a value that is no object.
    NotAnObject = "not_an_object" Rejected;
    /// A condition is no boolean.
    Condition = "condition" Rejected;
    /// A hole of a text is an array or an object.
    Text = "text" Rejected;
    /// An operand is no number, a division is by zero, or a number is out of range.
    Arithmetic = "arithmetic" Rejected;
    /// An argument of a function has another type, or a value that the function does not take.
    Argument = "argument" Rejected;
    /// A value can't be converted.
    Cast = "cast" Rejected;
    /// The result of a function is larger than 1 MiB, or a text with holes than 32 MiB.
    Size = "size" Rejected;
    /// The output's prefix has no value, or one that S3 does not take.
    Prefix = "prefix" Rejected;
    /// A partition key has no value, or one that no object can be named by.
    Partition = "partition" Rejected;
    /// The enriched event is larger than the 1,000 KiB that Firehose takes.
    LineTooLarge = "line_too_large" Rejected;
    /// An item is missing that may only be late, as `on missing within … retry` says.
    NotYet = "not_yet" Failed;
    /// The batch has no room for the event; a smaller one has.
    BatchTooLarge = "batch_too_large" Failed;
    /// The time of the batch was over before the event's turn; a smaller batch, or a longer timeout, has more.
    NoTime = "no_time" Failed;
    /// The aggregates of the batch hold more than 65,536 events: this one is left for a later batch.
    TooManyEvents = "too_many_events" Failed;
    /// A fault of the engine, or of a function of the embedding program.
    Internal = "internal" Rejected;
    /// The engine gave a verdict that its caller does not know.
    UnknownVerdict = "unknown_verdict" Failed;
    /// The rule has no output, and its caller takes no events back.
    NoOutput = "no_output" Failed;
    /// The event is rejected, and there is no destination for rejects.
    NoRejects = "no_rejects" Failed;
    /// The event is rejected, and its reject is larger than the 1 MiB that SQS takes.
    RejectTooLarge = "reject_too_large" Failed;
    /// The record comes out of a reject in a queue and is rejected again, and that queue is where its reject
    /// would go.
    SameQueue = "same_queue" Failed;
    /// The record has no sequence number to name its object by.
    NoSequence = "no_sequence" Rejected;
    /// The answer to Firehose has no room for the enriched event.
    AnswerTooLarge = "answer_too_large" Failed;
    /// The record is well, and lies behind one that failed.
    BehindFailure = "behind_failure" Failed;
    /// The record is well, and its batch fails as a whole.
    WithBatch = "with_batch" Failed;
}

/// Why an event was rejected or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reason {
    /// A short stable word: one of [`ReasonCode`] or [`crate::lookup::ErrorCode`], or the code of an
    /// embedding program's own.
    pub code: Cow<'static, str>,
    /// One sentence. It names paths, tables and attributes, never values out of an event.
    pub message: String,
}

impl Reason {
    /// A reason with that code.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}
