//! The bounds of a rule set. Each has its own finding, so that none is met as a crash.

/// Most bytes of one rule file.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// Deepest nesting of brackets in a rule file. Parsing recurses on it, so it is checked before.
pub const MAX_NESTING: usize = 32;

/// Deepest nesting of JSON in a file of tests. No event may be nested deeper.
pub const MAX_JSON_NESTING: usize = 100;

/// Most operators in one statement, `if` counted. What walks an expression recurses on them.
pub const MAX_OPERATORS: usize = 256;

/// Most rules in a rule set.
pub const MAX_RULES: usize = 10_000;

/// Most lookups in one rule: also the most items that one event can cost.
pub const MAX_LOOKUPS: usize = 64;

/// Most findings reported for one file; the rest is counted.
pub const MAX_FINDINGS: usize = 200;
