//! The checks against the library: generated schemas with events that fit them, or nearly do.
//!
//! `SCHEMA_CASES=100000` runs more of them; a case that fails tells its seed, and `SCHEMA_SEED=17` runs that one.
#![expect(clippy::disallowed_methods, reason = "variables choose the cases")]

mod events;
mod generate;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::formats;
use super::{Compiled, Step};
use crate::json::{Document, Tapes, Unread};
use crate::schema::instance::Tape;
use crate::schema::plain::is_plainly_valid;
use crate::schema::validator;
use generate::Random;

/// How many steps of a compiled schema are the library's; `None` where all of it is.
fn left_to_the_library(schema: &Value) -> Option<usize> {
    let steps = |compiled: Compiled| {
        let steps = compiled.checks.iter().flat_map(|check| &check.steps);
        steps.filter(|step| matches!(step, Step::Library { .. })).count()
    };
    Compiled::new(schema).map(steps)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// What came of all events of a run.
#[derive(Debug, Default)]
struct Seen {
    /// Schemas that stayed with the library.
    whole: usize,
    schemas: usize,
    fit: usize,
    misfit: usize,
    /// Events that the library has to judge.
    open: usize,
    /// Events that are judged by the members of an outline too.
    usual: usize,
    /// Tokens that the schema does not look at.
    unread: usize,
}

/// The judgement on an event as its outline tells it, if the event is as those before it.
fn as_usual(compiled: &Compiled, tapes: &mut Tapes, event: &str) -> Option<bool> {
    let (text, tape) = tapes.read(event.as_bytes().into(), Unread::default()).expect("JSON");
    let usual = tapes.usual()?;
    let members = compiled.members(usual.names())?;
    compiled.usual_fits(&tapes.root(&text, tape), &members, usual.values)
}

/// Whether an event fits, for the library and for us, of which nothing is read that the schema does not look into;
/// with how many tokens were not read.
fn unread(
    compiled: &Compiled,
    library: &Validator<Tape>,
    tapes: &mut Tapes,
    event: &str,
) -> Option<(bool, bool, usize)> {
    let read = |tapes: &mut Tapes, unread| tapes.read(event.as_bytes().into(), unread).expect("JSON");
    let (text, whole) = read(tapes, Unread::default());
    let whole = tapes.root(&text, whole).behind();
    let usual = tapes.usual()?;
    let members = compiled.members(usual.names())?;
    let set =
        (0..usual.names().count()).filter(|at| !members.look_into(*at)).fold(0, |set, at| set | 1 << at);
    let unread = Unread { outline: usual.number(), members: set };
    let (text, tape) = read(tapes, unread);
    let root = tapes.root(&text, tape);
    let fits = compiled.usual_fits(&root, &members, tapes.usual()?.values)?;
    Some((fits, library.is_valid(root), (whole - root.behind()) as usize))
}

impl Seen {
    fn case(&mut self, seed: u64) {
        let mut random = Random::new(seed);
        let schema = generate::schema(&mut random);
        let library = validator(&schema).unwrap_or_else(|error| panic!("seed {seed}: {error}: {schema}"));
        self.schemas += 1;
        let Some(compiled) = Compiled::new(&schema) else {
            self.whole += 1;
            return;
        };
        let mut tapes = Tapes::default();
        for _ in 0..100 {
            let event = events::event(&mut random, &schema);
            let document = Document::parse(event.as_bytes()).expect("JSON");
            let expected = library.is_valid(document.root());
            // As those before it, and as itself.
            let mut own = Tapes::default();
            let _ = as_usual(&compiled, &mut own, &event);
            for tapes in [&mut tapes, &mut own] {
                let judged = as_usual(&compiled, tapes, &event);
                self.usual += usize::from(judged.is_some());
                assert!(judged.is_none_or(|fits| fits == expected), "SCHEMA_SEED={seed}\n{schema}\n{event}");
                if let Some((fits, library, unread)) = unread(&compiled, &library, tapes, &event) {
                    assert_eq!(
                        (fits, library),
                        (expected, expected),
                        "SCHEMA_SEED={seed}\n{schema}\n{event}"
                    );
                    self.unread += unread;
                }
            }
            match compiled.fits(document.root()) {
                None => self.open += 1,
                Some(fits) => {
                    assert_eq!(fits, expected, "SCHEMA_SEED={seed}\n{schema}\n{event}");
                    *if fits { &mut self.fit } else { &mut self.misfit } += 1;
                }
            }
        }
    }
}

#[test]
fn what_is_judged_here_is_judged_as_the_library_does() {
    let mut seen = Seen::default();
    if let Some(seed) = number("SCHEMA_SEED") {
        return seen.case(seed);
    }
    (0..number("SCHEMA_CASES").unwrap_or(2_600)).for_each(|seed| seen.case(seed));
    println!("{seen:?}");
    let Seen { whole, schemas, fit, misfit, open, usual, unread } = seen;
    // The cases are worth something only while all of this happens.
    assert!(whole * 5 < schemas, "{whole} of {schemas} schemas stay with the library");
    assert!(fit * 4 > misfit && misfit * 4 > fit, "{fit} events fit, {misfit} do not");
    assert!(usual * 10 > fit + misfit, "{usual} of {fit} and {misfit} events are as usual");
    assert!(unread * 10 > fit + misfit, "{unread} tokens of {fit} and {misfit} events are not read");
    assert!(open > 0 && open * 10 < fit + misfit, "{open} events are the library's to judge");
}

#[test]
fn what_is_compiled() {
    let draft = |number: &str| format!("http://json-schema.org/draft-0{number}/schema#");
    for (schema, expected) in [
        (json!(true), Some(0)),
        (json!({}), Some(0)),
        (
            json!({"title": "t", "x-owner": "us", "$comment": "c", "default": {"id": "a"}, "$id": "urn:a"}),
            Some(0),
        ),
        (json!({"type": ["string", "null"], "minLength": 1, "maxLength": 64}), Some(0)),
        (json!({"type": "integer", "minimum": 0, "exclusiveMaximum": 10.5}), Some(0)),
        (json!({"enum": ["a", 1, 1.5, true, null]}), Some(0)),
        (json!({"const": "a"}), Some(0)),
        (
            json!({"properties": {"a": {}, "b": false}, "required": ["a"], "additionalProperties": false}),
            Some(0),
        ),
        (
            json!({"minProperties": 1, "maxProperties": 2, "additionalProperties": {"type": "string"}}),
            Some(0),
        ),
        (json!({"prefixItems": [true], "items": {"type": "null"}, "minItems": 1, "maxItems": 3}), Some(0)),
        (json!({"allOf": [true], "anyOf": [true], "oneOf": [true], "not": false}), Some(0)),
        (json!({"if": true, "then": true, "else": false}), Some(0)),
        (
            json!({"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"items": {"$ref": "#"}}}}),
            Some(0),
        ),
        (json!({"format": "uuid"}), Some(0)),
        (json!({"$schema": draft("4"), "maximum": 3, "type": "integer"}), Some(0)),
        (json!({"$schema": draft("7"), "$ref": "#/definitions/a", "definitions": {"a": {}}}), Some(0)),
        // What the library judges for that place alone.
        (
            json!({"properties": {"a": {"pattern": "^a"}, "b": {"format": "hostname", "uniqueItems": true}}}),
            Some(3),
        ),
        (
            json!({"patternProperties": {"^a": {}}, "properties": {"b": {}}, "additionalProperties": false}),
            Some(1),
        ),
        (
            json!({"contains": true, "minContains": 2, "multipleOf": 3, "propertyNames": {"maxLength": 3}}),
            Some(3),
        ),
        (json!({"dependentRequired": {"a": ["b"]}, "enum": [[1], {"a": 1}]}), Some(2)),
        (json!({"const": 9_007_199_254_740_993_u64}), Some(1)),
        (json!({"minLength": 2.0}), Some(1)),
        (
            json!({"properties": {"a": {}}, "allOf": [{"properties": {"b": {}}}], "unevaluatedProperties": false}),
            Some(1),
        ),
        (json!({"$schema": draft("4"), "maximum": 3, "exclusiveMaximum": true}), Some(1)),
        (json!({"$schema": draft("7"), "items": [true], "additionalItems": false}), Some(1)),
        (json!({"nobody_knows": 1}), Some(1)),
        // What it judges as a whole.
        (json!({"$schema": "https://example.com/own"}), None),
        (json!({"properties": {"a": {"$id": "urn:a", "$ref": "#/$defs/b"}}}), None),
        (json!({"$anchor": "a", "properties": {"a": {"$ref": "#a"}}}), None),
        (json!({"$dynamicRef": "#a"}), None),
        (json!({"properties": {"a": {"$ref": "#/properties/b"}, "b": {}}}), None),
        (json!({"patternProperties": {"^a": {"$ref": "#"}}}), None),
        (json!({"$ref": "#/$defs/a", "$defs": {"a": {}}, "unevaluatedProperties": false}), None),
        (json!({"$ref": "#"}), None),
        (json!({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}), None),
    ] {
        assert_eq!(left_to_the_library(&schema), expected, "{schema}");
    }
}

#[test]
fn what_is_left_open() {
    for (schema, event, expected) in [
        (json!({"minimum": 0}), "9007199254740993", Some(true)),
        (json!({"minimum": 1e300}), "9007199254740993", None),
        (json!({"minimum": 0}), "1e400", None),
        (json!({"enum": [9_007_199_254_740_992_u64]}), "9007199254740993", None),
        (json!({"properties": {"a": {"type": "null"}}}), r#"{"a": 1, "\u0061": null}"#, None),
        (json!({"properties": {"a": {"type": "null"}}}), r#"{"a": null, "\u0061": null}"#, Some(true)),
        // A match that isn't finished is neither yes nor no.
        (json!({"not": {"pattern": "^a"}}), r#""a""#, Some(false)),
        (json!({"not": {"pattern": "^a"}}), r#""b""#, None),
        (json!({"not": {"multipleOf": 2}}), "3", Some(true)),
    ] {
        let compiled = Compiled::new(&schema).expect("one that is taken apart");
        let document = Document::parse(event.as_bytes()).expect("JSON");
        assert_eq!(compiled.fits(document.root()), expected, "{schema} {event}");
    }
}

#[test]
fn formats_are_those_of_the_library() {
    let mut random = Random::new(1);
    for (name, texts) in generate::FORMATS {
        let library = validator(&json!({"format": name})).expect("a schema");
        let certain = formats::certain(name).expect("a format");
        let (mut here, mut there) = (0, 0);
        for at in 0..20_000 {
            let text = texts[at % texts.len()];
            let text = if at < texts.len() { text.to_owned() } else { generate::mutated(&mut random, text) };
            let event = json!(text).to_string();
            let valid = library.is_valid(Document::parse(event.as_bytes()).expect("JSON").root());
            assert!(valid || !certain(text.as_bytes()), "{name}: {text:?}");
            here += usize::from(certain(text.as_bytes()));
            there += usize::from(valid);
        }
        println!("{name}: {here} of {there} are told without the library");
        assert!(certain(texts[0].as_bytes()) && here * 5 > there, "{name}: {here} of {there}");
        assert!(there < 20_000, "{name}: every text is valid");
    }
}

#[test]
fn formats_are_those_of_the_library_in_each_place() {
    for (name, texts) in generate::FORMATS {
        let library = validator(&json!({"format": name})).expect("a schema");
        let certain = formats::certain(name).expect("a format");
        for text in texts {
            for (at, letter) in
                (0..text.len()).flat_map(|at| ('\0'..='\u{81}').map(move |letter| (at, letter)))
            {
                let mut text = (*text).to_owned();
                text.replace_range(at..=at, letter.encode_utf8(&mut [0; 4]));
                let event = json!(text).to_string();
                let valid = library.is_valid(Document::parse(event.as_bytes()).expect("JSON").root());
                let told = certain(text.as_bytes());
                assert!(valid || !told, "{name}: {text:?}");
                // Of this one, all that are valid are told.
                assert!(told || !valid || name != "uuid", "{name}: {text:?}");
            }
        }
    }
}

/// Nanoseconds an event of the checks and of the library. In a release build, `--ignored --nocapture`.
#[test]
fn events_as_they_mostly_are_need_no_library() {
    for (schema, event) in [(FLAT, FLAT_EVENT), (NESTED, NESTED_EVENT)] {
        let schema: Value = serde_json::from_str(schema).expect("a schema");
        assert_eq!(left_to_the_library(&schema), Some(0));
        let document = Document::parse(event.as_bytes()).expect("JSON");
        let compiled = Compiled::new(&schema).expect("one that is taken apart");
        assert_eq!(compiled.fits(document.root()), Some(true), "{event}");
    }
}

const FLAT: &str = r#"{
  "type": "object", "required": ["event_id", "event_type", "timestamp", "session_id", "page"],
  "properties": {
    "event_id": {"type": "string", "format": "uuid"},
    "event_type": {"enum": ["page_view", "add_to_cart", "purchase", "search"]},
    "timestamp": {"type": "string", "format": "date-time"},
    "session_id": {"type": "string", "format": "uuid"},
    "user_id": {"type": "string", "minLength": 1, "maxLength": 64},
    "page": {"type": "string", "minLength": 1, "maxLength": 2048},
    "referrer": {"type": "string", "format": "uri"},
    "duration": {"type": "number", "minimum": 0}
  }
}"#;

const FLAT_EVENT: &str = r#"{"event_id":"0f4b1d7c-9e1a-4b2c-8d3e-5f60718293a4","event_type":"page_view","user_id":"user-00042","session_id":"a1b2c3d4-e5f6-4789-8abc-def012345678","timestamp":"2024-07-03T10:15:30.123Z","page":"/products/12345","referrer":"https://search.example/q?x=shoes","duration":12.75}"#;

const NESTED: &str = r##"{
  "type": "object", "required": ["event_id", "cart", "device", "experiments"],
  "properties": {
    "event_id": {"type": "string", "format": "uuid"},
    "cart": {
      "type": "object", "required": ["currency", "items"], "additionalProperties": false,
      "properties": {
        "currency": {"enum": ["EUR", "USD", "GBP"]},
        "items": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/$defs/item"}}
      }
    },
    "device": {
      "type": "object", "required": ["type"],
      "properties": {
        "type": {"const": "phone"},
        "os": {
          "type": "object",
          "properties": {"name": {"type": "string"}, "version": {"type": "array", "items": {"type": "integer"}}}
        },
        "screen": {"prefixItems": [{"type": "integer"}, {"type": "integer"}], "items": false}
      }
    },
    "experiments": {
      "type": "array",
      "items": {
        "type": "object", "required": ["name", "arm", "on"],
        "properties": {
          "name": {"type": "string", "maxLength": 20},
          "arm": {"type": "integer", "minimum": 0, "maximum": 3},
          "on": {"type": "boolean"}
        }
      }
    }
  },
  "$defs": {
    "item": {
      "type": "object", "required": ["sku", "quantity", "price"],
      "properties": {
        "sku": {"type": "string", "minLength": 1, "maxLength": 20},
        "title": {"type": ["string", "null"], "maxLength": 200},
        "quantity": {"type": "integer", "minimum": 1},
        "price": {"type": "number", "exclusiveMinimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}},
        "stock": {
          "type": "object", "properties": {"warehouse": {"type": "string"}, "left": {"type": "integer", "minimum": 0}}
        }
      }
    }
  }
}"##;

const NESTED_EVENT: &str = r#"{"event_id":"0f4b1d7c-9e1a-4b2c-8d3e-5f60718293a4","cart":{"currency":"EUR","items":[{"sku":"SKU-12345","title":"A thing of kind 12345","quantity":3,"price":149.99,"tags":["new","sale","k7"],"stock":{"warehouse":"w3","left":4321}},{"sku":"SKU-54321","title":"A thing of kind 54321","quantity":1,"price":9.05,"tags":["new","sale","k201"],"stock":{"warehouse":"w8","left":17}}]},"device":{"type":"phone","os":{"name":"android","version":[14,1,0]},"screen":[1080,2400]},"experiments":[{"name":"exp-0","arm":1,"on":true},{"name":"exp-1","arm":3,"on":false},{"name":"exp-2","arm":0,"on":true}]}"#;

/// Puts something else in some place of a schema.
fn damaged(random: &mut Random, value: &mut Value) {
    let inside = match value {
        Value::Object(members) if !members.is_empty() && !random.one_in(4) => {
            let at = random.below(members.len());
            members.values_mut().nth(at)
        }
        Value::Array(items) if !items.is_empty() && !random.one_in(4) => {
            let at = random.below(items.len());
            items.get_mut(at)
        }
        _ => None,
    };
    if let Some(inside) = inside {
        return damaged(random, inside);
    }
    let others = [
        json!(null),
        json!(true),
        json!(5),
        json!(-1),
        json!(1.5),
        json!(2.0),
        json!("x"),
        json!("string"),
        json!([]),
        json!({}),
        json!(["a", "a"]),
        json!([1]),
        json!([{}, true]),
        json!({"type": "strin"}),
        json!({"a": 1}),
        json!({"pattern": "("}),
        json!({"$ref": "#/nowhere"}),
    ];
    *value = random.pick(&others).clone();
}

#[test]
fn a_schema_that_is_valid_at_sight_is_valid() {
    let (mut at_sight, mut invalid) = (0, 0);
    for seed in 0..number("SCHEMA_CASES").unwrap_or(20_000) {
        let mut random = Random::new(seed);
        let mut schema =
            if random.one_in(2) { generate::schema(&mut random) } else { plain_schema(&mut random) };
        (0..random.below(3)).for_each(|_| damaged(&mut random, &mut schema));
        let library = validator(&schema);
        if is_plainly_valid(&schema) {
            at_sight += 1;
            assert!(
                library.is_ok(),
                "SCHEMA_SEED={seed} {schema}: {:?}",
                library.err().map(|it| it.to_string())
            );
        }
        invalid += usize::from(library.is_err());
    }
    assert!(at_sight > 2_000 && invalid > 2_000, "{at_sight} at sight, {invalid} invalid");
}

/// A schema of the words that are known at sight.
fn plain_schema(random: &mut Random) -> Value {
    let part = |random: &mut Random| match random.below(4) {
        0 => json!({"type": "string", "minLength": random.below(9), "maxLength": 20, "format": "email"}),
        1 => {
            json!({"type": "integer", "minimum": random.below(9), "exclusiveMaximum": 1e3, "description": "n"})
        }
        2 => json!({"enum": ["a", 1, null], "default": "a", "x-note": [1]}),
        _ => json!({"type": "array", "items": {"not": {"const": 1}}, "maxItems": 9, "uniqueItems": true}),
    };
    let (one, two, three) = (part(random), part(random), part(random));
    let draft = random.pick(&[
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2020-12/schema",
        "http://json-schema.org/draft-04/schema#",
    ]);
    json!({
        "$schema": draft, "title": "t", "type": "object", "required": ["one", "two"], "maxProperties": 50,
        "properties": {"one": one, "two": {"anyOf": [two, {"type": ["null", "boolean"]}]}},
        "additionalProperties": three, "examples": [{}], "readOnly": false,
    })
}

#[test]
fn what_the_shipped_rules_name_is_valid_at_sight() {
    for text in [
        include_str!("../../../../rules/schemas/clickstream.schema.json"),
        include_str!("../../../../rules/schemas/products.schema.json"),
    ] {
        let schema: Value = serde_json::from_str(text).expect("JSON");
        assert!(is_plainly_valid(&schema) && Compiled::new(&schema).is_some(), "{text}");
    }
}
