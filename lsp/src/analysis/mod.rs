//! What can be said of a place in a rule file.
//!
//! 1. [`set`]: the files of one folder, as an editor has them, checked together.
//! 2. [`cursor`]: where a place is, told from the words before it: that works in text that does not parse.
//! 3. [`names`]: what each name of a file means, told from its tree.
//! 4. [`hover`], [`completion`], [`definition`], [`rename`], [`symbols`], [`actions`]: one question each.
//!
//! Places are offsets in bytes; [`lines`] makes of them what an editor counts.

pub mod actions;
pub mod completion;
pub mod cursor;
pub mod definition;
pub mod hover;
pub mod keywords;
pub mod lines;
pub mod names;
pub mod rename;
pub mod set;
pub mod symbols;
mod tables;
mod words;
