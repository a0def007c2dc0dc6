//! A rule's statements, one after the other, over a tree.

use enrich_engine::Origin;
use enrich_engine::dsl::model::{
    Branch, Copied, Copy, Expr, ForEach, IfAbsent, Lookup, Rule, Step, StepKind,
};
use enrich_engine::lookup::ErrorCode;

use crate::edit;
use crate::interpret::{Oracle, Outcome};
use crate::tree::{Node, unquoted};
use crate::value::{Failure, Known, Scope, Stop, cast, literal};
use crate::world::{self, FAULT};

/// An event on its way through its rule.
pub(crate) struct Run<'r> {
    oracle: &'r Oracle,
    rule: &'r Rule,
    origin: &'r Origin<'r>,
    event: Frame,
    /// The loop and the element that it is at.
    element: Option<(&'r ForEach, Frame)>,
}

/// An event or an element.
struct Frame {
    arrived: Node,
    /// With what statements have done so far.
    now: Node,
    known: Vec<Known>,
}

impl Frame {
    fn new(arrived: &Node, lookups: &[Lookup]) -> Self {
        Self { arrived: arrived.clone(), now: arrived.clone(), known: vec![Known::Nothing; lookups.len()] }
    }
}

/// What a lookup finds.
enum Found {
    Item(Node),
    Missing,
    NoKey,
}

/// Goes on, or ends the event.
type Flow = Result<(), Outcome>;

fn rejected(code: &str) -> Outcome {
    Outcome::Rejected(code.to_owned())
}

impl<'r> Run<'r> {
    pub(crate) fn new(oracle: &'r Oracle, rule: &'r Rule, event: &Node, origin: &'r Origin<'r>) -> Self {
        Self { oracle, rule, origin, event: Frame::new(event, &rule.lookups), element: None }
    }

    pub(crate) fn outcome(mut self) -> Outcome {
        match self.steps(&self.rule.steps, None) {
            Err(outcome) => outcome,
            Ok(()) => Outcome::Enriched { rule: self.rule.name.clone(), event: self.event.now.print() },
        }
    }

    fn steps(&mut self, steps: &'r [Step], error: Option<&Failure>) -> Flow {
        for step in steps {
            match &step.kind {
                StepKind::Lookup(place) => self.lookup(*place)?,
                StepKind::ForEach(place) => self.for_each(&self.rule.loops[*place])?,
                StepKind::Remove(path) => edit::remove(&mut self.frame().now, &path.0),
                StepKind::Set { target, value } => match self.scope(error, false).value(value) {
                    Ok(Some(value)) => self.write(&target.0, value)?,
                    Ok(None) => edit::remove(&mut self.frame().now, &target.0),
                    Err(Stop::Upstream) => {}
                    Err(Stop::Reject(code)) => return Err(rejected(code)),
                },
                StepKind::Drop(condition) => match self.scope(error, false).holds(condition) {
                    Ok(true) => return Err(Outcome::Dropped { rule: self.rule.name.clone() }),
                    Ok(false) | Err(Stop::Upstream) => {}
                    Err(Stop::Reject(code)) => return Err(rejected(code)),
                },
                other => panic!("the oracle does not know {other:?}"),
            }
        }
        Ok(())
    }

    fn write(&mut self, target: &[String], value: Node) -> Flow {
        edit::set(&mut self.frame().now, target, value).map_err(|_| rejected("not_an_object"))
    }

    /// Each element by itself; the array is read as it arrived, and written if an element has changed.
    fn for_each(&mut self, each: &'r ForEach) -> Flow {
        let Some(Node::Array(arrived)) = self.event.arrived.at(&each.array.0) else { return Ok(()) };
        let mut array = arrived.clone();
        let mut changed = false;
        for element in &mut array.elements {
            self.element = Some((each, Frame::new(&element.value, &each.lookups)));
            self.steps(&each.steps, None)?;
            if let Some((_, frame)) = self.element.take() {
                changed |= frame.now != element.value;
                element.value = frame.now;
            }
        }
        if changed { self.write(&each.array.0, Node::Array(array)) } else { Ok(()) }
    }

    fn lookup(&mut self, place: usize) -> Flow {
        let lookup = match &self.element {
            Some((each, _)) => &each.lookups[place],
            None => &self.rule.lookups[place],
        };
        let copied = |found| match found {
            Found::Item(item) => copies(lookup, &item).map(|writes| (Found::Item(item), writes)),
            nothing => Ok((nothing, Vec::new())),
        };
        match self.find(lookup).and_then(copied) {
            Err(failure) => self.failed(place, lookup, &failure),
            Ok((Found::Item(item), writes)) => {
                self.frame().known[place] = Known::Item(item);
                for (target, value) in writes {
                    self.write(&target, value)?;
                }
                self.steps(&lookup.found, None)
            }
            Ok((Found::Missing, _)) => self.without_item(lookup, &lookup.missing),
            Ok((Found::NoKey, _)) => self.without_item(lookup, &lookup.no_key),
        }
    }

    fn without_item(&mut self, lookup: &'r Lookup, branch: &'r Branch) -> Flow {
        for copy in lookup.copies.iter().filter(|_| !branch.instead) {
            if let (Copied::Named(names), IfAbsent::Default(default)) = (&copy.what, &copy.absent) {
                for (_, target) in names {
                    self.write(&target.0, literal(default))?;
                }
            }
        }
        self.steps(&branch.steps, None)
    }

    /// With `on error` the event goes on as it was before the lookup; else it ends here.
    fn failed(&mut self, place: usize, lookup: &'r Lookup, failure: &Failure) -> Flow {
        self.frame().known[place] = Known::Failed(failure.clone());
        match &lookup.error {
            Some(steps) => self.steps(steps, Some(failure)),
            None if failure.transient => Err(Outcome::Failed(failure.code.to_owned())),
            None => Err(rejected(failure.code)),
        }
    }

    fn find(&self, lookup: &Lookup) -> Result<Found, Failure> {
        self.upstream(lookup)?;
        let table = &self.oracle.rules.tables[lookup.table];
        let key = lookup.index.map_or(&table.key, |index| &table.indexes[index].key);
        let mut asked = Vec::new();
        for ((name, ty), expr) in key.iter().zip(&lookup.key) {
            let value = self.scope(None, true).value(expr).map_err(|stop| match stop {
                Stop::Reject(code) => permanent(code, "the key can't be worked out".to_owned()),
                Stop::Upstream => permanent("upstream", String::new()),
            })?;
            let Some(value) = value.filter(|value| !is_empty(value)) else { return Ok(Found::NoKey) };
            asked.push(world::part(&value, *ty).map_err(|code| wrong_part(code, name, ty.as_str(), &value))?);
        }
        match self.oracle.tables.find(table, lookup.index, &asked) {
            Ok(Some(item)) => Ok(Found::Item(item.clone())),
            Ok(None) => Ok(Found::Missing),
            Err(code) => {
                let (code, message, transient) = (code.as_str(), FAULT.to_owned(), code.is_transient());
                Err(Failure { code, message, transient })
            }
        }
    }

    /// A lookup that is keyed by one that failed fails too, as lastingly.
    fn upstream(&self, lookup: &Lookup) -> Result<(), Failure> {
        let inner = self.element.as_ref().map(|(_, frame)| frame.known.as_slice()).unwrap_or_default();
        let mut cause = None;
        for expr in &lookup.key {
            expr.walk(&mut |expr| {
                let known = match expr {
                    Expr::Lookup { lookup, .. } => Some(&self.event.known[*lookup]),
                    Expr::ElementLookup { lookup, .. } => Some(&inner[*lookup]),
                    _ => None,
                };
                if let Some(Known::Failed(failure)) = known {
                    cause = Some(failure.clone());
                }
            });
        }
        match cause {
            None => Ok(()),
            Some(cause) => Err(Failure { code: "upstream", ..cause }),
        }
    }

    /// What statements act on.
    fn frame(&mut self) -> &mut Frame {
        self.element.as_mut().map_or(&mut self.event, |(_, frame)| frame)
    }

    /// What an expression sees. A key reads what arrived.
    fn scope<'s>(&'s self, error: Option<&'s Failure>, key: bool) -> Scope<'s> {
        let seen = |frame: &'s Frame| if key { &frame.arrived } else { &frame.now };
        let element = self.element.as_ref().map(|(_, frame)| frame);
        Scope {
            event: seen(&self.event),
            element: element.map(seen),
            lookups: &self.event.known,
            inner: element.map(|frame| frame.known.as_slice()).unwrap_or_default(),
            error,
            origin: self.origin,
            now: &self.oracle.now,
            key,
        }
    }
}

fn is_empty(value: &Node) -> bool {
    *value == Node::Null || value.as_text().is_some_and(|text| text.is_empty())
}

fn permanent(code: &'static str, message: String) -> Failure {
    Failure { code, message, transient: false }
}

fn wrong_part(code: ErrorCode, name: &str, ty: &str, value: &Node) -> Failure {
    let message = match code {
        ErrorCode::KeySize => format!("the key part `{name}` is too long, or has too many digits"),
        _ => format!("the key part `{name}` is a {ty}, this is {}", value.with_article()),
    };
    permanent(code.as_str(), message)
}

/// What the copies of a lookup write, all or none.
fn copies(lookup: &Lookup, item: &Node) -> Result<Vec<(Vec<String>, Node)>, Failure> {
    let mut writes = Vec::new();
    for copy in &lookup.copies {
        match &copy.what {
            Copied::Named(names) => {
                for (name, target) in names {
                    let value = match (item.get(name), &copy.absent) {
                        (Some(value), _) => Some(converted(copy, name, value)?),
                        (None, IfAbsent::Default(default)) => Some(literal(default)),
                        (None, IfAbsent::Required) => {
                            let message = format!("the item has no attribute `{name}`");
                            return Err(permanent("required_absent", message));
                        }
                        (None, _) => None,
                    };
                    writes.extend(value.map(|value| (target.0.clone(), value)));
                }
            }
            Copied::All { except, into } => {
                let Node::Object(item) = item else { panic!("an item is an object") };
                for member in &item.members {
                    let name = unquoted(&member.name);
                    if !except.contains(&name) {
                        let value = converted(copy, &name, &member.value)?;
                        writes.push(([into.0.as_slice(), &[name]].concat(), value));
                    }
                }
            }
            other => panic!("the oracle does not know {other:?}"),
        }
    }
    Ok(writes)
}

fn converted(copy: &Copy, name: &str, value: &Node) -> Result<Node, Failure> {
    let Some(ty) = copy.cast else { return Ok(value.clone()) };
    cast(value, ty).map_err(|why| permanent("cast", format!("attribute `{name}`: {why}")))
}
