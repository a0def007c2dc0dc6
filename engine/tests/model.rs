//! Rules without any text: another front end builds the model.

#![cfg(test)]

use enrich_engine::dsl::model::{
    Branch, Condition, Copied, Copy, Expr, IfAbsent, KeyType, Literal, Lookup, Path, Rule, RuleSet, Source,
    Step, StepKind, Table, Template,
};
use enrich_engine::dsl::source::Span;
use enrich_engine::functions::Registry;
use enrich_engine::lookup::MemorySource;
use enrich_engine::{BuildError, Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

fn path(name: &str) -> Path {
    Path(vec![name.to_owned()])
}

fn model() -> RuleSet {
    let span = Span::default();
    let users = Table {
        name: "users".to_owned(),
        source: Source { kind: "dynamodb".to_owned(), location: Template::literal("users") },
        key: vec![("id".to_owned(), KeyType::String)],
        indexes: Vec::new(),
        attributes: Vec::new(),
        cache: None,
        span,
    };
    let segment = Copy {
        what: Copied::Named(vec![("segment".to_owned(), path("segment"))]),
        cast: None,
        absent: IfAbsent::Default(Literal::String("none".to_owned())),
        span,
    };
    let lookup = Lookup {
        name: "user".to_owned(),
        table: 0,
        index: None,
        key: vec![Expr::Event(path("user"))],
        copies: vec![segment],
        found: Vec::new(),
        missing: Branch::default(),
        retry_missing_ms: None,
        no_key: Branch::default(),
        error: None,
        span,
    };
    let rule = Rule {
        name: "clicks".to_owned(),
        streams: vec![Template::literal("clicks")],
        decode: Vec::new(),
        when: None,
        schema: None,
        lookups: vec![lookup],
        loops: Vec::new(),
        steps: vec![Step { kind: StepKind::Lookup(0), span }],
        output: None,
        partition: Vec::new(),
        rejects: None,
        span,
    };
    RuleSet::new(vec![users], vec![rule])
}

fn build(set: RuleSet) -> Result<Engine, BuildError> {
    let rules = Rules::from_model(set, &Registry::standard(), &|_| Err("no files".to_owned()));
    let users =
        MemorySource::new().with_json("users", r#"[{"id":"u1","segment":"premium"}]"#).expect("users");
    Engine::builder(rules.expect("rules")).tables(users).build()
}

#[test]
fn a_model_runs_without_text() {
    let engine = build(model()).expect("an engine");
    let batch = [r#"{"user":"u1"}"#, r#"{"user":"u2"}"#];
    let records = batch.map(|event| Record::new(event, Origin::stream("clicks")));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let now = Timestamp::parse("2026-11-21T10:00:00Z").expect("a time");
    let outcome = runtime.block_on(engine.enrich(&records, Context::at(now)));
    let events: Vec<_> = outcome
        .verdicts
        .iter()
        .map(|verdict| match verdict {
            Verdict::Enriched { event, .. } => String::from_utf8_lossy(event).into_owned(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(events, [r#"{"user":"u1","segment":"premium"}"#, r#"{"user":"u2","segment":"none"}"#]);
}

#[test]
fn what_a_model_does_not_hold_is_refused() {
    let mut no_table = model();
    no_table.tables.clear();
    assert!(matches!(build(no_table), Err(BuildError::Model(_))));

    let mut no_key = model();
    no_key.rules[0].lookups[0].key.clear();
    assert!(matches!(build(no_key), Err(BuildError::Model(_))));

    let mut no_function = model();
    let call = Expr::Call { function: "nowhere".to_owned(), arguments: Vec::new(), span: Span::default() };
    no_function.rules[0].when = Some(Condition { expr: call, span: Span::default() });
    assert!(matches!(build(no_function), Err(BuildError::Model(_))));

    let mut below = model();
    below.rules[0].lookups[0].key = vec![Expr::Lookup { lookup: 0, path: path("id") }];
    assert!(matches!(build(below), Err(BuildError::Model(_))));
}

#[test]
fn a_rule_set_is_the_same_wherever_it_lies() {
    let hash = |names: [&str; 2]| {
        let mut sources = enrich_engine::dsl::source::Sources::new();
        sources.add(names[0], "rule a { stream \"a\" }");
        sources.add(names[1], "rule b { stream \"b\" }");
        let rules =
            Rules::from_sources(&sources, &Registry::standard(), &|_| Err(String::new())).expect("rules");
        rules.hash().to_owned()
    };
    let here = hash(["a.enrich", "more/b.enrich"]);
    assert_eq!(hash(["rules/a.enrich", "rules/more/b.enrich"]), here);
    assert_eq!(hash(["/opt/rules/a.enrich", "/opt/rules/more/b.enrich"]), here);
    assert_ne!(hash(["rules/a.enrich", "rules/b.enrich"]), here);
    assert_ne!(hash(["a.enrich", "b.enrich"]), here);
}
