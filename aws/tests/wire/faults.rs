//! What becomes of each fault of the wire, of the service, of a table and of a key.

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use enrich_aws::Clients;
use enrich_dsl::model::KeyType;
use enrich_engine::lookup::{Answer, Key, KeyValue, Questions, Source};
use serde_json::Value;

use crate::support::ask::{
    ask, ask_counted, counted, keys_in, number, source, tables_in, tally, text, words_of,
};
use crate::support::proxy::{Action, Call};
use crate::support::tables::Tables;
use crate::support::{clients, config, listen};

/// DynamoDB's way to say no.
fn error(status: u16, code: &str) -> Action {
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"key k-secret"}}"#);
    Action::Answer { status, body }
}

/// Two tables of ten rows, and twenty keys of each.
async fn two_tables() -> (Tables, Questions) {
    let tables = Tables::start().await;
    tables.create_labelled("users", counted(10)).await;
    tables.create_labelled("products", counted(10)).await;
    (tables, Questions::new(vec![ask_counted("users", 20), ask_counted("products", 20)], None))
}

#[tokio::test]
async fn each_error_has_its_code_and_transient_ones_are_tried_three_times() {
    let (tables, questions) = two_tables().await;
    let client = tables.client().await;
    for (status, code, expected, calls) in [
        (500, "InternalServerError", "unavailable", 3),
        (503, "ServiceUnavailableException", "unavailable", 3),
        (400, "AccessDeniedException", "denied", 3),
        (400, "UnrecognizedClientException", "denied", 3),
        (400, "ExpiredTokenException", "denied", 3),
        (400, "ResourceNotFoundException", "absent", 3),
        (400, "SomethingNew", "unavailable", 1),
    ] {
        let before = tables.proxy.calls().len();
        tables.proxy.script(move |_, _| error(status, code));
        let words = words_of(&source(client.clone()), questions.tables.clone()).await;
        assert_eq!(tally(&words.concat()), [(40, expected)], "{code}");
        // A lasting one is asked for both tables together, then for each alone.
        assert_eq!(tables.proxy.calls().len() - before, calls, "{code}");
    }
}

#[tokio::test]
async fn messages_name_the_table_and_never_what_the_service_quotes() {
    let (tables, questions) = two_tables().await;
    tables.proxy.script(|_, _| error(400, "AccessDeniedException"));
    let answers = source(tables.client().await).fetch(&questions).await;
    let Some(Answer::Failed(failure)) = answers.get(1, 0) else { panic!("{answers:?}") };
    assert_eq!(failure.message, "table `products` refuses access (AccessDeniedException)");
}

#[tokio::test]
async fn an_error_that_passes_is_not_noticed() {
    let (tables, questions) = two_tables().await;
    tables
        .proxy
        .script(|number, _| if number < 2 { error(500, "InternalServerError") } else { Action::Pass });
    let words = words_of(&source(tables.client().await), questions.tables).await;
    assert_eq!(tally(&words.concat()), [(20, "{"), (20, "missing")]);
    assert_eq!(tables.proxy.calls().len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_not_understood_is_never_a_miss() {
    let (tables, questions) = two_tables().await;
    let client = tables.client().await;
    for (body, expected) in [
        ("", "no_answer"),
        ("<html>", "unavailable"),
        ("[]", "unavailable"),
        (r#"{"Responses":7}"#, "unavailable"),
        ("{}", "no_answer"),
        (r#"{"UnprocessedKeys":{}}"#, "no_answer"),
        (r#"{"Responses":{}}"#, "no_answer"),
        (r#"{"Responses":{"users":[],"products":[],"orders":[]}}"#, "no_answer"),
        (r#"{"Responses":{"users":[{"id":{"S":"77"}}],"products":[{}]}}"#, "no_answer"),
        (
            r#"{"Responses":{"users":[],"products":[]},"UnprocessedKeys":{"orders":{"Keys":[{"id":{"S":"1"}}]}}}"#,
            "no_answer",
        ),
    ] {
        tables.proxy.script(move |_, _| Action::Answer { status: 200, body: body.to_owned() });
        let words = words_of(&source(client.clone()), questions.tables.clone()).await;
        assert_eq!(tally(&words.concat()), [(40, expected)], "{body}");
    }
    // A strange item, or no list at all, casts doubt on its own table only.
    for users in [r#""users":[{"id":{"N":"1"}}],"#, ""] {
        let body = format!(r#"{{"Responses":{{{users}"products":[]}}}}"#);
        tables.proxy.script(move |_, _| Action::Answer { status: 200, body: body.clone() });
        let words = words_of(&source(client.clone()), questions.tables.clone()).await;
        assert_eq!([tally(&words[0]), tally(&words[1])], [[(20, "no_answer")], [(20, "missing")]]);
    }
}

#[tokio::test]
async fn an_item_that_is_no_json_fails_alone() {
    let (tables, questions) = two_tables().await;
    tables.proxy.script(|_, _| {
        Action::Edit(Box::new(|answer| answer.replace(r#"{"S":"users 3"}"#, r#"{"N":"three"}"#)))
    });
    let words = words_of(&source(tables.client().await), questions.tables).await;
    assert_eq!(tally(&words.concat()), [(20, "missing"), (19, "{"), (1, "item")]);
    assert_eq!(words[0][2], "item");
}

#[tokio::test]
async fn a_missing_table_fails_its_own_keys_only() {
    let (tables, mut questions) = two_tables().await;
    questions.tables.insert(1, ask_counted("nowhere", 5));
    let words = words_of(&source(tables.client().await), questions.tables).await;
    assert_eq!(tally(&words[0]), [(10, "{"), (10, "missing")]);
    assert_eq!(tally(&words[1]), [(5, "absent")]);
    assert_eq!(tally(&words[2]), [(10, "{"), (10, "missing")]);
    assert_eq!(tables.proxy.calls().len(), 4);
}

#[tokio::test]
async fn a_table_without_permission_fails_its_own_keys_only() {
    let (tables, questions) = two_tables().await;
    let denied = |call: &Call| tables_in(call).contains(&"users".to_owned());
    tables.proxy.script(
        move |_, call| {
            if denied(call) { error(400, "AccessDeniedException") } else { Action::Pass }
        },
    );
    let words = words_of(&source(tables.client().await), questions.tables).await;
    assert_eq!(tally(&words[0]), [(20, "denied")]);
    assert_eq!(tally(&words[1]), [(10, "{"), (10, "missing")]);
}

#[tokio::test]
async fn a_poisoned_key_fails_alone() {
    let tables = Tables::start().await;
    tables.create_labelled("users", counted(100)).await;
    tables.create_labelled("products", counted(50)).await;
    let source = source(tables.client().await);
    // DynamoDB takes no empty text in a key. Three of 150 keys are.
    let mut users = ask_counted("users", 100);
    let poison = Key::new(vec![KeyValue::String(String::new())]);
    users.keys[37] = poison.clone();
    let mut products = ask_counted("products", 50);
    products.keys[0] = poison;

    let words = words_of(&source, vec![users, products]).await;
    assert_eq!(tally(&words[0]), [(99, "{"), (1, "refused")]);
    assert_eq!(words[0][37], "refused");
    assert_eq!(tally(&words[1]), [(49, "{"), (1, "refused")]);
    assert_eq!(words[1][0], "refused");
    // Two requests at first; then two more for each halving of each poisoned part.
    let calls = tables.proxy.calls().len();
    assert!(calls <= 2 + 2 * 7 + 2 * 6, "{calls}");
}

#[tokio::test]
async fn many_poisoned_keys_fail_alone() {
    let tables = Tables::start().await;
    tables.create_labelled("users", counted(4_000)).await;
    let source = source(tables.client().await);
    // One in each of forty requests.
    let mut users = ask_counted("users", 4_000);
    for key in users.keys.iter_mut().skip(50).step_by(100) {
        *key = Key::new(vec![KeyValue::String(String::new())]);
    }
    let words = words_of(&source, vec![users]).await;
    assert_eq!(tally(&words[0]), [(3_960, "{"), (40, "refused")]);
}

#[tokio::test]
async fn a_wrongly_declared_table_costs_few_requests_and_no_other_table() {
    let tables = Tables::start().await;
    tables.create_labelled("users", counted(10)).await;
    tables.create_labelled("products", counted(10)).await;
    let source = source(tables.client().await);
    let wrong = ask("users", KeyType::Number, (1..=350).map(|key| number(&key.to_string())).collect());

    let words = words_of(&source, vec![wrong, ask_counted("products", 20)]).await;
    assert_eq!(tally(&words[0]), [(350, "refused")]);
    assert_eq!(tally(&words[1]), [(10, "{"), (10, "missing")]);
    // One by one they would be 700.
    let calls = tables.proxy.calls();
    assert!(calls.len() < 100, "{}", calls.len());
    assert!(calls.iter().all(|call| keys_in(call) <= 100));
}

#[tokio::test]
async fn a_key_that_no_table_takes_is_not_sent() {
    let tables = Tables::start().await;
    let mut questions = ask_counted("users", 1);
    questions.keys = vec![number("1"), Key::new(vec![KeyValue::String("k".repeat(2049))])];
    let words = words_of(&source(tables.client().await), vec![questions]).await;
    assert_eq!(words, [["key_type", "key_size"]]);
    assert_eq!(tables.proxy.calls().len(), 0);
}

#[tokio::test]
async fn a_refused_connection_is_unavailable() {
    let (listener, address) = listen().await;
    drop(listener);
    let source = source(clients(&address).await.dynamodb);
    let questions = Questions::new(vec![ask("users", KeyType::String, vec![text("k-secret")])], None);
    let answers = source.fetch(&questions).await;
    let Some(Answer::Failed(failure)) = answers.get(0, 0) else { panic!("{answers:?}") };
    assert_eq!(failure.code.as_str(), "unavailable");
    assert!(failure.message.contains("Connection refused"), "{failure}");
    assert!(!failure.message.contains("secret"), "{failure}");
}

#[tokio::test]
async fn without_credentials_access_is_denied() {
    #[derive(Debug)]
    struct Nobody;
    impl ProvideCredentials for Nobody {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("nobody is logged in")))
        }
    }
    let (tables, questions) = two_tables().await;
    let config = config(&tables.proxy.address).await;
    let config = config
        .into_builder()
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(Nobody))
        .build();
    let words = words_of(&source(Clients::from_config(&config).dynamodb), questions.tables).await;
    assert_eq!(tally(&words.concat()), [(40, "denied")]);
    assert_eq!(tables.proxy.calls().len(), 0);
}

#[tokio::test]
async fn a_table_can_be_named_by_its_arn() {
    // The service may answer under the ARN or under the name.
    let arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/users";
    let (tables, _) = two_tables().await;
    let client = tables.client().await;
    for name in [arn, "users"] {
        let body: Value = serde_json::json!({ "Responses": { name: [{ "id": { "S": "2" } }] } });
        tables.proxy.script(move |_, _| Action::Answer { status: 200, body: body.to_string() });
        let words = words_of(&source(client.clone()), vec![ask_counted(arn, 3)]).await;
        assert_eq!(words, [["missing", r#"{"id":"2"}"#, "missing"]], "{name}");
    }
}
