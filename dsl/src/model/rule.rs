//! Rules and rule sets.

use super::{Expr, Literal, Path, Table, Template, Text, TextPart, Variable, VariableUse};
use crate::functions::Type;
use crate::source::Span;

/// Checked rules, ready for the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleSet {
    /// The tables, of all files.
    pub tables: Vec<Table>,
    /// The rules, in the order of their files and in them.
    pub rules: Vec<Rule>,
}

impl RuleSet {
    /// A rule set of these tables and rules. Names must be unique, and every place that a rule holds
    /// must exist; the engine refuses a rule set that breaks this.
    #[must_use]
    pub fn new(tables: Vec<Table>, rules: Vec<Rule>) -> Self {
        Self { tables, rules }
    }

    /// The variables that the rule set uses, each once, by name, with where it is used first.
    #[must_use]
    pub fn variables(&self) -> Vec<(&Variable, VariableUse)> {
        let mut all: Vec<(&Variable, VariableUse)> = Vec::new();
        for table in &self.tables {
            all.extend(table.source.location.variables().map(|variable| (variable, VariableUse::Source)));
        }
        for rule in &self.rules {
            all.extend(rule.streams.iter().flat_map(Template::variables).map(|v| (v, VariableUse::Rule)));
            let destinations = rule.output.iter().map(Output::place);
            let destinations = destinations.chain(rule.rejects.iter().map(|rejects| &rejects.location));
            all.extend(destinations.flat_map(Template::variables).map(|v| (v, VariableUse::Output)));
            rule.walk_statements(&mut |expr| {
                all.extend(expr.variables().into_iter().map(|v| (v, VariableUse::Rule)));
            });
            if let Some(prefix) = rule.output.as_ref().and_then(Output::prefix) {
                all.extend(prefix.variables().into_iter().map(|v| (v, VariableUse::Output)));
            }
        }
        all.sort_by(|a, b| a.0.cmp(b.0).then(a.1.cmp(&b.1)));
        all.dedup_by(|later, first| later.0 == first.0);
        all
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Which streams it takes: names with `*`, or whole ARNs.
    pub streams: Vec<Template>,
    /// How an event's bytes become JSON, in this order; as a rule they are JSON already.
    pub decode: Vec<Decode>,
    /// Which events of them it takes; `None` takes all.
    pub when: Option<Condition>,
    /// What the events must look like.
    pub schema: Option<Schema>,
    /// The lookups, in the order in which they stand.
    pub lookups: Vec<Lookup>,
    /// What is done for each element of an array, in the order in which it stands.
    pub loops: Vec<ForEach>,
    /// What is done, in this order.
    pub steps: Vec<Step>,
    /// Where the events go when the caller takes nothing back.
    pub output: Option<Output>,
    /// Where rejected events go; `None` leaves it to the deployment.
    pub rejects: Option<Destination>,
    /// What Firehose parts its objects by, where the events come from there: names with their values.
    pub partition: Vec<(String, Expr)>,
    /// Where it stands.
    pub span: Span,
}

/// A step from an event's bytes to JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decode {
    /// The bytes are base64 text.
    Base64,
    /// The bytes are compressed with gzip.
    Gzip,
    /// The bytes are compressed with zlib.
    Zlib,
    /// The bytes stand in a frame of the Glue Schema Registry.
    Glue,
}

/// A JSON Schema that events must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its file, relative to the rule's file.
    pub path: String,
    /// What happens to an event that does not fit.
    pub on_invalid: OnInvalid,
    /// Where it is named.
    pub span: Span,
}

/// What happens to an event that does not fit its schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnInvalid {
    /// It goes to the rejects.
    #[default]
    Reject,
    /// It is dropped.
    Drop,
}

/// Which events a rule takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What must hold.
    pub expr: Expr,
    /// Where it stands.
    pub span: Span,
}

/// One thing a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// The place of its statement; for one of several paths behind a `remove` the path's.
    pub span: Span,
}

/// What a [`Step`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepKind {
    /// Applies the lookup at that place in [`Rule::lookups`], inside a loop in [`ForEach::lookups`].
    Lookup(usize),
    /// Runs the loop at that place in [`Rule::loops`]. Loops do not hold loops.
    ForEach(usize),
    /// Writes a value; an absent one removes the target. Inside a loop the target is in the element.
    Set {
        /// The target.
        target: Path,
        /// The value.
        value: Expr,
    },
    /// Takes a field out.
    Remove(Path),
    /// Drops the event if the condition holds.
    Drop(Expr),
}

/// What is done for each element of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForEach {
    /// The name that the rule gives an element.
    pub element: String,
    /// The array in the event as it arrived. Absent and null are an empty one.
    pub array: Path,
    /// The lookups, in the order in which they stand.
    pub lookups: Vec<Lookup>,
    /// What is done, in this order. Paths that are written are those of the element.
    pub steps: Vec<Step>,
    /// Where it stands.
    pub span: Span,
}

/// A lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Its name.
    pub name: String,
    /// The table's place in [`RuleSet::tables`].
    pub table: usize,
    /// The index that it asks, by its place in [`Table::indexes`]; `None` asks the table itself.
    pub index: Option<usize>,
    /// The values of the key's parts, in the order in which the table or the index declares them.
    pub key: Vec<Expr>,
    /// What is copied when the item is found.
    pub copies: Vec<Copy>,
    /// What is done besides when the item is found.
    pub found: Vec<Step>,
    /// What is done when there is no such item.
    pub missing: Branch,
    /// How young an event may be, in milliseconds, whose miss fails it, so that its source brings it again.
    pub retry_missing_ms: Option<u64>,
    /// What is done when a part of the key is absent.
    pub no_key: Branch,
    /// What is done when the lookup fails; `None` fails or rejects the event.
    pub error: Option<Vec<Step>>,
    /// Where it stands.
    pub span: Span,
}

/// What an outcome does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    /// Whether the copies' defaults are left out.
    pub instead: bool,
    /// What is done then.
    pub steps: Vec<Step>,
}

/// One `copy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What is copied where.
    pub what: Copied,
    /// The type that values are converted to.
    pub cast: Option<Type>,
    /// What happens where an attribute is absent.
    pub absent: IfAbsent,
    /// Where it stands.
    pub span: Span,
}

/// What is copied where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Copied {
    /// These attributes, each to its path.
    Named(Vec<(String, Path)>),
    /// All attributes but these, into an object.
    All {
        /// What is left out.
        except: Vec<String>,
        /// The object's path.
        into: Path,
    },
}

/// What a `copy` does where the attribute is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IfAbsent {
    /// Nothing is written.
    Skip,
    /// This is written.
    Default(Literal),
    /// The lookup ends in an error.
    Required,
}

/// Where enriched events go when the caller takes nothing back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// `s3`: into objects of a bucket.
    S3(Objects),
    /// `firehose`: to a delivery stream, which puts them together itself.
    Firehose(DeliveryStream),
}

/// Objects of a bucket that enriched events go into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objects {
    /// The bucket.
    pub bucket: Template,
    /// What stands before the object's own name.
    pub prefix: Text,
    /// What goes into one object.
    pub per: PerObject,
    /// How it is compressed.
    pub compression: Compression,
    /// Where it stands.
    pub span: Span,
}

/// A delivery stream that enriched events go to, each as a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryStream {
    /// Its name. See [`is_delivery_stream`](super::is_delivery_stream).
    pub name: Template,
    /// Where it stands.
    pub span: Span,
}

impl Output {
    /// The bucket or the delivery stream.
    #[must_use]
    pub fn place(&self) -> &Template {
        match self {
            Output::S3(objects) => &objects.bucket,
            Output::Firehose(stream) => &stream.name,
        }
    }

    /// What stands before objects' names, if it is objects.
    #[must_use]
    pub fn prefix(&self) -> Option<&Text> {
        match self {
            Output::S3(objects) => Some(&objects.prefix),
            Output::Firehose(_) => None,
        }
    }
}

/// What goes into one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PerObject {
    /// One event.
    Record,
    /// All events of a batch that have the same prefix, a line each.
    #[default]
    Batch,
}

/// How an object is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip, `.gz` behind the key.
    Gzip,
    /// Zstandard, `.zst` behind the key.
    Zstd,
}

/// Where rejected events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// What is there.
    pub kind: DestinationKind,
    /// Of `s3` bucket and prefix, `BUCKET/PREFIX`; of `sqs` the queue's URL or ARN, see
    /// [`Queue::parse`](super::Queue::parse).
    pub location: Template,
    /// Where it stands.
    pub span: Span,
}

/// What rejected events are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DestinationKind {
    /// `s3`: an object each.
    S3,
    /// `sqs`: a message each.
    Sqs,
}

impl Rule {
    /// Calls `visit` for every expression of the rule, those of the output's prefix included.
    pub fn walk<'r>(&'r self, visit: &mut dyn FnMut(&'r Expr)) {
        self.walk_statements(visit);
        for part in self.output.iter().filter_map(Output::prefix).flat_map(|prefix| &prefix.0) {
            if let TextPart::Hole(hole) = part {
                visit(hole);
            }
        }
    }

    fn walk_statements<'r>(&'r self, visit: &mut dyn FnMut(&'r Expr)) {
        self.when.iter().for_each(|when| visit(&when.expr));
        walk_steps(&self.steps, &self.lookups, visit);
        self.loops.iter().for_each(|each| each.walk(visit));
        self.partition.iter().for_each(|(_, value)| visit(value));
    }
}

impl ForEach {
    /// Calls `visit` for every expression of the loop.
    pub fn walk<'r>(&'r self, visit: &mut dyn FnMut(&'r Expr)) {
        walk_steps(&self.steps, &self.lookups, visit);
    }
}

fn walk_steps<'r>(steps: &'r [Step], lookups: &'r [Lookup], visit: &mut dyn FnMut(&'r Expr)) {
    steps.iter().for_each(|step| step.walk(visit));
    for lookup in lookups {
        lookup.key.iter().for_each(&mut *visit);
        for steps in lookup.blocks() {
            steps.iter().for_each(|step| step.walk(visit));
        }
    }
}

impl Step {
    fn walk<'s>(&'s self, visit: &mut dyn FnMut(&'s Expr)) {
        match &self.kind {
            StepKind::Set { value, .. } => visit(value),
            StepKind::Drop(condition) => visit(condition),
            StepKind::Lookup(_) | StepKind::ForEach(_) | StepKind::Remove(_) => {}
        }
    }
}

impl Lookup {
    /// The steps of all its blocks.
    pub fn blocks(&self) -> impl Iterator<Item = &[Step]> {
        let error = self.error.as_deref().unwrap_or_default();
        [self.found.as_slice(), &self.missing.steps, &self.no_key.steps, error].into_iter()
    }
}
