//! The language server protocol around the analysis.
//!
//! One thread reads, answers and checks. A check waits until no message is left to be read, so that of the keys
//! of a fast typist only the last one is followed by one, and no question waits for more than one check.

mod convert;
mod requests;
mod state;
mod uri;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, Response};
use lsp_types as lsp;
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    Notification as _, PublishDiagnostics,
};
use lsp_types::request::{RegisterCapability, Request as _};
use serde_json::Value;

use crate::analysis::lines::Encoding;
use crate::disk::Disk;
use state::{Settings, State};

/// Serves one client until it says `shutdown` and `exit`, or is gone.
///
/// # Errors
/// Where the client does not keep to the protocol.
pub fn serve(connection: &Connection, disk: Rc<dyn Disk>) -> Result<(), ProtocolError> {
    let (id, params) = connection.initialize_start()?;
    let watches = params.pointer("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration");
    let watches = watches.and_then(Value::as_bool).unwrap_or(false);
    let settings = settings(&params);
    connection.initialize_finish(id, answer(&settings))?;
    if watches {
        send(connection, Message::Request(watched_files()));
    }
    let mut state = State::new(disk, settings);
    loop {
        let next = match connection.receiver.try_recv() {
            Ok(message) => Ok(message),
            Err(_) => {
                guarded(&mut state, |state| state.tell(&mut |params| publish(connection, params)));
                connection.receiver.recv()
            }
        };
        match next {
            Ok(Message::Request(request)) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(());
                }
                let answer = respond(&mut state, request);
                send(connection, Message::Response(answer));
            }
            Ok(Message::Notification(notification)) => {
                guarded(&mut state, |state| notified(state, notification, connection));
            }
            Ok(Message::Response(_)) => {}
            // The client is gone.
            Err(_) => return Ok(()),
        }
    }
}

/// What the client can do, as far as it matters here.
fn settings(params: &Value) -> Settings {
    let encodings = params.pointer("/capabilities/general/positionEncodings").and_then(Value::as_array);
    let utf8 = encodings.is_some_and(|all| all.iter().any(|one| one == "utf-8"));
    let snippets = params.pointer("/capabilities/textDocument/completion/completionItem/snippetSupport");
    let pages = params.pointer("/initializationOptions/codePages").and_then(Value::as_str);
    let slash = |pages: &str| format!("{}/", pages.trim_end_matches('/'));
    Settings {
        encoding: if utf8 { Encoding::Utf8 } else { Encoding::Utf16 },
        snippets: snippets.and_then(Value::as_bool).unwrap_or(false),
        pages: pages.filter(|pages| !pages.is_empty()).map(slash),
    }
}

/// What this server can do.
fn answer(settings: &Settings) -> Value {
    let encoding = match settings.encoding {
        Encoding::Utf8 => "utf-8",
        Encoding::Utf16 => "utf-16",
    };
    serde_json::json!({
        "capabilities": {
            "positionEncoding": encoding,
            "textDocumentSync": { "openClose": true, "change": 2 },
            "hoverProvider": true,
            "completionProvider": { "triggerCharacters": [".", "\"", "/", "{"] },
            "definitionProvider": true,
            "referencesProvider": true,
            "documentHighlightProvider": true,
            "renameProvider": { "prepareProvider": true },
            "documentSymbolProvider": true,
            "documentFormattingProvider": true,
            "codeActionProvider": { "codeActionKinds": ["quickfix", "source.fixAll"] },
        },
        "serverInfo": { "name": "enrich", "version": env!("CARGO_PKG_VERSION") },
    })
}

fn watched_files() -> Request {
    let options = serde_json::json!({
        "registrations": [{
            "id": "files",
            "method": DidChangeWatchedFiles::METHOD,
            "registerOptions": { "watchers": [{ "globPattern": "**/*.enrich" }, { "globPattern": "**/*.json" }] },
        }],
    });
    Request::new("files".to_owned().into(), RegisterCapability::METHOD.to_owned(), options)
}

/// Does something that may meet a fault of ours: then what was read is read again, and the server goes on.
fn guarded<T>(state: &mut State, act: impl FnOnce(&mut State) -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(|| act(state)));
    if done.is_err() && catch_unwind(AssertUnwindSafe(|| state.forget())).is_err() {
        // Not even that: begin with nothing.
        let (disk, settings) = state.parts();
        *state = State::new(disk, settings);
    }
    done.ok()
}

fn respond(state: &mut State, request: Request) -> Response {
    let id = request.id.clone();
    let failed = |code: ErrorCode, message: String| Response::new_err(id.clone(), code as i32, message);
    match guarded(state, |state| requests::answer(state, request.method.as_str(), request.params)) {
        Some(Ok(answer)) => Response::new_ok(id, answer),
        Some(Err(requests::Refused::Unknown)) => {
            failed(ErrorCode::MethodNotFound, format!("there is no method `{}`", request.method))
        }
        Some(Err(requests::Refused::Params(error))) => failed(ErrorCode::InvalidParams, error),
        Some(Err(requests::Refused::Because(reason))) => failed(ErrorCode::RequestFailed, reason),
        None => failed(ErrorCode::InternalError, "a fault of the server: its log says more".to_owned()),
    }
}

/// What the client says without waiting for an answer. What can't be read is passed over: there is nobody
/// to tell.
fn notified(state: &mut State, notification: Notification, connection: &Connection) {
    let Notification { method, params } = notification;
    match method.as_str() {
        DidOpenTextDocument::METHOD => {
            if let Ok(params) = serde_json::from_value::<lsp::DidOpenTextDocumentParams>(params) {
                state.opened(params.text_document);
            }
        }
        DidChangeTextDocument::METHOD => {
            if let Ok(params) = serde_json::from_value(params) {
                state.changed(params);
            }
        }
        DidCloseTextDocument::METHOD => {
            if let Ok(params) = serde_json::from_value::<lsp::DidCloseTextDocumentParams>(params) {
                state.closed(&params.text_document.uri, &mut |params| publish(connection, params));
            }
        }
        DidChangeWatchedFiles::METHOD => {
            if let Ok(params) = serde_json::from_value::<lsp::DidChangeWatchedFilesParams>(params) {
                params.changes.iter().for_each(|change| state.changed_on_disk(&change.uri));
            }
        }
        _ => {}
    }
}

fn publish(connection: &Connection, params: lsp::PublishDiagnosticsParams) {
    send(connection, Message::Notification(Notification::new(PublishDiagnostics::METHOD.to_owned(), params)));
}

/// A client that is gone is seen when it is read from next.
fn send(connection: &Connection, message: Message) {
    let _ = connection.sender.send(message);
}
