//! What statements do to a tree. What is not named keeps its bytes.
//!
//! A member that is replaced keeps its place, its name's spelling and the white space around it. One that is
//! added stands behind the last one, right behind its value. One that is taken out goes with one comma: the
//! white space before the first member stays where it is, and so does that behind the last one.

use crate::tree::{Member, Node, Object};

/// A write into what is no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAnObject;

/// Writes a value to a path. Parents that are missing or null become objects.
pub(crate) fn set(node: &mut Node, path: &[String], value: Node) -> Result<(), NotAnObject> {
    let Some((name, rest)) = path.split_first() else {
        *node = value;
        return Ok(());
    };
    if *node == Node::Null {
        *node = Node::Object(Object::default());
    }
    let Node::Object(object) = node else { return Err(NotAnObject) };
    if !object.members.iter().any(|member| member.is(name)) {
        let mut added = Node::Null;
        set(&mut added, rest, value)?;
        append(object, Member::new(name, added));
        return Ok(());
    }
    for member in object.members.iter_mut().filter(|member| member.is(name)) {
        set(&mut member.value, rest, value.clone())?;
    }
    Ok(())
}

/// Takes out what is at a path; nothing happens where nothing is.
pub(crate) fn remove(node: &mut Node, path: &[String]) {
    let (Node::Object(object), Some((name, rest))) = (node, path.split_first()) else { return };
    let found = object.members.iter().position(|member| member.is(name));
    match found {
        Some(place) if rest.is_empty() => take_out(object, place),
        Some(place) => remove(&mut object.members[place].value, rest),
        None => {}
    }
}

fn append(object: &mut Object, mut member: Member) {
    match object.members.last_mut() {
        Some(last) => member.after = std::mem::take(&mut last.after),
        None => (member.before, member.after) = std::mem::take(&mut object.gap),
    }
    object.members.push(member);
}

fn take_out(object: &mut Object, place: usize) {
    let Member { before, after, .. } = object.members.remove(place);
    match place.checked_sub(1) {
        Some(previous) => object.members[previous].after = after,
        None => match object.members.first_mut() {
            Some(first) => first.before = before,
            None => object.gap = (before, after),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    #[test]
    fn what_is_not_named_keeps_its_bytes() {
        for (event, edits, expected) in [
            (r#"{ "a" : 1e3 , "b":"\u00e9" }"#, &["c=2"][..], r#"{ "a" : 1e3 , "b":"\u00e9","c":2 }"#),
            (r#"{"\u0061" :1, "b":2}"#, &["a=9"], r#"{"\u0061" :9, "b":2}"#),
            ("{ }", &["a=1", "b=2"], r#"{"a":1,"b":2 }"#),
            (r#"{"a" : null }"#, &["a.x.y=1"], r#"{"a" : {"x":{"y":1}} }"#),
            (r#"{ "a":1 , "b":2 , "c":3 }"#, &["-a"], r#"{ "b":2 , "c":3 }"#),
            (r#"{ "a":1 , "b":2 , "c":3 }"#, &["-b"], r#"{ "a":1 , "c":3 }"#),
            (r#"{ "a":1 , "b":2  }"#, &["-b"], r#"{ "a":1  }"#),
            (r#"{ "a" : 1 , "b" : 2  }"#, &["-a", "-b"], "{   }"),
            (r#"{ "a" : 1  }"#, &["-a", "c=3"], r#"{ "c":3  }"#),
            (r#"{"a":1,"b":2}"#, &["-a", "a=3"], r#"{"b":2,"a":3}"#),
            (r#"{"a":{"x":1},"b":2}"#, &["-a.x", "-b.y", "-z"], r#"{"a":{},"b":2}"#),
        ] {
            let mut tree = parse(event.as_bytes()).expect("JSON").value;
            let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
            for edit in edits {
                match (edit.strip_prefix('-'), edit.split_once('=')) {
                    (None, Some((target, value))) => {
                        set(&mut tree, &path(target), Node::Number(value.to_owned())).expect("an object");
                    }
                    (removed, _) => remove(&mut tree, &path(removed.expect("a path"))),
                }
            }
            assert_eq!(tree.print(), expected, "{event} {edits:?}");
        }
    }
}
