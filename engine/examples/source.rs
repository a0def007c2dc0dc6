//! A source of tables of one's own: exchange rates that a program gets from somewhere.
#![allow(clippy::print_stdout, reason = "a program that talks")]

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::lookup::{
    Answer, Answers, BoxFuture, ErrorCode, Failure, Item, Key, KeyValue, Questions, Source,
};
use enrich_engine::{BuildError, Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

// ANCHOR: rules
const RULES: &str = r#"
table rates {
  source rates "to-francs"
  key    currency: string
}

rule payments {
  stream "payments"

  lookup rate from rates where currency = .currency {
    on missing { set .unknown_currency = true }
  }
  set .francs = round(.amount * rate.francs, 2)
}
"#;
// ANCHOR_END: rules

// ANCHOR: source
/// What a program knows of rates.
struct Rates {
    /// The francs that one unit of a currency is worth, as the text of a number.
    francs: HashMap<&'static str, &'static str>,
    /// A currency whose rate can't be had at the moment.
    out_of_reach: &'static str,
}

impl Source for Rates {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            let mut answers = Answers::none_yet(questions);
            for (table, asked) in questions.tables.iter().enumerate() {
                for (place, key) in asked.keys.iter().enumerate() {
                    answers.set(table, place, self.answer(key));
                }
            }
            answers
        })
    }
}

impl Rates {
    fn answer(&self, key: &Key) -> Answer {
        let [KeyValue::String(currency)] = key.parts() else {
            // A retry can't help: such events are rejected, or caught by `on error`.
            return Answer::Failed(Failure::new(ErrorCode::Refused, "rates have one key, which is a text"));
        };
        if currency == self.out_of_reach {
            // A retry can help: such events fail, and their source brings them again.
            return Answer::Failed(Failure::new(ErrorCode::Unavailable, "the service of rates is down"));
        }
        let Some(francs) = self.francs.get(currency.as_str()) else { return Answer::Missing };
        match Item::from_text(format!(r#"{{"francs": {francs}}}"#).into()) {
            Ok(item) => Answer::Found(Arc::new(item)),
            Err(_) => Answer::Failed(Failure::new(ErrorCode::Item, "the rate is no number")),
        }
    }
}
// ANCHOR_END: source

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // ANCHOR: engine
    let mut files = Sources::new();
    files.add("payments.enrich", RULES);
    let registry = Registry::standard().with_source("rates");
    let rules = Rules::from_sources(&files, &registry, &|_| Err("there are no schemas".to_owned()))?;

    let rates = Rates { francs: HashMap::from([("EUR", "0.9371")]), out_of_reach: "USD" };
    let engine = Engine::builder(rules.clone()).source("rates", rates).build()?;
    // ANCHOR_END: engine
    let nothing = Engine::builder(rules).build();
    assert!(
        matches!(nothing, Err(BuildError::NoSource(kind)) if kind == "rates"),
        "nothing answers for rates"
    );

    let events = [
        r#"{"amount": 49.990, "currency": "EUR"}"#,
        r#"{"amount": 5, "currency": "XXX"}"#,
        r#"{"amount": 5, "currency": "USD"}"#,
    ];
    let batch = events.map(|event| Record::new(event, Origin::stream("payments")));
    let now = Timestamp::parse("2026-11-21T10:00:00Z").ok_or("a time")?;
    let outcome = engine.enrich(&batch, Context::at(now)).await;
    let told: Vec<_> = outcome
        .verdicts
        .iter()
        .map(|verdict| match verdict {
            Verdict::Enriched { event, .. } => String::from_utf8_lossy(event).into_owned(),
            Verdict::Failed { reason, .. } => format!("failed {}: {}", reason.code, reason.message),
            other => format!("{other:?}"),
        })
        .collect();
    println!("{}", told.join("\n"));
    assert_eq!(
        told,
        [
            r#"{"amount": 49.990, "currency": "EUR","francs":46.85}"#,
            r#"{"amount": 5, "currency": "XXX","unknown_currency":true}"#,
            "failed unavailable: lookup `rate`: the service of rates is down",
        ]
    );
    Ok(())
}

#[test]
fn it_does_what_it_says() -> Result<(), Box<dyn Error>> {
    main()
}
