//! The tables, as the oracle and the engine see them.

use std::collections::BTreeMap;

use enrich_engine::dsl::model::{KeyType, Table};
use enrich_engine::lookup::{
    Answer, Answers, BoxFuture, ErrorCode, Failure, KeyValue, MemorySource, Questions, Source,
};

use crate::number::Number;
use crate::parse::parse;
use crate::tree::Node;

/// Keys that begin with one of these have no answer: the table fails in that way.
const FAULTS: [(&str, ErrorCode); 3] = [
    ("fail-throttled", ErrorCode::Throttled),
    ("fail-denied", ErrorCode::Denied),
    ("fail-refused", ErrorCode::Refused),
];

/// What such a failure says.
pub(crate) const FAULT: &str = "the table fails for the sake of the test";

/// What a lookup asks for: a value for each part of the key.
pub(crate) type Key = Vec<Part>;

/// A part of a key. Equal keys are equal values, however they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Number(Number),
    Bytes(Vec<u8>),
}

/// Items by table.
#[derive(Debug)]
pub(crate) struct Tables(BTreeMap<String, Vec<Node>>);

impl Tables {
    /// From a JSON object: arrays of items by table.
    pub(crate) fn read(json: &str) -> Self {
        let Node::Object(tables) = parse(json.as_bytes()).expect("tables").value else { panic!("an object") };
        let items = |node: &Node| node.children().into_iter().cloned().collect();
        let read =
            tables.members.iter().map(|table| (crate::tree::unquoted(&table.name), items(&table.value)));
        Self(read.collect())
    }

    /// The item under a key; `Err` where the table fails, or an index has several. Of a table the last counts.
    pub(crate) fn find(
        &self,
        table: &Table,
        index: Option<usize>,
        asked: &Key,
    ) -> Result<Option<&Node>, ErrorCode> {
        if let Some(code) =
            asked.iter().find_map(|part| if let Part::Text(text) = part { fault(text) } else { None })
        {
            return Err(code);
        }
        let key = index.map_or(&table.key, |index| &table.indexes[index].key);
        let has = |item: &&Node| {
            let parts = key.iter().map(|(name, ty)| part(item.get(name)?, *ty).ok());
            parts.collect::<Option<Key>>().as_ref() == Some(asked)
        };
        let mut found = self.0.get(&table.name).ok_or(ErrorCode::Absent)?.iter().rev().filter(has);
        let item = found.next();
        if index.is_some() && found.next().is_some() { Err(ErrorCode::Ambiguous) } else { Ok(item) }
    }

    /// The same tables for the engine.
    pub(crate) fn source(&self) -> impl Source + use<> {
        let with = |source: MemorySource, (name, items): (&String, &Vec<Node>)| {
            source.with_json(name, &Node::array(items.clone()).print()).expect("items")
        };
        Faulty(self.0.iter().fold(MemorySource::new(), with))
    }
}

/// The value of a part of a key, as the table declares it.
pub(crate) fn part(value: &Node, ty: KeyType) -> Result<Part, ErrorCode> {
    use base64::Engine as _;
    let standard = base64::engine::general_purpose::STANDARD;
    let part = match (ty, value) {
        (KeyType::Number, Node::Number(digits)) => Part::Number(Number::of(digits)),
        (KeyType::String, Node::String(_)) => Part::Text(value.as_text().unwrap_or_default()),
        (KeyType::Binary, Node::String(_)) => {
            let bytes = standard.decode(value.as_text().unwrap_or_default());
            Part::Bytes(bytes.map_err(|_| ErrorCode::KeyType)?)
        }
        _ => return Err(ErrorCode::KeyType),
    };
    let fits = match &part {
        Part::Text(text) => text.len() <= 2048,
        Part::Bytes(bytes) => bytes.len() <= 2048,
        Part::Number(number) => number.fits_dynamodb(),
    };
    if fits { Ok(part) } else { Err(ErrorCode::KeySize) }
}

fn fault(text: &str) -> Option<ErrorCode> {
    FAULTS.iter().find(|(prefix, _)| text.starts_with(prefix)).map(|(_, code)| *code)
}

/// Tables in memory, some of whose keys fail.
struct Faulty(MemorySource);

impl Source for Faulty {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            let mut answers = self.0.fetch(questions).await;
            for (table, question) in questions.tables.iter().enumerate() {
                for (place, key) in question.keys.iter().enumerate() {
                    let code = key.parts().iter().find_map(|part| match part {
                        KeyValue::String(text) => fault(text),
                        _ => None,
                    });
                    if let Some(code) = code {
                        answers.set(table, place, Answer::Failed(Failure::new(code, FAULT)));
                    }
                }
            }
            answers
        })
    }
}
