//! Files in memory, and golden files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use enrich_lsp::disk::Disk;

/// Where the next place is.
pub(crate) const MARK: char = '▮';

/// Files by their paths.
#[derive(Default)]
pub(crate) struct Files(pub(crate) BTreeMap<PathBuf, String>);

impl Disk for Files {
    fn rule_files(&self, folder: &Path) -> Vec<PathBuf> {
        let rules = |path: &&PathBuf| path.parent() == Some(folder) && path.extension().is_some_and(|it| it == "enrich");
        self.0.keys().filter(rules).cloned().collect()
    }

    fn rule_file(&self, path: &Path) -> Result<String, String> {
        self.0.get(path).cloned().ok_or_else(|| "there is no such file".to_owned())
    }

    fn schema(&self, path: &Path) -> Result<Vec<u8>, String> {
        self.rule_file(path).map(String::into_bytes)
    }

    fn stamp(&self, path: &Path) -> Option<(u64, Option<SystemTime>)> {
        self.0.get(path).map(|text| (text.len() as u64, None))
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let inside = self.0.keys().filter_map(|path| {
            let mut rest = path.strip_prefix(folder).ok()?.components();
            let first = rest.next()?.as_os_str().to_string_lossy().into_owned();
            Some(if rest.next().is_some() { format!("{first}/") } else { first })
        });
        let mut names: Vec<String> = inside.collect();
        names.dedup();
        names
    }
}

/// Compares with a file beside the cases, or writes it where `UPDATE_GOLDEN` is set.
pub(crate) fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/places").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, found).expect("written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "{name}:{}", line + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{name}");
}
