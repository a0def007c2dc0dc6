//! A DynamoDB in this process.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType as Role, Projection, ProjectionType, PutRequest, ScalarAttributeType, WriteRequest,
};
use dynoxide::Database;
use enrich_dsl::model::KeyType;

use super::proxy::Proxy;
use super::{Task, clients, listen};

/// An item, as the SDK has it.
pub(crate) type Row = HashMap<String, AttributeValue>;

/// The parts of a key.
pub(crate) type Parts<'a> = &'a [(&'a str, KeyType)];

/// A DynamoDB behind a proxy. It ends with its value.
pub(crate) struct Tables {
    pub(crate) proxy: Proxy,
    /// Goes past the proxy.
    direct: Client,
    _server: Task,
}

impl Tables {
    pub(crate) async fn start() -> Self {
        let (listener, address) = listen().await;
        let database = Database::memory().expect("a database in memory");
        let server = Task::spawn(async move {
            let _ = dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()).await;
        });
        let direct = clients(&address).await.dynamodb;
        Self { proxy: Proxy::to(&address).await, direct, _server: server }
    }

    /// A client that goes through the proxy.
    pub(crate) async fn client(&self) -> Client {
        clients(&self.proxy.address).await.dynamodb
    }

    /// Makes a table with that key, and these rows in it.
    pub(crate) async fn create(&self, name: &str, key: Parts<'_>, rows: Vec<Row>) {
        self.create_indexed(name, key, &[], rows).await;
    }

    /// Makes a table with global indexes of those names and keys, each with all attributes of the items
    /// or, where its name says `keys`, with the keys only.
    pub(crate) async fn create_indexed(
        &self,
        name: &str,
        key: Parts<'_>,
        indexes: &[(&str, Parts<'_>)],
        rows: Vec<Row>,
    ) {
        let parts = indexes.iter().flat_map(|(_, key)| *key).chain(key);
        let types: BTreeMap<_, _> = parts.map(|(part, ty)| (*part, scalar(*ty))).collect();
        let definitions = types.into_iter().map(|(part, ty)| {
            let definition = AttributeDefinition::builder().attribute_name(part).attribute_type(ty);
            definition.build().expect("a definition")
        });
        let request = self
            .direct
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(definitions.collect()))
            .set_key_schema(Some(schema(key)))
            .set_global_secondary_indexes((!indexes.is_empty()).then(|| indexes.iter().map(index).collect()));
        request.send().await.expect("a table");
        for rows in rows.chunks(25) {
            let puts = rows.iter().map(|row| {
                let put = PutRequest::builder().set_item(Some(row.clone())).build().expect("a row");
                WriteRequest::builder().put_request(put).build()
            });
            let written = self.direct.batch_write_item().request_items(name, puts.collect()).send().await;
            let left = written.expect("rows").unprocessed_items.unwrap_or_default();
            assert!(left.is_empty(), "all rows of {name} are written");
        }
    }

    /// Makes a table `name` with the text key `id`, whose rows are `{id: KEY, label: "NAME KEY"}`.
    pub(crate) async fn create_labelled(&self, name: &str, keys: impl IntoIterator<Item = String>) {
        let label = |key: &str| s(&format!("{name} {key}"));
        let rows = keys.into_iter().map(|key| row([("label", label(&key)), ("id", s(&key))]));
        self.create(name, &[("id", KeyType::String)], rows.collect()).await;
    }
}

fn scalar(ty: KeyType) -> ScalarAttributeType {
    match ty {
        KeyType::String => ScalarAttributeType::S,
        KeyType::Number => ScalarAttributeType::N,
        KeyType::Binary => ScalarAttributeType::B,
    }
}

fn schema(key: Parts<'_>) -> Vec<KeySchemaElement> {
    let roles = key.iter().zip([Role::Hash, Role::Range]);
    let element = |((part, _), role): (&(&str, _), _)| {
        KeySchemaElement::builder().attribute_name(*part).key_type(role).build().expect("a key")
    };
    roles.map(element).collect()
}

fn index((name, key): &(&str, Parts<'_>)) -> GlobalSecondaryIndex {
    let held = if name.contains("keys") { ProjectionType::KeysOnly } else { ProjectionType::All };
    GlobalSecondaryIndex::builder()
        .index_name(*name)
        .set_key_schema(Some(schema(key)))
        .projection(Projection::builder().projection_type(held).build())
        .build()
        .expect("an index")
}

pub(crate) fn row<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Row {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(crate) fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(crate) fn n(digits: &str) -> AttributeValue {
    AttributeValue::N(digits.to_owned())
}
