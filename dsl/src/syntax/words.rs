//! The words that statements and clauses begin with, and those inside them.

/// The words that begin a statement of a rule.
pub(super) const STATEMENTS: &[&str] = &[
    "stream",
    "when",
    "schema",
    "lookup",
    "copy",
    "on",
    "set",
    "remove",
    "drop",
    "output",
    "rejects",
    "prefix",
    "one",
    "compression",
    "for",
    "decode",
    "partition",
];

/// The words that begin a clause of a table.
pub(super) const CLAUSES: &[&str] = &["source", "key", "index", "attributes", "cache"];

/// Words inside statements: a line that begins with one goes on with the statement above it.
pub(super) const INNER: &[&str] = &[
    "from", "where", "to", "into", "as", "default", "required", "except", "instead", "and", "or", "not",
    "per", "object", "each", "in", "if", "then", "else", "missing", "stale", "max", "true", "false", "null",
];

/// The outcomes of a lookup, each as the word that it begins with.
pub(super) const OUTCOMES: &[&str] = &["found", "missing", "no", "error"];
