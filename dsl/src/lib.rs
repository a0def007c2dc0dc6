//! The rule language: text in, checked rules out, and a located finding for everything that is wrong.
//!
//! 1. [`source`]: the files and places in them.
//! 2. [`syntax`]: text to tree. Every item of a file is parsed by itself, so one mistake hides no other.
//! 3. [`check`]: tree to checked rules. Names, keys and types are resolved, all findings collected.
//! 4. [`types`]: what is known of events and items before any comes, from schemas and declarations.
//! 5. [`model`]: the checked rules as plain data, which the engine compiles. Another front end can
//!    build them without any text.
//! 6. [`diagnostic`]: findings as data, the registry of their codes, and their renderers.
//! 7. [`mod@format`]: tree to text, in the one layout.
//! 8. [`testing`]: files of tests to their tree.
//! 9. [`suggest`]: "did you mean", for all that names things.
//!
//! This crate reads no file, no clock and no environment; it knows functions only by their
//! [`functions::Signature`] and never runs one.

pub mod check;
pub mod diagnostic;
pub mod format;
pub mod functions;
pub mod limits;
pub mod model;
pub mod source;
pub mod suggest;
pub mod syntax;
pub mod testing;
pub mod types;
