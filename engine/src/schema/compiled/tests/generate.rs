//! Schemas out of a seed.

use serde_json::{Map, Value, json};

/// Formats, each with texts around what is valid.
pub(super) const FORMATS: [(&str, &[&str]); 7] = [
    ("date", &["2024-02-28", "2023-12-31", "2000-04-30", "2024-02-29", "2023-02-29"]),
    (
        "date-time",
        &[
            "2024-07-03T10:15:30Z",
            "2024-07-03T10:15:30.123456+02:00",
            "1999-12-31t23:59:60z",
            "2024-07-03 10:15:30Z",
        ],
    ),
    (
        "email",
        &[
            "person77@shop.example",
            "first.last+tag@mail.shop.co",
            "a_b-c@a-b.de",
            "\"a b\"@example.com",
            "a@b",
        ],
    ),
    ("ipv4", &["192.168.0.1", "255.255.255.255", "0.0.0.0", "1.2.3"]),
    ("time", &["10:15:30Z", "23:59:59.9-23:59", "23:59:60Z", "10:15:30"]),
    (
        "uri",
        &[
            "https://shop.example/cart?item=12&q=a/b",
            "https://a.host-name-of-more-than-16-bytes.example:443/a/path/that/is/long?and=a,query~of!it",
            "http://a.b:8080",
            "https://x.example/%41#top",
            "urn:isbn:12",
            "http://user@host/",
            "/relative",
        ],
    ),
    (
        "uuid",
        &[
            "123e4567-e89b-42d3-a456-426614174000",
            "123E4567-E89B-12D3-A456-426614174000",
            "123e4567e89b12d3a456",
        ],
    ),
];

pub(super) const NAMES: [&str; 10] = [
    "a",
    "b",
    "id",
    "kind",
    "user_id",
    "event_id",
    "event_ix",
    "größe",
    "a_name_that_is_rather_long",
    "a_name_that_is_rother_long",
];

pub(super) const STRINGS: [&str; 11] = [
    "",
    "a",
    "b",
    "page_view",
    "page_vjew",
    "add_to_cart",
    "ä",
    "äöü€𝄞",
    "a\"b\\c\n",
    "a_text_of_more_than_16_bytes",
    "a_text_of_more_thin_16_bytes",
];

pub(super) const NUMBERS: [&str; 24] = [
    "0",
    "-0",
    "0.0",
    "1",
    "1.0",
    "1e0",
    "10E-1",
    "2",
    "-1",
    "3",
    "1.5",
    "15e-1",
    "0.1",
    "0.10000000000000000001",
    "2.9999999999999999999",
    "100",
    "1e2",
    "1e400",
    "-1e400",
    "999999999999999",
    "1000000000000000",
    "9007199254740993",
    "-9223372036854775809",
    "18446744073709551616",
];

const PATTERNS: [&str; 3] = ["^a", "_", "^[a-z_]*$"];

/// SplitMix64.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count as u64).expect("below a length")
    }

    /// Whether something happens that does so in one of `count` cases.
    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(super) fn word(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len())]
    }

    pub(super) fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

/// A text with some other characters.
pub(super) fn mutated(random: &mut Random, text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(2) {
        let letter = *random.pick(&[
            '0', '1', '2', '3', '5', '9', 'a', 'f', 'g', 'Z', '-', '.', ':', '@', '/', '?', '%', '+', ' ',
            'é',
        ]);
        let at = random.below(letters.len() + 1);
        match random.below(4) {
            0 => letters.insert(at, letter),
            1 if at < letters.len() => drop(letters.remove(at)),
            _ if at < letters.len() => letters[at] = letter,
            _ => letters.push(letter),
        }
    }
    letters.into_iter().collect()
}

/// A schema with definitions `d0` and `d1`.
pub(super) fn schema(random: &mut Random) -> Value {
    let drafts = [
        ("", "$defs"),
        ("", "$defs"),
        ("", "$defs"),
        ("https://json-schema.org/draft/2020-12/schema", "$defs"),
        ("https://json-schema.org/draft/2019-09/schema", "$defs"),
        ("http://json-schema.org/draft-07/schema#", "definitions"),
        ("http://json-schema.org/draft-06/schema#", "definitions"),
        ("http://json-schema.org/draft-04/schema#", "definitions"),
    ];
    let at = random.below(drafts.len());
    let (draft, definitions) = drafts[at];
    let maker = Maker { newest: at < 4, oldest: at == 7, definitions };
    let mut root = Map::new();
    while root.is_empty() {
        root = maker.object(random, 3);
    }
    if !draft.is_empty() {
        root.insert("$schema".to_owned(), draft.into());
    }
    root.insert(
        definitions.to_owned(),
        json!({"d0": maker.schema(random, 2), "d1": maker.schema(random, 1)}),
    );
    Value::Object(root)
}

struct Maker {
    newest: bool,
    oldest: bool,
    definitions: &'static str,
}

impl Maker {
    fn schema(&self, random: &mut Random, depth: usize) -> Value {
        if !self.oldest && random.one_in(12) {
            return Value::Bool(!random.one_in(3));
        }
        Value::Object(self.object(random, depth))
    }

    fn object(&self, random: &mut Random, depth: usize) -> Map<String, Value> {
        let mut words = Map::new();
        if random.one_in(10) {
            let name =
                ["#".to_owned(), format!("#/{}/d0", self.definitions), format!("#/{}/d1", self.definitions)];
            // The outermost schema would be its own target.
            let name = if depth < 3 { random.pick(&name) } else { &name[1] };
            words.insert("$ref".to_owned(), name.as_str().into());
        }
        match random.below(if depth == 0 { 4 } else { 9 }) {
            0 => self.string(random, &mut words),
            1 => self.number(random, &mut words),
            2 => self.values(random, &mut words),
            3 => put(
                &mut words,
                "type",
                random.pick(&[json!("boolean"), json!("null"), json!(["null", "string"])]).clone(),
            ),
            4 => self.array(random, &mut words, depth - 1),
            5..=7 => self.members(random, &mut words, depth - 1),
            _ => self.joined(random, &mut words, depth - 1),
        }
        // Keywords of any other kind beside.
        if random.one_in(8) {
            let more = self.object(random, depth.saturating_sub(1));
            for (name, value) in more {
                words.entry(name).or_insert(value);
            }
        }
        if self.oldest {
            // It has booleans there, and needs their partners.
            ["exclusiveMinimum", "exclusiveMaximum"].iter().for_each(|name| drop(words.remove(*name)));
        }
        words
    }

    fn string(&self, random: &mut Random, words: &mut Map<String, Value>) {
        maybe(random, words, "type", |_| "string".into());
        match random.below(6) {
            0 | 1 => put(words, "format", random.pick(&FORMATS).0.into()),
            2 => put(words, "pattern", random.word(&PATTERNS).into()),
            3 => put(words, "format", random.word(&["hostname", "regex", "nobody-knows"]).into()),
            _ => {
                maybe(random, words, "minLength", |random| random.below(6).into());
                maybe(random, words, "maxLength", |random| random.below(24).into());
            }
        }
    }

    fn number(&self, random: &mut Random, words: &mut Map<String, Value>) {
        let types = [json!("integer"), json!("number"), json!(["integer", "number", "string"])];
        maybe(random, words, "type", |random| random.pick(&types).clone());
        for name in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] {
            if random.one_in(3) {
                put(words, name, limit(random));
            }
        }
        if random.one_in(6) {
            put(words, "multipleOf", 2.into());
        }
    }

    fn values(&self, random: &mut Random, words: &mut Map<String, Value>) {
        let mut values: Vec<Value> = (0..=random.below(12)).map(|_| plain(random)).collect();
        if random.one_in(8) {
            values.push(json!([1, {"a": 1}]));
        }
        let values = values.into_iter().fold(Vec::new(), |mut all, value| {
            // Drafts 4 and 6 want each but once, and 1.0 is 1.
            let text = |value: &Value| value.as_f64().map_or(value.to_string(), |number| number.to_string());
            if all.iter().all(|known| text(known) != text(&value)) {
                all.push(value);
            }
            all
        });
        if random.one_in(3) {
            put(words, "const", values[0].clone());
        } else {
            put(words, "enum", values.into());
        }
    }

    fn array(&self, random: &mut Random, words: &mut Map<String, Value>, depth: usize) {
        maybe(random, words, "type", |_| "array".into());
        maybe(random, words, "items", |random| self.schema(random, depth));
        if self.newest && random.one_in(3) {
            put(words, "prefixItems", vec![self.schema(random, depth), self.schema(random, depth)].into());
        }
        if !self.newest && random.one_in(6) {
            put(words, "items", vec![self.object(random, depth)].into_iter().map(Value::Object).collect());
            put(words, "additionalItems", (!random.one_in(2)).into());
        }
        maybe(random, words, "minItems", |random| random.below(3).into());
        maybe(random, words, "maxItems", |random| random.below(5).into());
        if random.one_in(8) {
            put(words, "uniqueItems", true.into());
        }
        if random.one_in(8) {
            put(words, "contains", self.schema(random, 0));
        }
    }

    fn members(&self, random: &mut Random, words: &mut Map<String, Value>, depth: usize) {
        maybe(random, words, "type", |_| "object".into());
        let properties: Map<String, Value> = (0..random.below(7))
            .map(|_| (random.word(&NAMES).to_owned(), self.schema(random, depth)))
            .collect();
        put(words, "properties", properties.into());
        if random.one_in(2) {
            let mut names: Vec<&str> = (0..=random.below(3)).map(|_| random.word(&NAMES)).collect();
            names.sort_unstable();
            names.dedup();
            put(words, "required", names.into());
        }
        match random.below(8) {
            0 | 1 => put(words, "additionalProperties", false.into()),
            2 => put(words, "additionalProperties", Value::Object(self.object(random, depth))),
            3 => put(words, "patternProperties", json!({"^a": self.object(random, 0)})),
            4 => put(words, "minProperties", random.below(3).into()),
            5 => put(words, "maxProperties", random.below(6).into()),
            6 => put(words, "unevaluatedProperties", false.into()),
            _ => {}
        }
    }

    fn joined(&self, random: &mut Random, words: &mut Map<String, Value>, depth: usize) {
        let some = |random: &mut Random| -> Value {
            (0..=random.below(3)).map(|_| Value::Object(self.object(random, depth))).collect()
        };
        match random.below(5) {
            0 => put(words, "allOf", some(random)),
            1 => put(words, "anyOf", some(random)),
            2 => put(words, "oneOf", some(random)),
            3 => put(words, "not", Value::Object(self.object(random, depth))),
            _ => {
                put(words, "if", Value::Object(self.object(random, depth)));
                maybe(random, words, "then", |random| Value::Object(self.object(random, depth)));
                maybe(random, words, "else", |random| Value::Object(self.object(random, depth)));
            }
        }
    }
}

fn put(words: &mut Map<String, Value>, name: &str, value: Value) {
    words.insert(name.to_owned(), value);
}

fn maybe(
    random: &mut Random,
    words: &mut Map<String, Value>,
    name: &str,
    value: impl FnOnce(&mut Random) -> Value,
) {
    if !random.one_in(3) {
        put(words, name, value(random));
    }
}

fn limit(random: &mut Random) -> Value {
    random
        .pick(&[
            json!(0),
            json!(1),
            json!(2.0),
            json!(2.5),
            json!(-1),
            json!(100),
            json!(9_007_199_254_740_993_u64),
            json!(1e15),
            json!(1e300),
        ])
        .clone()
}

pub(super) fn plain(random: &mut Random) -> Value {
    match random.below(8) {
        0 => Value::Null,
        1 => random.one_in(2).into(),
        2 | 3 => serde_json::from_str(random.word(&NUMBERS[..17])).expect("a number"),
        _ => random.word(&STRINGS).into(),
    }
}
