//! The registry of findings: every kind, its name, its gravity, one sentence on what it means, and
//! its page.

use super::Severity;

/// Declares the codes: a variant, its name in output, its severity, its summary.
macro_rules! codes {
    ($($(#[doc = $summary:literal])+ $variant:ident = $name:literal $severity:ident;)+) => {
        /// What kind a finding is. The names are stable: suppressions and other tools refer to them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $summary])+ $variant,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The name that output shows.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name),+ }
            }

            /// How grave findings of this kind are.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity),+ }
            }

            /// One sentence on what findings of this kind mean.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Code::$variant => concat!($($summary),+).trim_ascii()),+ }
            }

            /// Its page, in Markdown: what it means, a rule that has it, what is said, and the mend.
            #[must_use]
            pub fn page(self) -> &'static str {
                // A code without a page does not compile.
                match self {
                    $(Code::$variant => include_str!(concat!("../../../docs/codes/", $name, ".md"))),+
                }
            }
        }
    };
}

codes! {
    /// The text is not a statement of the language.
    Syntax = "syntax" Error;
    /// A `{` or `(` is never closed, or a closing one was never opened.
    Unclosed = "unclosed" Error;
    /// A text begins with `"` and does not end on its line.
    UnclosedText = "unclosed-text" Error;
    /// A file holds something that is neither a table nor a rule.
    UnknownItem = "unknown-item" Error;
    /// A statement begins with a word that begins none.
    UnknownStatement = "unknown-statement" Error;
    /// A word stands where only certain others can.
    UnknownWord = "unknown-word" Error;
    /// A statement stands where its kind can't stand.
    MisplacedStatement = "misplaced-statement" Error;
    /// `=` stands where values are compared, or `==` where one is set.
    Equals = "equals" Error;
    /// A text is in other quotes than double ones or in none, or a name is in quotes.
    Quotes = "quotes" Error;
    /// An operator of another language.
    Operator = "operator" Error;
    /// Comparisons are chained.
    ChainedComparison = "chained-comparison" Error;
    /// `??` stands beside another operator without parentheses.
    MixedCoalesce = "mixed-coalesce" Error;
    /// A text has an escape that does not exist.
    Escape = "escape" Error;
    /// A text has a `}` that closes nothing.
    StrayBrace = "stray-brace" Error;
    /// A `${…}` does not hold the name of a variable.
    Variable = "variable" Error;
    /// A text has a hole where only variables can be filled in.
    Hole = "hole" Error;
    /// A file is longer than a rule file may be.
    TooLong = "too-long" Error;
    /// Brackets are nested deeper than they may be.
    TooDeep = "too-deep" Error;
    /// There are more rules, lookups or findings than there may be.
    TooMany = "too-many" Error;
    /// Two things have the same name.
    DuplicateName = "duplicate-name" Error;
    /// A name is one that the language uses itself.
    ReservedName = "reserved-name" Error;
    /// A statement that can be given once is given twice.
    RepeatedStatement = "repeated-statement" Error;
    /// A table or a rule lacks a statement that it needs.
    MissingStatement = "missing-statement" Error;
    /// A table's source is of a kind that is not known.
    UnknownSource = "unknown-source" Error;
    /// A type is not one of the language's.
    UnknownType = "unknown-type" Error;
    /// A duration or size can't be read.
    Quantity = "quantity" Error;
    /// A lookup names a table that is not declared.
    UnknownTable = "unknown-table" Error;
    /// A name is not a lookup that stands above.
    UnknownName = "unknown-name" Error;
    /// A field that can never be there: the schema, the language or a statement above rules it out.
    UnknownField = "unknown-field" Error;
    /// A field that the schema does not name looks like one that it names.
    MisspeltField = "misspelt-field" Warning;
    /// A table that declares its attributes does not declare this one.
    UnknownAttribute = "unknown-attribute" Error;
    /// A field is compared with a value that the schema does not allow it.
    UnknownValue = "unknown-value" Warning;
    /// The schema makes a `when` the same for every event.
    ConstantWhen = "constant-when" Warning;
    /// A function is not in the registry.
    UnknownFunction = "unknown-function" Error;
    /// A function is called with too few or too many arguments.
    ArgumentCount = "argument-count" Error;
    /// An argument has another type than the function takes.
    ArgumentType = "argument-type" Error;
    /// A time format can't be used.
    TimeFormat = "time-format" Error;
    /// `where` does not name each part of the table's key once.
    KeyParts = "key-parts" Error;
    /// A part of a key can't have the type that the table declares.
    KeyType = "key-type" Error;
    /// A key reads a field that an earlier statement may write.
    LateKey = "late-key" Error;
    /// A `for each` goes over what is no array.
    NotAnArray = "not-an-array" Error;
    /// A field is written inside of what is no object.
    NotAnObject = "not-an-object" Error;
    /// A statement replaces what another one has written.
    OverlappingWrites = "overlapping-writes" Warning;
    /// A `copy` replaces a field of the event that the schema names.
    OverwrittenField = "overwritten-field" Warning;
    /// A rule has no output, and its caller takes nothing back.
    NoOutput = "no-output" Error;
    /// The target of a `copy` does not fit what is copied.
    CopyTarget = "copy-target" Error;
    /// A `default` is not a plain value, or not of the type of the copy.
    Default = "default" Error;
    /// An output or a rejects destination can't be used.
    Destination = "destination" Error;
    /// A partition key is there twice, or its value can't be one.
    Partition = "partition" Error;
    /// A partition key may have no value.
    PartitionAbsent = "partition-absent" Warning;
    /// A schema can't be read.
    MissingSchema = "missing-schema" Error;
    /// A schema is not valid JSON Schema.
    BrokenSchema = "broken-schema" Error;
    /// A table does not exist at its source.
    TableAbsent = "table-absent" Error;
    /// A table has another key at its source than it is declared with.
    TableDiffers = "table-differs" Error;
    /// A table has no such index at its source.
    IndexAbsent = "index-absent" Error;
    /// A table or an index answers no lookups at this time.
    NotActive = "not-active" Error;
    /// An index does not hold an attribute that is taken out of its items.
    NotProjected = "not-projected" Error;
    /// An earlier rule of the file takes all events of the rule's streams.
    UnreachableRule = "unreachable-rule" Warning;
    /// Rules of different files take the same stream.
    OverlappingRules = "overlapping-rules" Error;
    /// A table is declared and never looked up in.
    UnusedTable = "unused-table" Warning;
    /// A lookup changes nothing, and nothing reads it.
    UnusedLookup = "unused-lookup" Warning;
    /// A rule set has no rule.
    NoRule = "no-rule" Error;
    /// A comment that should silence a warning does not say which one, or not why.
    Allow = "allow" Warning;
    /// A comment silences a warning that is not there.
    UnusedAllow = "unused-allow" Warning;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_plain() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
        assert!(Code::ALL.iter().all(|code| code.summary().ends_with('.')));
    }
}
