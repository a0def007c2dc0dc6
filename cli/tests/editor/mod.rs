//! An editor for tests: it starts the built program and talks to it.

use std::collections::HashMap;
use std::io::{BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// An answer that takes longer will never come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with files, gone when it is dropped.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        files.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("written");
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}", self.0.path().join(name).display())
    }
}

pub(crate) struct Editor {
    server: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    asked: u64,
    versions: HashMap<String, i64>,
    /// What was told of each file since it was last asked for.
    told: HashMap<String, Value>,
    pub(crate) capabilities: Value,
}

impl Editor {
    pub(crate) fn start(capabilities: &Value) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_enrich"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server");
        let (input, output) =
            (server.stdin.take().expect("its input"), server.stdout.take().expect("its output"));
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let (versions, told) = (HashMap::new(), HashMap::new());
        let mut editor =
            Self { server, input, output: receiver, asked: 0, versions, told, capabilities: Value::Null };
        let params = json!({ "processId": null, "rootUri": null, "capabilities": capabilities });
        editor.capabilities = editor.ask("initialize", &params)["capabilities"].clone();
        editor.notify("initialized", &json!({}));
        editor
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The whole answer to a question; what is told before it is kept.
    pub(crate) fn ask_raw(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
            self.keep(&message);
        }
    }

    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        let answer = self.ask_raw(method, params);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    pub(crate) fn open(&mut self, folder: &Folder, name: &str, text: &str) {
        let uri = folder.uri(name);
        self.versions.insert(uri.clone(), 1);
        let document = json!({ "uri": uri, "languageId": "enrich", "version": 1, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    /// Changes, one after the other: `line:column-line:column` and what stands there then.
    pub(crate) fn change(&mut self, folder: &Folder, name: &str, changes: &[(&str, &str)]) {
        let uri = folder.uri(name);
        let version = self.versions.entry(uri.clone()).or_default();
        *version += 1;
        let place = |text: &str| {
            let (line, column) = text.split_once(':').expect("a line and a column");
            let number = |text: &str| text.parse::<u32>().expect("a number");
            json!({ "line": number(line), "character": number(column) })
        };
        let changes: Vec<Value> = changes
            .iter()
            .map(|(range, text)| {
                let (start, end) = range.split_once('-').expect("a range");
                json!({ "range": { "start": place(start), "end": place(end) }, "text": text })
            })
            .collect();
        let document = json!({ "uri": uri, "version": *version });
        self.told.clear();
        self.notify(
            "textDocument/didChange",
            &json!({ "textDocument": document, "contentChanges": changes }),
        );
    }

    pub(crate) fn close(&mut self, folder: &Folder, name: &str) {
        let document = json!({ "textDocument": { "uri": folder.uri(name) } });
        self.told.clear();
        self.notify("textDocument/didClose", &document);
    }

    /// What is found in a file: waits until it is told.
    pub(crate) fn diagnostics(&mut self, folder: &Folder, name: &str) -> Value {
        let uri = folder.uri(name);
        loop {
            if let Some(told) = self.told.remove(&uri) {
                return told;
            }
            let message = self.receive();
            self.keep(&message);
        }
    }

    /// Says goodbye as the protocol has it; the exit status.
    pub(crate) fn stop(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", &Value::Null), Value::Null);
        self.notify("exit", &Value::Null);
        self.server.wait().expect("its end").code().expect("a status")
    }

    fn keep(&mut self, message: &Value) {
        if message["method"] == "textDocument/publishDiagnostics" {
            let uri = message["params"]["uri"].as_str().expect("an address").to_owned();
            self.told.insert(uri, message["params"]["diagnostics"].clone());
        }
    }

    fn receive(&mut self) -> Value {
        self.output.recv_timeout(PATIENCE).expect("an answer")
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("sent");
        self.input.flush().expect("sent");
    }
}

impl Drop for Editor {
    /// A test that fails leaves nothing running.
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read(output: &mut impl std::io::BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", number)) => length = number.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// So many rule files as a team may have them, with a schema each.
pub(crate) fn large_set(files: usize) -> Vec<(String, String)> {
    let schema = json!({
        "type": "object",
        "required": ["id", "user"],
        "properties": {
            "id": { "type": "string" },
            "kind": { "enum": ["a", "b"] },
            "user": { "type": "string" },
            "product": { "type": "string" },
            "amount": { "type": "number" },
            "address": { "type": "object", "properties": { "city": { "type": "string" }, "zip": { "type": "string" } } },
            "lines": {
                "type": "array",
                "items": { "type": "object", "properties": { "product": { "type": "string" }, "quantity": { "type": "integer" } } },
            },
        },
    });
    let rules = include_str!("large.enrich");
    let file = |at: usize| {
        let at_text = at.to_string();
        [
            (format!("r{at}.enrich"), rules.replace("NUMBER", &at_text)),
            (format!("s{at}.json"), schema.to_string()),
        ]
    };
    (0..files).flat_map(file).collect()
}
