//! Text to tree: the grammar of RFC 8259, rule by rule, one character at a time.

use crate::tree::{Array, Element, Member, Node, Object};

/// How deep an event may be nested.
pub(crate) const MAX_DEPTH: usize = 128;

/// Far more than any event here: deeper ones are not read to their end.
const END_OF_RECURSION: usize = 1_000;

/// Why bytes are no event's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NotJson,
    TooDeep,
    /// Both: no JSON, and brackets that are too deep before it is seen. Either may be said.
    Both,
}

/// A JSON text: its value, and the white space around that.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) before: String,
    pub(crate) value: Node,
    pub(crate) after: String,
}

impl Text {
    pub(crate) fn print(&self) -> String {
        format!("{}{}{}", self.before, self.value.print(), self.after)
    }
}

/// Reads one JSON text.
pub(crate) fn parse(bytes: &[u8]) -> Result<Text, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::NotJson)?;
    let mut reader = Reader { rest: text, depth: 0, deepest: 0 };
    match reader.text() {
        Some(_) if reader.deepest > MAX_DEPTH => Err(Refusal::TooDeep),
        Some(text) => Ok(text),
        None if reader.deepest > MAX_DEPTH => Err(Refusal::Both),
        None => Err(Refusal::NotJson),
    }
}

/// What is not read yet. `None` of its methods means: this is not JSON.
struct Reader<'t> {
    rest: &'t str,
    depth: usize,
    deepest: usize,
}

impl Reader<'_> {
    fn text(&mut self) -> Option<Text> {
        let before = self.space();
        let value = self.value()?;
        let after = self.space();
        self.rest.is_empty().then_some(Text { before, value, after })
    }

    fn value(&mut self) -> Option<Node> {
        match self.rest.chars().next()? {
            'n' => self.word("null").map(|()| Node::Null),
            't' => self.word("true").map(|()| Node::Bool(true)),
            'f' => self.word("false").map(|()| Node::Bool(false)),
            '"' => self.string().map(Node::String),
            '[' => self.nested(Self::array),
            '{' => self.nested(Self::object),
            _ => self.number().map(Node::Number),
        }
    }

    fn nested(&mut self, inside: fn(&mut Self) -> Option<Node>) -> Option<Node> {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let node = if self.depth > END_OF_RECURSION { None } else { inside(self) };
        self.depth -= 1;
        node
    }

    fn array(&mut self) -> Option<Node> {
        self.word("[")?;
        let gap = self.space();
        if self.eat("]") {
            return Some(Node::Array(Array { elements: Vec::new(), gap }));
        }
        let mut elements = Vec::new();
        let mut before = gap;
        loop {
            let value = self.value()?;
            elements.push(Element { before, value, after: self.space() });
            if self.eat("]") {
                return Some(Node::Array(Array { elements, gap: String::new() }));
            }
            self.word(",")?;
            before = self.space();
        }
    }

    fn object(&mut self) -> Option<Node> {
        self.word("{")?;
        let gap = self.space();
        if self.eat("}") {
            return Some(Node::Object(Object { members: Vec::new(), gap: (String::new(), gap) }));
        }
        let mut members = Vec::new();
        let mut before = gap;
        loop {
            let name = self.string()?;
            let space = self.space();
            self.word(":")?;
            let colon = (space, self.space());
            let value = self.value()?;
            members.push(Member { before, name, colon, value, after: self.space() });
            if self.eat("}") {
                return Some(Node::Object(Object { members, ..Object::default() }));
            }
            self.word(",")?;
            before = self.space();
        }
    }

    /// A string's raw text.
    fn string(&mut self) -> Option<String> {
        let mut inside = self.rest.strip_prefix('"')?.chars();
        loop {
            match inside.next()? {
                '"' => break,
                '\\' => match inside.next()? {
                    '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {}
                    'u' => match hex4(&mut inside)? {
                        0xd800..=0xdbff => {
                            let low = (inside.next()?, inside.next()?, hex4(&mut inside)?);
                            matches!(low, ('\\', 'u', 0xdc00..=0xdfff)).then_some(())?;
                        }
                        0xdc00..=0xdfff => return None,
                        _ => {}
                    },
                    _ => return None,
                },
                '\0'..='\u{1f}' => return None,
                _ => {}
            }
        }
        Some(self.take(self.rest.len() - inside.as_str().len()))
    }

    /// A number's text: `-`, whole digits without a leading zero, a fraction, an exponent.
    fn number(&mut self) -> Option<String> {
        let digits =
            |text: &str| text.len() - text.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
        let rest = self.rest.strip_prefix('-').unwrap_or(self.rest);
        let whole = if rest.starts_with('0') { 1 } else { digits(rest) };
        let mut rest = rest.get(whole..).filter(|_| whole > 0)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            let count = digits(fraction);
            rest = fraction.get(count..).filter(|_| count > 0)?;
        }
        if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
            let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let count = digits(power);
            rest = power.get(count..).filter(|_| count > 0)?;
        }
        Some(self.take(self.rest.len() - rest.len()))
    }

    fn space(&mut self) -> String {
        let behind = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.take(self.rest.len() - behind.len())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.eat(word).then_some(())
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.rest.starts_with(word);
        if found {
            self.take(word.len());
        }
        found
    }

    fn take(&mut self, length: usize) -> String {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken.to_owned()
    }
}

fn hex4(inside: &mut std::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |value, _| Some(value * 16 + inside.next()?.to_digit(16)?))
}
