//! Compressed files: told by their first bytes, whatever they are called, and written again in the same way.

use std::io::{self, BufReader, Chain, Cursor, Read, Write};

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression as Level, GzBuilder};
use zstd::stream::read::Decoder as ZstdDecoder;
use zstd::stream::write::Encoder as ZstdEncoder;

/// The levels that objects are written with: the figures are in `docs/outputs.md`.
const GZIP_LEVEL: u32 = 2;
const ZSTD_LEVEL: i32 = 1;

/// How files of gzip and zstd begin.
const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// How many first bytes tell a format.
const HEAD: u64 = 8;

/// The first bytes of what can't be read here. No line of JSON begins with any of them.
const OTHERS: [(&[u8], &str); 8] = [
    (b"PK\x03\x04", "a zip archive"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\0", "compressed with xz"),
    (b"\x04\x22\x4d\x18", "compressed with lz4"),
    (b"\xff\x06\0\0sNaP", "compressed with snappy"),
    (b"PAR1", "a Parquet file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
];

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip, one member or several.
    Gzip,
    /// zstd, one frame or several.
    Zstd,
}

impl Packing {
    /// The end of a name by which readers know it.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Packing::Plain => "",
            Packing::Gzip => ".gz",
            Packing::Zstd => ".zst",
        }
    }

    /// The media type of lines of JSON that are so compressed.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Packing::Plain => "application/x-ndjson",
            Packing::Gzip => "application/gzip",
            Packing::Zstd => "application/zstd",
        }
    }
}

/// The name without the end that only says how the file is compressed.
#[must_use]
pub fn without_suffix(name: &str) -> &str {
    [Packing::Gzip, Packing::Zstd]
        .iter()
        .find_map(|packing| name.strip_suffix(packing.suffix()))
        .filter(|rest| !rest.is_empty() && !rest.ends_with('/'))
        .unwrap_or(name)
}

/// A file, unpacked while it is read.
pub struct Unpacked<R: Read>(Inner<R>);

/// The bytes by which the format was told, and the others.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

enum Inner<R: Read> {
    Plain(Whole<R>),
    // It is several times as large as the others.
    Gzip(Box<MultiGzDecoder<BufReader<Whole<R>>>>),
    Zstd(ZstdDecoder<'static, BufReader<Whole<R>>>),
}

impl<R: Read> Unpacked<R> {
    /// Tells by the first bytes how the file is packed: Firehose calls files of gzip as it calls others.
    ///
    /// # Errors
    /// Where the file can't be read, or is of a kind that is no lines of JSON.
    pub fn new(mut input: R) -> io::Result<Self> {
        let mut head = Vec::new();
        // The first byte alone tells most: who types events into a pipe is not kept waiting for more of them.
        input.by_ref().take(1).read_to_end(&mut head)?;
        let mut starts = OTHERS.iter().map(|(start, _)| *start).chain([GZIP, ZSTD]);
        if starts.any(|start| start.first() == head.first()) {
            input.by_ref().take(HEAD - 1).read_to_end(&mut head)?;
        }
        if let Some((_, what)) = OTHERS.iter().find(|(start, _)| head.starts_with(start)) {
            let message =
                format!("it is {what}; lines of JSON are read as they are, or out of gzip and zstd");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let (gzip, zstd) = (head.starts_with(GZIP), head.starts_with(ZSTD));
        let whole = Cursor::new(head).chain(input);
        let buffered = |whole| BufReader::with_capacity(1 << 16, whole);
        Ok(Self(match (gzip, zstd) {
            (true, _) => Inner::Gzip(Box::new(MultiGzDecoder::new(buffered(whole)))),
            (_, true) => Inner::Zstd(ZstdDecoder::with_buffer(buffered(whole))?),
            _ => Inner::Plain(whole),
        }))
    }

    /// How the file is packed.
    #[must_use]
    pub fn packing(&self) -> Packing {
        match self.0 {
            Inner::Plain(_) => Packing::Plain,
            Inner::Gzip(_) => Packing::Gzip,
            Inner::Zstd(_) => Packing::Zstd,
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::Plain(input) => input.read(buffer),
            Inner::Gzip(input) => input.read(buffer),
            Inner::Zstd(input) => input.read(buffer),
        }
    }
}

/// Compresses what is written.
pub(super) enum Packer<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
    Zstd(ZstdEncoder<'static, W>),
}

impl<W: Write> Packer<W> {
    /// Compresses into that writer. The same bytes come out for the same events.
    pub(super) fn new(packing: Packing, out: W) -> io::Result<Self> {
        Ok(match packing {
            Packing::Plain => Packer::Plain(out),
            Packing::Gzip => Packer::Gzip(GzBuilder::new().mtime(0).write(out, Level::new(GZIP_LEVEL))),
            Packing::Zstd => {
                let mut encoder = ZstdEncoder::new(out, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                Packer::Zstd(encoder)
            }
        })
    }

    /// Writes the end, and gives the writer back.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Packer::Plain(out) => Ok(out),
            Packer::Gzip(encoder) => encoder.finish(),
            Packer::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Packer::Plain(out) => out.write(bytes),
            Packer::Gzip(encoder) => encoder.write(bytes),
            Packer::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Packer::Plain(out) => out.flush(),
            Packer::Gzip(encoder) => encoder.flush(),
            Packer::Zstd(encoder) => encoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(packing: Packing, text: &str) -> Vec<u8> {
        let mut packer = Packer::new(packing, Vec::new()).expect("memory");
        packer.write_all(text.as_bytes()).expect("memory");
        packer.finish().expect("memory")
    }

    fn read(bytes: &[u8]) -> Result<(Packing, String), String> {
        let mut input = Unpacked::new(bytes).map_err(|error| error.to_string())?;
        let mut text = String::new();
        input.read_to_string(&mut text).map_err(|error| error.to_string())?;
        Ok((input.packing(), text))
    }

    #[test]
    fn first_bytes_tell() {
        for text in ["", "{}", "{}\n{\"a\":1}\r\n", "(", "\u{1f}", "P", "PA\n", "\u{feff}{}"] {
            assert_eq!(read(text.as_bytes()), Ok((Packing::Plain, text.to_owned())));
            for packing in [Packing::Gzip, Packing::Zstd] {
                assert_eq!(read(&packed(packing, text)), Ok((packing, text.to_owned())));
            }
        }
    }

    #[test]
    fn members_and_frames_follow_each_other() {
        for packing in [Packing::Gzip, Packing::Zstd] {
            let both = [packed(packing, "{\"a\":"), packed(packing, ""), packed(packing, "1}\n")].concat();
            assert_eq!(read(&both), Ok((packing, "{\"a\":1}\n".to_owned())));
        }
    }

    #[test]
    fn what_is_damaged_is_an_error() {
        let text = "{\"a\":1}\n".repeat(1_000);
        for packing in [Packing::Gzip, Packing::Zstd] {
            let whole = packed(packing, &text);
            for cut in [1, 5, whole.len() / 2, whole.len() - 5] {
                assert!(read(&whole[..whole.len() - cut]).is_err(), "{packing:?} without its last {cut}");
            }
            assert!(read(&[&whole, "garbage".as_bytes()].concat()).is_err(), "{packing:?} and garbage");
            let mut damaged = whole.clone();
            // The check sum of gzip stands before its length, that of zstd at the end.
            let at = whole.len() - if packing == Packing::Gzip { 6 } else { 2 };
            damaged[at] ^= 1;
            assert!(read(&damaged).is_err(), "{packing:?} with another check sum");
        }
    }

    #[test]
    fn what_holds_no_lines_is_told_by_its_kind() {
        for (start, what) in OTHERS {
            let error = read(&[start, b" and more"].concat()).expect_err(what);
            assert!(error.contains(what), "{error}");
        }
    }

    #[test]
    fn names_lose_what_tells_the_compression() {
        for (name, expected) in [
            ("a.ndjson.gz", "a.ndjson"),
            ("a/b.zst", "a/b"),
            (".gz", ".gz"),
            ("a/.gz", "a/.gz"),
            ("a.xz", "a.xz"),
        ] {
            assert_eq!(without_suffix(name), expected);
        }
    }
}
