use super::*;

impl Edits {
    /// Writes one value at `path`.
    fn set(&mut self, base: Option<Node<'_>>, path: &[String], text: String) -> Result<(), NotAnObject> {
        let (name, object) = path.split_last().expect("a name");
        self.set_all(base, object, vec![(name.clone(), text)])
    }
}

/// Applies edits written as `path=json` or `-path`, and returns the text.
#[track_caller]
fn edit(event: &str, edits: &[&str]) -> Result<String, NotAnObject> {
    let document = Document::parse(event.as_bytes()).expect("JSON");
    let root = Some(document.root());
    let mut all = Edits::default();
    let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
    for one in edits {
        match (one.strip_prefix('-'), one.split_once('=')) {
            (Some(removed), _) => all.remove(root, &path(removed)),
            (None, Some((target, text))) => all.set(root, &path(target), text.to_owned())?,
            _ => panic!("{one}"),
        }
    }
    let text = all.render(root);
    Document::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    Ok(text)
}

#[test]
fn only_what_is_touched_changes() {
    for (event, edits, expected) in [
        (r#"{ "a" : 1e3 , "b":"\u00e9" }"#, &["c=2"][..], r#"{ "a" : 1e3 , "b":"\u00e9","c":2 }"#),
        (r#"{"a":1,"b":2}"#, &["a=9"], r#"{"a":9,"b":2}"#),
        (r#"{"a":1,"b":2}"#, &["c=3", "a=9", "d=4"], r#"{"a":9,"b":2,"c":3,"d":4}"#),
        ("{}", &["a=1"], r#"{"a":1}"#),
        ("{ }", &["a=1", "b=2"], r#"{"a":1,"b":2 }"#),
        (r#"{"a":{"x":1.0},"b":2}"#, &["a.y=2"], r#"{"a":{"x":1.0,"y":2},"b":2}"#),
        (r#"{"b":2}"#, &["a.x.y=1"], r#"{"b":2,"a":{"x":{"y":1}}}"#),
        (r#"{"a":null}"#, &["a.x=1", "a.y=2"], r#"{"a":{"x":1,"y":2}}"#),
        (r#"{"a":{"x":1}}"#, &["a=0", "b=1"], r#"{"a":0,"b":1}"#),
        (r#"{"a":1}"#, &["n={\"x\":1}", "n.y=2", "-n.x"], r#"{"a":1,"n":{"y":2}}"#),
        (r#"{"\u0061":1}"#, &["a=2"], r#"{"\u0061":2}"#),
        (r#"{"a":1}"#, &["x\"y=2"], r#"{"a":1,"x\"y":2}"#),
    ] {
        assert_eq!(edit(event, edits).as_deref(), Ok(expected), "{event} {edits:?}");
    }
}

#[test]
fn members_are_cut_out_with_one_comma() {
    for (event, edits, expected) in [
        (r#"{"a":1,"b":2,"c":3}"#, &["-a"][..], r#"{"b":2,"c":3}"#),
        (r#"{"a":1,"b":2,"c":3}"#, &["-b"], r#"{"a":1,"c":3}"#),
        (r#"{"a":1,"b":2,"c":3}"#, &["-c"], r#"{"a":1,"b":2}"#),
        (r#"{"a":1,"b":2,"c":3}"#, &["-a", "-b"], r#"{"c":3}"#),
        (r#"{"a":1,"b":2,"c":3}"#, &["-a", "-c"], r#"{"b":2}"#),
        (r#"{"a":1,"b":2,"c":3}"#, &["-b", "-c"], r#"{"a":1}"#),
        (r#"{ "a" : 1 , "b" : 2 }"#, &["-a", "-b"], "{  }"),
        (r#"{ "a" : 1 , "b" : 2 }"#, &["-a", "c=3"], r#"{ "b" : 2,"c":3 }"#),
        (r#"{ "a" : 1 }"#, &["-a", "c=3"], r#"{ "c":3 }"#),
        (r#"{"a":{"x":1,"y":2}}"#, &["-a.x"], r#"{"a":{"y":2}}"#),
        (r#"{"a":1}"#, &["-z", "-a.b", "-z.y"], r#"{"a":1}"#),
        (r#"{"a":1,"b":2}"#, &["-a", "a=3"], r#"{"b":2,"a":3}"#),
        (r#"{"a":1,"b":2}"#, &["-a", "c=1", "a=3"], r#"{"b":2,"c":1,"a":3}"#),
        (r#"{"b":2}"#, &["c=1", "-b", "d=3", "b=4"], r#"{"c":1,"d":3,"b":4}"#),
        (r#"{"a":{"x":1},"b":2}"#, &["-a", "a.y=3"], r#"{"b":2,"a":{"y":3}}"#),
        (r#"{"b":2}"#, &["n=1", "-n"], r#"{"b":2}"#),
    ] {
        assert_eq!(edit(event, edits).as_deref(), Ok(expected), "{event} {edits:?}");
    }
}

#[test]
fn only_objects_have_members() {
    for (event, edits, depth, kind) in [
        (r#"{"a":1}"#, &["a.x=1"][..], 1, Kind::Number),
        (r#"{"a":{"b":[]}}"#, &["a.b.c=1"], 2, Kind::Array),
        ("{}", &["a=\"t\"", "a.b=1"], 1, Kind::String),
    ] {
        assert_eq!(edit(event, edits), Err(NotAnObject { depth, kind }), "{event} {edits:?}");
    }
}

#[test]
fn reading_sees_the_writes() {
    let document = Document::parse(br#"{"a":{"x":1,"y":2},"b":3}"#).expect("JSON");
    let root = Some(document.root());
    let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
    let mut edits = Edits::default();
    edits.set(root, &path("a.x"), "9".to_owned()).expect("an object");
    edits.set(root, &path("n"), r#"{"k":[1]}"#.to_owned()).expect("an object");
    edits.remove(root, &path("b"));
    for (read, expected) in [
        ("a.x", Some("9")),
        ("a.y", Some("2")),
        ("a", Some(r#"{"x":9,"y":2}"#)),
        ("n.k", Some("[1]")),
        ("n.k.z", None),
        ("b", None),
        ("c", None),
    ] {
        assert_eq!(edits.read(root, &path(read)).to_json().as_deref(), expected, "{read}");
    }
}

#[test]
fn what_is_read_is_what_is_written() {
    let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
    for event in ["{}", r#"{"a":null}"#, r#"{"a":{"b":1}}"#] {
        let document = Document::parse(event.as_bytes()).expect("JSON");
        let root = Some(document.root());
        let mut edits = Edits::default();
        edits.set(root, &path("a.b"), "1".to_owned()).expect("an object");
        edits.remove(root, &path("a.b"));
        assert_eq!(edits.render(root), r#"{"a":{}}"#, "{event}");
        assert_eq!(edits.read(root, &path("a")).to_json().as_deref(), Some("{}"), "{event}");
    }
}

#[test]
fn a_written_value_may_be_deeper_than_an_event() {
    let deep = format!("q={}1{}", r#"{"k":"#.repeat(200), "}".repeat(200));
    assert_eq!(edit("{}", &[&deep, "q.z=1", "-q.k"]).as_deref(), Ok(r#"{"q":{"z":1}}"#));
}

#[test]
fn many_members_at_once() {
    let members = |texts: &[(&str, &str)]| -> Vec<_> {
        texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    };
    let path = ["a".to_owned()];
    for (event, edits, expected) in [
        (r#"{"a":{"x":1,"y":2}}"#, &[][..], r#"{"a":{"x":1,"y":9,"z":8,"b":7}}"#),
        (r#"{"a":null,"c":1}"#, &[], r#"{"a":{"y":9,"z":8,"b":7},"c":1}"#),
        ("{}", &[], r#"{"a":{"y":9,"z":8,"b":7}}"#),
        (r#"{"a":{"y":0},"c":1}"#, &["-a"], r#"{"c":1,"a":{"y":9,"z":8,"b":7}}"#),
        ("{}", &["a={\"y\":0}"], r#"{"a":{"y":9,"z":8,"b":7}}"#),
    ] {
        let document = Document::parse(event.as_bytes()).expect("JSON");
        let root = Some(document.root());
        let mut all = Edits::default();
        for edit in edits {
            match (edit.strip_prefix('-'), edit.split_once('=')) {
                (None, Some((name, text))) => {
                    all.set(root, &[name.to_owned()], text.to_owned()).expect("set");
                }
                (name, _) => all.remove(root, &[name.expect("a name").to_owned()]),
            }
        }
        all.set_all(root, &path, members(&[("y", "9"), ("z", "8"), ("b", "7")])).expect("an object");
        assert_eq!(all.render(root), expected, "{event} {edits:?}");
    }
    let mut none = Edits::default();
    none.set_all(None, &path, Vec::new()).expect("nothing");
    assert!(none.is_empty());
}
