//! What Lambda and EventBridge Pipes tell of a batch that they give up.

use std::fmt;

use enrich_engine::json::Node;

use super::{Form, Kept, KeptError};
use crate::envelope::{Caller, EnvelopeError, Invocation, text};

/// The members that say where the records of a batch are, and whose batch it is.
const BATCHES: [(&str, BatchSource); 3] = [
    ("KinesisBatchInfo", BatchSource::Kinesis),
    ("DDBStreamBatchInfo", BatchSource::DynamoDb),
    ("KafkaBatchInfo", BatchSource::Kafka),
];

/// The members that hold the invocation: of a mapping's batch, and of an asynchronous invocation.
const PAYLOADS: [&str; 2] = ["payload", "requestPayload"];

/// Where the records of a batch are that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Batch {
    /// Whose batch it is.
    pub source: BatchSource,
    /// The ARN of the stream or the cluster.
    pub arn: Option<String>,
    /// The shard; of Kafka, the topics and partitions with their offsets.
    pub shard: Option<String>,
    /// The sequence number of the first record; `None` for Kafka.
    pub first: Option<String>,
    /// That of the last one.
    pub last: Option<String>,
    /// How many records it has, as a JSON number.
    pub records: Option<String>,
}

/// Whose batch was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchSource {
    /// A Kinesis stream's.
    Kinesis,
    /// The stream's of a DynamoDB table.
    DynamoDb,
    /// A Kafka topic's.
    Kafka,
}

/// The records of the batch, if the value is an on-failure record: it has the `condition` under which the
/// batch was given up, and the batch or where it was.
pub(super) fn read(document: Node<'_>) -> Option<Result<Kept, KeptError>> {
    let context = document.get("requestContext").or_else(|| document.get("context"))?;
    let code = text(context, "condition")?;
    let batch = BATCHES.into_iter().find_map(|(name, source)| Some((source, document.get(name)?)));
    let payload = PAYLOADS.into_iter().find_map(|name| document.get(name)).filter(|node| !node.is_null());
    if batch.is_none() && payload.is_none() && document.get("responseContext").is_none() {
        return None;
    }
    let Some(payload) = payload else {
        let batch = batch.map(|(source, info)| Box::new(Batch::of(source, info)));
        return Some(Err(KeptError::NoPayload(batch)));
    };
    // S3 gets the invocation as a text, Kafka as it is.
    let invocation = match payload.as_str() {
        Some(text) => Invocation::read_kept(text.as_bytes()),
        None => Invocation::read_kept(payload.raw().as_bytes()),
    };
    let records = invocation.and_then(|invocation| match invocation.caller {
        caller @ (Caller::Firehose { .. } | Caller::Pipes) => {
            Err(EnvelopeError::Unsupported { caller: caller.name() })
        }
        _ => Ok(invocation.records),
    });
    Some(records.map(|records| Kept { form: Form::OnFailure, code, records }).map_err(KeptError::Payload))
}

impl Batch {
    fn of(source: BatchSource, info: Node<'_>) -> Self {
        let records = info.get("batchSize").and_then(Node::as_number).map(str::to_owned);
        if source == BatchSource::Kafka {
            let partitions = info.get("recordsInfo").into_iter().flat_map(Node::members);
            let partitions = partitions.map(|(name, partition)| {
                let offset = |name| text(partition, name).unwrap_or_else(|| UNKNOWN.to_owned());
                format!("{} {} to {}", name.text(), offset("firstRecordOffset"), offset("lastRecordOffset"))
            });
            let one = info.get("recordInfo").and_then(|one| text(one, "offset"));
            let partitions: Vec<_> = partitions.chain(one).collect();
            return Self {
                source,
                arn: text(info, "eventSourceArn").or_else(|| text(info, "bootstrapServers")),
                shard: Some(partitions.join(", ")).filter(|partitions| !partitions.is_empty()),
                first: None,
                last: None,
                records,
            };
        }
        Self {
            source,
            arn: text(info, "streamArn"),
            shard: text(info, "shardId"),
            first: text(info, "startSequenceNumber"),
            last: text(info, "endSequenceNumber"),
            records,
        }
    }

    /// The command that gives an iterator at the first record, to be passed to `get-records`; `None` for
    /// Kafka, and where what the record says is no name that can stand in a command.
    #[must_use]
    pub fn command(&self) -> Option<String> {
        let (service, number) = match self.source {
            BatchSource::Kinesis => ("kinesis", "starting-sequence-number"),
            BatchSource::DynamoDb => ("dynamodbstreams", "sequence-number"),
            BatchSource::Kafka => return None,
        };
        let plain = |text: &&str| text.bytes().all(is_plain);
        let arn = self.arn.as_deref().filter(plain)?;
        let shard = self.shard.as_deref().filter(plain)?;
        let first = self.first.as_deref().filter(plain)?;
        Some(format!(
            "aws {service} get-shard-iterator --stream-arn {arn} --shard-id {shard} \
             --shard-iterator-type AT_SEQUENCE_NUMBER --{number} {first}"
        ))
    }
}

/// What stands for what a record does not say.
const UNKNOWN: &str = "?";

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Anybody may have put the record into its queue.
        let plain = |text: &&str| text.bytes().all(|byte| byte == b' ' || byte == b',' || is_plain(byte));
        let known = |text: &'_ Option<String>| text.as_deref().filter(plain).unwrap_or(UNKNOWN).to_owned();
        let (records, arn, shard) = (known(&self.records), known(&self.arn), known(&self.shard));
        match self.source {
            BatchSource::Kafka => write!(f, "{records} of {arn}, offsets {shard}"),
            _ => {
                let (first, last) = (known(&self.first), known(&self.last));
                write!(f, "{records} of {arn}, shard {shard}, sequence numbers {first} to {last}")
            }
        }
    }
}

/// Whether names of AWS's resources have that byte.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'/' | b'.' | b'_' | b'-')
}
