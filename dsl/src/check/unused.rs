//! What is declared and does nothing.

use super::Checker;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Expr, Lookup, Rule, RuleSet};
use crate::source::Span;

impl Checker<'_> {
    /// Tables that no lookup reads, and lookups that change nothing and that nothing reads.
    pub(super) fn unused(&mut self, rules: &RuleSet) {
        let mut used = vec![false; rules.tables.len()];
        for rule in &rules.rules {
            let loops = rule.loops.iter().flat_map(|each| &each.lookups);
            for lookup in rule.lookups.iter().chain(loops) {
                used.iter_mut().skip(lookup.table).take(1).for_each(|used| *used = true);
            }
            self.unused_lookups(rule);
        }
        for (table, _) in rules.tables.iter().zip(used).filter(|(_, used)| !used) {
            let name = self.names.get(&("table", table.name.clone())).map_or(table.span, |name| name.span);
            let message = format!("no lookup reads the table `{}`", table.name);
            let finding = Diagnostic::new(Code::UnusedTable, name, message);
            self.report(finding.help("take it out, or look something up in it"));
        }
    }

    fn unused_lookups(&mut self, rule: &Rule) {
        let mut read = (vec![false; rule.lookups.len()], Vec::new());
        rule.walk(&mut |expr| note(expr, &mut read.0, false));
        for each in &rule.loops {
            let mut inner = vec![false; each.lookups.len()];
            each.walk(&mut |expr| note(expr, &mut inner, true));
            read.1.push(inner);
        }
        let outer = rule.lookups.iter().zip(read.0);
        let inner = rule.loops.iter().zip(read.1).flat_map(|(each, read)| each.lookups.iter().zip(read));
        for (lookup, _) in outer.chain(inner).filter(|(lookup, read)| !read && does_nothing(lookup)) {
            // The word itself: the statement may be long.
            let word = Span { end: lookup.span.start + 6, ..lookup.span };
            let message = format!("the lookup `{}` copies nothing, and nothing reads it", lookup.name);
            let finding = Diagnostic::new(Code::UnusedLookup, word, message);
            self.report(finding.help("each event pays for it: take it out, or `copy` what it finds"));
        }
    }
}

/// Notes the lookups that an expression reads: those of the rule, or those of its loop.
fn note(expr: &Expr, read: &mut [bool], of_loop: bool) {
    expr.walk(&mut |inner| {
        let place = match inner {
            Expr::Lookup { lookup, .. } if !of_loop => *lookup,
            Expr::ElementLookup { lookup, .. } if of_loop => *lookup,
            _ => return,
        };
        read.iter_mut().skip(place).take(1).for_each(|read| *read = true);
    });
}

fn does_nothing(lookup: &Lookup) -> bool {
    lookup.copies.is_empty() && lookup.blocks().all(<[_]>::is_empty) && lookup.retry_missing_ms.is_none()
}
