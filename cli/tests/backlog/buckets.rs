//! From bucket to bucket, and tables in DynamoDB, against an S3 in this process.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::support::{Place, Ran, assert_each_once, backlog, events, gzip, unpacked};

/// An S3 with the bucket `data`, which ends with its value.
struct S3 {
    address: String,
    folder: TempDir,
    _runtime: Runtime,
}

impl S3 {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("data")).expect("a bucket");
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).expect("a file system"));
        service.set_auth(SimpleAuth::from_single("test", "secret"));
        let service = service.build();
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, folder, _runtime: runtime }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join("data").join(key)
    }

    fn put(&self, key: &str, bytes: &[u8]) {
        let path = self.path(key);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("an object");
    }

    /// `enrich run` that finds AWS here.
    fn command(&self, place: &Place, words: &str) -> Command {
        let mut command = place.command(words);
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.address));
        command.env("AWS_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "secret");
        command
    }

    fn run(&self, place: &Place, words: &str) -> Ran {
        Ran::of(self.command(place, words).output().expect("the binary runs"))
    }

    /// Copies the objects below a prefix into a folder of the place.
    fn fetch(&self, place: &Place, prefix: &str) -> BTreeMap<String, Vec<u8>> {
        let (root, mut open) = (self.path(prefix), vec![self.path(prefix)]);
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.expect("an entry").path();
                let name = path.strip_prefix(&root).expect("inside").to_str().expect("text").to_owned();
                if path.is_dir() {
                    open.push(path);
                } else if name != ".enrich-run" {
                    place.write(&format!("{prefix}/{name}"), fs::read(path).expect("an object"));
                }
            }
        }
        place.files(prefix)
    }
}

const WORDS: &str =
    "--tables tables --stream clicks --output s3://data/out --rejects s3://data/rejects s3://data/in";

/// A backlog in the bucket, and how many events it has.
fn in_bucket(s3: &S3, place: &Place, files: usize, events: usize) -> usize {
    let count = backlog(place, files, events);
    for (name, bytes) in place.files("in") {
        s3.put(&format!("in/{name}"), &bytes);
    }
    count
}

#[test]
fn from_prefix_to_prefix_and_not_again() {
    let (s3, place) = (S3::start(), Place::new());
    let count = in_bucket(&s3, &place, 10, 300);
    s3.put("in-old/x", b"{}");
    s3.run(&place, WORDS).is(0, &["10 files: 10 done\n", "3000 events"]);
    let out = s3.fetch(&place, "out");
    s3.fetch(&place, "rejects");
    assert_each_once(&place, count);
    // The same bytes as in folders.
    place.run("--tables tables --stream clicks --output folder --rejects kept in").is(0, &[]);
    assert!(place.files("folder") == out);
    s3.run(&place, WORDS).is(0, &["10 files: 0 done, 10 done before\n"]);
    let last = place.names("in").pop().expect("a file");
    s3.put(&format!("in/{last}"), b"{}");
    s3.run(&place, WORDS).is(2, &["has changed since it was enriched"]);
    s3.run(&place, &format!("{WORDS} --restart")).is(0, &["10 files: 10 done\n"]);
}

#[test]
fn between_folders_and_buckets() {
    let (s3, place) = (S3::start(), Place::new());
    place.write("in/a/b.gz", gzip(events(1, 90)));
    let base = "--tables tables --stream clicks";
    s3.run(&place, &format!("{base} --output s3://data/there in")).is(0, &[]);
    s3.run(&place, &format!("{base} --output back s3://data/there")).is(0, &["1 file: 1 done"]);
    assert_eq!(place.names("back"), ["a/b.gz"]);
    // One object.
    s3.run(&place, &format!("{base} --output alone s3://data/there/a/b.gz")).is(0, &["1 file: 1 done"]);
    assert_eq!(place.names("alone"), ["b.gz"]);
    s3.run(&place, &format!("{base} --output none s3://data/nothing"))
        .is(2, &["there are no files in s3://data/nothing"]);
    s3.run(&place, &format!("{base} --output s3://data/there/x s3://data/there"))
        .is(2, &["lies in s3://data/there"]);
    s3.run(&place, &format!("{base} --output s3://none/x in"))
        .is(2, &["can't write to s3://none/x", "NoSuchBucket"]);
}

#[test]
fn a_large_object_is_written_in_parts() {
    let (s3, place) = (S3::start(), Place::new());
    let count = 250_000;
    // Without events that are rejected or dropped.
    let text: String =
        (0..count).map(|n| format!("{{\"n\":{n},\"user\":\"u1\",\"text\":\"{n:064}\"}}\n")).collect();
    s3.put("in/large.ndjson", text.as_bytes());
    s3.run(&place, WORDS).is(0, &["250000 events: 250000 enriched"]);
    let out = s3.fetch(&place, "out");
    let expected = text.replace("\"}\n", "\",\"name\":\"User 1\"}\n");
    assert!(expected.len() > 3 * (8 << 20), "{} bytes are three parts", expected.len());
    assert!(unpacked(&out["large.ndjson"]) == expected.as_bytes());
}

#[test]
fn killed_and_resumed() {
    let (s3, place) = (S3::start(), Place::new());
    let count = in_bucket(&s3, &place, 24, 500);
    let mut killed = 0;
    for round in 0..4 {
        let mut child =
            s3.command(&place, &format!("{WORDS} --parallel 2")).spawn().expect("the binary starts");
        // The state is written every five seconds, and at the end: what is not in it is done again.
        std::thread::sleep(Duration::from_millis(300 + 150 * round));
        if child.try_wait().expect("a child").is_none() {
            child.kill().expect("it runs");
            killed += 1;
        }
        child.wait().expect("it ends");
    }
    assert!(killed > 0, "nothing was killed");
    s3.run(&place, WORDS).is(0, &["24 files: "]);
    s3.fetch(&place, "out");
    s3.fetch(&place, "rejects");
    assert_each_once(&place, count);
}

#[test]
fn of_two_runs_the_one_that_began_later_goes_on() {
    let (s3, place) = (S3::start(), Place::new());
    let count = in_bucket(&s3, &place, 30, 1_000);
    let mut first = s3.command(&place, &format!("{WORDS} --parallel 1")).spawn().expect("the binary starts");
    while !s3.path("out").is_dir() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = s3.run(&place, &format!("{WORDS} --parallel 4"));
    assert!(first.try_wait().expect("a child").is_none(), "the first one was too fast to test this");
    second.is(0, &["30 files: "]);
    let first = Ran::of(first.wait_with_output().expect("it ends"));
    first.is(2, &["another run has begun to write there: this one ends"]);
    s3.fetch(&place, "out");
    s3.fetch(&place, "rejects");
    assert_each_once(&place, count);
    s3.run(&place, WORDS).is(0, &["30 files: 0 done, 30 done before"]);
}

#[test]
fn a_table_that_gives_no_answer_fails_its_files() {
    let (s3, place) = (S3::start(), Place::new());
    place.write("in/a", "{}\n");
    place.write("in/b", "{\"user\":\"u1\"}\n{\"user\":\"u2\"}\n");
    // An S3 is no DynamoDB.
    let words = "--aws --stream clicks --output out --retry-for 1 in";
    s3.run(&place, words)
        .is(1, &["in/b: line 1: failed: ", "; 1 more of its batch too", "2 files: 1 done, 1 failed\n"]);
    assert_eq!(place.names("out"), ["a"]);
    let same = "--tables tables --stream clicks --output out in";
    s3.run(&place, same)
        .is(2, &["this run differs from the one that began in out/.enrich-run in `--aws`, `--tables`: "]);
}
