use aws_sdk_dynamodb::primitives::Blob;

use super::*;

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(digits: &str) -> AttributeValue {
    AttributeValue::N(digits.to_owned())
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn map(members: &[(&str, AttributeValue)]) -> HashMap<String, AttributeValue> {
    members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn nested(levels: usize) -> AttributeValue {
    (0..levels).fold(n("1"), |value, _| AttributeValue::L(vec![value]))
}

#[test]
fn every_type_of_value() {
    use AttributeValue::{B, Bool, Bs, L, M, Ns, Null, Ss};
    let blob = |bytes: &[u8]| Blob::new(bytes);
    for (value, json) in [
        (s(""), r#""""#),
        (s("plain"), r#""plain""#),
        (s("a\"b\\c\n\u{1}é😀"), r#""a\"b\\c\n\u0001é😀""#),
        (n("12345678901234567890123456789012345678"), "12345678901234567890123456789012345678"),
        (n("49.990"), "49.990"),
        (n("1E+3"), "1E+3"),
        (n("-0.5e-130"), "-0.5e-130"),
        (n("+5"), "5"),
        (n(".5"), "0.5"),
        (n("-.5"), "-0.5"),
        (n("5."), "5"),
        (n("007.10"), "7.10"),
        (n("000"), "0"),
        (Bool(true), "true"),
        (Bool(false), "false"),
        (Null(true), "null"),
        (B(blob(b"\x00\xff")), r#""AP8=""#),
        (L(vec![]), "[]"),
        (L(vec![s("b"), n("2"), s("a")]), r#"["b",2,"a"]"#),
        (M(map(&[])), "{}"),
        (M(map(&[("b", n("1")), ("a", Null(true)), ("\"", s("q"))])), r#"{"\"":"q","a":null,"b":1}"#),
        (Ss(texts(&["b", "a", "C"])), r#"["C","a","b"]"#),
        (Ns(texts(&["10", "9", "-1e2", "9.5", "0.1"])), "[-1e2,0.1,9,9.5,10]"),
        (Bs(vec![blob(b"b"), blob(b"a")]), r#"["YQ==","Yg=="]"#),
    ] {
        let item = to_item(&map(&[("x", value.clone())])).expect("an item");
        assert_eq!(item.text(), format!("{{\"x\":{json}}}"), "{value:?}");
    }
}

#[test]
fn an_item_is_sorted_by_name() {
    let item = to_item(&map(&[("b", n("2")), ("a b", n("1")), ("c", n("3"))])).expect("an item");
    assert_eq!(item.text(), r#"{"a b":1,"b":2,"c":3}"#);
    assert_eq!(to_item(&map(&[])).expect("an item").text(), "{}");
}

#[test]
fn what_is_no_number_is_no_item() {
    for digits in
        ["", "-", "+", ".", "1e", "1e+", "e5", "NaN", "Infinity", "1,2", "1 ", "--1", "0x1", "1.2.3"]
    {
        let expected = Err(ItemError::Number("x".to_owned()));
        assert_eq!(to_item(&map(&[("x", n(digits))])).map(drop), expected, "{digits}");
        let set = AttributeValue::Ns(texts(&["1", digits]));
        assert_eq!(to_item(&map(&[("x", set)])).map(drop), expected, "{digits}");
    }
    let error = to_item(&map(&[("price", n("secret"))])).map(drop).expect_err("no number");
    assert_eq!(error.to_string(), "attribute `price` holds a number that JSON can't express");
}

#[test]
fn a_value_may_nest_as_deep_as_a_document() {
    assert!(to_item(&map(&[("x", nested(MAX_DEPTH - 1))])).is_ok());
    for levels in [MAX_DEPTH, 2 * MAX_DEPTH] {
        let expected = Err(ItemError::Depth("x".to_owned()));
        assert_eq!(to_item(&map(&[("x", nested(levels))])).map(drop), expected);
    }
}
