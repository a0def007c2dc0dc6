//! Types at both ends: what is known before any event comes holds for every event.

#![cfg(test)]

use std::fmt::Write as _;

use enrich_engine::dsl::diagnostic::Severity;
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::lookup::MemorySource;
use enrich_engine::{Checked, Context, Engine, Origin, Record, Rules, Timestamp, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};

fn check(rules: &str, schema: &str) -> Checked {
    let mut sources = Sources::new();
    sources.add("r.enrich", rules);
    Rules::check(&sources, &Registry::standard(), &|_| Ok(schema.as_bytes().to_vec()))
}

fn enrich(rules: Rules, tables: MemorySource, events: &[String]) -> Vec<Verdict> {
    let engine = Engine::builder(rules).tables(tables).build().expect("an engine");
    let records: Vec<_> =
        events.iter().map(|event| Record::new(event.as_str(), Origin::stream("s"))).collect();
    let now = Timestamp::parse("2026-11-21T10:00:00.123Z").expect("a time");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(engine.enrich(&records, Context::at(now))).verdicts
}

/// A schema of one member of an event.
fn member() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "integer"})),
        Just(json!({"type": "number", "minimum": -1000})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "null"})),
        Just(json!({"type": ["string", "null"]})),
        Just(json!({"type": ["number", "string"]})),
        Just(json!({"enum": ["x", "y"]})),
        Just(json!({"enum": [1, "x", null]})),
        Just(json!({"const": true})),
        Just(json!({"$ref": "#/$defs/text"})),
        Just(json!({"$ref": "#/$defs/tree"})),
        Just(json!({"$ref": "#/$defs/text", "type": "number"})),
        Just(
            json!({"anyOf": [{"type": "string"}, {"type": "object", "properties": {"a": {"type": "number"}}}]})
        ),
        Just(json!({"oneOf": [{"type": "array"}, {"type": "boolean"}]})),
        Just(json!({"allOf": [{"type": ["string", "number"]}, {"type": ["number", "null"]}]})),
        Just(json!({})),
        Just(json!(true)),
    ];
    plain.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            (object(inner.clone()), any::<bool>()).prop_map(|(mut object, typed)| {
                if typed {
                    object["type"] = json!("object");
                }
                object
            }),
            (object(inner.clone()), object(inner)).prop_map(|(one, two)| json!({"anyOf": [one, two]})),
        ]
    })
}

/// Members, which of them are required, and whether there may be others.
fn object(member: impl Strategy<Value = Value> + Clone + 'static) -> BoxedStrategy<Value> {
    let members = prop::collection::btree_map(prop::sample::select(&["a", "b", "c"][..]), member, 0..4);
    let required = prop::sample::subsequence(vec!["a", "b", "c"], 0..2);
    let others = prop_oneof![
        4 => Just(json!({})),
        1 => Just(json!({"additionalProperties": false})),
        1 => Just(json!({"additionalProperties": false, "patternProperties": {"^c": {}}})),
        1 => Just(json!({"unevaluatedProperties": false})),
    ];
    (members, required, others)
        .prop_map(|(members, required, others)| {
            let mut object = json!({"properties": members, "required": required});
            for (name, value) in others.as_object().expect("an object") {
                object[name] = value.clone();
            }
            object
        })
        .boxed()
}

fn schema() -> impl Strategy<Value = Value> {
    let drafts = [
        None,
        Some("https://json-schema.org/draft/2020-12/schema"),
        Some("http://json-schema.org/draft-07/schema#"),
        Some("http://json-schema.org/draft-04/schema#"),
    ];
    (object(member().boxed()), prop::sample::select(drafts.to_vec())).prop_map(|(mut schema, draft)| {
        schema["$defs"] = json!({"text": {"type": "string"}, "tree": {"type": "object", "properties": {"a": {"$ref": "#/$defs/tree"}}}});
        if let Some(draft) = draft {
            schema["$schema"] = json!(draft);
        }
        schema
    })
}

/// JSON of all kinds with the names that schemas use.
fn value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!(false)),
        Just(json!("x")),
        Just(json!("y")),
        Just(json!("")),
        Just(json!("7")),
        (-3..100i64).prop_map(Value::from),
        Just(json!(2.50)),
    ];
    plain.prop_recursive(3, 16, 4, |inner| {
        let names = prop::sample::select(&["a", "b", "c", "d"][..]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
}

fn event() -> impl Strategy<Value = String> {
    let names = prop::sample::select(&["a", "b", "c", "d"][..]);
    prop::collection::btree_map(names, value(), 0..5).prop_map(|members| json!(members).to_string())
}

fn path() -> impl Strategy<Value = String> {
    let names = prop::sample::select(&["a", "b", "c", "d", "out"][..]);
    prop::collection::vec(names, 1..3).prop_map(|names| format!(".{}", names.join(".")))
}

const FUNCTIONS: &[&str] =
    &["string", "number", "length", "type_of", "type_of", "to_json", "first", "lower", "round", "parse_json"];

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => path(),
        1 => prop::sample::select(&["1", "2.50", "\"x\"", "true", "null", "record.stream", "record.shard", "now()"][..]).prop_map(str::to_owned),
        1 => prop::sample::select(&["item", "item.n", "item.s", "item.o.a", "item.unknown", "item.id", "other.id"][..]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            4 => pair.clone().prop_map(|(a, b)| format!("({a}) ?? ({b})")),
            2 => pair.clone().prop_map(|(a, b)| format!("({a}) == ({b})")),
            1 => pair.clone().prop_map(|(a, b)| format!("({a}) < ({b})")),
            1 => pair.clone().prop_map(|(a, b)| format!("({a}) + ({b})")),
            1 => pair.clone().prop_map(|(a, b)| format!("({a}) and ({b})")),
            3 => pair.prop_map(|(a, b)| format!("if (.a ?? null) == {a} then {a} else {b}")),
            2 => inner.clone().prop_map(|a| format!("\"t {{{a}}}\"")),
            2 => (prop::sample::select(FUNCTIONS), inner)
                .prop_map(|(function, a)| format!("{function}({a})")),
        ]
    })
}

fn statement() -> impl Strategy<Value = String> {
    let inner = prop_oneof![
        9 => (path(), expression()).prop_map(|(target, value)| format!("set {target} = {value}")),
        2 => path().prop_map(|path| format!("remove {path}")),
        1 => expression().prop_map(|value| format!("drop when {value}")),
    ];
    let copy = (prop::sample::select(&["n", "s", "o", "unknown", "id"][..]), path(), 0..6usize).prop_map(
        |(name, target, how)| {
            let how = ["", "as string", "as number", "default null", "default 1", "required"][how];
            format!("copy {name} to {target} {how}")
        },
    );
    let copies = prop_oneof![4 => copy, 1 => path().prop_map(|path| format!("copy * except n into {path}"))];
    let on = (
        prop::sample::select(&["found", "missing", "missing instead", "no key", "error"][..]),
        inner.clone(),
    )
        .prop_map(|(on, inner)| format!("on {on} {{ {inner} }}"));
    let body = prop::collection::vec(prop_oneof![2 => copies, 1 => on], 0..4);
    let key = prop_oneof![
        3 => prop::sample::select(&["\"x\"", "\"y\"", "string(.a)", "\"t {.a}\""][..]).prop_map(str::to_owned),
        1 => expression(),
    ];
    let lookup = (prop::sample::select(&["item", "other"][..]), key, body).prop_map(|(name, key, body)| {
        format!("lookup {name} from items where id = {key} {{ {} }}", body.join("\n"))
    });
    let elements = prop_oneof![
        Just("set e.a = 1".to_owned()),
        Just("set e.out.b = e.a".to_owned()),
        Just("remove e.b".to_owned()),
        Just(
            "lookup inner from items where id = e.a { copy n, o into e on error { set e.c = error.code } }"
                .to_owned()
        ),
    ];
    let each = (path(), prop::collection::vec(elements, 1..3))
        .prop_map(|(path, body)| format!("for each e in {path} {{ {} }}", body.join("\n")));
    prop_oneof![6 => inner, 3 => lookup, 1 => each]
}

/// The statements that have no error behind those above them.
fn right(statements: Vec<String>, schema: &str) -> Option<(String, Rules)> {
    let table =
        "table items { source dynamodb \"items\" key id: string attributes n: number, s: string, o: object }";
    let rule = |statements: &str| {
        format!(
            "{table}\ntable any {{ source dynamodb \"any\" key id: string }}\nrule r {{ stream \"s\" schema \"s.json\"\n{statements} }}"
        )
    };
    let mut kept = String::new();
    for statement in statements {
        let mut more = kept.clone();
        writeln!(more, "{statement}").expect("a text");
        let checked = check(&rule(&more), schema);
        if checked.findings.iter().all(|finding| finding.severity() != Severity::Error) {
            kept = more;
        }
    }
    let text = rule(&kept);
    check(&text, schema).rules.map(|rules| (text, rules))
}

fn items() -> MemorySource {
    let items = r#"[
        {"id": "x", "n": 1, "s": "one", "o": {"a": true}, "unknown": [1]},
        {"id": "y", "n": null, "unknown": "text"},
        {"id": "7", "n": 2.50, "s": "", "o": {}},
        {"id": "t x", "n": "no number"}
    ]"#;
    MemorySource::new().with_json("items", items).expect("items").with_json("any", "[]").expect("items")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// What is typed as T is T or absent, in the event and in whatever a statement writes: else the
    /// enriched event would not fit the schema that the types give.
    #[test]
    fn enriched_events_fit_the_schema_that_is_told_of_them(
        schema in schema(),
        statements in prop::collection::vec(statement(), 0..6),
        events in prop::collection::vec(event(), 1..12),
    ) {
        let schema = schema.to_string();
        let Some((text, rules)) = right(statements, &schema) else { return Ok(()) };
        let told: Value = serde_json::from_str(&rules.enriched_schema(0).expect("a schema")).expect("JSON");
        let validator = jsonschema::options().should_validate_formats(true).build(&told).expect("a schema");
        for (verdict, event) in enrich(rules, items(), &events).iter().zip(&events) {
            let Verdict::Enriched { event: enriched, .. } = verdict else { continue };
            let enriched: Value = serde_json::from_slice(enriched).expect("JSON");
            let wrong = validator.iter_errors(&enriched).next().map(|error| error.to_string());
            prop_assert!(wrong.is_none(), "{wrong:?}\nschema {schema}\ntold {told}\n{text}\nevent {event}\nenriched {enriched}");
        }
    }
}

/// The generator reaches what the property is about: without this it could pass over nothing.
#[test]
fn the_generator_makes_events_that_are_enriched() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut enriched, mut written) = (0, 0);
    for _ in 0..100 {
        let schema = schema().new_tree(&mut runner).expect("a schema").current().to_string();
        let statements =
            prop::collection::vec(statement(), 0..6).new_tree(&mut runner).expect("statements").current();
        let events = prop::collection::vec(event(), 1..12).new_tree(&mut runner).expect("events").current();
        let Some((_, rules)) = right(statements, &schema) else { continue };
        for (verdict, event) in enrich(rules, items(), &events).iter().zip(&events) {
            if let Verdict::Enriched { event: out, .. } = verdict {
                enriched += 1;
                written += usize::from(out != event.as_bytes());
            }
        }
    }
    assert!(enriched > 100 && written > 50, "{enriched} enriched, {written} changed");
}

/// An object that a copy makes has none of the members that the schema requires of one that arrives.
#[test]
fn a_copy_makes_an_object_without_the_members_of_others() {
    let schema = r#"{"properties": {"a": {"properties": {"b": {"type": "string"}}, "required": ["b"]}}}"#;
    let rules = r#"
        table t { source dynamodb "t" key id: string }
        rule r { stream "s" schema "s.json" lookup i from t where id = .id { copy * except id into .a } }"#;
    let rules = check(rules, schema).rules.expect("rules");
    let told: Value = serde_json::from_str(&rules.enriched_schema(0).expect("a schema")).expect("JSON");
    let validator = jsonschema::options().build(&told).expect("a schema");
    let items = MemorySource::new().with_json("t", r#"[{"id":"i","n":1}]"#).expect("items");
    let events =
        [r#"{"id":"i"}"#, r#"{"id":"i","a":null}"#, r#"{"id":"i","a":{"b":"x"}}"#].map(str::to_owned);
    let expected =
        [r#"{"id":"i","a":{"n":1}}"#, r#"{"id":"i","a":{"n":1}}"#, r#"{"id":"i","a":{"b":"x","n":1}}"#];
    for (verdict, expected) in enrich(rules, items, &events).iter().zip(expected) {
        let Verdict::Enriched { event, .. } = verdict else { panic!("{verdict:?}") };
        let event: Value = serde_json::from_slice(event).expect("JSON");
        assert_eq!(event.to_string(), serde_json::from_str::<Value>(expected).expect("JSON").to_string());
        assert!(validator.is_valid(&event), "{told} {event}");
    }
}
