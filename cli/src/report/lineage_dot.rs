//! Where fields come from, as a drawing for Graphviz: `check --lineage dot rules | dot -Tsvg`.
//!
//! A rule is a box; from left to right in it stand what arrives, the tables with the attributes that are
//! read, and what comes out. Constants and functions without arguments stand beside what they fill.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use enrich_engine::dsl::model::Literal;
use enrich_engine::report::{Derived, FieldLineage, LookupLineage, Origin, RuleLineage, Write};

use super::names;

/// The document of `check --lineage dot`.
#[must_use]
pub fn dot(rules: &[RuleLineage]) -> String {
    let mut out = String::from(
        "digraph lineage {\n  rankdir=LR;\n  fontname=\"sans-serif\";\n  \
         node [shape=box, fontname=\"sans-serif\", fontsize=11];\n  \
         edge [fontname=\"sans-serif\", fontsize=9];\n",
    );
    for (number, rule) in rules.iter().enumerate() {
        let mut drawing = Drawing::new(number);
        rule.lookups.iter().for_each(|lookup| drawing.key(lookup));
        rule.fields.iter().for_each(|field| drawing.field(field));
        for removed in &rule.removed {
            let when = if removed.always { "removed" } else { "removed at times" };
            let label = format!("{}\n{when}", removed.path);
            drawing.node(Cluster::Output, &label, "style=dashed");
        }
        drawing.write(rule, &mut out);
    }
    out.push_str("}\n");
    out
}

/// A box inside the rule's own; `Beside` is none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cluster {
    Event,
    Record,
    Table(String),
    Output,
    Beside,
}

impl Cluster {
    fn label(&self) -> Option<String> {
        Some(match self {
            Cluster::Event => "event as it arrives".to_owned(),
            Cluster::Record => "record".to_owned(),
            Cluster::Table(name) => format!("table {name}"),
            Cluster::Output => "event as it comes out".to_owned(),
            Cluster::Beside => return None,
        })
    }
}

/// The drawing of one rule. What has the same label in the same box is one node.
struct Drawing {
    rule: usize,
    nodes: BTreeMap<Cluster, Vec<Node>>,
    count: usize,
    edges: Vec<String>,
}

struct Node {
    id: String,
    label: String,
    style: &'static str,
}

impl Drawing {
    fn new(rule: usize) -> Self {
        Self { rule, nodes: BTreeMap::new(), count: 0, edges: Vec::new() }
    }

    /// The id of the node with that label, drawn so where it is new.
    fn node(&mut self, cluster: Cluster, label: &str, style: &'static str) -> String {
        let nodes = self.nodes.entry(cluster).or_default();
        if let Some(known) = nodes.iter().find(|node| node.label == label && node.style == style) {
            return known.id.clone();
        }
        let id = format!("r{}n{}", self.rule, self.count);
        self.count += 1;
        nodes.push(Node { id: id.clone(), label: label.to_owned(), style });
        id
    }

    fn edge(&mut self, from: &str, to: &str, label: &str, style: &str) {
        let edge = format!("{from} -> {to} [label={}{style}];", quoted(label));
        if !self.edges.contains(&edge) {
            self.edges.push(edge);
        }
    }

    /// What the parts of a lookup's key are made of.
    fn key(&mut self, lookup: &LookupLineage) {
        for part in &lookup.key {
            let index = lookup.index.as_ref().map(|index| format!(" by {index:?}")).unwrap_or_default();
            let label = format!("key {}{index}", part.part);
            let to = self.node(Cluster::Table(lookup.table.clone()), &label, "style=\"rounded,bold\"");
            let said = labelled(&format!("lookup {}", lookup.name), &part.value.functions);
            self.origins(&part.value, &to, &said, ", style=dashed");
        }
    }

    fn field(&mut self, field: &FieldLineage) {
        let path = field.path.to_string();
        let to = self.node(Cluster::Output, &path, "");
        if field.arrived {
            let from = self.node(Cluster::Event, &path, "");
            self.edge(&from, &to, "as it arrived", ", style=dotted");
        }
        for write in &field.writes {
            let label = labelled(&said(write), &write.value.functions);
            self.origins(&write.value, &to, &label, "");
            if let Some(default) = &write.default {
                let from = self.constant(default);
                self.edge(&from, &to, "default", "");
            }
        }
    }

    /// Edges from all that a value is worked out from.
    fn origins(&mut self, value: &Derived, to: &str, label: &str, style: &str) {
        for origin in &value.from {
            let from = match origin {
                Origin::Attribute { table, path, except, .. } => {
                    let but = if except.is_empty() { "" } else { " except " };
                    let label = format!("{}{but}{}", names::attribute(path), except.join(", "));
                    self.node(Cluster::Table(table.clone()), &label, "")
                }
                Origin::Event(path) => self.node(Cluster::Event, &path.to_string(), ""),
                Origin::Record(field) => {
                    self.node(Cluster::Record, &format!("record.{}", names::record_field(*field)), "")
                }
                Origin::Error(field) => {
                    self.node(Cluster::Beside, &format!("error.{}", names::error_field(*field)), "")
                }
                Origin::Constant(literal) => self.constant(literal),
                Origin::Variable(name) => {
                    self.node(Cluster::Beside, &format!("${{{name}}}"), "shape=plaintext")
                }
                _ => continue,
            };
            self.edge(&from, to, label, style);
        }
        if value.from.is_empty() {
            for function in &value.functions {
                let from = self.node(Cluster::Beside, &format!("{function}()"), "shape=ellipse");
                self.edge(&from, to, label, style);
            }
        }
    }

    fn constant(&mut self, literal: &Literal) -> String {
        let label = match literal {
            Literal::Boolean(value) => value.to_string(),
            Literal::Number(text) => text.clone(),
            Literal::String(text) => format!("{text:?}"),
            _ => "null".to_owned(),
        };
        self.node(Cluster::Beside, &label, "shape=plaintext")
    }

    fn write(&self, rule: &RuleLineage, out: &mut String) {
        let title = quoted(&format!("rule {}: {}", rule.rule, rule.streams.join(", ")));
        // Writing to text does not fail.
        let _ = writeln!(out, "  subgraph cluster_{} {{\n    label={title};", self.rule);
        for (number, (cluster, nodes)) in self.nodes.iter().enumerate() {
            let label = cluster.label();
            if let Some(label) = &label {
                let id = format!("cluster_{}_{number}", self.rule);
                let _ = writeln!(out, "    subgraph {id} {{\n      label={};", quoted(label));
            }
            let indent = if label.is_some() { "      " } else { "    " };
            for Node { id, label, style } in nodes {
                let comma = if style.is_empty() { "" } else { ", " };
                let _ = writeln!(out, "{indent}{id} [label={}{comma}{style}];", quoted(label));
            }
            if label.is_some() {
                out.push_str("    }\n");
            }
        }
        for edge in &self.edges {
            let _ = writeln!(out, "    {edge}");
        }
        out.push_str("  }\n");
    }
}

/// What a write is, for the edge that stands for it: `copy profile, on found`.
fn said(write: &Write) -> String {
    let mut text = names::statement(write.statement).to_owned();
    if let Some(cast) = write.cast {
        let _ = write!(text, " as {cast}");
    }
    if let Some(lookup) = &write.lookup {
        let outcomes: Vec<_> = write.outcomes.iter().map(|outcome| outcome.as_str()).collect();
        let _ = write!(text, "\n{lookup}: {}", outcomes.join(", "));
    }
    text
}

fn labelled(text: &str, functions: &[String]) -> String {
    if functions.is_empty() { text.to_owned() } else { format!("{text}\n{}", functions.join(", ")) }
}

/// A text as Graphviz quotes it. A backslash would begin one of its own escapes; a line break is one.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            other if other.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
