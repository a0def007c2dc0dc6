//! Where fields come from: by hand for each kind of statement, and held against what the engine writes.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "tests read their cases from files")]

use std::fs;
use std::path::Path;

use enrich_engine::Rules;
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::report::{Derived, FieldPath, Origin, RuleLineage, Segment, Write};
use serde_json::Value;

const TABLES: &str = r#"
table users { source dynamodb "${USERS:users}" key id: string  index "by-email" key email: string }
table ledger { source dynamodb "ledger" key pk: string, sk: string }
"#;

fn lineage(body: &str) -> RuleLineage {
    let rules = Rules::from_text(&format!("{TABLES}\nrule r {{ stream \"s-${{STAGE}}\" {body} }}"));
    rules.unwrap_or_else(|broken| panic!("{broken}")).lineage().remove(0)
}

/// A line for each field: `PATH [(or arrived)] <- WRITE | WRITE`, and one for each that is taken out.
fn lines(lineage: &RuleLineage) -> Vec<String> {
    let fields = lineage.fields.iter().map(|field| {
        let arrived = if field.arrived { " (or arrived)" } else { "" };
        let writes: Vec<String> = field.writes.iter().map(write).collect();
        format!("{}{arrived} <- {}", field.path, writes.join(" | "))
    });
    let removed = lineage
        .removed
        .iter()
        .map(|removed| format!("{} removed{}", removed.path, if removed.always { "" } else { " at times" }));
    fields.chain(removed).collect()
}

fn write(write: &Write) -> String {
    let outcomes: Vec<&str> = write.outcomes.iter().map(|outcome| outcome.as_str()).collect();
    let mut text = derived(&write.value);
    if let Some(cast) = write.cast {
        text.push_str(&format!(" as {cast}"));
    }
    if write.default.is_some() {
        text.push_str(" default");
    }
    match outcomes.as_slice() {
        [] => text,
        outcomes => format!("{text} on {}", outcomes.join("/")),
    }
}

fn derived(derived: &Derived) -> String {
    let from: Vec<String> = derived.from.iter().map(origin).collect();
    let functions = derived.functions.iter().map(|function| format!("{function}()"));
    from.into_iter().chain(functions).collect::<Vec<_>>().join(" ")
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Attribute { table, path, except, .. } if path.0.is_empty() => {
            format!("{table}.*{}", except.iter().map(|name| format!("-{name}")).collect::<String>())
        }
        Origin::Attribute { table, path, .. } => format!("{table}{path}"),
        Origin::Event(path) => path.to_string(),
        Origin::Record(field) => format!("record {field:?}"),
        Origin::Error(field) => format!("error {field:?}"),
        Origin::Constant(literal) => format!("{literal:?}"),
        Origin::Variable(name) => format!("${name}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn statements_by_hand() {
    let cases: [(&str, &[&str]); 18] = [
        ("set .a = .b.c", &[".a <- .b.c"]),
        ("set .a = 1", &[".a <- Number(\"1\")"]),
        ("set .a = \"{.x} of ${STAGE}\"", &[".a <- String(\" of \") $STAGE .x"]),
        ("set .a = sha256(lower(.mail))", &[".a <- .mail sha256() lower()"]),
        ("set .a = record.arrival", &[".a <- record Arrival"]),
        // What is read is what stands there, not what arrived.
        (
            "set .a = lower(.b) set .b = .c set .d = .b set .e = .a",
            &[".a <- .b lower()", ".b <- .c", ".d <- .c", ".e <- .b lower()"],
        ),
        ("set .a = .x set .a = .y", &[".a <- .y"]),
        ("set .a.b = .x set .c = .a", &[".a.b <- .x", ".c <- .a .x"]),
        ("set .a.b = .x set .a = .y", &[".a <- .y"]),
        ("remove .a, .b set .b.c = .x", &[".b.c <- .x", ".a removed", ".b removed"]),
        ("lookup u from users where id = .id { copy name }", &[".name (or arrived) <- users.name on found"]),
        // A default leaves no outcome in which the field is as it arrived.
        (
            "lookup u from users where id = .id { copy name as string default \"?\" }",
            &[".name <- users.name as string default on found/missing/no key"],
        ),
        (
            "lookup u from users where id = .id { copy name default \"?\" on missing instead { set .m = true } }",
            &[
                ".m (or arrived) <- Boolean(true) on missing",
                ".name (or arrived) <- users.name default on found/no key",
            ],
        ),
        (
            "lookup u from users where id = .id { copy name default \"?\" on missing instead { set .name = .n } }",
            &[".name <- users.name default on found/no key | .n on missing"],
        ),
        (
            "lookup u from users where id = .id { copy name default \"?\" on error { set .e = error.code } } set .n = u.age",
            &[
                ".e (or arrived) <- error Code on error",
                // With an error that was caught the statement is skipped.
                ".n (or arrived) <- users.age",
                ".name (or arrived) <- users.name default on found/missing/no key",
            ],
        ),
        (
            "lookup u from users where id = .id { copy * except id into .u on missing { remove .u } } set .c = .u.city",
            &[".c <- .u.city users.*-id", ".u (or arrived) <- users.*-id on found", ".u removed at times"],
        ),
        (
            "lookup u from users where id = .id { copy name default \"?\" } set .hi = upper(.name)",
            &[
                ".hi <- users.name String(\"?\") upper()",
                ".name <- users.name default on found/missing/no key",
            ],
        ),
        (
            "for each line in .order.lines {
            lookup u from users where id = line.user { copy name into line }
            set line.text = \"{line.name}\"
            remove line.user
          } set .first = first(.order.lines)",
            &[
                ".first <- .order.lines users.name .order.lines[].name first()",
                ".order.lines[].name (or arrived) <- users.name on found",
                ".order.lines[].text <- .order.lines[].name users.name",
                ".order.lines[].user removed",
            ],
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(lines(&lineage(body)), expected, "{body}");
    }
}

#[test]
fn lookups_and_their_keys() {
    let lineage = lineage(
        "lookup u from users by \"by-email\" where email = lower(.mail) { copy pk to .pk }
         set .a = 1
         for each line in .lines {
           lookup l from ledger where pk = \"P#{line.id}#{u.pk}\", sk = .mail { copy tier into line }
         }",
    );
    assert_eq!(lineage.streams, ["s-${STAGE}"]);
    let lookups: Vec<String> = lineage
        .lookups
        .iter()
        .map(|lookup| {
            let key: Vec<String> =
                lookup.key.iter().map(|key| format!("{}: {}", key.part, derived(&key.value))).collect();
            let each = lookup.each.as_ref().map(ToString::to_string);
            format!(
                "{} {} {} {:?} {each:?} {}",
                lookup.name,
                lookup.table,
                lookup.source,
                lookup.index,
                key.join(", ")
            )
        })
        .collect();
    assert_eq!(
        lookups,
        [
            "u users ${USERS:users} Some(\"by-email\") None email: .mail lower()",
            "l ledger ledger None Some(\".lines\") pk: String(\"P#\") String(\"#\") .lines[].id users.pk, sk: .mail",
        ]
    );
}

/// Whatever differs between an event and what comes out of it is a field that the lineage names, and
/// what it says is always taken out is not there.
#[test]
fn what_the_engine_changes_is_named() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/right");
    let mut compared = 0;
    for entry in fs::read_dir(&folder).expect("the corpus") {
        let case = entry.expect("a case").path();
        if case.extension().is_none_or(|extension| extension != "enrich") {
            continue;
        }
        let mut sources = Sources::new();
        sources.add("case.enrich", fs::read_to_string(&case).expect("rules"));
        let read = |name: &str| fs::read(folder.join(name)).map_err(|error| error.to_string());
        let rules = Rules::from_sources(&sources, &Registry::standard(), &read).expect("right rules");
        let rules = rules.lineage();
        let text = |extension| fs::read_to_string(case.with_extension(extension)).expect("lines");
        for (before, after) in text("ndjson").lines().zip(text("out").lines()) {
            let pair = (serde_json::from_str::<Value>(before), serde_json::from_str::<Value>(after));
            let (Ok(before), Ok(after)) = pair else { continue };
            compared += 1;
            let mut changed = Vec::new();
            differences(&mut Vec::new(), &before, &after, &mut changed);
            // Of several rules it is not known here which one took the event.
            let explained = rules.iter().any(|rule| {
                let named = |path: &FieldPath| {
                    let fields = rule.fields.iter().map(|field| &field.path);
                    let mut all = fields.chain(rule.removed.iter().map(|removed| &removed.path));
                    all.any(|field| path.0.starts_with(&field.0))
                };
                let always = rule.removed.iter().filter(|removed| removed.always);
                let mut gone = always.map(|removed| !holds(&removed.path.0, &after));
                changed.iter().all(named) && gone.all(|gone| gone)
            });
            assert!(explained, "{}: {before} became {after}: {changed:?}", case.display());
        }
    }
    assert!(compared > 50, "only {compared} events were compared");
}

/// Where two values differ, as far out as only one of them has something there.
fn differences(at: &mut Vec<Segment>, before: &Value, after: &Value, changed: &mut Vec<FieldPath>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
            for name in names {
                at.push(Segment::Name(name.clone()));
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => differences(at, old, new, changed),
                    (None, Some(Value::Object(new))) => {
                        differences(
                            at,
                            &Value::Object(serde_json::Map::new()),
                            &Value::Object(new.clone()),
                            changed,
                        );
                    }
                    _ => changed.push(FieldPath(at.clone())),
                }
                at.pop();
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            at.push(Segment::Each);
            old.iter().zip(new).for_each(|(old, new)| differences(at, old, new, changed));
            at.pop();
        }
        (Value::Null, Value::Object(_)) => {
            differences(at, &Value::Object(serde_json::Map::new()), after, changed);
        }
        _ if before != after => changed.push(FieldPath(at.clone())),
        _ => {}
    }
}

fn holds(path: &[Segment], value: &Value) -> bool {
    match path {
        [] => true,
        [Segment::Each, rest @ ..] => {
            value.as_array().is_some_and(|elements| elements.iter().any(|element| holds(rest, element)))
        }
        [Segment::Name(name), rest @ ..] => value.get(name).is_some_and(|inner| holds(rest, inner)),
    }
}
