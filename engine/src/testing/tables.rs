//! The tables of a test: its items, and what it lets fail.

use std::collections::{HashMap, HashSet};

use enrich_dsl::model::KeyType;

use crate::lookup::{
    Answer, Answers, BoxFuture, ErrorCode, Failure, Item, Key, KeyValue, MemorySource, Questions, Source,
};

/// The tables of one test.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) items: MemorySource,
    /// What tables answer in place of items.
    pub(super) faults: HashMap<String, Vec<Fault>>,
}

/// A failure of a table.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) code: ErrorCode,
    /// The items whose keys fail; `None` is every key.
    pub(super) of: Option<Vec<Item>>,
}

impl Source for Tables {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            let mut answers = self.items.fetch(questions).await;
            for (at, question) in questions.tables.iter().enumerate() {
                for fault in self.faults.get(&question.table.name).into_iter().flatten() {
                    let keys = fault.of.as_ref().map(|items| keys(items, &question.table.key));
                    for (place, key) in question.keys.iter().enumerate() {
                        if keys.as_ref().is_none_or(|keys| keys.contains(key)) {
                            let message = format!("the test lets table `{}` fail", question.table.name);
                            answers.set(at, place, Answer::Failed(Failure::new(fault.code, message)));
                        }
                    }
                }
            }
            answers
        })
    }
}

/// The keys of these items; of an index those that have its key.
fn keys(items: &[Item], parts: &[(String, KeyType)]) -> HashSet<Key> {
    let key = |item: &Item| {
        let values: Option<Vec<_>> = parts.iter().map(|(name, ty)| key_value(item, name, *ty).ok()).collect();
        values.map(Key::new)
    };
    items.iter().filter_map(key).collect()
}

/// One part of an item's key. The error says in words what is there.
pub(super) fn key_value(item: &Item, name: &str, ty: KeyType) -> Result<KeyValue, &'static str> {
    let node = item.root().get(name).ok_or("nothing")?;
    let wrong = node.kind().with_article();
    let value = match ty {
        KeyType::String => node.as_str().map(KeyValue::string),
        KeyType::Number => node.as_number().map(KeyValue::number),
        KeyType::Binary => node.as_str().map(|text| KeyValue::binary(&text)),
    };
    value.ok_or(wrong)?.map_err(|_| wrong)
}
