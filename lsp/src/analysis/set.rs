//! The rule set of one folder, as an editor has it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use enrich_dsl::check::Place;
use enrich_dsl::diagnostic::Diagnostic;
use enrich_dsl::functions::Signature;
use enrich_dsl::source::{FileId, SourceFile, Sources, Span};
use enrich_dsl::syntax::{Parsed, tree};
use enrich_dsl::testing;
use enrich_engine::functions::Registry;
use enrich_engine::testing::Suite;
use enrich_engine::{CheckSession, Rules};

use crate::disk::Disk;

type Stamp = Option<(u64, Option<SystemTime>)>;

/// The rule files of one folder. A file is parsed when its text changes, and judged when something
/// changes that it depends on.
pub struct RuleSet {
    disk: Rc<dyn Disk>,
    sources: Sources,
    files: Vec<Arc<Parsed>>,
    paths: HashMap<PathBuf, FileId>,
    session: CheckSession,
    /// What the last check came to, if there was no error.
    rules: Option<Rules>,
    /// How the schemas looked right before they were read.
    stamps: RefCell<HashMap<String, Stamp>>,
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleSet").field("sources", &self.sources).finish_non_exhaustive()
    }
}

impl RuleSet {
    /// These files, with their texts, in the order in which `check` reads them.
    #[must_use]
    pub fn new(disk: Rc<dyn Disk>, files: impl IntoIterator<Item = (PathBuf, String)>) -> Self {
        let mut set = Self {
            disk,
            sources: Sources::new(),
            files: Vec::new(),
            paths: HashMap::new(),
            session: CheckSession::new(Registry::standard()),
            rules: None,
            stamps: RefCell::default(),
        };
        for (path, text) in files {
            let file = set.sources.add(name(&path), text);
            set.files.push(Arc::new(Parsed::new(&set.sources, file)));
            set.paths.insert(path, file);
        }
        set
    }

    /// The file at that path, if it is one of the set.
    #[must_use]
    pub fn file(&self, path: &Path) -> Option<FileId> {
        self.paths.get(path).copied()
    }

    /// The files with their paths, in no order.
    pub fn paths(&self) -> impl Iterator<Item = (&Path, FileId)> {
        self.paths.iter().map(|(path, file)| (path.as_path(), *file))
    }

    /// The path of a file.
    #[must_use]
    pub fn path(&self, file: FileId) -> PathBuf {
        PathBuf::from(self.sources.get(file).map(SourceFile::name).unwrap_or_default())
    }

    /// The texts of all files.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.sources.get(file).map(SourceFile::text).unwrap_or_default()
    }

    /// A file has another text.
    pub fn replace(&mut self, file: FileId, text: String) {
        if self.text(file) == text {
            return;
        }
        self.sources.replace(file, text);
        let parsed = Arc::new(Parsed::new(&self.sources, file));
        self.files
            .iter_mut()
            .filter(|known| known.file == file)
            .for_each(|known| *known = Arc::clone(&parsed));
    }

    /// A file as it was parsed.
    #[must_use]
    pub fn parsed(&self, file: FileId) -> Option<&Parsed> {
        self.files.iter().find(|parsed| parsed.file == file).map(AsRef::as_ref)
    }

    /// All files as they were parsed.
    pub fn all(&self) -> impl Iterator<Item = &Parsed> {
        self.files.iter().map(AsRef::as_ref)
    }

    /// The table of that name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&tree::Table> {
        self.all().flat_map(|parsed| parsed.tree.tables()).find(|table| table.name.text == name)
    }

    /// The functions that rules may call, by name.
    #[must_use]
    pub fn functions(&self) -> Vec<Signature> {
        let mut functions = self.session.functions().signatures();
        functions.sort_by_key(|function| function.name);
        functions
    }

    /// All that `check` finds, sorted by place. Schemas that have changed on the disk are read again.
    pub fn findings(&mut self) -> Vec<Diagnostic> {
        for path in self.session.schemas() {
            let stamp = self.disk.stamp(Path::new(&path));
            if self.stamps.borrow().get(&path) != Some(&stamp) {
                self.session.forget_schema(&path);
            }
        }
        let Self { disk, stamps, session, sources, files, .. } = self;
        let checked = session.check(sources, files, &|path| read_schema(&**disk, stamps, path), &[]);
        self.rules = checked.rules;
        checked.findings
    }

    /// What is wrong with a file of tests: with its text, and where the rules were right at the last check, with
    /// what it says of them. The places are in the [`Tests`].
    #[must_use]
    pub fn test_findings(&self, tests: &Tests) -> Vec<Diagnostic> {
        let Tests { sources, file, path } = tests;
        let Some(rules) = &self.rules else { return testing::parse(sources, *file).1 };
        let home = path.to_str().and_then(testing::rules_of);
        let home = home.and_then(|rules| self.file(Path::new(&rules)));
        Suite::read(sources, *file, rules, home).1
    }

    /// What is known at a place in a rule.
    #[must_use]
    pub fn known_at(&self, file: FileId, offset: usize) -> Option<Place> {
        let read = |path: &str| read_schema(&*self.disk, &self.stamps, path);
        self.session.known_at(&self.sources, &self.files, &read, Span::new(file, offset, offset))
    }

    /// The path of a schema that a file names.
    #[must_use]
    pub fn schema_path(&self, file: FileId, named: &str) -> PathBuf {
        self.path(file).parent().unwrap_or(Path::new("")).join(named)
    }

    /// Where it reads from.
    #[must_use]
    pub fn disk(&self) -> &dyn Disk {
        &*self.disk
    }
}

/// A file of tests.
#[derive(Clone, Debug)]
pub struct Tests {
    sources: Sources,
    file: FileId,
    path: PathBuf,
}

impl Tests {
    /// The file at that path, with this text.
    #[must_use]
    pub fn new(path: PathBuf, text: String) -> Self {
        let mut sources = Sources::new();
        let file = sources.add(name(&path), text);
        Self { sources, file, path }
    }

    /// Whether a file holds tests, by its name.
    #[must_use]
    pub fn is_one(path: &Path) -> bool {
        path.file_name().is_some_and(|name| testing::is_test_file(&name.to_string_lossy()))
    }

    /// It as a file of one.
    #[must_use]
    pub fn sources(&self) -> (&Sources, FileId) {
        (&self.sources, self.file)
    }
}

/// Reads a schema, and notes how it looks: whoever changes it later changes that.
fn read_schema(
    disk: &dyn Disk,
    stamps: &RefCell<HashMap<String, Stamp>>,
    path: &str,
) -> Result<Vec<u8>, String> {
    stamps.borrow_mut().insert(path.to_owned(), disk.stamp(Path::new(path)));
    disk.schema(Path::new(path))
}

/// The name of a file in findings: its path, with `/` between the folders, as schemas are relative to it.
fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
