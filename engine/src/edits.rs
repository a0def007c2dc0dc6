//! What a rule has changed in an event: edits over its original text, and the text they give.
//!
//! The original is never rebuilt. A changed value is spliced in where the old one stood, a new one is
//! appended behind the last member, a removed one is cut out with one comma; every other byte of the
//! event is copied as it came.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::{Document, Kind, Node, write};
use crate::value::Value;

/// The edits of one object by its members' names: an item may bring thousands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edits {
    members: BTreeMap<String, Member>,
    /// How many members were ever written first.
    written: usize,
}

#[derive(Clone, Debug)]
struct Member {
    /// Which write of the object was its first: members that are added come out in this order.
    order: usize,
    edit: Edit,
}

#[derive(Clone, Debug)]
enum Edit {
    /// The value is this JSON text.
    Set {
        text: String,
        /// The member was removed before, so it comes back at the end.
        moved: bool,
    },
    /// The member is gone.
    Remove,
    /// The value is an object with these edits; one that was missing or null begins empty.
    Inside(Edits),
}

/// A write to a place whose parent is neither an object nor missing nor null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAnObject {
    /// How many names of the path lead to the parent.
    pub(crate) depth: usize,
    /// What it is.
    pub(crate) kind: Kind,
}

impl Edits {
    /// Whether nothing was changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The value at `path` as the event now stands.
    pub(crate) fn read<'v>(&self, base: Option<Node<'v>>, path: &[String]) -> Value<'v> {
        let Some((name, rest)) = path.split_first() else {
            return if self.is_empty() { base.into() } else { Value::Json(self.render(base).into()) };
        };
        let below = base.and_then(|node| node.get(name));
        match self.find(name) {
            None => below.and_then(|node| descend(node, rest)).into(),
            Some(Edit::Remove) => Value::Absent,
            // As it is rendered, also where nothing is left inside: it was made an object all the same.
            Some(Edit::Inside(edits)) if rest.is_empty() => Value::Json(edits.render(below).into()),
            Some(Edit::Inside(edits)) => edits.read(below, rest),
            Some(Edit::Set { text, .. }) => read_text(text, rest),
        }
    }

    /// Writes members, JSON texts by name, into the object at `path`. Of no members nothing is written, not
    /// even the object.
    pub(crate) fn set_all(
        &mut self,
        base: Option<Node<'_>>,
        path: &[String],
        members: Vec<(String, String)>,
    ) -> Result<(), NotAnObject> {
        if members.is_empty() { Ok(()) } else { self.set_below(base, path, members, 1) }
    }

    fn set_below(
        &mut self,
        base: Option<Node<'_>>,
        path: &[String],
        members: Vec<(String, String)>,
        depth: usize,
    ) -> Result<(), NotAnObject> {
        let Some((name, rest)) = path.split_first() else {
            for (name, text) in members {
                let moved = matches!(self.find(&name), Some(Edit::Remove | Edit::Set { moved: true, .. }));
                self.put(&name, Edit::Set { text, moved });
            }
            return Ok(());
        };
        let below = base.and_then(|node| node.get(name));
        match self.find_mut(name) {
            Some(Edit::Inside(edits)) => return edits.set_below(below, rest, members, depth + 1),
            Some(Edit::Set { text, .. }) => return set_in_text(text, rest, members, depth),
            Some(Edit::Remove) => {
                let mut inside = Edits::default();
                inside.set_below(None, rest, members, depth + 1)?;
                self.put(name, Edit::Set { text: inside.render(None), moved: true });
                return Ok(());
            }
            None => {}
        }
        if let Some(node) = below.filter(|node| !matches!(node.kind(), Kind::Object | Kind::Null)) {
            return Err(NotAnObject { depth, kind: node.kind() });
        }
        let mut inside = Edits::default();
        inside.set_below(below, rest, members, depth + 1)?;
        self.put(name, Edit::Inside(inside));
        Ok(())
    }

    /// Takes out what is at `path`; nothing happens where nothing is.
    pub(crate) fn remove(&mut self, base: Option<Node<'_>>, path: &[String]) {
        let Some((name, rest)) = path.split_first() else { return };
        let below = base.and_then(|node| node.get(name));
        if rest.is_empty() {
            if below.is_some() {
                self.put(name, Edit::Remove);
            } else {
                // It was only added by an edit, and so leaves nothing behind.
                self.members.remove(name);
            }
            return;
        }
        match self.find_mut(name) {
            Some(Edit::Inside(edits)) => edits.remove(below, rest),
            Some(Edit::Set { text, .. }) => remove_in_text(text, rest),
            Some(Edit::Remove) => {}
            None => {
                if let Some(node) = below.filter(|node| node.kind() == Kind::Object) {
                    let mut inside = Edits::default();
                    inside.remove(Some(node), rest);
                    if !inside.is_empty() {
                        self.put(name, Edit::Inside(inside));
                    }
                }
            }
        }
    }

    /// How many bytes of text were written, and still stand.
    pub(crate) fn bytes(&self) -> usize {
        let of = |(name, member): (&String, &Member)| {
            name.len()
                + match &member.edit {
                    Edit::Set { text, .. } => text.len(),
                    Edit::Inside(edits) => edits.bytes(),
                    Edit::Remove => 0,
                }
        };
        self.members.iter().map(of).sum()
    }

    /// The object `base` with these edits, as JSON text.
    pub(crate) fn render(&self, base: Option<Node<'_>>) -> String {
        let room = base.map_or(2, |node| node.raw().len());
        let mut out = String::with_capacity(room + 64 * self.members.len());
        self.write(base, &mut out);
        out
    }

    fn write(&self, base: Option<Node<'_>>, out: &mut String) {
        match base.filter(|node| node.kind() == Kind::Object) {
            Some(object) => Splice::new(object, out).write(self),
            None => {
                out.push('{');
                self.write_added(&BTreeSet::new(), false, out);
                out.push('}');
            }
        }
    }

    /// The members that are not written `in_place`, in the order of their first write.
    fn write_added(&self, in_place: &BTreeSet<usize>, mut comma: bool, out: &mut String) {
        let added = self
            .members
            .iter()
            .filter(|(_, member)| !matches!(member.edit, Edit::Remove) && !in_place.contains(&member.order));
        let mut added: Vec<_> = added.collect();
        added.sort_by_key(|(_, member)| member.order);
        for (name, member) in added {
            if comma {
                out.push(',');
            }
            comma = true;
            write::string(out, name);
            out.push(':');
            match &member.edit {
                Edit::Set { text, .. } => out.push_str(text),
                Edit::Inside(edits) => edits.write(None, out),
                Edit::Remove => {}
            }
        }
    }

    fn find(&self, name: &str) -> Option<&Edit> {
        self.members.get(name).map(|member| &member.edit)
    }

    fn find_mut(&mut self, name: &str) -> Option<&mut Edit> {
        self.members.get_mut(name).map(|member| &mut member.edit)
    }

    fn put(&mut self, name: &str, edit: Edit) {
        match self.find_mut(name) {
            // What was taken out and comes back is added like any other: behind what was added meanwhile.
            Some(known) if !matches!(known, Edit::Remove) => *known = edit,
            _ => {
                let order = self.written;
                self.written += 1;
                self.members.insert(name.to_owned(), Member { order, edit });
            }
        }
    }
}

/// The value at `path` below a node.
fn descend<'n>(node: Node<'n>, path: &[String]) -> Option<Node<'n>> {
    path.iter().try_fold(node, |node, name| node.get(name))
}

/// What is at `path` inside a written value.
fn read_text<'v>(text: &str, path: &[String]) -> Value<'v> {
    if path.is_empty() {
        return Value::Json(text.to_owned().into());
    }
    let Ok(document) = Document::parse_written(text) else { return Value::Absent };
    let found = descend(document.root(), path);
    found.map_or(Value::Absent, |node| Value::Json(node.raw().to_owned().into()))
}

/// Writes inside a written value.
fn set_in_text(
    old: &mut String,
    path: &[String],
    members: Vec<(String, String)>,
    depth: usize,
) -> Result<(), NotAnObject> {
    let mut edits = Edits::default();
    // What was written is JSON, so it parses.
    let Ok(document) = Document::parse_written(old) else { return Ok(()) };
    let root = document.root();
    if !matches!(root.kind(), Kind::Object | Kind::Null) {
        return Err(NotAnObject { depth, kind: root.kind() });
    }
    edits.set_below(Some(root), path, members, depth + 1)?;
    let rendered = edits.render(Some(root));
    *old = rendered;
    Ok(())
}

fn remove_in_text(old: &mut String, path: &[String]) {
    let mut edits = Edits::default();
    let Ok(document) = Document::parse_written(old) else { return };
    edits.remove(Some(document.root()), path);
    if !edits.is_empty() {
        let rendered = edits.render(Some(document.root()));
        *old = rendered;
    }
}

/// Copies an object's text, with edits in place of what they touch.
struct Splice<'n, 'o> {
    object: Node<'n>,
    start: usize,
    /// How much of the object's text is dealt with, from `start`.
    copied: usize,
    /// Where the last member that stays ends.
    kept: Option<usize>,
    out: &'o mut String,
}

impl<'n, 'o> Splice<'n, 'o> {
    fn new(object: Node<'n>, out: &'o mut String) -> Self {
        Self { object, start: object.span().0, copied: 0, kept: None, out }
    }

    fn write(mut self, edits: &Edits) {
        let mut in_place = BTreeSet::new();
        let mut members = self.object.members().peekable();
        while let Some((name, value)) = members.next() {
            let member = edits.members.get(&*name.text());
            if let Some(Member { order, edit: Edit::Set { moved: false, .. } | Edit::Inside(_) }) = member {
                in_place.insert(*order);
            }
            let (value_start, value_end) = (value.span().0 - self.start, value.span().1 - self.start);
            match member.map(|member| &member.edit) {
                None => self.kept = Some(value_end),
                Some(Edit::Set { text, moved: false }) => {
                    self.copy_to(value_start);
                    self.out.push_str(text);
                    self.kept = Some(value_end);
                    self.copied = value_end;
                }
                Some(Edit::Inside(inside)) => {
                    self.copy_to(value_start);
                    inside.write(Some(value), self.out);
                    self.kept = Some(value_end);
                    self.copied = value_end;
                }
                Some(Edit::Remove | Edit::Set { .. }) => {
                    // With the comma before it, or for the first member with the one behind it.
                    let (from, to) = match (self.kept, members.peek()) {
                        (Some(kept), _) => (kept, value_end),
                        (None, Some((next, _))) => (name.start() - self.start, next.start() - self.start),
                        (None, None) => (name.start() - self.start, value_end),
                    };
                    self.copy_to(from);
                    self.copied = to;
                }
            }
        }
        self.copy_to(self.kept.unwrap_or(1));
        edits.write_added(&in_place, self.kept.is_some(), self.out);
        self.copy_to(self.object.raw().len());
    }

    /// Copies the text up to `end`, as far as it is not dealt with.
    fn copy_to(&mut self, end: usize) {
        if end > self.copied {
            self.out.push_str(self.object.raw().get(self.copied..end).unwrap_or_default());
            self.copied = end;
        }
    }
}

#[cfg(test)]
mod tests;
