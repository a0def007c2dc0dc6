//! Tests, as rows.

use super::Printer;
use super::doc::Doc;
use super::rows::{BLOCK, Row};
use super::statement::{closing, plain, with_block};
use crate::syntax::tree::Name;
use crate::testing::tree::{Clause, ClauseKind, Expected, Json, JsonKind, Test, Text};

impl Printer<'_> {
    pub(super) fn test(&mut self, test: &Test) -> Row {
        let head = Doc::All(vec![Doc::word("test"), self.json_text(&test.name)]);
        let start = |clause: &Clause| clause.span.start;
        with_block(head, self.block(&test.clauses, start, Self::test_clause, closing(test.span)))
    }

    fn test_clause(&mut self, clause: &Clause) -> Row {
        let (word, argument) = match &clause.kind {
            ClauseKind::Given { table, items, fails } => {
                let mut parts = vec![self.table_name(table)];
                if let Some(items) = items {
                    parts.extend([Doc::Space(1), self.json(items)]);
                }
                if let Some(fails) = fails {
                    parts.extend([Doc::between("fails"), self.json_text(fails)]);
                }
                ("given", Doc::All(parts))
            }
            ClauseKind::Event(json) => ("event", self.json(json)),
            ClauseKind::EventText(text) => ("event", Doc::All(vec![Doc::word("text"), self.json_text(text)])),
            ClauseKind::Stream(text) => ("stream", self.json_text(text)),
            ClauseKind::Record(json) => ("record", self.json(json)),
            ClauseKind::Now(text) => ("now", self.json_text(text)),
            ClauseKind::Variable { name, value } => {
                let name = self.table_name(name);
                ("variable", Doc::All(vec![name, Doc::Space(1), self.json_text(value)]))
            }
            ClauseKind::Expect(expected) => ("expect", self.expected(expected)),
        };
        let mut row = plain(word, argument);
        // What goes on below begins where the clause does: the braces of JSON are its own.
        row.continued = 0;
        row
    }

    fn expected(&mut self, expected: &Expected) -> Doc {
        match expected {
            Expected::Event(json) => self.json(json),
            Expected::Dropped => Doc::text("dropped"),
            Expected::Rejected(code) => Doc::All(vec![Doc::word("rejected"), self.json_text(code)]),
            Expected::Failed(code) => Doc::All(vec![Doc::word("failed"), self.json_text(code)]),
        }
    }

    fn table_name(&mut self, name: &Name) -> Doc {
        Doc::All(vec![self.comments_before(name.span.start), Doc::text(name.text.clone())])
    }

    fn json_text(&mut self, text: &Text) -> Doc {
        Doc::All(vec![self.comments_before(text.span.start), Doc::text(text.raw.clone())])
    }

    /// A value: on one line if it fits there, else as many of its members on a line as fit; a line each if one of
    /// them has members itself.
    fn json(&mut self, json: &Json) -> Doc {
        let before = self.comments_before(json.span.start);
        let value = match &json.kind {
            JsonKind::Plain(text) => Doc::text(text.clone()),
            JsonKind::Text(text) => Doc::text(text.raw.clone()),
            JsonKind::Any => Doc::text("*"),
            JsonKind::Array(items) => {
                let nested = items.iter().any(Json::holds_any);
                let inside = self.members(nested, items, |item| item.span.start, Self::json);
                self.brackets(("[", "]"), Doc::Soft, inside, items.is_empty(), json)
            }
            JsonKind::Object { members, rest } => {
                let mut all: Vec<_> = members.iter().map(Member::Named).collect();
                all.extend(rest.map(|span| Member::Rest(span.start)));
                let nested = members.iter().any(|(_, value)| value.holds_any());
                let inside = self.members(nested, &all, Member::start, Self::member);
                self.brackets(("{", "}"), Doc::Line, inside, all.is_empty(), json)
            }
        };
        Doc::All(vec![before, value])
    }

    fn members<T>(
        &mut self,
        nested: bool,
        all: &[T],
        start: impl Fn(&T) -> u32,
        print: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Doc {
        if nested { self.list(all, start, print) } else { self.filled(all, start, print) }
    }

    fn brackets(
        &mut self,
        (open, close): (&'static str, &'static str),
        inner: Doc,
        inside: Doc,
        empty: bool,
        json: &Json,
    ) -> Doc {
        let end = self.comments_before(closing(json.span));
        if empty {
            return Doc::All(vec![Doc::text(open), end, Doc::text(close)]);
        }
        let inside = Doc::indent(BLOCK, Doc::All(vec![inner.clone(), inside, end]));
        Doc::group(vec![Doc::text(open), inside, inner, Doc::text(close)])
    }

    fn member(&mut self, member: &Member<'_>) -> Doc {
        match member {
            Member::Named((name, value)) => {
                let name = self.json_text(name);
                Doc::All(vec![name, Doc::word(":"), self.json(value)])
            }
            Member::Rest(start) => Doc::All(vec![self.comments_before(*start), Doc::text("*")]),
        }
    }
}

/// What stands between the commas of an object.
enum Member<'t> {
    Named(&'t (Text, Json)),
    Rest(u32),
}

impl Member<'_> {
    fn start(&self) -> u32 {
        match self {
            Member::Named((name, _)) => name.span.start,
            Member::Rest(start) => *start,
        }
    }
}
