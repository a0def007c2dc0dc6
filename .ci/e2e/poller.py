"""An event source mapping from a Kinesis stream to a function, that follows AWS's rules of retrying.

The emulator's own mapping forgets what a function reports as failed. This one is LocalStack's poller:
when to retry, and from which record on, is decided by their code; here it is only put together, one
poller a shard, as on AWS. It runs until it is terminated. A line of JSON on standard output for each
invocation says what was asked and what was answered.
"""

import json
import os
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

# Before LocalStack is imported: it must not report its use to anybody, nor fetch a certificate.
os.environ.update(DISABLE_EVENTS="1", SKIP_SSL_CERT_DOWNLOAD="1")

import boto3
from botocore.config import Config
from localstack.services.lambda_.event_source_mapping.esm_event_processor import EsmEventProcessor
from localstack.services.lambda_.event_source_mapping.pipe_loggers.noops_pipe_logger import NoOpsPipeLogger
from localstack.services.lambda_.event_source_mapping.pollers import stream_poller
from localstack.services.lambda_.event_source_mapping.pollers.kinesis_poller import KinesisPoller
from localstack.services.lambda_.event_source_mapping.senders.lambda_sender import LambdaSender

SECONDS_BETWEEN_POLLS = 0.2


class RecordingClient:
    """The Lambda client that the poller invokes through, with each invocation written down."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def invoke(self, **request: Any) -> dict[str, Any]:
        asked = [record["eventID"] for record in json.loads(request["Payload"])["Records"]]
        started = time.time()
        answer: dict[str, Any] = self._client.invoke(**request)
        body = answer["Payload"].read()
        line = {"started": started, "asked": asked, "error": answer.get("FunctionError"),
                "answer": body.decode(errors="replace")}
        print(json.dumps(line), flush=True)
        return answer | {"Payload": _Body(body)}


class _Body:
    """A body that can be read once more, after it was written down."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        return self._content

    def __str__(self) -> str:
        return self._content.decode(errors="replace")


@dataclass
class Mapping:
    stream: str
    function: str
    batch_size: int
    retries: int  # of a batch that fails; -1 is for ever
    failures: str  # the bucket for what is given up; empty is none


def poll(shard: str, mapping: Mapping, kinesis: Any, lambda_: Any) -> None:
    stream, function = mapping.stream, mapping.function
    start = kinesis.get_shard_iterator(StreamARN=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    poller = KinesisPoller(
        source_arn=stream,
        source_client=kinesis,
        source_parameters={"KinesisStreamParameters": {
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": mapping.batch_size,
            "MaximumBatchingWindowInSeconds": 0,
            "MaximumRetryAttempts": mapping.retries,
            "MaximumRecordAgeInSeconds": -1,
            **({"DeadLetterConfig": {"Arn": mapping.failures}} if mapping.failures else {}),
        }},
        processor=EsmEventProcessor(
            sender=LambdaSender(target_arn=function, target_client=lambda_, payload_dict=True,
                                report_batch_item_failures=True),
            logger=NoOpsPipeLogger(),
        ),
        invoke_identity_arn=function,
        kinesis_namespace=True,
        esm_uuid=str(uuid.uuid4()),
        shards={shard: start["ShardIterator"]},
    )
    while True:
        poller.poll_events()
        time.sleep(SECONDS_BETWEEN_POLLS)


def main(endpoint: str, region: str, stream: str, function: str, batch_size: str, invoke: str = "",
         retries: str = "-1", failures: str = "") -> None:
    def client(service: str, endpoint: str = endpoint) -> Any:
        # An invocation that is sent twice would look like one that the poller retried.
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        return boto3.client(service, endpoint_url=endpoint, region_name=region, config=config)

    # Their poller asks their own emulator for a client of the bucket.
    stream_poller.get_internal_client = lambda _arn: client("s3")
    mapping = Mapping(stream, function, int(batch_size), int(retries), failures)
    kinesis, lambda_ = client("kinesis"), RecordingClient(client("lambda", invoke or endpoint))
    shards = kinesis.describe_stream(StreamARN=stream)["StreamDescription"]["Shards"]
    threads = [
        threading.Thread(target=poll, args=(shard["ShardId"], mapping, kinesis, lambda_))
        for shard in shards
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
