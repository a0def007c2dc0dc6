//! A Lambda Runtime API on loopback: hands out invocations, and collects what the function says.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// An invocation to hand out.
pub(crate) struct Invoke {
    pub(crate) body: Vec<u8>,
    pub(crate) deadline_ms: u64,
}

/// What the function said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Response { id: String, body: String },
    Error { id: String, body: String },
    InitError { error_type: String, body: String },
}

pub(crate) struct RuntimeApi {
    pub(crate) address: String,
    said: Receiver<Said>,
}

impl RuntimeApi {
    /// Hands out the invocations one by one, with the ids `id-0`, `id-1`, …, and then keeps the function waiting.
    pub(crate) fn start(invocations: Vec<Invoke>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let queue: VecDeque<_> = invocations.into_iter().enumerate().collect();
        let (sender, said) = channel();
        let queue = Arc::new(Mutex::new(queue));
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (queue, sender) = (Arc::clone(&queue), sender.clone());
                thread::spawn(move || converse(&connection.expect("a connection"), &queue, &sender));
            }
        });
        Self { address, said }
    }

    pub(crate) fn said(&self) -> Said {
        self.said.recv_timeout(Duration::from_secs(20)).expect("the function to say something")
    }
}

/// One connection: requests until the function closes it.
fn converse(stream: &TcpStream, queue: &Mutex<VecDeque<(usize, Invoke)>>, said: &Sender<Said>) {
    let mut reader = BufReader::new(stream);
    while let Some((path, headers, body)) = request(&mut reader) {
        let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let parts: Vec<&str> = path.trim_start_matches("/2018-06-01/runtime/").split('/').collect();
        match parts[..] {
            ["invocation", "next"] => match queue.lock().expect("the queue").pop_front() {
                Some((at, invoke)) => next(stream, at, &invoke),
                None => thread::park(),
            },
            ["invocation", id, "response"] => tell(stream, said, Said::Response { id: id.to_owned(), body }),
            ["invocation", id, "error"] => tell(stream, said, Said::Error { id: id.to_owned(), body }),
            ["init", "error"] => {
                let error_type = header("lambda-runtime-function-error-type").unwrap_or_default();
                tell(stream, said, Said::InitError { error_type, body });
            }
            _ => write(stream, "404 Not Found", "", b""),
        }
    }
}

type Request = (String, Vec<(String, String)>, String);

fn request(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().expect("a length"))];
    reader.read_exact(&mut body).ok()?;
    Some((path, headers, String::from_utf8(body).expect("UTF-8")))
}

fn next(stream: &TcpStream, at: usize, invoke: &Invoke) {
    let headers = format!(
        "Lambda-Runtime-Aws-Request-Id: id-{at}\r\nLambda-Runtime-Deadline-Ms: {}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:enrich\r\n\
         Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r\n",
        invoke.deadline_ms
    );
    write(stream, "200 OK", &headers, &invoke.body);
}

fn tell(stream: &TcpStream, said: &Sender<Said>, what: Said) {
    write(stream, "202 Accepted", "", br#"{"status":"OK"}"#);
    // The test may have seen enough.
    let _ = said.send(what);
}

fn write(mut stream: &TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    // The function may be gone.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}
