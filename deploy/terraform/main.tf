# ../template.yaml as a module: CloudFormation makes the resources, and Terraform the stack. So there is one place where they are told.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "stack" {
  type        = string
  description = "The stack's name, by which streams and function are named."
  default     = "enrich"
}

data "aws_s3_bucket" "artifacts" {
  bucket = var.artifact_bucket
}

resource "aws_s3_object" "template" {
  bucket = data.aws_s3_bucket.artifacts.id
  key    = "${var.stack}/templates/${filemd5("${path.module}/../template.yaml")}.yaml"
  source = "${path.module}/../template.yaml"
}

resource "aws_cloudformation_stack" "enrich" {
  name         = var.stack
  capabilities = ["CAPABILITY_IAM"]
  # By its address: a template of this size can't be sent along.
  template_url = "https://${data.aws_s3_bucket.artifacts.bucket_regional_domain_name}/${aws_s3_object.template.key}"

  parameters = {
    ArtifactBucket        = var.artifact_bucket
    PackageKey            = var.package_key
    RulesPrefix           = var.rules_prefix
    RulesRefreshSeconds   = var.rules_refresh_seconds
    ShadowRulesPrefix     = var.shadow_rules_prefix
    MorePolicyArn         = var.more_policy_arn
    Clickstream           = var.clickstream
    Products              = var.products
    Shards                = var.shards
    RetentionHours        = var.retention_hours
    ShardMetrics          = var.shard_metrics
    ProtectTables         = var.protect_tables
    Architecture          = var.architecture
    MemorySize            = var.memory_size
    Timeout               = var.timeout
    LogRetentionDays      = var.log_retention_days
    BatchSize             = var.batch_size
    BatchWindowSeconds    = var.batch_window_seconds
    ParallelizationFactor = var.parallelization_factor
    RetryAttempts         = var.retry_attempts
    RecordAgeSeconds      = var.record_age_seconds
    PipeBatchSize         = var.pipe_batch_size
    ProductsFormat        = var.products_format
    FirehoseBufferMiB     = var.firehose_buffer_mib
    FirehoseBufferSeconds = var.firehose_buffer_seconds
    OutputDays            = var.output_days
    FailedDays            = var.failed_days
    DatabaseName          = var.database_name
    ReplicaBucketArn      = var.replica_bucket_arn
    AlarmEmail            = var.alarm_email
    RateAlarms            = var.rate_alarms
    LagAlarmMilliseconds  = var.lag_alarm_milliseconds
    RejectedAlarmPercent  = var.rejected_alarm_percent
    LookupAlarmPercent    = var.lookup_alarm_percent
  }
}
