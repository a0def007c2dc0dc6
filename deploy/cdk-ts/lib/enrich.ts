// deploy/template.yaml as a construct: its parameters are properties, its outputs what other constructs may use.
// The template is the one place where resources are told; deploy/check-modules holds this file against it.
import * as path from "node:path";
import { Table, ITable } from "aws-cdk-lib/aws-dynamodb";
import { Stream, IStream } from "aws-cdk-lib/aws-kinesis";
import { Function as LambdaFunction, IFunction } from "aws-cdk-lib/aws-lambda";
import { Bucket, IBucket } from "aws-cdk-lib/aws-s3";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Queue, IQueue } from "aws-cdk-lib/aws-sqs";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { Construct } from "constructs";

/** The template's parameters, which it describes. What is left out has the template's default. */
export interface Parameters {
  readonly ArtifactBucket?: string;
  readonly PackageKey?: string;
  readonly RulesPrefix?: string;
  readonly RulesRefreshSeconds?: number;
  readonly ShadowRulesPrefix?: string;
  readonly MorePolicyArn?: string;
  readonly Clickstream?: "true" | "false";
  readonly Products?: "true" | "false";
  readonly Shards?: number;
  readonly RetentionHours?: number;
  readonly ShardMetrics?: "true" | "false";
  readonly ProtectTables?: "true" | "false";
  readonly Architecture?: "x86_64" | "arm64";
  readonly MemorySize?: number;
  readonly Timeout?: number;
  readonly LogRetentionDays?: number;
  readonly BatchSize?: number;
  readonly BatchWindowSeconds?: number;
  readonly ParallelizationFactor?: number;
  readonly RetryAttempts?: number;
  readonly RecordAgeSeconds?: number;
  readonly PipeBatchSize?: number;
  readonly ProductsFormat?: "json" | "parquet";
  readonly FirehoseBufferMiB?: number;
  readonly FirehoseBufferSeconds?: number;
  readonly OutputDays?: number;
  readonly FailedDays?: number;
  readonly DatabaseName?: string;
  readonly ReplicaBucketArn?: string;
  readonly AlarmEmail?: string;
  readonly RateAlarms?: "true" | "false";
  readonly LagAlarmMilliseconds?: number;
  readonly RejectedAlarmPercent?: number;
  readonly LookupAlarmPercent?: number;
}

export interface EnrichProps {
  /**
   * The zip that `deploy/build --rules` makes, with the rules in it: it is uploaded as an asset. Without it `ArtifactBucket` and
   * `PackageKey` say where it is, and rules may come from that bucket.
   */
  readonly package?: string;
  readonly parameters?: Parameters;
  /** Where the template is: by default, where it lies in the repository. */
  readonly templateFile?: string;
}

/** What lies in a bucket of yours, and not in that of the assets. */
const IN_BUCKET = ["ArtifactBucket", "PackageKey", "RulesPrefix", "ShadowRulesPrefix"] as const;

/** The function and its pipelines. A stack has one of them: what the template makes is named by the stack. */
export class Enrich extends Construct {
  readonly template: CfnInclude;
  readonly function: IFunction;
  readonly outputBucket: IBucket;
  readonly failedBucket: IBucket;
  /** The pipeline of clicks, unless `Clickstream` is "false". */
  readonly clickStream?: IStream;
  readonly profilesTable?: ITable;
  /** The pipeline of raw events, unless `Products` is "false". */
  readonly rawStream?: IStream;
  readonly productsTable?: ITable;
  readonly pipeFailures?: IQueue;

  constructor(scope: Construct, id: string, props: EnrichProps = {}) {
    super(scope, id);
    const taken = IN_BUCKET.filter((name) => props.parameters?.[name]);
    if (props.package !== undefined && taken.length > 0) {
      throw new Error(`${taken.join(", ")}: a package that is an asset has its rules in it; give ArtifactBucket and PackageKey in its place`);
    }
    const parameters: Parameters = { ...props.parameters, ...this.uploaded(props.package) };
    this.template = new CfnInclude(this, "Template", {
      templateFile: props.templateFile ?? path.join(__dirname, "..", "..", "..", "template.yaml"),
      parameters: { ...parameters },
      preserveLogicalIds: true,
    });
    this.function = LambdaFunction.fromFunctionArn(this, "Function", this.attribute("Function", "Arn"));
    this.outputBucket = Bucket.fromBucketName(this, "OutputBucket", this.reference("OutputBucket"));
    this.failedBucket = Bucket.fromBucketName(this, "FailedBucket", this.reference("FailedBucket"));
    if (parameters.Clickstream !== "false") {
      this.clickStream = Stream.fromStreamArn(this, "ClickStream", this.attribute("ClickStream", "Arn"));
      this.profilesTable = Table.fromTableArn(this, "ProfilesTable", this.attribute("ProfilesTable", "Arn"));
    }
    if (parameters.Products !== "false") {
      this.rawStream = Stream.fromStreamArn(this, "RawStream", this.attribute("RawStream", "Arn"));
      this.productsTable = Table.fromTableArn(this, "ProductsTable", this.attribute("ProductsTable", "Arn"));
      this.pipeFailures = Queue.fromQueueArn(this, "PipeFailures", this.attribute("PipeFailures", "Arn"));
    }
  }

  private uploaded(zip?: string): Parameters {
    if (zip === undefined) return {};
    const asset = new Asset(this, "Package", { path: zip });
    return { ArtifactBucket: asset.s3BucketName, PackageKey: asset.s3ObjectKey };
  }

  private reference(name: string): string {
    return this.template.getResource(name).ref;
  }

  private attribute(name: string, attribute: string): string {
    return this.template.getResource(name).getAtt(attribute).toString();
  }
}
