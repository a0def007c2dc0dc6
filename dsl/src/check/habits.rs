//! What people of other languages call the functions of this one, and the names in it.

use crate::source::{Sources, Span};
use crate::syntax::tree::{Copied, Copy, Name};

/// What other languages call the event.
pub(super) const EVENT: [&str; 8] = ["event", "this", "self", "root", "doc", "row", "input", "msg"];

/// What they call an error that has been caught.
pub(super) const ERROR: [&str; 4] = ["err", "exception", "e", "ex"];

/// Functions under other names: those names, in lower case and without `_`, and the function.
const FUNCTIONS: &[(&[&str], &str)] = &[
    (&["len", "size", "count", "strlen", "charlength", "arraylength", "cardinality"], "length"),
    (&["str", "tostring", "text", "tochar", "varchar", "asstring"], "string"),
    (
        &[
            "int",
            "float",
            "num",
            "tonumber",
            "toint",
            "tofloat",
            "parseint",
            "parsefloat",
            "integer",
            "decimal",
            "double",
            "tointeger",
        ],
        "number",
    ),
    (&["bool", "tobool", "toboolean"], "boolean"),
    (&["uppercase", "toupper", "touppercase", "upcase", "ucase"], "upper"),
    (&["lowercase", "tolower", "tolowercase", "downcase", "lcase"], "lower"),
    (&["strip", "stripwhitespace", "btrim"], "trim"),
    (&["substr", "mid"], "substring"),
    (&["replaceall", "gsub"], "replace"),
    (&["includes", "has", "instr"], "contains"),
    (&["startswith", "beginswith", "hasprefix"], "starts_with"),
    (&["endswith", "hassuffix"], "ends_with"),
    (&["lpad", "padstart", "zfill", "leftpad"], "pad_left"),
    (&["explode", "tokenize", "stringsplit"], "split"),
    (&["implode", "arrayjoin", "stringagg"], "join"),
    (&["ceiling"], "ceil"),
    (&["greatest"], "max"),
    (&["least"], "min"),
    (&["total"], "sum"),
    (&["currenttimestamp", "getdate", "utcnow", "currenttime", "sysdate", "timestamp", "currentdate"], "now"),
    (&["dateformat", "strftime", "formatdate", "formattimestamp", "formatdatetime"], "format_time"),
    (
        &["strptime", "totimestamp", "parsedate", "parsetimestamp", "parsedatetime", "fromiso8601"],
        "parse_time",
    ),
    (&["dateadd", "timestampadd", "adddate"], "add_time"),
    (&["datediff", "timediff", "timestampdiff"], "seconds_between"),
    (&["datetrunc", "trunctime", "floortime"], "truncate_time"),
    (&["fromunixtime", "fromtimestamp", "fromepoch"], "from_unix"),
    (&["unixtimestamp", "toepoch", "epoch", "tounixtimestamp"], "to_unix"),
    (&["json", "jsonparse", "parsejson", "fromjson", "jsondecode", "loads"], "parse_json"),
    (&["tojson", "jsonencode", "stringify", "encodejson", "dumps", "jsonstringify"], "to_json"),
    (&["base64", "b64encode", "encodebase64", "tobase64"], "base64_encode"),
    (&["b64decode", "decodebase64", "frombase64", "unbase64"], "base64_decode"),
    (&["urlencode", "encodeuri", "encodeuricomponent", "encodeurl"], "url_encode"),
    (&["urldecode", "decodeuri", "decodeuricomponent", "decodeurl"], "url_decode"),
    (&["sha", "sha2", "hash"], "sha256"),
    (&["hmac"], "hmac_sha256"),
    (&["redact", "obfuscate"], "mask"),
    (&["elementat", "nth", "getitem", "get"], "at"),
    (&["head"], "first"),
    (&["typeof", "type", "kind"], "type_of"),
    (&["distinct", "dedup", "uniq", "dedupe"], "unique"),
    (&["assign", "extend", "mergeobjects", "deepmerge"], "merge"),
];

/// What is no function here, and what is written for it.
const OTHERS: &[(&[&str], &str)] = &[
    (
        &["concat", "concatws", "strcat", "format", "sprintf", "printf"],
        "texts are joined with holes: `\"{.first} {.last}\"`",
    ),
    (
        &["coalesce", "ifnull", "nvl", "default", "defaultto", "getor"],
        "a value in place of an absent one or null is given with `??`: `.a ?? .b`",
    ),
    (
        &[
            "exists",
            "defined",
            "isnull",
            "isdefined",
            "haskey",
            "present",
            "isempty",
            "notnull",
            "isnullish",
            "ispresent",
        ],
        "whether there is a value is asked with `(.a ?? null) != null`",
    ),
    (
        &["uuid", "uuidv4", "random", "rand", "guid", "newid", "generateuuid"],
        "nothing is random, so that an event that comes again gives the same: `record.id` tells each record from the others",
    ),
    (
        &[
            "regexreplace",
            "regexpreplace",
            "match",
            "matches",
            "regex",
            "regexp",
            "parseregex",
            "regexmatch",
            "regexextract",
            "rematch",
        ],
        "there are no patterns: `contains`, `starts_with`, `ends_with`, `split` and `replace` work on plain text",
    ),
    (
        &["iif", "ifelse", "iff", "decode", "case"],
        "a value is chosen with `if CONDITION then VALUE else VALUE`",
    ),
    (&["del", "delete", "remove", "unset"], "fields are taken out with the statement `remove .a, .b`"),
    (
        &["env", "getenv", "getenvvar"],
        "what a deployment sets is a variable in a text: `\"${NAME:default}\"`",
    ),
    (
        &["map", "filter", "mapvalues", "reduce", "foreach"],
        "elements are read and written in `for each NAME in .path { … }`",
    ),
];

/// What is meant by a function that there isn't.
pub(super) enum Meant {
    /// A function.
    Function(&'static str),
    /// Something else, in words.
    Other(&'static str),
}

/// What people mean by a function of that name.
pub(super) fn function(name: &str) -> Option<Meant> {
    let function = find(FUNCTIONS, name).map(Meant::Function);
    function.or_else(|| find(OTHERS, name).map(Meant::Other))
}

/// `copy name as user_name`: the place of `as user_name`, where a name may be meant.
pub(super) fn renamed(sources: &Sources, copy: &Copy) -> Option<Span> {
    let word = copy.cast.as_ref()?;
    let one = matches!(&copy.what, Copied::Named(names) if names.len() == 1);
    let text = sources.get(word.span.file)?.text();
    let before = text.get(..word.span.start as usize)?.trim_end();
    let start =
        u32::try_from(before.strip_suffix("as").filter(|_| one && copy.target.is_none())?.len()).ok()?;
    Some(Span { start, ..word.span })
}

/// `.first-name`, which reads as a difference: the place of `first-name`, and it in quotes.
pub(super) fn hyphen(sources: &Sources, name: &Name) -> Option<(Span, String)> {
    let text = sources.get(name.span.file)?.text();
    let before = text.get(..name.span.start as usize)?.strip_suffix('-')?;
    let start = before.rfind(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))?;
    let word = before.get(start..)?.strip_prefix('.').filter(|word| !word.is_empty())?;
    let start = u32::try_from(start + 1).ok()?;
    Some((Span { start, ..name.span }, format!("\"{word}-{}\"", name.text)))
}

fn find(table: &[(&[&str], &'static str)], word: &str) -> Option<&'static str> {
    let word = word.replace('_', "").to_lowercase();
    table.iter().find(|(words, _)| words.contains(&word.as_str())).map(|(_, meant)| *meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_meaning() {
        let mut words: Vec<_> = FUNCTIONS.iter().chain(OTHERS).flat_map(|(words, _)| *words).collect();
        let count = words.len();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), count);
        assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric())));
    }
}
