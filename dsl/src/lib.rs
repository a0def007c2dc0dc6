//! The rule language: text in, checked rules out, and a located finding for everything that is wrong.
//!
//! ```
//! use enrich_dsl::check::{Environment, check};
//! use enrich_dsl::diagnostic::{Code, render};
//! use enrich_dsl::source::Sources;
//!
//! let mut files = Sources::new();
//! files.add(
//!     "clicks.enrich",
//!     r#"table users { source dynamodb "users" key id: string }
//! rule clicks { stream "clicks" lookup user from usrs where id = .user { copy name } }"#,
//! );
//! let checked = check(&files, &Environment::new(vec![], vec!["dynamodb"]));
//!
//! let finding = &checked.findings[0];
//! assert_eq!(finding.code, Code::UnknownTable);
//! assert_eq!(
//!     render::concise(finding, &files),
//!     "clicks.enrich:2:48: error[unknown-table] there is no table `usrs`"
//! );
//! assert!(render::full(finding, &files, false).contains("did you mean `users`?"));
//! ```
//!
//! Programs that run rules take the engine: it checks with this crate, and knows functions and schemas too.
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
