//! Links lead somewhere: to a file that is there, to a heading that it has, and from a page of the book to pages
//! of the book only, as nothing else is beside them where the book is read.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::pages::{Page, pages, repository};

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in pages() {
        for link in links(&page).into_iter().filter(|link| !link.starts_with("http")) {
            seen += 1;
            if let Err(why) = follow(&page, &link) {
                wrong.push(format!("{page}: {link}: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 200, "only {seen} links were seen");
}

/// The targets of a page's links, outside of its blocks.
fn links(page: &Page) -> Vec<String> {
    let mut in_block = false;
    let mut prose = String::new();
    for line in page.text.lines() {
        in_block ^= line.starts_with("```");
        if !in_block {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()).map(str::to_owned).collect()
}

fn follow(page: &Page, link: &str) -> Result<(), String> {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => page.path.clone(),
        path => resolved(&page.path.parent().unwrap_or(Path::new("")).join(path)),
    };
    let file = repository().join(&target);
    if !file.exists() {
        return Err("there is no such file".to_owned());
    }
    if page.is_in_book() && !(target.starts_with("docs") && file.is_file()) {
        return Err(
            "a page of the book links to pages of the book; name a file of the repository by its path"
                .to_owned(),
        );
    }
    if anchor.is_empty() {
        return Ok(());
    }
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let found = text.lines().filter(|line| line.starts_with('#')).any(|line| anchor_of(line) == anchor);
    found.then_some(()).ok_or_else(|| "there is no such heading".to_owned())
}

fn anchor_of(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().replace(' ', "-")
}

/// The path without `.` and `..`.
fn resolved(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(resolved.pop()),
            Component::CurDir => {}
            part => resolved.push(part),
        }
    }
    resolved
}
