//! A function of one's own: whether an article number has the check digit that it must have.
#![allow(clippy::print_stdout, clippy::panic, reason = "a program that talks")]

use std::error::Error;

use enrich_engine::dsl::functions::{Example, Group, Parameter, Signature, Type};
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::{Function, Registry};
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Value, Verdict};

// ANCHOR: function
/// How it looks: `check` holds calls to it.
const IS_EAN: Signature = Signature {
    name: "is_ean",
    group: Group::Other,
    summary: "Whether a text is a European article number with 13 digits.",
    parameters: &[Parameter::new("text", Type::String, "The number, without spaces.")],
    returns: Type::Boolean,
    examples: &[
        Example::new(r#"is_ean("4006381333931")"#, "true"),
        Example::new(r#"is_ean("4006381333932")"#, "false"),
    ],
};

/// What it does. It is called with arguments of the signature's types only, and never with an absent one.
fn is_ean() -> Function {
    Function::new(IS_EAN, |arguments, _| {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
        let is_ean = digits.is_some_and(|digits| {
            let weighed = digits.iter().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight);
            digits.len() == 13 && weighed.sum::<u32>().is_multiple_of(10)
        });
        Ok(Value::Bool(is_ean))
    })
}
// ANCHOR_END: function

/// Rules that call it.
fn rules(text: &str) -> Result<Rules, Box<dyn Error>> {
    // ANCHOR: registry
    let registry = Registry::standard().with(is_ean())?;
    let mut files = Sources::new();
    files.add("scans.enrich", text);
    let rules = Rules::from_sources(&files, &registry, &|_| Err("there are no schemas".to_owned()))?;
    // ANCHOR_END: registry
    Ok(rules)
}

/// What becomes of an event.
async fn enrich(engine: &Engine, event: &str) -> Result<String, Box<dyn Error>> {
    let now = Timestamp::parse("2026-11-21T10:00:00Z").ok_or("a time")?;
    let outcome = engine.enrich(&[Record::new(event, Origin::stream("scans"))], Context::at(now)).await;
    Ok(match outcome.verdicts.first() {
        Some(Verdict::Enriched { event, .. }) => String::from_utf8_lossy(event).into_owned(),
        Some(Verdict::Rejected { reason, .. }) => format!("rejected {}: {}", reason.code, reason.message),
        other => format!("{other:?}"),
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let scans = rules(r#"rule scans { stream "scans" set .valid = is_ean(.code) }"#)?;
    let engine = Engine::builder(scans).build()?;
    let valid = enrich(&engine, r#"{"code": "4006381333931"}"#).await?;
    let number = enrich(&engine, r#"{"code": 4006381333931}"#).await?;
    let absent = enrich(&engine, r#"{"id": 1}"#).await?;
    println!("{valid}\n{number}\n{absent}");
    assert_eq!(valid, r#"{"code": "4006381333931","valid":true}"#);
    assert_eq!(number, "rejected argument: `text` of `is_ean` is a string, this is a number");
    assert_eq!(absent, r#"{"id": 1}"#);

    let Err(findings) = rules(r#"rule scans { stream "scans" set .valid = is_ean(1) }"#) else {
        panic!("a number is no text")
    };
    println!("{findings}");
    assert!(findings.to_string().contains("error[argument-type]"));
    Ok(())
}

#[test]
fn it_does_what_it_says() -> Result<(), Box<dyn Error>> {
    main()
}

/// The examples of a signature are for its readers: so they are run.
#[tokio::test]
async fn its_examples_hold() -> Result<(), Box<dyn Error>> {
    for Example { call, event, result, .. } in IS_EAN.examples {
        let engine =
            Engine::builder(rules(&format!("rule r {{ stream \"scans\" set .x = {call} }}"))?).build()?;
        assert_eq!(enrich(&engine, event).await?, format!(r#"{{"x":{result}}}"#), "{call}");
    }
    Ok(())
}
