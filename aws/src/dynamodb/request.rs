//! From the keys of one request to what `BatchGetItem` and `Query` take.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use enrich_engine::lookup::{Attributes, ErrorCode, KeyValue, TableQuestions};

use super::plan::Asked;
use crate::fault::Fault;

/// The longest expression, in bytes, that DynamoDB takes.
const MAX_EXPRESSION: usize = 4096;

/// The longest attribute name, in bytes, that an alias may stand for.
const MAX_NAME: usize = 255;

/// The tables and keys of one request.
pub(super) fn items(part: &[Asked<'_>]) -> Result<HashMap<String, KeysAndAttributes>, Fault> {
    let mut items = HashMap::new();
    for run in part.chunk_by(|left, right| left.table == right.table) {
        let [first, ..] = run else { continue };
        let projection = Projection::of(first.question);
        let request = KeysAndAttributes::builder()
            .set_keys(Some(run.iter().map(key).collect()))
            .set_projection_expression(projection.as_ref().map(|projection| projection.expression.clone()))
            .set_expression_attribute_names(projection.map(|projection| projection.names))
            .build()
            .map_err(|error| Fault::new(ErrorCode::Refused, error.to_string()))?;
        items.insert(first.question.table.name.clone(), request);
    }
    Ok(items)
}

fn key(asked: &Asked<'_>) -> HashMap<String, AttributeValue> {
    let names = asked.question.table.key.iter().map(|(name, _)| name.clone());
    names.zip(asked.key.parts().iter().map(attribute)).collect()
}

/// What `Query` takes to ask for one key of an index.
pub(super) struct Terms {
    pub(super) condition: String,
    pub(super) values: HashMap<String, AttributeValue>,
    /// `None` where all that the index holds is asked for.
    pub(super) projection: Option<String>,
    pub(super) names: HashMap<String, String>,
}

/// The terms for that key. `whole` asks for all that the index holds.
pub(super) fn terms(asked: &Asked<'_>, whole: bool) -> Terms {
    let projection = if whole { None } else { Projection::of(asked.question) };
    let (projection, mut names) =
        projection.map_or_else(Default::default, |it| (Some(it.expression), it.names));
    let mut values = HashMap::new();
    let mut conditions = Vec::new();
    for (at, ((name, _), part)) in asked.question.table.key.iter().zip(asked.key.parts()).enumerate() {
        conditions.push(format!("#k{at} = :k{at}"));
        names.insert(format!("#k{at}"), name.clone());
        values.insert(format!(":k{at}"), attribute(part));
    }
    Terms { condition: conditions.join(" AND "), values, projection, names }
}

fn attribute(part: &KeyValue) -> AttributeValue {
    match part {
        KeyValue::String(text) => AttributeValue::S(text.clone()),
        KeyValue::Number(digits) => AttributeValue::N(digits.clone()),
        KeyValue::Binary(bytes) => AttributeValue::B(Blob::new(bytes.as_slice())),
        // The plan lets no other type through; DynamoDB refuses this one, and it fails alone.
        _ => AttributeValue::Null(true),
    }
}

/// Which attributes are wanted. Every name is behind an alias, since hundreds of words (`name`,
/// `status`, `location`) are reserved.
struct Projection {
    expression: String,
    names: HashMap<String, String>,
}

impl Projection {
    /// The attributes that the rules read, and the key, by which an item is matched to its question.
    /// `None`, which means all attributes, also where they don't fit in an expression.
    fn of(question: &TableQuestions) -> Option<Self> {
        let Attributes::Named(named) = &*question.attributes else { return None };
        let key = question.table.key.iter().map(|(name, _)| name);
        let wanted: BTreeSet<&String> = key.chain(named).filter(|name| !name.is_empty()).collect();
        if wanted.iter().any(|name| name.len() > MAX_NAME) {
            return None;
        }
        let aliases: Vec<String> = (0..wanted.len()).map(|at| format!("#a{at}")).collect();
        let expression = aliases.join(",");
        if expression.len() > MAX_EXPRESSION {
            return None;
        }
        let names = aliases.into_iter().zip(wanted.into_iter().cloned()).collect();
        Some(Self { expression, names })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use enrich_dsl::model::KeyType;
    use enrich_engine::lookup::Table;

    use super::*;

    fn projection(named: impl IntoIterator<Item = String>) -> Option<Projection> {
        let table = Arc::new(Table::new("t", vec![("id".to_owned(), KeyType::String)]));
        let attributes = Attributes::Named(named.into_iter().collect());
        Projection::of(&TableQuestions::new(table, vec![], attributes))
    }

    #[test]
    fn what_is_named_and_the_key_each_once_behind_an_alias() {
        let names = ["status", "id", "name", ""].map(str::to_owned);
        let projection = projection(names).expect("it fits");
        assert_eq!(projection.expression, "#a0,#a1,#a2");
        let mut named: Vec<_> =
            projection.names.iter().map(|(alias, name)| format!("{alias}={name}")).collect();
        named.sort();
        assert_eq!(named, ["#a0=id", "#a1=name", "#a2=status"]);
        assert_eq!(super::tests::projection([]).map(|it| it.expression).as_deref(), Some("#a0"));
    }

    #[test]
    fn all_attributes_where_the_names_do_not_fit() {
        assert!(projection(["n".repeat(255)]).is_some());
        assert!(projection(["n".repeat(256)]).is_none());
        assert!(projection((0..600).map(|at| at.to_string())).is_some());
        assert!(projection((0..1_000).map(|at| at.to_string())).is_none());
    }
}
