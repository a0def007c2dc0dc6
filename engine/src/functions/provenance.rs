//! `provenance`

use enrich_dsl::functions::{Example, Group, Signature, Type};

use super::Function;

const SIGNATURE: Signature = Signature {
    name: enrich_dsl::functions::PROVENANCE,
    group: Group::Other,
    summary: "Where the fields come from that the rule has added so far: its name, the rule set's hash, and for each \
              lookup the table, how it ended, how old its answer is, a hash of its key and the fields out of it. It \
              stands in a `set` alone.",
    parameters: &[],
    returns: Type::Object,
    examples: &[Example::new("type_of(provenance())", r#""object""#)],
};

pub(super) fn function() -> Function {
    Function::of_decisions(SIGNATURE)
}
