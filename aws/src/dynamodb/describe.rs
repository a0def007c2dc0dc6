//! What tables are: `DescribeTable`, to hold against what rules declare.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, KeyType as Role,
    LocalSecondaryIndexDescription, Projection, ProjectionType, ScalarAttributeType, TableDescription,
    TableStatus,
};
use enrich_engine::deployed::{Deployed, DeployedIndex};
use enrich_engine::dsl::model::KeyType;
use enrich_engine::lookup::{Attributes, ErrorCode, Failure};
use futures_util::stream::{self, StreamExt};

use super::DynamoDbSource;
use super::ask::{Asking, in_time};
use super::retries::Patience;
use crate::fault::Fault;
use crate::limits::Budget;

/// The parts of a key, with their types.
type Key = Vec<(String, KeyType)>;

impl DynamoDbSource {
    /// What each of these tables is, by name or ARN; `None` for one that does not exist.
    ///
    /// It needs the permission `dynamodb:DescribeTable`, which lookups do not.
    pub async fn describe(&self, tables: &[String]) -> Vec<Result<Option<Deployed>, Failure>> {
        let budget = Budget::until(None, self.clock.as_ref(), &self.limits);
        let asking = self.asking(budget);
        let described = tables.iter().map(|table| asking.describe(table));
        stream::iter(described).buffered(self.limits.in_flight.max(1)).collect().await
    }
}

impl Asking<'_> {
    /// Asks until there is an answer, the request fails for good, or the time is up.
    async fn describe(&self, table: &str) -> Result<Option<Deployed>, Failure> {
        let mut patience = Patience::default();
        loop {
            let fault = match self.describe_once(table).await {
                Ok(deployed) => return Ok(Some(deployed)),
                Err(fault) if fault.code == ErrorCode::Absent => return Ok(None),
                Err(fault) => fault,
            };
            if let Err(fault) = patience.wait_after(fault, self.budget).await {
                return Err(fault.about(format_args!("table `{table}`")));
            }
        }
    }

    async fn describe_once(&self, table: &str) -> Result<Deployed, Fault> {
        let (left, config) = self.attempt()?;
        let sending =
            self.client.describe_table().table_name(table).customize().config_override(config).send();
        let answer = in_time(left, sending, Fault::of).await?;
        let unclear = || Fault::new(ErrorCode::NoAnswer, "the answer can't be understood");
        answer.table.as_ref().and_then(deployed).ok_or_else(unclear)
    }
}

/// The table; `None` where the description lacks what every table has.
fn deployed(table: &TableDescription) -> Option<Deployed> {
    let types = table.attribute_definitions();
    let own = key(table.key_schema(), types)?;
    let global = table.global_secondary_indexes().iter().map(|index| global(index, &own, types));
    let local = table.local_secondary_indexes().iter().map(|index| local(index, types));
    let indexes = global.chain(local).collect::<Option<Vec<_>>>()?;
    let state = match table.table_status() {
        // While it is changed, a table answers.
        None | Some(TableStatus::Active | TableStatus::Updating) => None,
        Some(state) => Some(state.as_str().to_owned()),
    };
    Some(Deployed::new(own, indexes).inactive(state))
}

fn global(
    index: &GlobalSecondaryIndexDescription,
    table: &Key,
    types: &[AttributeDefinition],
) -> Option<DeployedIndex> {
    let own = key(index.key_schema(), types)?;
    let holds = holds(index.projection()?, table.iter().chain(&own))?;
    let state = match index.index_status() {
        None | Some(IndexStatus::Active | IndexStatus::Updating) => None,
        Some(state) => Some(state.as_str().to_owned()),
    };
    Some(DeployedIndex::new(index.index_name()?, own, holds).inactive(state))
}

/// What a local index lacks DynamoDB fetches from the table. It is active whenever its table is.
fn local(index: &LocalSecondaryIndexDescription, types: &[AttributeDefinition]) -> Option<DeployedIndex> {
    Some(DeployedIndex::new(index.index_name()?, key(index.key_schema(), types)?, Attributes::All))
}

/// The partition key, then the sort key.
fn key(schema: &[KeySchemaElement], types: &[AttributeDefinition]) -> Option<Key> {
    let mut parts: Vec<_> = schema.iter().collect();
    parts.sort_by_key(|part| *part.key_type() != Role::Hash);
    let part = |part: &KeySchemaElement| {
        let name = part.attribute_name();
        let definition = types.iter().find(|definition| definition.attribute_name() == name)?;
        let ty = match definition.attribute_type() {
            ScalarAttributeType::S => KeyType::String,
            ScalarAttributeType::N => KeyType::Number,
            ScalarAttributeType::B => KeyType::Binary,
            _ => return None,
        };
        Some((name.to_owned(), ty))
    };
    let parts: Key = parts.into_iter().map(part).collect::<Option<_>>()?;
    (!parts.is_empty()).then_some(parts)
}

/// What an index holds: every index holds its own key and the table's.
fn holds<'a>(
    projection: &Projection,
    keys: impl Iterator<Item = &'a (String, KeyType)>,
) -> Option<Attributes> {
    let chosen = match projection.projection_type()? {
        ProjectionType::All => return Some(Attributes::All),
        ProjectionType::KeysOnly => &[],
        ProjectionType::Include => projection.non_key_attributes(),
        _ => return None,
    };
    let keys = keys.map(|(name, _)| name.clone());
    Some(Attributes::Named(keys.chain(chosen.iter().cloned()).collect::<BTreeSet<_>>()))
}
