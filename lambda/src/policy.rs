//! The least that the function's role must allow for a rule set to run, as an IAM policy.
//!
//! | what rules do | action | on |
//! |---|---|---|
//! | look up in a table by its key | `dynamodb:BatchGetItem` | the table |
//! | look up by an index | `dynamodb:Query` | the index, and not its table |
//! | write enriched events or rejects into objects | `s3:PutObject` | the objects whose keys begin as the rules say |
//! | put enriched events into a delivery stream | `firehose:PutRecordBatch` | the delivery stream |
//! | send rejects to a queue | `sqs:SendMessage` | the queue |
//!
//! The function makes no other call for its rules. What is not the rules' business is not in the policy:
//! reading the stream, writing the log, rules that are kept in a bucket, and the keys of encrypted tables,
//! buckets, delivery streams and queues.

use std::collections::BTreeSet;
use std::fmt;

use enrich_engine::dsl::model::{
    DestinationKind, Lookup, Output, Rule, RuleSet, Table, Text, TextPart, Variables, is_delivery_stream,
};
use enrich_engine::json::write_string;
use enrich_engine::{Destination, Location, Queue};

/// What a deployment decides and rules don't say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The partition in ARNs: `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The region of tables and delivery streams; `*` allows all.
    pub region: String,
    /// The account of tables and delivery streams; `*` allows all.
    pub account: String,
    /// Where rejects go whose rule names no destination.
    pub rejects: Option<Destination>,
}

impl Default for Deployment {
    /// The partition `aws`, any region, any account, and no place for rejects.
    fn default() -> Self {
        let any = || "*".to_owned();
        Self { partition: "aws".to_owned(), region: any(), account: any(), rejects: None }
    }
}

/// An IAM policy that allows what a rule set needs, and nothing else. It displays as the JSON document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// One for each action, in a fixed order. IAM takes no policy without any.
    pub statements: Vec<Statement>,
}

/// Allows one action.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// Its name in the policy.
    pub sid: &'static str,
    /// The action: `dynamodb:BatchGetItem`.
    pub action: &'static str,
    /// The ARNs that it is allowed on, sorted, each once.
    pub resources: Vec<String>,
}

/// Why there is no policy that would be true.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Variables that tables or destinations are named by have neither a value nor a default.
    #[error("these variables have no value, and name what the policy is about: {}", .0.join(", "))]
    Unset(Vec<String>),
    /// A table's location is empty, or is an ARN of something else.
    #[error("the table `{table}` is at `{location}`, which is no name and no ARN of a table")]
    NoTable {
        /// The table in the rules.
        table: String,
        /// Where it should be.
        location: String,
    },
    /// A destination has no bucket.
    #[error("the rule `{rule}` has a destination without a bucket")]
    NoBucket {
        /// The rule.
        rule: String,
    },
    /// An output to Firehose names what can't be a delivery stream.
    #[error("the output of the rule `{rule}` is `{name}`, which is not the name of a delivery stream")]
    NoDeliveryStream {
        /// The rule.
        rule: String,
        /// What it names.
        name: String,
    },
    /// A rejects destination is neither the URL nor the ARN of a queue.
    #[error(
        "the rejects of the rule `{rule}` go to `{location}`, which is not the URL or the ARN of a queue"
    )]
    NoQueue {
        /// The rule.
        rule: String,
        /// What it is.
        location: String,
    },
    /// The model refers to something that it does not hold.
    #[error("the lookup `{lookup}` is in a table or an index that is not there")]
    Model {
        /// The lookup.
        lookup: String,
    },
}

impl Policy {
    /// What these rules need under these variables. Only those variables must have a value that name
    /// something in the policy; all unset ones are named at once.
    ///
    /// # Errors
    /// Where a table or a destination can't be named.
    pub fn of(rules: &RuleSet, deployment: &Deployment, variables: &Variables) -> Result<Self, PolicyError> {
        let mut needs = Needs::new(deployment, variables);
        for rule in &rules.rules {
            let in_loops = rule.loops.iter().flat_map(|each| &each.lookups);
            for lookup in rule.lookups.iter().chain(in_loops) {
                needs.lookup(lookup, &rules.tables)?;
            }
            needs.destinations(rule)?;
        }
        if !needs.unset.is_empty() {
            return Err(PolicyError::Unset(needs.unset.into_iter().collect()));
        }
        let objects = needs.objects();
        let statements = [
            ("ReadTables", "dynamodb:BatchGetItem", needs.tables),
            ("QueryIndexes", "dynamodb:Query", needs.indexes),
            ("WriteObjects", "s3:PutObject", objects),
            ("PutRecords", "firehose:PutRecordBatch", needs.streams),
            ("SendRejects", "sqs:SendMessage", needs.queues),
        ];
        let statements = statements.into_iter().filter(|(_, _, resources)| !resources.is_empty());
        let statement = |(sid, action, resources): (_, _, BTreeSet<String>)| Statement {
            sid,
            action,
            resources: resources.into_iter().collect(),
        };
        Ok(Self { statements: statements.map(statement).collect() })
    }
}

/// What a rule set has been found to need.
struct Needs<'a> {
    deployment: &'a Deployment,
    variables: &'a Variables,
    tables: BTreeSet<String>,
    indexes: BTreeSet<String>,
    /// Buckets, and what the keys of the objects in them begin with.
    keys: BTreeSet<(String, String)>,
    streams: BTreeSet<String>,
    queues: BTreeSet<String>,
    unset: BTreeSet<String>,
}

impl<'a> Needs<'a> {
    fn new(deployment: &'a Deployment, variables: &'a Variables) -> Self {
        let mut needs = Self {
            deployment,
            variables,
            tables: BTreeSet::new(),
            indexes: BTreeSet::new(),
            keys: BTreeSet::new(),
            streams: BTreeSet::new(),
            queues: BTreeSet::new(),
            unset: BTreeSet::new(),
        };
        match &deployment.rejects {
            Some(Destination::Objects(location)) => needs.location(location.clone()),
            Some(Destination::Queue(queue)) => needs.queue(queue),
            _ => {}
        }
        needs
    }

    fn location(&mut self, Location { bucket, prefix, .. }: Location) {
        self.keys.insert((bucket, prefix));
    }

    /// A queue is in the region and account that its URL says, and else in those of the deployment.
    fn queue(&mut self, queue: &Queue) {
        let Deployment { partition, region, account, .. } = self.deployment;
        let partition = queue.partition().unwrap_or(partition);
        let region = queue.region.as_ref().unwrap_or(region);
        let account = queue.account.as_ref().unwrap_or(account);
        self.queues.insert(format!("arn:{partition}:sqs:{region}:{account}:{}", queue.name));
    }

    fn lookup(&mut self, lookup: &Lookup, tables: &[Table]) -> Result<(), PolicyError> {
        let missing = || PolicyError::Model { lookup: lookup.name.clone() };
        let table = tables.get(lookup.table).ok_or_else(missing)?;
        let location = match table.source.location.fill(self.variables) {
            Ok(location) => location,
            Err(unset) => {
                self.unset.extend(unset);
                return Ok(());
            }
        };
        let arn = self
            .table_arn(&location)
            .ok_or_else(|| PolicyError::NoTable { table: table.name.clone(), location })?;
        match lookup.index {
            None => self.tables.insert(arn),
            Some(index) => {
                let index = table.indexes.get(index).ok_or_else(missing)?;
                self.indexes.insert(format!("{arn}/index/{}", literal(&index.name)))
            }
        };
        Ok(())
    }

    /// The ARN of a table that is named by its name or by its ARN.
    fn table_arn(&self, location: &str) -> Option<String> {
        let Deployment { partition, region, account, .. } = self.deployment;
        if !location.starts_with("arn:") {
            let name = (!location.is_empty()).then(|| literal(location))?;
            return Some(format!("arn:{partition}:dynamodb:{region}:{account}:table/{name}"));
        }
        let mut fields = location.splitn(6, ':');
        let place: Vec<&str> = fields.by_ref().take(5).collect();
        let name = fields.next()?.strip_prefix("table/").filter(|name| !name.is_empty())?;
        // A wildcard is no wildcard to DynamoDB, and nothing can take its meaning away in these fields.
        let plain = place.iter().all(|field| !field.contains(['*', '?', '$']));
        let is_dynamodb = plain && place.get(2) == Some(&"dynamodb");
        is_dynamodb.then(|| format!("{}:table/{}", place.join(":"), literal(name)))
    }

    fn destinations(&mut self, rule: &Rule) -> Result<(), PolicyError> {
        if let Some(output) = &rule.output {
            self.output(output, &rule.name)?;
        }
        let Some(rejects) = &rule.rejects else { return Ok(()) };
        let location = match rejects.location.fill(self.variables) {
            Ok(location) => location,
            Err(unset) => {
                self.unset.extend(unset);
                return Ok(());
            }
        };
        let rule = rule.name.clone();
        if rejects.kind == DestinationKind::Sqs {
            let queue = Queue::parse(&location).ok_or(PolicyError::NoQueue { rule, location })?;
            self.queue(&queue);
        } else {
            self.location(Location::parse(&location).ok_or(PolicyError::NoBucket { rule })?);
        }
        Ok(())
    }

    fn output(&mut self, output: &Output, rule: &str) -> Result<(), PolicyError> {
        let place = match output.place().fill(self.variables) {
            Ok(place) => place,
            Err(unset) => {
                self.unset.extend(unset);
                return Ok(());
            }
        };
        match output.prefix() {
            Some(_) if place.is_empty() => Err(PolicyError::NoBucket { rule: rule.to_owned() }),
            Some(prefix) => {
                let prefix = self.literal_prefix(prefix);
                self.keys.insert((place, prefix));
                Ok(())
            }
            None if is_delivery_stream(&place) => {
                let Deployment { partition, region, account, .. } = self.deployment;
                let arn = format!("arn:{partition}:firehose:{region}:{account}:deliverystream/{place}");
                self.streams.insert(arn);
                Ok(())
            }
            None => Err(PolicyError::NoDeliveryStream { rule: rule.to_owned(), name: place }),
        }
    }

    /// The prefix of an output up to its first hole: what is behind it is only known with an event.
    fn literal_prefix(&mut self, text: &Text) -> String {
        let mut prefix = String::new();
        for part in &text.0 {
            match part {
                TextPart::Literal(text) => prefix.push_str(text),
                TextPart::Variable(variable) => match variable.value(self.variables) {
                    Some(value) => prefix.push_str(&value),
                    None => _ = self.unset.insert(variable.name.clone()),
                },
                TextPart::Hole(_) => break,
            }
        }
        prefix
    }

    /// The ARNs of the objects, without those that another one covers.
    fn objects(&self) -> BTreeSet<String> {
        let covers = |(bucket, prefix): &(String, String), other: &(String, String)| {
            *bucket == other.0 && *prefix != other.1 && other.1.starts_with(prefix.as_str())
        };
        let widest = self.keys.iter().filter(|key| !self.keys.iter().any(|other| covers(other, key)));
        let partition = &self.deployment.partition;
        let arn = |(bucket, prefix): &(String, String)| {
            format!("arn:{partition}:s3:::{}/{}*", literal(bucket), literal(prefix))
        };
        widest.map(arn).collect()
    }
}

/// The text as IAM reads it literally: a policy variable stands for each character that it would take
/// for a wildcard or for the beginning of a variable.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '*' => out.push_str("${*}"),
            '?' => out.push_str("${?}"),
            '$' => out.push_str("${$}"),
            other => out.push(other),
        }
    }
    out
}

impl fmt::Display for Policy {
    /// The JSON document, indented, without a line feed behind it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statements: Vec<String> = self.statements.iter().map(Statement::json).collect();
        f.write_str("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [")?;
        f.write_str(&statements.join(","))?;
        f.write_str(if statements.is_empty() { "]\n}" } else { "\n  ]\n}" })
    }
}

impl Statement {
    fn json(&self) -> String {
        let Statement { sid, action, resources } = self;
        let resources: Vec<String> = resources
            .iter()
            .map(|resource| {
                let mut line = "\n        ".to_owned();
                write_string(&mut line, resource);
                line
            })
            .collect();
        format!(
            "\n    {{\n      \"Sid\": \"{sid}\",\n      \"Effect\": \"Allow\",\n      \
             \"Action\": \"{action}\",\n      \"Resource\": [{}\n      ]\n    }}",
            resources.join(",")
        )
    }
}
