//! The words of the language: those that statements and clauses begin with, and those inside them.
//!
//! [`KEYWORDS`] is all that the grammar knows by name; other words mean something in one place only.

/// The words that begin a statement of a rule.
pub const STATEMENTS: &[&str] = &[
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
pub const CLAUSES: &[&str] = &["source", "key", "index", "attributes", "cache"];

/// Words inside statements: a line that begins with one goes on with the statement above it.
pub(super) const INNER: &[&str] = &[
    "from", "where", "to", "into", "as", "default", "required", "except", "instead", "and", "or", "not",
    "per", "object", "each", "in", "if", "then", "else", "missing", "stale", "max", "true", "false", "null",
];

/// The outcomes of a lookup, each as the word that it begins with.
pub(super) const OUTCOMES: &[&str] = &["found", "missing", "no", "error"];

/// Every keyword, in the order of the alphabet: for editors, and for all that colours rules.
pub const KEYWORDS: &[&str] = &[
    "and",
    "as",
    "attributes",
    "by",
    "cache",
    "compression",
    "copy",
    "decode",
    "default",
    "drop",
    "each",
    "else",
    "except",
    "false",
    "for",
    "from",
    "if",
    "in",
    "index",
    "instead",
    "into",
    "invalid",
    "key",
    "lookup",
    "no",
    "not",
    "null",
    "object",
    "on",
    "one",
    "or",
    "output",
    "partition",
    "per",
    "prefix",
    "rejects",
    "remove",
    "required",
    "retry",
    "rule",
    "schema",
    "set",
    "source",
    "stream",
    "table",
    "then",
    "to",
    "true",
    "when",
    "where",
    "within",
];

/// The words that stand in the place of a name, each with the keyword that it follows: `decode gzip`.
pub const CHOICES: &[(&str, &[&str])] = &[
    ("source", &["dynamodb"]),
    ("cache", &["missing", "stale", "max"]),
    ("decode", &["base64", "gzip", "zlib", "glue"]),
    ("on", &["found", "missing", "no", "error", "invalid"]),
    ("invalid", &["reject", "drop"]),
    ("output", &["s3", "firehose"]),
    ("rejects", &["s3", "sqs"]),
    ("per", &["record", "batch"]),
    ("compression", &["none", "gzip", "zstd"]),
    ("as", &["string", "number", "boolean"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_grammar_knows_these_and_no_others() {
        let grammar = include_str!("grammar.pest");
        let known = grammar.lines().filter_map(|line| {
            let (name, rule) = line.split_once(" = ")?;
            name.starts_with("k_").then(|| rule.split('"').nth(1))?
        });
        let known: BTreeSet<&str> = known.collect();
        assert_eq!(KEYWORDS.iter().copied().collect::<BTreeSet<_>>(), known);
        assert!(KEYWORDS.is_sorted());
        assert!(STATEMENTS.iter().chain(CLAUSES).all(|word| KEYWORDS.contains(word)));
    }
}
