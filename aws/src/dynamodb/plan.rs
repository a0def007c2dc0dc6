//! From the questions of one stage to the fewest requests.

use std::sync::Arc;

use enrich_engine::lookup::{Answer, Answers, ErrorCode, Failure, Key, KeyValue, Questions, TableQuestions};

use super::query::Query;

/// Most keys in one `BatchGetItem`, of all its tables together.
const MAX_KEYS: usize = 100;

/// Most bytes in a partition key and in a sort key.
const MAX_BYTES: [usize; 2] = [2048, 1024];

/// One key that is asked, and where its answer goes.
#[derive(Clone, Copy)]
pub(super) struct Asked<'q> {
    /// The place of the table in the questions.
    pub(super) table: usize,
    /// The place of the key in its table's questions.
    pub(super) place: usize,
    pub(super) question: &'q TableQuestions,
    pub(super) key: &'q Key,
}

impl Asked<'_> {
    /// The table or the index, as messages name it.
    pub(super) fn subject(&self) -> String {
        let table = &self.question.table;
        match &table.index {
            Some(index) => format!("index `{index}` of table `{}`", table.name),
            None => format!("table `{}`", table.name),
        }
    }
}

/// The keys of one request: those of a table stand together.
pub(super) type Part<'q> = Vec<Asked<'q>>;

/// Packs all keys of tables into as few requests as they fit in. Keys that no request can hold are
/// answered here.
pub(super) fn parts<'q>(questions: &'q Questions, answers: &mut Answers) -> Vec<Part<'q>> {
    // A request names a table once. Should two questions be for what may be one table, the second goes
    // into requests of its own.
    let mut rounds: Vec<Round<'q>> = Vec::new();
    let tables = questions.tables.iter().enumerate();
    for (table, question) in tables.filter(|(_, question)| question.table.index.is_none()) {
        let name = question.table.name.as_str();
        let apart = |round: &Round<'_>| !round.names.iter().any(|other| may_be_one(name, other));
        let mut part = Part::with_capacity(question.keys.len());
        for (place, key) in question.keys.iter().enumerate() {
            let asked = Asked { table, place, question, key };
            match check(&asked) {
                Ok(()) => part.push(asked),
                Err(failure) => answers.set(table, place, Answer::Failed(failure)),
            }
        }
        match rounds.iter_mut().find(|round| apart(round)) {
            Some(round) => {
                round.names.push(name);
                round.part.append(&mut part);
            }
            None => rounds.push(Round { names: vec![name], part }),
        }
    }
    rounds.iter().flat_map(|round| round.part.chunks(MAX_KEYS)).map(<[_]>::to_vec).collect()
}

/// Tables that one request may name together.
struct Round<'q> {
    names: Vec<&'q str>,
    part: Part<'q>,
}

/// Whether two names may be those of one table. A name alone is a table of the account and region that
/// are asked, which may be those of an ARN; two ARNs tell.
fn may_be_one(left: &str, right: &str) -> bool {
    match (name_in_arn(left), name_in_arn(right)) {
        (Some(name), None) => name == right,
        (None, Some(name)) => left == name,
        (None, None) | (Some(_), Some(_)) => left == right,
    }
}

/// The name in a table's ARN; `None` where it is no ARN.
pub(super) fn name_in_arn(arn: &str) -> Option<&str> {
    arn.rsplit_once(":table/").map(|(_, name)| name)
}

/// The keys of each index, one query for each. Keys that no query can hold are answered here.
pub(super) fn queries<'q>(questions: &'q Questions, answers: &mut Answers) -> Vec<Vec<Query<'q>>> {
    let mut indexes = Vec::new();
    for (table, question) in questions.tables.iter().enumerate() {
        let Some(index) = question.table.index.as_deref() else { continue };
        let whole = Arc::default();
        let mut queries = Vec::with_capacity(question.keys.len());
        for (place, key) in question.keys.iter().enumerate() {
            let asked = Asked { table, place, question, key };
            match check(&asked) {
                Ok(()) => queries.push(Query { asked, index, whole: Arc::clone(&whole) }),
                Err(failure) => answers.set(table, place, Answer::Failed(failure)),
            }
        }
        indexes.push(queries);
    }
    indexes
}

/// What DynamoDB would refuse for certain is not sent: the refusal would cost the other keys of the
/// request another round.
fn check(asked: &Asked<'_>) -> Result<(), Failure> {
    let declared = &asked.question.table.key;
    let parts = asked.key.parts();
    let fail = |code, what: &str| Err(Failure::new(code, format!("{} {what}", asked.subject())));
    if declared.is_empty() || declared.len() > MAX_BYTES.len() {
        return fail(ErrorCode::Refused, "has a key of one or two parts in DynamoDB");
    }
    if declared.len() != parts.len() {
        return fail(ErrorCode::KeyType, "is asked with another number of key parts than it declares");
    }
    for (((name, declared), part), most) in declared.iter().zip(parts).zip(MAX_BYTES) {
        if part.key_type() != *declared {
            let what = format!("declares the key `{name}` as {}", declared.as_str());
            return fail(ErrorCode::KeyType, &what);
        }
        let bytes = match part {
            KeyValue::String(text) => text.len(),
            KeyValue::Binary(bytes) => bytes.len(),
            _ => 0,
        };
        if bytes > most {
            return fail(ErrorCode::KeySize, &format!("allows {most} bytes in the key `{name}`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use enrich_dsl::model::KeyType;
    use enrich_engine::lookup::{Attributes, Table};

    use super::*;

    fn questions(name: &str, keys: usize) -> TableQuestions {
        let table = Arc::new(Table::new(name, vec![("id".to_owned(), KeyType::Number)]));
        let keys = (0..keys).map(|key| Key::new(vec![KeyValue::Number(key.to_string())]));
        TableQuestions::new(table, keys.collect(), Attributes::All)
    }

    fn sizes(tables: Vec<TableQuestions>) -> Vec<usize> {
        let questions = Questions::new(tables, None);
        let parts = parts(&questions, &mut Answers::none_yet(&questions));
        parts.iter().map(Vec::len).collect()
    }

    #[test]
    fn as_few_requests_as_the_keys_fit_in() {
        assert_eq!(sizes(vec![]), [] as [usize; 0]);
        assert_eq!(sizes(vec![questions("a", 0)]), [] as [usize; 0]);
        assert_eq!(sizes(vec![questions("a", 100)]), [100]);
        assert_eq!(sizes(vec![questions("a", 101)]), [100, 1]);
        assert_eq!(sizes(vec![questions("a", 70), questions("b", 80)]), [100, 50]);
        let many = (0..40).map(|at| questions(&format!("t{at}"), 5)).collect();
        assert_eq!(sizes(many), [100, 100]);
    }

    #[test]
    fn a_table_that_is_asked_twice_is_in_two_requests() {
        assert_eq!(sizes(vec![questions("a", 3), questions("b", 4), questions("a", 5)]), [7, 5]);
    }

    #[test]
    fn a_table_that_is_named_in_two_ways_is_in_two_requests() {
        let arn = |region: &str| format!("arn:aws:dynamodb:{region}:123456789012:table/a");
        let (here, there) = (arn("eu-west-1"), arn("us-east-1"));
        for (names, expected) in [
            ([&*here, "a", "b"], &[4, 2][..]),
            (["a", &here, "b"], &[4, 2]),
            ([&here, &there, "b"], &[6]),
            ([&here, "a", &there], &[4, 2]),
            (["a", &here, &there], &[1, 5]),
            (["a", &here, "a"], &[1, 2, 3]),
        ] {
            let tables = names.iter().zip(1..).map(|(name, keys)| questions(name, keys)).collect();
            assert_eq!(sizes(tables), expected, "{names:?}");
        }
    }

    #[test]
    fn keys_that_no_request_can_hold_fail_alone() {
        let string = |length: usize| KeyValue::String("k".repeat(length));
        let number = || KeyValue::Number("1".to_owned());
        let two = [("pk", KeyType::String), ("sk", KeyType::String)];
        for (declared, parts, expected) in [
            (&two[..], vec![string(2048), string(1024)], None),
            (&two[..], vec![string(2049), string(1)], Some(ErrorCode::KeySize)),
            (&two[..], vec![string(1), string(1025)], Some(ErrorCode::KeySize)),
            (&two[..], vec![string(1), number()], Some(ErrorCode::KeyType)),
            (&two[..], vec![string(1)], Some(ErrorCode::KeyType)),
            (&[], vec![], Some(ErrorCode::Refused)),
            (&[two[0], two[1], two[0]], vec![string(1), string(1), string(1)], Some(ErrorCode::Refused)),
        ] {
            let key = declared.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect();
            let keys = vec![Key::new(parts)];
            let table = TableQuestions::new(Arc::new(Table::new("t", key)), keys, Attributes::All);
            let questions = Questions::new(vec![table], None);
            let mut answers = Answers::none_yet(&questions);
            let asked = super::parts(&questions, &mut answers).len();
            let code = match answers.get(0, 0) {
                Some(Answer::Failed(failure)) => Some(failure.code),
                _ => None,
            };
            assert_eq!((code, asked), (expected, usize::from(expected.is_none())));
        }
    }
}
