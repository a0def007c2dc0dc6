//! What happens to events on their way: other spellings, other layout, structure taken apart, bytes broken.

use std::fmt::Write as _;

use crate::dice::Dice;
use crate::generate::{any, length, text};
use crate::tree::{Element, Member, Node, inside, quoted, unquoted};

/// The same event, spelt and laid out another way. What it says stays.
pub(crate) fn spell(node: &mut Node, dice: &mut Dice) {
    let layout = Layout::of(dice);
    let escapes = [0, 0, 0, 2, 30][dice.below(5)];
    respell(node, layout, escapes, dice);
    if dice.chance(15) {
        // One run of white space, or the whole event, ends by the edge of a block.
        let run = " ".repeat(length(dice));
        if let Some(member) = any_member(node, dice) {
            let places = [&mut member.before, &mut member.colon.0, &mut member.colon.1, &mut member.after];
            let [before, behind_name, behind_colon, after] = places;
            *[before, behind_name, behind_colon, after][dice.below(4)] = run;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Compact,
    Spaced,
    Any,
}

impl Layout {
    fn of(dice: &mut Dice) -> Self {
        [Layout::Compact, Layout::Compact, Layout::Spaced, Layout::Any][dice.below(4)]
    }

    fn space(self, plain: &str, dice: &mut Dice) -> String {
        match self {
            Layout::Compact => String::new(),
            Layout::Spaced => plain.to_owned(),
            Layout::Any => {
                dice.pick(&["", "", " ", "  ", "\n", "\t", "\r\n    ", "                 "]).to_owned()
            }
        }
    }
}

fn respell(node: &mut Node, layout: Layout, escapes: usize, dice: &mut Dice) {
    match node {
        Node::String(raw) => escape(raw, escapes, dice),
        Node::Array(array) => {
            array.gap = layout.space("", dice);
            for (place, Element { before, value, after }) in array.elements.iter_mut().enumerate() {
                *before = layout.space(if place > 0 { " " } else { "" }, dice);
                respell(value, layout, escapes, dice);
                *after = layout.space("", dice);
            }
        }
        Node::Object(object) => {
            object.gap.1 = layout.space("", dice);
            for (place, Member { before, name, colon, value, after }) in object.members.iter_mut().enumerate()
            {
                *before = layout.space(if place > 0 { " " } else { "" }, dice);
                escape(name, escapes, dice);
                *colon = (layout.space("", dice), layout.space(" ", dice));
                respell(value, layout, escapes, dice);
                *after = layout.space("", dice);
            }
        }
        Node::Null | Node::Bool(_) | Node::Number(_) => {}
    }
}

/// Spells some characters of a string as escapes.
fn escape(raw: &mut String, percent: usize, dice: &mut Dice) {
    if percent == 0 {
        return;
    }
    let mut spelt = String::from('"');
    let mut rest = inside(raw).chars();
    while let Some(character) = rest.next() {
        if character == '\\' {
            // An escape as it is; of `\uXXXX` the digits follow as plain characters would.
            spelt.push(character);
            let sign = rest.next().expect("an escape");
            spelt.push(sign);
            spelt.extend(rest.by_ref().take(if sign == 'u' { 4 } else { 0 }));
        } else if character == '/' && dice.chance(percent) {
            spelt.push_str("\\/");
        } else if dice.chance(percent) {
            let upper = dice.chance(50);
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = if upper { write!(spelt, "\\u{unit:04X}") } else { write!(spelt, "\\u{unit:04x}") };
            }
        } else {
            spelt.push(character);
        }
    }
    spelt.push('"');
    *raw = spelt;
}

/// Takes the structure apart: the event is still JSON, and says something else.
pub(crate) fn restructure(node: &mut Node, dice: &mut Dice) {
    match dice.below(11) {
        0 => {
            // A member twice: the same, or another value under the same name.
            let other = any(dice, 1);
            if let Some(object) = any_object(node, dice)
                && let Some(twice) = object.members.get(dice.below(object.members.len())).cloned()
            {
                let value = if dice.chance(50) { other } else { twice.value.clone() };
                let place = dice.below(object.members.len() + 1);
                object.members.insert(place, Member { value, ..twice });
            }
        }
        1 => {
            if let Some(object) = any_object(node, dice)
                && !object.members.is_empty()
            {
                object.members.remove(dice.below(object.members.len()));
            }
        }
        2 => {
            if let Some(object) = any_object(node, dice)
                && !object.members.is_empty()
            {
                let count = object.members.len();
                object.members.swap(dice.below(count), dice.below(count));
            }
        }
        3 => {
            let value = any(dice, 3);
            *any_value(node, dice) = value;
        }
        4 => {
            let value = any_value(node, dice).clone();
            *any_value(node, dice) = value;
        }
        5 => {
            let value = Node::text(&text(dice));
            *any_value(node, dice) = value;
        }
        6 => {
            let (name, value) = (text(dice), any(dice, 1));
            if let Some(object) = any_object(node, dice) {
                let place = dice.below(object.members.len() + 1);
                object.members.insert(place, Member::new(&name, value));
            }
        }
        7 => {
            if let Some(object) = any_object(node, dice) {
                object.members.clear();
            }
        }
        8 => {
            // A name that differs in one character, or in its length, from one that the rules may ask for.
            if let Some(member) = any_member(node, dice) {
                let mut name: Vec<char> = unquoted(&member.name).chars().collect();
                match (dice.below(3), dice.below(name.len())) {
                    (0, at) if at < name.len() => name[at] = ['x', 'É', '"', '\u{0}'][dice.below(4)],
                    (1, at) if at < name.len() => _ = name.remove(at),
                    (_, at) => name.insert(at, '_'),
                }
                member.name = quoted(&name.into_iter().collect::<String>());
            }
        }
        9 => {
            // More members than anyone looks through one by one.
            let more = [5, 15, 16, 17, 64, 200][dice.below(6)];
            if let Some(object) = any_object(node, dice) {
                for number in 0..more {
                    let place = dice.below(object.members.len() + 1);
                    object.members.insert(place, Member::new(&format!("more_{number}"), any(dice, 1)));
                }
            }
        }
        _ => {
            // Up to the deepest that an event may be, and beyond it.
            let depth = [3, 30, 120, 126, 127, 128, 129, 200][dice.below(8)];
            let value = any_value(node, dice);
            for _ in 0..depth {
                let inside = std::mem::replace(value, Node::Null);
                *value = if dice.chance(70) {
                    Node::array(vec![inside])
                } else {
                    Node::object(vec![("d", inside)])
                };
            }
        }
    }
}

/// Breaks bytes.
pub(crate) fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) {
    const SIGNS: &[u8] =
        b"{}[]\",:\\/0123456789.eE+-tfnul \t\r\n\x00\x0b\x1f\x7f\x80\xbf\xc0\xc3\xe2\xed\xf0\xf4\xff";
    const PIECES: [&[u8]; 26] = [
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe2\x82",
        b"\xc2\xa0",
        b"\\ud83d",
        b"\\ude00",
        b"\\ud83d\\ude00",
        b"\\u12",
        b"\\x",
        b"\\",
        b"\"",
        b"\\\"",
        b",",
        b",,",
        b"01",
        b"1.",
        b"-",
        b"1e",
        b"null",
        b"nul",
        b"\x00",
        b"{}",
        b"]",
        b" ",
    ];
    let (at, other) = (dice.below(bytes.len() + 1), dice.below(bytes.len() + 1));
    let sign = if dice.chance(80) { SIGNS[dice.below(SIGNS.len())] } else { dice.byte() };
    let piece = PIECES[dice.below(PIECES.len())];
    let short = at..(at + dice.below(4)).min(bytes.len());
    match dice.below(12) {
        0 if at < bytes.len() => bytes[at] = sign,
        1 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
        2 => bytes.insert(at, sign),
        3 => _ = bytes.drain(short),
        4 => bytes.truncate(if dice.chance(50) { at } else { at / 16 * 16 }),
        5 => _ = bytes.drain(..at),
        6 => _ = bytes.splice(short, piece.iter().copied()),
        7 => bytes.extend_from_slice(piece),
        8 => _ = bytes.splice(..0, piece.iter().copied()),
        9 => {
            let again = bytes[at.min(other)..at.max(other)].to_vec();
            bytes.splice(at..at, again);
        }
        10 if at < bytes.len() && other < bytes.len() => bytes.swap(at, other),
        _ => bytes.extend(std::iter::repeat_n(b' ', length(dice))),
    }
}

/// White space around an event, so that it begins or ends by the edge of a block.
pub(crate) fn pad(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let block = [16, 32, 64, 128][dice.below(4)];
    let missing = (block - bytes.len() % block) + dice.below(3);
    let space = std::iter::repeat_n(b" \n"[dice.below(2)], missing.saturating_sub(1));
    if dice.chance(50) { bytes.extend(space) } else { _ = bytes.splice(..0, space) }
}

fn any_object<'n>(node: &'n mut Node, dice: &mut Dice) -> Option<&'n mut crate::tree::Object> {
    let mut count = 0;
    walk(node, &mut |node| count += usize::from(matches!(node, Node::Object(_))));
    let found = nth(node, &mut dice.below(count), |node| matches!(node, Node::Object(_)));
    if let Some(Node::Object(object)) = found { Some(object) } else { None }
}

fn any_value<'n>(node: &'n mut Node, dice: &mut Dice) -> &'n mut Node {
    let mut count = 0;
    walk(node, &mut |_| count += 1);
    // The event itself stays what it is.
    let at = if count > 1 { 1 + dice.below(count - 1) } else { 0 };
    nth(node, &mut { at }, |_| true).expect("a value")
}

fn any_member<'n>(node: &'n mut Node, dice: &mut Dice) -> Option<&'n mut Member> {
    let object = any_object(node, dice)?;
    let place = dice.below(object.members.len());
    object.members.get_mut(place)
}

fn walk(node: &Node, visit: &mut dyn FnMut(&Node)) {
    visit(node);
    node.children().into_iter().for_each(|child| walk(child, visit));
}

/// The value at that place among those that are wanted, from the outside in.
fn nth<'n>(node: &'n mut Node, place: &mut usize, wanted: fn(&Node) -> bool) -> Option<&'n mut Node> {
    if wanted(node) {
        if *place == 0 {
            return Some(node);
        }
        *place -= 1;
    }
    match node {
        Node::Array(array) => {
            array.elements.iter_mut().find_map(|element| nth(&mut element.value, place, wanted))
        }
        Node::Object(object) => {
            object.members.iter_mut().find_map(|member| nth(&mut member.value, place, wanted))
        }
        _ => None,
    }
}
