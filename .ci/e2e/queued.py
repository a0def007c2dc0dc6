"""A queue's messages through the function to Firehose; what is rejected waits in a queue, and is replayed from there."""

import json
from pathlib import Path
from typing import Any

from checks import Checks, wait_until
from emulator import ACCOUNT, REGION, Emulator, Function, allow
from permissions import attach, printed_policy

HERE = Path(__file__).resolve().parent
SECONDS_TO_ARRIVE = 30
RULES = HERE / "rules-queued"


def queued(checks: Checks, emulator: Emulator, package: Path, check: Path) -> None:
    function = Function(emulator, "queued", "queued-orders", "queued-profiles")
    function.create_table()
    function.create_bucket()
    delivery = f"{function.name}-delivery"
    create_delivery(function, delivery)
    orders, rejects = Queue(emulator, "queued-orders"), Queue(emulator, "queued-rejects")
    variables = {"DELIVERY_STREAM": delivery, "REJECTS_QUEUE": rejects.arn}
    function.create_bare_role()
    options = [word for name, text in variables.items() for word in ("-D", f"{name}={text}")]
    document = printed_policy(check, RULES, "-D", f"PROFILES_TABLE={function.table}", *options)
    actions = sorted(statement["Action"] for statement in document["Statement"])
    checks.equal(actions, ["dynamodb:BatchGetItem", "firehose:PutRecordBatch", "sqs:SendMessage"],
                 "the printed policy names a lookup, an output and rejects")
    attach(function, document)
    receiving = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
    # The emulator has names of its own for the rights to several at once, which AWS does not know.
    receiving += ["sqs:ChangeMessageVisibilityBatch"]
    function.put_policy("receive", *(allow(receiving, queue.arn) for queue in (orders, rejects)),
                        allow("sqs:SendMessageBatch", rejects.arn))
    function.create_function(package, "rules", variables)
    save(function, "nobody", {})

    orders.map_to(function)
    for order in ('{"order":1,"buyer":"user123"}', '{"order":2,"buyer":"nobody"}', "no JSON"):
        orders.send(order)
    wait_until(lambda: len(delivered(function)) == 1 and rejects.length() == 2 and orders.length() == 0,
               SECONDS_TO_ARRIVE)
    checks.equal(named(function), {1: "John Doe"}, "an order is delivered with its buyer's name")
    checks.equal(orders.length(), 0, "all messages are done")
    checks.equal(rejects.length(), 2, "what is rejected waits in the queue for rejects")

    save(function, "nobody", {"name": "Somebody"})
    rejects.map_to(function)
    wait_until(lambda: len(delivered(function)) == 2 and rejects.length() == 1, SECONDS_TO_ARRIVE)
    checks.equal(named(function), {1: "John Doe", 2: "Somebody"},
                 "once the profile is mended the reject is replayed from its queue")
    ids = [event["record"].split(":")[0] for event in delivered(function)]
    checks.equal(ids, ["queued-orders"] * 2, "under the id of the record that it was")
    checks.equal(rejects.length(), 1, "what would be rejected again goes on waiting, and does not go round")


def create_delivery(function: Function, name: str) -> None:
    destination = {"RoleARN": f"arn:aws:iam::{ACCOUNT}:role/{function.name}",
                   "BucketARN": f"arn:aws:s3:::{function.bucket}", "Prefix": "delivered/"}
    function.emulator.aws("firehose", "create-delivery-stream", "--delivery-stream-name", name,
                          "--extended-s3-destination-configuration", json.dumps(destination))


def save(function: Function, user: str, attributes: dict[str, str]) -> None:
    item = {name: {"S": text} for name, text in ({"user_id": user} | attributes).items()}
    function.emulator.aws("dynamodb", "put-item", "--table-name", function.table, "--item", json.dumps(item))


def delivered(function: Function) -> list[dict[str, Any]]:
    """The events that Firehose has been given, a line each."""
    lines = [line for body in function.objects("delivered/").values() for line in body.splitlines()]
    return [json.loads(line) for line in lines]


def named(function: Function) -> dict[int, str]:
    return {event["order"]: event["buyer_name"] for event in delivered(function)}


class Queue:
    def __init__(self, emulator: Emulator, name: str) -> None:
        self.emulator = emulator
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        # Longer than the function's own time, as AWS wants it; and a message that fails does not come again here.
        created = emulator.aws("sqs", "create-queue", "--queue-name", name,
                               "--attributes", json.dumps({"VisibilityTimeout": "120"}))
        self.url = created["QueueUrl"]

    def map_to(self, function: Function) -> None:
        self.emulator.aws("lambda", "create-event-source-mapping", "--event-source-arn", self.arn,
                          "--function-name", function.name, "--batch-size", "10",
                          "--function-response-types", "ReportBatchItemFailures")

    def send(self, body: str) -> None:
        self.emulator.aws("sqs", "send-message", "--queue-url", self.url,
                          "--message-body", self.emulator.file("message.txt", body))

    def length(self) -> int:
        """The messages that are neither done nor deleted."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
                 "ApproximateNumberOfMessagesDelayed"]
        sqs = self.emulator.client("sqs")
        found = sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(found.get(name, 0)) for name in names)
