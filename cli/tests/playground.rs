//! The playground: what its page is answered, and whom its server answers. A case is a folder of `playground/` with
//! the question and its answer; `UPDATE_GOLDEN=1` writes what is answered now.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a test reads and writes files, and a broken one fails"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use enrich_cli::playground::{MAX_BODY, answer};

#[test]
fn every_question_is_answered_as_it_was_blessed() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/playground");
    let bless = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for case in fs::read_dir(cases).expect("the cases") {
        let case = case.expect("a case").path();
        let question = fs::read(case.join("question.json")).expect("a question");
        let seen = answer(&question).expect("an answer");
        let blessed = fs::read_to_string(case.join("answer.json")).unwrap_or_default();
        if bless {
            fs::write(case.join("answer.json"), &seen).expect("an answer");
        } else if seen != blessed {
            wrong.push(format!("=== {}\n--- expected\n{blessed}--- seen\n{seen}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE_GOLDEN=1 blesses what is seen)", wrong.join("\n"));
}

#[test]
fn what_is_no_question_is_told() {
    for (body, told) in [
        ("", "the request can't be read: EOF while parsing a value at line 1 column 0"),
        ("[]", "the request can't be read: invalid length 0"),
        ("{}", "the request can't be read: missing field `rules`"),
        (r#"{"rules": "", "rule": ""}"#, "the request can't be read: unknown field `rule`"),
        (r#"{"rules": 1}"#, "the request can't be read: invalid type: integer `1`"),
    ] {
        let error = answer(body.as_bytes()).expect_err(body).to_string();
        assert!(error.starts_with(told), "{body}: {error}");
    }
}

/// A playground that does not outlive its test.
struct Playground {
    process: Child,
    address: SocketAddr,
}

impl Playground {
    fn start() -> Self {
        let mut process = playground("0");
        let mut url = String::new();
        let stdout = process.stdout.as_mut().expect("a pipe");
        BufReader::new(stdout).read_line(&mut url).expect("the address");
        let address = url.strip_prefix("http://").and_then(|url| url.strip_suffix("/\n")).map(str::parse);
        let address = address.expect("an address").expect("an address");
        Self { process, address }
    }

    /// What a request is answered, its head and its body; `PORT` stands for the server's.
    fn ask(&self, head: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
        let head = head.replace("PORT", &self.address.port().to_string()).replace('\n', "\r\n");
        stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).expect("a request");
        // Who is refused may be so before all is sent.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).expect("text")
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn playground(port: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_enrich"))
        .args(["playground", "--port", port])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

#[test]
fn it_answers_its_own_page_and_nobody_else() {
    const POST: &str = "POST /api/answer HTTP/1.1\nhost: localhost:PORT\ncontent-type: application/json";
    let server = Playground::start();
    assert!(server.address.ip().is_loopback());
    let question = br#"{"rules": "rule r { stream \"s\" set .x = 1 }", "event": "{}"}"#;
    let long = vec![b' '; MAX_BODY + 1];
    let post = |more: &str, body: &[u8]| format!("{POST}\ncontent-length: {}{more}", body.len());
    let get = |path: &str| format!("GET {path} HTTP/1.1\nhost: 127.0.0.1:PORT");
    let chunked = [format!("{:x}\r\n", long.len()).as_bytes(), &long, b"\r\n0\r\n\r\n"].concat();
    for (status, head, body) in [
        ("200 OK", get("/"), &b""[..]),
        ("200 OK", get("/app.js"), b""),
        ("200 OK", get("/api/examples"), b""),
        ("200 OK", "HEAD / HTTP/1.1\nhost: localhost".to_owned(), b""),
        ("200 OK", post("", question), question),
        ("200 OK", post("\norigin: http://localhost:PORT\nsec-fetch-site: same-origin", question), question),
        ("404 Not Found", get("/../Cargo.toml"), b""),
        ("404 Not Found", get("/index.html"), b""),
        ("405 Method Not Allowed", get("/api/answer"), b""),
        ("405 Method Not Allowed", POST.replace("/api/answer", "/"), b""),
        ("405 Method Not Allowed", "DELETE / HTTP/1.1\nhost: localhost".to_owned(), b""),
        ("400 Bad Request", post("", b"{"), b"{"),
        ("400 Bad Request", "GET / HTTP/1.1\nhost: local host\nx y: z".to_owned(), b""),
        ("421 Misdirected Request", "GET / HTTP/1.1\nhost: example.com".to_owned(), b""),
        ("421 Misdirected Request", POST.replace("localhost", "rebound.example"), b""),
        ("403 Forbidden", post("\norigin: https://example.com", question), question),
        ("403 Forbidden", post("\norigin: http://localhost:1", question), question),
        ("403 Forbidden", post("\nsec-fetch-site: cross-site", question), question),
        ("415 Unsupported Media Type", POST.replace("application/json", "text/plain"), b""),
        ("413 Payload Too Large", post("", &long), &long),
        ("413 Payload Too Large", format!("{POST}\ntransfer-encoding: chunked"), &chunked),
    ] {
        let answer = server.ask(&head, body);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head}\n{answer:.300}");
        if status != "400 Bad Request" {
            assert!(
                answer.contains("\r\ncontent-security-policy: default-src 'none';"),
                "{head}\n{answer:.300}"
            );
        }
        assert!(!answer.to_lowercase().contains("access-control-"), "{head}\n{answer:.300}");
    }
    assert!(server.ask(&post("", question), question).contains(r#""verdict": "enriched""#));
}

#[test]
fn a_port_that_is_taken_is_told() {
    let server = Playground::start();
    let port = server.address.port().to_string();
    let second = playground(&port).wait_with_output().expect("an end");
    assert_eq!(second.status.code(), Some(2));
    let told = String::from_utf8(second.stderr).expect("text");
    let expected =
        format!("error: can't serve on port {port}: give another with `--port`; 0 is any that is free");
    assert!(told.starts_with(&expected), "{told}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it() {
    let mut server = Playground::start();
    let sent = Command::new("kill").args(["-INT", &server.process.id().to_string()]).status();
    assert!(sent.expect("a signal").success());
    assert_eq!(server.process.wait().expect("an end").code(), Some(0));
}
