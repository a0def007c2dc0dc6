//! JSON as a plain tree that keeps every byte: white space, digits, escapes, the order of members and
//! those that stand there twice. What is read and printed again is the same text.

use std::fmt::Write as _;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    /// Its digits, as they stand.
    Number(String),
    /// The raw text, quotes and escapes included.
    String(String),
    Array(Array),
    Object(Object),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Array {
    pub(crate) elements: Vec<Element>,
    /// The white space of an empty one.
    pub(crate) gap: String,
}

/// An element, with the white space around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) before: String,
    pub(crate) value: Node,
    pub(crate) after: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) members: Vec<Member>,
    /// The white space of an empty one: what stands before a member that is added, and behind it.
    pub(crate) gap: (String, String),
}

/// A member, with the white space around it and around its colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) before: String,
    /// The raw text, quotes and escapes included.
    pub(crate) name: String,
    pub(crate) colon: (String, String),
    pub(crate) value: Node,
    pub(crate) after: String,
}

impl Member {
    /// A member that a rule writes: the name in its plain spelling, no white space.
    pub(crate) fn new(name: &str, value: Node) -> Self {
        let (before, colon, after) = Default::default();
        Self { before, name: quoted(name), colon, value, after }
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        unquoted(&self.name) == name
    }
}

impl Element {
    pub(crate) fn new(value: Node) -> Self {
        Self { before: String::new(), value, after: String::new() }
    }
}

impl Node {
    pub(crate) fn text(text: &str) -> Self {
        Node::String(quoted(text))
    }

    pub(crate) fn object(members: Vec<(&str, Node)>) -> Self {
        let members = members.into_iter().map(|(name, value)| Member::new(name, value)).collect();
        Node::Object(Object { members, ..Object::default() })
    }

    pub(crate) fn array(elements: Vec<Node>) -> Self {
        let elements = elements.into_iter().map(Element::new).collect();
        Node::Array(Array { elements, ..Array::default() })
    }

    /// What a text says.
    pub(crate) fn as_text(&self) -> Option<String> {
        if let Node::String(raw) = self { Some(unquoted(raw)) } else { None }
    }

    /// The member of that name; of several the last.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        let Node::Object(object) = self else { return None };
        object.members.iter().rev().find(|member| member.is(name)).map(|member| &member.value)
    }

    /// The value at a path.
    pub(crate) fn at(&self, path: &[String]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// How many members of an object have that name.
    pub(crate) fn count(&self, name: &str) -> usize {
        let Node::Object(object) = self else { return 0 };
        object.members.iter().filter(|member| member.is(name)).count()
    }

    /// The values inside.
    pub(crate) fn children(&self) -> Vec<&Node> {
        match self {
            Node::Array(array) => array.elements.iter().map(|element| &element.value).collect(),
            Node::Object(object) => object.members.iter().map(|member| &member.value).collect(),
            _ => Vec::new(),
        }
    }

    /// How deep arrays and objects are nested.
    pub(crate) fn depth(&self) -> usize {
        let inside = self.children().into_iter().map(Node::depth).max().unwrap_or(0);
        inside + usize::from(matches!(self, Node::Array(_) | Node::Object(_)))
    }

    /// What it is, in a sentence.
    pub(crate) fn with_article(&self) -> &'static str {
        match self {
            Node::Null => "null",
            Node::Bool(_) => "a boolean",
            Node::Number(_) => "a number",
            Node::String(_) => "a string",
            Node::Array(_) => "an array",
            Node::Object(_) => "an object",
        }
    }

    /// The text.
    pub(crate) fn print(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Node::Null => out.push_str("null"),
            Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Node::Number(raw) | Node::String(raw) => out.push_str(raw),
            Node::Array(array) => {
                out.push('[');
                for (place, element) in array.elements.iter().enumerate() {
                    out.push_str(if place > 0 { "," } else { "" });
                    out.push_str(&element.before);
                    element.value.write(out);
                    out.push_str(&element.after);
                }
                if array.elements.is_empty() {
                    out.push_str(&array.gap);
                }
                out.push(']');
            }
            Node::Object(object) => {
                out.push('{');
                for (place, member) in object.members.iter().enumerate() {
                    out.push_str(if place > 0 { "," } else { "" });
                    for part in [&member.before, &member.name, &member.colon.0, ":", &member.colon.1] {
                        out.push_str(part);
                    }
                    member.value.write(out);
                    out.push_str(&member.after);
                }
                if object.members.is_empty() {
                    out.push_str(&object.gap.0);
                    out.push_str(&object.gap.1);
                }
                out.push('}');
            }
        }
    }
}

/// A text as a JSON string: only what must be escaped is.
pub(crate) fn quoted(text: &str) -> String {
    let mut raw = String::from('"');
    for character in text.chars() {
        match character {
            '"' => raw.push_str("\\\""),
            '\\' => raw.push_str("\\\\"),
            '\n' => raw.push_str("\\n"),
            '\r' => raw.push_str("\\r"),
            '\t' => raw.push_str("\\t"),
            '\u{8}' => raw.push_str("\\b"),
            '\u{c}' => raw.push_str("\\f"),
            control if control < ' ' => {
                let _ = write!(raw, "\\u{:04x}", u32::from(control));
            }
            plain => raw.push(plain),
        }
    }
    raw.push('"');
    raw
}

/// A JSON string without its quotes.
pub(crate) fn inside(raw: &str) -> &str {
    raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).expect("quotes")
}

/// What a JSON string says. The parser has taken it, so its escapes are right.
pub(crate) fn unquoted(raw: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = inside(raw).chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            units.extend(character.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        units.push(match rest.next().expect("an escape") {
            'b' => 8,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'u' => {
                let digits: String = rest.by_ref().take(4).collect();
                u16::from_str_radix(&digits, 16).expect("four digits")
            }
            itself => u16::try_from(u32::from(itself)).expect("a sign of ASCII"),
        });
    }
    String::from_utf16(&units).expect("surrogates in pairs")
}
