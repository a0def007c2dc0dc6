//! Parse to tree, and what every test must have.

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

use pest::iterators::Pair;

use super::parser::{self, Rule};
use super::tree::{Clause, ClauseKind, Expected, File, Json, JsonKind, Test, Text};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Sources, Span};
use crate::syntax::tree::Name;

pub(super) struct Lower<'t> {
    pub(super) sources: &'t Sources,
    pub(super) text: &'t str,
    pub(super) file: FileId,
    pub(super) findings: Vec<Diagnostic>,
}

impl Lower<'_> {
    pub(super) fn file(&mut self) -> File {
        let mut file = File::default();
        for pair in parser::file(self.text) {
            match pair.as_rule() {
                Rule::test => file.tests.extend(self.test(pair)),
                Rule::broken => {
                    let base = pair.as_span().start();
                    self.findings.extend(parser::problem(pair.as_str(), self.file, base));
                }
                _ => {}
            }
        }
        let mut names: HashMap<&str, Span> = HashMap::new();
        for test in &file.tests {
            if let Some(first) = names.insert(&test.name.text, test.name.span) {
                let message = format!("there are two tests `{}`", test.name.text);
                let finding = Diagnostic::new(Code::DuplicateName, test.name.span, message);
                self.findings.push(finding.see(first, "the other one"));
            }
        }
        file
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        let end = span.start() + span.as_str().trim_end().len();
        Span::new(self.file, span.start(), end)
    }

    fn test(&mut self, pair: Pair<'_, Rule>) -> Option<Test> {
        let span = self.span(&pair);
        let mut inner = pair.into_inner().filter(|pair| pair.as_rule() != Rule::k_test);
        let name = self.text(inner.next()?);
        let pairs = inner.filter(|pair| pair.as_rule() != Rule::close);
        let clauses: Vec<Clause> = pairs.filter_map(|pair| self.clause(pair)).collect();
        let known = self.findings.len();
        self.once(&clauses);
        let has = |wanted: fn(&ClauseKind) -> bool| clauses.iter().any(|clause| wanted(&clause.kind));
        for (there, clause, example) in [
            (has(is_event), "event", "event { … }"),
            (has(|kind| matches!(kind, ClauseKind::Expect(_))), "expect", "expect { … }"),
        ] {
            if !there {
                let message = format!("the test has no `{clause}`");
                let finding = Diagnostic::new(Code::MissingStatement, name.span, message);
                self.findings.push(finding.help(format!("add `{example}`")));
            }
        }
        clauses.iter().for_each(|clause| self.stars(&clause.kind));
        Some(Test { name, clauses, span, complete: self.findings.len() == known })
    }

    /// Refuses what stands twice and can stand once.
    fn once(&mut self, clauses: &[Clause]) {
        let mut seen: HashMap<Discriminant<ClauseKind>, Span> = HashMap::new();
        for clause in clauses {
            let what = match &clause.kind {
                ClauseKind::Given { .. } | ClauseKind::Variable { .. } => continue,
                ClauseKind::EventText(_) => discriminant(&ClauseKind::Event(nothing(clause.span))),
                kind => discriminant(kind),
            };
            if let Some(first) = seen.insert(what, clause.span) {
                let word = self.sources.text(clause.span).split_whitespace().next().unwrap_or_default();
                let message = format!("a test has one `{word}`");
                let finding = Diagnostic::new(Code::RepeatedStatement, clause.span, message);
                self.findings.push(finding.see(first, "the first one").help("write a test for each"));
            }
        }
    }

    /// `*` stands in what is expected only.
    fn stars(&mut self, kind: &ClauseKind) {
        let given = match kind {
            ClauseKind::Given { items, .. } => items.as_ref(),
            ClauseKind::Event(json) | ClauseKind::Record(json) => Some(json),
            _ => None,
        };
        if let Some(star) = given.and_then(Json::star) {
            let message = "`*` stands for anything, and only what is expected may be anything";
            self.findings.push(Diagnostic::new(Code::UnknownWord, star, message));
        }
    }

    fn clause(&mut self, pair: Pair<'_, Rule>) -> Option<Clause> {
        let (rule, span) = (pair.as_rule(), self.span(&pair));
        let mut inner = pair.into_inner().filter(|pair| !is_keyword(pair.as_rule()));
        let first = inner.next()?;
        let kind = match rule {
            Rule::given => {
                let table = self.name(&first);
                let (mut items, mut fails) = (None, None);
                for pair in inner {
                    match pair.as_rule() {
                        Rule::rows => items = Some(self.json(pair.into_inner().next()?)?),
                        _ => fails = Some(self.behind_keyword(pair)?),
                    }
                }
                ClauseKind::Given { table, items, fails }
            }
            Rule::event if first.as_rule() == Rule::raw => ClauseKind::EventText(self.behind_keyword(first)?),
            Rule::event => ClauseKind::Event(self.json(first)?),
            Rule::stream => ClauseKind::Stream(self.text(first)),
            Rule::record => ClauseKind::Record(self.json(first)?),
            Rule::now => ClauseKind::Now(self.text(first)),
            Rule::variable => {
                ClauseKind::Variable { name: self.name(&first), value: self.text(inner.next()?) }
            }
            _ => ClauseKind::Expect(match first.as_rule() {
                Rule::dropped => Expected::Dropped,
                Rule::rejected => Expected::Rejected(self.behind_keyword(first)?),
                Rule::failed => Expected::Failed(self.behind_keyword(first)?),
                _ => Expected::Event(self.json(first)?),
            }),
        };
        Some(Clause { kind, span })
    }

    fn behind_keyword(&self, pair: Pair<'_, Rule>) -> Option<Text> {
        pair.into_inner().find(|pair| pair.as_rule() == Rule::text).map(|pair| self.text(pair))
    }

    fn name(&self, pair: &Pair<'_, Rule>) -> Name {
        Name { text: pair.as_str().to_owned(), span: self.span(pair) }
    }

    #[expect(clippy::needless_pass_by_value, reason = "a pair is used up")]
    fn text(&self, pair: Pair<'_, Rule>) -> Text {
        let raw = pair.as_str().to_owned();
        Text { text: unescaped(&raw), raw, span: self.span(&pair) }
    }

    fn json(&self, pair: Pair<'_, Rule>) -> Option<Json> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::text => JsonKind::Text(self.text(pair)),
            Rule::any => JsonKind::Any,
            Rule::array => {
                let items = pair.into_inner().filter(|pair| !is_sign(pair.as_rule()));
                JsonKind::Array(items.map(|item| self.json(item)).collect::<Option<_>>()?)
            }
            Rule::object => {
                let (mut members, mut rest) = (Vec::new(), None);
                for pair in pair.into_inner().filter(|pair| !is_sign(pair.as_rule())) {
                    if pair.as_rule() == Rule::rest {
                        rest = Some(self.span(&pair));
                        continue;
                    }
                    let mut inner = pair.into_inner().filter(|pair| !is_sign(pair.as_rule()));
                    members.push((self.text(inner.next()?), self.json(inner.next()?)?));
                }
                JsonKind::Object { members, rest }
            }
            _ => JsonKind::Plain(pair.as_str().to_owned()),
        };
        Some(Json { kind, span })
    }
}

fn is_event(kind: &ClauseKind) -> bool {
    matches!(kind, ClauseKind::Event(_) | ClauseKind::EventText(_))
}

fn nothing(span: Span) -> Json {
    Json { kind: JsonKind::Any, span }
}

fn is_keyword(rule: Rule) -> bool {
    use Rule::{k_event, k_expect, k_given, k_now, k_record, k_stream, k_variable};
    matches!(rule, k_event | k_expect | k_given | k_now | k_record | k_stream | k_variable)
}

fn is_sign(rule: Rule) -> bool {
    matches!(rule, Rule::comma | Rule::colon | Rule::close | Rule::close_array)
}

/// What a JSON string says.
fn unescaped(raw: &str) -> String {
    let inside = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    let mut units: Vec<u16> = Vec::new();
    let mut rest = inside.chars();
    while let Some(character) = rest.next() {
        let mut buffer = [0; 2];
        if character != '\\' {
            units.extend_from_slice(character.encode_utf16(&mut buffer));
            continue;
        }
        units.push(match rest.next() {
            Some('b') => 8,
            Some('f') => 12,
            Some('n') => 10,
            Some('r') => 13,
            Some('t') => 9,
            Some('u') => {
                let digits: String = rest.by_ref().take(4).collect();
                u16::from_str_radix(&digits, 16).unwrap_or(0xFFFD)
            }
            Some('/') => 47,
            Some('\\') => 92,
            _ => 34,
        });
    }
    String::from_utf16_lossy(&units)
}
