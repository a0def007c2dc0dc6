//! For people: the source line, a caret under the place, and what to do.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{FileId, Sources};

/// Draws one finding. `color` adds the escape sequences of a terminal.
#[must_use]
pub fn full(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> String {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.as_str())
        .elements(files(diagnostic).into_iter().filter_map(|file| snippet(diagnostic, sources, file)));
    if let Some(help) = &diagnostic.help {
        title = title.element(Level::HELP.message(help.as_str()));
    }
    let mut report = vec![title];
    if let Some(group) = patch(diagnostic, sources) {
        report.push(group);
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).render(&report)
}

/// The files that the finding points into, its own first.
fn files(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files = vec![diagnostic.primary.span.file];
    for label in &diagnostic.secondary {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files
}

fn snippet<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
    file: FileId,
) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let source = sources.get(file)?;
    let annotation = |kind: AnnotationKind, label: &'a Label| {
        let text = (!label.text.is_empty()).then_some(label.text.as_str());
        kind.span(label.span.range()).label(text)
    };
    let primary = std::iter::once((AnnotationKind::Primary, &diagnostic.primary));
    let secondary = diagnostic.secondary.iter().map(|label| (AnnotationKind::Context, label));
    let annotations = primary
        .chain(secondary)
        .filter(|(_, label)| label.span.file == file)
        .map(|(kind, label)| annotation(kind, label));
    Some(Snippet::source(source.text()).path(source.name()).annotations(annotations))
}

fn patch<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Option<Group<'a>> {
    let fix = diagnostic.fix.as_ref()?;
    let source = sources.get(fix.span.file)?;
    let patch = Patch::new(fix.span.range(), fix.replacement.as_str());
    let snippet = Snippet::source(source.text()).path(source.name()).patch(patch);
    Some(Level::HELP.secondary_title("write it so").element(snippet))
}
