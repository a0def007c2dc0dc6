//! What is told of places in rule files: a `▮` in a case is a cursor, and the answers are golden files.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and the cases are files"
)]

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use common::Files;
use enrich_dsl::source::{FileId, Span};
use enrich_lsp::analysis::completion::completion;
use enrich_lsp::analysis::definition::{Target, definition, references};
use enrich_lsp::analysis::hover::hover;
use enrich_lsp::analysis::rename::{prepare, rename};
use enrich_lsp::analysis::set::RuleSet;
use enrich_lsp::analysis::symbols::{Symbol, symbols};

/// Where a place is.
const MARK: char = '▮';

fn case(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/places").join(name);
    std::fs::read_to_string(path).expect("a case")
}

/// The tables and the schema of the cases, and a file with this text.
fn set(text: &str) -> (RuleSet, FileId) {
    let mut files = Files::default();
    files.0.insert(PathBuf::from("/rules/schemas/click.json"), case("schemas.click.json"));
    let rules = [("/rules/tables.enrich", case("tables.enrich")), ("/rules/whole.enrich", text.to_owned())];
    let rules = rules.map(|(path, text)| (PathBuf::from(path), text));
    let set = RuleSet::new(Rc::new(files), rules);
    let file = set.file(Path::new("/rules/whole.enrich")).expect("the file");
    (set, file)
}

/// The text without its marks, and where they were.
fn marks(text: &str) -> (String, Vec<usize>) {
    let mut places = Vec::new();
    let mut plain = String::new();
    for part in text.split(MARK) {
        plain.push_str(part);
        places.push(plain.len());
    }
    places.pop();
    (plain, places)
}

/// `whole.enrich:3:5 word`
fn told(set: &RuleSet, span: Span) -> String {
    let file = set.sources().get(span.file).expect("a file");
    let place = file.position(span.start);
    let name = Path::new(file.name()).file_name().expect("a name").to_string_lossy().into_owned();
    format!("{name}:{}:{} {}", place.line, place.column, set.sources().text(span))
}

#[test]
fn hover_and_definition() {
    let (text, places) = marks(&case("whole.enrich"));
    let (set, file) = set(&text);
    let mut out = String::new();
    for offset in places {
        let line = text[..offset].rfind('\n').map_or(0, |at| at + 1);
        let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
        let _ = writeln!(out, "=== {}{MARK}{}", text[line..offset].trim_start(), &text[offset..end]);
        match hover(&set, file, offset) {
            Some(hover) => {
                let _ = writeln!(out, "on {}\n{}", told(&set, hover.span), hover.markdown);
            }
            None => out.push_str("nothing\n"),
        }
        for target in definition(&set, file, offset) {
            let _ = match target {
                Target::Rules(span) => writeln!(out, "-> {}", told(&set, span)),
                Target::File(path) => writeln!(out, "-> {}", path.display()),
            };
        }
        match prepare(&set, file, offset) {
            Ok(Some(_)) => {
                let places: Vec<String> =
                    references(&set, file, offset, true).into_iter().map(|place| told(&set, place)).collect();
                let _ = writeln!(out, "all {}", places.join(", "));
            }
            Ok(None) => {}
            Err(reason) => {
                let _ = writeln!(out, "no new name: {reason}");
            }
        }
    }
    golden("whole.out", &out);
}

#[test]
fn completions() {
    let mut out = String::new();
    for section in case("completion.txt").split("=== ").skip(1) {
        let (name, body) = section.split_once('\n').expect("a name");
        let (text, places) = marks(body);
        let [offset] = places[..] else { panic!("one place in {name}") };
        let (set, file) = set(&text);
        let found = completion(&set, file, offset);
        let _ = writeln!(out, "=== {name}: in the place of `{}`", &text[found.replaced.clone()]);
        let functions = found.items.iter().filter(|item| item.documentation.contains("->")).count();
        for item in &found.items {
            // All functions are listed in one place.
            if item.documentation.contains("->") && name != "an argument" {
                continue;
            }
            let insert =
                if item.insert == item.label { String::new() } else { format!(" => {:?}", item.insert) };
            let _ = writeln!(out, "{:?} {} | {}{insert}", item.kind, item.label, item.detail);
        }
        if functions > 0 {
            let _ = writeln!(out, "and {functions} functions");
        }
    }
    golden("completion.out", &out);
}

#[test]
fn what_is_completed_is_a_word_of_the_language() {
    let statements = [
        ("source", "table t { key id: string source WORD \"x\" } rule r { stream \"s\" }"),
        (
            "cache",
            "table t { source dynamodb \"t\" key id: string cache 5m, WORD 5m } rule r { stream \"s\" }",
        ),
        ("decode", "rule r { stream \"s\" decode WORD }"),
        ("output", "rule r { stream \"s\" output WORD \"x\" }"),
        ("rejects", "rule r { stream \"s\" rejects WORD \"x/y\" }"),
        ("per", "rule r { stream \"s\" output s3 \"x\" { one object per WORD } }"),
        ("compression", "rule r { stream \"s\" output s3 \"x\" { compression WORD } }"),
        ("invalid", "rule r { stream \"s\" schema \"schemas/click.json\" on invalid WORD }"),
    ];
    for (keyword, words) in enrich_dsl::syntax::words::CHOICES {
        let Some((_, text)) = statements.iter().find(|(known, _)| known == keyword) else { continue };
        for word in *words {
            let (mut set, file) = set(&text.replace("WORD", word));
            let wrong: Vec<_> =
                set.findings().into_iter().filter(|one| one.primary.span.file == file).collect();
            let codes = ["unknown-word", "unknown-source", "unknown-type", "syntax"];
            assert!(
                !wrong.iter().any(|one| codes.contains(&one.code.as_str())),
                "{keyword} {word}: {wrong:?}"
            );
        }
    }
}

#[test]
fn new_names() {
    let text = case("whole.enrich");
    let (text, _) = marks(&text);
    for (at, to, expected) in [
        ("profile from profiles", "user", Ok(3)),
        ("profile from profiles", "mail", Err("the name `mail` is taken")),
        ("profile from profiles", "set", Err("`set` means something else in the language")),
        (
            "profile from profiles",
            "a-b",
            Err("`a-b` is not a name: a name has letters, digits and `_`, and begins with no digit"),
        ),
        ("profiles where", "users", Ok(3)),
        ("profiles where", "ledger", Err("the name `ledger` is taken")),
        ("line in", "item", Ok(5)),
        ("clicks {", "second", Err("the name `second` is taken")),
        ("clicks {", "clicks_2", Ok(1)),
        ("user_id =", "x", Err("an attribute is named by the table's items, so it can't be changed here")),
        ("lower(", "x", Err("the language has given this name, so it can't be changed here")),
        ("for each", "x", Err("there is no name here")),
    ] {
        let (set, file) = set(&text);
        let found = rename(&set, file, text.find(at).expect("the place"), to);
        assert_eq!(found.map(|places| places.len()), expected.map_err(str::to_owned), "{at} to {to}");
    }
}

#[test]
fn a_new_name_changes_nothing_else() {
    let (text, _) = marks(&case("whole.enrich"));
    let (before, file) = set(&text);
    let mut places =
        rename(&before, file, text.find("profile from").expect("the place"), "user").expect("places");
    places.sort();
    let mut renamed = text.clone();
    for place in places.iter().rev() {
        renamed.replace_range(place.range(), "user");
    }
    let (mut before, mut after) = (before, set(&renamed).0);
    let messages = |set: &mut RuleSet| {
        set.findings().into_iter().map(|one| one.message.replace("`profile", "`user")).collect::<Vec<_>>()
    };
    assert_eq!(messages(&mut before), messages(&mut after));
    assert_eq!(
        renamed.matches("profile.").count(),
        text.matches("profile.").count() - 2,
        "the other rule's stays"
    );
}

#[test]
fn an_outline() {
    let (text, _) = marks(&case("whole.enrich"));
    let (set, file) = set(&text);
    let mut out = String::new();
    fn write(out: &mut String, set: &RuleSet, depth: usize, symbol: &Symbol) {
        let indent = "  ".repeat(depth);
        let _ = writeln!(out, "{indent}{:?} {} {}", symbol.kind, told(set, symbol.name_span), symbol.detail);
        symbol.children.iter().for_each(|inner| write(out, set, depth + 1, inner));
    }
    for symbol in symbols(&set.parsed(file).expect("parsed").tree) {
        write(&mut out, &set, 0, &symbol);
    }
    golden("outline.out", &out);
}

/// Compares with a file beside the cases, or writes it where `UPDATE_GOLDEN` is set.
fn golden(name: &str, found: &str) {
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
