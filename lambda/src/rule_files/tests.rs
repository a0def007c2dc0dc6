use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, bytes).expect("a file");
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The names of the rule files, or the error with its causes; the folder's own name is `DIR`.
    fn rules(&self, names: &[&str]) -> Result<Vec<String>, String> {
        let paths: Vec<_> = names.iter().map(|name| self.path(name)).collect();
        let tell = |text: String| text.replace(&self.0.path().display().to_string(), "DIR");
        match read_rules(&paths) {
            Ok(files) => Ok(files.iter().map(|file| tell(file.path.display().to_string())).collect()),
            Err(error) => Err(tell(error.to_string())),
        }
    }
}

#[test]
fn a_folder_is_its_own_files_in_order() {
    let folder = Folder::with(&[
        ("rules/b.enrich", b""),
        ("rules/a.enrich", b""),
        ("rules/a.test.enrich", b""),
        ("rules/a/z.enrich", b""),
        ("rules/odd.enrich/y.enrich", b""),
        ("rules/.hidden.enrich", b""),
        ("rules/.git/x.enrich", b""),
        ("rules/c.enrich~", b""),
        ("rules/schemas/s.json", b"{}"),
    ]);
    let named = |names: &[&str]| Ok(names.iter().map(|name| format!("DIR/rules/{name}")).collect());
    assert_eq!(folder.rules(&["rules"]), named(&["a.enrich", "b.enrich"]));
    assert_eq!(folder.rules(&["rules/a", "rules"]), named(&["a/z.enrich", "a.enrich", "b.enrich"]));
    assert_eq!(folder.rules(&["rules/b.enrich", "rules"]), named(&["b.enrich", "a.enrich"]), "nothing twice");
    assert_eq!(
        folder.rules(&["rules/c.enrich~"]),
        Ok(vec!["DIR/rules/c.enrich~".to_owned()]),
        "as it is said"
    );
}

#[test]
fn nothing_found_is_an_error() {
    let folder = Folder::with(&[("rules/z.test.enrich", b""), ("rules/x.json", b"")]);
    let none = "no rule file in DIR/rules: their names end in `.enrich`";
    assert_eq!(folder.rules(&["rules"]), Err(none.to_owned()));
    assert_eq!(folder.rules(&["rules", "ruels"]), Err("can't read DIR/ruels".to_owned()));
    assert!(matches!(read_rules(&[]), Err(FileError::NoRules { .. })));
}

#[test]
fn where_only_folders_inside_have_rules_they_are_named() {
    let folder = Folder::with(&[
        ("rules/README.md", b""),
        ("rules/examples/b/b.enrich", b""),
        ("rules/examples/a/a.enrich", b""),
        ("rules/examples/a/tests/t.test.enrich", b""),
        ("rules/examples/.c/c.enrich", b""),
    ]);
    let said = "no rule file in DIR/rules itself: name a folder that holds some: \
                DIR/rules/examples/a, DIR/rules/examples/b";
    assert_eq!(folder.rules(&["rules"]), Err(said.to_owned()));
    for number in 0..3 {
        fs::create_dir_all(folder.path(&format!("rules/more{number}"))).expect("a folder");
        fs::write(folder.path(&format!("rules/more{number}/m.enrich")), "").expect("a file");
    }
    let said = format!("{said}, DIR/rules/more0 and 2 more");
    assert_eq!(folder.rules(&["rules"]), Err(said));
}

#[cfg(unix)]
#[test]
fn links_lead_to_files_and_never_round() {
    let folder = Folder::with(&[("rules/a.enrich", b""), ("other/b.txt", b"")]);
    std::os::unix::fs::symlink(folder.path("other"), folder.path("other/back")).expect("a link");
    std::os::unix::fs::symlink(folder.path("other/b.txt"), folder.path("rules/b.enrich")).expect("a link");
    let both = ["DIR/rules/a.enrich", "DIR/rules/b.enrich"].map(str::to_owned).to_vec();
    assert_eq!(folder.rules(&["rules"]), Ok(both));
    let none = "no rule file in DIR/other: their names end in `.enrich`";
    assert_eq!(folder.rules(&["other"]), Err(none.to_owned()));
}

#[test]
fn a_rule_file_is_text() {
    let folder = Folder::with(&[("a.enrich", b"rule x {\n  # caf\xe9\n}")]);
    let error = "DIR/a.enrich:2: the file is not UTF-8: save it as UTF-8 text";
    assert_eq!(folder.rules(&["a.enrich"]), Err(error.to_owned()));
}

#[test]
fn a_rule_file_has_a_length() {
    let folder = Folder::with(&[("fits.enrich", &[b' '; 1 << 20]), ("long.enrich", &[b' '; (1 << 20) + 1])]);
    assert!(folder.rules(&["fits.enrich"]).is_ok());
    let error = "DIR/long.enrich has more than 1048576 bytes: too long for a rule file";
    assert_eq!(folder.rules(&["long.enrich"]), Err(error.to_owned()));
}

#[test]
fn rule_files_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = vec![PathBuf::new(); MAX_RULE_FILES - 1];
    let mut walk = Walk { wanted: Wanted::Rules, files, seen: HashSet::new() };
    for (name, fits) in [("a.enrich", true), ("b.enrich", false)] {
        fs::write(folder.path().join(name), "").expect("a file");
        let walked = walk.path(&folder.path().join(name));
        assert_eq!(matches!(walked, Err(FileError::TooMany)), !fits, "{name}");
    }
}

#[test]
fn a_schema_has_a_length() {
    let folder = Folder::with(&[("s.json", b"{}")]);
    let schema = File::create(folder.path("long.json")).expect("a file");
    schema.set_len(MAX_SCHEMA + 1).expect("a long file");
    assert_eq!(read_schema(&folder.path("s.json")).expect("a schema"), b"{}");
    assert!(matches!(read_schema(&folder.path("none.json")), Err(FileError::Unreadable { .. })));
    let read = read_schema(&folder.path("long.json"));
    assert!(matches!(read, Err(FileError::TooLong { limit: MAX_SCHEMA, .. })));
}
