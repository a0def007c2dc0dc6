//! Slips that are told by a word or a sign alone.

/// Words and signs of other languages, and what may be meant: the first that leads on is it.
pub(super) const REPLACED: &[(&str, &[&str])] = &[
    // Operators.
    ("===", &["==", "="]),
    ("!==", &["!="]),
    ("<>", &["!="]),
    ("=<", &["<="]),
    ("=>", &["to", ">="]),
    ("->", &["to", "."]),
    ("<-", &["=", "from"]),
    ("?:", &["??"]),
    ("?.", &["."]),
    ("||=", &["="]),
    ("&", &["and"]),
    ("|", &["or"]),
    ("&&", &["and"]),
    ("||", &["default", "or"]),
    ("??", &["default"]),
    ("or", &["default"]),
    ("=", &["to", ":", "from"]),
    (":", &["to", "=", "then"]),
    (":=", &["to", ":", "from"]),
    ("==", &["=", "to"]),
    ("is", &["=", "=="]),
    ("equals", &["==", "="]),
    ("eq", &["=="]),
    ("ne", &["!="]),
    ("gt", &[">"]),
    ("lt", &["<"]),
    ("xor", &["!="]),
    // Conditionals.
    ("elif", &["else if"]),
    ("elsif", &["else if"]),
    ("elseif", &["else if"]),
    ("otherwise", &["else"]),
    // Inside statements.
    ("if", &["when"]),
    ("where", &["when"]),
    ("to", &["="]),
    ("as", &["to", "into"]),
    ("in", &["from"]),
    ("of", &["in"]),
    ("on", &["where"]),
    ("by", &["where"]),
    ("key", &["where"]),
    ("using", &["where"]),
    ("with", &["where", "into"]),
    ("into", &["to"]),
    ("but", &["except"]),
    ("without", &["except"]),
    ("excluding", &["except"]),
    ("or_else", &["default"]),
    ("fallback", &["default"]),
    ("file", &["object"]),
    ("files", &["object"]),
    ("mandatory", &["required"]),
];

/// What people put where nothing is needed. A statement that is right without it is meant so.
pub(super) const TOO_MUCH: &[&str] =
    &["=", ":", ",", ":=", "==", "->", "=>", "?", "$", "end", "endif", "fi", "do", "is", "the", "table"];

/// A sign or word that a statement is right with.
pub(super) struct Missing {
    /// In which statements; in all of them where none is named.
    pub(super) of: &'static [&'static str],
    pub(super) with: &'static str,
    pub(super) message: &'static str,
    pub(super) help: &'static str,
    /// Whether nothing else can be meant.
    pub(super) certain: bool,
}

/// What people leave out.
pub(super) const MISSING: &[Missing] = &[
    Missing {
        of: &[],
        with: ", ",
        message: "`,` is missing before this",
        help: "the items of a list are separated by commas",
        certain: true,
    },
    Missing {
        of: &["set", "lookup"],
        with: " = ",
        message: "`=` is missing before this",
        help: "a value is given with `=`",
        certain: true,
    },
    Missing {
        of: &["key", "index", "attributes"],
        with: ": ",
        message: "`:` is missing before this",
        help: "a part of a key is written `NAME: string`",
        certain: true,
    },
    Missing {
        of: &["for"],
        with: " each ",
        message: "`each` is missing before this",
        help: "a loop is written `for each NAME in .path { … }`",
        certain: true,
    },
    Missing {
        of: &["drop"],
        with: " when ",
        message: "`when` is missing before this",
        help: "write `drop when CONDITION`",
        certain: true,
    },
    Missing {
        of: &["key", "index", "attributes"],
        with: ": string",
        message: "the type of this part of the key is missing",
        help: "write `NAME: string`, `NAME: number` or `NAME: binary`",
        certain: false,
    },
    Missing {
        of: &["source"],
        with: " dynamodb ",
        message: "the kind of the source is missing before this",
        help: "write `source dynamodb \"TABLE-NAME\"`",
        certain: true,
    },
    Missing {
        of: &["output", "rejects"],
        with: " s3 ",
        message: "the kind of the destination is missing before this",
        help: "write `s3 \"BUCKET\"`",
        certain: true,
    },
    Missing {
        of: &[],
        with: " else null",
        message: "`else` is missing here",
        help: "there is always an `else`: `if CONDITION then VALUE else VALUE`",
        certain: false,
    },
];
