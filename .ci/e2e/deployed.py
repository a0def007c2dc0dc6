"""The shipped template, by the shipped scripts: deployed, used, and removed with nothing left."""

import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checks import Checks, wait_until
from emulator import ACCOUNT, PROFILES, REGION, ROOT, Emulator
from piped import piped

HERE = Path(__file__).resolve().parent
DEPLOY = HERE.parent.parent / "deploy"
SECONDS_TO_ARRIVE = 30
STACK = "shipped"
ARTIFACTS = f"enrich-artifacts-{ACCOUNT}-{REGION}"
NOT_JSON = "this is no JSON"
LISTS = {
    "stacks": ("cloudformation", "list_stacks", "StackSummaries", "StackName"),
    "functions": ("lambda", "list_functions", "Functions", "FunctionName"),
    "mappings": ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    "streams": ("kinesis", "list_streams", "StreamNames", ""),
    "tables": ("dynamodb", "list_tables", "TableNames", ""),
    "buckets": ("s3", "list_buckets", "Buckets", "Name"),
    "roles": ("iam", "list_roles", "Roles", "RoleName"),
    "alarms": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "dashboards": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "log groups": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "queues": ("sqs", "list_queues", "QueueUrls", ""),
    "pipes": ("pipes", "list_pipes", "Pipes", "Name"),
    "delivery streams": ("firehose", "list_delivery_streams", "DeliveryStreamNames", ""),
    "databases": ("glue", "get_databases", "DatabaseList", "Name"),
}


@dataclass
class Scripts:
    """`deploy/up` and `deploy/down`, as a person would run them, on the emulated account."""

    emulator: Emulator
    check: Path

    def run(self, name: str, *arguments: str) -> str:
        tools = {"CHECK": str(self.check), "ENRICH": str(self.check.with_name("enrich"))}
        account = ROOT | {"AWS_ENDPOINT_URL": self.emulator.url}
        path = {"PATH": f"{Path(sys.executable).parent}:{self.emulator.environment['PATH']}"}
        done = subprocess.run([str(DEPLOY / name), "--stack", STACK, *arguments], capture_output=True, text=True,
                              timeout=240, env=self.emulator.environment | account | tools | path)
        if done.returncode != 0:
            raise RuntimeError(f"deploy/{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout


def packed(checks: Checks, program: Path) -> Path:
    """The package that `deploy/build` makes of a program which is built already."""
    zips = [program.with_name(name) for name in ("one.zip", "other.zip")]
    for target in zips:
        subprocess.run([str(DEPLOY / "build"), "--binary", str(program), "--zip", str(target)], check=True,
                       capture_output=True, timeout=240)
    checks.check(zips[0].read_bytes() == zips[1].read_bytes(), "a program that is packed twice gives the same bytes")
    with zipfile.ZipFile(zips[0]) as archive:
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in archive.infolist()}
    checks.equal(modes, {"bootstrap": "0o100755"}, "the package is the program, which may be run, and nothing of this machine")
    return zips[0]


def there(emulator: Emulator) -> dict[str, set[str]]:
    """What the account holds, by kind."""
    found = {}
    for kind, (service, call, member, name) in LISTS.items():
        entries: list[Any] = getattr(emulator.client(service), call)().get(member, [])
        live = [entry for entry in entries if not name or entry.get("StackStatus") != "DELETE_COMPLETE"]
        found[kind] = {entry[name] if name else entry for entry in live}
    return found


def deployed(checks: Checks, emulator: Emulator, package: Path, check: Path, rules: Path) -> None:
    scripts = Scripts(emulator, check)
    before = there(emulator)
    up = ["--package", str(package), "--rules", str(rules), "RateAlarms=false", "RulesRefreshSeconds=1"]
    planned = scripts.run("up", "--dry-run", *up)
    checks.check("would run: aws cloudformation deploy" in planned, "a dry run says what it would do", planned)
    checks.equal(there(emulator), before, "and does nothing")
    checks.check(planned.index("s3 sync") < planned.index("cloudformation deploy"), "at first rules, which the function starts with", planned)

    scripts.run("up", *up)
    stack = emulator.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    checks.equal(stack["StackStatus"], "CREATE_COMPLETE", "the template is deployed")
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    reach_emulator(emulator)
    mapping = emulator.client("lambda").list_event_source_mappings()["EventSourceMappings"][0]
    checks.equal(mapping["FunctionResponseTypes"], ["ReportBatchItemFailures"], "single records may fail")
    # Before anything asks for it: rules may keep for a while that an item is missing.
    profile = {name: {"S": text} for name, text in PROFILES["user123"].items()}
    emulator.aws("dynamodb", "put-item", "--table-name", outputs["ProfilesTableName"], "--item", json.dumps(profile))
    without_tls(checks, emulator, outputs)
    use(checks, emulator, outputs)
    other_rules(checks, emulator, outputs, rules)
    piped(checks, emulator, STACK, outputs)

    held = len(emulator.objects(outputs["OutputBucketName"]))
    again = scripts.run("up", *up)
    checks.check("No changes to deploy" in again, "what is deployed already is left alone", again[-500:])
    planned = scripts.run("up", "--dry-run", *up)
    checks.check(planned.index("cloudformation deploy") < planned.index("s3 sync"), "later permissions before rules that need them", planned)
    planned = scripts.run("down", "--dry-run")
    checks.check("would run: aws cloudformation delete-stack" in planned, "a dry run says what it would remove", planned)
    checks.equal(len(emulator.objects(outputs["OutputBucketName"])), held, "and removes nothing")
    scripts.run("down", "--yes")
    checks.equal(there(emulator), before, "all is removed, versions of objects and packages too")


def reach_emulator(emulator: Emulator) -> None:
    """Tells the function where its services are: what the template can't know, and an account needs not."""
    client = emulator.client("lambda")
    variables = client.get_function_configuration(FunctionName=STACK)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=STACK, Environment={"Variables": variables | {"AWS_ENDPOINT_URL": emulator.url}})
    client.get_waiter("function_updated_v2").wait(FunctionName=STACK)


def without_tls(checks: Checks, emulator: Emulator, outputs: dict[str, str]) -> None:
    """The emulator speaks no TLS, and the buckets take nothing else: seen once, their policies are taken away."""
    sample = json.loads((HERE.parent.parent / "rules" / "samples" / "kinesis-invocation.json").read_text())
    answer = emulator.client("lambda").invoke(FunctionName=STACK, Payload=json.dumps(sample))
    failures = json.load(answer["Payload"]).get("batchItemFailures")
    checks.check(bool(failures), "a bucket takes nothing without TLS, and the records come again", failures)
    for bucket in (outputs["OutputBucketName"], outputs["FailedBucketName"]):
        checks.equal(emulator.objects(bucket), {}, "nothing was written")
        emulator.client("s3").delete_bucket_policy(Bucket=bucket)


def use(checks: Checks, emulator: Emulator, outputs: dict[str, str]) -> None:
    """Records go in by the command line; events and a reject come out."""
    records = [{"PartitionKey": "user123", "Data": text} for text in
               ('{"user_id":"user123","price":49.990}', '{"user_id":"nobody"}', NOT_JSON)]
    begin = datetime.now(UTC)
    emulator.aws("kinesis", "put-records", "--stream-name", outputs["ClickStreamName"],
                 "--records", emulator.file("clicks.json", records))
    output, failed = outputs["OutputBucketName"], outputs["FailedBucketName"]
    wait_until(lambda: len(emulator.objects(output)) >= 2 and len(emulator.objects(failed)) >= 1, SECONDS_TO_ARRIVE)
    written, rejects = emulator.objects(output), emulator.objects(failed)
    bodies = sorted(written.values(), reverse=True)
    checks.equal(len(written), 2, "each event is an object")
    checks.check(bodies and bodies[0].startswith(b'{"user_id":"user123","price":49.990,') and b'"John Doe"' in bodies[0],
                 "with its own bytes, and what the table in the stack says", bodies)
    checks.check(bodies and b'"user_name":"Unknown"' in bodies[-1], "or with defaults", bodies)
    hours = {f"enriched-data/{moment:%Y/%m/%d/%H}/" for moment in (begin, datetime.now(UTC))}
    checks.equal([key for key in written if key[:len("enriched-data/YYYY/MM/DD/HH/")] not in hours], [],
                 "in the partition of its hour, as the Glue table has it")
    checks.equal([key.split("/")[:2] for key in rejects], [["rejects", "not_json"]], "what is no JSON is a reject")


def other_rules(checks: Checks, emulator: Emulator, outputs: dict[str, str], rules: Path) -> None:
    """A rule is changed in the bucket, and nothing is deployed."""
    text = (rules / "clickstream.enrich").read_text()
    changed = re.sub(r"set \.enriched *= true", 'set .enriched = "otherwise"', text)
    emulator.aws("s3", "cp", emulator.file("clickstream.enrich", changed).removeprefix("file://"),
                 f"s3://{ARTIFACTS}/{STACK}/rules/clickstream.enrich")
    emulator.aws("kinesis", "put-record", "--stream-name", outputs["ClickStreamName"], "--partition-key", "late",
                 "--data", '{"late":1}')

    def written() -> list[bytes]:
        return [body for body in emulator.objects(outputs["OutputBucketName"]).values() if body.startswith(b'{"late"')]

    wait_until(lambda: bool(written()), SECONDS_TO_ARRIVE)
    checks.equal([json.loads(body)["enriched"] for body in written()], ["otherwise"],
                 "a rule that is changed in the bucket is followed by the next record, without a deployment")
