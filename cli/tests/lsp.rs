//! `enrich lsp` as an editor sees it: the built program, over its wire.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and the measurement tells its figures"
)]

mod editor;

use editor::{Editor, Folder};
use serde_json::{Value, json};

const TABLES: &str = "table users {\n  source dynamodb \"users\"\n  key    id: string\n}\n";
const RULE: &str = "# é 𝒳\nrule visits {\n  stream \"visits\"\n  lookup user from users where id = .user {\n    copy name\n  }\n}\n";

fn folder() -> Folder {
    Folder::new(&[("tables.enrich", TABLES), ("visits.enrich", RULE)])
}

/// `line:column-line:column`, from zero.
fn range(value: &Value) -> String {
    let place = |end: &str| format!("{}:{}", value[end]["line"], value[end]["character"]);
    format!("{}-{}", place("start"), place("end"))
}

/// Code and range of each finding of a file, as they were told last.
fn told(diagnostics: &Value) -> Vec<String> {
    let all = diagnostics.as_array().expect("findings");
    all.iter()
        .map(|one| format!("{} {}", one["code"].as_str().expect("a code"), range(&one["range"])))
        .collect()
}

#[test]
fn a_session_from_its_beginning_to_its_end() {
    let folder = folder();
    let mut editor = Editor::start(&json!({ "general": { "positionEncodings": ["utf-16"] } }));
    assert_eq!(editor.capabilities["positionEncoding"], "utf-16");
    editor.open(&folder, "visits.enrich", RULE);
    // Nothing is wrong, so nothing is told; what is wrong then is told with its range and its mend.
    editor.change(&folder, "visits.enrich", &[("3:19-3:24", "usres")]);
    let found = editor.diagnostics(&folder, "visits.enrich");
    assert_eq!(told(&found), ["unknown-table 3:19-3:24"]);
    assert_eq!(found[0]["severity"], 1);
    assert!(
        found[0]["message"].as_str().expect("a message").contains("there is no table `usres`"),
        "{found}"
    );

    let actions = editor.ask(
        "textDocument/codeAction",
        &json!({
            "textDocument": { "uri": folder.uri("visits.enrich") },
            "range": found[0]["range"], "context": { "diagnostics": [] },
        }),
    );
    let titles: Vec<_> =
        actions.as_array().expect("actions").iter().map(|one| one["title"].as_str()).collect();
    assert_eq!(
        titles,
        [Some("change it to `users`"), Some("make all changes that `check` proposes in this file")]
    );
    let edit = &actions[0]["edit"]["changes"][folder.uri("visits.enrich")][0];
    assert_eq!((range(&edit["range"]), &edit["newText"]), ("3:19-3:24".to_owned(), &json!("users")));
    editor.change(&folder, "visits.enrich", &[("3:19-3:24", "users")]);
    assert_eq!(told(&editor.diagnostics(&folder, "visits.enrich")), [""; 0]);

    let at = |line: u32, character: u32| json!({ "textDocument": { "uri": folder.uri("visits.enrich") }, "position": { "line": line, "character": character } });
    let hover = editor.ask("textDocument/hover", &at(3, 21));
    assert_eq!(range(&hover["range"]), "3:19-3:24");
    assert!(hover["contents"]["value"].as_str().expect("a text").contains("key `id: string`"), "{hover}");
    let definition = editor.ask("textDocument/definition", &at(3, 21));
    assert_eq!(definition[0]["uri"], folder.uri("tables.enrich"));
    assert_eq!(range(&definition[0]["range"]), "0:6-0:11");
    let mut renaming = at(3, 10);
    renaming["newName"] = json!("visitor");
    let rename = editor.ask("textDocument/rename", &renaming);
    let edits = rename["changes"][folder.uri("visits.enrich")].as_array().expect("edits").clone();
    assert_eq!(edits.iter().map(|one| range(&one["range"])).collect::<Vec<_>>(), ["3:9-3:13"]);
    renaming["newName"] = json!("no name");
    let refused = editor.ask_raw("textDocument/rename", &renaming);
    assert_eq!(refused["error"]["code"], -32803, "{refused}");

    editor.change(&folder, "visits.enrich", &[("4:9-4:13", "")]);
    let items = editor.ask("textDocument/completion", &at(4, 9));
    let labels: Vec<_> =
        items.as_array().expect("items").iter().filter_map(|one| one["label"].as_str()).collect();
    assert_eq!(labels, ["id", "*"]);
    // What can't be read is not laid out.
    let document = json!({ "textDocument": { "uri": folder.uri("visits.enrich") }, "options": { "tabSize": 2, "insertSpaces": true } });
    assert_eq!(editor.ask("textDocument/formatting", &document), json!([]));
    editor.change(&folder, "visits.enrich", &[("4:9-4:9", "  name")]);
    let edits = editor.ask("textDocument/formatting", &document);
    assert_eq!(
        (range(&edits[0]["range"]), &edits[0]["newText"]),
        ("4:0-5:0".to_owned(), &json!("    copy name\n"))
    );
    let symbols = editor.ask("textDocument/documentSymbol", &document);
    assert_eq!(symbols[0]["children"][0]["name"], "user");
    assert_eq!(editor.stop(), 0);
}

#[test]
fn what_the_server_does_not_know_is_null() {
    let folder = folder();
    let mut editor = Editor::start(&json!({}));
    let unknown =
        json!({ "textDocument": { "uri": "untitled:one" }, "position": { "line": 0, "character": 0 } });
    for method in ["hover", "completion", "definition", "prepareRename", "documentSymbol"] {
        assert_eq!(editor.ask(&format!("textDocument/{method}"), &unknown), Value::Null, "{method}");
    }
    assert_eq!(editor.ask_raw("textDocument/noSuchThing", &unknown)["error"]["code"], -32601);
    assert_eq!(editor.ask_raw("textDocument/hover", &json!({ "x": 1 }))["error"]["code"], -32602);
    editor.notify("textDocument/didChange", &json!({ "nonsense": true }));
    editor.open(&folder, "visits.enrich", RULE);
    let far = json!({ "textDocument": { "uri": folder.uri("visits.enrich") }, "position": { "line": 999, "character": 999 } });
    assert_eq!(editor.ask("textDocument/hover", &far), Value::Null);
    assert_eq!(editor.stop(), 0);
}

#[test]
fn columns_count_what_the_client_counts() {
    let text = "rule r {\r\n  stream \"s\"\r\n  set .b = lower(\"𝒳é\") ?? lowr(.c)\r\n}\r\n";
    for (encodings, encoding, place) in [
        (json!(["utf-16", "utf-8"]), "utf-8", "2:30-2:34"),
        (json!(["utf-16"]), "utf-16", "2:27-2:31"),
        (Value::Null, "utf-16", "2:27-2:31"),
    ] {
        let folder = Folder::new(&[("r.enrich", text)]);
        let mut editor = Editor::start(&json!({ "general": { "positionEncodings": encodings } }));
        assert_eq!(editor.capabilities["positionEncoding"], encoding);
        editor.open(&folder, "r.enrich", text);
        let found = editor.diagnostics(&folder, "r.enrich");
        assert_eq!(told(&found), [format!("unknown-function {place}")], "{encoding}");
        editor.change(&folder, "r.enrich", &[(place, "lower")]);
        assert_eq!(told(&editor.diagnostics(&folder, "r.enrich")), [""; 0], "{encoding}");
        assert_eq!(editor.stop(), 0);
    }
}

#[test]
fn a_schema_that_changes_on_the_disk_is_noticed() {
    let rule = "rule r {\n  stream \"s\"\n  schema \"event.json\"\n  set .a = .name\n}\n";
    let schema = |name: &str| {
        format!("{{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{{\"{name}\":{{}}}}}}")
    };
    let folder = Folder::new(&[("r.enrich", rule), ("event.json", &schema("other"))]);
    let mut editor = Editor::start(&json!({}));
    editor.open(&folder, "r.enrich", rule);
    assert_eq!(told(&editor.diagnostics(&folder, "r.enrich")), ["unknown-field 3:11-3:16"]);
    folder.write("event.json", &schema("name"));
    editor.notify(
        "workspace/didChangeWatchedFiles",
        &json!({ "changes": [{ "uri": folder.uri("event.json"), "type": 2 }] }),
    );
    assert_eq!(told(&editor.diagnostics(&folder, "r.enrich")), [""; 0]);
    // A rule file that comes, with a table of its own that nobody reads.
    folder.write("t.enrich", TABLES);
    editor.notify(
        "workspace/didChangeWatchedFiles",
        &json!({ "changes": [{ "uri": folder.uri("t.enrich"), "type": 1 }] }),
    );
    let found = editor.diagnostics(&folder, "t.enrich");
    assert_eq!(told(&found), ["unused-table 0:6-0:11"]);
    assert_eq!((&found[0]["severity"], &found[0]["tags"]), (&json!(2), &json!([1])));
    assert_eq!(editor.stop(), 0);
}

#[test]
fn tests_of_rules_are_checked_and_laid_out() {
    let folder = folder();
    let tests = "test \"a\" {\n  given usres []\n  event {}\n  expect {}\n}\n";
    let mut editor = Editor::start(&json!({}));
    editor.open(&folder, "visits.test.enrich", tests);
    assert_eq!(told(&editor.diagnostics(&folder, "visits.test.enrich")), ["unknown-table 1:8-1:13"]);
    editor.change(&folder, "visits.test.enrich", &[("1:8-1:13", "users")]);
    assert_eq!(told(&editor.diagnostics(&folder, "visits.test.enrich")), [""; 0]);
    let document = json!({ "textDocument": { "uri": folder.uri("visits.test.enrich") }, "options": { "tabSize": 2, "insertSpaces": true } });
    let edits = editor.ask("textDocument/formatting", &document);
    let laid_out = "  given  users []\n  event  {}\n";
    assert_eq!((range(&edits[0]["range"]), &edits[0]["newText"]), ("1:0-3:0".to_owned(), &json!(laid_out)));
    assert_eq!(editor.stop(), 0);
}

#[test]
fn what_was_closed_is_as_it_is_on_the_disk() {
    let folder = folder();
    let mut editor = Editor::start(&json!({}));
    editor.open(&folder, "visits.enrich", RULE);
    editor.open(&folder, "tables.enrich", TABLES);
    editor.change(&folder, "tables.enrich", &[("0:6-0:11", "people")]);
    assert_eq!(told(&editor.diagnostics(&folder, "visits.enrich")), ["unknown-table 3:19-3:24"]);
    editor.close(&folder, "tables.enrich");
    assert_eq!(told(&editor.diagnostics(&folder, "visits.enrich")), [""; 0]);
    assert_eq!(editor.stop(), 0);
}

/// `cargo test --release -p enrich-cli --test lsp -- --ignored --nocapture` prints the figures of
/// `docs/editor.md`: it is no test, as machines differ.
#[test]
#[ignore = "a measurement"]
fn keystrokes_in_a_set_of_500_files() {
    let files = editor::large_set(500);
    let named: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = Folder::new(&named);
    let mut editor = Editor::start(&json!({}));
    let began = std::time::Instant::now();
    let text = files[0].1.as_str();
    editor.open(&folder, "r0.enrich", &text.replace("\"large\"", "\"large\" + 1"));
    editor.diagnostics(&folder, "r0.enrich");
    println!("the first check: {:?}", began.elapsed());
    let line = text.lines().position(|line| line.contains("\"large\"")).expect("the line");
    let column = text.lines().nth(line).and_then(|line| line.find(" else")).expect("the place") + 4;
    let at = json!({ "textDocument": { "uri": folder.uri("r0.enrich") }, "position": { "line": line, "character": 14 } });
    let mut times = [("a check", vec![]), ("a completion", vec![]), ("a hover", vec![])];
    for turn in 0..100 {
        let began = std::time::Instant::now();
        // A digit more: another finding each time, so that something is told.
        editor.change(&folder, "r0.enrich", &[(&format!("{line}:{column}-{line}:{column}"), " + \"x\"")]);
        editor.diagnostics(&folder, "r0.enrich");
        times[0].1.push(began.elapsed());
        for (at_time, method) in [(1, "completion"), (2, "hover")] {
            editor.change(&folder, "r0.enrich", &[("0:1-0:1", if turn % 2 == 0 { "a" } else { "b" })]);
            let began = std::time::Instant::now();
            editor.ask(&format!("textDocument/{method}"), &at);
            times[at_time].1.push(began.elapsed());
        }
    }
    for (what, mut times) in times {
        times.sort();
        println!("{what}: median {:?}, slowest {:?}", times[times.len() / 2], times[times.len() - 1]);
    }
    assert_eq!(editor.stop(), 0);
}
