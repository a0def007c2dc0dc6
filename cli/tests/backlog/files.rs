//! Formats, names, rejects, and what can't be read.

use crate::support::{Place, all_enriched, assert_each_once, backlog, events, gzip, kind, unpacked, zstd};

#[test]
fn each_file_becomes_one_of_its_name_and_kind() {
    let place = Place::new();
    let count = backlog(&place, 10, 500);
    place.enrich("").is(0, &["10 files: 10 done\n", "5000 events: "]);
    assert_eq!(place.names("out"), place.names("in"));
    assert_each_once(&place, count);
    for (name, bytes) in place.files("out") {
        assert_eq!(kind(&bytes), kind(&place.files("in")[&name]), "{name} is as it was compressed");
    }
    // What is written is in order, and the same however many threads there are.
    let whole = unpacked(&place.files("out")["day-0/0000.ndjson"]);
    assert_eq!(String::from_utf8(whole).expect("text"), all_enriched(0, 500));
    let (out, rejects) = (place.files("out"), place.files("rejects"));
    place.enrich("--restart --parallel 1").is(0, &[]);
    assert!(place.files("out") == out);
    assert!(place.files("rejects") == rejects);
    place.enrich("--restart --parallel 16").is(0, &[]);
    assert!(place.files("out") == out);
}

#[test]
fn another_compression_shows_in_the_names() {
    let place = Place::new();
    place.write("in/a.ndjson", events(0, 10));
    place.write("in/b.ndjson.gz", gzip(events(10, 20)));
    place.write("in/c/d", zstd(events(20, 30)));
    for (compression, names, start) in [
        ("gzip", ["a.ndjson.gz", "b.ndjson.gz", "c/d.gz"], &[0x1f, 0x8b][..]),
        ("zstd", ["a.ndjson.zst", "b.ndjson.zst", "c/d.zst"], &[0x28, 0xb5]),
        ("none", ["a.ndjson", "b.ndjson", "c/d"], b"{\""),
    ] {
        let out = format!("out-{compression}");
        let words = format!(
            "--tables tables --stream clicks --output {out} --rejects rejects in --compression {compression}"
        );
        place.run(&words).is(0, &[]);
        assert_eq!(place.names(&out), names);
        assert!(place.files(&out).values().all(|bytes| bytes.starts_with(start)), "{compression}");
        assert_eq!(place.read(&format!("{out}/{}", names[2])), all_enriched(20, 30));
    }
    place.write("in/a.ndjson.zst", zstd(""));
    let ran = place.run("--tables tables --stream clicks --output other in --compression gzip");
    ran.is(2, &["in/a.ndjson and in/a.ndjson.zst would both become `a.ndjson.gz`"]);
    assert!(!place.exists("other"));
}

#[test]
fn lines_end_as_they_like() {
    let place = Place::new();
    let user = "{\"user\":\"u1\"}";
    place.write("in/1-empty", "");
    place.write("in/2-empty.gz", gzip(""));
    place.write("in/3-no-end", user);
    place.write("in/4-blank", format!("\n  \n\u{feff}{user}\n\n"));
    place.write("in/5-crlf", format!("\u{feff}{user}\r\n{user}\r\n"));
    place.write("in/6-dropped.zst", zstd("{\"bot\":true}\n"));
    let long = "x".repeat((10 << 20) + 1);
    place.write("in/7-long", format!("{user}\n\"{long}\"\n{user}"));
    place.write("in/.hidden", "not read");
    place.enrich("").is(0, &["7 files: 7 done", "8 events: 5 enriched, 1 dropped, 2 rejected"]);
    let one = "{\"user\":\"u1\",\"name\":\"User 1\"}\n";
    for (name, lines) in [
        ("1-empty", 0),
        ("2-empty.gz", 0),
        ("3-no-end", 1),
        ("5-crlf", 2),
        ("6-dropped.zst", 0),
        ("7-long", 2),
    ] {
        assert_eq!(place.read(&format!("out/{name}")), one.repeat(lines), "{name}");
    }
    assert_eq!(place.names("rejects"), ["4-blank.rejects", "7-long.rejects"]);
    assert!(place.read("rejects/7-long.rejects").starts_with("{\"file\":\"in/7-long\",\"line\":2,"));
}

#[test]
fn rejects_are_replayed() {
    let place = Place::new();
    place.write("in/a.ndjson", "{\"user\":\"u1\"}\n{\"user\":\n{\"user\":\"u2\"}\n");
    place.enrich("").is(0, &["3 events: 2 enriched, 0 dropped, 1 rejected"]);
    let mut replay = std::process::Command::new(env!("CARGO_BIN_EXE_enrich"));
    replay.args(["replay", "--rules", "rules.enrich", "--tables", "tables", "rejects"]);
    let output = replay.current_dir(place.path("")).output().expect("the binary runs");
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(told.contains("kept as not_json: 1 rejected"), "{told}");
}

#[test]
fn a_file_that_cannot_be_read_fails_and_the_others_go_on() {
    let place = Place::new();
    let text = events(1, 3_000);
    for (name, packed) in [("b.gz", gzip(&text)), ("c.zst", zstd(&text))] {
        place.write(&format!("in/{name}"), &packed[..packed.len() - 20]);
    }
    place.write("in/d.gz", [gzip(&text), b"garbage".to_vec()].concat());
    place.write("in/e.zip", b"PK\x03\x04\x14\0");
    for name in ["a", "f", "g"] {
        place.write(&format!("in/{name}"), events(1, 40));
    }
    let ran = place.enrich("");
    ran.is(
        1,
        &[
            "in/b.gz: can't be read behind line ",
            "in/c.zst: can't be read: incomplete frame",
            "in/d.gz: can't be read behind line ",
            "in/e.zip: can't be read: it is a zip archive",
            "7 files: 3 done, 4 failed\n",
            "run it again, and it goes on with what is not done",
        ],
    );
    assert_eq!(place.names("out"), ["a", "f", "g"]);
    assert_eq!(place.names("rejects"), [] as [&str; 0]);
    for (name, packed) in
        [("b.gz", gzip(&text)), ("c.zst", zstd(&text)), ("d.gz", gzip(&text)), ("e.zip", vec![])]
    {
        place.write(&format!("in/{name}"), packed);
    }
    place.enrich("").is(0, &["7 files: 4 done, 3 done before\n"]);
    assert_eq!(place.read("out/d.gz"), all_enriched(1, 3_000));
}

#[test]
fn without_a_place_for_rejects_their_file_fails() {
    let place = Place::new();
    place.write("in/a", "{}\n{}\noops\n");
    place.write("in/b", "{}\n");
    let words = "--tables tables --stream clicks --output out in";
    let says = "in/a: line 3: rejected: not_json";
    place.run(words).is(1, &[says, "say with `--rejects PLACE`", "2 files: 1 done, 1 failed"]);
    assert_eq!(place.names("out"), ["b"]);
    // A place for rejects changes nothing of what was written.
    place.enrich("").is(0, &["2 files: 1 done, 1 done before"]);
    assert_eq!(place.names("rejects"), ["a.rejects"]);
}

#[test]
fn the_stream_is_that_of_the_file_or_its_first_folder() {
    let place = Place::new();
    let user = "{\"user\":\"u1\"}\n";
    place.write("in/clicks.ndjson.gz", gzip(user));
    place.write("in/clicks/2026/part-1.zst", zstd(user));
    place.run("--tables tables --output out in").is(0, &["2 events: 2 enriched"]);
    place.write("in/orders/part-1", user);
    let ran = place.run("--tables tables --output out in");
    ran.is(2, &["no rule takes the events of in/orders/part-1", "the rules take `clicks`"]);
    // And files as they are, as without an output.
    let output = place.command("--tables tables in/clicks.ndjson.gz").output().expect("the binary runs");
    assert_eq!(String::from_utf8(output.stdout).expect("text"), "{\"user\":\"u1\",\"name\":\"User 1\"}\n");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let place = Place::new();
    place.write("in/a", "{}\n");
    place.write("in/a.rejects", "{}\n");
    place.write("empty/.hidden", "");
    let base = "--tables tables --stream clicks";
    for (words, says) in [
        ("in", "in is no file: say with `--output` where to write a file for each"),
        ("--output out -", "standard input can't be gone on with"),
        ("--output out none", "can't list none"),
        ("--output out empty", "there are no files in empty"),
        ("--output in/out in", "in/out lies in in, where the events are"),
        ("--output out --rejects in in", "in lies in in, where the events are"),
        ("--output out in s3:///x", "`s3:///x` is no place: write it as `s3://BUCKET/PREFIX`"),
        ("--parallel 2 in", "--output <PLACE>"),
        ("--output out in in/a", "would both become `a`"),
        ("--output in in/a --restart", "what comes of in/a would be written over in/a"),
        ("--output in --rejects other/.. in/a", "what comes of in/a would be written over in/a"),
        (
            "--output out --rejects in in/a in/a.rejects",
            "what comes of in/a would be written over in/a.rejects",
        ),
        ("--output out --rejects out in/a in/a.rejects", "would be written over what comes of in/a"),
    ] {
        place.run(&format!("{base} {words}")).is(2, &[says]);
    }
    assert!(!place.exists("out"));
    if !cfg!(feature = "aws") {
        place
            .run(&format!("{base} --output s3://b/x in"))
            .is(2, &["s3://b/x is in S3, and this `enrich` was built without AWS"]);
    }
}
