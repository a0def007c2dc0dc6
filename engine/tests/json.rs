//! The scanner against `serde_json`: what passes and what does not is the same, and the tape says
//! what is there. Numbers out of a float's range and deep nesting are the two known differences.

#![cfg(test)]

use enrich_engine::json::{Document, Kind, MAX_DEPTH, Node};
use proptest::prelude::*;
use serde_json::Value;

/// The value that the tape shows, built without looking at the text in any other way.
fn value(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Bool => Value::Bool(node.as_bool().expect("a boolean")),
        Kind::Number => serde_json::from_str(node.as_number().expect("a number")).expect("a number in range"),
        Kind::String => Value::String(node.as_str().expect("a string").into_owned()),
        Kind::Array => node.elements().map(value).collect(),
        Kind::Object => node.members().map(|(name, node)| (name.text().into_owned(), value(node))).collect(),
    }
}

/// Both judge the same bytes. `true` where they accept them.
#[track_caller]
fn agree(bytes: &[u8]) -> bool {
    let ours = Document::parse(bytes);
    match (serde_json::from_slice::<Value>(bytes), &ours) {
        (Ok(theirs), Ok(document)) => {
            assert_eq!(value(document.root()), theirs, "{}", String::from_utf8_lossy(bytes));
            assert_eq!(document.text().as_bytes(), bytes);
            true
        }
        (Err(_), Err(_)) => false,
        (Err(error), Ok(_)) if error.to_string().contains("number out of range") => true,
        (theirs, ours) => {
            panic!("{:?}: serde_json {theirs:?}, scanner {ours:?}", String::from_utf8_lossy(bytes))
        }
    }
}

#[test]
fn judged_as_serde_json_does() {
    for (text, expected) in [
        ("{}", true),
        (" [ ] ", true),
        ("", false),
        (" ", false),
        ("{", false),
        ("}", false),
        ("[1,]", false),
        ("[,1]", false),
        ("[1 2]", false),
        ("{\"a\":1,}", false),
        ("{\"a\"}", false),
        ("{\"a\":}", false),
        ("{a:1}", false),
        ("{\"a\":1}}", false),
        ("[1}", false),
        ("{\"a\":1]", false),
        ("nul", false),
        ("nulll", false),
        ("True", false),
        ("01", false),
        ("-", false),
        ("-01", false),
        ("1.", false),
        (".5", false),
        ("1.e5", false),
        ("1e", false),
        ("1e+", false),
        ("+1", false),
        ("-0", true),
        ("1E5", true),
        ("1e-5", true),
        ("0.0", true),
        ("\"\\u0041\"", true),
        ("\"\\u00g1\"", false),
        ("\"\\x\"", false),
        ("\"\\ud83d\\ude00\"", true),
        ("\"\\ud83d\"", false),
        ("\"\\ud83d\\u0041\"", false),
        ("\"\\ude00\"", false),
        ("\"\t\"", false),
        ("\"\u{7f}\"", true),
        ("\"a", false),
        ("\u{feff}{}", false),
        ("1 2", false),
        ("{\"a\":1,\"a\":2}", true),
        ("\u{a0}1", false),
    ] {
        assert_eq!(agree(text.as_bytes()), expected, "{text:?}");
    }
    assert!(!agree(b"\"\xff\""));
    assert!(!agree(b"\"\xed\xa0\x80\""));
}

/// Values are read in blocks of 16 bytes: what a value is must not depend on how long it is, on where the text ends, nor
/// on what it stands in.
#[test]
fn judged_alike_wherever_the_blocks_end() {
    let (mut good, mut texts) = (0, 0);
    for length in 0..36_usize {
        let (word, digits) = ("x".repeat(length), "1234567890".repeat(4));
        let digits = &digits[..length];
        let values = [
            format!("\"{word}\""),
            format!("\"{word}é\""),
            format!("\"{word}\\n\""),
            format!("\"{word}\u{1}\""),
            format!("\"{word}\\\""),
            format!("\"{word}"),
            digits.to_owned(),
            format!("0{digits}"),
            format!("-{digits}"),
            format!("{digits}."),
            format!("{digits}.5"),
            format!("{digits}.5.5"),
            format!("0.{digits}"),
            format!("7.{digits}e1"),
            format!("{digits}e"),
            format!("true{word}"),
            "null"[..length.min(4)].to_owned(),
            format!("{{\"{word}\":[]}}"),
        ];
        for value in &values {
            for (before, behind) in [
                ("", ""),
                ("[", "]"),
                ("[", ""),
                ("[1,", ",{}]"),
                ("{\"a\":", "}"),
                ("{\"a\":", ",\"b\":{\"c\":2}}"),
                ("{\"a\": ", ", \"b\": {\"c\": 2 } }"),
                ("{\"sixteen bytes ab\":[", "]]"),
            ] {
                let text = format!("{before}{value}{behind}");
                let accepted = agree(text.as_bytes());
                let error = Document::parse(text.as_bytes()).err();
                // With room behind it, all is as without. What ends too early stands before a blank then.
                for room in [1, 7, 15, 16, 17] {
                    let longer = format!("{text}{}", " ".repeat(room));
                    let same = Document::parse(longer.as_bytes()).err();
                    if error.is_none_or(|error| error.at < text.len()) {
                        assert_eq!(same, error, "{longer:?}");
                    }
                    assert_eq!(agree(longer.as_bytes()), accepted, "{longer:?}");
                }
                good += u32::from(accepted);
                texts += 1;
            }
        }
    }
    assert!(good > 1_500 && texts - good > 1_500, "{good} of {texts}");
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Document::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert!(Document::parse(nested(MAX_DEPTH + 1).as_bytes()).is_err());
    assert!(Document::parse("[".repeat(6_000_000).as_bytes()).is_err());
    assert!(Document::parse_nested(nested(5000).as_bytes(), 10_000).is_ok());
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,6}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_is_read_as_it_is(value in json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
        prop_assert!(agree(&text.expect("JSON")));
    }

    #[test]
    fn damaged_documents_are_judged_alike(
        value in json(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..4),
    ) {
        let mut text = serde_json::to_vec(&value).expect("JSON");
        for (at, byte, kind) in damage {
            // Mostly bytes that JSON is made of: others are refused too early to tell anything.
            let byte = b"{}[]\",:\\0123456789.eE+-tfn ul\x00\x1f\xc3\xff"[usize::from(byte) % 33];
            match (kind, text.len()) {
                (_, 0) => text.push(byte),
                (0, length) => text[at.index(length)] = byte,
                (1, length) => text.insert(at.index(length), byte),
                (_, length) => { text.remove(at.index(length)); }
            }
        }
        agree(&text);
    }

    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        agree(&bytes);
    }
}
