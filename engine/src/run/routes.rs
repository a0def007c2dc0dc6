//! Which rules a stream's records are for.

use crate::batch::Origin;
use crate::json::Node;
use crate::program::{Program, Rule};
use crate::words::Words;

/// The most streams whose rules are kept from one batch to the next. They are named by records, so that there may
/// be any number of them.
const MOST: usize = 64;

/// From so many rules in a row on that ask one field for a text, the field's text is looked up.
const CHAIN: usize = 4;

/// The rules for streams, each stream's found once: a deployment may have many rules.
#[derive(Debug, Default)]
pub(super) struct Routes(Vec<Known>);

/// A stream, with its ARN, and the rules for it.
#[derive(Debug)]
struct Known {
    stream: Box<str>,
    arn: Option<Box<str>>,
    route: Route,
}

/// The rules for one stream.
#[derive(Debug)]
pub(super) struct Route {
    /// The rules that take it, in their order.
    pub(super) candidates: Vec<Candidates>,
    /// The rule that takes it, where there is but one.
    pub(super) only: Option<usize>,
    /// Whose affair a record is that no rule takes: the first one's that keeps rejects, else the first's.
    pub(super) first: Option<usize>,
}

/// Rules in a row that read a record's bytes in the same way.
#[derive(Debug)]
pub(super) struct Candidates {
    /// Their places in the program.
    rules: Vec<usize>,
    /// Where each of them asks for certain texts of one field, and nothing else.
    texts: Option<Texts>,
}

/// Which of some rules asks for which text of a field.
#[derive(Debug)]
struct Texts {
    field: Vec<String>,
    words: Words,
    /// For each word, which rule it is, counted from the first one.
    rules: Vec<usize>,
}

/// Finds the rules for the records of a batch.
pub(super) struct Router<'p, 'r> {
    program: &'p Program,
    routes: Routes,
    /// The stream and the ARN that were asked for last, and where their route is.
    last: Option<(&'r str, Option<&'r str>, usize)>,
}

impl<'p, 'r> Router<'p, 'r> {
    pub(super) fn new(program: &'p Program, routes: Routes) -> Self {
        Self { program, routes, last: None }
    }

    /// The routes, for another batch.
    pub(super) fn end(self) -> Routes {
        self.routes
    }

    /// The rules for a record's stream.
    pub(super) fn of(&mut self, origin: &'r Origin<'r>) -> Option<&Route> {
        let (stream, arn) = (&*origin.stream, origin.arn.as_deref());
        let at = match self.last {
            // Records of one batch mostly have their texts in common.
            Some((name, of, at)) if std::ptr::eq(name, stream) && same_text(of, arn) => at,
            _ => self.routes.place(self.program, stream, arn),
        };
        self.last = Some((stream, arn, at));
        self.routes.0.get(at).map(|known| &known.route)
    }
}

/// Whether two texts are one and the same.
fn same_text(one: Option<&str>, two: Option<&str>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => std::ptr::eq(one, two),
        (one, two) => one.is_none() && two.is_none(),
    }
}

impl Routes {
    /// Where the route of that stream is.
    fn place(&mut self, program: &Program, stream: &str, arn: Option<&str>) -> usize {
        let is = |known: &Known| *known.stream == *stream && known.arn.as_deref() == arn;
        if let Some(at) = self.0.iter().position(is) {
            return at;
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let route = Route::new(program, stream, arn);
        self.0.push(Known { stream: stream.into(), arn: arn.map(Into::into), route });
        self.0.len() - 1
    }
}

impl Route {
    fn new(program: &Program, stream: &str, arn: Option<&str>) -> Self {
        let takes = |rule: &Rule| rule.streams.iter().any(|pattern| pattern.takes(stream, arn));
        let rules: Vec<(usize, &Rule)> =
            program.rules.iter().enumerate().filter(|(_, rule)| takes(rule)).collect();
        let keeps = rules.iter().find(|(_, rule)| rule.rejects.is_some());
        let first = keeps.or(rules.first()).map(|(place, _)| *place);
        let field = |rule: &Rule| rule.asks_text().map(|(field, _)| field.to_vec());
        let alike = rules.chunk_by(|(_, one), (_, two)| one.decode == two.decode && field(one) == field(two));
        let only = match rules.as_slice() {
            [(place, _)] => Some(*place),
            _ => None,
        };
        Self { candidates: alike.map(Candidates::new).collect(), only, first }
    }
}

impl Candidates {
    /// These rules, which ask one field or none of them one.
    fn new(rules: &[(usize, &Rule)]) -> Self {
        let texts = if rules.len() < CHAIN { None } else { Texts::new(rules) };
        Self { rules: rules.iter().map(|(place, _)| *place).collect(), texts }
    }

    /// The first of the rules.
    pub(super) fn first(&self) -> Option<usize> {
        self.rules.first().copied()
    }

    /// Those of the rules, in their order, that may take the event or reject it: the first one of them that doesn't
    /// pass it on decides. With `all`, those too that certainly pass it on.
    pub(super) fn asked<'d>(&self, event: impl FnOnce() -> Node<'d>, all: bool) -> &[usize] {
        match &self.texts {
            Some(texts) if !all => {
                let asked = texts.rule(event()).map(|at| at..at + 1);
                asked.and_then(|asked| self.rules.get(asked)).unwrap_or_default()
            }
            _ => &self.rules,
        }
    }
}

impl Texts {
    fn new(rules: &[(usize, &Rule)]) -> Option<Self> {
        let (mut field, mut words, mut of) = (None, Vec::new(), Vec::new());
        for (at, (_, rule)) in rules.iter().enumerate() {
            let (asked, texts) = rule.asks_text()?;
            field = Some(asked);
            of.extend(texts.iter().map(|_| at));
            words.extend(texts);
        }
        Some(Self { field: field?.to_vec(), words: Words::new(words.into_iter())?, rules: of })
    }

    /// The rule that asks for the event's text; the first one where the event has the field twice, which is for
    /// whoever asks first to reject.
    fn rule(&self, event: Node<'_>) -> Option<usize> {
        let mut node = event;
        for name in &self.field {
            if node.repeats(name) {
                return Some(0);
            }
            node = node.get(name)?;
        }
        let text = node.as_str()?;
        self.rules.get(self.words.find(text.as_bytes())?).copied()
    }
}
