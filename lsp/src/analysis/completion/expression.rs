//! What can stand in an expression.

use enrich_dsl::functions::Signature;
use enrich_dsl::model::{ErrorField, RecordField};
use enrich_dsl::syntax::LexemeKind;

use super::{Ask, Completion, Kind};
use crate::analysis::cursor::{Inside, Path};
use crate::analysis::hover;
use crate::analysis::words::{is_keyword, spelled};

impl Ask<'_> {
    /// Where a value or an operator stands.
    pub(super) fn expression(&mut self) {
        let wanted = match self.cursor.operands().last() {
            None => true,
            Some(last) => match last.kind {
                LexemeKind::Sign | LexemeKind::OpenGroup => true,
                LexemeKind::Word => is_keyword(last.text) && !matches!(last.text, "true" | "false" | "null"),
                _ => false,
            },
        };
        if wanted {
            return self.operand();
        }
        let words: Vec<&str> = self.cursor.operands().iter().map(|token| token.text).collect();
        let open_ifs = words.iter().filter(|word| **word == "if").count();
        let count = |word: &str| words.iter().filter(|known| **known == word).count();
        if count("then") < open_ifs {
            self.words(&["then"]);
        } else if count("else") < open_ifs {
            self.words(&["else"]);
        }
        self.words(&["and", "or"]);
        if self.cursor.inside == Inside::Code {
            let statement = self.cursor.statement.clone();
            self.next_line(&statement);
        }
    }

    fn operand(&mut self) {
        self.event_fields();
        let known = self.known();
        if let Some((element, shape)) = known.as_ref().and_then(|place| place.element.as_ref()) {
            self.items.push(Completion::new(element, Kind::Variable, hover::types(shape)));
        }
        let lookups = match &known {
            Some(place) => place.lookups.clone(),
            None => Vec::new(),
        };
        for lookup in lookups {
            let table = self.table_of(&lookup).map(|table| format!("from {}", table.name.text));
            self.items.push(Completion::new(lookup, Kind::Variable, table.unwrap_or_default()));
        }
        self.words(&["record"]);
        if known.is_some_and(|place| place.in_error) {
            self.words(&["error"]);
        }
        self.words(&["if", "not", "true", "false", "null"]);
        self.items.extend(self.set.functions().iter().map(function));
    }

    /// The fields of the event, with their dot.
    pub(super) fn event_fields(&mut self) {
        let Some(place) = self.known() else { return };
        for (name, types) in hover::members(&place.event) {
            self.items.push(Completion::new(format!(".{}", spelled(&name)), Kind::Field, types));
        }
    }

    /// Behind a dot: fields of what stands before it.
    pub(super) fn behind_dot(&mut self, path: &Path<'_>) {
        match path.root {
            Some("record") if path.segments.is_empty() => {
                for (name, _) in RecordField::ALL {
                    let item = Completion::new(*name, Kind::Field, "");
                    self.items.push(item.documented(hover::record(name).unwrap_or_default()));
                }
            }
            Some("error") if path.segments.is_empty() => {
                for (name, _) in ErrorField::ALL {
                    let item = Completion::new(*name, Kind::Field, "");
                    self.items.push(item.documented(hover::error(name).unwrap_or_default()));
                }
            }
            root => {
                let place = self.known();
                let shape = place.as_ref().and_then(|place| hover::of_path(place, root, &path.segments));
                if let Some(shape) = shape {
                    for (name, types) in hover::members(&shape) {
                        let item = Completion::new(&name, Kind::Field, types);
                        self.items.push(item.inserting(spelled(&name)));
                    }
                } else if let (Some(lookup), []) = (root, path.segments.as_slice())
                    && let Some(table) = self.table_of(lookup)
                {
                    self.attributes(table, &[]);
                }
            }
        }
    }
}

fn function(function: &Signature) -> Completion {
    let insert = if function.parameters.is_empty() { "()" } else { "($0)" };
    Completion::new(function.name, Kind::Function, format!("{function} -> {}", function.returns))
        .documented(hover::function(function))
        .snippet(format!("{}{insert}", function.name))
}
