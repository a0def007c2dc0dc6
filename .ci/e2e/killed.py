"""Processes are killed at any moment, and DynamoDB and S3 fail in every way: nothing is lost."""

import base64
import gzip
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from checks import Checks, wait_until
from emulator import ROOT, Emulator, Function, stop
from faults import LOOKUP_FAULTS, WRITE_FAULTS, Faults
from mapping import accepted
from processes import Processes

HERE = Path(__file__).resolve().parent
RECORDS = int(os.environ.get("E2E_RECORDS", "5000"))
SEED = int(os.environ.get("E2E_SEED", "1"))
# On two cores it takes less than half of that; a run of more records has as much more time.
SECONDS = 120 * max(1, RECORDS / 5000)
BATCH_SIZE = 100
USERS = 40
FUNCTION_SECONDS = 10
SECRET = "S3CR3T"


@dataclass
class Click:
    """A record that is put, and what has to become of it: `None` is dropped."""

    text: str
    enriched: str | None
    single: bool = False
    rejected: bool = False


def click(number: int, dice: random.Random) -> Click:
    kind = dice.randrange(100)
    if kind < 2:
        return Click(f"no JSON {SECRET} {number}", None, rejected=True)
    single = kind < 20
    user = dice.randrange(USERS + 5)  # the last five are unknown
    fields = [f'"n": {number}', f'"user_id":"u{user}"', f'"secret" : "{SECRET}", "price":49.990']
    fields += ['"single":true'] * single + ['"bot":true'] * (kind > 95)
    text = "{" + ",".join(fields) + "}"
    name = f"User {user}" if user < USERS else "nobody"
    enriched = None if kind > 95 else text.removesuffix("}") + f',"user_name":"{name}"' + "}"
    return Click(text, enriched, single)


def killed(checks: Checks, bootstrap: Path, poller_python: Path, emulator: Emulator) -> None:
    function = Function(emulator, "killed", "killed-clicks", "killed-users")
    function.create_bucket()
    function.create_stream()
    fill(function)
    dice = random.Random(SEED)
    clicks = [click(number, dice) for number in range(RECORDS)]
    put(function, clicks)
    signals: Counter[str] = Counter()
    over = threading.Event()
    with Faults(emulator.url, SEED) as faults, running(function, bootstrap, faults) as processes:
        log_path = emulator.scratch / "poller.log"
        killer = threading.Thread(target=kill, args=(processes, dice, signals, over), daemon=True)
        with log_path.open("wb") as log:
            poller = subprocess.Popen(
                [poller_python, "-B", HERE / "poller.py", emulator.url, "us-east-1", function.stream_arn,
                 function.arn, str(BATCH_SIZE), processes.url],
                cwd=emulator.scratch, stdin=subprocess.DEVNULL, stdout=log, stderr=emulator.log,
                start_new_session=True,
                env=ROOT | {"PATH": "", "HOME": str(emulator.scratch), "TMPDIR": str(emulator.scratch)},
            )
            started = time.monotonic()
            try:
                killer.start()
                acknowledged = Acknowledged(log_path)
                done = wait_until(lambda: acknowledged.read() >= RECORDS, SECONDS)
            finally:
                over.set()
                stop(poller)
        seconds = time.monotonic() - started
        log_text = processes.log_text()
    if keep := os.environ.get("E2E_LOG"):
        Path(keep).write_text(log_text)
    print(f"   {RECORDS} records in {seconds:.0f} s, {acknowledged.calls} invocations, {acknowledged.errors} failed, "
          f"{acknowledged.partial} in part, {processes.timeouts} late; {dict(signals)}; {dict(sorted(faults.struck.items()))}", flush=True)
    checks.check(done, f"all {RECORDS} records are acknowledged in the end", len(acknowledged.positions))
    checks.equal(acknowledged.positions.total(), RECORDS, "each of them once")
    checks.check(signals["killed busy"] > 0 and signals["ended busy"] > 0, "processes were ended at work", signals)
    kinds = {f"table {fault}" for fault in LOOKUP_FAULTS} | {f"bucket {fault}" for fault in WRITE_FAULTS}
    checks.equal(sorted(kinds - faults.struck.keys()), [], "every kind of fault has struck")
    checks.equal(processes.refusals, [], "no process refuses to start")
    checks.check(SECRET not in log_text, "no value of an event is in the function's log")
    held_against(checks, clicks, contents(emulator, function))


def fill(function: Function) -> None:
    client = function.emulator.client("dynamodb")
    client.create_table(TableName=function.table, BillingMode="PAY_PER_REQUEST",
                        AttributeDefinitions=[{"AttributeName": "user_id", "AttributeType": "S"}],
                        KeySchema=[{"AttributeName": "user_id", "KeyType": "HASH"}])
    for user in range(USERS):
        client.put_item(TableName=function.table, Item={
            "user_id": {"S": f"u{user}"}, "name": {"S": f"User {user}"}, "hidden": {"S": SECRET}})


def put(function: Function, clicks: list[Click]) -> None:
    client = function.emulator.client("kinesis")
    for start in range(0, len(clicks), 500):
        records = [{"PartitionKey": f"key {start + at}", "Data": click.text.encode()}
                   for at, click in enumerate(clicks[start:start + 500])]
        if client.put_records(StreamName=function.stream, Records=records)["FailedRecordCount"]:
            raise RuntimeError("the stream refuses records")


def running(function: Function, bootstrap: Path, faults: Faults) -> Processes:
    environment = ROOT | {
        "RULES": str(HERE / "rules-killed"),
        "REJECTS": f"s3://{function.bucket}/errors/",
        "BUCKET": function.bucket,
        "USERS_TABLE": function.table,
        "AWS_REGION": ROOT["AWS_DEFAULT_REGION"],
        "AWS_ENDPOINT_URL": faults.url,
        "HOME": str(function.emulator.scratch),
    }
    log = function.emulator.scratch / "function.log"
    return Processes(bootstrap, environment, function.arn, log, count=2, seconds=FUNCTION_SECONDS)


def kill(processes: Processes, dice: random.Random, signals: Counter[str], over: threading.Event) -> None:
    """Ends processes at random moments, most of them at once, some as they are asked to."""
    while not over.wait(dice.uniform(0.3, 2.5)):
        harsh = dice.random() < 0.7
        busy = processes.signal_one(dice, signal.SIGKILL if harsh else signal.SIGTERM)
        signals[("killed" if harsh else "ended") + (" busy" if busy else "")] += 1


class Acknowledged:
    """What the answers of the function acknowledge, by AWS's own rules, as the poller's log has it."""

    def __init__(self, log_path: Path) -> None:
        self.log = log_path.open("rb")
        self.positions: Counter[str] = Counter()
        self.calls = self.errors = self.partial = 0
        self.rest = b""

    def read(self) -> int:
        """Reads on; gives how many records are acknowledged."""
        *lines, self.rest = (self.rest + self.log.read()).split(b"\n")
        for line in lines:
            call = json.loads(line)
            self.calls += 1
            self.errors += call["error"] is not None
            done = accepted(call)
            self.partial += 0 < len(done) < len(call["asked"])
            self.positions.update(done)
        return len(self.positions)


def contents(emulator: Emulator, function: Function) -> dict[str, bytes]:
    """The objects of the bucket, inflated."""
    objects = function.objects()
    return {key: gzip.decompress(body) if key.endswith(".gz") else body for key, body in objects.items()}


def held_against(checks: Checks, clicks: list[Click], objects: dict[str, bytes]) -> None:
    """The objects against the records that were put: nothing missing, nothing else, nothing changed."""
    places: dict[str, list[str]] = defaultdict(list)
    rejects: Counter[str] = Counter()
    for key, body in objects.items():
        if key.startswith("errors/"):
            rejects[base64.b64decode(json.loads(body)["data"]).decode()] += 1
        else:
            lines = body.decode().splitlines() if key.startswith("together/") else [body.decode()]
            for line in lines:
                places[line].append(key)
    expected = {click.enriched for click in clicks if click.enriched}
    checks.equal(len(expected - places.keys()), 0, f"each of {len(expected)} enriched records is in the output")
    checks.equal(sorted(places.keys() - expected)[:3], [], "the output holds nothing else, and no default for an error")
    bad = {click.text for click in clicks if click.rejected}
    checks.equal(rejects, Counter(bad), f"each of {len(bad)} records that are no JSON is one reject, with its bytes")
    single = {click.enriched for click in clicks if click.single}
    twice = [keys for line, keys in places.items() if line in single and len(keys) > 1]
    checks.equal(twice[:3], [], "no record of its own object is in two")
    folders = {line: {key.partition("/")[0] for key in keys} for line, keys in places.items()}
    wrong = [line for line, seen in folders.items() if seen != {"single" if line in single else "together"}]
    checks.equal(wrong[:3], [], "every record is below its own prefix")
    copies = sum(len(keys) - 1 for keys in places.values())
    print(f"   {len(objects)} objects; {copies} records are in a second object of their batch", flush=True)
