//! Between what the analysis says and the protocol's messages.

use enrich_dsl::diagnostic::{Code, Diagnostic, Severity};
use enrich_dsl::source::Span;
use lsp_types as lsp;

use super::uri::uri;
use crate::analysis::completion::{Completion, Kind};
use crate::analysis::lines::{Encoding, Lines, Position};
use crate::analysis::set::RuleSet;
use crate::analysis::symbols::{self, Symbol};

/// A text with its lines, as the client counts them.
pub(super) struct Document<'t> {
    pub(super) text: &'t str,
    lines: Lines,
    encoding: Encoding,
}

impl<'t> Document<'t> {
    pub(super) fn new(text: &'t str, encoding: Encoding) -> Self {
        Self { text, lines: Lines::new(text), encoding }
    }

    pub(super) fn range(&self, start: usize, end: usize) -> lsp::Range {
        lsp::Range::new(self.position(start), self.position(end))
    }

    pub(super) fn span(&self, span: Span) -> lsp::Range {
        self.range(span.start as usize, span.end as usize)
    }

    pub(super) fn offset(&self, position: lsp::Position) -> usize {
        let position = Position { line: position.line, column: position.character };
        self.lines.offset(self.text, position, self.encoding)
    }

    fn position(&self, offset: usize) -> lsp::Position {
        let Position { line, column } = self.lines.position(self.text, offset, self.encoding);
        lsp::Position::new(line, column)
    }
}

/// Where a span is; `None` for what has no address.
pub(super) fn location(set: &RuleSet, span: Span, encoding: Encoding) -> Option<lsp::Location> {
    let document = Document::new(set.text(span.file), encoding);
    Some(lsp::Location::new(uri(&set.path(span.file))?, document.span(span)))
}

/// A finding at its place. `pages` is where the pages of the codes are, with a `/` at its end.
pub(super) fn diagnostic(
    finding: &Diagnostic,
    document: &Document<'_>,
    set: &RuleSet,
    pages: Option<&str>,
) -> lsp::Diagnostic {
    let code = finding.code.as_str();
    let help = finding.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let label = Some(finding.primary.text.as_str()).filter(|text| !text.is_empty());
    let label = label.map(|text| format!("\n{text}")).unwrap_or_default();
    let related = finding.secondary.iter().filter_map(|label| {
        let location = location(set, label.span, document.encoding)?;
        Some(lsp::DiagnosticRelatedInformation { location, message: label.text.clone() })
    });
    let related: Vec<_> = related.collect();
    let page = pages.and_then(|pages| format!("{pages}{code}.md").parse().ok());
    let unused = [Code::UnusedTable, Code::UnusedLookup, Code::UnusedAllow, Code::UnreachableRule];
    lsp::Diagnostic {
        range: document.span(finding.primary.span),
        severity: Some(match finding.severity() {
            Severity::Error => lsp::DiagnosticSeverity::ERROR,
            _ => lsp::DiagnosticSeverity::WARNING,
        }),
        code: Some(lsp::NumberOrString::String(code.to_owned())),
        code_description: page.map(|href| lsp::CodeDescription { href }),
        source: Some("enrich".to_owned()),
        message: format!("{}{label}{help}", finding.message),
        related_information: (!related.is_empty()).then_some(related),
        tags: unused.contains(&finding.code).then(|| vec![lsp::DiagnosticTag::UNNECESSARY]),
        data: None,
    }
}

/// An item of a completion; `at` is its place in the list.
pub(super) fn completion(
    item: Completion,
    at: usize,
    replaced: lsp::Range,
    snippets: bool,
) -> lsp::CompletionItem {
    let kind = match item.kind {
        Kind::Keyword => lsp::CompletionItemKind::KEYWORD,
        Kind::Field | Kind::Attribute => lsp::CompletionItemKind::FIELD,
        Kind::Table => lsp::CompletionItemKind::CLASS,
        Kind::Variable => lsp::CompletionItemKind::VARIABLE,
        Kind::Function => lsp::CompletionItemKind::FUNCTION,
        Kind::Choice => lsp::CompletionItemKind::ENUM_MEMBER,
        Kind::File => lsp::CompletionItemKind::FILE,
    };
    let snippet = item.snippet && snippets;
    let text = if item.snippet && !snippets { item.label.clone() } else { item.insert };
    lsp::CompletionItem {
        kind: Some(kind),
        detail: Some(item.detail).filter(|detail| !detail.is_empty()),
        documentation: Some(item.documentation).filter(|text| !text.is_empty()).map(|value| {
            let kind = lsp::MarkupKind::Markdown;
            lsp::Documentation::MarkupContent(lsp::MarkupContent { kind, value })
        }),
        sort_text: Some(format!("{at:05}")),
        filter_text: Some(item.label.clone()),
        insert_text_format: snippet.then_some(lsp::InsertTextFormat::SNIPPET),
        text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit::new(replaced, text))),
        label: item.label,
        ..lsp::CompletionItem::default()
    }
}

/// A symbol with those inside it.
pub(super) fn symbol(symbol: Symbol, document: &Document<'_>) -> lsp::DocumentSymbol {
    let kind = match symbol.kind {
        symbols::Kind::Table => lsp::SymbolKind::CLASS,
        symbols::Kind::Rule => lsp::SymbolKind::FUNCTION,
        symbols::Kind::Lookup => lsp::SymbolKind::VARIABLE,
        symbols::Kind::Loop => lsp::SymbolKind::ARRAY,
    };
    let children: Vec<_> = symbol.children.into_iter().map(|inner| self::symbol(inner, document)).collect();
    #[expect(deprecated, reason = "the type has the old field still")]
    lsp::DocumentSymbol {
        name: symbol.name,
        detail: Some(symbol.detail).filter(|detail| !detail.is_empty()),
        kind,
        tags: None,
        deprecated: None,
        range: document.span(symbol.span),
        selection_range: document.span(symbol.name_span),
        children: (!children.is_empty()).then_some(children),
    }
}

/// The edit that makes of one text another: of the lines between what both begin and end with.
pub(super) fn difference(document: &Document<'_>, new: &str) -> Option<lsp::TextEdit> {
    let old = document.text;
    let (before, behind): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let same = |one: &[&str], two: &[&str]| -> usize {
        one.iter().zip(two).take_while(|(one, two)| one == two).map(|(one, _)| one.len()).sum()
    };
    let start = same(&before, &behind);
    let room = old.len().min(new.len()) - start;
    let mut end = 0;
    for (one, two) in before.iter().rev().zip(behind.iter().rev()) {
        if one != two || end + one.len() > room {
            break;
        }
        end += one.len();
    }
    let replacement = new.get(start..new.len() - end)?;
    let (from, to) = (start, old.len() - end);
    (from < to || !replacement.is_empty())
        .then(|| lsp::TextEdit::new(document.range(from, to), replacement.to_owned()))
}
