//! The documents, and the fenced blocks in them.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A document.
pub(crate) struct Page {
    /// Its path in the repository: `docs/language.md`.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A fenced block.
pub(crate) struct Block {
    /// The first word behind the fence: `enrich`, `console`, …
    pub(crate) language: String,
    /// What stands behind it: the name of the file that the block is.
    pub(crate) rest: String,
    /// What the block holds.
    pub(crate) text: String,
    /// The first line of the text that follows the block.
    pub(crate) behind: String,
    /// Where it stands, for messages: `docs/language.md:12`.
    pub(crate) place: String,
}

/// How a block that no test runs is told: ` ```console not-run `, and the reason in a line below it.
pub(crate) const NOT_RUN: &str = "not-run";

impl Page {
    /// Whether it is a page of the book.
    pub(crate) fn is_in_book(&self) -> bool {
        self.path.starts_with("docs")
    }

    /// Where the file is.
    pub(crate) fn file(&self) -> PathBuf {
        repository().join(&self.path)
    }

    /// Its fenced blocks, in order. A fence begins its line.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (at, line) in self.text.lines().enumerate() {
            assert!(
                !line.starts_with([' ', '\t']) || !line.trim_start().starts_with("```"),
                "{self}:{}",
                at + 1
            );
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(info)) => {
                    let (language, rest) = info.split_once(' ').unwrap_or((info, ""));
                    open = Some(Block {
                        language: language.to_owned(),
                        rest: rest.to_owned(),
                        text: String::new(),
                        behind: String::new(),
                        place: format!("{self}:{}", at + 1),
                    });
                }
                (Some(_), Some(_)) => {
                    let behind =
                        self.text.lines().skip(at + 1).find(|line| !line.is_empty()).unwrap_or_default();
                    blocks.extend(open.take().map(|block| Block { behind: behind.to_owned(), ..block }));
                }
                (Some(block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{self}: a block has no end");
        blocks
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

impl Block {
    /// The file that it includes, if it is nothing else: `{{#include PATH}}` or `{{#include PATH:ANCHOR}}`.
    pub(crate) fn included(&self) -> Option<&str> {
        self.text.trim_end().strip_prefix("{{#include ")?.strip_suffix("}}")
    }
}

/// All documents that people read, in order.
pub(crate) fn pages() -> Vec<Page> {
    let mut paths: Vec<_> = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "bench/README.md",
        "deploy/README.md",
        "rules/examples/README.md",
        "cli/tests/cases/README.md",
    ]
    .map(PathBuf::from)
    .to_vec();
    let mut open = vec![repository().join("docs")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder of pages") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == "md") {
                paths.push(path.strip_prefix(repository()).expect("inside").to_owned());
            }
        }
    }
    paths.sort();
    let read = |path: &PathBuf| fs::read_to_string(repository().join(path)).expect("a page");
    paths.into_iter().map(|path| Page { text: read(&path), path }).collect()
}

pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository")
}
