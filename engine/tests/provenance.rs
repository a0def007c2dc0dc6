//! `provenance()`: where the fields come from that a rule has added.

#![cfg(test)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use enrich_engine::json::Document;
use enrich_engine::lookup::{
    Answer, Answers, BoxFuture, ErrorCode, Failure, MemorySource, Questions, Source,
};
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

/// `users` with one user, who can be taken away.
#[derive(Clone)]
struct Users {
    items: MemorySource,
    gone: Arc<AtomicBool>,
}

impl Source for Users {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            if !self.gone.load(Ordering::Relaxed) {
                return self.items.fetch(questions).await;
            }
            let mut answers = Answers::none_yet(questions);
            for (table, question) in questions.tables.iter().enumerate() {
                for key in 0..question.keys.len() {
                    answers.set(table, key, Answer::Failed(Failure::new(ErrorCode::Throttled, "slow down")));
                }
            }
            answers
        })
    }
}

struct World {
    engine: Engine,
    gone: Arc<AtomicBool>,
}

impl World {
    /// A rule with these statements, and `set .p = provenance()` where it says so.
    fn new(statements: &str) -> Self {
        let rules = format!(
            r#"table users {{ source dynamodb "users" key id: string cache 5m, missing 1m, stale 1h }}
               rule r {{ stream "s" {statements} }}"#
        );
        let users = r#"[{"id":"a","name":"Ann","tier":null,"list":[1]}]"#;
        let items = MemorySource::new().with_json("users", users).expect("users");
        let gone = Arc::new(AtomicBool::new(false));
        let users = Users { items, gone: Arc::clone(&gone) };
        let engine = Engine::builder(Rules::from_text(&rules).expect("rules")).tables(users);
        Self { engine: engine.build().expect("an engine"), gone }
    }

    /// What `p` says of an event at that second, but for what is always the same.
    fn provenance(&self, event: &str, second: i64) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let now = Timestamp::from_millis(1_795_000_000_000 + second * 1_000).expect("a time");
        let batch = [Record::new(event, Origin::stream("s"))];
        let verdict = runtime.block_on(self.engine.enrich(&batch, Context::at(now))).verdicts.remove(0);
        let Verdict::Enriched { event, .. } = &verdict else { panic!("{verdict:?}") };
        let document = Document::parse(event).expect("an event");
        let text = document.root().get("p").expect("a provenance").raw();
        let head = format!(r#"{{"rule":"r","rules":"{}","lookups":["#, self.engine.hash());
        let text = text.strip_prefix(&head).expect("the rule and the rule set");
        text.strip_suffix("}").expect("an object").replace(KEY_A, "HASH-A").replace(KEY_Z, "HASH-Z")
    }
}

/// The SHA-256 of `{"id":"a"}` and of `{"id":"z"}`.
const KEY_A: &str = "8489a5deb454a360345c7868bca8672de92b446caf3d3b014af6a56e3d549d30";
const KEY_Z: &str = "572dd4d8bb8fc22c7e340a37d48aa51b463ec6e8b337da638339071e68ff78fb";

const USER: &str = r#"{"lookup":"user","table":"users""#;

#[test]
fn each_field_has_its_origin() {
    let lookup = r#"lookup user from users where id = .id { copy name, tier  copy age default 0 }"#;
    let found = r#""outcome":"found","answer":"new","age_ms":0"#;
    for (statements, event, lookups, set) in [
        (
            format!("{lookup} set .x = 1"),
            r#"{"id":"a"}"#,
            format!(
                r#"{USER},"key_sha256":"HASH-A",{found},"copied":[".name",".tier"],"defaulted":[".age"]}}"#
            ),
            r#"".x""#,
        ),
        (
            lookup.to_owned(),
            r#"{"id":"z"}"#,
            format!(
                r#"{USER},"key_sha256":"HASH-Z","outcome":"missing","answer":"new","age_ms":0,"copied":[],"defaulted":[".age"]}}"#
            ),
            "",
        ),
        (
            lookup.to_owned(),
            "{}",
            format!(r#"{USER},"outcome":"no_key","copied":[],"defaulted":[".age"]}}"#),
            "",
        ),
        // What was overwritten or taken out again is of the last one, or of none.
        (
            format!("{lookup} set .name = upper(.name)  remove .tier"),
            r#"{"id":"a"}"#,
            format!(r#"{USER},"key_sha256":"HASH-A",{found},"copied":[],"defaulted":[".age"]}}"#),
            r#"".name""#,
        ),
        // An object by its members, until one takes the place of all.
        (
            "lookup user from users where id = .id { copy * except id, list into .user } set .user.name = 1".to_owned(),
            r#"{"id":"a"}"#,
            format!(r#"{USER},"key_sha256":"HASH-A",{found},"copied":[".user.tier"],"defaulted":[]}}"#),
            r#"".user.name""#,
        ),
        (
            "lookup user from users where id = .id { copy * into .user } set .user = 1".to_owned(),
            r#"{"id":"a"}"#,
            format!(r#"{USER},"key_sha256":"HASH-A",{found},"copied":[],"defaulted":[]}}"#),
            r#"".user""#,
        ),
        // What comes behind is not told.
        (
            "set .first = 1 set .p = provenance() set .last = 1".to_owned(),
            r#"{"id":"a"}"#,
            String::new(),
            r#"".first""#,
        ),
        // Elements of an array, each by itself.
        (
            "for each line in .lines { lookup user from users where id = line.id { copy name into line } set line.seen = true }"
                .to_owned(),
            r#"{"lines":[{"id":"a"},{}]}"#,
            format!(
                r#"{{"lookup":"user","element":".lines[0]","table":"users","key_sha256":"HASH-A",{found},"copied":[".lines[0].name"],"defaulted":[]}},{{"lookup":"user","element":".lines[1]","table":"users","outcome":"no_key","copied":[],"defaulted":[]}}"#
            ),
            r#"".lines[0].seen",".lines[1].seen""#,
        ),
    ] {
        let place = if statements.contains("provenance") { "" } else { " set .p = provenance()" };
        let told = World::new(&format!("{statements}{place}")).provenance(event, 0);
        assert_eq!(told, format!(r#"{lookups}],"set":[{set}]"#), "{statements} {event}");
    }
}

#[test]
fn a_kept_answer_has_its_age() {
    let caught = r#"lookup user from users where id = .id { copy name on error { set .e = error.code } }
                    set .p = provenance()"#;
    let world = World::new(caught);
    let told = |outcome: &str, copied: &str, set: &str| {
        format!(
            r#"{USER},"key_sha256":"HASH-A",{outcome},"copied":[{copied}],"defaulted":[]}}],"set":[{set}]"#
        )
    };
    let found = |answer: &str| told(&format!(r#""outcome":"found",{answer}"#), r#"".name""#, "");
    assert_eq!(world.provenance(r#"{"id":"a"}"#, 0), found(r#""answer":"new","age_ms":0"#));
    assert_eq!(world.provenance(r#"{"id":"a"}"#, 100), found(r#""answer":"kept","age_ms":100000"#));
    world.gone.store(true, Ordering::Relaxed);
    assert_eq!(world.provenance(r#"{"id":"a"}"#, 1_000), found(r#""answer":"stale","age_ms":1000000"#));
    let failed = told(r#""outcome":"failed","code":"throttled""#, "", r#"".e""#);
    assert_eq!(world.provenance(r#"{"id":"a"}"#, 10_000), failed);
}

#[test]
fn an_explained_event_says_the_same() {
    let world =
        World::new("lookup user from users where id = .id { copy name } set .x = 1 set .p = provenance()");
    let event = r#"{"id":"a"}"#;
    world.provenance(event, 0);
    let now = Timestamp::from_millis(1_795_000_000_000).expect("a time");
    let record = Record::new(event, Origin::stream("s"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let explained = runtime.block_on(world.engine.explain(&record, Context::at(now))).verdict;
    let verdict = runtime.block_on(world.engine.enrich(&[record], Context::at(now))).verdicts.remove(0);
    assert_eq!(explained, verdict);
}
