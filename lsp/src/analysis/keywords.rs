//! What each keyword does, in a sentence, with the form of its statement.

/// A word of the language, as an editor explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// The word.
    pub word: &'static str,
    /// The words that it may stand in: the blocks of a statement, or the statement of an inner word. None
    /// where it means the same everywhere.
    pub within: &'static [&'static str],
    /// How it is written.
    pub form: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// What an editor puts there: a snippet whose holes are `${1:name}`.
    pub snippet: &'static str,
}

/// The keyword, as it is meant inside that block or statement.
#[must_use]
pub fn find(word: &str, within: &[&str]) -> Option<&'static Keyword> {
    let mut named = KEYWORDS.iter().filter(|keyword| keyword.word == word);
    let exact = named.clone().find(|keyword| keyword.within.iter().any(|one| within.contains(one)));
    exact.or_else(|| named.find(|keyword| keyword.within.is_empty()))
}

/// The statements that may stand in a block that begins with this word; outside of blocks the items.
pub fn of_block(block: Option<&str>) -> impl Iterator<Item = &'static Keyword> {
    let block = block.unwrap_or("file");
    KEYWORDS.iter().filter(move |keyword| !keyword.snippet.is_empty() && keyword.within.contains(&block))
}

const fn statement(
    word: &'static str,
    within: &'static [&'static str],
    form: &'static str,
    summary: &'static str,
    snippet: &'static str,
) -> Keyword {
    Keyword { word, within, form, summary, snippet }
}

const fn inner(
    word: &'static str,
    within: &'static [&'static str],
    form: &'static str,
    summary: &'static str,
) -> Keyword {
    Keyword { word, within, form, summary, snippet: "" }
}

/// The words whose meaning an editor tells, statements first.
pub const KEYWORDS: &[Keyword] = &[
    statement(
        "table",
        &["file"],
        "table NAME { source … key … }",
        "Declares where items are looked up, and what their key is.",
        "table ${1:name} {\n  source dynamodb \"${2:table-name}\"\n  key    ${3:id}: ${4:string}\n}",
    ),
    statement(
        "rule",
        &["file"],
        "rule NAME { stream … }",
        "Says which events are taken, and what is added to them.",
        "rule ${1:name} {\n  stream \"${2:stream-name}\"\n  $0\n}",
    ),
    statement(
        "source",
        &["table"],
        "source dynamodb \"TABLE-NAME\"",
        "Where the table's items are: DynamoDB's name of the table or its ARN.",
        "source dynamodb \"${1:table-name}\"",
    ),
    statement(
        "key",
        &["table"],
        "key NAME: TYPE, NAME: TYPE",
        "The parts of the table's key with their types: the partition key, and the sort key if there is one.",
        "key ${1:id}: ${2:string}",
    ),
    statement(
        "index",
        &["table"],
        "index \"NAME\" key NAME: TYPE",
        "An index of the table, by which a lookup finds items under another key.",
        "index \"${1:by-email}\" key ${2:email}: ${3:string}",
    ),
    statement(
        "attributes",
        &["table"],
        "attributes NAME: TYPE, …",
        "Declares what rules read of the items. An attribute of another type ends the lookup in an error.",
        "attributes ${1:name}: ${2:string}",
    ),
    statement(
        "cache",
        &["table"],
        "cache 5m, missing 30s, stale 1h, max 16MiB",
        "For how long an answer serves later batches too. Without it answers are shared within one batch.",
        "cache ${1:5m}",
    ),
    statement(
        "stream",
        &["rule"],
        "stream \"NAME*\", …",
        "The streams whose events the rule takes; `*` stands for any characters.",
        "stream \"${1:name}\"",
    ),
    statement(
        "decode",
        &["rule"],
        "decode base64, gzip",
        "Undoes what a producer has wrapped its JSON in, in that order.",
        "decode ${1|base64,gzip,zlib,glue|}",
    ),
    statement(
        "when",
        &["rule"],
        "when CONDITION",
        "Takes only the events for which the condition holds. It reads the event as it arrived.",
        "when ",
    ),
    statement(
        "schema",
        &["rule"],
        "schema \"FILE\" on invalid reject",
        "The JSON Schema that events must fit, by its path from the folder of the rule file.",
        "schema \"${1:schemas/event.json}\"",
    ),
    statement(
        "lookup",
        &["rule", "for"],
        "lookup NAME from TABLE where KEY = VALUE { … }",
        "Looks an item up by its key. All keys of a batch are asked for together.",
        "lookup ${1:name} from ${2:table} where ${3:id} = ${4:.id} {\n  copy ${5:attribute}\n}",
    ),
    statement(
        "for",
        &["rule"],
        "for each NAME in .path { … }",
        "Looks up and writes for each element of an array.",
        "for each ${1:line} in ${2:.lines} {\n  $0\n}",
    ),
    statement(
        "copy",
        &["lookup"],
        "copy A, B into .target default VALUE",
        "Copies attributes of the item into the event, if it was found.",
        "copy ",
    ),
    statement(
        "on",
        &["lookup"],
        "on found | missing | no key | error { … }",
        "What else is done where the lookup has that outcome.",
        "on ${1|found,missing,no key,error|} { $0 }",
    ),
    statement(
        "set",
        &["rule", "on", "for"],
        "set .path = VALUE",
        "Replaces a value in place, or appends the field. An absent value removes it.",
        "set ${1:.field} = $0",
    ),
    statement(
        "remove",
        &["rule", "on", "for"],
        "remove .a, .b.c",
        "Takes fields out. What is not there is not missed.",
        "remove ${1:.field}",
    ),
    statement(
        "drop",
        &["rule", "on"],
        "drop when CONDITION",
        "Drops the event: it goes nowhere, and is no failure.",
        "drop when $0",
    ),
    statement(
        "partition",
        &["rule"],
        "partition by NAME = VALUE, …",
        "The partition keys of a delivery stream with dynamic partitioning.",
        "partition by ${1:name} = $0",
    ),
    statement(
        "output",
        &["rule"],
        "output s3 \"BUCKET\" { prefix … }",
        "Where enriched events are written, for callers that take nothing back.",
        "output s3 \"${1:bucket}\" {\n  prefix \"${2:prefix/}\"\n}",
    ),
    statement(
        "rejects",
        &["rule"],
        "rejects s3 \"BUCKET/PREFIX\"",
        "Where rejected events are kept with their bytes and the reason.",
        "rejects ${1|s3,sqs|} \"${2:bucket/rejects}\"",
    ),
    statement(
        "prefix",
        &["output"],
        "prefix \"TEXT\"",
        "What the names of the objects begin with; holes read the event and the record.",
        "prefix \"${1:events/}\"",
    ),
    statement(
        "one",
        &["output"],
        "one object per batch",
        "Whether a batch is one object, the default, or each record.",
        "one object per ${1|batch,record|}",
    ),
    statement(
        "compression",
        &["output"],
        "compression zstd",
        "How objects are compressed; `none` is the default.",
        "compression ${1|zstd,gzip,none|}",
    ),
    inner(
        "on",
        &["schema"],
        "schema \"FILE\" on invalid drop",
        "What becomes of an event that does not fit.",
    ),
    inner(
        "key",
        &["on", "no"],
        "on no key { … }",
        "A part of the lookup's key is absent, null or empty, so that nothing was asked.",
    ),
    inner(
        "no",
        &[],
        "on no key { … }",
        "A part of the lookup's key is absent, null or empty, so that nothing was asked.",
    ),
    inner("found", &["on"], "on found { … }", "The item exists. Its copies are made first."),
    inner(
        "missing",
        &["on"],
        "on missing { … }",
        "There is no such item. Copies with a default have made theirs.",
    ),
    inner(
        "missing",
        &["cache"],
        "cache 5m, missing 30s",
        "For how long it is kept that there is no such item.",
    ),
    inner(
        "stale",
        &["cache"],
        "cache 5m, stale 1h",
        "For how long an expired item is served where the table can't be asked.",
    ),
    inner("max", &["cache"], "cache 5m, max 16MiB", "How many bytes of the table are kept."),
    inner(
        "error",
        &["on"],
        "on error { … }",
        "The lookup failed: the event goes on as it was before, with `error.code` and `error.message` at hand.",
    ),
    inner("error", &[], "error.code, error.message", "Why the lookup failed, inside `on error`."),
    inner(
        "record",
        &[],
        "record.stream, record.arrival, …",
        "The envelope of the record that the event came in.",
    ),
    inner(
        "within",
        &[],
        "on missing within 60s retry",
        "Waits for an item that may only be late: a younger event fails, so that its source brings it again.",
    ),
    inner(
        "retry",
        &[],
        "on missing within 60s retry",
        "Waits for an item that may only be late: a younger event fails, so that its source brings it again.",
    ),
    inner("instead", &[], "on missing instead { … }", "Replaces the defaults of the copies."),
    inner("from", &[], "lookup NAME from TABLE …", "The table that is asked."),
    inner("by", &["partition"], "partition by NAME = VALUE, …", "The partition keys, each with its value."),
    inner(
        "by",
        &[],
        "lookup NAME from TABLE by \"INDEX\" where …",
        "Asks an index in the place of the table's own key.",
    ),
    inner(
        "where",
        &[],
        "where KEY = VALUE, …",
        "The value of each part of the key. It reads the event as it arrived.",
    ),
    inner("to", &[], "copy A to .target", "Copies one attribute to that field."),
    inner("into", &[], "copy A, B into .target", "Copies into an object, under the attributes' own names."),
    inner("as", &[], "copy A as number", "Converts the attribute to `string`, `number` or `boolean`."),
    inner("default", &[], "copy A default VALUE", "The value where the attribute or the item is absent."),
    inner("required", &[], "copy A required", "An item without the attribute is an error."),
    inner("except", &[], "copy * except A, B into .target", "All attributes but these."),
    inner("each", &[], "for each NAME in .path { … }", "Goes through the elements of an array."),
    inner(
        "in",
        &[],
        "for each NAME in .path { … }",
        "The array whose elements are gone through, as the event arrived.",
    ),
    inner("object", &[], "one object per batch", "What is written at once."),
    inner("per", &[], "one object per batch", "What is written at once."),
    inner(
        "invalid",
        &[],
        "schema \"FILE\" on invalid drop",
        "What becomes of an event that does not fit: `reject`, the default, or `drop`.",
    ),
    inner("if", &[], "if CONDITION then VALUE else VALUE", "One of two values; there is always an `else`."),
    inner("then", &[], "if CONDITION then VALUE else VALUE", "The value where the condition holds."),
    inner(
        "else",
        &[],
        "if CONDITION then VALUE else VALUE",
        "The value where the condition does not hold, or reads what is absent.",
    ),
    inner("and", &[], "A and B", "Both hold. It binds before `or`."),
    inner("or", &[], "A or B", "One of the two holds."),
    inner("not", &[], "not A", "The condition does not hold. It binds before `and`."),
    inner("true", &[], "true", "The boolean."),
    inner("false", &[], "false", "The boolean."),
    inner("null", &[], "null", "JSON's null: there, but no value."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use enrich_dsl::syntax::words;

    #[test]
    fn every_keyword_is_explained() {
        for word in words::KEYWORDS {
            assert!(KEYWORDS.iter().any(|keyword| keyword.word == *word), "{word}");
        }
        for keyword in KEYWORDS {
            assert!(keyword.summary.ends_with('.'), "{}", keyword.word);
            assert!(keyword.form.contains(keyword.word), "{}", keyword.word);
        }
    }

    #[test]
    fn a_word_means_what_its_place_says() {
        for (word, within, form) in [
            ("key", &["table"][..], "key NAME: TYPE, NAME: TYPE"),
            ("key", &["on"], "on no key { … }"),
            ("missing", &["cache"], "cache 5m, missing 30s"),
            ("error", &["set"], "error.code, error.message"),
        ] {
            assert_eq!(find(word, within).map(|found| found.form), Some(form));
        }
        assert!(find("banana", &[]).is_none());
    }
}
