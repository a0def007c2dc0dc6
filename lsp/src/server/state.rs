//! What the server knows: the open texts, and the rule sets of the folders that they are in.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use enrich_dsl::diagnostic::Diagnostic;
use enrich_dsl::source::FileId;
use lsp_types as lsp;

use super::convert::{self, Document};
use super::uri::{path, uri};
use crate::analysis::lines::Encoding;
use crate::analysis::set::{RuleSet, Tests};
use crate::disk::Disk;

/// What the client can do and wants.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) encoding: Encoding,
    /// Whether it takes snippets.
    pub(super) snippets: bool,
    /// Where the pages of the codes are, with a `/` at its end.
    pub(super) pages: Option<String>,
}

/// A text that is open in the editor.
struct Open {
    uri: lsp::Uri,
    version: i32,
    text: String,
}

/// The rule set of a folder.
struct Folder {
    set: RuleSet,
    /// Files that can't be read, with the reason.
    unreadable: Vec<(PathBuf, String)>,
    /// What the last check found; `None` where something has changed since.
    findings: Option<Vec<Diagnostic>>,
    /// Whether something may have changed since the client was told.
    untold: bool,
    /// What the client was told.
    told: BTreeMap<PathBuf, Vec<lsp::Diagnostic>>,
}

impl Folder {
    fn changed(&mut self) {
        (self.findings, self.untold) = (None, true);
    }
}

/// All that the server knows.
pub(super) struct State {
    disk: Rc<dyn Disk>,
    pub(super) settings: Settings,
    open: HashMap<PathBuf, Open>,
    folders: BTreeMap<PathBuf, Folder>,
}

/// Sends a notification.
pub(super) type Send<'a> = dyn FnMut(lsp::PublishDiagnosticsParams) + 'a;

impl State {
    pub(super) fn new(disk: Rc<dyn Disk>, settings: Settings) -> Self {
        Self { disk, settings, open: HashMap::new(), folders: BTreeMap::new() }
    }

    /// The rule set that a file belongs to, and the file in it. `None` for what is not open in the editor.
    pub(super) fn find(&self, address: &lsp::Uri) -> Option<(&RuleSet, FileId)> {
        let path = path(address)?;
        let set = &self.folders.get(path.parent()?)?.set;
        Some((set, set.file(&path)?))
    }

    /// A file of tests that is open.
    pub(super) fn tests(&self, address: &lsp::Uri) -> Option<Tests> {
        let path = path(address).filter(|path| Tests::is_one(path))?;
        let text = self.open.get(&path)?.text.clone();
        Some(Tests::new(path, text))
    }

    /// Checks the set of a file, if something has changed. `false` for what the server does not know.
    pub(super) fn check(&mut self, address: &lsp::Uri) -> bool {
        let path = path(address);
        let folder = path.as_ref().and_then(|path| self.folders.get_mut(path.parent()?));
        let Some(Folder { set, findings, .. }) = folder else { return false };
        findings.get_or_insert_with(|| set.findings());
        true
    }

    /// What the last check has found in the set of a file; nothing where something has changed since.
    pub(super) fn findings(&self, address: &lsp::Uri) -> &[Diagnostic] {
        let path = path(address);
        let folder = path.as_ref().and_then(|path| self.folders.get(path.parent()?));
        folder.and_then(|folder| folder.findings.as_deref()).unwrap_or_default()
    }

    /// What a new state begins with.
    pub(super) fn parts(&self) -> (Rc<dyn Disk>, Settings) {
        (Rc::clone(&self.disk), self.settings.clone())
    }

    /// The address of a file: as the client has it, if it has the file open.
    pub(super) fn address(&self, path: &Path) -> Option<lsp::Uri> {
        self.open.get(path).map(|open| open.uri.clone()).or_else(|| uri(path))
    }

    pub(super) fn opened(&mut self, document: lsp::TextDocumentItem) {
        let Some(path) = path(&document.uri) else { return };
        let lsp::TextDocumentItem { uri, version, text, .. } = document;
        self.open.insert(path.clone(), Open { uri, version, text });
        self.put(&path);
    }

    pub(super) fn changed(&mut self, change: lsp::DidChangeTextDocumentParams) {
        let Some(path) = path(&change.text_document.uri) else { return };
        let encoding = self.settings.encoding;
        let Some(open) = self.open.get_mut(&path) else { return };
        open.version = change.text_document.version;
        for lsp::TextDocumentContentChangeEvent { range, text, .. } in change.content_changes {
            match range {
                None => open.text = text,
                Some(range) => {
                    let document = Document::new(&open.text, encoding);
                    let (start, end) = (document.offset(range.start), document.offset(range.end));
                    open.text.replace_range(start..end.max(start), &text);
                }
            }
        }
        self.put(&path);
    }

    pub(super) fn closed(&mut self, address: &lsp::Uri, send: &mut Send<'_>) {
        let Some(path) = path(address) else { return };
        let (Some(_), Some(parent)) = (self.open.remove(&path), path.parent()) else { return };
        if self.open.keys().any(|open| open.parent() == Some(parent)) {
            // What is on the disk counts again.
            return self.reload(parent);
        }
        let Some(folder) = self.folders.remove(parent) else { return };
        for path in folder.told.into_iter().filter(|(_, told)| !told.is_empty()).map(|(path, _)| path) {
            send_empty(&path, send);
        }
    }

    /// A file has changed on the disk.
    pub(super) fn changed_on_disk(&mut self, address: &lsp::Uri) {
        let Some(path) = path(address) else { return };
        let rules = path.extension().is_some_and(|extension| extension == "enrich");
        match path.parent().and_then(|parent| self.folders.get(parent)) {
            Some(folder) if rules && !self.open.contains_key(&path) => {
                let known = folder.set.file(&path);
                match (known, self.disk.rule_file(&path)) {
                    (Some(_), Ok(text)) => self.replace(&path, text),
                    _ => {
                        let parent = path.parent().unwrap_or(Path::new("")).to_owned();
                        self.reload(&parent);
                    }
                }
            }
            _ if rules => {}
            // A schema, perhaps; which rule sets name it the next check sees.
            _ => self.folders.values_mut().for_each(Folder::changed),
        }
    }

    /// An open text is as it is now.
    fn put(&mut self, path: &Path) {
        let Some(parent) = path.parent() else { return };
        if Tests::is_one(path)
            && let Some(folder) = self.folders.get_mut(parent)
        {
            // The rules are as they were.
            folder.untold = true;
            return;
        }
        let known = self.folders.get(parent).is_some_and(|folder| folder.set.file(path).is_some());
        match self.open.get(path) {
            Some(open) if known => {
                let text = open.text.clone();
                self.replace(path, text);
            }
            _ => self.reload(parent),
        }
    }

    fn replace(&mut self, path: &Path, text: String) {
        let Some(folder) = path.parent().and_then(|parent| self.folders.get_mut(parent)) else { return };
        if let Some(file) = folder.set.file(path) {
            folder.set.replace(file, text);
            folder.changed();
        }
    }

    /// Reads a folder anew: its files have come or gone.
    fn reload(&mut self, parent: &Path) {
        let open = self.open.keys().filter(|path| path.parent() == Some(parent));
        let rules = open.filter(|path| is_rule_file(path)).cloned();
        let mut paths: Vec<PathBuf> = self.disk.rule_files(parent).into_iter().chain(rules).collect();
        paths.sort();
        paths.dedup();
        let (mut files, mut unreadable) = (Vec::new(), Vec::new());
        for path in paths {
            let text = match self.open.get(&path) {
                Some(open) => Ok(open.text.clone()),
                None => self.disk.rule_file(&path),
            };
            match text {
                Ok(text) => files.push((path, text)),
                Err(reason) => unreadable.push((path, reason)),
            }
        }
        let told = self.folders.remove(parent).map(|folder| folder.told).unwrap_or_default();
        let set = RuleSet::new(Rc::clone(&self.disk), files);
        self.folders
            .insert(parent.to_owned(), Folder { set, unreadable, findings: None, untold: true, told });
    }

    /// Checks what has changed, and tells what has changed by that.
    pub(super) fn tell(&mut self, send: &mut Send<'_>) {
        let Self { settings, open, folders, .. } = self;
        for (parent, folder) in folders {
            if !std::mem::take(&mut folder.untold) {
                continue;
            }
            let findings = folder.findings.take().unwrap_or_else(|| folder.set.findings());
            let mut now = diagnostics(&folder.set, &findings, settings);
            for (path, reason) in &folder.unreadable {
                now.insert(path.clone(), vec![unreadable(reason)]);
            }
            folder.findings = Some(findings);
            for (path, text) in
                open.iter().filter(|(path, _)| path.parent() == Some(parent) && Tests::is_one(path))
            {
                now.insert(path.clone(), of_tests(&folder.set, path, &text.text, settings));
            }
            for (path, found) in &now {
                if folder.told.get(path).map(Vec::as_slice).unwrap_or_default() != found {
                    let version = open.get(path).map(|open| open.version);
                    let address = open.get(path).map(|open| open.uri.clone()).or_else(|| uri(path));
                    let Some(address) = address else { continue };
                    send(lsp::PublishDiagnosticsParams::new(address, found.clone(), version));
                }
            }
            for (path, _) in
                folder.told.iter().filter(|(path, told)| !told.is_empty() && !now.contains_key(*path))
            {
                match open.get(path) {
                    Some(open) => send(lsp::PublishDiagnosticsParams::new(
                        open.uri.clone(),
                        Vec::new(),
                        Some(open.version),
                    )),
                    None => send_empty(path, send),
                }
            }
            folder.told = now;
        }
    }

    /// Something went wrong: what was read is read again.
    pub(super) fn forget(&mut self) {
        let parents: Vec<PathBuf> = self.folders.keys().cloned().collect();
        parents.iter().for_each(|parent| self.reload(parent));
    }
}

/// Whether a file belongs to a rule set, by its name.
fn is_rule_file(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.ends_with(".enrich") && !Tests::is_one(path) && !name.starts_with('.')
}

fn send_empty(path: &Path, send: &mut Send<'_>) {
    if let Some(address) = uri(path) {
        send(lsp::PublishDiagnosticsParams::new(address, Vec::new(), None));
    }
}

fn unreadable(reason: &str) -> lsp::Diagnostic {
    let mut diagnostic = lsp::Diagnostic::new_simple(lsp::Range::default(), reason.to_owned());
    diagnostic.severity = Some(lsp::DiagnosticSeverity::ERROR);
    diagnostic.source = Some("enrich".to_owned());
    diagnostic
}

/// What is wrong with a file of tests.
fn of_tests(set: &RuleSet, path: &Path, text: &str, settings: &Settings) -> Vec<lsp::Diagnostic> {
    let tests = Tests::new(path.to_owned(), text.to_owned());
    let document = Document::new(text, settings.encoding);
    let told = set.test_findings(&tests).into_iter().map(|mut finding| {
        // Other places are in the same file, and the help names them.
        finding.secondary.clear();
        convert::diagnostic(&finding, &document, set, settings.pages.as_deref())
    });
    told.collect()
}

/// The findings by the file that they are in.
fn diagnostics(
    set: &RuleSet,
    findings: &[Diagnostic],
    settings: &Settings,
) -> BTreeMap<PathBuf, Vec<lsp::Diagnostic>> {
    let mut by_file: BTreeMap<FileId, Vec<&Diagnostic>> = BTreeMap::new();
    for finding in findings {
        by_file.entry(finding.primary.span.file).or_default().push(finding);
    }
    let told = by_file.into_iter().map(|(file, findings)| {
        let document = Document::new(set.text(file), settings.encoding);
        let pages = settings.pages.as_deref();
        let all = findings.into_iter().map(|finding| convert::diagnostic(finding, &document, set, pages));
        (set.path(file), all.collect())
    });
    told.collect()
}
