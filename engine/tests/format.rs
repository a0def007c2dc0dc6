//! Laying out the rules that there are: they mean what they meant, no comment is lost, and a second
//! time changes nothing. (`dsl/tests/format.rs` has the cases of how a layout looks.)

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the rules are files")]

use std::path::{Path, PathBuf};

use enrich_engine::Rules;
use enrich_engine::dsl::diagnostic::render;
use enrich_engine::dsl::format::format;
use enrich_engine::dsl::source::Sources;
use enrich_engine::dsl::syntax::tree::{File, Trivia};
use enrich_engine::dsl::syntax::{self};
use enrich_engine::functions::Registry;
use proptest::prelude::*;

/// Rule texts with the folder that their schemas are in: the corpus, the shipped rules, the documents.
fn rule_texts() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for folder in
        ["tests/corpus/right", "tests/corpus/wrong", "../rules", "../.ci/e2e/rules-strict", "../docs"]
    {
        let folder = root.join(folder);
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let text = || std::fs::read_to_string(&path).expect("a text");
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("enrich") => texts.push((folder.clone(), text())),
                Some("md") => {
                    let text = text();
                    let blocks =
                        text.split("```enrich\n").skip(1).filter_map(|rest| rest.split("```").next());
                    texts.extend(blocks.map(|block| (folder.clone(), block.to_owned())));
                }
                _ => {}
            }
        }
    }
    texts.sort();
    texts
}

/// The tree of a text that can be read.
fn parsed(text: &str) -> Option<File> {
    let mut sources = Sources::new();
    let file = sources.add("any.enrich", text);
    let (parsed, findings) = syntax::parse(&sources, file);
    findings.is_empty().then_some(parsed)
}

fn layout(text: &str) -> String {
    let mut sources = Sources::new();
    let file = sources.add("any.enrich", text);
    format(&sources, file).unwrap_or_else(|findings| {
        let said: Vec<_> = findings.iter().map(|finding| render::full(finding, &sources, false)).collect();
        panic!("{}\n{text}", said.join("\n"))
    })
}

/// A debug form without the places in it.
fn without_spans(debug: &str) -> String {
    // A span holds a file's id in parentheses and two numbers: no brace.
    let mut pieces = debug.split("Span {");
    let first = pieces.next().unwrap_or_default().to_owned();
    first + &pieces.filter_map(|piece| Some(piece.split_once('}')?.1)).collect::<String>()
}

fn tree(file: &File) -> String {
    without_spans(&format!("{:?}", file.items))
}

fn comments(text: &str, file: &File) -> Vec<String> {
    let comment = |piece: &Trivia| match piece {
        Trivia::Comment { span, .. } => text.get(span.range()).map(|comment| comment.trim_end().to_owned()),
        Trivia::Blank { .. } => None,
    };
    file.trivia.iter().filter_map(comment).collect()
}

/// The checked rules and what is said about them, without the places.
fn checked(text: &str, folder: &Path) -> (String, Vec<String>) {
    let mut sources = Sources::new();
    sources.add("any.enrich", text);
    let read = |name: &str| std::fs::read(folder.join(name)).map_err(|error| error.kind().to_string());
    let checked = Rules::check(&sources, &Registry::standard(), &read);
    let mut said: Vec<_> = checked.findings.iter().map(|finding| finding.message.clone()).collect();
    said.sort();
    (without_spans(&format!("{:?}", checked.rules.as_ref().map(Rules::set))), said)
}

/// What holds for every text that can be read. Its layout is returned.
fn holds(text: &str, file: &File) -> String {
    let laid_out = layout(text);
    let again = parsed(&laid_out).unwrap_or_else(|| panic!("can't be read any more:\n{laid_out}"));
    assert_eq!(tree(&again), tree(file), "another tree:\n{text}\n---\n{laid_out}");
    assert_eq!(comments(&laid_out, &again), comments(text, file), "{text}\n---\n{laid_out}");
    assert_eq!(layout(&laid_out), laid_out, "laid out anew:\n{text}");
    laid_out
}

#[test]
fn what_is_laid_out_means_what_it_meant() {
    let mut seen = 0;
    for (folder, text) in rule_texts() {
        let Some(file) = parsed(&text) else { continue };
        seen += 1;
        let laid_out = holds(&text, &file);
        let (rules, said) = checked(&text, &folder);
        let (rules_again, said_again) = checked(&laid_out, &folder);
        assert_eq!(rules_again, rules, "{laid_out}");
        // Such a comment is about a line, and what stood on one line may stand on several now.
        if !text.contains("# check: allow") {
            assert_eq!(said_again, said, "{laid_out}");
        }
    }
    assert!(seen > 100, "{seen} texts");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn comments_may_stand_between_any_two_words(
        (_, text) in prop::sample::select(rule_texts()),
        places in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8), 1..12),
    ) {
        let Some(original) = parsed(&text) else { return Ok(()) };
        let mut text = text;
        for (number, (place, kind)) in places.into_iter().enumerate() {
            let borders: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
            let insert = match kind {
                0 => "\n\n \n".to_owned(),
                1 => format!("\n#{number}\n"),
                2 => format!(" # {number} \r\n"),
                _ => format!("\n\n  # {number}\n\n"),
            };
            let mut more = text.clone();
            more.insert_str(borders[place.index(borders.len())], &insert);
            // Inside of a word or a text it is no comment.
            if parsed(&more).is_some_and(|file| tree(&file) == tree(&original)) {
                text = more;
            }
        }
        let file = parsed(&text).expect("it could be read before");
        holds(&text, &file);
    }
}
