//! One answer for each question of the client.

use std::collections::HashMap;

use enrich_dsl::format::format;
use enrich_dsl::source::{FileId, SourceFile, Sources, Span};
use lsp_types as lsp;
use lsp_types::request::{
    CodeActionRequest, Completion, DocumentHighlightRequest, DocumentSymbolRequest, Formatting,
    GotoDefinition, HoverRequest, PrepareRenameRequest, References, Rename, Request as _,
};
use serde_json::Value;

use super::convert::{self, Document};
use super::state::State;
use crate::analysis::definition::Target;
use crate::analysis::lines::Encoding;
use crate::analysis::set::RuleSet;
use crate::analysis::{actions, completion, definition, hover, rename, symbols};

/// Why there is no answer.
pub(super) enum Refused {
    /// The method is not known.
    Unknown,
    /// The question can't be read.
    Params(String),
    /// What is asked for makes no sense.
    Because(String),
}

type Answer = Result<Value, Refused>;

/// The answer to a question; `null` for files that the server does not know.
pub(super) fn answer(state: &mut State, method: &str, params: Value) -> Answer {
    match method {
        HoverRequest::METHOD => {
            let params: lsp::HoverParams = read(params)?;
            at(state, &params.text_document_position_params, hovered)
        }
        Completion::METHOD => {
            let params: lsp::CompletionParams = read(params)?;
            at(state, &params.text_document_position, completed)
        }
        GotoDefinition::METHOD => {
            let params: lsp::GotoDefinitionParams = read(params)?;
            at(state, &params.text_document_position_params, defined)
        }
        References::METHOD => {
            let params: lsp::ReferenceParams = read(params)?;
            let declarations = params.context.include_declaration;
            at(state, &params.text_document_position, |asked| {
                let places = definition::references(asked.set, asked.file, asked.offset, declarations);
                write(asked.locations(places))
            })
        }
        DocumentHighlightRequest::METHOD => {
            let params: lsp::DocumentHighlightParams = read(params)?;
            at(state, &params.text_document_position_params, |asked| {
                let places = definition::references(asked.set, asked.file, asked.offset, true);
                let here = places.into_iter().filter(|place| place.file == asked.file);
                let highlight =
                    |place| lsp::DocumentHighlight { range: asked.document.span(place), kind: None };
                write(here.map(highlight).collect::<Vec<_>>())
            })
        }
        PrepareRenameRequest::METHOD => {
            let params: lsp::TextDocumentPositionParams = read(params)?;
            at(state, &params, |asked| {
                let found = rename::prepare(asked.set, asked.file, asked.offset).map_err(Refused::Because)?;
                let response = |(span, placeholder)| lsp::PrepareRenameResponse::RangeWithPlaceholder {
                    range: asked.document.span(span),
                    placeholder,
                };
                write(found.map(response))
            })
        }
        Rename::METHOD => {
            let params: lsp::RenameParams = read(params)?;
            at(state, &params.text_document_position, |asked| {
                let places = rename::rename(asked.set, asked.file, asked.offset, &params.new_name);
                let places = places.map_err(Refused::Because)?;
                write(asked.edit(places.into_iter().map(|place| (place, params.new_name.clone()))))
            })
        }
        DocumentSymbolRequest::METHOD => {
            let params: lsp::DocumentSymbolParams = read(params)?;
            of_file(state, &params.text_document, None, |asked| {
                let symbols = asked.set.parsed(asked.file).map(|parsed| symbols::symbols(&parsed.tree));
                let symbols = symbols.unwrap_or_default().into_iter();
                write(symbols.map(|symbol| convert::symbol(symbol, &asked.document)).collect::<Vec<_>>())
            })
        }
        Formatting::METHOD => {
            let params: lsp::DocumentFormattingParams = read(params)?;
            if let Some(tests) = state.tests(&params.text_document.uri) {
                let (sources, file) = tests.sources();
                return laid_out(sources, file, state.settings.encoding);
            }
            of_file(state, &params.text_document, None, |asked| {
                laid_out(asked.set.sources(), asked.file, asked.state.settings.encoding)
            })
        }
        CodeActionRequest::METHOD => mends(state, &read(params)?),
        _ => Err(Refused::Unknown),
    }
}

/// A question about a place.
struct Asked<'s> {
    state: &'s State,
    set: &'s RuleSet,
    file: FileId,
    document: Document<'s>,
    offset: usize,
}

fn at(
    state: &State,
    params: &lsp::TextDocumentPositionParams,
    answer: impl FnOnce(&Asked<'_>) -> Answer,
) -> Answer {
    of_file(state, &params.text_document, Some(params.position), answer)
}

fn of_file(
    state: &State,
    document: &lsp::TextDocumentIdentifier,
    position: Option<lsp::Position>,
    answer: impl FnOnce(&Asked<'_>) -> Answer,
) -> Answer {
    let Some((set, file)) = state.find(&document.uri) else { return Ok(Value::Null) };
    let document = Document::new(set.text(file), state.settings.encoding);
    let offset = position.map_or(0, |position| document.offset(position));
    answer(&Asked { state, set, file, document, offset })
}

fn hovered(asked: &Asked<'_>) -> Answer {
    let found = hover::hover(asked.set, asked.file, asked.offset);
    write(found.map(|hover| lsp::Hover {
        contents: lsp::HoverContents::Markup(lsp::MarkupContent {
            kind: lsp::MarkupKind::Markdown,
            value: hover.markdown,
        }),
        range: Some(asked.document.span(hover.span)),
    }))
}

/// The edit that lays a file out. What can't be read is not laid out: its findings say why.
fn laid_out(sources: &Sources, file: FileId, encoding: Encoding) -> Answer {
    let text = sources.get(file).map(SourceFile::text).unwrap_or_default();
    let new = format(sources, file).ok();
    let edit = new.and_then(|new| convert::difference(&Document::new(text, encoding), &new));
    write(edit.into_iter().collect::<Vec<_>>())
}

fn completed(asked: &Asked<'_>) -> Answer {
    let found = completion::completion(asked.set, asked.file, asked.offset);
    let replaced = asked.document.range(found.replaced.start, found.replaced.end);
    let snippets = asked.state.settings.snippets;
    let items = found.items.into_iter().enumerate();
    let items = items.map(|(at, item)| convert::completion(item, at, replaced, snippets));
    write(items.collect::<Vec<_>>())
}

fn defined(asked: &Asked<'_>) -> Answer {
    let targets = definition::definition(asked.set, asked.file, asked.offset).into_iter();
    let location = |target| match target {
        Target::Rules(span) => asked.locations([span]).pop(),
        Target::File(path) => Some(lsp::Location::new(asked.state.address(&path)?, lsp::Range::default())),
    };
    write(targets.filter_map(location).collect::<Vec<_>>())
}

impl Asked<'_> {
    fn locations(&self, places: impl IntoIterator<Item = Span>) -> Vec<lsp::Location> {
        let encoding = self.state.settings.encoding;
        let location = |place: Span| {
            let address = self.state.address(&self.set.path(place.file))?;
            let document = Document::new(self.set.text(place.file), encoding);
            Some(lsp::Location::new(address, document.span(place)))
        };
        places.into_iter().filter_map(location).collect()
    }

    /// An edit of several places.
    fn edit(&self, changes: impl IntoIterator<Item = (Span, String)>) -> lsp::WorkspaceEdit {
        edit(self.state, self.set, changes)
    }
}

#[expect(clippy::mutable_key_type, reason = "the protocol's type has addresses as keys")]
fn edit(
    state: &State,
    set: &RuleSet,
    changes: impl IntoIterator<Item = (Span, String)>,
) -> lsp::WorkspaceEdit {
    let mut edits: HashMap<lsp::Uri, Vec<lsp::TextEdit>> = HashMap::new();
    for (place, text) in changes {
        let Some(address) = state.address(&set.path(place.file)) else { continue };
        let document = Document::new(set.text(place.file), state.settings.encoding);
        edits.entry(address).or_default().push(lsp::TextEdit::new(document.span(place), text));
    }
    lsp::WorkspaceEdit::new(edits)
}

/// The mends of the findings in a range, and all of the file's at once.
fn mends(state: &mut State, params: &lsp::CodeActionParams) -> Answer {
    let address = &params.text_document.uri;
    // The check comes first: a mend is about the text as it is now.
    state.check(address);
    let Some((set, file)) = state.find(address) else { return Ok(Value::Null) };
    let findings = state.findings(address);
    let pages = state.settings.pages.as_deref();
    let document = Document::new(set.text(file), state.settings.encoding);
    let (start, end) = (document.offset(params.range.start), document.offset(params.range.end));
    let wanted = |kind: &lsp::CodeActionKind| match &params.context.only {
        Some(only) => only.iter().any(|one| {
            let (kind, one) = (kind.as_str(), one.as_str());
            kind == one || kind.strip_prefix(one).is_some_and(|rest| rest.starts_with('.'))
        }),
        None => true,
    };
    let mut found = Vec::new();
    if wanted(&lsp::CodeActionKind::QUICKFIX) {
        for (finding, fix) in actions::mendable(findings, Span::new(file, start, end)) {
            found.push(lsp::CodeAction {
                title: actions::title(finding, fix),
                kind: Some(lsp::CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![convert::diagnostic(finding, &document, set, pages)]),
                edit: Some(edit(state, set, [(fix.span, fix.replacement.clone())])),
                is_preferred: Some(true),
                ..lsp::CodeAction::default()
            });
        }
    }
    let all = actions::all(findings, file);
    if wanted(&lsp::CodeActionKind::SOURCE_FIX_ALL) && !all.is_empty() {
        found.push(lsp::CodeAction {
            title: "make all changes that `check` proposes in this file".to_owned(),
            kind: Some(lsp::CodeActionKind::SOURCE_FIX_ALL),
            edit: Some(edit(state, set, all.into_iter().map(|fix| (fix.span, fix.replacement.clone())))),
            ..lsp::CodeAction::default()
        });
    }
    write(found)
}

fn read<T: serde::de::DeserializeOwned>(params: Value) -> Result<T, Refused> {
    serde_json::from_value(params).map_err(|error| Refused::Params(error.to_string()))
}

fn write(answer: impl serde::Serialize) -> Answer {
    serde_json::to_value(answer).map_err(|error| Refused::Because(error.to_string()))
}
