//! DynamoDB JSON to plain JSON: `{"price": {"N": "49.990"}}` to `{"price":49.990}`.

use std::borrow::Cow;
use std::cmp::Ordering;

use enrich_engine::json::{Kind, Node, compare_numbers, write_string};

use super::is_number;

/// The item in plain JSON; `None` where it is not in DynamoDB JSON, which has a type around the value
/// of every attribute.
///
/// # Errors
/// The attribute that says `N` and holds no number.
pub(super) fn to_plain(item: Node<'_>) -> Result<Option<String>, String> {
    let mut members = item.members().peekable();
    if members.peek().is_none() || !members.all(|(_, value)| is_typed(value)) {
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

/// Whether the value has its type around it, all the way down.
fn is_typed(node: Node<'_>) -> bool {
    let Some((ty, value)) = typed(node) else { return false };
    match (&*ty, value.kind()) {
        ("S" | "N" | "B", Kind::String) | ("BOOL" | "NULL", Kind::Bool) => true,
        ("SS" | "NS" | "BS", Kind::Array) => value.elements().all(|element| element.kind() == Kind::String),
        ("L", Kind::Array) => value.elements().all(is_typed),
        ("M", Kind::Object) => value.members().all(|(_, value)| is_typed(value)),
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

fn separate(out: &mut String, at: usize) {
    if at > 0 {
        out.push(',');
    }
}

#[cfg(test)]
mod tests {
    use enrich_engine::json::Document;

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
    fn a_number_is_one() {
        for value in
            [r#"{"N":"abc"}"#, r#"{"N":""}"#, r#"{"N":" 1"}"#, r#"{"NS":["1","x"]}"#, r#"{"L":[{"N":"1."}]}"#]
        {
            let item = format!(r#"{{"id":{{"S":"u1"}},"price":{value}}}"#);
            assert_eq!(plain(&item), Err("price".to_owned()), "{item}");
        }
    }
}
