//! The rules that are measured, as text.

use std::fmt::Write as _;

/// One rule takes the events, and others may stand beside it.
#[derive(Clone, Copy, Debug)]
pub struct Deployment {
    /// Events are held against the schema, and what does not fit is dropped.
    pub schema: bool,
    /// Four attributes of the user are copied into the event.
    pub lookup: bool,
    /// What the table answered serves later batches.
    pub cache: bool,
    /// Two fields are set.
    pub sets: bool,
    /// What stands beside the rule.
    pub others: Others,
}

/// Rules that take none of the events.
#[derive(Clone, Copy, Debug)]
pub enum Others {
    /// There is only the one rule.
    None,
    /// So many, each of its own stream.
    Streams(usize),
    /// So many of the same stream, each with a `when` that does not hold, all before the rule.
    When(usize),
}

impl Deployment {
    /// The rule of the shop: a lookup and two fields, without a schema, a cache or other rules.
    pub const SHOP: Self =
        Self { schema: false, lookup: true, cache: false, sets: true, others: Others::None };

    /// The shop's rule, with the schema where that is wanted.
    pub const fn shop(schema: bool) -> Self {
        Self { schema, ..Self::SHOP }
    }

    /// A rule that does nothing but hold events against the schema.
    pub const SCHEMA: Self = Self { schema: true, lookup: false, sets: false, ..Self::SHOP };

    /// The rule file. With an `output`, what was enriched is written as one object for the batch.
    pub fn text(&self, output: bool) -> String {
        let cache = if self.cache { " cache 5m, missing 5m" } else { "" };
        let mut text = if self.lookup {
            format!("table profiles {{ source dynamodb \"profiles\" key user_id: string{cache} }}\n")
        } else {
            String::new()
        };
        match self.others {
            Others::None => {}
            Others::Streams(count) => {
                for at in 0..count {
                    self.rule(&mut text, &format!("other{at}"), &format!("\"clicks-{at}\""), output);
                }
            }
            Others::When(count) => {
                for at in 0..count {
                    let taken = format!("\"clicks\" when .event_type == \"kind-{at}\"");
                    self.rule(&mut text, &format!("other{at}"), &taken, output);
                }
            }
        }
        self.rule(&mut text, "clicks", "\"clicks\"", output);
        text
    }

    fn rule(&self, text: &mut String, name: &str, taken: &str, output: bool) {
        let _ = writeln!(text, "rule {name} {{\n  stream {taken}");
        if self.schema {
            text.push_str("  schema \"event.json\" on invalid drop\n");
        }
        if self.lookup {
            text.push_str(LOOKUP);
        }
        if self.sets {
            text.push_str("  set .enriched = true\n  set .processing_timestamp = now()\n");
        }
        if output {
            text.push_str("  output s3 \"out\" { one object per batch }\n");
        }
        text.push_str("}\n");
    }
}

const LOOKUP: &str = r#"  lookup profile from profiles where user_id = .user_id {
    copy name     to .user_name     default "Unknown"
    copy email    to .user_email    default "Unknown"
    copy segment  to .user_segment  default "Unknown"
    copy location to .user_location default "Unknown"
  }
"#;
