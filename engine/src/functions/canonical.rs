//! One text for all spellings of a value: what is the same has the same.

use std::collections::BTreeMap;

use crate::json::number::Decimal;
use crate::json::{Kind, Node, write_string};

/// The canonical text of a value: numbers by value, members by name, no spaces.
pub(super) fn canonical(node: Node<'_>) -> String {
    let mut text = String::new();
    write(node, &mut text);
    text
}

/// As deep as a document may be nested.
fn write(node: Node<'_>, out: &mut String) {
    match node.kind() {
        Kind::Null | Kind::Bool => out.push_str(node.raw()),
        Kind::Number => match Decimal::parse(node.raw()) {
            Some(number) => out.push_str(&number.text()),
            None => out.push_str(node.raw()),
        },
        Kind::String => write_string(out, &node.as_str().unwrap_or_default()),
        Kind::Array => {
            out.push('[');
            for element in node.elements() {
                write(element, out);
                out.push(',');
            }
            out.push(']');
        }
        Kind::Object => {
            out.push('{');
            // Of several members of a name the last counts.
            let members: BTreeMap<_, _> = node.members().map(|(name, value)| (name.text(), value)).collect();
            for (name, value) in members {
                write_string(out, &name);
                out.push(':');
                write(value, out);
                out.push(',');
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    #[test]
    fn one_text_for_what_is_the_same() {
        let text = |json: &str| canonical(Document::parse(json.as_bytes()).expect(json).root());
        for (left, right) in [
            ("1.0", "10e-1"),
            (r#""a""#, r#""\u0061""#),
            (r#"{"a": 1, "b": [2]}"#, r#"{"b":[2.0],"a":1}"#),
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 2}"#),
        ] {
            assert_eq!(text(left), text(right), "{left} and {right}");
        }
        for (left, right) in [("1", "\"1\""), ("[1,2]", "[12]"), ("[[1],2]", "[[1,2]]"), ("null", "false")] {
            assert_ne!(text(left), text(right), "{left} and {right}");
        }
    }
}
