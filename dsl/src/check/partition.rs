//! What Firehose parts its objects by.

use super::Checker;
use super::expressions::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::Type;
use crate::model::Expr;
use crate::source::Span;
use crate::syntax::tree::{self, Name};
use crate::types::Types;

impl Checker<'_> {
    /// The partition keys of a rule. Their values fill a text, as a hole's does.
    pub(super) fn partition(&mut self, keys: &[(Name, tree::Expr)], scope: &Scope) -> Vec<(String, Expr)> {
        let mut checked: Vec<(String, Expr)> = Vec::new();
        for (name, value) in keys {
            let span = value.span;
            if checked.iter().any(|(known, _)| *known == name.text) {
                let message = format!("the partition key `{}` is there twice", name.text);
                self.report(
                    Diagnostic::new(Code::Partition, name.span, message).help("take one of them out"),
                );
            }
            let known = self.findings.len();
            let Some(value) = self.expression(value, scope) else { continue };
            if self.findings.len() == known {
                self.partition_value(&name.text, &value, span);
            }
            checked.push((name.text.clone(), value));
        }
        checked
    }

    fn partition_value(&mut self, name: &str, value: &Expr, span: Span) {
        let shape = self.known.shape(value);
        let plain = [Type::String, Type::Number, Type::Boolean];
        let plain = plain.into_iter().fold(Types::NONE, |all, ty| all.or(Types::of(ty)));
        if shape.types.without(Type::Null).is_empty() {
            let message = format!("the partition key `{name}` never has a value");
            let finding = Diagnostic::new(Code::Partition, span, message);
            self.report(finding.help("every event would be rejected"));
        } else if !shape.types.may_be(plain) {
            let message = format!(
                "the partition key `{name}` is {}, and must be a text, a number or a boolean",
                shape.types
            );
            self.report(Diagnostic::new(Code::Partition, span, message));
        } else if !certain(&shape) && self.reads_optional(value) {
            let message =
                format!("the partition key `{name}` may have no value, and then its event is rejected");
            let finding = Diagnostic::new(Code::PartitionAbsent, span, message);
            self.report(finding.help("give it one for these events: `… ?? \"unknown\"`"));
        }
    }

    /// Whether a field of the event is read of which the schema says that it may be left out or null. Of what
    /// no schema names nothing is said.
    fn reads_optional(&self, value: &Expr) -> bool {
        let mut optional = false;
        value.walk(&mut |expr| {
            if let Expr::Event(path) = expr {
                let shape = self.known.event().at(&path.0);
                optional |= shape.types != Types::ANY && !certain(&shape);
            }
        });
        optional
    }
}

/// Whether the value is always there, and never null.
fn certain(shape: &crate::types::Shape) -> bool {
    shape.is_certain() && !shape.types.has(Type::Null)
}
