//! From one answer of DynamoDB to an answer for each key: by the items' own keys, since the items come
//! in no order and the missing ones do not come at all.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::types::AttributeValue;
use enrich_engine::lookup::{Answer, ErrorCode, Failure, Key, KeyValue, Table};

use super::item::{json_number, to_item};
use super::plan::{Asked, Part, name_in_arn};

/// What one answer says.
pub(super) struct Reading<'q> {
    pub(super) answers: Vec<(Asked<'q>, Answer)>,
    /// The keys to ask again.
    pub(super) unprocessed: Part<'q>,
}

/// Reads the answer to `part`. That an item is missing is concluded only where the whole answer for its
/// table was understood: a miss is a fact that rules build on.
pub(super) fn read<'q>(part: &Part<'q>, output: BatchGetItemOutput) -> Reading<'q> {
    let mut open = Open::new(part);
    let mut answers = Vec::with_capacity(part.len());
    let mut unprocessed = HashSet::new();
    for (name, items) in output.responses.unwrap_or_default() {
        let Some(table) = open.table(part, &name) else { continue };
        open.listed.insert(table.table);
        for item in items {
            if let Some(asked) = open.take(table, &item) {
                answers.push((asked, found(asked, &item)));
            }
        }
    }
    for (name, request) in output.unprocessed_keys.unwrap_or_default() {
        let Some(table) = open.table(part, &name) else { continue };
        for key in request.keys() {
            if let Some(asked) = open.take(table, key) {
                unprocessed.insert((asked.table, asked.place));
            }
        }
    }
    answers.extend(open.missing());
    let again = part.iter().filter(|asked| unprocessed.contains(&(asked.table, asked.place)));
    Reading { answers, unprocessed: again.copied().collect() }
}

/// The keys that the answer has not mentioned yet.
struct Open<'q> {
    tables: HashMap<usize, HashMap<&'q Key, Asked<'q>>>,
    /// Tables that the answer has a list of items for. DynamoDB gives an empty one where it found none.
    listed: HashSet<usize>,
    /// Tables whose answer mentions something else than what was asked.
    doubtful: HashSet<usize>,
    all_doubtful: bool,
}

impl<'q> Open<'q> {
    fn new(part: &Part<'q>) -> Self {
        let mut tables: HashMap<usize, HashMap<&Key, Asked<'_>>> = HashMap::new();
        for asked in part {
            tables.entry(asked.table).or_default().insert(asked.key, *asked);
        }
        Self { tables, listed: HashSet::new(), doubtful: HashSet::new(), all_doubtful: false }
    }

    /// One of the table's questions, where the table was asked.
    fn table(&mut self, part: &Part<'q>, name: &str) -> Option<Asked<'q>> {
        let table = table_of(part, name);
        self.all_doubtful |= table.is_none();
        table
    }

    /// The question that an item, or a key that is given back, belongs to.
    fn take(&mut self, of: Asked<'q>, item: &HashMap<String, AttributeValue>) -> Option<Asked<'q>> {
        let key = key_of(&of.question.table, item);
        let asked = key.and_then(|key| self.tables.get_mut(&of.table)?.remove(&key));
        if asked.is_none() {
            self.doubtful.insert(of.table);
        }
        asked
    }

    /// What is in no list is missing, where there is a list.
    fn missing(self) -> impl Iterator<Item = (Asked<'q>, Answer)> {
        let Self { tables, listed, doubtful, all_doubtful } = self;
        tables.into_values().flat_map(HashMap::into_values).map(move |asked| {
            let table = asked.table;
            if !all_doubtful && listed.contains(&table) && !doubtful.contains(&table) {
                return (asked, Answer::Missing);
            }
            let message = format!("{} left a key without an answer", asked.subject());
            (asked, Answer::Failed(Failure::new(ErrorCode::NoAnswer, message)))
        })
    }
}

/// The answer that an item is.
pub(super) fn found(asked: Asked<'_>, item: &HashMap<String, AttributeValue>) -> Answer {
    match to_item(item) {
        Ok(item) => Answer::Found(item.into()),
        Err(error) => Answer::Failed(Failure::new(ErrorCode::Item, format!("{}: {error}", asked.subject()))),
    }
}

/// Which of the tables asked is meant: by the name it was asked by, or by the name in its ARN if only
/// one has that.
fn table_of<'q>(part: &Part<'q>, name: &str) -> Option<Asked<'q>> {
    let tables = || part.chunk_by(|left, right| left.table == right.table).filter_map(<[_]>::first).copied();
    tables().find(|asked| asked.question.table.name == name).or_else(|| {
        let mut meant = tables().filter(|asked| name_in_arn(&asked.question.table.name) == Some(name));
        let first = meant.next();
        first.filter(|_| meant.next().is_none())
    })
}

/// The canonical key of an item.
pub(super) fn key_of(table: &Table, item: &HashMap<String, AttributeValue>) -> Option<Key> {
    let part = |(name, _): &(String, _)| match item.get(name)? {
        AttributeValue::S(text) => Some(KeyValue::String(text.clone())),
        AttributeValue::N(digits) => KeyValue::number(&json_number(digits)?).ok(),
        AttributeValue::B(bytes) => Some(KeyValue::Binary(bytes.as_ref().to_vec())),
        _ => None,
    };
    table.key.iter().map(part).collect::<Option<Vec<_>>>().map(Key::new)
}
