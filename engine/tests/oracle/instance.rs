//! Instances of a schema: most fit, many lie beside an edge of what does.

use serde_json::Value;

use crate::dice::Dice;
use crate::generate::{any, number, text};
use crate::judge::Judge;
use crate::parse::parse;
use crate::tree::Node;

/// Texts that formats and patterns are about, right ones and wrong ones.
const TEXTS: [&str; 69] = [
    "2026-11-21T10:00:00Z",
    "2026-11-21t10:00:00.123456789z",
    "2026-11-21T24:00:00Z",
    "2026-11-21T10:00:00+01:00",
    "2026-11-21 10:00:00Z",
    "1998-12-31T23:59:60Z",
    "2026-11-21T10:00:00",
    "2026-02-28",
    "2024-02-29",
    "2026-02-29",
    "2026-2-1",
    "0000-01-01",
    "10:00:00Z",
    "10:00:00.5+01:00",
    "25:00:00Z",
    "10:00:00",
    "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    "3F2504E0-4F89-41D3-9A0C-0305E82C3301",
    "3f2504e04f8941d39a0c0305e82c3301",
    "3f2504e0-4f89-41d3-9a0c-0305e82c330g",
    "ann@example.com",
    "\"a b\"@example.com",
    "ann@",
    "@example.com",
    "a@[127.0.0.1]",
    "é@example.com",
    "https://example.com/a?b#c",
    "urn:a:b",
    "//example.com",
    "https://exa mple.com",
    "http://[::1]/",
    "127.0.0.1",
    "256.0.0.1",
    "01.0.0.1",
    "1.2.3",
    "::1",
    "1::2::3",
    "::ffff:1.2.3.4",
    "example.com",
    "-example.com",
    "a_b.c",
    "P1DT2H",
    "P1W",
    "PT",
    "abc",
    "a\nb",
    "a",
    "é",
    "😀",
    "éé",
    "😀😀😀",
    "😀😀😀😀",
    "e\u{301}e",
    "bcd",
    "b\nd",
    "1234",
    "12345",
    "12",
    "1",
    "café",
    "cafe\u{301}",
    "quote\"",
    "o-12",
    "o-1x",
    "/a/b",
    "CH",
    "ch",
    "p1",
    "u1",
];

/// How many values of a field are tried, of which those that fit are kept.
const TRIES: usize = 250;

/// Instances of one schema.
pub(crate) struct Instances {
    schema: Value,
    /// Values of each field that fit.
    fitting: Vec<(String, Vec<Node>)>,
}

impl Instances {
    pub(crate) fn of(judge: &Judge) -> Self {
        let schema = judge.schema.clone();
        let mut dice = Dice::new(0);
        let mut fitting = Vec::new();
        for (name, inside) in schema["properties"].as_object().expect("fields") {
            let tries = (0..TRIES).map(|_| instance(inside, &schema, &mut dice, 5));
            fitting.push((name.clone(), tries.filter(|value| judge.takes(name, value)).collect()));
        }
        Self { schema, fitting }
    }

    /// An event: of fields that fit, or but for one that may not, or of any.
    pub(crate) fn event(&self, dice: &mut Dice) -> Node {
        if dice.chance(40) {
            return instance(&self.schema, &self.schema, dice, 5);
        }
        let odd = if dice.chance(50) { dice.below(self.fitting.len()) } else { usize::MAX };
        let there = dice.between(10, 90);
        let mut members = Vec::new();
        for (place, (name, values)) in self.fitting.iter().enumerate() {
            if place == odd {
                let inside = &self.schema["properties"][name];
                members.push((name.as_str(), instance(inside, &self.schema, dice, 4)));
            } else if !values.is_empty() && (required(&self.schema, name) || dice.chance(there)) {
                members.push((name.as_str(), values[dice.below(values.len())].clone()));
            }
        }
        Node::object(members)
    }
}

fn required(schema: &Value, name: &str) -> bool {
    let all = schema.get("required").and_then(Value::as_array);
    all.is_some_and(|all| all.iter().any(|one| one == name))
}

/// An instance of `schema`, which stands in `root`.
fn instance(schema: &Value, root: &Value, dice: &mut Dice, depth: usize) -> Node {
    if depth == 0 || dice.chance(6) {
        return any(dice, depth.min(2));
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.trim_start_matches('#')).expect("a place in the schema");
        return instance(target, root, dice, depth - 1);
    }
    for alternatives in ["anyOf", "oneOf", "allOf", "enum"] {
        if let Some(Value::Array(all)) = schema.get(alternatives)
            && dice.chance(80)
        {
            let one = &all[dice.below(all.len())];
            return if alternatives == "enum" {
                exactly(one, dice)
            } else {
                instance(one, root, dice, depth - 1)
            };
        }
    }
    if let Some(value) = schema.get("const") {
        return exactly(value, dice);
    }
    match kind(schema, dice) {
        "string" => string(schema, dice),
        "integer" | "number" => by_an_edge(schema, dice),
        "array" => array(schema, root, dice, depth),
        "object" => object(schema, root, dice, depth),
        "boolean" => Node::Bool(dice.chance(50)),
        "null" => Node::Null,
        _ => any(dice, 2),
    }
}

/// The type that the schema asks for, or that its words are about.
fn kind<'s>(schema: &'s Value, dice: &mut Dice) -> &'s str {
    match schema.get("type") {
        Some(Value::String(one)) => return one,
        Some(Value::Array(several)) => {
            return several[dice.below(several.len())].as_str().unwrap_or_default();
        }
        _ => {}
    }
    let about = [
        (
            "object",
            &["properties", "required", "additionalProperties", "patternProperties", "dependencies"][..],
        ),
        ("array", &["items", "prefixItems", "contains", "uniqueItems"]),
        ("number", &["minimum", "maximum", "multipleOf"]),
        ("string", &["pattern", "format", "minLength"]),
    ];
    let has = |(_, words): &&(&str, &[&str])| words.iter().any(|word| schema.get(word).is_some());
    about.iter().find(has).map_or("", |(kind, _)| *kind)
}

/// A value of the schema as it stands there, or another spelling of it.
fn exactly(value: &Value, dice: &mut Dice) -> Node {
    let node = parse(value.to_string().as_bytes()).expect("JSON").value;
    match node {
        Node::Number(digits) if !digits.contains(['.', 'e']) => {
            Node::Number(format!("{digits}{}", dice.pick(&["", "", ".0", "e0", ".000E+0", ".01", "1"])))
        }
        Node::String(_) if dice.chance(10) => Node::text(dice.pick(&TEXTS)),
        node => node,
    }
}

fn string(schema: &Value, dice: &mut Dice) -> Node {
    let bound =
        |word: &str| schema.get(word).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok());
    match bound("minLength").into_iter().chain(bound("maxLength")).last() {
        Some(edge) if dice.chance(70) => {
            let length = (edge + dice.below(3)).saturating_sub(1);
            let characters = ["a", "é", "日", "😀", "\\", "\n"];
            let plain = dice.pick(&characters);
            Node::text(
                &(0..length)
                    .map(|_| if dice.chance(10) { dice.pick(&characters) } else { plain })
                    .collect::<String>(),
            )
        }
        _ if dice.chance(10) => Node::text(&text(dice)),
        _ => Node::text(dice.pick(&TEXTS)),
    }
}

/// A bound, or what is just above or below it.
fn by_an_edge(schema: &Value, dice: &mut Dice) -> Node {
    let words = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
    let bounds: Vec<&Value> =
        words.iter().filter_map(|word| schema.get(word)).filter(|bound| bound.is_number()).collect();
    if bounds.is_empty() || dice.chance(30) {
        return number(dice);
    }
    let bound = bounds[dice.below(bounds.len())];
    let near = match bound.as_i64() {
        Some(bound) => (i128::from(bound) + [-1, 0, 0, 1, bound.into()][dice.below(5)]).to_string(),
        None => bound.to_string(),
    };
    let tail = if near.contains(['.', 'e']) {
        &["", "0", "5", "e1"][..]
    } else {
        &["", "", ".0", ".5", "e0", "E+1", ".00000001"]
    };
    Node::Number(format!("{near}{}", dice.pick(tail)))
}

fn array(schema: &Value, root: &Value, dice: &mut Dice, depth: usize) -> Node {
    let items = |place: usize| match (schema.get("prefixItems"), schema.get("items")) {
        (Some(Value::Array(first)), items) => first.get(place).or(items),
        (_, Some(Value::Array(first))) => first.get(place).or(schema.get("additionalItems")),
        (_, items) => items.or(schema.get("contains")),
    };
    let count = dice.below(6);
    let mut elements: Vec<Node> = Vec::new();
    for place in 0..count {
        elements.push(match items(place) {
            _ if place > 0 && dice.chance(15) => elements[dice.below(place)].clone(),
            Some(items) => instance(items, root, dice, depth - 1),
            None => any(dice, 2),
        });
    }
    Node::array(elements)
}

fn object(schema: &Value, root: &Value, dice: &mut Dice, depth: usize) -> Node {
    let mut members = Vec::new();
    for (name, inside) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if dice.chance(if required(schema, name) { 95 } else { 50 }) {
            members.push((name.as_str(), instance(inside, root, dice, depth - 1)));
        }
    }
    let more = schema.get("additionalProperties").filter(|more| more.is_object());
    while dice.chance(if more.is_some() { 60 } else { 10 }) {
        let name = dice.pick(&["x", "y", "more", "n_", "n_s", "a_s", "seventeen-letters", "été", ""]);
        members.push((name, instance(more.unwrap_or(&Value::Bool(true)), root, dice, depth - 1)));
    }
    Node::object(members)
}
