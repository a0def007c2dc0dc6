"""deploy/template.yaml as a construct: its parameters are a dictionary, its outputs what other constructs may use.

The template is the one place where resources are told; deploy/check-modules holds this file against it.
"""

from pathlib import Path
from typing import Literal, TypedDict

from aws_cdk import aws_dynamodb, aws_kinesis, aws_lambda, aws_s3, aws_s3_assets, aws_sqs
from aws_cdk.cloudformation_include import CfnInclude
from constructs import Construct

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"
# What lies in a bucket of yours, and not in that of the assets.
IN_BUCKET = ("ArtifactBucket", "PackageKey", "RulesPrefix", "ShadowRulesPrefix")


class Parameters(TypedDict, total=False):
    """The template's parameters, which it describes. What is left out has the template's default."""

    ArtifactBucket: str
    PackageKey: str
    RulesPrefix: str
    RulesRefreshSeconds: int
    ShadowRulesPrefix: str
    MorePolicyArn: str
    Clickstream: Literal["true", "false"]
    Products: Literal["true", "false"]
    Shards: int
    RetentionHours: int
    ShardMetrics: Literal["true", "false"]
    ProtectTables: Literal["true", "false"]
    Architecture: Literal["x86_64", "arm64"]
    MemorySize: int
    Timeout: int
    LogRetentionDays: int
    BatchSize: int
    BatchWindowSeconds: int
    ParallelizationFactor: int
    RetryAttempts: int
    RecordAgeSeconds: int
    PipeBatchSize: int
    ProductsFormat: Literal["json", "parquet"]
    FirehoseBufferMiB: int
    FirehoseBufferSeconds: int
    OutputDays: int
    FailedDays: int
    DatabaseName: str
    ReplicaBucketArn: str
    AlarmEmail: str
    RateAlarms: Literal["true", "false"]
    LagAlarmMilliseconds: int
    RejectedAlarmPercent: int
    LookupAlarmPercent: int


class Enrich(Construct):
    """The function and its pipelines. A stack has one of them: what the template makes is named by the stack."""

    def __init__(self, scope: Construct, id: str, parameters: Parameters | None = None,
                 package: str | None = None, template: Path = TEMPLATE) -> None:
        """`package` is the zip that `deploy/build --rules` makes, with the rules in it, uploaded as an asset. Without it
        `ArtifactBucket` and `PackageKey` say where it is, and rules may come from that bucket."""
        super().__init__(scope, id)
        given = dict(parameters or {})
        if package is not None:
            if taken := [name for name in IN_BUCKET if given.get(name)]:
                raise ValueError(f"{', '.join(taken)}: a package that is an asset has its rules in it; "
                                 "give ArtifactBucket and PackageKey in its place")
            asset = aws_s3_assets.Asset(self, "Package", path=package)
            given |= {"ArtifactBucket": asset.s3_bucket_name, "PackageKey": asset.s3_object_key}
        self.template = CfnInclude(self, "Template", template_file=str(template), parameters=given)
        self.function = aws_lambda.Function.from_function_arn(self, "Function", self._attribute("Function", "Arn"))
        self.output_bucket = aws_s3.Bucket.from_bucket_name(self, "OutputBucket", self._reference("OutputBucket"))
        self.failed_bucket = aws_s3.Bucket.from_bucket_name(self, "FailedBucket", self._reference("FailedBucket"))
        # The pipeline of clicks, and that of raw events, unless the parameters leave them out.
        self.click_stream = self.profiles_table = self.raw_stream = self.products_table = self.pipe_failures = None
        if given.get("Clickstream") != "false":
            self.click_stream = self._stream("ClickStream")
            self.profiles_table = self._table("ProfilesTable")
        if given.get("Products") != "false":
            self.raw_stream = self._stream("RawStream")
            self.products_table = self._table("ProductsTable")
            self.pipe_failures = aws_sqs.Queue.from_queue_arn(self, "PipeFailures", self._attribute("PipeFailures", "Arn"))

    def _stream(self, name: str) -> aws_kinesis.IStream:
        return aws_kinesis.Stream.from_stream_arn(self, name, self._attribute(name, "Arn"))

    def _table(self, name: str) -> aws_dynamodb.ITable:
        return aws_dynamodb.Table.from_table_arn(self, name, self._attribute(name, "Arn"))

    def _reference(self, name: str) -> str:
        return self.template.get_resource(name).ref

    def _attribute(self, name: str, attribute: str) -> str:
        return self.template.get_resource(name).get_att(attribute).to_string()
