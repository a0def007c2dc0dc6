//! Files in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use enrich_lsp::disk::Disk;

/// Files by their paths.
#[derive(Default)]
pub(crate) struct Files(pub(crate) BTreeMap<PathBuf, String>);

impl Disk for Files {
    fn rule_files(&self, folder: &Path) -> Vec<PathBuf> {
        let rules = |path: &&PathBuf| {
            path.parent() == Some(folder) && path.extension().is_some_and(|it| it == "enrich")
        };
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
