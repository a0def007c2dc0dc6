//! The line of the log that an invocation leaves: counts, and codes of reasons.

use std::borrow::Cow;
use std::collections::BTreeMap;

use enrich_engine::LookupCounts;

use crate::{Invoked, ShadowSummary, Summary};

/// Writes the line, and another where a candidate differs. A failed record makes it a warning: somebody may have to do something.
pub(super) fn write(request_id: &str, invoked: &Invoked) {
    if let Some(shadow) = &invoked.summary.shadow {
        write_shadow(request_id, shadow);
    }
    let Summary { caller, records, enriched, dropped, rejected, failed, objects, lines, messages, .. } =
        invoked.summary;
    let rules = &*invoked.summary.rules;
    let lookups = lookups(&invoked.summary.lookups);
    let rejected_codes = codes(&invoked.summary.rejected_codes);
    let failed_codes = codes(&invoked.summary.failed_codes);
    if invoked.answer.is_err() || failed > 0 {
        let first_failure =
            invoked.summary.first_failure.as_ref().map(ToString::to_string).unwrap_or_default();
        tracing::warn!(
            request_id,
            caller,
            rules,
            records,
            enriched,
            dropped,
            rejected,
            rejected_codes,
            failed,
            failed_codes,
            first_failure,
            objects,
            lines,
            messages,
            lookups,
            "an invocation with failures"
        );
    } else {
        tracing::info!(
            request_id,
            caller,
            rules,
            records,
            enriched,
            dropped,
            rejected,
            rejected_codes,
            failed,
            objects,
            lines,
            messages,
            lookups,
            "an invocation"
        );
    }
}

/// The most kinds of differences that are told.
const KINDS: usize = 20;

/// Writes what a candidate would do otherwise.
fn write_shadow(request_id: &str, shadow: &ShadowSummary) {
    let ShadowSummary { rules, compared, different, kinds, samples, .. } = shadow;
    if *different > 0 {
        let kinds: Vec<String> =
            kinds.iter().take(KINDS).map(|(kind, count)| format!("{count} {kind}")).collect();
        let (kinds, samples) = (kinds.join("; "), samples.join("; "));
        tracing::info!(
            request_id,
            candidate = rules,
            compared,
            different,
            kinds,
            samples,
            "the candidate differs"
        );
    }
}

/// `not_json 1, schema 2`
fn codes(codes: &BTreeMap<Cow<'static, str>, u64>) -> String {
    codes.iter().map(|(code, count)| format!("{code} {count}")).collect::<Vec<_>>().join(", ")
}

/// `clicks.profile: found 3, missing 1, no_key 0, failed 0, circuit_open 0, cached 2, cached_missing 0, stale 0`, for those lookups that were made.
fn lookups(lookups: &[LookupCounts]) -> String {
    let made =
        lookups.iter().filter(|counts| counts.found + counts.missing + counts.no_key + counts.failed > 0);
    let told = made.map(|counts| {
        let LookupCounts { rule, lookup, .. } = counts;
        let counts = [
            ("found", counts.found),
            ("missing", counts.missing),
            ("no_key", counts.no_key),
            ("failed", counts.failed),
            ("circuit_open", counts.circuit_open),
            ("cached", counts.cached),
            ("cached_missing", counts.cached_missing),
            ("stale", counts.stale),
        ];
        let counts = counts.map(|(name, count)| format!("{name} {count}"));
        format!("{rule}.{lookup}: {}", counts.join(", "))
    });
    told.collect::<Vec<_>>().join("; ")
}
