//! Words of other languages where a statement, a clause or an item begins, and for types, with what they
//! are here.

use super::words::{CLAUSES, STATEMENTS};

/// A word that begins nothing here.
pub(super) struct Habit {
    /// The words that people write for one thing, in lower case, `_` and `-` left out.
    words: &'static [&'static str],
    /// What takes their place, where that alone mends it.
    pub(super) instead: Option<&'static str>,
    /// What to do.
    pub(super) help: &'static str,
}

/// Words in place of a statement of a rule.
const IN_A_RULE: &[Habit] = &[
    mend(
        &["delete", "unset", "del", "rm", "discard", "exclude", "hide", "removefield", "dropfield", "omit"],
        "remove",
        "fields are taken out with `remove .a, .b`",
    ),
    mend(
        &["put", "assign", "setfield", "addfield", "add"],
        "set",
        "a field is written with `set .name = VALUE`",
    ),
    tell(
        &["let", "var", "const", "local", "my", "val"],
        "there are no variables: keep the value in a field, `set .name = VALUE`",
    ),
    tell(
        &["fn", "func", "function", "macro", "def"],
        "rules can't define functions; docs/functions.md lists those there are",
    ),
    tell(
        &["import", "include", "use", "require", "load", "source"],
        "nothing is imported: all files of a folder are checked together, and share their tables",
    ),
    tell(
        &["if", "elif", "elsif", "unless", "case", "switch", "match"],
        "statements are not conditional: one value is chosen with `set .x = if … then … else …`, and a whole rule \
         with `when`",
    ),
    tell(&["else", "otherwise"], "what is done where a lookup finds nothing stands in `on missing { … }`"),
    mend(&["foreach"], "for each", "loops are written `for each NAME in .path { … }`"),
    tell(&["while", "loop", "each", "map", "repeat"], "loops are written `for each NAME in .path { … }`"),
    tell(
        &["return", "emit", "yield", "print", "log", "echo", "send", "publish", "abort", "throw", "assert"],
        "a rule has no such statement: the event leaves as its statements have made it; it is dropped with `drop when`",
    ),
    tell(
        &["reject", "fail", "raise", "skip", "ignore", "filter"],
        "events are dropped with `drop when CONDITION`; which ones a rule takes at all, `when CONDITION` says",
    ),
    tell(&["rename", "move", "mv"], "a field is renamed with `set .new = .old` and `remove .old`"),
    tell(
        &["join", "select", "find", "get", "fetch", "enrich", "query", "leftjoin", "innerjoin"],
        "items are looked up with `lookup NAME from TABLE where KEY = VALUE { copy … }`",
    ),
    tell(&["from", "where"], "that is part of a `lookup NAME from TABLE where KEY = VALUE { … }`"),
    mend(
        &["streams", "topic", "kinesis", "input", "consume", "listen"],
        "stream",
        "streams are named by `stream \"NAME\"`",
    ),
    mend(
        &["sink", "destination", "write", "deliver"],
        "output",
        "the result goes to an `output s3 \"BUCKET\"`",
    ),
    mend(
        &["dlq", "deadletter", "errors", "rejected"],
        "rejects",
        "rejected events go to `rejects s3 \"BUCKET/PREFIX\"`",
    ),
    mend(&["validate", "jsonschema"], "schema", "a schema is named by `schema \"FILE\"`"),
    mend(&["condition", "having"], "when", "the events of a rule are chosen by `when CONDITION`"),
    mend(&["onerror", "onfail", "onfailure", "onexception", "catch", "rescue"], "on error", OUTCOME),
    mend(&["onmissing", "onmiss", "onnotfound", "missing", "notfound", "onabsent"], "on missing", OUTCOME),
    mend(&["onfound", "onhit", "onmatch", "onsuccess", "found"], "on found", OUTCOME),
    mend(&["onnokey", "nokey", "onnull"], "on no key", OUTCOME),
    mend(&["error"], "on error", OUTCOME),
];

const OUTCOME: &str = "the outcomes of a lookup are `on found`, `on missing`, `on no key` and `on error`";

/// Words in place of a clause of a table.
const IN_A_TABLE: &[Habit] = &[
    mend(
        &["primarykey", "partitionkey", "hashkey", "pk", "keys", "id", "keyschema"],
        "key",
        "the parts of the key are listed as `key NAME: string`, the sort key behind a comma",
    ),
    tell(
        &["sortkey", "rangekey", "sk"],
        "the sort key is the second part of the key: `key NAME: string, NAME: string`",
    ),
    tell(
        &["name", "tablename", "type", "kind", "from", "dynamodb", "arn", "table", "location"],
        "where the items are is said by `source dynamodb \"TABLE-NAME\"`, with the table's name or ARN",
    ),
    tell(&["ttl", "expire", "caching"], "how long answers are kept is said by `cache 5m`"),
    tell(
        &["region", "endpoint", "account"],
        "the deployment says that; a table elsewhere is named by its ARN",
    ),
    tell(&["gsi", "lsi", "indexes"], "an index is declared as `index \"NAME\" key NAME: string`"),
    mend(
        &["columns", "fields", "schema", "attribute", "column"],
        "attributes",
        "attributes are declared as `attributes NAME: string`",
    ),
];

/// Words in place of an item of a file.
const IN_A_FILE: &[Habit] = &[
    tell(
        &["import", "include", "use", "require", "load"],
        "nothing is imported: all files of a folder are checked together, and share their tables",
    ),
    tell(
        &["let", "var", "const", "def"],
        "a value that deployments set is a variable: `${NAME:default}` in a text",
    ),
    tell(
        &["create"],
        "a table is declared as `table NAME { source dynamodb \"TABLE-NAME\" key NAME: string }`",
    ),
];

/// The outcomes of a lookup under other names.
const OUTCOMES: &[(&[&str], &str)] = &[
    (&["miss", "misses", "none", "absent", "notfound", "empty", "unknown", "nothing", "default"], "missing"),
    (&["fail", "fails", "failed", "failure", "exception", "timeout", "throttled", "err", "errors"], "error"),
    (&["null", "nokey", "nullkey", "invalidkey", "missingkey"], "no key"),
    (&["hit", "match", "success", "ok", "exists", "present"], "found"),
];

/// The types under other names.
const TYPES: &[(&[&str], &str)] = &[
    (&["s", "str", "text", "varchar", "char", "uuid", "date", "timestamp", "datetime"], "string"),
    (&["n", "int", "integer", "float", "double", "decimal", "numeric", "bigint", "long", "num"], "number"),
    (&["bool", "flag"], "boolean"),
    (&["b", "bytes", "blob", "bytea"], "binary"),
    (&["list", "l"], "array"),
    (&["map", "m", "dict", "struct", "json"], "object"),
];

const fn mend(words: &'static [&'static str], instead: &'static str, help: &'static str) -> Habit {
    Habit { words, instead: Some(instead), help }
}

const fn tell(words: &'static [&'static str], help: &'static str) -> Habit {
    Habit { words, instead: None, help }
}

/// What people mean by a word that begins no statement.
pub(super) fn statement(word: &str) -> Option<&'static Habit> {
    find(IN_A_RULE, word)
}

/// What people mean by a word that begins no clause of a table.
pub(super) fn clause(word: &str) -> Option<&'static Habit> {
    find(IN_A_TABLE, word)
}

/// What to do with a word that begins no item.
pub(super) fn item(word: &str) -> Option<String> {
    if STATEMENTS.contains(&word) {
        return Some(format!("`{word}` stands inside a rule: `rule NAME {{ {word} … }}`"));
    }
    if CLAUSES.contains(&word) {
        return Some(format!("`{word}` stands inside a table: `table NAME {{ {word} … }}`"));
    }
    find(IN_A_FILE, word).map(|habit| habit.help.to_owned())
}

/// The outcome that people mean by a word.
pub(super) fn outcome(word: &str) -> Option<&'static str> {
    let word = word.replace('_', "").to_lowercase();
    OUTCOMES.iter().find(|(words, _)| words.contains(&word.as_str())).map(|(_, meant)| *meant)
}

/// The type that people mean by a word, if it is one of these.
pub(crate) fn type_among<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    let word = word.to_lowercase();
    let (_, meant) = TYPES.iter().find(|(words, _)| words.contains(&word.as_str()))?;
    words.iter().copied().find(|word| word == meant)
}

fn find(habits: &'static [Habit], word: &str) -> Option<&'static Habit> {
    let word = word.replace(['_', '-'], "").to_lowercase();
    habits.iter().find(|habit| habit.words.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_meaning() {
        for habits in [IN_A_RULE, IN_A_TABLE, IN_A_FILE] {
            let mut words: Vec<_> = habits.iter().flat_map(|habit| habit.words).collect();
            let count = words.len();
            words.sort();
            words.dedup();
            assert_eq!(words.len(), count);
        }
        let own = STATEMENTS.iter().filter(|word| statement(word).is_some());
        assert_eq!(own.collect::<Vec<_>>(), Vec::<&&str>::new());
        let own = CLAUSES.iter().filter(|word| clause(word).is_some());
        assert_eq!(own.collect::<Vec<_>>(), Vec::<&&str>::new());
    }
}
