use std::fs;

use enrich_engine::lookup::{Answer, Attributes, Questions, Source, Table, TableQuestions};
use futures_util::FutureExt;

use super::*;

fn profiles() -> LocalTable {
    LocalTable::new("profiles", vec![("user_id".to_owned(), KeyType::String)])
        .at_source(Some("user-profiles".to_owned()))
}

fn prices() -> LocalTable {
    LocalTable::new("prices", vec![("sku".to_owned(), KeyType::Number)])
}

fn load_from(files: &[(&str, &str)], table: &LocalTable) -> Result<MemorySource, String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    load(Some(folder.path()), std::slice::from_ref(table))
        .map_err(|error| error.to_string().replace(&folder.path().display().to_string(), "DIR"))
}

/// The item under that key, or `missing`.
fn find(source: &MemorySource, table: &LocalTable, key: KeyValue) -> String {
    let table = Table::new(&table.name, table.key.clone());
    let asked = TableQuestions::new(table.into(), vec![Key::new(vec![key])], Attributes::All);
    let questions = Questions::new(vec![asked], None);
    let answers = source.fetch(&questions).now_or_never().expect("memory needs no waiting");
    match answers.get(0, 0) {
        Some(Answer::Found(item)) => item.text().to_owned(),
        Some(Answer::Missing) => "missing".to_owned(),
        other => format!("{other:?}"),
    }
}

fn profile(files: &[(&str, &str)], user: &str) -> String {
    match load_from(files, &profiles()) {
        Ok(source) => find(&source, &profiles(), KeyValue::string(user).expect("short")),
        Err(error) => error,
    }
}

#[test]
fn every_form_of_file() {
    let typed = r#"{"user_id":{"S":"u1"},"age":{"N":"41.0"}}"#;
    let plain = r#"{"age":41.0,"user_id":"u1"}"#;
    for (name, text) in [
        ("profiles.json", format!("[{plain}]")),
        ("profiles.json", format!("\u{feff} [ {plain} , {{\"user_id\":\"u2\"}} ] ")),
        ("profiles.json", format!("[{typed}]")),
        ("profiles.json", format!(r#"{{"Items":[{typed}],"Count":1,"ScannedCount":1}}"#)),
        ("profiles.json", format!(r#"{{"Items":[{plain}]}}"#)),
        ("profiles.json", format!(r#"{{"Item":{typed}}}"#)),
        ("profiles.ndjson", format!("{plain}\n")),
        ("profiles.ndjson", format!("\r\n{typed}\r\n\n{{\"user_id\":\"u2\"}}")),
        ("profiles.ndjson", format!(r#"{{"Item":{typed}}}"#)),
    ] {
        assert_eq!(profile(&[(name, &text)], "u1"), plain, "{name}: {text}");
        assert_eq!(profile(&[(name, &text)], "u3"), "missing", "{name}: {text}");
    }
    assert_eq!(profile(&[("profiles.json", "[]")], "u1"), "missing");
    assert_eq!(profile(&[("profiles.ndjson", "")], "u1"), "missing");
}

#[test]
fn csv_is_text_but_for_declared_numbers() {
    let csv = "\u{feff}sku,shelf,title,weight\r\n7e0,3,\"a \"\"b\"\", c\",1.50\r\n8,,,\r\n";
    let source = load_from(&[("prices.csv", csv)], &prices()).expect("a table");
    let price = |sku| find(&source, &prices(), KeyValue::number(sku).expect("a number"));
    assert_eq!(price("7.0"), r#"{"sku":7e0,"shelf":"3","title":"a \"b\", c","weight":"1.50"}"#);
    assert_eq!(price("8"), r#"{"sku":8}"#);
    assert_eq!(price("9"), "missing");
}

#[test]
fn csv_has_the_types_that_attributes_declare() {
    let declared = [("weight", Type::Number), ("active", Type::Boolean), ("title", Type::String)];
    let table = prices().declaring(declared.map(|(name, ty)| (name.to_owned(), ty)).to_vec());
    let source = load_from(&[("prices.csv", "sku,title,weight,active\n7,12,1.50,true\n8,,,\n")], &table);
    let source = source.expect("a table");
    let price = |sku| find(&source, &table, KeyValue::number(sku).expect("a number"));
    assert_eq!(price("7"), r#"{"sku":7,"title":"12","weight":1.50,"active":true}"#);
    assert_eq!(price("8"), r#"{"sku":8}"#);
    for (row, column) in
        [("7,,heavy,", "the column `weight` is a number"), ("7,,,yes", "the column `active` is a boolean")]
    {
        let csv = format!("sku,title,weight,active\n{row}\n");
        let error = load_from(&[("prices.csv", &csv)], &table).expect_err("a cell of another type");
        assert!(error.contains(column), "{error}");
    }
}

#[test]
fn a_table_without_its_file_says_what_there_is() {
    let error = "DIR has no file for the table `profiles`: \
                 looked for `profiles.json`, `profiles.ndjson`, `profiles.csv`; ";
    for (there, tail) in [
        (&[][..], "the folder is empty"),
        (&["orders.csv"], "there are `orders.csv`"),
        (&["profile.json", "x.csv"], "there are `profile.json`, `x.csv` (did you mean `profile.json`?)"),
        (&["Profiles.json"], "there are `Profiles.json` (did you mean `Profiles.json`?)"),
        (&["profiles.jsonl"], "there are `profiles.jsonl` (did you mean `profiles.jsonl`?)"),
        (&["user-profiles.json"], "there are `user-profiles.json` (did you mean `user-profiles.json`?)"),
        (&[".profiles.json"], "the folder is empty"),
    ] {
        let files: Vec<_> = there.iter().map(|name| (*name, "")).collect();
        assert_eq!(profile(&files, "u1"), format!("{error}{tail}"));
    }
    let many: Vec<_> = (10..23).map(|number| format!("t{number}.csv")).collect();
    let files: Vec<_> = many.iter().map(|name| (name.as_str(), "")).collect();
    assert!(profile(&files, "u1").ends_with("`t19.csv` and 3 more"));
}

#[test]
fn two_files_for_a_table_are_one_too_many() {
    assert_eq!(
        profile(&[("profiles.csv", ""), ("profiles.json", "")], "u1"),
        "DIR has several files for the table `profiles`: `profiles.json`, `profiles.csv`: keep one of them"
    );
}

#[test]
fn tables_need_a_folder_only_if_there_are_tables() {
    assert!(load(None, &[]).is_ok());
    let error = load(None, &[profiles()]).expect_err("no folder").to_string();
    assert_eq!(
        error,
        "the rules look up the table `profiles`: give the folder that holds it with `--tables DIR`"
    );
    let error = load(Some(Path::new("no/such/folder")), &[profiles()]).expect_err("no folder").to_string();
    assert_eq!(error, "can't read the folder of the tables no/such/folder");
}

#[test]
fn a_wrong_file_says_where() {
    for (name, text, error) in [
        (
            "profiles.json",
            "[\n{\"user_id\":\"u1\"}\n{}]",
            "DIR/profiles.json:3: an unexpected character at byte 19",
        ),
        (
            "profiles.json",
            "{\"user_id\":\"u1\"}\n{\"user_id\":\"u2\"}\n",
            "DIR/profiles.json:2: an unexpected character at byte 17: an item a line is a file named `.ndjson`",
        ),
        (
            "profiles.json",
            r#"{"user_id":"u1"}"#,
            "DIR/profiles.json:1: a table is an array of items, or an object with `Items` as a scan writes it; \
             found an object",
        ),
        ("profiles.json", "[1]", "DIR/profiles.json, item 1: an item is an object, found a number"),
        (
            "profiles.ndjson",
            "\n[\n",
            "DIR/profiles.ndjson:2: the text ends too early at byte 1: a file named `.ndjson` has an item a line",
        ),
        ("profiles.ndjson", "\n\n[]", "DIR/profiles.ndjson, line 3: an item is an object, found an array"),
        (
            "profiles.ndjson",
            r#"{"user_id":{"S":"u1"},"price":{"N":"x"}}"#,
            "DIR/profiles.ndjson, line 1: the attribute `price` holds an `N` that is no number",
        ),
        ("profiles.csv", "", "DIR/profiles.csv:1: the file is empty: its first row names the columns"),
        ("profiles.csv", "user_id,,a", "DIR/profiles.csv:1: column 2 has no name"),
        ("profiles.csv", "user_id,a,a", "DIR/profiles.csv:1: two columns are named `a`"),
        (
            "profiles.csv",
            "id,name",
            "DIR/profiles.csv:1: no column is named `user_id`, which the rules declare as part of the table's \
             key; there are `id`, `name`",
        ),
        (
            "profiles.csv",
            "user_id,name\nu1,a\nu2,b,c\n",
            "DIR/profiles.csv:3: the row has 3 cells, and the header 2: quote a cell that holds a comma",
        ),
    ] {
        assert_eq!(profile(&[(name, text)], "u1"), error, "{name}: {text}");
    }
}

#[test]
fn every_item_has_the_key_once() {
    for (text, error) in [
        (
            r#"[{"user_id":"u1"},{"id":"u2"}]"#,
            "item 2: it has no `user_id`, which the rules declare as part of the table's key",
        ),
        (
            r#"[{"user_id":null}]"#,
            "item 1: it has no `user_id`, which the rules declare as part of the table's key",
        ),
        (r#"[{"user_id":1}]"#, "item 1: `user_id` is a number, and the rules declare it as string"),
        (
            r#"[{"user_id":{"S":"u1"},"n":1}]"#,
            "item 1: `user_id` is an object, and the rules declare it as string",
        ),
        (
            r#"[{"user_id":"u1"},{"user_id":"u2"},{"user_id":"u1"}]"#,
            "item 3: it has the same key as item 1: keep one of them",
        ),
    ] {
        assert_eq!(
            profile(&[("profiles.json", text)], "u1"),
            format!("DIR/profiles.json, {error}"),
            "{text}"
        );
    }
    let long = format!(r#"[{{"user_id":"{}"}}]"#, "x".repeat(2049));
    assert!(profile(&[("profiles.json", &long)], "u1").contains("more than a key can hold"));

    let twice = load_from(&[("prices.csv", "sku\n1\n1.0\n")], &prices());
    let error = "DIR/prices.csv, line 3: it has the same key as line 2: keep one of them";
    assert_eq!(twice.map(|_| ()), Err(error.to_owned()));
    let wrong = load_from(&[("prices.csv", "sku\n07\n")], &prices());
    let error =
        "DIR/prices.csv, line 2: the column `sku` is a number by the rules' table, and this cell is none";
    assert_eq!(wrong.map(|_| ()), Err(error.to_owned()));

    let binary = LocalTable::new("profiles", vec![("user_id".to_owned(), KeyType::Binary)]);
    let wrong = load_from(&[("profiles.csv", "user_id\nu1!\n")], &binary);
    let error =
        "DIR/profiles.csv, line 2: `user_id` is binary by the rules' table, and its text is not base64";
    assert_eq!(wrong.map(|_| ()), Err(error.to_owned()));
}

#[test]
fn a_table_has_a_length() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = fs::File::create(folder.path().join("profiles.json")).expect("a file");
    file.set_len(MAX_TABLE + 1).expect("a long file");
    let error = load(Some(folder.path()), &[profiles()]).expect_err("too long");
    assert!(matches!(error, TableError::TooLong { limit: MAX_TABLE, .. }));
}
