//! The grammar's rules in words for people.

use std::collections::BTreeSet;

use super::parser::Rule;
use crate::suggest;

/// What was expected, as a list in words; empty where nothing useful can be said.
pub(super) fn expected(rules: &[Rule]) -> String {
    let words: BTreeSet<&str> = rules.iter().filter_map(|rule| word(*rule)).collect();
    let statements = words.iter().filter(|word| STATEMENTS.contains(word)).count();
    // Behind a whole statement anything may follow: then "a statement" says it.
    let mut words: Vec<&str> = if statements > 3 {
        let mut words: Vec<_> = words.into_iter().filter(|word| !STATEMENTS.contains(word)).collect();
        words.push("a statement");
        words
    } else {
        words.into_iter().collect()
    };
    // An operator could follow any value, so that one is expected says nothing.
    words.retain(|word| *word != OPERATOR);
    suggest::joined(&words, "or")
}

const OPERATOR: &str = "an operator";

const STATEMENTS: [&str; 17] = [
    "`stream`",
    "`when`",
    "`schema`",
    "`lookup`",
    "`copy`",
    "`on`",
    "`set`",
    "`remove`",
    "`drop`",
    "`for`",
    "`decode`",
    "`output`",
    "`rejects`",
    "`prefix`",
    "`one`",
    "`compression`",
    "`partition`",
];

/// The word for one rule; `None` for those that never stand alone in a list of what is expected.
fn word(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::EOI => "the end of the statement",
        Rule::one_item | Rule::one_statement | Rule::one_clause | Rule::WHITESPACE | Rule::COMMENT => {
            return None;
        }
        Rule::table_item | Rule::k_table => "`table`",
        Rule::rule_item | Rule::k_rule => "`rule`",
        Rule::clauses | Rule::block => "`{`",
        Rule::table_clause => "`source`, `key`, `index`, `attributes` or `cache`",
        Rule::index | Rule::k_index => "`index`",
        Rule::declared | Rule::k_attributes => "`attributes`",
        Rule::decode | Rule::k_decode => "`decode`",
        Rule::by | Rule::k_by => "`by`",
        Rule::within | Rule::k_within => "`within`",
        Rule::k_retry => "`retry`",
        Rule::source | Rule::k_source => "`source`",
        Rule::key | Rule::k_key => "`key`",
        Rule::cache | Rule::k_cache => "`cache`",
        Rule::key_part => "a part of the key (`NAME: TYPE`)",
        Rule::declaration => "an attribute with its type (`NAME: TYPE`)",
        Rule::cache_limit => "`missing`, `stale` or `max`",
        Rule::statement => "a statement",
        Rule::stream | Rule::k_stream => "`stream`",
        Rule::when | Rule::k_when => "`when`",
        Rule::schema | Rule::k_schema => "`schema`",
        Rule::lookup | Rule::k_lookup => "`lookup`",
        Rule::copy | Rule::k_copy => "`copy`",
        Rule::on | Rule::k_on => "`on`",
        Rule::set | Rule::k_set => "`set`",
        Rule::remove | Rule::k_remove => "`remove`",
        Rule::drop | Rule::k_drop => "`drop`",
        Rule::for_each | Rule::k_for => "`for`",
        Rule::k_each => "`each`",
        Rule::k_in => "`in`",
        Rule::output | Rule::k_output => "`output`",
        Rule::rejects | Rule::k_rejects => "`rejects`",
        Rule::prefix | Rule::k_prefix => "`prefix`",
        Rule::one | Rule::k_one => "`one`",
        Rule::compression | Rule::k_compression => "`compression`",
        Rule::partition | Rule::k_partition => "`partition`",
        Rule::partition_key => "a partition key (`NAME = VALUE`)",
        Rule::key_value => "a part of the key (`NAME = VALUE`)",
        Rule::everything => "`*`",
        Rule::attributes | Rule::attribute => "the name of an attribute",
        Rule::target => "`to` or `into`",
        Rule::place | Rule::event_path => "a field (`.name`)",
        Rule::cast | Rule::k_as => "`as`",
        Rule::absent => "`default` or `required`",
        Rule::outcome => "`found`, `missing`, `no key` or `error`",
        Rule::expression | Rule::or | Rule::and | Rule::not | Rule::comparison | Rule::coalesce => "a value",
        Rule::sum
        | Rule::product
        | Rule::negation
        | Rule::minus
        | Rule::primary
        | Rule::group
        | Rule::call
        | Rule::reference
        | Rule::number => "a value",
        Rule::quoted | Rule::k_true | Rule::k_false | Rule::k_null | Rule::not_sign | Rule::k_not => {
            "a value"
        }
        Rule::text => "a text (`\"…\"`)",
        Rule::hole | Rule::literal | Rule::escape | Rule::variable => return None,
        Rule::close_group => "`)`",
        Rule::close_hole => "`}`",
        Rule::conditional | Rule::k_if => "a value",
        Rule::k_then => "`then`",
        Rule::k_else => "`else`",
        Rule::or_sign | Rule::and_sign | Rule::comparison_sign | Rule::coalesce_sign => OPERATOR,
        Rule::sum_sign | Rule::product_sign | Rule::k_or | Rule::k_and => OPERATOR,
        Rule::assign => "`=`",
        Rule::colon => "`:`",
        Rule::name => "a name",
        Rule::word | Rule::identifier => "a word",
        Rule::segment | Rule::odd_name => "the name of a field",
        Rule::quantity => "a number with its unit (`30s`)",
        Rule::variable_text | Rule::brace | Rule::stray => return None,
        Rule::identifier_char | Rule::statement_word | Rule::inner_word => return None,
        Rule::k_invalid => "`invalid`",
        Rule::k_from => "`from`",
        Rule::k_where => "`where`",
        Rule::k_except => "`except`",
        Rule::k_to => "`to`",
        Rule::k_into => "`into`",
        Rule::k_required => "`required`",
        Rule::k_default => "`default`",
        Rule::k_no => "`no key`",
        Rule::k_instead => "`instead`",
        Rule::k_object => "`object`",
        Rule::k_per => "`per`",
    })
}
