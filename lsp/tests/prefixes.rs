//! A rule file is written from its beginning on: whatever stands there at a keystroke, something is told of it.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and the cases are files"
)]

mod common;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use common::Files;
use enrich_lsp::analysis::completion::completion;
use enrich_lsp::analysis::definition::references;
use enrich_lsp::analysis::hover::hover;
use enrich_lsp::analysis::set::RuleSet;

/// Every rule file of these folders.
fn texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> = ["engine/tests/corpus/right", "engine/tests/corpus/wrong", "rules"]
        .map(|path| root.join(path))
        .to_vec();
    let examples = std::fs::read_dir(root.join("rules/examples")).expect("the examples");
    folders.extend(examples.map(|entry| entry.expect("an example").path()));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten());
    let mut paths: Vec<PathBuf> = files.map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    let rules = paths.iter().filter(|path| path.extension().is_some_and(|it| it == "enrich"));
    rules.filter_map(|path| std::fs::read_to_string(path).ok()).filter(|text| text.len() < 3_000).collect()
}

#[test]
fn every_prefix_is_answered() {
    let texts = texts();
    assert!(texts.len() > 200, "{}", texts.len());
    // All keystrokes of all files take minutes: each file has those of its own, and over all files every
    // statement is cut everywhere. `PREFIXES=1` takes all.
    let step: usize = std::env::var("PREFIXES").ok().and_then(|step| step.parse().ok()).unwrap_or(61);
    let (mut asked, mut offered, mut explained) = (0, 0, 0);
    for (at, text) in texts.iter().enumerate() {
        let path = PathBuf::from("/rules/a.enrich");
        let mut set = RuleSet::new(Rc::new(Files::default()), [(path.clone(), String::new())]);
        let file = set.file(&path).expect("the file");
        for end in (at % step..=text.len()).step_by(step).filter(|end| text.is_char_boundary(*end)) {
            set.replace(file, text[..end].to_owned());
            let found = completion(&set, file, end);
            assert!(found.replaced.start <= end && found.replaced.end >= end, "{}", &text[..end]);
            assert!(set.text(file).get(found.replaced).is_some());
            offered += usize::from(!found.items.is_empty());
            for place in [end, end / 2].into_iter().filter(|place| text.is_char_boundary(*place)) {
                let hover = hover(&set, file, place);
                explained += usize::from(hover.is_some());
                if let Some(hover) = hover {
                    assert!(set.text(file).get(hover.span.range()).is_some());
                }
            }
            let _ = references(&set, file, end, true);
            asked += 1;
        }
    }
    // Nothing offered would be no panic either. Much is names and texts that are new.
    assert!(asked > 1_000 && offered * 4 > asked && explained * 4 > asked, "{asked} {offered} {explained}");
}
