//! What DynamoDB says of its tables, and what that means for rules.

use enrich_dsl::model::KeyType::{self, Binary, Number, String as Text};
use enrich_engine::Rules;
use enrich_engine::deployed::{Deployed, DeployedIndex, compare};
use enrich_engine::lookup::{Attributes, Failure};
use serde_json::{Value, json};

use crate::support::ask::source;
use crate::support::proxy::{Action, Call};
use crate::support::tables::{Parts, Tables};

fn key(parts: Parts<'_>) -> Vec<(String, KeyType)> {
    parts.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect()
}

async fn described(tables: &Tables, names: &[&str]) -> Vec<Result<Option<Deployed>, Failure>> {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    source(tables.client().await).describe(&names).await
}

#[tokio::test]
async fn tables_are_described_as_they_are() {
    let tables = Tables::start().await;
    let mail = [("mail", Text), ("no", Number)];
    tables.create("plain", &[("id", Text)], Vec::new()).await;
    tables.create("pair", &[("b", Number), ("a", Binary)], Vec::new()).await;
    let indexes = [("by-mail", &mail[..]), ("keys-by-mail", &mail[..1])];
    tables.create_indexed("indexed", &[("id", Text)], &indexes, Vec::new()).await;

    let mut answers = described(&tables, &["pair", "absent", "indexed", "plain"]).await;
    for answer in &mut answers {
        if let Ok(Some(table)) = answer {
            table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }
    let held = ["id", "mail"].map(str::to_owned).into();
    let indexes = vec![
        DeployedIndex::new("by-mail", key(&mail), Attributes::All),
        DeployedIndex::new("keys-by-mail", key(&mail[..1]), Attributes::Named(held)),
    ];
    let expected = [
        Ok(Some(Deployed::new(key(&[("b", Number), ("a", Binary)]), Vec::new()))),
        Ok(None),
        Ok(Some(Deployed::new(key(&[("id", Text)]), indexes))),
        Ok(Some(Deployed::new(key(&[("id", Text)]), Vec::new()))),
    ];
    assert_eq!(answers, expected);
    let calls = tables.proxy.calls();
    assert_eq!(calls.len(), 4);
    assert!(calls.iter().all(|call| call.target == "DynamoDB_20120810.DescribeTable"), "{calls:?}");
}

#[tokio::test]
async fn differences_are_found() {
    let tables = Tables::start().await;
    let index = [("by-mail", &[("mail", Text)][..]), ("keys-by-mail", &[("mail", Text)])];
    tables.create_indexed("users", &[("id", Number)], &index, Vec::new()).await;
    for (name, declared, expected) in [
        ("users", "key id: number", &[][..]),
        ("users", "key id: number index \"by-mail\" key mail: string", &[]),
        ("users", "key id: string", &["table-differs"]),
        ("users", "key user: number", &["table-differs"]),
        ("users", "key id: number, no: string", &["table-differs"]),
        ("people", "key id: number", &["table-absent"]),
        ("users", "key id: number index \"by-name\" key name: string", &["index-absent"]),
        ("users", "key id: number index \"by-mail\" key mail: number", &["table-differs"]),
        ("users", "key id: number index \"keys-by-mail\" key mail: string", &["not-projected"]),
        (
            "users",
            "key id: binary index \"by-mail\" key id: number index \"x\" key x: string",
            &["table-differs", "table-differs", "index-absent"],
        ),
    ] {
        let answers = described(&tables, &[name]).await;
        let [Ok(deployed)] = answers.as_slice() else { panic!("{answers:?}") };
        let by = declared.split_once("index ").and_then(|(_, rest)| rest.split_once(" key "));
        let lookup = match by {
            Some((index, key)) => {
                let part = key.split(':').next().unwrap_or_default();
                format!("lookup u from users by {index} where {part} = .key {{ copy city }}")
            }
            None => String::new(),
        };
        let rules = format!(
            "table users {{ source dynamodb \"{name}\" {declared} }} rule r {{ stream \"s\" {lookup} set .a = 1 }}"
        );
        let rules = Rules::from_text(&rules).unwrap_or_else(|broken| panic!("{broken}"));
        let findings = compare(rules.set(), 0, name, deployed.as_ref());
        let codes: Vec<_> = findings.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, expected, "{declared}: {findings:?}");
    }
}

/// Edits what DynamoDB says of each table.
fn edited(edit: fn(&mut Value)) -> impl Fn(usize, &Call) -> Action + Send + Sync + 'static {
    move |_, _| {
        Action::Edit(Box::new(move |body| {
            let mut answer: Value = serde_json::from_str(&body).expect("JSON");
            edit(&mut answer["Table"]);
            answer.to_string()
        }))
    }
}

#[tokio::test]
async fn what_the_double_never_says() {
    let tables = Tables::start().await;
    tables.create_indexed("users", &[("id", Text)], &[("by-mail", &[("mail", Text)])], Vec::new()).await;
    let only = |answers: Vec<Result<Option<Deployed>, Failure>>| match answers.into_iter().next() {
        Some(Ok(Some(table))) => table,
        other => panic!("{other:?}"),
    };
    tables.proxy.script(edited(|table| table["TableStatus"] = json!("ARCHIVED")));
    assert_eq!(only(described(&tables, &["users"]).await).inactive.as_deref(), Some("ARCHIVED"));

    tables.proxy.script(edited(|table| {
        table["TableStatus"] = json!("UPDATING");
        let index = &mut table["GlobalSecondaryIndexes"][0];
        index["IndexStatus"] = json!("CREATING");
        index["Projection"] = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"] });
    }));
    let table = only(described(&tables, &["users"]).await);
    assert_eq!((table.inactive, table.indexes[0].inactive.as_deref()), (None, Some("CREATING")));
    let held = ["id", "mail", "name"].map(str::to_owned).into();
    assert_eq!(table.indexes[0].holds, Attributes::Named(held));

    // A sort key that comes first, and a local index that lacks attributes which are fetched for it.
    tables.proxy.script(edited(|table| {
        table["KeySchema"] = json!([
            { "AttributeName": "mail", "KeyType": "RANGE" }, { "AttributeName": "id", "KeyType": "HASH" },
        ]);
        let mut index = table["GlobalSecondaryIndexes"][0].take();
        index["Projection"] = json!({ "ProjectionType": "KEYS_ONLY" });
        table["GlobalSecondaryIndexes"] = Value::Null;
        table["LocalSecondaryIndexes"] = json!([index]);
    }));
    let table = only(described(&tables, &["users"]).await);
    assert_eq!(table.key, key(&[("id", Text), ("mail", Text)]));
    assert_eq!(table.indexes[0].holds, Attributes::All);
}

#[tokio::test]
async fn no_answer_is_a_failure_of_that_table_alone() {
    let tables = Tables::start().await;
    tables.create("users", &[("id", Text)], Vec::new()).await;
    tables.create("products", &[("id", Text)], Vec::new()).await;
    for (code, status, expected) in [
        ("AccessDeniedException", 400, "table `products` refuses access (AccessDeniedException)"),
        ("ValidationException", 400, "table `products` refuses the request (ValidationException)"),
        ("InternalServerError", 500, "table `products` can't be reached or failed (InternalServerError)"),
    ] {
        let body = json!({ "__type": code, "message": "arn:aws:iam::1:user/me" }).to_string();
        tables.proxy.script(move |_, call| match call.json()["TableName"] == "products" {
            true => Action::Answer { status, body: body.clone() },
            false => Action::Pass,
        });
        let answers = described(&tables, &["products", "users"]).await;
        assert!(matches!(answers[1], Ok(Some(_))), "{answers:?}");
        assert_eq!(answers[0].as_ref().map_err(|failure| failure.message.as_str()), Err(expected));
    }
    tables.proxy.script(edited(|table| table["KeySchema"] = Value::Null));
    let answers = described(&tables, &["users"]).await;
    let message = "table `users` can't be reached or failed (the answer can't be understood)";
    assert_eq!(answers[0].as_ref().map_err(|failure| failure.message.as_str()), Err(message));
}
