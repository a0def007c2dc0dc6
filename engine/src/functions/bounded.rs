//! The bound on what a function makes.

use super::CallError;
use crate::json::write_string;
use crate::reasons::ReasonCode;

/// The most bytes of text that a function makes: an event has no room for more.
pub(super) const TEXT_LIMIT: usize = 1 << 20;

pub(super) fn too_large() -> CallError {
    CallError::new(ReasonCode::Size, "the result of a function is larger than 1 MiB")
}

/// A text that grows up to the limit, so that nothing large is made only to be refused.
#[derive(Debug, Default)]
pub(super) struct Bounded(String);

impl Bounded {
    /// Appends `text`.
    pub(super) fn push(&mut self, text: &str) -> Result<(), CallError> {
        if text.len() > TEXT_LIMIT - self.0.len() {
            return Err(too_large());
        }
        self.0.push_str(text);
        Ok(())
    }

    /// Appends `text` as a JSON string.
    pub(super) fn push_string(&mut self, text: &str) -> Result<(), CallError> {
        let mut quoted = String::new();
        write_string(&mut quoted, text);
        self.push(&quoted)
    }

    /// The text.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}
