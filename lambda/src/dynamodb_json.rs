//! DynamoDB JSON to plain JSON: `{"price": {"N": "49.990"}}` to `{"price":49.990}`.
//!
//! Items of a table and of its stream become the same JSON: numbers keep their digits, sets are sorted
//! arrays, binary is its base64 text.

use std::borrow::Cow;
use std::cmp::Ordering;

use enrich_engine::json::{Document, Kind, MAX_DEPTH, Node, compare_numbers, write_string};

/// The item in plain JSON; `None` where it is not in DynamoDB JSON, which has a type around the value
/// of every attribute, or where it is nested deeper than an event may be.
///
/// # Errors
/// The attribute that says `N` and holds no number.
pub fn to_plain(item: Node<'_>) -> Result<Option<String>, String> {
    let mut members = item.members().peekable();
    if members.peek().is_none() || !members.all(|(_, value)| is_typed(value, 1)) {
        return Ok(None);
    }
    let mut out = String::with_capacity(item.raw().len());
    out.push('{');
    for (at, (name, value)) in sorted(item).into_iter().enumerate() {
        begin_member(&mut out, at, &name);
        write(&mut out, value).ok_or_else(|| name.into_owned())?;
    }
    out.push('}');
    Ok(Some(out))
}

/// The members of an object by name: DynamoDB keeps no order, and the source on AWS sorts them so too.
fn sorted(object: Node<'_>) -> Vec<(Cow<'_, str>, Node<'_>)> {
    let mut members: Vec<_> = object.members().map(|(name, value)| (name.text(), value)).collect();
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    members
}

fn begin_member(out: &mut String, at: usize, name: &str) {
    separate(out, at);
    write_string(out, name);
    out.push(':');
}

/// The type and the value of `{"TYPE": value}`.
fn typed(node: Node<'_>) -> Option<(Cow<'_, str>, Node<'_>)> {
    let mut members = node.members();
    let (name, value) = members.next()?;
    if members.next().is_some() { None } else { Some((name.text(), value)) }
}

/// Whether the value, which stands inside `depth` brackets of the plain item, has its type around it,
/// all the way down. An envelope may be nested deeper than a stack is: what this takes, `write` can walk.
fn is_typed(node: Node<'_>, depth: usize) -> bool {
    let Some((ty, value)) = typed(node) else { return false };
    match (&*ty, value.kind()) {
        ("S" | "N" | "B", Kind::String) | ("BOOL" | "NULL", Kind::Bool) => true,
        ("SS" | "NS" | "BS", Kind::Array) => value.elements().all(|element| element.kind() == Kind::String),
        ("L" | "M", _) if depth >= MAX_DEPTH => false,
        ("L", Kind::Array) => value.elements().all(|element| is_typed(element, depth + 1)),
        ("M", Kind::Object) => value.members().all(|(_, value)| is_typed(value, depth + 1)),
        _ => false,
    }
}

/// Writes the plain value of a typed one; `None` where a number is none.
fn write(out: &mut String, node: Node<'_>) -> Option<()> {
    let (ty, value) = typed(node)?;
    match &*ty {
        "N" => out.push_str(&number_text(value)?),
        "NULL" => out.push_str("null"),
        "SS" | "NS" | "BS" => set(out, &ty, value)?,
        "L" => {
            out.push('[');
            for (at, element) in value.elements().enumerate() {
                separate(out, at);
                write(out, element)?;
            }
            out.push(']');
        }
        "M" => {
            out.push('{');
            for (at, (name, value)) in sorted(value).into_iter().enumerate() {
                begin_member(out, at, &name);
                write(out, value)?;
            }
            out.push('}');
        }
        _ => out.push_str(value.raw()),
    }
    Some(())
}

/// A set as an array in order: numbers by value, texts and base64 texts as texts. DynamoDB keeps no
/// order, and what depends on one must not change from run to run.
fn set(out: &mut String, ty: &str, set: Node<'_>) -> Option<()> {
    let mut elements: Vec<_> = set.elements().filter_map(Node::as_str).collect();
    if ty == "NS" {
        elements = set.elements().map(number_text).collect::<Option<_>>()?;
        elements.sort_by(|a, b| compare_numbers(a, b).unwrap_or(Ordering::Equal).then_with(|| a.cmp(b)));
    } else {
        elements.sort();
    }
    out.push('[');
    for (at, element) in elements.iter().enumerate() {
        separate(out, at);
        if ty == "NS" { out.push_str(element) } else { write_string(out, element) }
    }
    out.push(']');
    Some(())
}

fn number_text(value: Node<'_>) -> Option<Cow<'_, str>> {
    value.as_str().filter(|text| is_number(text))
}

fn is_number(text: &str) -> bool {
    Document::parse(text.as_bytes())
        .is_ok_and(|document| document.root().as_number().is_some_and(|number| number.len() == text.len()))
}

fn separate(out: &mut String, at: usize) {
    if at > 0 {
        out.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(item: &str) -> Result<Option<String>, String> {
        to_plain(Document::parse(item.as_bytes()).expect(item).root())
    }

    #[test]
    fn every_type() {
        for (typed, expected) in [
            (r#"{"S":"a\u00e9\"b"}"#, r#""a\u00e9\"b""#),
            (r#"{"N":"49.990"}"#, "49.990"),
            (r#"{"N":"12345678901234567890123456789012345678"}"#, "12345678901234567890123456789012345678"),
            (r#"{"N":"1E-130"}"#, "1E-130"),
            (r#"{"B":"AAE="}"#, r#""AAE=""#),
            (r#"{"BOOL":true}"#, "true"),
            (r#"{"NULL":true}"#, "null"),
            (r#"{"SS":["b","a\"","é","B"]}"#, r#"["B","a\"","b","é"]"#),
            (r#"{"NS":["10","9.50","-3","1e1"]}"#, "[-3,9.50,10,1e1]"),
            (r#"{"BS":["/w==","AA==","Ag=="]}"#, r#"["/w==","AA==","Ag=="]"#),
            (r#"{"L":[{"N":"1"},{"M":{"x":{"L":[]}}}]}"#, r#"[1,{"x":[]}]"#),
            (r#"{"M":{"n":{"NULL":true},"S":{"S":"x"}}}"#, r#"{"S":"x","n":null}"#),
            (r#"{"M":{}}"#, "{}"),
        ] {
            let item = format!(r#"{{"k\n":{typed}}}"#);
            assert_eq!(plain(&item), Ok(Some(format!(r#"{{"k\n":{expected}}}"#))), "{item}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_plain() {
        for item in [
            "{}",
            r#"{"id":"u1"}"#,
            r#"{"id":{"S":"u1"},"n":1}"#,
            r#"{"id":{"S":"u1","N":"1"}}"#,
            r#"{"id":{"S":1}}"#,
            r#"{"id":{"N":1}}"#,
            r#"{"id":{"s":"u1"}}"#,
            r#"{"id":{"T":"u1"}}"#,
            r#"{"id":{}}"#,
            r#"{"id":{"BOOL":"true"}}"#,
            r#"{"id":{"NULL":null}}"#,
            r#"{"id":{"SS":["a",1]}}"#,
            r#"{"id":{"L":["a"]}}"#,
            r#"{"id":{"M":{"a":"b"}}}"#,
            r#"{"id":{"M":{"a":{"L":[{"S":null}]}}}}"#,
        ] {
            assert_eq!(plain(item), Ok(None), "{item}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| {
            let (open, close) = (r#"{"L":["#.repeat(depth), "]}".repeat(depth));
            format!(r#"{{"a":{open}{close}}}"#)
        };
        let plain =
            |text: &str| to_plain(Document::parse_nested(text.as_bytes(), text.len()).expect("JSON").root());
        let deepest = plain(&nested(MAX_DEPTH - 1)).expect("no number").expect("DynamoDB JSON");
        Document::parse(deepest.as_bytes()).expect("an event");
        assert_eq!(plain(&nested(MAX_DEPTH)), Ok(None));
        assert_eq!(plain(&nested(200_000)), Ok(None));
    }

    #[test]
    fn a_number_is_one() {
        for value in
            [r#"{"N":"abc"}"#, r#"{"N":""}"#, r#"{"N":" 1"}"#, r#"{"NS":["1","x"]}"#, r#"{"L":[{"N":"1."}]}"#]
        {
            let item = format!(r#"{{"id":{{"S":"u1"}},"price":{value}}}"#);
            assert_eq!(plain(&item), Err("price".to_owned()), "{item}");
        }
    }
}
