"""The policy that `check --iam` prints: with it everything runs, and without any part of it something does not."""

import base64
import copy
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checks import Checks
from emulator import ACCOUNT, REGION, Emulator, Function

Document = dict[str, Any]
HERE = Path(__file__).resolve().parent
TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"


def printed_policy(check: Path, rules: Path, *options: str) -> Document:
    """What `check --iam` prints for these rules."""
    command = [str(check), "--iam", "--region", REGION, "--account", ACCOUNT, *options, str(rules)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"check --iam: {done.stderr}")
    document: Document = json.loads(done.stdout)
    return document


def less(document: Document) -> Iterator[tuple[str, str, Document]]:
    """The policy without one of its resources, for each: the action, the resource, and what is left."""
    for at, statement in enumerate(document["Statement"]):
        for resource in statement["Resource"]:
            rest = copy.deepcopy(document)
            rest["Statement"][at]["Resource"].remove(resource)
            rest["Statement"] = [kept for kept in rest["Statement"] if kept["Resource"]]
            yield statement["Action"], resource, rest


def attach(function: Function, document: Document) -> None:
    iam = function.emulator.client("iam")
    iam.put_role_policy(RoleName=function.name, PolicyName="rules", PolicyDocument=json.dumps(document))


def invoke(function: Function, event: Any) -> Any:
    """The function's answer; where the invocation fails, its error."""
    answer = function.emulator.client("lambda").invoke(FunctionName=function.name, Payload=json.dumps(event))
    return json.load(answer["Payload"])


def failures(answer: Any) -> list[str] | str:
    """The sequence numbers that an answer reports; another answer stands for itself."""
    if not isinstance(answer, dict) or "batchItemFailures" not in answer:
        return json.dumps(answer)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def empty(function: Function) -> None:
    s3 = function.emulator.client("s3")
    for key in function.objects():
        s3.delete_object(Bucket=function.bucket, Key=key)


def folders(function: Function) -> list[str]:
    """What the objects' keys begin with, an entry for each object."""
    return sorted(key.split("/", 1)[0] for key in function.objects())


def every_call(checks: Checks, emulator: Emulator, package: Path, check: Path) -> None:
    """Rules that catch no failure: what is not allowed is what the function says has failed."""
    function = Function(emulator, "permitted", "permitted-orders", "permitted-people")
    function.create_table()
    add_index(emulator, function.table)
    function.create_bucket()
    function.create_bare_role()
    document = printed_policy(check, HERE / "rules-permitted",
                              "-D", f"PROFILES_TABLE={function.table}", "-D", f"BUCKET={function.bucket}")
    people = f"{TABLE_ARN}/{function.table}"
    bucket = f"arn:aws:s3:::{function.bucket}"
    # The record that is the first to fail without it; what lies ahead of it is written.
    needed_by = {
        ("dynamodb:BatchGetItem", people): (1, ["orders"]),
        ("dynamodb:Query", f"{people}/index/by-email"): (1, ["orders"]),
        ("s3:PutObject", f"{bucket}/orders/*"): (0, []),
        ("s3:PutObject", f"{bucket}/bad/*"): (2, ["orders", "orders"]),
    }
    allowed = {(action, resource) for action, resource, _ in less(document)}
    checks.equal(allowed, set(needed_by), "the policy of all calls holds these calls and no other")
    function.create_function(package, "rules")
    numbers, event = orders(function)

    attach(function, document)
    checks.equal(failures(invoke(function, event)), [], "with the policy every record is acknowledged")
    checks.equal(folders(function), ["bad", "orders", "orders"], "and written")
    order = next((body for body in function.objects("orders/").values() if b"user123" in body), b"{}")
    names = {name: text for name, text in json.loads(order).items() if name.endswith("_name")}
    checks.equal(names, {"buyer_name": "John Doe", "seller_name": "Jane Smith"},
                 "with what the table and its index know")
    for action, resource, rest in less(document):
        failed, written = needed_by.get((action, resource), (0, []))
        empty(function)
        attach(function, rest)
        claim = f"without {action} on {resource.rsplit(':', 1)[1]}"
        answer = failures(invoke(function, event))
        checks.equal(answer, [numbers[failed]], f"{claim} record {failed} and all behind it come again")
        ahead = [folder for folder in folders(function) if folder == "orders"]
        checks.equal(ahead, written, f"{claim} what lies ahead of it is written")

    # The index needs the right to itself: one to its table is none.
    on_table = copy.deepcopy(document)
    for statement in on_table["Statement"]:
        if statement["Action"] == "dynamodb:Query":
            statement["Resource"] = [people]
    attach(function, on_table)
    checks.equal(failures(invoke(function, event)), [numbers[1]], "dynamodb:Query on the table is not enough")


def add_index(emulator: Emulator, table: str) -> None:
    emulator.aws(
        "dynamodb", "update-table", "--table-name", table,
        "--attribute-definitions", "AttributeName=user_id,AttributeType=S", "AttributeName=email,AttributeType=S",
        "--global-secondary-index-updates", json.dumps([{"Create": {
            "IndexName": "by-email", "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}}}]))
    emulator.aws("dynamodb", "wait", "table-exists", "--table-name", table)


def orders(function: Function) -> tuple[list[str], Document]:
    """An invocation with a record that needs no table, one that needs all of it, and one that is no JSON."""
    texts = ['{"id": 1}', '{"id": 2, "buyer": "user123", "seller": "jane@example.com"}', "no JSON"]
    numbers = [f"4959033827149025660855969253836157109592157598913658889{at}" for at in range(len(texts))]
    records = [{
        "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventName": "aws:kinesis:record",
        "eventID": f"shardId-000000000000:{number}", "eventSourceARN": function.stream_arn, "awsRegion": REGION,
        "kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": "p", "sequenceNumber": number,
                    "data": base64.b64encode(text.encode()).decode(), "approximateArrivalTimestamp": 1752315300.98},
    } for number, text in zip(numbers, texts, strict=True)]
    return numbers, {"Records": records}


def shipped_rules(checks: Checks, emulator: Emulator, package: Path, check: Path, rules: Path) -> None:
    """The shipped rules catch failures of their lookups: the events themselves say what was not allowed."""
    function = Function(emulator, "shipped", "data-enrichment-stream", "user-profiles")
    function.create_table()
    create_products(emulator)
    function.create_bucket()
    function.create_bare_role()
    document = printed_policy(check, rules, "-D", f"PROFILES_TABLE={function.table}",
                              "-D", f"BUCKET={function.bucket}", "--rejects", f"s3://{function.bucket}/errors/")
    function.create_function(package, "rules")
    clicks = json.loads((rules / "samples/kinesis-invocation.json").read_text())
    products = json.loads((rules / "samples/pipes-invocation.json").read_text())
    numbers = [record["kinesis"]["sequenceNumber"] for record in clicks["Records"]]

    def run() -> dict[str, Any]:
        empty(function)
        failed = failures(invoke(function, clicks))
        events = [json.loads(body) for body in function.objects("enriched-data/").values()]
        answer = invoke(function, products)
        statuses = [event.get("enrichmentStatus") for event in answer] if isinstance(answer, list) else answer
        return {
            "failed": failed, "enriched": len(events), "rejects": folders(function).count("errors"),
            "caught": sum("enrichment_error" in event for event in events),
            "products": sum(status == "success" for status in statuses),
            "products caught": sum(status == "error" for status in statuses),
        }

    attach(function, document)
    whole: dict[str, Any] = {"failed": [], "enriched": 4, "rejects": 1, "caught": 0,
                             "products": 1, "products caught": 0}
    checks.equal(run(), whole, "the shipped rules run with their policy")
    bucket = f"arn:aws:s3:::{function.bucket}"
    without: dict[str, dict[str, Any]] = {
        f"{TABLE_ARN}/user-profiles": {"caught": 3},
        f"{TABLE_ARN}/reference-data": {"products": 0, "products caught": 2},
        # The reject may be on its way when the first object is refused; then it is written, and again later.
        f"{bucket}/enriched-data/*": {"failed": [numbers[0]], "enriched": 0, "rejects": None},
        f"{bucket}/errors/*": {"failed": [numbers[4]], "rejects": 0},
    }
    checks.equal({resource for _, resource, _ in less(document)}, set(without),
                 "their policy holds two tables, the output and the rejects")
    for action, resource, rest in less(document):
        attach(function, rest)
        # The tables' answers are kept by the process that got them.
        function.start_anew()
        seen, expected = run(), whole | without.get(resource, {})
        if expected["rejects"] is None:
            seen["rejects"] = None
        checks.equal(seen, expected,
                     f"without {action} on {resource.rsplit(':', 1)[1]} it shows, and nothing is lost")


def create_products(emulator: Emulator) -> None:
    emulator.aws("dynamodb", "create-table", "--table-name", "reference-data",
                 "--attribute-definitions", "AttributeName=productId,AttributeType=S",
                 "--key-schema", "AttributeName=productId,KeyType=HASH", "--billing-mode", "PAY_PER_REQUEST")
    emulator.aws("dynamodb", "wait", "table-exists", "--table-name", "reference-data")
    item = {"productId": {"S": "PROD-001"}, "productName": {"S": "Smart Sensor"},
            "category": {"S": "IoT"}, "price": {"N": "149.99"}}
    emulator.aws("dynamodb", "put-item", "--table-name", "reference-data", "--item", json.dumps(item))
