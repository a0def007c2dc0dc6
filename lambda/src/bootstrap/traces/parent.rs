//! The trace that an invocation belongs to, out of X-Ray's header.
//!
//! Source: <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>

/// The trace that an invocation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace_id: u128,
    /// The span that caused the invocation.
    pub(super) span_id: Option<u64>,
    /// Whether the trace is wanted; where nobody has decided it is.
    pub(super) sampled: bool,
}

impl Parent {
    /// Reads `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`. What it does not say is made up.
    pub(super) fn read(header: Option<&str>) -> Self {
        let mut parent = Self { trace_id: 0, span_id: None, sampled: true };
        for (name, value) in header.unwrap_or_default().split(';').filter_map(|part| part.split_once('=')) {
            match name.trim() {
                "Root" => parent.trace_id = trace_id(value.trim()).unwrap_or(0),
                "Parent" => parent.span_id = u64::from_str_radix(value.trim(), 16).ok().filter(|id| *id != 0),
                "Sampled" => parent.sampled = value.trim() != "0",
                _ => {}
            }
        }
        if parent.trace_id == 0 {
            // A parent is one of a trace that is known.
            parent = Self { trace_id: fastrand::u128(1..), span_id: None, ..parent };
        }
        parent
    }
}

/// `1-5759e988-bd862e3fe1be46a994272793`, as the number that OpenTelemetry takes it for.
fn trace_id(root: &str) -> Option<u128> {
    let (time, rest) = root.strip_prefix("1-")?.split_once('-')?;
    let whole = time.len() == 8 && rest.len() == 24;
    let digits = [time, rest].concat();
    if whole && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u128::from_str_radix(&digits, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lambda_says_of_a_trace() {
        let root = 0x5759_e988_bd86_2e3f_e1be_46a9_9427_2793;
        let parent = Some(0x5399_5c3f_42cd_8ad8);
        for (header, span_id, sampled) in [
            ("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", parent, true),
            (
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:0",
                parent,
                false,
            ),
            ("Sampled=1; Root=1-5759e988-bd862e3fe1be46a994272793", None, true),
            ("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0;Sampled=?", None, true),
        ] {
            assert_eq!(Parent::read(Some(header)), Parent { trace_id: root, span_id, sampled }, "{header}");
        }
    }

    #[test]
    fn a_trace_that_is_not_named_is_made_up() {
        for header in [
            "",
            "Root=",
            "Root=1-5759e988",
            "Root=1-5759e98-bd862e3fe1be46a9942727931",
            "Parent=53995c3f42cd8ad8",
        ] {
            let (one, other) = (Parent::read(Some(header)), Parent::read(None));
            assert!(one.trace_id != 0 && one.trace_id != other.trace_id, "{header}");
            assert_eq!((one.span_id, one.sampled), (None, true), "{header}");
        }
    }
}
