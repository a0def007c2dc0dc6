//! What a file of tests says, with the place of every part.

use crate::source::Span;
use crate::syntax::tree::{Name, Trivia};

/// A parsed file of tests.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// The tests, in their order.
    pub tests: Vec<Test>,
    /// The comments and blank lines, in their order.
    pub trivia: Vec<Trivia>,
}

/// `test "NAME" { … }`
#[derive(Clone, Debug)]
pub struct Test {
    /// What it shows.
    pub name: Text,
    /// What it says, in the order written.
    pub clauses: Vec<Clause>,
    /// The whole test.
    pub span: Span,
    /// Whether all that it needs is there, once. If not, that is reported.
    pub complete: bool,
}

/// One clause of a test.
#[derive(Clone, Debug)]
pub struct Clause {
    /// What it says.
    pub kind: ClauseKind,
    /// Its place.
    pub span: Span,
}

/// What a clause of a test says.
#[derive(Clone, Debug)]
pub enum ClauseKind {
    /// `given TABLE ITEMS fails "CODE"`
    Given {
        /// The table.
        table: Name,
        /// An item, or a list of them. With `fails` only their keys count: these fail, and no other.
        items: Option<Json>,
        /// What the table answers instead of its items.
        fails: Option<Text>,
    },
    /// `event JSON`: what a rule sees once its bytes are decoded.
    Event(Json),
    /// `event text "…"`: the record's bytes.
    EventText(Text),
    /// `stream "NAME"`
    Stream(Text),
    /// `record { "shard": …, "sequence": … }`
    Record(Json),
    /// `now "2026-01-01T00:00:00Z"`
    Now(Text),
    /// `variable NAME "VALUE"`
    Variable {
        /// The variable.
        name: Name,
        /// Its value.
        value: Text,
    },
    /// `expect …`
    Expect(Expected),
}

/// What a test expects.
#[derive(Clone, Debug)]
pub enum Expected {
    /// The enriched event.
    Event(Json),
    /// `dropped`
    Dropped,
    /// `rejected "CODE"`
    Rejected(Text),
    /// `failed "CODE"`
    Failed(Text),
}

/// A JSON string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it says, escapes resolved. Half of a surrogate pair becomes U+FFFD.
    pub text: String,
    /// How it is written, quotes included.
    pub raw: String,
    /// Its place.
    pub span: Span,
}

/// A JSON value, as it is written, with `*` for anything.
#[derive(Clone, Debug)]
pub struct Json {
    /// What it is.
    pub kind: JsonKind,
    /// Its place.
    pub span: Span,
}

/// What a JSON value is.
#[derive(Clone, Debug)]
pub enum JsonKind {
    /// `true`, `false`, `null` or a number, as it is written.
    Plain(String),
    /// A string.
    Text(Text),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object {
        /// Its members, in the order written.
        members: Vec<(Text, Json)>,
        /// The `*` that lets it have more.
        rest: Option<Span>,
    },
    /// `*`
    Any,
}

impl Json {
    /// It on one line, in plain JSON: numbers and texts as they are written.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        let parted = |at: usize| if at > 0 { "," } else { "" };
        match &self.kind {
            JsonKind::Plain(text) => out.push_str(text),
            JsonKind::Text(text) => out.push_str(&text.raw),
            JsonKind::Any => out.push('*'),
            JsonKind::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(parted(at));
                    item.write(out);
                }
                out.push(']');
            }
            JsonKind::Object { members, rest } => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    out.push_str(parted(at));
                    out.push_str(&name.raw);
                    out.push(':');
                    value.write(out);
                }
                if rest.is_some() {
                    out.push_str(parted(members.len()));
                    out.push('*');
                }
                out.push('}');
            }
        }
    }

    /// Whether it is an array or an object that is not empty.
    pub(crate) fn holds_any(&self) -> bool {
        match &self.kind {
            JsonKind::Array(items) => !items.is_empty(),
            JsonKind::Object { members, rest } => !members.is_empty() || rest.is_some(),
            JsonKind::Plain(_) | JsonKind::Text(_) | JsonKind::Any => false,
        }
    }

    /// The first `*` in it.
    #[must_use]
    pub fn star(&self) -> Option<Span> {
        match &self.kind {
            JsonKind::Plain(_) | JsonKind::Text(_) => None,
            JsonKind::Any => Some(self.span),
            JsonKind::Array(items) => items.iter().find_map(Json::star),
            JsonKind::Object { members, rest } => {
                members.iter().find_map(|(_, value)| value.star()).or(*rest)
            }
        }
    }

    /// What it is, in words.
    #[must_use]
    pub fn with_article(&self) -> &'static str {
        match &self.kind {
            JsonKind::Plain(text) => match text.as_str() {
                "null" => "null",
                "true" | "false" => "a boolean",
                _ => "a number",
            },
            JsonKind::Text(_) => "a text",
            JsonKind::Array(_) => "an array",
            JsonKind::Object { .. } => "an object",
            JsonKind::Any => "`*`",
        }
    }
}
