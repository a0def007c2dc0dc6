//! What runs beside a function, on loopback: AppConfig's extension, or a collector of traces. It answers one path.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Where the extension has a configuration, and what `RULES` says of it.
pub(crate) const CONFIGURATION: &str = "/applications/clicks/environments/production/configurations/rules";
pub(crate) const RULES: &str = "appconfig:clicks/production/rules";

pub(crate) struct Local {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    path: &'static str,
    /// The status, and the body.
    answer: Mutex<(u16, Vec<u8>)>,
    /// The bodies of the requests for the path.
    asked: Mutex<Vec<Vec<u8>>>,
}

impl Local {
    /// Answers that to requests for that path, and 404 to others.
    pub(crate) fn start(path: &'static str, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let answer = Mutex::new((200, body.as_bytes().to_vec()));
        let shared = Arc::new(Shared { path, answer, asked: Mutex::default() });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming() {
                // Who asks may be gone.
                let _ = connection.and_then(|connection| respond(&connection, &serving));
            }
        });
        Self { port, shared }
    }

    /// From now on it answers this.
    pub(crate) fn set(&self, status: u16, body: &str) {
        *self.shared.answer.lock().expect("the answer") = (status, body.as_bytes().to_vec());
    }

    /// What was posted since the last time.
    #[allow(dead_code, reason = "not every test that has this file posts anything")]
    pub(crate) fn posted(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.shared.asked.lock().expect("requests"));
        asked.into_iter().map(|body| String::from_utf8(body).expect("UTF-8")).collect()
    }
}

fn respond(mut connection: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while reader.read_line(&mut head)? > 2 {}
    let length = head
        .to_ascii_lowercase()
        .split("content-length: ")
        .nth(1)
        .and_then(|it| it.lines().next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let (status, answer) = if head.split(' ').nth(1) == Some(shared.path) {
        shared.asked.lock().expect("requests").push(body);
        shared.answer.lock().expect("the answer").clone()
    } else {
        (404, b"nothing is here".to_vec())
    };
    let head = format!("HTTP/1.1 {status} \r\nConnection: close\r\nContent-Length: {}\r\n\r\n", answer.len());
    connection.write_all(head.as_bytes())?;
    connection.write_all(&answer)
}
