//! The shipped rules make of each event what the handlers they replace made of it.
//!
//! The cases come from running those handlers (see `lambda/tests/recipes/README.md`). Where a case
//! says that ours differs on purpose, `ours` counts.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use enrich_aws::SystemClock;
use enrich_aws::dynamodb::DynamoDbSource;
use enrich_dsl::model::KeyType;
use enrich_dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::json::{Document, Kind, Node, compare_numbers};
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

use crate::support::proxy::Action;
use crate::support::tables::{Row, Tables};

#[tokio::test]
async fn clickstream() {
    recipe("clickstream", "PROFILES_TABLE", "user_id").await;
}

#[tokio::test]
async fn products() {
    recipe("products", "PRODUCTS_TABLE", "productId").await;
}

async fn recipe(name: &str, variable: &'static str, key: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cases = read(&root.join(format!("lambda/tests/recipes/{name}/cases.json")));
    let cases = Document::parse(cases.as_bytes()).expect("the cases");
    let tables = Tables::start().await;
    let mut wrong = Vec::new();
    let mut count = 0;
    for (at, case) in cases.root().elements().enumerate() {
        let table = format!("{name}-{at}");
        let member = |name: &str| case.get(name).filter(|node| !node.is_null());
        let text = |name: &str| member(name).and_then(Node::as_str).map(std::borrow::Cow::into_owned);
        let fault = text("fault");
        if fault.as_deref() != Some("absent") {
            let rows = case.get("items").expect("items").elements().map(row).collect();
            tables.create(&table, &[(key, KeyType::String)], rows).await;
        }
        inject(&tables, fault.as_deref());
        let engine = engine(&root, name, variable, table, &tables).await;
        let event = text("event").expect("an event");
        let record = Record::new(event, Origin::stream(stream(name)));
        let now = Timestamp::parse("2026-11-21T10:00:00Z").expect("a time");
        let outcome = engine.enrich(std::slice::from_ref(&record), Context::at(now)).await;

        let expected = member("ours").or(member("expected")).expect("an outcome");
        let found = match &outcome.verdicts[0] {
            Verdict::Enriched { event, .. } => String::from_utf8(event.to_vec()).expect("text"),
            Verdict::Rejected { .. } => "\"<rejected>\"".to_owned(),
            other => format!("\"{other:?}\""),
        };
        if !Document::parse(found.as_bytes()).is_ok_and(|found| same(found.root(), expected)) {
            wrong.push(format!("{:?}\n  expected {}\n  found    {found}", text("name"), expected.raw()));
        }
        count += 1;
    }
    assert!(count >= 50, "{count} cases");
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}

fn stream(name: &str) -> &'static str {
    if name == "clickstream" { "data-enrichment-stream-1" } else { "raw-events-1" }
}

async fn engine(root: &Path, name: &str, variable: &'static str, table: String, tables: &Tables) -> Engine {
    let mut sources = Sources::new();
    sources.add(format!("rules/{name}.enrich"), read(&root.join(format!("rules/{name}.enrich"))));
    let schemas = root.to_owned();
    let schema = move |path: &str| Ok(read(&schemas.join(path)).into_bytes());
    let rules = Rules::from_sources(&sources, &Registry::standard(), &schema).expect("the shipped rules");
    let source = DynamoDbSource::new(tables.client().await, Arc::new(SystemClock));
    let mut limits = source.limits();
    // A table that is throttled for ever need not be waited for that long.
    limits.longest = Duration::from_millis(200);
    limits.reserve = Duration::ZERO;
    Engine::builder(rules)
        .source("dynamodb", source.with_limits(limits))
        .variables(move |asked| (asked == variable).then(|| table.clone()))
        .build()
        .expect("an engine")
}

fn inject(tables: &Tables, fault: Option<&str>) {
    let code = match fault {
        Some("throttled") => "ProvisionedThroughputExceededException",
        Some("denied") => "AccessDeniedException",
        _ => return tables.proxy.script(|_, _| Action::Pass),
    };
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"injected"}}"#);
    tables.proxy.script(move |_, _| Action::Answer { status: 400, body: body.clone() });
}

#[expect(clippy::disallowed_methods, reason = "the cases are files")]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether a document is the expected one: numbers by value, members in any order, any text in place
/// of a clock or an error.
fn same(found: Node<'_>, expected: Node<'_>) -> bool {
    if let Some("<clock>" | "<error>") = expected.as_str().as_deref() {
        return found.as_str().is_some_and(|text| !text.is_empty());
    }
    if found.kind() != expected.kind() {
        return false;
    }
    match found.kind() {
        Kind::Number => compare_numbers(found.raw(), expected.raw()) == Some(Ordering::Equal),
        Kind::String => found.as_str() == expected.as_str(),
        Kind::Array => {
            found.elements().count() == expected.elements().count()
                && found.elements().zip(expected.elements()).all(|(found, expected)| same(found, expected))
        }
        Kind::Object => {
            // A name that is there twice passes through twice; readers take the last.
            let names = |node: Node<'_>| -> BTreeSet<String> {
                node.members().map(|(name, _)| name.text().into_owned()).collect()
            };
            names(found) == names(expected)
                && expected
                    .members()
                    .all(|(name, value)| found.get(&name.text()).is_some_and(|found| same(found, value)))
        }
        Kind::Null | Kind::Bool => found.raw() == expected.raw(),
    }
}

/// A row from an item as DynamoDB's own JSON writes it.
fn row(item: Node<'_>) -> Row {
    item.members().map(|(name, value)| (name.text().into_owned(), attribute(value))).collect()
}

fn attribute(node: Node<'_>) -> AttributeValue {
    let (kind, value) = node.members().next().expect("a typed value");
    let text = |node: Node<'_>| node.as_str().expect("text").into_owned();
    let bytes = |node: Node<'_>| {
        Blob::new(base64::engine::general_purpose::STANDARD.decode(text(node)).expect("base64"))
    };
    match kind.text().as_ref() {
        "S" => AttributeValue::S(text(value)),
        "N" => AttributeValue::N(text(value)),
        "B" => AttributeValue::B(bytes(value)),
        "BOOL" => AttributeValue::Bool(value.as_bool().expect("a boolean")),
        "NULL" => AttributeValue::Null(true),
        "SS" => AttributeValue::Ss(value.elements().map(text).collect()),
        "NS" => AttributeValue::Ns(value.elements().map(text).collect()),
        "BS" => AttributeValue::Bs(value.elements().map(bytes).collect()),
        "L" => AttributeValue::L(value.elements().map(attribute).collect()),
        "M" => AttributeValue::M(row(value)),
        other => panic!("`{other}` is no type of DynamoDB"),
    }
}
