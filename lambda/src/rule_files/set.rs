//! The rule set of one folder.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use enrich_engine::dsl::source::Sources;
use enrich_engine::dsl::testing;
use enrich_engine::functions::Registry;
use enrich_engine::{Checked, Rules};

use super::{
    BundleError, FileError, MAX_RULE_FILE, MAX_RULE_FILES, MAX_SCHEMA, RULES, RuleFile, read_rules,
    read_schema, rule_file, write_bundle,
};

/// The rule set of one folder: its rule files, and the schemas that they name.
///
/// Files are named relative to the folder, so that a rule set has the same hash in a package, in a
/// bucket and on a desk.
#[derive(Debug)]
pub struct RuleSet {
    sources: Sources,
    schemas: Schemas,
}

#[derive(Debug)]
enum Schemas {
    In(PathBuf),
    Loaded(HashMap<String, Vec<u8>>),
}

impl RuleSet {
    /// The rule files of a folder on a disk. See [`read_rules`].
    ///
    /// # Errors
    /// Where they can't be read, or there is none.
    pub fn folder(folder: &Path) -> Result<Self, FileError> {
        let files = read_rules(&[folder.to_owned()])?;
        let inside = files.into_iter().map(|RuleFile { path, text }| {
            // A path that names one rule file is not in itself.
            let name = path.strip_prefix(folder).ok().filter(|name| *name != Path::new(""));
            let name = name.or(path.file_name().map(Path::new)).unwrap_or(&path);
            (name.to_string_lossy().into_owned(), text)
        });
        let sources = sources(inside);
        let root = if folder.is_file() { folder.parent().unwrap_or(Path::new("")) } else { folder };
        Ok(Self { sources, schemas: Schemas::In(root.to_owned()) })
    }

    /// The same of files that are loaded already: their paths relative to the folder, and their bytes.
    /// `origin` is how an error names the folder. Schemas can be [added](Self::add_files) later.
    ///
    /// # Errors
    /// Where a file is over a limit or no text, or there is no rule file.
    pub fn loaded(files: Vec<(String, Vec<u8>)>, origin: &str) -> Result<Self, FileError> {
        let mut rules = Vec::new();
        let mut others = HashMap::new();
        for (path, bytes) in files {
            if is_rule_file(&path) {
                check_length(&path, &bytes, "a rule file", MAX_RULE_FILE)?;
                rules.push(rule_file(PathBuf::from(path), bytes)?);
            } else {
                others.insert(path, bytes);
            }
        }
        if rules.is_empty() {
            return Err(FileError::NoRules { paths: vec![PathBuf::from(origin)] });
        }
        if rules.len() > MAX_RULE_FILES {
            return Err(FileError::TooMany);
        }
        rules.sort_by(|left, right| left.path.cmp(&right.path));
        let named =
            rules.into_iter().map(|RuleFile { path, text }| (path.to_string_lossy().into_owned(), text));
        Ok(Self { sources: sources(named), schemas: Schemas::Loaded(others) })
    }

    /// The schemas that the rules name: their paths relative to the folder, without those that lead
    /// out of it.
    #[must_use]
    pub fn schemas_named(&self) -> Vec<String> {
        self.named().iter().filter_map(|path| plain(path)).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The paths of schemas, as the rules have them.
    fn named(&self) -> BTreeSet<String> {
        let named = RefCell::new(BTreeSet::new());
        let note = |path: &str| {
            named.borrow_mut().insert(path.to_owned());
            Err("not loaded yet".to_owned())
        };
        // What is wrong with the rules is found when they are checked with their schemas.
        let _ = Rules::check(&self.sources, &Registry::standard(), &note);
        named.into_inner()
    }

    /// The rule set as one document, which [`read_bundle`](super::read_bundle) reads: its rule files, and the
    /// schemas that they name.
    ///
    /// # Errors
    /// Where a schema can't be read or is not in the folder, or the document gets too long.
    pub fn bundle(&self) -> Result<String, BundleError> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        files.extend(self.sources.iter().map(|(_, file)| (file.name().to_owned(), file.text().to_owned())));
        for path in self.named() {
            let inside = plain(&path).ok_or_else(|| BundleError::Outside { path: path.clone() })?;
            let text = self
                .schema(&path)
                .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned()));
            files.insert(inside, text.map_err(|cause| BundleError::Schema { path, cause })?);
        }
        write_bundle(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
    }

    /// Adds files to a rule set that is [loaded](Self::loaded), such as the schemas that it names.
    pub fn add_files(&mut self, files: Vec<(String, Vec<u8>)>) {
        match &mut self.schemas {
            Schemas::Loaded(loaded) => loaded.extend(files),
            // A folder on a disk has its files.
            Schemas::In(_) => {}
        }
    }

    /// The rule files, as findings point into them.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Checks the rules, with the schemas that they name.
    #[must_use]
    pub fn check(&self, registry: &Registry) -> Checked {
        Rules::check(&self.sources, registry, &|path| self.schema(path))
    }

    fn schema(&self, path: &str) -> Result<Vec<u8>, String> {
        match &self.schemas {
            Schemas::In(folder) => read_schema(&folder.join(path)).map_err(|error| match error {
                // The finding names the schema itself.
                FileError::Unreadable { source, .. } => source.to_string(),
                error => error.to_string(),
            }),
            Schemas::Loaded(files) => {
                let bytes = plain(path).and_then(|plain| files.get(&plain)).ok_or("there is no such file")?;
                check_length(path, bytes, "a schema", MAX_SCHEMA).map_err(|error| error.to_string())?;
                Ok(bytes.clone())
            }
        }
    }
}

fn sources(files: impl Iterator<Item = (String, String)>) -> Sources {
    let mut sources = Sources::new();
    for (name, text) in files {
        sources.add(name, text);
    }
    sources
}

/// Whether a path relative to a rule set's folder is that of one of its rule files: directly in it, and
/// neither hidden nor a test of rules.
#[must_use]
pub fn is_rule_file(path: &str) -> bool {
    path.ends_with(RULES) && !testing::is_test_file(path) && !path.starts_with('.') && !path.contains('/')
}

/// The same of a file of tests.
#[must_use]
pub fn is_test_file(path: &str) -> bool {
    testing::is_test_file(path) && !path.starts_with('.') && !path.contains('/')
}

fn check_length(path: &str, bytes: &[u8], what: &'static str, limit: u64) -> Result<(), FileError> {
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLong { path: PathBuf::from(path), what, limit });
    }
    Ok(())
}

/// `a/../b` is `b`, as on a disk; `None` where the path leads out of the folder.
fn plain(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the cases are files")]
mod tests {
    use super::super::read_bundle;
    use super::*;
    use std::fs;

    const RULE: &str = r#"rule clicks { stream "clicks" schema "./schemas/click.json" set .a = 1 }"#;

    fn files() -> Vec<(String, Vec<u8>)> {
        let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        vec![
            file("schemas/click.json", r#"{"type": "object"}"#),
            file("clicks.enrich", RULE),
            file("inside/clicks.enrich", "another rule set"),
            file("a.enrich", r#"rule a { stream "a" set .a = 1 }"#),
            file("a.test.enrich", "not a rule"),
            file(".git/x.enrich", "not a rule"),
        ]
    }

    fn told(set: &RuleSet) -> Vec<String> {
        let mut told: Vec<_> = set.sources().iter().map(|(_, file)| file.name().to_owned()).collect();
        let checked = set.check(&Registry::standard());
        told.extend(checked.findings.iter().map(|finding| finding.message.clone()));
        told.extend(checked.rules.map(|rules| rules.hash().to_owned()));
        told
    }

    #[test]
    fn a_rule_set_is_the_same_wherever_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in files() {
            let path = folder.path().join("rules").join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, bytes).expect("a file");
        }
        let on_disk = told(&RuleSet::folder(&folder.path().join("rules")).expect("rules"));
        let loaded = told(&RuleSet::loaded(files(), "s3://bucket/rules/").expect("rules"));
        assert_eq!(on_disk, loaded);
        assert_eq!(on_disk[..2], ["a.enrich", "clicks.enrich"]);
        assert_eq!(on_disk.len(), 3, "two files and a hash: {on_disk:?}");
        let bundle =
            RuleSet::folder(&folder.path().join("rules")).expect("rules").bundle().expect("a bundle");
        let files = read_bundle(bundle.as_bytes()).expect("files");
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a.enrich", "clicks.enrich", "schemas/click.json"]);
        assert_eq!(told(&RuleSet::loaded(files, "a document").expect("rules")), on_disk);
        let alone = told(&RuleSet::folder(&folder.path().join("rules/a.enrich")).expect("a rule"));
        assert_eq!(alone[0], "a.enrich");
        assert_eq!(alone.len(), 2, "{alone:?}");
    }

    #[test]
    fn loaded_files_have_the_same_limits() {
        let error = |files: Vec<(&str, Vec<u8>)>| {
            let files = files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
            RuleSet::loaded(files, "s3://bucket/rules/").expect_err("no rule set").to_string()
        };
        let none = "no rule file in s3://bucket/rules/: their names end in `.enrich`";
        assert_eq!(error(vec![]), none);
        assert_eq!(error(vec![("a.test.enrich", vec![]), ("b.json", vec![]), ("c/d.enrich", vec![])]), none);
        assert_eq!(
            error(vec![("a.enrich", b"\n\xff".to_vec())]),
            "a.enrich:2: the file is not UTF-8: save it as UTF-8 text"
        );
        let long = vec![b' '; (1 << 20) + 1];
        assert!(error(vec![("a.enrich", long)]).contains("more than 1048576 bytes"));
    }

    #[test]
    fn the_schemas_that_rules_name_can_be_loaded_after_them() {
        let (rules, schemas): (Vec<_>, Vec<_>) =
            files().into_iter().partition(|(name, _)| is_rule_file(name));
        let whole = told(&RuleSet::loaded(files(), "s3://bucket/rules/").expect("rules"));
        let mut set = RuleSet::loaded(rules, "s3://bucket/rules/").expect("rules");
        assert_eq!(set.schemas_named(), ["schemas/click.json"]);
        assert!(told(&set)[2].contains("there is no such file"), "{:?}", told(&set));
        set.add_files(schemas);
        assert_eq!(told(&set), whole);
    }

    #[test]
    fn a_schema_outside_the_folder_is_not_there() {
        let rule = RULE.replace("./schemas", "../schemas");
        let outside = vec![("clicks.enrich".to_owned(), rule.into_bytes())];
        let set = RuleSet::loaded(outside, "s3://bucket/rules/").expect("rules");
        assert_eq!(set.schemas_named(), [""; 0]);
        let path = "../schemas/click.json".to_owned();
        assert_eq!(set.bundle(), Err(BundleError::Outside { path }));
        let told = told(&set);
        assert!(told[1].contains("there is no such file"), "{told:?}");
        for (path, expected) in [
            ("a/../b.json", Some("b.json")),
            ("./a//b.json", Some("a/b.json")),
            ("../b.json", None),
            ("a/../../b.json", None),
            ("/b.json", None),
        ] {
            assert_eq!(plain(path).as_deref(), expected, "{path}");
        }
    }
}
