//! Every function keeps what its examples promise, none breaks on any value, and their page says so.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the page of the functions is a file")]

use std::fmt::Write as _;
use std::path::Path;

use enrich_engine::dsl::functions::{Example, Group, Parameter, Signature, Type};
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::{CallContext, CallError, Function, NameTaken, Registry};
use enrich_engine::json::Document;
use enrich_engine::lookup::MemorySource;
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Value, Verdict};
use proptest::prelude::*;

/// An engine whose rules are `set .x = CALL`, or what is wrong with them.
fn engine(call: &str, registry: &Registry) -> Result<Engine, String> {
    let mut sources = Sources::new();
    sources.add("example.enrich", format!("rule r {{ stream \"s\" set .x = {call} }}"));
    let rules = Rules::from_sources(&sources, registry, &|_| Err(String::new()));
    let rules = rules.map_err(|error| error.to_string())?;
    Ok(Engine::builder(rules).tables(MemorySource::new()).build().expect("an engine"))
}

/// What the engine makes of an event: the JSON of `.x`, `absent`, or `error CODE`.
fn run(engine: &Engine, event: &str) -> String {
    let now = Timestamp::parse("2026-11-21T10:00:00.123Z").expect("a time");
    let batch = [Record::new(event, Origin::stream("s"))];
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    match runtime.block_on(engine.enrich(&batch, Context::at(now))).verdicts.remove(0) {
        Verdict::Enriched { event, .. } => {
            let document = Document::parse(&event).expect("an event");
            document.root().get("x").map_or("absent", |x| x.raw()).to_owned()
        }
        Verdict::Rejected { reason, .. } => format!("error {}", reason.code),
        other => panic!("{other:?}"),
    }
}

/// What `set .x = CALL` makes of `{}`.
fn evaluate(call: &str, registry: &Registry) -> String {
    match engine(call, registry) {
        Ok(engine) => run(&engine, "{}"),
        Err(said) => said,
    }
}

#[test]
fn examples_hold() {
    let registry = Registry::standard();
    for signature in registry.signatures() {
        let name = signature.name;
        assert!(!signature.examples.is_empty(), "`{name}` has no example");
        for sentence in
            signature.parameters.iter().map(|parameter| parameter.summary).chain([signature.summary])
        {
            assert!(sentence.ends_with('.'), "`{name}` has no sentence: {sentence}");
        }
        let required = signature.parameters.iter().skip_while(|parameter| !parameter.optional);
        assert!(required.clone().all(|parameter| parameter.optional), "`{name}` ends with what it requires");
        for Example { call, event, result, .. } in signature.examples {
            let engine = engine(call, &registry).unwrap_or_else(|said| panic!("{call}: {said}"));
            assert_eq!(run(&engine, event), *result, "{call}");
        }
    }
}

#[test]
fn what_may_be_left_out() {
    let registry = Registry::standard();
    assert_eq!(evaluate("round(1.25, 1)", &registry), "1.3");
    assert_eq!(evaluate("round(1.25)", &registry), "1");
    // Left out is one thing, absent another.
    assert_eq!(evaluate("round(1.25, .places)", &registry), "absent");
    assert_eq!(evaluate("round(1.25, null)", &registry), "error argument");
    for (call, said) in [
        ("round()", "`round` takes one or two arguments, not 0"),
        ("round(1, 2, 3)", "`round` takes one or two arguments, not 3"),
        ("substring(\"a\")", "`substring` takes two or three arguments, not 1"),
        ("replace(\"a\")", "`replace` takes three arguments, not 1"),
        ("round()", "it is called as `round(number: number, places?: number)`"),
    ] {
        let found = evaluate(call, &registry);
        assert!(found.contains(said), "{call}: {found}");
    }
}

#[test]
fn what_stands_in_the_rule_is_checked_before_any_event() {
    let registry = Registry::standard();
    for (call, said) in [
        ("format_time(now(), \"%!\")", "`%!` is not a time format"),
        ("parse_time(.at, \"%!\")", "`%!` is not a format that names an instant"),
        ("parse_time(.at, \"%H:%M\")", "`%H:%M` is not a format that names an instant"),
        ("add_time(now(), \"5 minutes\")", "`5 minutes` is not a duration such as `90s` or `-7d`"),
        ("truncate_time(now(), \"hours\")", "`hours` is not a period"),
    ] {
        let found = evaluate(call, &registry);
        assert!(found.contains(said), "{call}: {found}");
    }
    for format in ["%F %T", "%d/%b/%Y:%H:%M:%S %z", "%s", "%Y%m%d", "%Y%m%dT%H%M%S%.fZ", "%a, %d %b %Y %T %z"]
    {
        let found = evaluate(&format!("parse_time(.at, \"{format}\")"), &registry);
        assert_eq!(found, "absent", "{format}");
    }
}

#[test]
fn a_result_is_at_most_a_mebibyte() {
    let registry = Registry::standard();
    let event = |length: usize| {
        let text = "a".repeat(length);
        format!("{{\"a\":\"{text}\",\"list\":[\"a\",\"a\",\"a\"]}}")
    };
    for call in [
        "replace(.a, \"a\", .a)",
        "replace(.a, \"a\", \"aa\")",
        "join(.list, .a)",
        "pad_left(\"\", 1048577, \"a\")",
        "pad_left(\"\", 9e125, \"a\")",
        "split(.a, \"a\")",
        "url_encode(replace(.a, \"a\", \"/\"))",
        "base64_encode(.a)",
    ] {
        let engine = engine(call, &registry).expect(call);
        let found = run(&engine, &event(1 << 20));
        assert!(["error size", "error argument"].contains(&found.as_str()), "{call}: {}", found.len());
    }
    // What is there already may be larger.
    let engine = engine("string(.a)", &registry).expect("a rule");
    assert_eq!(run(&engine, &event(1 << 21)).len(), (1 << 21) + 2);
}

#[test]
fn time_at_its_ends() {
    let registry = Registry::standard();
    for (call, expected) in [
        ("truncate_time(\"1969-12-31T23:59:59.999Z\", \"second\")", "\"1969-12-31T23:59:59.000Z\""),
        ("truncate_time(\"1969-12-31T23:59:59.999Z\", \"week\")", "\"1969-12-29T00:00:00.000Z\""),
        ("truncate_time(\"2028-02-29T12:00:00Z\", \"month\")", "\"2028-02-01T00:00:00.000Z\""),
        ("truncate_time(\"2028-02-29T12:00:00Z\", \"year\")", "\"2028-01-01T00:00:00.000Z\""),
        ("truncate_time(\"-009999-01-02T01:59:59Z\", \"week\")", "error argument"),
        ("from_unix(253402207200)", "\"9999-12-30T22:00:00.000Z\""),
        ("from_unix(253402300800)", "error argument"),
        ("from_unix(-0.0001)", "\"1969-12-31T23:59:59.999Z\""),
        ("add_time(\"2028-02-28T00:00:00Z\", \"1d\")", "\"2028-02-29T00:00:00.000Z\""),
        ("add_time(now(), \"1500ms\")", "\"2026-11-21T10:00:01.623Z\""),
    ] {
        assert_eq!(evaluate(call, &registry), expected, "{call}");
    }
}

#[test]
fn an_own_function_is_called_and_a_taken_name_refused() {
    const REVERSE: Signature = Signature {
        name: "reverse",
        group: Group::Other,
        summary: "The text from its end.",
        parameters: &[Parameter::new("text", Type::String, "The text.")],
        returns: Type::String,
        examples: &[],
    };
    let body = |arguments: &[Value<'_>], _: CallContext| -> Result<Value<'static>, CallError> {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        Ok(Value::from(text.chars().rev().collect::<String>()))
    };
    let reverse = Function::new(REVERSE, move |arguments, context| body(arguments, context));
    let registry = Registry::standard().with(reverse.clone()).expect("a free name");
    assert_eq!(evaluate("reverse(\"abc\")", &registry), "\"cba\"");
    assert_eq!(evaluate("reverse(.absent)", &registry), "absent");
    assert_eq!(registry.with(reverse).expect_err("taken"), NameTaken("reverse"));
}

/// Values that are likely to be taken, and others.
fn json() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "\\PC{0,12}",
        "[a-c%+,=/-]{0,8}",
        "-?[0-9]{1,6}(ms|s|m|h|d|w)",
        "%[A-Za-z%]( %[A-Za-z])?",
        Just("2026-11-21T10:00:00Z".to_owned()),
        Just("day".to_owned()),
    ];
    let text = text.prop_map(|text| {
        let mut quoted = String::new();
        enrich_engine::json::write_string(&mut quoted, &text);
        quoted
    });
    let number = "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,10})?(e[+-]?[0-9]{1,18})?";
    let leaf = prop_oneof![
        text,
        number,
        "-?[1-9]",
        prop_oneof![Just("null"), Just("true"), Just("false")].prop_map(str::to_owned),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        let name = "[a-c]{1,2}";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec((name, inner), 0..4).prop_map(|all| {
                let members = all.into_iter().map(|(name, value)| format!("\"{name}\": {value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
            }),
        ]
    })
}

#[test]
fn no_value_breaks_a_function() {
    let registry = Registry::standard();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    for signature in registry.signatures() {
        let (least, most) = signature.arity();
        for count in least..=most {
            let arguments = [".a", ".b", ".c"].get(..count).expect("three arguments at most").join(", ");
            let engine = engine(&format!("{}({arguments})", signature.name), &registry).expect("a rule");
            let events = (json(), json(), json());
            let holds = runner.run(&events, |(a, b, c)| {
                let found = run(&engine, &format!("{{\"a\":{a},\"b\":{b},\"c\":{c}}}"));
                let codes = ["argument", "arithmetic", "cast", "size"];
                let fine = match found.strip_prefix("error ") {
                    Some(code) => codes.contains(&code),
                    None => found == "absent" || Document::parse(found.as_bytes()).is_ok(),
                };
                prop_assert!(fine, "{} of {a}, {b}, {c}: {found}", signature.name);
                Ok(())
            });
            holds.unwrap_or_else(|error| panic!("{}: {error}", signature.name));
        }
    }
}

/// The page of all functions.
fn page() -> String {
    let signatures = Registry::standard().signatures();
    let group = |group: Group| signatures.iter().filter(move |signature| signature.group == group);
    let mut page = String::from(
        "# Functions\n\n\
         What a rule may call. This page is written by a test, out of the functions themselves, and each\n\
         example on it is run.\n\n\
         - An absent argument makes the result absent; `??` gives another value: `lower(.name) ?? \"unknown\"`.\n\
         - A null argument, or one of another type, is an error `argument`. Nothing is converted by itself:\n  \
           `string(…)`, `number(…)` and `boolean(…)` do that. `any` takes all types, null too.\n\
         - An error rejects the event, with its code and a sentence that names no value of the event.\n\
         - A parameter with a `?` may be left out.\n\
         - Numbers are decimal, with at most 38 significant digits between 1E-130 and 9.99E+125; others are\n  \
           an error `arithmetic`. What is worked out is written without zeros at its end (`13`, never\n  \
           `13.00`); what is only handed on keeps its digits.\n\
         - A result of more than 1 MiB is an error `size`.\n\
         - In the examples it is 2026-11-21T10:00:00.123Z.\n\n",
    );
    let groups = || Group::ALL.into_iter().filter(|&one| group(one).next().is_some());
    for one in groups() {
        let links: Vec<_> = group(one).map(|known| format!("[`{0}`](#{0})", known.name)).collect();
        writeln!(page, "- **{}**: {}", one.title(), links.join(", ")).expect("a string");
    }
    for one in groups() {
        write!(page, "\n## {}\n", one.title()).expect("a string");
        group(one).for_each(|signature| describe(signature, &mut page));
    }
    page
}

fn describe(signature: &Signature, page: &mut String) {
    let write = |page: &mut String| -> std::fmt::Result {
        writeln!(page, "\n### {}\n", signature.name)?;
        writeln!(page, "`{signature}` gives {}\n", signature.returns.with_article())?;
        writeln!(page, "{}\n", signature.summary)?;
        for parameter in signature.parameters {
            writeln!(page, "- `{}`: {}", parameter.name, parameter.summary)?;
        }
        if !signature.parameters.is_empty() {
            writeln!(page)?;
        }
        writeln!(page, "```")?;
        let width = signature.examples.iter().map(|example| example.call.chars().count()).max().unwrap_or(0);
        let mut event = "{}";
        // First what reads no event.
        let mut examples = signature.examples.to_vec();
        examples.sort_by_key(|example| example.event != event);
        for example in examples {
            if example.event != event {
                event = example.event;
                writeln!(page, "# over {event}")?;
            }
            writeln!(page, "{:width$}  # {}", example.call, example.result)?;
        }
        writeln!(page, "```")
    };
    write(page).expect("a string");
}

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/functions.md");
    let page = page();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        std::fs::write(&path, page).expect("the page");
    } else {
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == page, "{} is out of date: UPDATE_GOLDEN=1 writes it", path.display());
    }
}

#[test]
fn a_panic_stays_with_its_record() {
    const TROUBLE: Signature = Signature {
        name: "trouble",
        group: Group::Text,
        summary: "Panics on one text.",
        parameters: &[Parameter::new("text", Type::String, "The text.")],
        returns: Type::String,
        examples: &[],
    };
    let trouble = Function::new(TROUBLE, |arguments, _| {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        assert_ne!(text, "bad", "this panic is part of the test");
        Ok(Value::from(text.into_owned()))
    });
    let registry = Registry::standard().with(trouble).expect("a free name");
    let mut sources = Sources::new();
    sources.add(
        "rules.enrich",
        "table t { source dynamodb \"t\" key id: string }
        rule r {
          stream \"s\"
          drop when .w == trouble(.w)
          lookup item from t where id = trouble(.k) { copy a default 1 }
          set .x = trouble(.v)
        }",
    );
    let rules = Rules::from_sources(&sources, &registry, &|_| Err(String::new())).expect("rules");
    let tables = MemorySource::new().with_json("t", r#"[{"id":"i","a":2}]"#).expect("a table");
    let engine = Engine::builder(rules).tables(tables).build().expect("an engine");
    let events =
        [r#"{"v":"a"}"#, r#"{"v":"bad"}"#, r#"{"w":"bad"}"#, r#"{"k":"bad"}"#, r#"{"v":"b","k":"i"}"#];
    let batch = events.map(|event| Record::new(event, Origin::stream("s")));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let verdicts = runtime.block_on(engine.enrich(&batch, Context::at(Timestamp::EPOCH))).verdicts;
    let words: Vec<_> = verdicts
        .iter()
        .map(|verdict| match verdict {
            Verdict::Enriched { event, .. } => String::from_utf8_lossy(event).into_owned(),
            Verdict::Rejected { rule, reason, .. } => {
                format!("{} of {}", reason.code, rule.as_deref().unwrap_or("no rule"))
            }
            other => format!("{other:?}"),
        })
        .collect();
    let (first, last) = (r#"{"v":"a","a":1,"x":"a"}"#, r#"{"v":"b","k":"i","a":2,"x":"b"}"#);
    assert_eq!(words, [first, "internal of r", "internal of r", "internal of r", last]);
}
