//! What is needed of a disk.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where rule files and schemas are read from.
pub trait Disk {
    /// The rule files of a folder, without tests, in the order in which `check` reads them.
    fn rule_files(&self, folder: &Path) -> Vec<PathBuf>;

    /// The text of a rule file.
    ///
    /// # Errors
    /// Why it can't be read, in one sentence.
    fn rule_file(&self, path: &Path) -> Result<String, String>;

    /// The bytes of a schema.
    ///
    /// # Errors
    /// Why it can't be read, in a few words.
    fn schema(&self, path: &Path) -> Result<Vec<u8>, String>;

    /// What tells a file from itself after a change, without reading it; `None` where there is none.
    fn stamp(&self, path: &Path) -> Option<(u64, Option<SystemTime>)>;

    /// The names in a folder, those of folders with a `/` behind.
    fn names(&self, folder: &Path) -> Vec<String>;
}
