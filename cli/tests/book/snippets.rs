//! Blocks that are not run as commands or rules: JSON is JSON, and Rust stands in a program that the tests
//! compile and run. No block is of a kind that nothing looks at.

use std::fs;

use crate::pages::{Block, NOT_RUN, Page, pages, repository};

#[test]
fn every_block_is_looked_at() {
    let programs = programs();
    for page in pages() {
        for block in page.blocks() {
            let place = &block.place;
            if let Some(path) = block.included() {
                let path = path.split_once(':').map_or(path, |(path, _)| path);
                let found = page.file().parent().expect("a folder").join(path);
                assert!(found.is_file(), "{place}: there is no {path}");
                let tested =
                    ["rules/examples/", "engine/examples/"].iter().any(|folder| path.contains(folder));
                assert!(tested, "{place}: no test runs {path}");
                continue;
            }
            match block.language.as_str() {
                // `commands` and `examples` run these; `codes` in the engine's tests runs wrong rules.
                "console" | "enrich" | "tables" | "events" => {}
                "enrich-wrong" => {
                    assert!(!block.rest.is_empty() || is_code(&page), "{place}: what is said of it?");
                }
                "json" => drop(json(&block)),
                // Files that commands read.
                "enrich-test" | "ndjson" | "csv" => {
                    assert!(!block.rest.is_empty(), "{place}: a file has a name");
                }
                "rust" => assert!(
                    programs.iter().any(|program| program.contains(&unindented(&block.text))),
                    "{place}: these lines stand in no program of engine/examples"
                ),
                // What is no code: drawings, layouts, parts of findings.
                "text" => assert!(!block.text.starts_with("$ "), "{place}: a command is ```console"),
                // The list of functions is written out of the functions themselves.
                "" => assert!(page.path.ends_with("functions.md"), "{place}: a block says its language"),
                "toml" | "lua" | "sql" => assert_eq!(block.rest, NOT_RUN, "{place}"),
                other => panic!("{place}: no test looks at blocks of `{other}`"),
            }
        }
    }
}

fn is_code(page: &Page) -> bool {
    page.path.starts_with("docs/codes")
}

fn json(block: &Block) -> serde_json::Value {
    serde_json::from_str(&block.text).unwrap_or_else(|error| panic!("{}: {error}", block.place))
}

/// The programs that the engine's tests run, without the indentation of their lines.
fn programs() -> Vec<String> {
    let entries = fs::read_dir(repository().join("engine/examples")).expect("the programs");
    let programs: Vec<_> = entries.map(|entry| entry.expect("a program").path()).collect();
    assert!(!programs.is_empty());
    programs.iter().map(|path| unindented(&fs::read_to_string(path).expect("a program"))).collect()
}

fn unindented(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim())).collect()
}
