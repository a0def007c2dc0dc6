use enrich_engine::Payload;

use super::*;

/// All lines with their numbers; a line that is too long is `…` behind its start.
fn read(mut lines: Lines<impl Read>) -> Vec<(u64, String)> {
    let mut all = Vec::new();
    loop {
        let chunk = lines.chunk().expect("memory can be read");
        if chunk.is_empty() {
            return all;
        }
        all.extend(chunk.into_iter().map(|line| match line.content {
            Content::Whole(bytes) => (line.number, String::from_utf8(bytes).expect("text")),
            Content::TooLong { start } => (line.number, format!("{}…", String::from_utf8_lossy(&start))),
        }));
    }
}

fn lines(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
    expected.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
}

#[test]
fn line_ends_of_all_sorts() {
    for (input, expected) in [
        ("", &[][..]),
        ("a", &[(1, "a")]),
        ("a\nb\n", &[(1, "a"), (2, "b")]),
        ("a\r\nb\r", &[(1, "a"), (2, "b")]),
        ("\n\n a \n \t \r\n\nb", &[(3, " a "), (6, "b")]),
        ("\n", &[]),
        ("\u{feff}a\n\u{feff}b", &[(1, "a"), (2, "\u{feff}b")]),
        ("\u{feff}", &[]),
        ("a\rb\n", &[(1, "a\rb")]),
    ] {
        assert_eq!(read(Lines::new(input.as_bytes())), lines(expected), "{input:?}");
        let input_in_bits = BufReader::with_capacity(1, input.as_bytes());
        let in_bits = Lines { input: input_in_bits, lines: 0, bytes: 0, pauses: true };
        assert_eq!(read(in_bits), lines(expected), "{input:?} byte by byte");
    }
}

#[test]
fn a_line_has_a_length() {
    let fits = "x".repeat(MAX_LINE);
    let kept = format!("{}…", "x".repeat(KEPT));
    let input = format!("{fits}\r\n{fits}x\n{fits}{fits}\nlast");
    let expected = lines(&[(1, &fits), (2, &kept), (3, &kept), (4, "last")]);
    let all = read(Lines::new(input.as_bytes()));
    assert!(
        all == expected,
        "{:?}",
        all.iter().map(|(number, text)| (number, text.len())).collect::<Vec<_>>()
    );
}

#[test]
fn a_line_without_end_takes_no_memory() {
    let endless = std::io::repeat(b'x').take(40 * MAX_LINE as u64);
    let mut lines = Lines::new(endless);
    let chunk = lines.chunk().expect("memory can be read");
    let [Line { number: 1, content: Content::TooLong { start } }] = &chunk[..] else {
        panic!("one line that is too long");
    };
    assert_eq!((start.len(), start.capacity()), (KEPT, KEPT));
    assert_eq!(lines.bytes(), 40 * MAX_LINE as u64);
}

#[test]
fn a_line_that_is_too_long_is_a_record_that_will_be_rejected() {
    let line = Line { number: 7, content: Content::TooLong { start: b"{".to_vec() } };
    let record = line.into_record(Origin::stream("clicks"));
    assert_eq!(record.bytes(), b"{");
    assert!(matches!(&record.payload, Payload::Unreadable { reason, .. } if reason.code == "line_too_long"));
}

#[test]
fn chunks_are_bounded() {
    let input = "{}\n".repeat(CHUNK_LINES + 1);
    let mut lines = Lines::new(input.as_bytes());
    let mut next = || lines.chunk().expect("memory can be read").len();
    assert_eq!([next(), next(), next()], [CHUNK_LINES, 1, 0]);

    let line = format!("{}\n", "x".repeat(CHUNK_BYTES / 2));
    let input = line.repeat(3);
    let mut lines = Lines::new(input.as_bytes());
    let mut next = || lines.chunk().expect("memory can be read").len();
    assert_eq!([next(), next(), next()], [2, 1, 0]);
}

#[test]
fn what_comes_slowly_is_not_held_back() {
    let mut lines = Lines::new(b"a\nb\n".as_slice().chain(b"\n\nc\nd".as_slice()).chain(b"e".as_slice()));
    let mut next =
        || lines.chunk().expect("memory can be read").iter().map(|line| line.number).collect::<Vec<_>>();
    assert_eq!([next(), next(), next()], [vec![1, 2], vec![5, 6], vec![]]);
}

#[test]
fn an_input_that_breaks_is_an_error() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
    let mut lines = Lines::new(b"a\nb".as_slice().chain(Broken));
    assert!(lines.chunk().is_err());
}
