//! A folder with rules and a table, backlogs in it, and runs over them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::write::GzEncoder;
use tempfile::TempDir;

const RULES: &str = "\
table users {
  source dynamodb \"users\"
  key    id: string
}

rule clicks {
  stream \"clicks\"
  drop   when .bot

  lookup user from users where id = .user {
    copy name to .name default \"Unknown\"
  }
}
";

/// How many users the table has.
const USERS: usize = 50;

/// A working directory: `rules.enrich`, `tables/users.csv`.
pub(crate) struct Place(TempDir);

/// What a run did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: Option<i32>,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        place.write("rules.enrich", RULES);
        let users = (0..USERS).map(|user| format!("u{user},User {user}\n"));
        place.write("tables/users.csv", format!("id,name\n{}", users.collect::<String>()));
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    /// `enrich run` with these words behind rules, tables and stream.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_enrich"));
        command.args(["run", "--rules", "rules.enrich", "--now", "2026-11-22T12:00:00Z"]);
        command.args(words.split_whitespace()).current_dir(self.0.path()).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, words: &str) -> Ran {
        Ran::of(self.command(words).output().expect("the binary runs"))
    }

    /// From `in` to `out` with rejects.
    pub(crate) fn enrich(&self, words: &str) -> Ran {
        self.run(&format!("--tables tables --stream clicks --output out --rejects rejects in {words}"))
    }

    /// The files of a folder by their names, but for the state.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let files = self.names(folder).into_iter();
        files.map(|name| (name.clone(), fs::read(self.path(folder).join(name)).expect("a file"))).collect()
    }

    /// The names of those files, in order.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let (root, mut found) = (self.path(folder), Vec::new());
        let mut open = vec![root.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                } else if path != root.join(".enrich-run") {
                    let name = path.strip_prefix(&root).expect("inside").to_str().expect("text").to_owned();
                    found.push(name);
                }
            }
        }
        found.sort();
        found
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(unpacked(&fs::read(self.path(name)).expect(name))).expect("text")
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        Path::exists(&self.path(name))
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        assert!(output.stdout.is_empty(), "nothing goes to standard output");
        Self { exit: output.status.code(), stderr: String::from_utf8(output.stderr).expect("text") }
    }

    /// Holds it to an exit status, and to what it says.
    #[track_caller]
    pub(crate) fn is(&self, exit: i32, says: &[&str]) {
        assert_eq!(self.exit, Some(exit), "{}", self.stderr);
        for text in says {
            assert!(self.stderr.contains(text), "`{text}` is not in\n{}", self.stderr);
        }
    }
}

/// Events `from..to`: every 50th is to be dropped, every 97th is not JSON.
pub(crate) fn events(from: usize, to: usize) -> String {
    (from..to).map(|n| format!("{}\n", event(n))).collect()
}

fn event(n: usize) -> String {
    let user = n % (USERS + 5);
    match n {
        _ if n.is_multiple_of(97) => format!("not json {n}"),
        _ if n.is_multiple_of(50) => format!("{{\"n\":{n}, \"bot\":true}}"),
        _ => format!("{{\"n\":{n}, \"user\":\"u{user}\", \"price\":{}.90}}", n % 1000),
    }
}

/// What becomes of an event: the output has it, as it is here, or not.
pub(crate) fn enriched(n: usize) -> Option<String> {
    if n.is_multiple_of(97) || n.is_multiple_of(50) {
        return None;
    }
    let user = n % (USERS + 5);
    let name = if user < USERS { format!("User {user}") } else { "Unknown".to_owned() };
    Some(format!("{},\"name\":\"{name}\"}}\n", event(n).trim_end_matches('}')))
}

/// The enriched events of `from..to`.
pub(crate) fn all_enriched(from: usize, to: usize) -> String {
    (from..to).filter_map(enriched).collect()
}

pub(crate) fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_ref()).expect("memory");
    encoder.finish().expect("memory")
}

pub(crate) fn zstd(text: impl AsRef<[u8]>) -> Vec<u8> {
    zstd::encode_all(text.as_ref(), 1).expect("memory")
}

/// How a file is compressed.
pub(crate) fn kind(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x1f, 0x8b, ..] => "gzip",
        [0x28, 0xb5, ..] => "zstd",
        _ => "plain",
    }
}

/// The text of a file, however it is compressed.
pub(crate) fn unpacked(bytes: &[u8]) -> Vec<u8> {
    match kind(bytes) {
        "gzip" => {
            let mut text = Vec::new();
            flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut text).expect("gzip");
            text
        }
        "zstd" => zstd::decode_all(bytes).expect("zstd"),
        _ => bytes.to_vec(),
    }
}

/// A backlog of files of all kinds in `in`, with the numbers of its events in their order; gives how many there are.
pub(crate) fn backlog(place: &Place, files: usize, events_each: usize) -> usize {
    for file in 0..files {
        let text = events(file * events_each, (file + 1) * events_each);
        let day = file % 3;
        match file % 5 {
            0 => place.write(&format!("in/day-{day}/{file:04}.ndjson"), text),
            1 => place.write(&format!("in/day-{day}/{file:04}.ndjson.gz"), gzip(text)),
            2 => place.write(&format!("in/day-{day}/{file:04}.ndjson.zst"), zstd(text)),
            // As Firehose calls them.
            3 => place.write(&format!("in/delivered-1-2026-11-22-{file:04}"), gzip(text)),
            _ => {
                let (first, rest) = text.split_at(text.len() / 3);
                place.write(&format!("in/{file:04}.gz"), [gzip(first), gzip(rest)].concat());
            }
        }
    }
    files * events_each
}

/// Whether each of the events is in the output or the rejects once, and as it should be.
pub(crate) fn assert_each_once(place: &Place, events: usize) {
    let mut lines: Vec<String> = Vec::new();
    for bytes in place.files("out").into_values() {
        let text = String::from_utf8(unpacked(&bytes)).expect("text");
        lines.extend(text.lines().map(|line| format!("{line}\n")));
    }
    let mut expected: Vec<String> = (0..events).filter_map(enriched).collect();
    lines.sort();
    expected.sort();
    assert_eq!(lines.len(), expected.len(), "each event is there once");
    assert!(lines == expected, "and as it should be");
    let rejects: usize =
        place.files("rejects").values().map(|file| file.split(|byte| *byte == b'\n').count() - 1).sum();
    assert_eq!(rejects, (0..events).filter(|n| n.is_multiple_of(97)).count(), "each reject is there once");
}
