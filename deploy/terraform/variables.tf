# The parameters of ../template.yaml, with its descriptions and defaults. deploy/check-modules holds the two together.

variable "artifact_bucket" {
  type        = string
  description = "The bucket of the function's package, and of the rules where RulesPrefix is set."
}

variable "package_key" {
  type        = string
  description = "The key of the package that deploy/build makes. Another package has another key, or CloudFormation does not see it."
}

variable "rules_prefix" {
  type        = string
  description = "The prefix of the rules in ArtifactBucket. Empty takes the rules of the package."
  default     = ""
}

variable "rules_refresh_seconds" {
  type        = number
  description = "How long rules of a bucket are in force before others are looked for; 0 is never."
  default     = 60
}

variable "shadow_rules_prefix" {
  type        = string
  description = "The prefix of a candidate's rules in ArtifactBucket, which enrich beside those in force and write nothing. Empty is no candidate."
  default     = ""
}

variable "more_policy_arn" {
  type        = string
  description = "A managed policy with what rules of your own need, as check --iam prints it."
  default     = ""
}

variable "clickstream" {
  type        = bool
  description = "Whether clicks go from a stream through the function to S3."
  default     = true
}

variable "products" {
  type        = bool
  description = "Whether raw events go from a stream through a pipe, which the function enriches for, and Firehose to S3."
  default     = true
}

variable "shards" {
  type        = number
  description = "Shards of each stream; 0 is on demand."
  default     = 0
}

variable "retention_hours" {
  type        = number
  description = "How long a stream keeps records. It must be more than RecordAgeSeconds."
  default     = 48
}

variable "shard_metrics" {
  type        = bool
  description = "Whether the streams have metrics of each shard, which show a hot one and cost per shard."
  default     = false
}

variable "protect_tables" {
  type        = bool
  description = "Whether tables have deletion protection."
  default     = true
}

variable "architecture" {
  type        = string
  description = "What the package was built for."
  default     = "x86_64"
}

variable "memory_size" {
  type        = number
  description = "The function's memory in MB; its share of a processor goes with it."
  default     = 512
}

variable "timeout" {
  type        = number
  description = "The function's timeout in seconds. A pipe waits 300 at most."
  default     = 60
}

variable "log_retention_days" {
  type        = number
  description = "How long logs are kept."
  default     = 30
}

variable "batch_size" {
  type        = number
  description = "The most clicks of an invocation."
  default     = 500
}

variable "batch_window_seconds" {
  type        = number
  description = "How long a batch of either pipeline may wait to become full."
  default     = 5
}

variable "parallelization_factor" {
  type        = number
  description = "Batches of one shard at a time; records of one partition key keep their order."
  default     = 1
}

variable "retry_attempts" {
  type        = number
  description = "How often a batch that fails comes again before it goes where failed batches are kept."
  default     = 10
}

variable "record_age_seconds" {
  type        = number
  description = "How old a record may be before it goes where failed batches are kept."
  default     = 86400
}

variable "pipe_batch_size" {
  type        = number
  description = "The most raw events of an invocation. Firehose takes 500 at a time."
  default     = 200
}

variable "products_format" {
  type        = string
  description = "How Firehose writes raw events, as lines in gzip files or as Parquet with the columns of the Glue table, and nothing else of an event."
  default     = "json"
}

variable "firehose_buffer_mib" {
  type        = number
  description = "An object is written when so much is there (at least 64 for Parquet) ..."
  default     = 64
}

variable "firehose_buffer_seconds" {
  type        = number
  description = "... or so much time is over."
  default     = 300
}

variable "output_days" {
  type        = number
  description = "How long enriched events are kept."
  default     = 365
}

variable "failed_days" {
  type        = number
  description = "How long rejected events and failed batches are kept."
  default     = 90
}

variable "database_name" {
  type        = string
  description = "The Glue database of the tables for Athena."
  default     = "enrich"
}

variable "replica_bucket_arn" {
  type        = string
  description = "A bucket of yours in another region, with versioning, that enriched events are copied to. Empty copies nothing."
  default     = ""
}

variable "alarm_email" {
  type        = string
  description = "Who is told of alarms. Empty makes no topic; alarms then change their state and tell nobody."
  default     = ""
}

variable "rate_alarms" {
  type        = bool
  description = "Whether there are alarms on percentages, which CloudWatch computes from two or three metrics and counts as so many."
  default     = true
}

variable "lag_alarm_milliseconds" {
  type        = number
  description = "How far a pipeline may be behind its stream."
  default     = 300000
}

variable "rejected_alarm_percent" {
  type        = number
  description = "How many per cent of the records may be rejected."
  default     = 1
}

variable "lookup_alarm_percent" {
  type        = number
  description = "How many per cent of the questions of a lookup may fail."
  default     = 1
}
