//! Members and elements as most are: plain names, and strings, numbers and words side by side, in objects and arrays. They
//! are read in one short loop, whose state is in registers. What is not plain, or wrong, is left to the scanner.
//!
//! Each step takes the text that is left and gives what is left behind it.

use wide::u8x16;

use super::document::Kind;
use super::tape::{Open, Token, closing};

/// Where it ends what is read here.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// Before a value that is not plain, or not there.
    Value(usize),
    /// Behind a value.
    Behind(usize),
    /// Where another name may begin.
    Name(usize),
    /// Before a name, which the tape has no room for.
    Full(usize),
}

/// Reads the members or elements of what is open from `at` on, and of all that is inside and around it, until no more than
/// `floor` containers are open, or something is not plain.
pub(super) fn walk(text: &[u8], at: usize, floor: usize, slots: &mut [Token], opened: &mut Open) -> End {
    let mut open = *opened;
    let mut rest = text.get(at..).unwrap_or_default();
    let place = |rest: &[u8]| text.len() - rest.len();
    let end = 'member: loop {
        if open.in_object() {
            let Some((length, behind)) = name(text, rest) else {
                match rest {
                    [b' ' | b'\n', behind @ ..] => {
                        rest = behind;
                        continue 'member;
                    }
                    _ => break End::Name(place(rest)),
                }
            };
            let at = place(rest);
            if open.push(slots, Kind::String, at, at + length).is_none() {
                break End::Full(at);
            }
            rest = behind;
        }
        loop {
            let start = place(rest);
            if let Some((kind, behind)) = value(text, rest) {
                if open.push(slots, kind, start, place(behind)).is_none() {
                    break 'member End::Value(start);
                }
                rest = behind;
                break;
            }
            match rest {
                [bracket @ (b'{' | b'['), inside @ ..] => {
                    let Some(next) = enters(inside, &open) else { break 'member End::Value(start) };
                    if open.begin(slots, *bracket, start).is_none() {
                        break 'member End::Value(start);
                    }
                    rest = inside;
                    if next == closing(*bracket) {
                        break;
                    }
                    continue 'member;
                }
                [b' ' | b'\n', behind @ ..] => rest = behind,
                _ => break 'member End::Value(start),
            }
        }
        while let [bracket, behind @ ..] = rest
            && *bracket == open.closing
        {
            rest = behind;
            open.end(slots, place(rest));
            if open.depth <= floor {
                break 'member End::Behind(place(rest));
            }
        }
        match rest {
            [b',', behind @ ..] => rest = behind,
            _ => break End::Behind(place(rest)),
        }
    };
    *opened = open;
    end
}

/// Reads the object or array, not empty, that the `rest` of the text begins with.
pub(super) fn container(text: &[u8], rest: &[u8], slots: &mut [Token], open: &mut Open) -> End {
    let at = text.len() - rest.len();
    if let [bracket @ (b'{' | b'['), inside @ ..] = rest
        && enters(inside, open).is_some_and(|next| next != closing(*bracket))
        && open.begin(slots, *bracket, at).is_some()
    {
        return walk(text, at + 1, open.depth - 1, slots, open);
    }
    End::Value(at)
}

/// What stands behind an opening bracket, if the container may be opened here.
#[inline(always)]
fn enters(inside: &[u8], open: &Open) -> Option<u8> {
    inside.first().copied().filter(|next| *next > b' ' && open.depth < open.max_depth)
}

/// How long a name without escapes is with its quotes, and what stands behind the colon that is right behind it.
#[inline(always)]
pub(super) fn name<'t>(whole: &[u8], text: &'t [u8]) -> Option<(usize, &'t [u8])> {
    if text.first() != Some(&b'"') {
        return None;
    }
    let length = quoted_length(whole, text);
    match text.get(length..) {
        Some([b'"', b':', behind @ ..]) => Some((length + 1, behind)),
        _ => None,
    }
}

/// What a plain value is that the text begins with, and what is behind it: a string without escapes, digits with a point or
/// without, or a word. `None` for all others.
#[inline(always)]
pub(super) fn value<'t>(whole: &[u8], text: &'t [u8]) -> Option<(Kind, &'t [u8])> {
    let [first, rest @ ..] = text else { return None };
    match *first {
        b'"' => match text.get(quoted_length(whole, text)..) {
            Some([b'"', behind @ ..]) => Some((Kind::String, behind)),
            _ => None,
        },
        first @ b'0'..=b'9' => Some((Kind::Number, number(first, whole, text)?)),
        b't' => Some((Kind::Bool, rest.strip_prefix(b"rue")?)),
        b'f' => Some((Kind::Bool, rest.strip_prefix(b"alse")?)),
        b'n' => Some((Kind::Null, rest.strip_prefix(b"ull")?)),
        _ => None,
    }
}

/// How many bytes of a text that begins with a quote are before the next quote, backslash or control character; its length
/// or more where there is none.
#[inline(always)]
fn quoted_length(whole: &[u8], text: &[u8]) -> usize {
    match special(block(whole, text)) & !1 {
        0 => 16 + plain_length(text.get(16..).unwrap_or_default()),
        special => special.trailing_zeros() as usize,
    }
}

/// What is behind the number that the text begins with, and of which `first` is the first digit.
#[inline(always)]
fn number<'t>(first: u8, whole: &[u8], text: &'t [u8]) -> Option<&'t [u8]> {
    // The bits of those that are no digits, and more.
    let others = !digits(block(whole, text));
    let integer = others.trailing_zeros();
    let mut length = integer as usize;
    if first == b'0' && length != 1 {
        return None;
    }
    if text.get(length) == Some(&b'.') {
        let places = (others >> integer >> 1).trailing_zeros();
        if places == 0 {
            return None;
        }
        length += 1 + places as usize;
    }
    if length >= 16 {
        return long_number(text);
    }
    let behind = text.get(length..)?;
    if let Some(b'e' | b'E') = behind.first() { None } else { Some(behind) }
}

/// The first 16 bytes of a text, which is what is left of the `whole` one; behind its end they are zero.
#[inline(always)]
fn block(whole: &[u8], text: &[u8]) -> [u8; 16] {
    text.first_chunk().copied().unwrap_or_else(|| last_block(whole, text))
}

#[cold]
#[inline(never)]
fn last_block(whole: &[u8], text: &[u8]) -> [u8; 16] {
    // Those that end the whole text, with what comes before `text` shifted out.
    if let Some(last) = whole.last_chunk() {
        let before = (16_usize.saturating_sub(text.len()) * 8).min(127);
        return (u128::from_le_bytes(*last) >> before).to_le_bytes();
    }
    let mut block = [0; 16];
    block.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    block
}

/// As [`number`], byte by byte.
#[cold]
#[inline(never)]
fn long_number(text: &[u8]) -> Option<&[u8]> {
    let digits = |text: &[u8]| text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let mut length = digits(text);
    if text.first() == Some(&b'0') && length > 1 {
        return None;
    }
    if let Some([b'.', fraction @ ..]) = text.get(length..) {
        let places = digits(fraction);
        length += places + 1;
        if places == 0 {
            return None;
        }
    }
    text.get(length..).filter(|behind| !matches!(behind.first(), Some(b'e' | b'E')))
}

/// The bits of the digits.
#[inline(always)]
fn digits(block: [u8; 16]) -> u32 {
    let digits = u8x16::new(block) - u8x16::splat(b'0');
    digits.min(u8x16::splat(9)).simd_eq(digits).to_bitmask()
}

/// The bits of quotes, backslashes and control characters.
#[inline(always)]
fn special(block: [u8; 16]) -> u32 {
    const QUOTE_APART: u8x16 = u8x16::new([b'"' ^ b' '; 16]);
    const BACKSLASH: u8x16 = u8x16::new([b'\\'; 16]);
    const LAST: u8x16 = u8x16::new([b' '; 16]);
    let block = u8x16::new(block);
    // With that bit turned a quote is the next one behind the control characters, which stay those.
    let turned = block ^ QUOTE_APART;
    (turned.min(LAST).simd_eq(turned) | block.simd_eq(BACKSLASH)).to_bitmask()
}

/// How many bytes there are before the next quote, backslash or control character, or the end: all that is plain
/// inside of a string.
#[inline]
#[must_use]
pub fn plain_length(text: &[u8]) -> usize {
    let (mut at, mut rest) = (0, text);
    while let Some((block, behind)) = rest.split_first_chunk::<16>() {
        let special = special(*block);
        if special != 0 {
            return at + special.trailing_zeros() as usize;
        }
        at += 16;
        rest = behind;
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    at + rest.iter().position(special).unwrap_or(rest.len())
}
