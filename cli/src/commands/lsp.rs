//! `enrich lsp`: the language server over standard input and output, reading this machine's files.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use enrich_lambda::rule_files::{self, FileError};
use enrich_lsp::disk::Disk;
use lsp_server::Connection;

use super::CommandError;
use crate::Exit;

pub(super) fn lsp() -> Result<Exit, CommandError> {
    let (connection, threads) = Connection::stdio();
    let served = enrich_lsp::serve(&connection, Rc::new(ThisDisk));
    // The threads end once nobody can write to them any more.
    drop(connection);
    served.map_err(|error| CommandError::Protocol { reason: error.to_string() })?;
    threads.join().map_err(|error| CommandError::Protocol { reason: error.to_string() })?;
    Ok(Exit::Ok)
}

/// Files as `check` reads them.
struct ThisDisk;

impl Disk for ThisDisk {
    fn rule_files(&self, folder: &Path) -> Vec<PathBuf> {
        rule_files::find_rules(&[folder.to_owned()]).unwrap_or_default()
    }

    fn rule_file(&self, path: &Path) -> Result<String, String> {
        let files = rule_files::read_rules(&[path.to_owned()]).map_err(|error| error.to_string())?;
        files.into_iter().next().map(|file| file.text).ok_or_else(|| "there is no such file".to_owned())
    }

    fn schema(&self, path: &Path) -> Result<Vec<u8>, String> {
        rule_files::read_schema(path).map_err(|error| match error {
            FileError::Unreadable { source, .. } => source.to_string(),
            error => error.to_string(),
        })
    }

    fn stamp(&self, path: &Path) -> Option<(u64, Option<SystemTime>)> {
        let file = fs::metadata(path).ok()?;
        Some((file.len(), file.modified().ok()))
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let inside = fs::read_dir(folder).into_iter().flatten().flatten();
        let named = inside.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some(if entry.path().is_dir() { format!("{name}/") } else { name })
        });
        let mut names: Vec<String> = named.collect();
        names.sort();
        names
    }
}
