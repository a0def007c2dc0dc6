//! The quick way through a batch of Kinesis: its records look alike, so that what is between their values is
//! read once and compared from then on.
//!
//! The first record is read as any other, unless it looks as those of the last batch do. What stands around its
//! partition key, sequence number, data, time and id is what the records behind it must have too, byte for byte;
//! then they have the same members, and only these five values are looked at. A record that looks otherwise is read
//! by itself, and a body that is anything but such a batch is left to the long way, which also says what is wrong
//! with it.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use enrich_engine::json::{Document, Kind, Node, plain_length};
use enrich_engine::{Origin, Record, Timestamp};

use super::arrival;
use super::record::{self, base64_engine, resource_name};
use super::shape::{self, Element};
use crate::kpl;

/// The values of a record that differ from those of the others.
const VALUES: usize = 5;
const PARTITION_KEY: usize = 0;
const SEQUENCE_NUMBER: usize = 1;
const DATA: usize = 2;
const ARRIVAL: usize = 3;
const EVENT_ID: usize = 4;

/// Memory that is kept from one invocation to the next.
#[derive(Debug, Default)]
pub struct Room {
    /// What events are decoded into.
    events: Vec<u8>,
    /// What the records of the last batch had in common.
    alike: Option<Alike>,
}

/// A batch as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch<'b> {
    pub(super) records: Vec<Record<'b>>,
    /// Whether all of them look alike, each has a number above that of the one before it, and none is an aggregate.
    pub(super) in_order: bool,
}

/// Reads a body `{"Records":[…]}` of Kinesis; `None` where it is left to the long way. Its events are decoded into
/// `room`.
pub(super) fn batch<'b>(body: &'b [u8], room: &'b mut Room) -> Option<Batch<'b>> {
    let mut rest = opening(body)?;
    let Room { events, alike } = room;
    let first = match alike.as_ref().and_then(|alike| alike.pattern()?.length(rest)) {
        Some(length) => length,
        None => {
            let first = rest.get(..end_of_object(rest)?)?;
            let document = Document::parse(first).ok()?;
            *alike = Some(Alike::of(document.root(), document.text())?);
            first.len()
        }
    };
    let pattern = alike.as_ref()?.pattern()?;
    // Base64 is longer than what it says.
    let most = body.len() / 4 * 3;
    if events.len() < most {
        *events = vec![0; most];
    }
    let mut reader = Reader::new(events, body.len() / first.max(1) + 1);
    loop {
        let behind = match reader.read(&pattern, rest) {
            Some(behind) => behind,
            None => {
                let (alone, behind) = rest.split_at_checked(end_of_object(rest)?)?;
                let document = Document::parse_nested(alone, alone.len()).ok()?;
                reader.push_other(record::kinesis(document.root()));
                behind
            }
        };
        rest = match behind.trim_ascii_start().split_first()? {
            (b',', behind) => behind.trim_ascii_start(),
            (b']', behind) => {
                let end = behind.trim_ascii_start().strip_prefix(b"}")?;
                return end.trim_ascii().is_empty().then_some(reader.batch);
            }
            _ => return None,
        };
    }
}

/// What stands behind `{"Records":[`.
fn opening(body: &[u8]) -> Option<&[u8]> {
    let tokens: [&[u8]; 4] = [b"{", b"\"Records\"", b":", b"["];
    let rest =
        tokens.into_iter().try_fold(body, |rest, token| rest.trim_ascii_start().strip_prefix(token))?;
    Some(rest.trim_ascii_start())
}

/// Where the object ends that the text begins with, if it is one.
fn end_of_object(text: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        match text.get(at)? {
            b'{' => depth += 1,
            b'}' => depth = depth.checked_sub(1)?,
            b'"' => at += string(text.get(at + 1..)?)?,
            _ if depth == 0 => return None,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// How long a string is, whose inside begins here, with its closing quote.
fn string(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        match text.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// What the records of a batch have in common, as places of a text of its own.
#[derive(Debug)]
struct Alike {
    text: String,
    before: [(Range<usize>, usize); VALUES],
    behind: Range<usize>,
    stream: Range<usize>,
    arn: Option<Range<usize>>,
    shard: Range<usize>,
}

/// What the records of a batch have in common.
struct Pattern<'b> {
    /// What stands before each of the values, in the order in which they come, and which value it is.
    before: [(&'b [u8], usize); VALUES],
    /// What stands behind the last one.
    behind: &'b [u8],
    stream: &'b str,
    arn: Option<&'b str>,
    shard: &'b str,
}

impl Alike {
    /// What a record has in common with others, which is read from `text`; `None` where it is not as Kinesis' records
    /// mostly are.
    fn of(record: Node<'_>, text: &str) -> Option<Self> {
        if shape::element(record) != Element::Nested {
            return None;
        }
        let inner = record.get("kinesis").filter(|inner| inner.kind() == Kind::Object)?;
        // Of a string, what is inside of its quotes.
        let value = |object: Node<'_>, name: &str, kind: Kind| {
            let value = lone(object, name)?;
            let ((start, end), quote) = (value.span(), usize::from(kind == Kind::String));
            (value.kind() == kind && is_plain(value)).then_some((start + quote, end - quote))
        };
        let id = value(record, "eventID", Kind::String)?;
        // `SHARD:SEQUENCE`: the shard is that of the batch.
        let shard = text.get(id.0..id.1)?.split_once(':')?.0;
        let mut values = [
            (value(inner, "partitionKey", Kind::String)?, PARTITION_KEY),
            (value(inner, "sequenceNumber", Kind::String)?, SEQUENCE_NUMBER),
            (value(inner, "data", Kind::String)?, DATA),
            (value(inner, "approximateArrivalTimestamp", Kind::Number)?, ARRIVAL),
            ((id.0 + shard.len() + 1, id.1), EVENT_ID),
        ];
        values.sort_unstable();
        let place = |value| values.iter().position(|(_, known)| *known == value);
        if place(EVENT_ID) < place(SEQUENCE_NUMBER) {
            return None;
        }
        let arn = match record.get("eventSourceARN") {
            Some(_) => {
                let (start, end) = value(record, "eventSourceARN", Kind::String)?;
                text.get(start..end).filter(|arn| !arn.is_empty())
            }
            None => None,
        };
        let (mut common, mut before, mut at) = (String::new(), [const { (0..0, 0) }; VALUES], 0);
        for (((start, end), value), before) in values.into_iter().zip(&mut before) {
            *before = (push(&mut common, text.get(at..start)?), value);
            at = end;
        }
        let behind = push(&mut common, text.get(at..)?);
        let stream = push(&mut common, arn.map_or("", resource_name));
        let arn = arn.map(|arn| push(&mut common, arn));
        let shard = push(&mut common, shard);
        Some(Self { text: common, before, behind, stream, arn, shard })
    }

    fn pattern(&self) -> Option<Pattern<'_>> {
        let part = |range: &Range<usize>| self.text.get(range.clone());
        let mut before = [(&b""[..], 0); VALUES];
        for ((range, value), before) in self.before.iter().zip(&mut before) {
            *before = (part(range)?.as_bytes(), *value);
        }
        Some(Pattern {
            before,
            behind: part(&self.behind)?.as_bytes(),
            stream: part(&self.stream)?,
            arn: self.arn.as_ref().and_then(part),
            shard: part(&self.shard)?,
        })
    }
}

/// Appends a part, and gives its place.
fn push(text: &mut String, part: &str) -> Range<usize> {
    let start = text.len();
    text.push_str(part);
    start..text.len()
}

impl Pattern<'_> {
    /// How long the record is that the text begins with, if it is one of these.
    fn length(&self, text: &[u8]) -> Option<usize> {
        self.values(text, b"", &mut [const { 0..0 }; VALUES]).map(|behind| text.len() - behind.len())
    }

    /// Tells where the values of the record are that the text begins with, and gives what stands behind it; `None`
    /// where it looks otherwise. `last` is a time of arrival that was read.
    #[inline(always)]
    fn values<'t>(
        &self,
        text: &'t [u8],
        last: &[u8],
        values: &mut [Range<usize>; VALUES],
    ) -> Option<&'t [u8]> {
        let mut rest = text;
        for &(before, value) in &self.before {
            rest = rest.strip_prefix(before)?;
            let end = match value {
                ARRIVAL => number(rest, last)?,
                // The decoder takes no other character.
                DATA => memchr::memchr(b'"', rest)?,
                // The number of the record comes again in its id.
                EVENT_ID => {
                    let number = text.get(values.get(SEQUENCE_NUMBER)?.clone())?;
                    rest.starts_with(number).then_some(number.len())?
                }
                _ => plain(rest)?,
            };
            let start = text.len() - rest.len();
            *values.get_mut(value)? = start..start + end;
            rest = rest.get(end..)?;
        }
        rest.strip_prefix(self.behind)
    }
}

/// Reads record after record.
struct Reader<'b> {
    batch: Batch<'b>,
    /// What is left of the room for events.
    room: &'b mut [u8],
    /// The number of the last record, and its time of arrival as it stands there and as it was read: mostly it
    /// comes again.
    sequence: &'b str,
    arrival: (&'b [u8], Option<Timestamp>),
}

impl<'b> Reader<'b> {
    fn new(room: &'b mut [u8], most: usize) -> Self {
        let batch = Batch { records: Vec::with_capacity(most), in_order: true };
        Self { batch, room, sequence: "", arrival: (b"", None) }
    }

    /// Reads the record at the beginning of the text, and gives what stands behind it; `None` where it looks
    /// otherwise.
    fn read(&mut self, pattern: &Pattern<'b>, text: &'b [u8]) -> Option<&'b [u8]> {
        let mut values = [const { 0..0 }; VALUES];
        let rest = pattern.values(text, self.arrival.0, &mut values)?;
        let [partition_key, sequence, data, arrival, _id] = values;
        let (data, arrival) = (text.get(data)?, text.get(arrival)?);
        let (partition_key, sequence) = texts(text, partition_key, sequence)?;
        // Without a number of its own a record has that of its id.
        if sequence.is_empty() {
            return None;
        }
        if *arrival != *self.arrival.0 {
            self.arrival = (arrival, arrival::from_seconds(std::str::from_utf8(arrival).ok()?));
        }
        let event = decoded(data, &mut self.room)?;
        // Looked at while they are at hand: to come back to them takes longer.
        let ascends = (self.sequence.len(), self.sequence) < (sequence.len(), sequence);
        self.batch.in_order &= ascends && !event.starts_with(&kpl::MAGIC);
        self.sequence = sequence;
        let mut origin = Origin::stream(pattern.stream);
        origin.arn = pattern.arn.map(Cow::Borrowed);
        origin.shard = Some(Cow::Borrowed(pattern.shard));
        origin.sequence = Some(Cow::Borrowed(sequence));
        origin.partition_key = Some(partition_key).filter(|key| !key.is_empty()).map(Cow::Borrowed);
        origin.arrival = self.arrival.1;
        self.batch.records.push(Record::borrowed(event, origin));
        Some(rest)
    }

    /// A record that looks otherwise.
    fn push_other(&mut self, record: Record<'b>) {
        self.batch.in_order = false;
        self.batch.records.push(record);
    }
}

/// The member of that name, if there is one and not more.
fn lone<'d>(object: Node<'d>, name: &str) -> Option<Node<'d>> {
    let mut found = object.members().filter(|(known, _)| known.is(name));
    let (_, value) = found.next()?;
    found.next().is_none().then_some(value)
}

/// Whether a value is a string as it stands there, or no string.
fn is_plain(value: Node<'_>) -> bool {
    value.as_str().is_none_or(|text| matches!(text, Cow::Borrowed(_)))
}

/// How long the inside of a string is, if it has no escapes.
fn plain(text: &[u8]) -> Option<usize> {
    let end = plain_length(text);
    (text.get(end) == Some(&b'"')).then_some(end)
}

/// Two parts of a record as texts, in one look: what is between them is short, or base64.
fn texts(record: &[u8], one: Range<usize>, two: Range<usize>) -> Option<(&str, &str)> {
    let (from, to) = (one.start.min(two.start), one.end.max(two.end));
    let both = simdutf8::basic::from_utf8(record.get(from..to)?).ok()?;
    Some((both.get(one.start - from..one.end - from)?, both.get(two.start - from..two.end - from)?))
}

/// How long a plain number is: digits, and a point with more of them. `last` is one that was read.
fn number(text: &[u8], last: &[u8]) -> Option<usize> {
    let is_in_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    if !last.is_empty() && text.strip_prefix(last).is_some_and(|rest| !rest.first().is_some_and(is_in_number))
    {
        return Some(last.len());
    }
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text.first() == Some(&b'0')) {
        return None;
    }
    if text.get(whole) != Some(&b'.') {
        return Some(whole);
    }
    let fraction = digits(text.get(whole + 1..)?);
    (fraction > 0).then_some(whole + 1 + fraction)
}

/// Decodes an event into the room that is left.
fn decoded<'b>(data: &[u8], room: &mut &'b mut [u8]) -> Option<&'b [u8]> {
    let length = base64_engine().decode_slice(data, room).ok()?;
    let (event, left) = std::mem::take(room).split_at_mut(length);
    *room = left;
    Some(event)
}

#[cfg(test)]
mod tests {
    use enrich_engine::Payload;

    use super::super::{Invocation, sqs};
    use super::*;

    /// A body with records of these sequence numbers, as AWS writes it.
    fn body(numbers: &[&str]) -> String {
        let record = |number: &&str| {
            let data = base64_engine().encode(format!(r#"{{"number":{number}}}"#));
            format!(
                r#"{{"kinesis":{{"kinesisSchemaVersion":"1.0","partitionKey":"p-{number}","sequenceNumber":"{number}","data":"{data}","approximateArrivalTimestamp":1545084650.{number}}},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-000000000006:{number}","eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::123456789012:role/lambda-role","awsRegion":"us-east-2","eventSourceARN":"arn:aws:kinesis:us-east-2:123456789012:stream/clicks"}}"#
            )
        };
        format!(r#"{{"Records":[{}]}}"#, numbers.iter().map(record).collect::<Vec<_>>().join(","))
    }

    /// How many of the records were read by the pattern.
    fn quick(records: &[Record<'_>]) -> usize {
        records.iter().filter(|record| matches!(record.payload, Payload::Event(Cow::Borrowed(_)))).count()
    }

    #[test]
    fn records_as_they_mostly_are_are_read_by_the_pattern() {
        let body = body(&["101", "102", "103", "9"]);
        let mut room = Room::default();
        let Batch { records, in_order } = batch(body.as_bytes(), &mut room).expect("a batch of Kinesis");
        assert_eq!((quick(&records), in_order), (4, false));
        assert_eq!(records, Invocation::read_as(body.as_bytes(), sqs::messages).expect("a batch").records);
    }

    #[test]
    fn what_may_be_twice_or_several_is_not_in_order() {
        let event = base64_engine().encode(r#"{"number":102}"#);
        let aggregate = base64_engine().encode([&kpl::MAGIC[..], b"anything"].concat());
        for (name, body, in_order) in [
            ("one", body(&["101"]), true),
            ("ascending", body(&["101", "102", "1000"]), true),
            ("descending", body(&["102", "101"]), false),
            ("one number twice", body(&["101", "102", "102"]), false),
            ("fewer digits", body(&["101", "99"]), false),
            ("an aggregate", body(&["101", "102"]).replace(&event, &aggregate), false),
            ("another shard", body(&["101", "102"]).replacen("000006:101", "000007:101", 1), false),
        ] {
            let mut room = Room::default();
            let batch = batch(body.as_bytes(), &mut room).expect("a batch of Kinesis");
            assert_eq!(batch.in_order, in_order, "{name}");
        }
    }

    #[test]
    fn what_looks_otherwise_is_read_by_itself_or_left_to_the_long_way() {
        let body = body(&["101", "102", "103"]);
        let all = |from: &str, to: &str| body.replace(from, to);
        let second = |from: &str, to: &str| {
            let nth = usize::from(body.matches(from).count() > 1);
            let at = body.match_indices(from).nth(nth).expect("a place").0;
            let (before, behind) = body.split_at(at);
            format!("{before}{}", behind.replacen(from, to, 1))
        };
        // What the batch before it had in common changes nothing.
        let mut kept = Room::default();
        for (name, body, read) in [
            ("unchanged", body.clone(), Some(3)),
            ("space around the records", all("},{", " } , { ").replace("[{", "[ {"), Some(1)),
            ("line breaks between them", all("},{", "},\n{"), Some(3)),
            ("an escape in one key", second("p-102", r"p\u002d102"), Some(2)),
            ("an escape in one name", second("\"data\"", r#""d\u0061ta""#), Some(2)),
            ("a control character", second("p-102", "p\n102"), None),
            ("no base64", second("\"data\":\"", "\"data\":\"*"), Some(2)),
            ("data that is null", second("\"data\":\"", "\"data\":null,\"x\":\""), Some(2)),
            ("another stream", second("stream/clicks", "stream/orders"), Some(2)),
            ("a time with an exponent", second("1545084650.102", "1.5e9"), Some(2)),
            ("a time that is no number", second("1545084650.102", "01545084650.102"), None),
            ("a time that is a text", second("1545084650.102", "\"1545084650.102\""), Some(2)),
            ("a member more", second("\"awsRegion\"", "\"more\":1,\"awsRegion\""), Some(2)),
            ("data twice in one", second("\"data\"", "\"data\":\"e30=\",\"data\""), Some(2)),
            ("data twice in all", all("\"data\"", "\"data\":\"e30=\",\"data\""), None),
            ("another source", second("\"kinesis\":{", "\"kinesis2\":{"), Some(2)),
            ("no time at all", all("\"approximateArrivalTimestamp\"", "\"arrival\""), None),
            ("an id without a shard", all("shardId-000000000006:", ""), None),
            ("another shard", second("shardId-000000000006:", "shardId-000000000007:"), Some(2)),
            ("another number in the id", second("6:102", "6:1020"), Some(2)),
            ("a key that is not ASCII", second("p-102", "p-é"), Some(3)),
            ("empty numbers", all("\"sequenceNumber\":\"10", "\"sequenceNumber\":\"\",\"x\":\"10"), Some(0)),
            (
                "no numbers at all",
                body.replace("\"sequenceNumber\":\"10", "\"sequenceNumber\":\"\",\"x\":\"")
                    .replace("6:10", "6:"),
                Some(0),
            ),
            ("no stream", all("\"eventSourceARN\"", "\"event\""), Some(3)),
            ("one that is no object", body.replace("]}", ",7]}"), None),
            ("a comma too much", body.replace("]}", ",]}"), None),
            ("no end", body.replace("]}", ""), None),
            ("more behind it", format!("{body} x"), None),
            ("a member behind it", body.replace("]}", "],\"window\":{}}"), None),
            ("a member before it", body.replace("{\"Records\"", "{\"state\":{},\"Records\""), None),
            ("no records", "{\"Records\":[]}".to_owned(), None),
        ] {
            let mut room = Room { events: vec![7; 5], ..Room::default() };
            let quickly = batch(body.as_bytes(), &mut room);
            assert_eq!(batch(body.as_bytes(), &mut kept), quickly, "{name}");
            let long = Invocation::read_as(body.as_bytes(), sqs::messages);
            if let (Some(quickly), Ok(long)) = (&quickly, &long) {
                assert_eq!(quickly.records, long.records, "{name}");
            }
            assert!(quickly.is_none() || long.is_ok(), "{name}: {long:?}");
            assert_eq!(quickly.map(|batch| quick(&batch.records)), read, "{name}");
        }
    }
}
