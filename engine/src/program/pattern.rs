//! Which streams a rule takes.

/// A stream's name or ARN, with `*` for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a record of that stream is taken. A pattern that begins with `arn:` is held against the
    /// whole ARN, any other against the name.
    pub(crate) fn takes(&self, name: &str, arn: Option<&str>) -> bool {
        if self.0.starts_with("arn:") {
            arn.is_some_and(|arn| wildcard(&self.0, arn))
        } else {
            wildcard(&self.0, name)
        }
    }
}

fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        // The earliest place leaves the most for what follows.
        let Some((_, behind)) = text.split_once(part) else { return false };
        text = behind;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_arns() {
        let arn = Some("arn:aws:kinesis:eu-west-1:123456789012:stream/orders");
        for (pattern, name, expected) in [
            ("orders", "orders", true),
            ("orders", "orders-2", false),
            ("orders*", "orders-2", true),
            ("orders*", "my-orders", false),
            ("*", "", true),
            ("*", "anything", true),
            ("a*b", "ab", true),
            ("a*b", "a", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("arn:aws:kinesis:eu-west-1:*:stream/orders", "x", true),
            ("arn:aws:kinesis:us-east-1:*:stream/orders", "orders", false),
        ] {
            assert_eq!(Pattern::new(pattern.to_owned()).takes(name, arn), expected, "{pattern} {name}");
        }
        assert!(!Pattern::new("arn:*".to_owned()).takes("orders", None));
    }
}
