//! Events: what is put into a source, and what has to become of it where nothing fails.
//!
//! The expectation is written down here by hand. It does not ask the engine, so that an error of the engine
//! is not taken for what is right.

use crate::dice::Dice;
use crate::tables;

/// What must never be seen outside of objects: it is in each payload, each key and in attributes that no
/// rule copies.
pub(crate) const SECRET: &str = "S3CR3T";

/// What the store refuses for good where an object holds it.
pub(crate) const POISON: &str = "P0IS0N";

/// More than a batch has room for.
const GIANT: usize = 7_000;
/// Three of them are more than a batch has room for.
const HUGE: usize = 1_300;
/// The room of a batch, in bytes: each event counts as it is read and as it is enriched.
pub(crate) const BATCH_BYTES: usize = 6_500;

/// How an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Style {
    /// By its producer, with white space that has to stay.
    Plain,
    /// Out of the items of a table's stream.
    Change,
}

/// What a source carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// An event with these fields.
    Fields(Vec<(&'static str, Json)>),
    /// Something else.
    Text(String),
    /// A record in which the event's place holds something that can't be read.
    Damaged,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Text(String),
    /// The numbers of products, and with `true` the prices that the rule writes behind them.
    Lines(Vec<usize>, bool),
}

/// What has to become of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    Enriched {
        text: String,
        /// The texts that stand for a caught error, without the code and what stands behind it.
        caught: Option<(String, String)>,
        /// The text where the item was not waited for.
        missing: Option<String>,
    },
    Dropped,
    /// With one of these codes.
    Rejected(&'static [&'static str]),
}

#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) number: usize,
    pub(crate) rule: &'static str,
    pub(crate) payload: Payload,
    /// The bytes that a record carries.
    pub(crate) text: String,
    pub(crate) expect: Expect,
    /// Enriched, it holds what the store refuses, and so is rejected.
    pub(crate) poison: bool,
    /// Takes much of a batch's room.
    pub(crate) large: bool,
    /// `record.id`, once it is packed into a record.
    pub(crate) id: String,
    /// What a reject has to keep, once it is packed.
    pub(crate) kept: Vec<u8>,
}

/// What tells an event in the bytes of an object.
pub(crate) fn token(number: usize) -> String {
    format!("#{number}#")
}

/// The numbers of the events whose tokens are in the text.
pub(crate) fn tokens(text: &str) -> Vec<usize> {
    let parts: Vec<_> = text.split('#').collect();
    parts.iter().skip(1).step_by(2).filter_map(|part| part.parse().ok()).collect()
}

impl Style {
    /// Where rules find the fields.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Change => ".new",
        }
    }

    fn text(self, number: usize, fields: &[(&'static str, Json)], added: &str) -> String {
        let colon = if self == Style::Plain { ": " } else { ":" };
        let mut fields: Vec<_> =
            fields.iter().map(|(name, value)| format!("\"{name}\"{colon}{}", value.text(colon))).collect();
        if self == Style::Change {
            // An item's attributes have no order but that of their names.
            fields.sort_unstable();
        }
        let inside = format!("{{{}{added}}}", fields.join(","));
        match self {
            Style::Plain => inside,
            Style::Change => format!(
                r#"{{"eventID":"e{number}","eventName":"INSERT","keys":{{"id":"{}"}},"new":{inside}}}"#,
                token(number)
            ),
        }
    }
}

impl Json {
    fn text(&self, colon: &str) -> String {
        match self {
            Json::Text(text) => format!("\"{text}\""),
            Json::Lines(products, priced) => {
                let line = |product: &usize| {
                    let price = if *priced {
                        format!(",\"price\":{}", tables::price(*product).unwrap_or(0))
                    } else {
                        String::new()
                    };
                    format!("{{\"product\"{colon}{product}{price}}}")
                };
                format!("[{}]", products.iter().map(line).collect::<Vec<_>>().join(","))
            }
        }
    }

    /// As an attribute of an item.
    pub(crate) fn attribute(&self) -> String {
        match self {
            Json::Text(text) => format!(r#"{{"S":"{text}"}}"#),
            Json::Lines(products, _) => {
                let line = |product: &usize| format!(r#"{{"M":{{"product":{{"N":"{product}"}}}}}}"#);
                format!(r#"{{"L":[{}]}}"#, products.iter().map(line).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// Rolls an event.
pub(crate) fn roll(dice: &mut Dice, number: usize, style: Style) -> Event {
    let kind = dice.between(0, 99);
    match kind {
        0..=4 if style == Style::Plain => {
            text(number, format!("no JSON {} {SECRET}", token(number)), "not_json")
        }
        5 if style == Style::Plain => text(number, String::new(), "not_json"),
        6 if style == Style::Plain => text(number, format!("[\"{} {SECRET}\"]", token(number)), "not_object"),
        0..=9 => damaged(number),
        10..=12 => {
            let fields = vec![("id", Json::Text(token(number))), ("secret", Json::Text(SECRET.to_owned()))];
            event(number, style, "", fields, Expect::Rejected(&["no_rule"]))
        }
        13..=20 => lines(dice, number, style),
        21..=28 => late(number, style),
        29..=45 => caught(dice, number, style),
        _ => looked_up(dice, number, style),
    }
}

fn text(number: usize, text: String, code: &'static str) -> Event {
    let codes: &'static [&'static str] = if code == "not_json" { &["not_json"] } else { &["not_object"] };
    Event {
        number,
        rule: "",
        payload: Payload::Text(text.clone()),
        text,
        expect: Expect::Rejected(codes),
        poison: false,
        large: false,
        id: String::new(),
        kept: Vec::new(),
    }
}

fn damaged(number: usize) -> Event {
    let codes = &["not_base64", "envelope", "tombstone"];
    let text = format!("={} {SECRET}", token(number));
    let payload = Payload::Damaged;
    Event { payload, expect: Expect::Rejected(codes), ..self::text(number, text, "not_json") }
}

fn event(
    number: usize,
    style: Style,
    rule: &'static str,
    fields: Vec<(&'static str, Json)>,
    expect: Expect,
) -> Event {
    let bytes = style.text(number, &fields, "");
    let large = bytes.len() >= HUGE;
    Event { rule, payload: Payload::Fields(fields), expect, large, ..text(number, bytes, "not_json") }
}

fn enriched(text: String) -> Expect {
    Expect::Enriched { text, caught: None, missing: None }
}

fn fields(number: usize, rule: &str, user: Option<&str>) -> Vec<(&'static str, Json)> {
    let mut fields = vec![
        ("id", Json::Text(token(number))),
        ("rule", Json::Text(rule.to_owned())),
        ("secret", Json::Text(SECRET.to_owned())),
    ];
    if let Some(user) = user {
        fields.push(("user", Json::Text(user.to_owned())));
    }
    fields
}

/// Rolls an event of the rules `one` and `many`: two lookups, one keyed by the other's item.
fn looked_up(dice: &mut Dice, number: usize, style: Style) -> Event {
    let rule = dice.pick(&["one", "many"]);
    let known = dice.between(0, 7);
    let (user, added): (Option<String>, Result<String, &'static [&'static str]>) = match dice.between(0, 19) {
        0..=1 => (Some(format!("ghost-{SECRET}")), Ok(r#","segment":"none","team":"no team""#.to_owned())),
        2..=3 => (None, Ok(r#","segment":"none","team":"no team""#.to_owned())),
        4 => (Some(format!("odd-{SECRET}")), Err(&["attribute_type"])),
        5 => (Some(format!("refused-{SECRET}")), Err(&["refused"])),
        _ => {
            let team = tables::team(known).unwrap_or_else(|| "no team".to_owned());
            (Some(tables::user(known)), Ok(format!(r#","segment":"s{known}","team":"{team}""#)))
        }
    };
    let mut fields = fields(number, rule, user.as_deref());
    fields.push(("part", Json::Text(dice.pick(&["a", "b"]).to_owned())));
    let special = dice.between(0, 29);
    let poison = special == 0;
    match special {
        0 => fields.push(("note", Json::Text(POISON.to_owned()))),
        1 => fields.push(("note", Json::Text("x".repeat(HUGE)))),
        2 => fields.push(("note", Json::Text("x".repeat(GIANT)))),
        3..=5 => fields.push(("kind", Json::Text("bot".to_owned()))),
        _ => {}
    }
    let expect = match (special, added) {
        (2, _) => Expect::Rejected(&["too_large"]),
        (3..=5, _) => Expect::Dropped,
        (_, Err(codes)) => Expect::Rejected(codes),
        (_, Ok(added)) => enriched(style.text(number, &fields, &added)),
    };
    Event { poison, ..event(number, style, rule, fields, expect) }
}

/// Rolls an event whose rule goes on without its item.
fn caught(dice: &mut Dice, number: usize, style: Style) -> Event {
    let known = dice.between(0, 7);
    let (user, added) = match dice.between(0, 5) {
        0 => (format!("ghost-{SECRET}"), r#","segment":"none""#.to_owned()),
        1 => (format!("odd-{SECRET}"), r#","trouble":"attribute_type""#.to_owned()),
        2 => (format!("refused-{SECRET}"), r#","trouble":"refused""#.to_owned()),
        _ => (tables::user(known), format!(r#","segment":"s{known}""#)),
    };
    let fields = fields(number, "caught", Some(&user));
    let whole = style.text(number, &fields, r#","trouble":"|""#);
    let (before, behind) = whole.split_once('|').expect("a bar");
    let caught = Some((before.to_owned(), behind.to_owned()));
    let expect = Expect::Enriched { text: style.text(number, &fields, &added), caught, missing: None };
    event(number, style, "caught", fields, expect)
}

/// An event whose item comes later than the event.
fn late(number: usize, style: Style) -> Event {
    let fields = fields(number, "late", Some(&tables::late(number)));
    let text = style.text(number, &fields, r#","segment":"late""#);
    let missing = Some(style.text(number, &fields, r#","segment":"none""#));
    event(number, style, "late", fields, Expect::Enriched { text, caught: None, missing })
}

/// Rolls an event with a lookup for each element of an array.
fn lines(dice: &mut Dice, number: usize, style: Style) -> Event {
    let products: Vec<_> = (0..dice.between(0, 4)).map(|_| dice.between(1, 9)).collect();
    let mut fields = fields(number, "lines", None);
    let mut priced = fields.clone();
    fields.push(("lines", Json::Lines(products.clone(), false)));
    priced.push(("lines", Json::Lines(products, true)));
    let expect = enriched(style.text(number, &priced, ""));
    event(number, style, "lines", fields, expect)
}
