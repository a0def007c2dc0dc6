//! Events as producers write them: flat clicks, nested orders, and any JSON at all.

use std::collections::BTreeMap;

use crate::dice::Dice;
use crate::parse::parse;
use crate::tree::{Node, unquoted};

/// The fields of the events, each with the values that it may have. `"$person"` and its like stand for another
/// kind of object, an array of them, or a long text.
pub(crate) struct Fields(BTreeMap<String, Vec<(String, Vec<Node>)>>);

/// Numbers at the edges of what others make of them.
const NUMBERS: [&str; 34] = [
    "0",
    "-0",
    "0.0",
    "-0.0",
    "0e5",
    "1",
    "1.0",
    "1e0",
    "1E+2",
    "100",
    "10",
    "-1",
    "-1.50",
    "2.5",
    "3",
    "4",
    "5.0",
    "49.990",
    "99.999",
    "0.1",
    "0.30",
    "1e2",
    "4294967296",
    "9007199254740993",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "12345678901234567890123456789012345678",
    "1e-130",
    "1e126",
    "1e400",
    "-1e400",
    "1e-400",
];

/// Characters of each length in UTF-8 and UTF-16, those that must be escaped, and those that look as if.
const CHARACTERS: [char; 24] = [
    'a', 'b', 'z', '0', ' ', '/', '{', '}', '[', ']', ':', ',', '"', '\\', '\n', '\u{0}', '\u{1f}', '\u{7f}',
    'é', 'ß', '日', '\u{2028}', '\u{ffff}', '😀',
];

impl Fields {
    pub(crate) fn read(json: &str) -> Self {
        let Node::Object(kinds) = parse(json.as_bytes()).expect("fields").value else { panic!("an object") };
        let field = |field: &crate::tree::Member| {
            (unquoted(&field.name), field.value.children().into_iter().cloned().collect())
        };
        let kind = |kind: &crate::tree::Member| {
            let Node::Object(fields) = &kind.value else { panic!("fields of a kind") };
            (unquoted(&kind.name), fields.members.iter().map(field).collect())
        };
        Self(kinds.members.iter().map(kind).collect())
    }

    /// An event of that kind. Most fields are there, in their order or in any other.
    pub(crate) fn event(&self, kind: &str, dice: &mut Dice) -> Node {
        let there = [30, 60, 90, 97][dice.below(4)];
        let mut members = Vec::new();
        for (name, values) in &self.0[kind] {
            if dice.chance(there) {
                members.push((name.as_str(), self.value(values, dice)));
            }
        }
        if dice.chance(30) {
            for place in (1..members.len()).rev() {
                members.swap(place, dice.below(place + 1));
            }
        }
        Node::object(members)
    }

    fn value(&self, values: &[Node], dice: &mut Dice) -> Node {
        if dice.chance(3) {
            return any(dice, 3);
        }
        let value = &values[dice.below(values.len())];
        let many = |kind, dice: &mut Dice| {
            let count = if dice.chance(2) { dice.between(99, 102) } else { dice.below(6) };
            Node::array((0..count).map(|_| self.event(kind, dice)).collect())
        };
        match value.as_text().as_deref() {
            // The longest key that a table has, and a longer one.
            Some("$long") => Node::text(&"k".repeat(dice.between(2047, 2050))),
            Some("$person") => self.event("person", dice),
            Some("$lines") => many("line", dice),
            Some("$payments") => many("payment", dice),
            _ => value.clone(),
        }
    }
}

/// Any JSON of that depth at most.
pub(crate) fn any(dice: &mut Dice, depth: usize) -> Node {
    match dice.below(if depth == 0 { 5 } else { 7 }) {
        0 => Node::Null,
        1 => Node::Bool(dice.chance(50)),
        2 => number(dice),
        3 => Node::text(["", "a", "u1", "p1", "true", "17", "null"][dice.below(7)]),
        4 => Node::text(&text(dice)),
        5 => {
            let count = dice.below(4);
            Node::array((0..count).map(|_| any(dice, depth - 1)).collect())
        }
        _ => {
            let count = dice.below(4);
            let names = ["a", "b", "id", "name", "", "x y", "é"];
            Node::object((0..count).map(|_| (dice.pick(&names), any(dice, depth - 1))).collect())
        }
    }
}

/// A number: one at an edge, or one of many digits.
pub(crate) fn number(dice: &mut Dice) -> Node {
    if dice.chance(85) {
        return Node::Number(dice.pick(&NUMBERS).to_owned());
    }
    let digit = |dice: &mut Dice| char::from(b"0123456789"[dice.below(10)]);
    let mut digits: String = (0..=length(dice)).map(|_| digit(dice)).collect();
    digits.insert_str(0, dice.pick(&["1", "-2", "0.", "3.0", "-0.00"]));
    Node::Number(digits)
}

/// A text of any characters, of one but for a single other one, or with a run of backslashes and a quote in it.
pub(crate) fn text(dice: &mut Dice) -> String {
    let length = length(dice);
    if dice.chance(40) {
        return (0..length.min(40)).map(|_| CHARACTERS[dice.below(CHARACTERS.len())]).collect();
    }
    let place = dice.below(length);
    let other = match dice.below(3) {
        0 => format!("{}\"", "\\".repeat(dice.below(6))),
        _ => CHARACTERS[dice.below(CHARACTERS.len())].to_string(),
    };
    format!("{}{other}{}", "x".repeat(place), "x".repeat(length.saturating_sub(place + 1)))
}

/// A length, often by the edge of a block of bytes.
pub(crate) fn length(dice: &mut Dice) -> usize {
    match dice.below(20) {
        0..7 => dice.below(5),
        7..13 => dice.below(20),
        13..19 => [8, 16, 32, 64, 128, 256][dice.below(6)] + dice.below(5) - 2,
        _ => [512, 1024, 4096][dice.below(3)] + dice.below(5) - 2,
    }
}
