//! Tables in memory: for tests, for local runs and for small reference data.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::hash_map::Entry;

use super::{Answer, Answers, BoxFuture, ErrorCode, Failure, Item, Key, KeyValue, Questions, Source, Table};
use crate::json::{Document, Kind, Node};
use enrich_dsl::model::KeyType;

/// Tables held in memory, each a list of JSON objects.
///
/// Items are found by the key that the rules declare. A question for a table that was never given
/// fails with [`ErrorCode::Absent`]: a forgotten table is not an empty one.
#[derive(Clone, Debug, Default)]
pub struct MemorySource {
    tables: HashMap<String, Arc<MemoryTable>>,
}

#[derive(Debug, Default)]
struct MemoryTable {
    items: Vec<Arc<Item>>,
    /// The items by each key that was asked so far: the table's own, and those of indexes.
    indexes: Mutex<Vec<(KeyParts, Arc<Index>)>>,
}

/// The parts of a key, as a table or index declares them.
type KeyParts = Vec<(String, KeyType)>;

/// What is found under each key.
type Index = hashbrown::HashMap<Key, Found>;

/// What is found under a key.
#[derive(Debug)]
struct Found {
    /// The last item that has it.
    item: Arc<Item>,
    /// Whether no other one has.
    is_alone: bool,
}

impl MemorySource {
    /// No table yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a table (or replaces it). `table` is its name at the source.
    #[must_use]
    pub fn with_table(mut self, table: impl Into<String>, items: Vec<Item>) -> Self {
        let items = items.into_iter().map(Arc::new).collect();
        self.tables.insert(table.into(), Arc::new(MemoryTable { items, indexes: Mutex::default() }));
        self
    }

    /// Adds a table from JSON text: an array of objects.
    ///
    /// # Errors
    /// Where the text is not a JSON array of objects.
    pub fn with_json(self, table: impl Into<String>, json: &str) -> Result<Self, ItemError> {
        let document = Document::parse(json.as_bytes()).map_err(|error| ItemError(error.to_string()))?;
        if document.root().kind() != Kind::Array {
            return Err(ItemError(format!(
                "expected an array, found {}",
                document.root().kind().with_article()
            )));
        }
        let items = document.root().elements().map(item).collect::<Result<_, _>>()?;
        Ok(self.with_table(table, items))
    }
}

fn item(node: Node<'_>) -> Result<Item, ItemError> {
    if node.kind() != Kind::Object {
        return Err(ItemError(format!("an item is an object, found {}", node.kind().with_article())));
    }
    Item::from_text(node.raw().to_owned().into()).map_err(|error| ItemError(error.to_string()))
}

/// Why a text is no list of items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemError(String);

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ItemError {}

impl Source for MemorySource {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            let mut answers = Answers::none_yet(questions);
            for (at, question) in questions.tables.iter().enumerate() {
                let table = self.tables.get(&question.table.name);
                let items = table.map(|table| table.index(&question.table));
                for (place, key) in question.keys.iter().enumerate() {
                    let answer = match &items {
                        None => Answer::Failed(Failure::new(
                            ErrorCode::Absent,
                            format!("there is no table `{}`", question.table.name),
                        )),
                        Some(index) => answer(&question.table, index.get(key)),
                    };
                    answers.set(at, place, answer);
                }
            }
            answers
        })
    }
}

impl MemoryTable {
    fn index(&self, table: &Table) -> Arc<Index> {
        // Nothing that holds the lock can panic half-way through.
        let mut indexes = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, index)) = indexes.iter().find(|(key, _)| *key == table.key) {
            return Arc::clone(index);
        }
        let index = Arc::new(self.by_key(&table.key));
        indexes.push((table.key.clone(), Arc::clone(&index)));
        index
    }

    /// What is found under each key. An item without the whole key can't be found.
    fn by_key(&self, key: &[(String, KeyType)]) -> Index {
        let mut index = Index::with_capacity(self.items.len());
        for item in &self.items {
            let parts: Option<Vec<_>> = key.iter().map(|(name, ty)| key_part(item, name, *ty)).collect();
            let Some(parts) = parts else { continue };
            match index.entry(Key::new(parts)) {
                Entry::Occupied(mut found) => {
                    found.insert(Found { item: Arc::clone(item), is_alone: false });
                }
                Entry::Vacant(place) => {
                    place.insert(Found { item: Arc::clone(item), is_alone: true });
                }
            }
        }
        index
    }
}

fn answer(table: &Table, found: Option<&Found>) -> Answer {
    match (found, &table.index) {
        (None, _) => Answer::Missing,
        (Some(Found { is_alone: false, .. }), Some(index)) => Answer::Failed(Failure::new(
            ErrorCode::Ambiguous,
            format!("index `{index}` of table `{}` has more than one item under this key", table.name),
        )),
        // Of a table's own key the last item counts, as it would have replaced the others.
        (Some(Found { item, .. }), _) => Answer::Found(Arc::clone(item)),
    }
}

fn key_part(item: &Item, name: &str, ty: KeyType) -> Option<KeyValue> {
    let node = item.root().get(name)?;
    match ty {
        KeyType::String => KeyValue::string(node.as_str()?).ok(),
        KeyType::Number => KeyValue::number(node.as_number()?).ok(),
        KeyType::Binary => KeyValue::binary(&node.as_str()?).ok(),
    }
}
