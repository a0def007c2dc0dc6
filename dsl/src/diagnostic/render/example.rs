//! What the renderers are tested with: two findings that have everything that a finding can have.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Sources, Span};

pub(super) fn example() -> (Sources, Vec<Diagnostic>) {
    let text = "rule größe {\n  set .a = \"🎈\" + usr.b\n  drop when\n    .a\n}\n";
    let mut sources = Sources::new();
    let file = sources.add("rules/100% sure, a:b.enrich", text);
    let at = |from: &str, to: &str| {
        let start = text.find(from).expect("the beginning");
        let end = text.match_indices(to).map(|(at, _)| at).find(|at| *at >= start).expect("the end");
        Span::new(file, start, end + to.len())
    };
    let name = Diagnostic::new(Code::UnknownName, at("usr", "usr"), "`usr` is not a lookup, 100%\nsure")
        .label("here")
        .see(at("größe", "größe"), "in this rule")
        .help("did you mean `user`?")
        .fix(at("usr", "usr"), "user");
    let lines = Diagnostic::new(Code::Syntax, at("drop", ".a\n"), "this goes over two lines");
    (sources, vec![name, lines])
}
