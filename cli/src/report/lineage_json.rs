//! Where fields come from, for programs: the document that `docs/check.md` describes.

use enrich_engine::dsl::functions::Type;
use enrich_engine::dsl::model::Literal;
use enrich_engine::report::{
    Derived, FieldLineage, LookupLineage, Origin as FieldOrigin, RuleLineage, Write as FieldWrite,
};
use serde::Serialize;

use super::names;

/// The document of `check --lineage json`.
#[must_use]
pub fn json(rules: &[RuleLineage]) -> String {
    super::pretty(&Document { rules: rules.iter().map(Rule::of).collect() })
}

#[derive(Serialize)]
struct Document<'a> {
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
struct Rule<'a> {
    rule: &'a str,
    streams: &'a [String],
    lookups: Vec<Lookup<'a>>,
    fields: Vec<Field<'a>>,
    removed: Vec<Removed>,
}

#[derive(Serialize)]
struct Lookup<'a> {
    lookup: &'a str,
    table: &'a str,
    source: &'a str,
    index: Option<&'a str>,
    each: Option<String>,
    key: Vec<KeyPart<'a>>,
}

#[derive(Serialize)]
struct KeyPart<'a> {
    part: &'a str,
    from: Vec<Origin<'a>>,
    functions: &'a [String],
}

#[derive(Serialize)]
struct Field<'a> {
    path: String,
    arrived: bool,
    writes: Vec<Write<'a>>,
}

#[derive(Serialize)]
struct Removed {
    path: String,
    always: bool,
}

#[derive(Serialize)]
struct Write<'a> {
    statement: &'static str,
    lookup: Option<&'a str>,
    outcomes: Vec<&'static str>,
    from: Vec<Origin<'a>>,
    functions: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    cast: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Constant<'a>>,
}

/// A value with its type and its text: a number keeps its digits.
#[derive(Serialize)]
struct Constant<'a> {
    r#type: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Origin<'a> {
    Attribute {
        lookup: &'a str,
        table: &'a str,
        path: String,
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        except: &'a [String],
    },
    Event {
        path: String,
    },
    Record {
        field: &'static str,
    },
    Error {
        field: &'static str,
    },
    Constant(Constant<'a>),
    Variable {
        name: &'a str,
    },
    Unknown,
}

impl<'a> Rule<'a> {
    fn of(rule: &'a RuleLineage) -> Self {
        let removed = rule.removed.iter();
        Self {
            rule: &rule.rule,
            streams: &rule.streams,
            lookups: rule.lookups.iter().map(Lookup::of).collect(),
            fields: rule.fields.iter().map(Field::of).collect(),
            removed: removed.map(|one| Removed { path: one.path.to_string(), always: one.always }).collect(),
        }
    }
}

impl<'a> Lookup<'a> {
    fn of(lookup: &'a LookupLineage) -> Self {
        let key = lookup.key.iter().map(|key| KeyPart {
            part: &key.part,
            from: origins(&key.value),
            functions: &key.value.functions,
        });
        Self {
            lookup: &lookup.name,
            table: &lookup.table,
            source: &lookup.source,
            index: lookup.index.as_deref(),
            each: lookup.each.as_ref().map(ToString::to_string),
            key: key.collect(),
        }
    }
}

impl<'a> Field<'a> {
    fn of(field: &'a FieldLineage) -> Self {
        let writes = field.writes.iter().map(Write::of).collect();
        Self { path: field.path.to_string(), arrived: field.arrived, writes }
    }
}

impl<'a> Write<'a> {
    fn of(write: &'a FieldWrite) -> Self {
        Self {
            statement: names::statement(write.statement),
            lookup: write.lookup.as_deref(),
            outcomes: write.outcomes.iter().map(|outcome| outcome.as_str()).collect(),
            from: origins(&write.value),
            functions: &write.value.functions,
            cast: write.cast.map(Type::as_str),
            default: write.default.as_ref().map(Constant::of),
        }
    }
}

fn origins(derived: &Derived) -> Vec<Origin<'_>> {
    derived.from.iter().map(Origin::of).collect()
}

impl<'a> Origin<'a> {
    fn of(origin: &'a FieldOrigin) -> Self {
        match origin {
            FieldOrigin::Attribute { lookup, table, path, except } => {
                Origin::Attribute { lookup, table, path: names::attribute(path), except }
            }
            FieldOrigin::Event(path) => Origin::Event { path: path.to_string() },
            FieldOrigin::Record(field) => Origin::Record { field: names::record_field(*field) },
            FieldOrigin::Error(field) => Origin::Error { field: names::error_field(*field) },
            FieldOrigin::Constant(literal) => Origin::Constant(Constant::of(literal)),
            FieldOrigin::Variable(name) => Origin::Variable { name },
            _ => Origin::Unknown,
        }
    }
}

impl<'a> Constant<'a> {
    fn of(literal: &'a Literal) -> Self {
        let (r#type, value) = match literal {
            Literal::Boolean(true) => ("boolean", "true"),
            Literal::Boolean(false) => ("boolean", "false"),
            Literal::Number(text) => ("number", text.as_str()),
            Literal::String(text) => ("string", text.as_str()),
            _ => ("null", "null"),
        };
        Self { r#type, value }
    }
}
