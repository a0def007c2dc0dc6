"""Documented Pipes payloads: no test of EventBridge Pipes, which no emulator runs.

What a pipe does is done here by AWS's documents of it, with the AWS command line: records are read from the stream, the function
is invoked with the array that a pipe makes of them, and what it answers goes to Firehose, a record an element.
"""

import base64
import json
from typing import Any

from checks import Checks, wait_until
from emulator import ACCOUNT, REGION, Emulator

SECONDS_TO_ARRIVE = 30
PRODUCT = {"productId": {"S": "PROD-001"}, "productName": {"S": "Smart Sensor"},
           "category": {"S": "IoT Devices"}, "price": {"N": "49.99"}}
NOT_JSON = "no raw event"
# Each event, and what the rule adds besides the time.
SUCCESS = {"productName": "Smart Sensor", "category": "IoT Devices", "price": 49.99, "enrichmentStatus": "success"}
EVENTS = {
    '{"eventId": "evt-001", "productId": "PROD-001", "quantity": 5, "price_seen": 49.990}': SUCCESS,
    '{"eventId": "evt-002", "productId": "PROD-404", "quantity": 1}': {"enrichmentStatus": "product_not_found"},
    '{"eventId": "evt-003", "quantity": 12345678901234567890123456789012345678}': {"enrichmentStatus": "no_product_id"},
}


def piped(checks: Checks, emulator: Emulator, function: str, outputs: dict[str, str]) -> None:
    """Raw events of the stream end as objects of Firehose, by the deployed function and the payloads that AWS documents."""
    emulator.aws("dynamodb", "put-item", "--table-name", outputs["ProductsTableName"], "--item", json.dumps(PRODUCT))
    texts = [*EVENTS, NOT_JSON]
    records = [{"PartitionKey": str(number), "Data": text} for number, text in enumerate(texts)]
    emulator.aws("kinesis", "put-records", "--stream-name", outputs["RawStreamName"],
                 "--records", emulator.file("raw.json", records))
    answer = invoke(emulator, function, payload(emulator, outputs["RawStreamName"]))
    lines = elements(answer)
    checks.equal([json.loads(line)["eventId"] for line in lines], ["evt-001", "evt-002", "evt-003"],
                 "documented Pipes payloads: the answer has each event, in order, and not what is no JSON")
    for line, (text, added) in zip(lines, EVENTS.items(), strict=False):
        found = {name: value for name, value in json.loads(line).items() if name != "enrichmentTimestamp"}
        # By value: the emulator reads and writes an invocation's answer again, and so may a pipe.
        checks.equal(found, json.loads(text) | added, f"{found.get('eventId')} is the recipe's document: {added['enrichmentStatus']}")
    held = map(json.loads, emulator.objects(outputs["FailedBucketName"], "rejects/not_json/").values())
    held = [reject for reject in held if reject["record"]["stream"] == outputs["RawStreamName"]]
    checks.equal([base64.b64decode(reject["data"]).decode() for reject in held], [NOT_JSON],
                 "what is no JSON is a reject with its bytes")
    delivered(checks, emulator, f"{function}-products", outputs["OutputBucketName"], lines)


def payload(emulator: Emulator, stream: str) -> list[dict[str, Any]]:
    """What a pipe sends of the stream's records, by docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kinesis.html."""
    kinesis, found = emulator.client("kinesis"), []
    for shard in (shard["ShardId"] for shard in kinesis.list_shards(StreamName=stream)["Shards"]):
        start = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        for record in kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]:
            found.append({
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": base64.b64encode(record["Data"]).decode(),
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"{shard}:{record['SequenceNumber']}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT}:role/pipe",
                "awsRegion": REGION,
                "eventSourceARN": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream}",
            })
    # One pipe's batch is of one shard; here the records of all are one, in the order in which they were put.
    return sorted(found, key=lambda record: int(record["partitionKey"]))


def invoke(emulator: Emulator, function: str, event: list[dict[str, Any]]) -> str:
    emulator.file("pipe.json", event)
    emulator.aws("lambda", "invoke", "--function-name", function, "--payload",
                 f"fileb://{emulator.scratch / 'pipe.json'}", "answer.json")
    return (emulator.scratch / "answer.json").read_text()


def elements(answer: str) -> list[str]:
    """The texts of an array's elements, with the bytes that they have in it."""
    decoder, found, at = json.JSONDecoder(), [], 1
    while answer[at:at + 1] not in ("", "]"):
        if answer[at] in ", \n":
            at += 1
            continue
        _, end = decoder.raw_decode(answer, at)
        found.append(answer[at:end])
        at = end
    return found


def delivered(checks: Checks, emulator: Emulator, delivery: str, bucket: str, lines: list[str]) -> None:
    """The answer's elements go to Firehose, each as it is, and what lies between them in an object is Firehose's to add."""
    checks.equal([line for line in lines if "\n" in line], [], "no event of the answer has a line break in it")
    put = emulator.aws("firehose", "put-record-batch", "--delivery-stream-name", delivery,
                       "--records", emulator.file("delivery.json", [{"Data": line} for line in lines]))
    checks.equal(put["FailedPutCount"], 0, "Firehose takes the answer's elements as records")

    wait_until(lambda: len(emulator.objects(bucket, "products/dt=")) >= len(lines), SECONDS_TO_ARRIVE)
    # The emulator writes an object a record and runs no processor, so the delimiter that the deployed stream names is put here.
    described = emulator.aws("firehose", "describe-delivery-stream", "--delivery-stream-name", delivery)
    destination = described["DeliveryStreamDescription"]["Destinations"][0]["ExtendedS3DestinationDescription"]
    processing = destination["ProcessingConfiguration"]
    delimiters = [parameter["ParameterValue"] for processor in processing["Processors"]
                  if processor["Type"] == "AppendDelimiterToRecord" for parameter in processor["Parameters"]]
    checks.equal((processing["Enabled"], delimiters), (True, ["\\n"]), "the deployed stream appends a line break to each record")
    written = "".join(body.decode() + "\n" for body in emulator.objects(bucket, "products/dt=").values())
    checks.equal(sorted(written.splitlines()), sorted(lines), "so what Firehose writes is the recipe's documents, a line each")
