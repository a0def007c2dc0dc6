//! The drawing is a graph as Graphviz reads it, whatever the names in it.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use enrich_engine::Rules;

use super::dot;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Mark(char),
    Arrow,
}

/// The tokens of a drawing; anything that is none is an error.
fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            ' ' | '\n' => {}
            '{' | '}' | '[' | ']' | ';' | ',' | '=' => tokens.push(Token::Mark(character)),
            '-' if rest.next() == Some('>') => tokens.push(Token::Arrow),
            '"' => tokens.push(Token::Quoted(quoted(&mut rest)?)),
            first if first.is_ascii_alphanumeric() || first == '_' => {
                let mut word = String::from(first);
                while let Some(next) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
            other => return Err(format!("{other:?} is no token")),
        }
    }
    Ok(tokens)
}

fn quoted(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut text = String::new();
    loop {
        match rest.next() {
            Some('"') => return Ok(text),
            Some('\\') => match rest.next() {
                Some('n') => text.push('\n'),
                Some(escaped @ ('"' | '\\')) => text.push(escaped),
                other => return Err(format!("the escape {other:?}")),
            },
            Some('\n') | None => return Err("a text without its end".to_owned()),
            Some(other) => text.push(other),
        }
    }
}

/// What a drawing holds.
#[derive(Debug, Default)]
struct Graph {
    clusters: Vec<String>,
    /// The labels of the nodes.
    nodes: BTreeMap<String, String>,
    edges: Vec<(String, String)>,
}

/// Reads `digraph ID { … }`: attributes, nodes, edges and clusters, and nothing else.
struct Parser {
    tokens: std::vec::IntoIter<Token>,
    graph: Graph,
}

fn parse(text: &str) -> Result<Graph, String> {
    let mut parser = Parser { tokens: tokens(text)?.into_iter(), graph: Graph::default() };
    let head = [parser.tokens.next(), parser.tokens.next(), parser.tokens.next()];
    let word = |text: &str| Some(Token::Word(text.to_owned()));
    if head != [word("digraph"), word("lineage"), Some(Token::Mark('{'))] {
        return Err(format!("it begins with {head:?}"));
    }
    parser.statements()?;
    match parser.tokens.next() {
        None => Ok(parser.graph),
        Some(token) => Err(format!("{token:?} behind the end")),
    }
}

impl Parser {
    fn statements(&mut self) -> Result<(), String> {
        loop {
            match self.tokens.next() {
                Some(Token::Mark('}')) => return Ok(()),
                Some(Token::Word(word)) if word == "subgraph" => {
                    let (Some(Token::Word(name)), Some(Token::Mark('{'))) =
                        (self.tokens.next(), self.tokens.next())
                    else {
                        return Err("a subgraph without a name or an inside".to_owned());
                    };
                    self.graph.clusters.push(name);
                    self.statements()?;
                }
                Some(Token::Word(word)) => self.statement(word)?,
                other => return Err(format!("{other:?} in place of a statement")),
            }
        }
    }

    fn statement(&mut self, word: String) -> Result<(), String> {
        match self.tokens.next() {
            Some(Token::Mark('=')) => {
                self.value()?;
                self.end()
            }
            Some(Token::Mark('[')) => {
                let attributes = self.attributes()?;
                if !matches!(word.as_str(), "node" | "edge") {
                    let label = attributes.get("label").ok_or(format!("{word} has no label"))?;
                    if self.graph.nodes.insert(word.clone(), label.clone()).is_some() {
                        return Err(format!("{word} is there twice"));
                    }
                }
                self.end()
            }
            Some(Token::Arrow) => {
                let (Some(Token::Word(to)), Some(Token::Mark('['))) =
                    (self.tokens.next(), self.tokens.next())
                else {
                    return Err(format!("an edge from {word} to nowhere"));
                };
                self.attributes()?;
                self.graph.edges.push((word, to));
                self.end()
            }
            other => Err(format!("{other:?} behind {word}")),
        }
    }

    fn attributes(&mut self) -> Result<BTreeMap<String, String>, String> {
        let mut attributes = BTreeMap::new();
        loop {
            let (Some(Token::Word(name)), Some(Token::Mark('='))) = (self.tokens.next(), self.tokens.next())
            else {
                return Err("an attribute without a name or a value".to_owned());
            };
            let value = self.value()?;
            attributes.insert(name, value);
            match self.tokens.next() {
                Some(Token::Mark(']')) => return Ok(attributes),
                Some(Token::Mark(',')) => {}
                other => return Err(format!("{other:?} behind an attribute")),
            }
        }
    }

    fn value(&mut self) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Word(text) | Token::Quoted(text)) => Ok(text),
            other => Err(format!("{other:?} in place of a value")),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        match self.tokens.next() {
            Some(Token::Mark(';')) => Ok(()),
            other => Err(format!("{other:?} in place of `;`")),
        }
    }
}

#[test]
fn names_are_quoted_and_every_edge_has_its_ends() {
    let rules = Rules::from_text(
        r#"
        table users { source dynamodb "users" key id: string }
        rule first {
          stream "s-*"
          lookup u from users where id = ."a\"b".c {
            copy "x\\y" to ."new\nline"
            copy "\}; -> \\" to ."]\{" default "\"quoted\" \\"
          }
          set ."é" = "{."é"}\u0001{u.name}"
          set .plain = now()
          remove ."gone \"for\" good"
        }
        rule second { stream "t" set .a = 1 }
        "#,
    )
    .unwrap_or_else(|broken| panic!("{broken}"));
    let drawing = dot(&rules.lineage());
    let graph = parse(&drawing).unwrap_or_else(|problem| panic!("{problem}\n{drawing}"));
    assert_eq!(graph.clusters.iter().filter(|name| name.matches('_').count() == 1).count(), 2);
    for (from, to) in &graph.edges {
        for end in [from, to] {
            assert!(graph.nodes.contains_key(end), "{end} is no node\n{drawing}");
        }
    }
    let labels: Vec<&str> = graph.nodes.values().map(String::as_str).collect();
    for label in [r#"."a\"b".c"#, r#"."x\\y""#, r#"."]{""#, r#"."}; -> \\""#, r#""\"quoted\" \\""#, "now()"] {
        assert!(labels.contains(&label), "no {label} in {labels:?}");
    }
    assert!(labels.contains(&".\"gone \\\"for\\\" good\"\nremoved"), "{labels:?}");
}

#[test]
fn no_rules_are_an_empty_graph() {
    let graph = parse(&dot(&[])).expect("a graph");
    assert!(graph.nodes.is_empty() && graph.edges.is_empty() && graph.clusters.is_empty());
}
