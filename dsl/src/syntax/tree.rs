//! The syntax tree: what a rule file says, with the place of every part. Nothing is resolved yet.

use crate::source::Span;

/// A parsed file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// The tables and rules, in their order.
    pub items: Vec<Item>,
    /// The comments and blank lines, in their order.
    pub trivia: Vec<Trivia>,
}

/// What stands between the statements: a formatter puts it back by its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trivia {
    /// A comment, from its `#` to the end of its line.
    Comment {
        /// Its place.
        span: Span,
        /// Whether nothing but space stands before it on its line.
        own_line: bool,
    },
    /// One or more blank lines.
    Blank {
        /// Their place.
        span: Span,
    },
}

/// A table or a rule.
#[derive(Clone, Debug)]
pub enum Item {
    /// `table NAME { … }`
    Table(Table),
    /// `rule NAME { … }`
    Rule(Rule),
}

impl File {
    /// The rules, in their order.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.items.iter().filter_map(|item| match item {
            Item::Rule(rule) => Some(rule),
            Item::Table(_) => None,
        })
    }

    /// The tables, in their order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.items.iter().filter_map(|item| match item {
            Item::Table(table) => Some(table),
            Item::Rule(_) => None,
        })
    }
}

impl Item {
    /// The whole table or rule.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Item::Table(table) => table.span,
            Item::Rule(rule) => rule.span,
        }
    }
}

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// `table NAME { … }`
#[derive(Clone, Debug)]
pub struct Table {
    /// The table's name.
    pub name: Name,
    /// What it says.
    pub clauses: Vec<TableClause>,
    /// The whole table.
    pub span: Span,
    /// Whether all of it could be read. If not, findings that its gaps would cause are held back.
    pub complete: bool,
}

/// One clause of a table.
#[derive(Clone, Debug)]
pub struct TableClause {
    /// What it says.
    pub kind: TableClauseKind,
    /// Its place.
    pub span: Span,
}

/// What a clause of a table says.
#[derive(Clone, Debug)]
pub enum TableClauseKind {
    /// `source KIND "LOCATION"`
    Source {
        /// `dynamodb`
        kind: Name,
        /// The table's name there.
        location: Text,
    },
    /// `key NAME: TYPE, …`
    Key(Vec<(Name, Name)>),
    /// `index "NAME" key NAME: TYPE, …`
    Index {
        /// The index's name at the source.
        name: Text,
        /// The parts of its key.
        key: Vec<(Name, Name)>,
    },
    /// `attributes NAME: TYPE, …`
    Attributes(Vec<(Name, Name)>),
    /// `cache TTL, missing TTL, …`
    Cache {
        /// How long an item is kept.
        ttl: Name,
        /// `missing 30s`, `stale 1h`, `max 16MiB`
        limits: Vec<(Name, Name)>,
    },
}

/// `rule NAME { … }`
#[derive(Clone, Debug)]
pub struct Rule {
    /// The rule's name.
    pub name: Name,
    /// What it says.
    pub statements: Vec<Statement>,
    /// The whole rule.
    pub span: Span,
    /// Whether all of it could be read. If not, findings that its gaps would cause are held back.
    pub complete: bool,
}

/// One statement. Which may stand where is the checker's business.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it says.
    pub kind: StatementKind,
    /// Its place.
    pub span: Span,
}

/// What a statement says.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// `stream "NAME*", …`
    Stream(Vec<Text>),
    /// `decode gzip, base64`
    Decode(Vec<Name>),
    /// `when CONDITION`
    When(Expr),
    /// `schema "FILE" on invalid reject`
    Schema {
        /// The schema's file, relative to the rule file.
        path: Text,
        /// `reject` or `drop`
        on_invalid: Option<Name>,
    },
    /// `lookup NAME from TABLE where KEY = VALUE, … { … }`
    Lookup(Lookup),
    /// `copy …`
    Copy(Copy),
    /// `on OUTCOME instead { … }`
    On {
        /// `found`, `missing`, `no key`, `error`
        outcome: Name,
        /// Whether it replaces what the outcome does by default.
        instead: Option<Span>,
        /// The statements.
        body: Vec<Statement>,
    },
    /// `on OUTCOME within DURATION retry`
    OnWithin {
        /// `missing`
        outcome: Name,
        /// How young an event must be.
        age: Name,
    },
    /// `set .PATH = VALUE`
    Set {
        /// The target.
        target: Path,
        /// The value.
        value: Expr,
    },
    /// `for each ELEMENT in .PATH { … }`
    ForEach {
        /// The element's name.
        element: Name,
        /// The array.
        array: Path,
        /// What is done with each element.
        body: Vec<Statement>,
    },
    /// `remove .PATH, …`
    Remove(Vec<Path>),
    /// `drop when CONDITION`
    Drop(Expr),
    /// `output KIND "LOCATION" { … }`
    Output {
        /// `s3`
        kind: Name,
        /// The bucket.
        location: Text,
        /// `prefix`, `one object per …`, `compression`
        body: Vec<Statement>,
    },
    /// `rejects KIND "LOCATION"`
    Rejects {
        /// `s3`
        kind: Name,
        /// Bucket and prefix.
        location: Text,
    },
    /// `partition by NAME = VALUE, …`
    PartitionBy(Vec<(Name, Expr)>),
    /// `prefix "TEXT"`
    Prefix(Text),
    /// `one object per record`
    OneObjectPer(Name),
    /// `compression gzip`
    Compression(Name),
}

/// `lookup NAME from TABLE where … { … }`
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The lookup's name.
    pub name: Name,
    /// The table's name.
    pub table: Name,
    /// `by "INDEX"`
    pub index: Option<Text>,
    /// The parts of the key with their values.
    pub key: Vec<(Name, Expr)>,
    /// `copy` and `on` statements.
    pub body: Vec<Statement>,
}

/// `copy A, B into .TARGET as TYPE default VALUE`
#[derive(Clone, Debug)]
pub struct Copy {
    /// What is copied.
    pub what: Copied,
    /// Where to; `None` is the same name in the event.
    pub target: Option<Target>,
    /// `as TYPE`
    pub cast: Option<Name>,
    /// `default VALUE` or `required`
    pub absent: Option<Absent>,
}

/// What a `copy` copies.
#[derive(Clone, Debug)]
pub enum Copied {
    /// `A, B`
    Named(Vec<Name>),
    /// `* except C`
    All {
        /// The star.
        star: Span,
        /// What is left out.
        except: Vec<Name>,
    },
}

/// `to .PATH` or `into .PATH`
#[derive(Clone, Debug)]
pub struct Target {
    /// Whether the word is `into`.
    pub into: bool,
    /// The place of the word.
    pub word: Span,
    /// The path.
    pub path: Path,
}

/// What a `copy` does about an attribute that is not there.
#[derive(Clone, Debug)]
pub enum Absent {
    /// `required`
    Required,
    /// `default VALUE`
    Default(Expr),
}

/// A path in the event, `.customer."first-name"`, or in an element, `line.product`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The name that it begins with; `None` for the event's dot.
    pub root: Option<Name>,
    /// The names, outermost first.
    pub segments: Vec<String>,
    /// Its place.
    pub span: Span,
}

/// A text with what is filled in.
#[derive(Clone, Debug)]
pub struct Text {
    /// The parts, in their order. Neighbouring literals are joined.
    pub parts: Vec<TextPart>,
    /// Its place, quotes included.
    pub span: Span,
}

/// A part of a text.
#[derive(Clone, Debug)]
pub enum TextPart {
    /// Characters as they are, escapes resolved.
    Literal(String),
    /// `${NAME:default}`
    Variable {
        /// The variable's name.
        name: String,
        /// What stands there where it is not set.
        default: Option<String>,
        /// Its place.
        span: Span,
    },
    /// `{EXPRESSION}`
    Hole(Expr),
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`
    Boolean(bool),
    /// A number, as its text.
    Number(String),
    /// `"text {hole}"`
    Text(Text),
    /// `.path`
    Event(Path),
    /// `name.path`
    Reference {
        /// The first name.
        name: Name,
        /// What is behind it.
        path: Vec<String>,
    },
    /// `name(arguments)`
    Call {
        /// The function's name.
        function: Name,
        /// The arguments.
        arguments: Vec<Expr>,
    },
    /// `left == right`
    Compare {
        /// Which comparison.
        comparison: Comparison,
        /// Left of it.
        left: Box<Expr>,
        /// Right of it.
        right: Box<Expr>,
    },
    /// `left + right`
    Arithmetic {
        /// Which operation.
        operation: Arithmetic,
        /// Left of it.
        left: Box<Expr>,
        /// Right of it.
        right: Box<Expr>,
    },
    /// `-inner`
    Negate(Box<Expr>),
    /// `if condition then this else that`
    If {
        /// The condition.
        condition: Box<Expr>,
        /// The value where it holds.
        then: Box<Expr>,
        /// The value where it does not.
        otherwise: Box<Expr>,
    },
    /// `left ?? right`
    Coalesce(Box<Expr>, Box<Expr>),
    /// `left and right`
    And(Box<Expr>, Box<Expr>),
    /// `left or right`
    Or(Box<Expr>, Box<Expr>),
    /// `not inner`
    Not(Box<Expr>),
    /// `(inner)`: kept, because `??` beside another operator asks for it.
    Group(Box<Expr>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl Arithmetic {
    /// The sign that rules use.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Remainder => "%",
        }
    }
}
