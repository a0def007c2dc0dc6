//! What a run needs of the places that it reads and writes: folders and S3 are the two there are.

use std::collections::HashSet;
use std::io::{self, Read, Write};

use super::Packing;

/// A file that lies in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its name, relative to the place, with `/` between folders.
    pub(super) name: String,
    /// Its path or key.
    pub(super) at: String,
    /// As people write it.
    pub(super) shown: String,
    /// Its length in bytes.
    pub(super) bytes: u64,
    /// What changes with its content: its ETag, or when it was modified.
    pub(super) stamp: String,
}

/// A place to read from.
pub(super) trait Source: Send + Sync {
    /// All files there, in the order of their names, but none that is hidden.
    fn list(&self) -> io::Result<Vec<Listed>>;

    /// The bytes of a file as it was listed.
    fn open(&self, file: &Listed) -> io::Result<Box<dyn Read + Send>>;

    /// Whether what was read to its end was the file as it was listed.
    fn is_unchanged(&self, file: &Listed) -> io::Result<bool>;
}

/// A place to write to.
pub(super) trait Target: Send + Sync {
    /// The names of all files there.
    fn names(&self) -> io::Result<HashSet<String>>;

    /// Begins a file.
    fn create(&self, name: &str, packing: Packing) -> io::Result<Box<dyn Unfinished>>;

    /// Removes a file that may be there.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// What a run has done here, for this process alone.
    fn state(&self) -> io::Result<Box<dyn StateFile>>;
}

/// A file that is being written. It is there whole, once it is finished; without that it is not there, and nothing is
/// left of it but what nobody reads.
pub(super) trait Unfinished: Write + Send {
    /// Makes the file durable under its name, in place of another one.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Where it is kept what is done.
pub(super) trait StateFile: Send {
    /// As people write it.
    fn place(&self) -> String;

    /// All that it holds; nothing where there is none.
    fn read(&mut self) -> io::Result<Vec<u8>>;

    /// Has it hold this alone.
    fn replace(&mut self, text: &[u8]) -> io::Result<()>;

    /// Adds a line, which may be kept in memory until `flush`.
    fn append(&mut self, line: &[u8]) -> io::Result<()>;

    /// Makes all lines durable.
    fn flush(&mut self) -> io::Result<()>;
}
