//! What an editor knows about rule files, and the server that tells it.
//!
//! 1. [`analysis`]: hover, completion, names, symbols, mends: texts and places in, plain data out. It
//!    knows no protocol.
//! 2. [`server`]: the language server protocol around it, over any connection.
//! 3. [`disk`]: what both need of a disk, behind a trait: this crate opens no file.

pub mod analysis;
pub mod disk;
pub mod server;

pub use server::serve;
