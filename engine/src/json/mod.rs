//! JSON as it came: a flat tape of tokens over the original text, and no tree of values.
//!
//! 1. `scan` walks the whole grammar of RFC 8259 once and notes where each token starts and ends.
//!    `plain` is the short loop through what most of it is, `lexical` judges what is not plain, and `tape` is what
//!    both write. `skip` passes over what nobody looks into.
//! 2. [`Document`] owns the text and its tape; [`Node`] is a cheap handle on one value of it.
//! 3. `outline` is what the objects of a stream mostly look like, which the scanner expects again.
//! 4. `write` turns text into JSON strings; `number` compares numbers by their digits.
//!
//! Expressions, schema validation and the encoder all read this one view. Numbers are their text:
//! nothing here goes through a float.

mod document;
mod lexical;
pub(crate) mod number;
mod outline;
mod plain;
mod scan;
mod skip;
mod tape;
pub(crate) mod write;

pub use document::{Document, Elements, Kind, Members, Name, Node};
pub(crate) use document::{Tape, Tapes};
pub use number::compare as compare_numbers;
pub(crate) use outline::{Unread, Usual};
pub use plain::plain_length;
pub use scan::{MAX_DEPTH, Problem, ScanError};
pub use write::string as write_string;
