//! Every function keeps what its examples promise.

#![cfg(test)]

use enrich_engine::dsl::functions::{Parameter, Signature, Type};
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::{CallContext, CallError, Function, NameTaken, Registry};
use enrich_engine::lookup::MemorySource;
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Value, Verdict};

/// What `set .x = CALL` makes of `{}`: the JSON of `.x`, `absent`, or `error CODE`.
fn evaluate(call: &str, registry: &Registry) -> String {
    let mut sources = Sources::new();
    sources.add("example.enrich", format!("rule r {{ stream \"s\" set .x = {call} }}"));
    let rules = Rules::from_sources(&sources, registry, &|_| Err(String::new()));
    let rules = match rules {
        Ok(rules) => rules,
        Err(error) => return error.to_string(),
    };
    let engine = Engine::builder(rules).tables(MemorySource::new()).build().expect("an engine");
    let now = Timestamp::parse("2026-11-21T10:00:00.123Z").expect("a time");
    let batch = [Record::new("{}", Origin::stream("s"))];
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    match runtime.block_on(engine.enrich(&batch, Context::at(now))).verdicts.remove(0) {
        Verdict::Enriched { event, .. } => {
            let event = String::from_utf8(event).expect("text");
            event
                .strip_prefix("{\"x\":")
                .and_then(|rest| rest.strip_suffix('}'))
                .unwrap_or("absent")
                .to_owned()
        }
        Verdict::Rejected { reason, .. } => format!("error {}", reason.code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn examples_hold() {
    let registry = Registry::standard();
    for signature in registry.signatures() {
        assert!(!signature.examples.is_empty(), "`{}` has no example", signature.name);
        assert!(signature.summary.ends_with('.'), "`{}` has no sentence", signature.name);
        for example in signature.examples {
            // What the checker refuses outright is tried through a field instead.
            let found = evaluate(example.call, &registry);
            assert_eq!(found, example.result, "{}", example.call);
        }
    }
}

#[test]
fn an_own_function_is_called_and_a_taken_name_refused() {
    const REVERSE: Signature = Signature {
        name: "reverse",
        summary: "The text from its end.",
        parameters: &[Parameter { name: "text", ty: Type::String, summary: "The text." }],
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
