//! Questions, and answers in one word.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use enrich_aws::SystemClock;
use enrich_aws::dynamodb::DynamoDbSource;
use enrich_dsl::model::KeyType;
use enrich_engine::lookup::{
    Answer, Answers, Attributes, Key, KeyValue, Questions, Source, Table, TableQuestions,
};
use enrich_engine::{Clock, Timestamp};

use super::proxy::Call;

/// A source with the system's clock.
pub(crate) fn source(client: Client) -> DynamoDbSource {
    DynamoDbSource::new(client, Arc::new(SystemClock))
}

/// The instant that many milliseconds from now.
pub(crate) fn in_millis(millis: i64) -> Option<Timestamp> {
    Timestamp::from_millis(SystemClock.now().as_millis() + millis)
}

pub(crate) fn text(value: impl Into<String>) -> Key {
    Key::new(vec![KeyValue::string(value).expect("a short text")])
}

pub(crate) fn number(digits: &str) -> Key {
    Key::new(vec![KeyValue::number(digits).expect("a number")])
}

/// Asks for whole items by the key `id`.
pub(crate) fn ask(table: &str, ty: KeyType, keys: Vec<Key>) -> TableQuestions {
    ask_for(table, &[("id", ty)], keys, Attributes::All)
}

pub(crate) fn ask_for(
    table: &str,
    key: &[(&str, KeyType)],
    keys: Vec<Key>,
    attributes: Attributes,
) -> TableQuestions {
    let key = key.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect();
    TableQuestions::new(Arc::new(Table::new(table, key)), keys, attributes)
}

/// The same question, put to an index.
pub(crate) fn by_index(index: &str, mut question: TableQuestions) -> TableQuestions {
    question.table = Arc::new(Table::clone(&question.table).by_index(index));
    question
}

/// Asks for the text keys `1` to `count`.
pub(crate) fn ask_counted(table: &str, count: usize) -> TableQuestions {
    ask(table, KeyType::String, counted(count).map(text).collect())
}

/// `1` to `count`, as text.
pub(crate) fn counted(count: usize) -> impl Iterator<Item = String> {
    (1..=count).map(|key| key.to_string())
}

/// The answers, table by table: the item's JSON, `missing`, or the failure's code.
pub(crate) async fn words(source: &DynamoDbSource, questions: &Questions) -> Vec<Vec<String>> {
    let answers = source.fetch(questions).await;
    let tables = questions.tables.iter().enumerate();
    tables
        .map(|(table, asked)| (0..asked.keys.len()).map(|key| word(&answers, table, key)).collect())
        .collect()
}

/// How many requests were sent, how many of them again, and how many keys came back unprocessed.
pub(crate) async fn requests(source: &DynamoDbSource, questions: &Questions) -> (u64, u64, u64) {
    let requests = source.fetch(questions).await.requests();
    (requests.sent, requests.repeated, requests.unprocessed)
}

/// As [`words`], within ten seconds and with no deadline.
pub(crate) async fn words_of(source: &DynamoDbSource, tables: Vec<TableQuestions>) -> Vec<Vec<String>> {
    let questions = Questions::new(tables, None);
    let words = words(source, &questions);
    tokio::time::timeout(Duration::from_secs(10), words).await.expect("an answer in ten seconds")
}

fn word(answers: &Answers, table: usize, key: usize) -> String {
    match answers.get(table, key) {
        Some(Answer::Found(item)) => item.text().to_owned(),
        Some(Answer::Missing) => "missing".to_owned(),
        Some(Answer::Failed(failure)) => failure.code.to_string(),
        _ => "no answer".to_owned(),
    }
}

/// How often each word is there, most frequent first; `{` stands for every item.
pub(crate) fn tally(words: &[String]) -> Vec<(usize, &str)> {
    let mut tally: Vec<(usize, &str)> = Vec::new();
    for word in words {
        let word = if word.starts_with('{') { "{" } else { word };
        match tally.iter_mut().find(|(_, known)| *known == word) {
            Some((count, _)) => *count += 1,
            None => tally.push((1, word)),
        }
    }
    tally.sort_by(|left, right| right.cmp(left));
    tally
}

/// Whether it is a `Query` to that index.
pub(crate) fn is_query(call: &Call, index: &str) -> bool {
    call.target == "DynamoDB_20120810.Query" && call.json()["IndexName"] == index
}

/// How many keys a `BatchGetItem` asks for, of all tables.
pub(crate) fn keys_in(call: &Call) -> usize {
    let request = call.json();
    let tables = request["RequestItems"].as_object().expect("tables");
    tables.values().map(|table| table["Keys"].as_array().map_or(0, Vec::len)).sum()
}

/// The tables that a `BatchGetItem` asks, sorted.
pub(crate) fn tables_in(call: &Call) -> Vec<String> {
    let request = call.json();
    let mut tables: Vec<_> = request["RequestItems"].as_object().expect("tables").keys().cloned().collect();
    tables.sort();
    tables
}
