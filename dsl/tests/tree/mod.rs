//! Random trees: all that a text can give, with odd names, escapes and holes.

use enrich_dsl::source::Span;
use enrich_dsl::syntax::tree::{
    Absent, Arithmetic, Comparison, Copied, Copy, Expr, ExprKind, Item, Lookup, Name, Path, Rule, Statement,
    StatementKind, Table, TableClause, TableClauseKind, Target, Text, TextPart,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// The debug form of a tree without the places in it.
pub(crate) fn without_spans(debug: &str) -> String {
    // A span holds a file's id in parentheses and two numbers: no brace.
    let mut pieces = debug.split("Span {");
    let first = pieces.next().unwrap_or_default().to_owned();
    first + &pieces.filter_map(|piece| Some(piece.split_once('}')?.1)).collect::<String>()
}

/// The items of a file.
pub(crate) fn items() -> impl Strategy<Value = Vec<Item>> {
    vec(prop_oneof![1 => table(), 3 => rule()], 0..3)
}

fn at() -> Span {
    Span::default()
}

fn name(text: String) -> Name {
    Name { text, span: at() }
}

/// Any word, even one of the language's own: what follows a word that asks for a name is one.
fn word() -> BoxedStrategy<Name> {
    const OWN: [&str; 11] =
        ["rule", "table", "set", "key", "to", "default", "required", "instead", "on", "where", "if"];
    prop_oneof![4 => "[a-zA-Z_][a-zA-Z0-9_]{0,9}", 1 => select(&OWN[..]).prop_map(str::to_owned)]
        .prop_map(name)
        .boxed()
}

/// A name in an expression: not one that begins something else.
fn free_word() -> BoxedStrategy<Name> {
    let own = [
        "stream",
        "when",
        "schema",
        "lookup",
        "copy",
        "on",
        "set",
        "remove",
        "drop",
        "output",
        "rejects",
        "for",
        "decode",
        "prefix",
        "one",
        "compression",
        "partition",
        "then",
        "else",
        "if",
        "not",
        "true",
        "false",
        "null",
    ];
    word().prop_filter("a word of the language", move |name| !own.contains(&name.text.as_str())).boxed()
}

/// Characters that need care, among others.
fn characters() -> BoxedStrategy<String> {
    let odd = select(vec![
        "\"", "\\", "{", "}", "$", "${", "\\{", "#", "'", "\n", "\t", "\r", "\u{8}", "\u{c}", "\0", "\u{7f}",
        "\u{feff}", "\u{200b}", "\u{2028}", "é", "😀", " ", "/", "\\u0041", "a.b", "rule",
    ]);
    vec(prop_oneof![odd.prop_map(str::to_owned), "[a-z ]{1,4}", any::<char>().prop_map(String::from)], 1..6)
        .prop_map(|parts| parts.concat())
        .boxed()
}

fn attribute() -> BoxedStrategy<Name> {
    prop_oneof![4 => word(), 1 => segment().prop_map(name)].boxed()
}

fn segment() -> BoxedStrategy<String> {
    prop_oneof![6 => word().prop_map(|word| word.text), 1 => characters(), 1 => Just(String::new())].boxed()
}

fn path() -> BoxedStrategy<Path> {
    let event = vec(segment(), 1..3).prop_map(|segments| Path { root: None, segments, span: at() });
    let element = (free_word(), vec(segment(), 0..3)).prop_map(|(root, segments)| Path {
        root: Some(root),
        segments,
        span: at(),
    });
    prop_oneof![3 => event, 1 => element].boxed()
}

fn text(depth: u32) -> BoxedStrategy<Text> {
    let variable = (word(), option::of("[a-zA-Z0-9 :#{$\\\\'é]{0,5}"))
        .prop_map(|(name, default)| TextPart::Variable { name: name.text, default, span: at() });
    let literal = prop_oneof![3 => characters(), 1 => Just("$".to_owned())].prop_map(TextPart::Literal);
    let part = match depth {
        0 => prop_oneof![3 => literal, 1 => variable].boxed(),
        _ => prop_oneof![3 => literal, 1 => variable, 1 => expr(depth - 1).prop_map(TextPart::Hole)].boxed(),
    };
    vec(part, 0..4)
        .prop_map(|mut parts| {
            // Two literals in a row are one.
            parts.dedup_by(|next, before| match (next, before) {
                (TextPart::Literal(next), TextPart::Literal(before)) => {
                    before.push_str(next);
                    true
                }
                _ => false,
            });
            Text { parts, span: at() }
        })
        .boxed()
}

fn make(kind: ExprKind) -> Expr {
    Expr { kind, span: at() }
}

fn group(inner: Expr) -> Expr {
    make(ExprKind::Group(Box::new(inner)))
}

/// Puts parentheses around a `??`, which stands beside no other operator.
fn apart(expr: Expr) -> Expr {
    if matches!(expr.kind, ExprKind::Coalesce(..)) { group(expr) } else { expr }
}

/// `FIRST SIGN NEXT SIGN NEXT`, from the left.
fn chain<S: Clone + std::fmt::Debug + 'static>(
    operand: BoxedStrategy<Expr>,
    sign: impl Strategy<Value = S> + 'static,
    prepare: fn(Expr) -> Expr,
    join: fn(&S, Box<Expr>, Box<Expr>) -> ExprKind,
) -> BoxedStrategy<Expr> {
    let more = prop_oneof![20 => Just(0_usize), 2 => Just(1), 1 => 2..4_usize];
    let operands = more.prop_flat_map(move |more| vec(operand.clone(), more + 1));
    (operands, vec(sign, 3))
        .prop_map(move |(operands, signs)| {
            let alone = operands.len() == 1;
            let mut operands =
                operands.into_iter().map(|operand| if alone { operand } else { prepare(operand) });
            let first = operands.next().expect("there is a first");
            operands
                .zip(&signs)
                .fold(first, |left, (right, sign)| make(join(sign, Box::new(left), Box::new(right))))
        })
        .boxed()
}

fn atom(depth: u32) -> BoxedStrategy<Expr> {
    prop_oneof![
        1 => Just(ExprKind::Null),
        1 => any::<bool>().prop_map(ExprKind::Boolean),
        3 => "-?(0|[1-9][0-9]{0,12})([.][0-9]{1,4})?([eE][+-]?[0-9]{1,3})?".prop_map(ExprKind::Number),
        2 => text(depth).prop_map(ExprKind::Text),
        4 => vec(segment(), 1..3)
            .prop_map(|segments| ExprKind::Event(Path { root: None, segments, span: at() })),
        2 => (free_word(), vec(segment(), 0..3)).prop_map(|(name, path)| ExprKind::Reference { name, path }),
    ]
    .prop_map(make)
    .boxed()
}

fn primary(depth: u32) -> BoxedStrategy<Expr> {
    if depth == 0 {
        return atom(0);
    }
    let call = (free_word(), vec(expr(depth - 1), 0..4))
        .prop_map(|(function, arguments)| make(ExprKind::Call { function, arguments }));
    prop_oneof![4 => atom(depth), 1 => call, 1 => expr(depth - 1).prop_map(group)].boxed()
}

/// An expression, each operator around what binds closer.
fn expr(depth: u32) -> BoxedStrategy<Expr> {
    use {Arithmetic as A, Comparison as C};
    let negation = prop_oneof![
        8 => primary(depth),
        1 => primary(depth).prop_map(|inner| make(ExprKind::Negate(Box::new(inner)))),
    ]
    .boxed();
    let arithmetic = |operation: &A, left, right| ExprKind::Arithmetic { operation: *operation, left, right };
    let product =
        chain(negation, select(vec![A::Multiply, A::Divide, A::Remainder]), |expr| expr, arithmetic);
    let sum = chain(product, select(vec![A::Add, A::Subtract]), |expr| expr, arithmetic);
    let beside =
        |expr: Expr| if matches!(expr.kind, ExprKind::Arithmetic { .. }) { group(expr) } else { expr };
    let coalesce = chain(sum, Just(()), beside, |(), left, right| ExprKind::Coalesce(left, right));
    let signs = [C::Equal, C::NotEqual, C::Less, C::LessOrEqual, C::Greater, C::GreaterOrEqual];
    let compared =
        (coalesce.clone(), select(signs.to_vec()), coalesce.clone()).prop_map(|(left, comparison, right)| {
            let (left, right) = (Box::new(apart(left)), Box::new(apart(right)));
            make(ExprKind::Compare { comparison, left, right })
        });
    let comparison = prop_oneof![5 => coalesce, 1 => compared].boxed();
    let not = (comparison, prop_oneof![6 => Just(0), 1 => 1..3]).prop_map(|(inner, signs)| {
        let inner = if signs > 0 { apart(inner) } else { inner };
        (0..signs).fold(inner, |inner, _| make(ExprKind::Not(Box::new(inner))))
    });
    let and = chain(not.boxed(), Just(()), apart, |(), left, right| ExprKind::And(left, right));
    let or = chain(and, Just(()), apart, |(), left, right| ExprKind::Or(left, right));
    if depth == 0 {
        return or;
    }
    let conditional =
        (expr(depth - 1), expr(depth - 1), expr(depth - 1)).prop_map(|(condition, then, otherwise)| {
            let (condition, then, otherwise) = (Box::new(condition), Box::new(then), Box::new(otherwise));
            make(ExprKind::If { condition, then, otherwise })
        });
    prop_oneof![5 => or, 1 => conditional].boxed()
}

fn typed() -> BoxedStrategy<Vec<(Name, Name)>> {
    vec((attribute(), word()), 1..4).boxed()
}

fn quantity() -> BoxedStrategy<Name> {
    "[0-9]{1,4}(ms|s|m|h|d|KiB|MiB)?".prop_map(name).boxed()
}

fn table() -> BoxedStrategy<Item> {
    use TableClauseKind as K;
    let clause = prop_oneof![
        (word(), text(1)).prop_map(|(kind, location)| K::Source { kind, location }),
        typed().prop_map(K::Key),
        typed().prop_map(K::Attributes),
        (text(0), typed()).prop_map(|(name, key)| K::Index { name, key }),
        (quantity(), vec((word(), quantity()), 0..4)).prop_map(|(ttl, limits)| K::Cache { ttl, limits }),
    ];
    let clauses = vec(clause.prop_map(|kind| TableClause { kind, span: at() }), 0..5);
    (word(), clauses)
        .prop_map(|(name, clauses)| Item::Table(Table { name, clauses, span: at(), complete: true }))
        .boxed()
}

fn rule() -> BoxedStrategy<Item> {
    (word(), vec(statement(2), 0..7))
        .prop_map(|(name, statements)| Item::Rule(Rule { name, statements, span: at(), complete: true }))
        .boxed()
}

fn copy() -> BoxedStrategy<Copy> {
    let what = prop_oneof![
        3 => vec(attribute(), 1..4).prop_map(Copied::Named),
        1 => vec(attribute(), 0..3).prop_map(|except| Copied::All { star: at(), except }),
    ];
    let target = (any::<bool>(), path()).prop_map(|(into, path)| Target { into, word: at(), path });
    let absent = prop_oneof![Just(Absent::Required), expr(1).prop_map(Absent::Default)];
    (what, option::of(target), option::of(word()), option::of(absent))
        .prop_map(|(what, target, cast, absent)| Copy { what, target, cast, absent })
        .boxed()
}

/// Any statement anywhere: which may stand where is the checker's business.
fn statement(depth: u32) -> BoxedStrategy<Statement> {
    use StatementKind as K;
    let plain = prop_oneof![
        vec(text(0), 1..4).prop_map(K::Stream),
        vec(word(), 1..3).prop_map(K::Decode),
        expr(2).prop_map(K::When),
        (text(0), option::of(word())).prop_map(|(path, on_invalid)| K::Schema { path, on_invalid }),
        copy().prop_map(K::Copy),
        (path(), expr(2)).prop_map(|(target, value)| K::Set { target, value }),
        vec(path(), 1..4).prop_map(K::Remove),
        expr(1).prop_map(K::Drop),
        (word(), text(1)).prop_map(|(kind, location)| K::Rejects { kind, location }),
        text(1).prop_map(K::Prefix),
        word().prop_map(K::OneObjectPer),
        word().prop_map(K::Compression),
        vec((word(), expr(1)), 1..4).prop_map(K::PartitionBy),
        (outcome(), quantity()).prop_map(|(outcome, age)| K::OnWithin { outcome, age }),
    ];
    let statement = |kind| Statement { kind, span: at() };
    if depth == 0 {
        return plain.prop_map(statement).boxed();
    }
    let body = || vec(self::statement(depth - 1), 0..4);
    let lookup = (word(), word(), option::of(text(0)), vec((attribute(), expr(1)), 1..3), body())
        .prop_map(|(name, table, index, key, body)| K::Lookup(Lookup { name, table, index, key, body }));
    let on = (outcome(), any::<bool>(), body()).prop_map(|(outcome, instead, body)| K::On {
        outcome,
        instead: instead.then(at),
        body,
    });
    let for_each =
        (word(), path(), body()).prop_map(|(element, array, body)| K::ForEach { element, array, body });
    let output =
        (word(), text(0), body()).prop_map(|(kind, location, body)| K::Output { kind, location, body });
    prop_oneof![14 => plain, 2 => lookup, 2 => on, 1 => for_each, 1 => output].prop_map(statement).boxed()
}

fn outcome() -> BoxedStrategy<Name> {
    select(vec!["found", "missing", "no key", "error"]).prop_map(|outcome| name(outcome.to_owned())).boxed()
}
