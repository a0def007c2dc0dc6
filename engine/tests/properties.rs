//! What holds for any input: the checker never breaks, a batch equals its events one by one, and an
//! event's text is that of a plain tree that keeps texts.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the corpus is the seed of the generator")]

use std::sync::{Arc, Mutex};

use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::json::{Document, Kind, Node};
use enrich_engine::lookup::{Answers, BoxFuture, MemorySource, Questions, Source};
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};
use proptest::prelude::*;

fn corpus() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut texts = Vec::new();
    for folder in ["right", "wrong"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the corpus") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|found| found == "enrich") {
                texts.push(std::fs::read_to_string(path).expect("a case"));
            }
        }
    }
    texts.sort();
    texts
}

/// Checks a text; every place that is named must lie inside it, on the borders of characters.
fn check(text: &str) {
    let mut sources = Sources::new();
    sources.add("any.enrich", text);
    let checked = Rules::check(&sources, &Registry::standard(), &|_| Err("no files".to_owned()));
    for finding in &checked.findings {
        let labels = finding.secondary.iter().chain([&finding.primary]).map(|label| label.span);
        for span in labels.chain(finding.fix.iter().map(|fix| fix.span)) {
            assert!(text.get(span.range()).is_some(), "{span:?} of {finding:?} in {text:?}");
        }
        let drawn = enrich_engine::dsl::diagnostic::render::full(finding, &sources, false);
        assert!(drawn.starts_with("error[") || drawn.starts_with("warning["), "{drawn}");
    }
}

const WORDS: &[&str] = &[
    "table",
    "rule",
    "lookup",
    "from",
    "where",
    "copy",
    "to",
    "into",
    "as",
    "default",
    "required",
    "set",
    "remove",
    "drop",
    "when",
    "on",
    "found",
    "missing",
    "no key",
    "error",
    "instead",
    "output s3",
    "prefix",
    "stream",
    "{",
    "}",
    "(",
    ")",
    "=",
    "==",
    ".a.b",
    "\"",
    "'",
    "\"x{.y}z\"",
    "${V:d}",
    "now()",
    "??",
    "not",
    "1.5",
    "é",
    "//",
    "/*",
    "*/",
    "--",
    ";",
    "“x”",
    "`",
    "\"\"\"",
    "f\"",
    "\"{",
    "{{",
    "[0]",
    "?",
    "->",
    "=>",
    ",",
    ":",
    "is null",
    "contains",
    "SET",
    "WHERE",
    "\u{a0}",
    "\u{200b}",
    "—",
    "（",
    "rule r2",
    "\n",
    "\n  ",
];

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T10:00:00.123Z").expect("a time")
}

const RULES: &str = r#"
table users { source dynamodb "users" key id: string }
table regions { source dynamodb "regions" key code: number }
rule r {
  stream "s"
  drop when .drop
  lookup user from users where id = .user {
    copy name to .user_name default "?"
    copy region to .at.region
    on error { set .error = error.code }
  }
  lookup region from regions where code = user.region { copy * into .region }
  remove .secret, .deep.secret
  for each line in .lines {
    lookup buyer from users where id = line.user { copy name into line on error { set line.error = error.code } }
    lookup place from regions where code = buyer.region { copy name to line.place }
    set line.double = line.n * 2
    remove line.gone
  }
  set .size = length(.list)
  set .at.now = now()
}
"#;

fn tables() -> MemorySource {
    let users = r#"[{"id":"a","name":"Ann","region":1.0},{"id":"b","region":2},{"id":"c","name":"\u00e9","region":9}]"#;
    let regions = r#"[{"code":1,"name":"one","n":1.10},{"code":2.0,"name":"two"}]"#;
    MemorySource::new()
        .with_json("users", users)
        .expect("users")
        .with_json("regions", regions)
        .expect("regions")
}

fn engine(source: impl Source + 'static) -> Engine {
    Engine::builder(Rules::from_text(RULES).expect("rules")).tables(source).build().expect("an engine")
}

/// Events of all kinds, most of them good.
fn event() -> impl Strategy<Value = String> {
    let user = prop_oneof![
        6 => prop_oneof![Just("a"), Just("b"), Just("c"), Just("nobody")].prop_map(|id| format!("{id:?}")),
        1 => prop_oneof![Just("null"), Just("\"\""), Just("7"), Just("[1]")].prop_map(str::to_owned),
    ];
    let members = prop::collection::vec(
        prop_oneof![
            Just(r#""n": 49.990"#.to_owned()),
            Just(r#""at" : {"x":1e3 }"#.to_owned()),
            Just(r#""deep":{"secret":1,"open":[ 1 , 2 ]}"#.to_owned()),
            Just(r#""secret":"s""#.to_owned()),
            Just(r#""list":[1,2,3]"#.to_owned()),
            Just(r#""list":"text""#.to_owned()),
            Just(r#""lines":[{"user":"a","n":1.50},{"user":"nobody"} , {"gone":1,"user":7}]"#.to_owned()),
            Just(r#""lines":[{"user":"c"},{"user":"c","n":"x"}]"#.to_owned()),
            Just(r#""lines":null"#.to_owned()),
            Just(r#""drop":true"#.to_owned()),
            Just(r#""drop":false"#.to_owned()),
            Just(r#""at":5"#.to_owned()),
            Just(r#""\u0075ser_name":"old""#.to_owned()),
        ],
        0..5,
    );
    (user, members, any::<bool>(), 0..20u8).prop_map(|(user, mut members, first, broken)| {
        members.sort();
        members.dedup_by(|a, b| a.split(':').next() == b.split(':').next());
        members.insert(if first { 0 } else { members.len() }, format!("\"user\":{user}"));
        let text = format!("{{{}}}", members.join(" ,"));
        if broken == 0 { text.trim_end_matches('}').to_owned() } else { text }
    })
}

fn records(events: &[String]) -> Vec<Record<'static>> {
    events.iter().map(|event| Record::new(event.as_str(), Origin::stream("s"))).collect()
}

/// Counts the questions, so that "each key once" can be seen.
struct Counting {
    inner: MemorySource,
    asked: Arc<Mutex<Vec<usize>>>,
}

impl Source for Counting {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        let keys = questions.tables.iter().map(|table| table.keys.len()).sum();
        self.asked.lock().expect("not poisoned").push(keys);
        self.inner.fetch(questions)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_the_checker(text in ".{0,200}") {
        check(&text);
    }

    #[test]
    fn no_words_break_the_checker(words in prop::collection::vec(prop::sample::select(WORDS), 0..40), lines in any::<bool>()) {
        check(&words.join(if lines { "\n" } else { " " }));
    }

    #[test]
    fn no_damage_breaks_the_checker(
        seed in prop::sample::select(corpus()),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop::sample::select(WORDS)), 1..5),
    ) {
        let mut text: Vec<char> = seed.chars().collect();
        for (from, to, word) in cuts {
            let (from, to) = (from.index(text.len() + 1), to.index(text.len() + 1));
            // At most a few characters go, so that most of the rule stays to be understood.
            text.splice(from..to.clamp(from, (from + 4).min(text.len())), word.chars());
        }
        check(&text.into_iter().collect::<String>());
    }

    #[test]
    fn a_batch_equals_its_events_one_by_one(events in prop::collection::vec(event(), 0..30)) {
        let engine = engine(tables());
        let records = records(&events);
        let together = block_on(engine.enrich(&records, Context::at(now()))).verdicts;
        prop_assert_eq!(together.len(), records.len());
        for (record, verdict) in records.iter().zip(&together) {
            let alone = block_on(engine.enrich(std::slice::from_ref(record), Context::at(now()))).verdicts;
            prop_assert_eq!(&alone[..], std::slice::from_ref(verdict));
        }
    }

    #[test]
    fn every_key_is_asked_once_and_every_wave_in_one_call(events in prop::collection::vec(event(), 1..60)) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let engine = engine(Counting { inner: tables(), asked: Arc::clone(&asked) });
        block_on(engine.enrich(&records(&events), Context::at(now())));
        let asked = asked.lock().expect("not poisoned").clone();
        prop_assert!(asked.len() <= 2, "{asked:?}");
        prop_assert!(asked.first().is_none_or(|users| *users <= 4), "{asked:?}");
        prop_assert!(asked.get(1).is_none_or(|regions| *regions <= 3), "{asked:?}");
    }

    #[test]
    fn what_no_rule_touches_comes_out_byte_for_byte(events in prop::collection::vec(event(), 1..10)) {
        let touched = ["lines", "user_name", "at", "error", "region", "secret", "deep", "size"];
        let engine = engine(tables());
        let records = records(&events);
        for (event, verdict) in events.iter().zip(block_on(engine.enrich(&records, Context::at(now()))).verdicts) {
            let Verdict::Enriched { event: enriched, .. } = verdict else { continue };
            let (before, after) = (Document::parse(event.as_bytes()), Document::parse(&enriched));
            let (before, after) = (before.expect("JSON"), after.expect("JSON"));
            let keep = |node: Node<'_>| -> Vec<(String, String)> {
                let members = node.members().map(|(name, value)| (name.text().into_owned(), value.raw().to_owned()));
                members.filter(|(name, _)| !touched.contains(&name.as_str())).collect()
            };
            prop_assert_eq!(after.root().kind(), Kind::Object);
            prop_assert_eq!(keep(before.root()), keep(after.root()));
        }
    }
}
