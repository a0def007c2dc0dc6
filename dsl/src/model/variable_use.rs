//! What a variable is used for.

/// What a variable is used for: a local run needs no sources and no outputs, and so not their variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum VariableUse {
    /// In a statement or a stream's name.
    Rule,
    /// In the name of a table's source.
    Source,
    /// In an output or a rejects destination.
    Output,
}
