//! Every page of `docs/` is in the book, once, and every code of a finding is listed in the order of its index.

use std::collections::BTreeSet;

use enrich_dsl::diagnostic::Code;

use crate::pages::{Page, pages};

/// The lines of the book's contents that link to a page.
fn contents() -> Vec<String> {
    let pages = pages();
    let summary = pages.iter().find(|page| page.path.ends_with("SUMMARY.md")).expect("the book's contents");
    summary.text.lines().filter(|line| line.contains("](")).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_page_is_in_the_book() {
    let contents = contents();
    let listed: Vec<_> = contents
        .iter()
        .filter_map(|line| line.split_once("](")?.1.strip_suffix(')').map(|path| format!("docs/{path}")))
        .collect();
    let once: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(once.len(), listed.len(), "a page is listed twice");
    let is_page = |page: &&Page| page.is_in_book() && !page.path.ends_with("SUMMARY.md");
    let there: BTreeSet<_> =
        pages().iter().filter(is_page).map(|page| page.path.display().to_string()).collect();
    assert_eq!(there, once, "the pages of `docs`, and those that docs/SUMMARY.md lists");
}

#[test]
fn every_code_is_listed() {
    let expected: Vec<_> =
        Code::ALL.iter().map(|code| format!("- [{0}](codes/{0}.md)", code.as_str())).collect();
    let listed: Vec<_> = contents().into_iter().filter(|line| line.contains("](codes/")).collect();
    let listed = listed.get(1..).unwrap_or_default();
    assert_eq!(listed, expected, "docs/SUMMARY.md should list\n  {}", expected.join("\n  "));
}

#[test]
fn chapters_are_called_as_their_pages() {
    let pages = pages();
    for line in contents() {
        let Some((title, path)) = line.trim_start_matches("- ").split_once("](") else { continue };
        let path = format!("docs/{}", path.trim_end_matches(')'));
        let page = pages.iter().find(|page| page.path.as_os_str() == path.as_str()).expect("a page");
        let heading = page.text.lines().next().unwrap_or_default();
        assert_eq!(heading, format!("# {}", title.trim_start_matches('[')), "{path}");
    }
}
