//! The seam to delivery streams.

use crate::lookup::{BoxFuture, Failure};
use crate::time::Timestamp;

/// The longest line that a delivery stream takes, in bytes, its line break included: 1,000 KiB.
pub const MAX_LINE_BYTES: usize = 1_000 << 10;

/// The most lines of one [`DeliveryStreams::put`].
pub const MAX_LINES: usize = 500;

/// The most bytes of one [`DeliveryStreams::put`], all lines together. AWS says 4 MB, and not whether these
/// are megabytes or mebibytes.
pub const MAX_LINES_BYTES: usize = 4_000_000;

/// Takes events a line each and puts them together itself: Firehose, a folder, memory.
///
/// A delivery stream knows no names: what is put twice is there twice.
pub trait DeliveryStreams: Send + Sync {
    /// Puts lines, at most [`MAX_LINES`] and [`MAX_LINES_BYTES`], into the delivery stream of that name. Gives
    /// a result for each line, in their order; `Ok` says that the line is durable. A line without a result
    /// counts as failed.
    fn put<'a>(
        &'a self,
        stream: &'a str,
        lines: &'a [Vec<u8>],
        deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Vec<Result<(), Failure>>>;
}
