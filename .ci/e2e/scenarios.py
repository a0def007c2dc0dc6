"""The scenarios: each deploys the function to an emulated account of its own and looks at what comes out."""

import argparse
import base64
import json
import re
import signal
import subprocess
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from bounded import bounded
from checks import Checks, wait_until
from deployed import deployed, packed
from emulator import PROFILES, REGION, ROOT, Emulator, Function, allow, package, stop, stripped
from killed import SECONDS, killed
from mapping import accepted, invocations
from permissions import every_call, shipped_rules
from queued import queued

HERE = Path(__file__).resolve().parent
SECONDS_FOR_ALL = 780 + int(SECONDS)
SECONDS_TO_ARRIVE = 30


@dataclass
class Inputs:
    bootstrap: Path
    check: Path
    rules: Path
    poller_python: Path
    scratch: Path


# ---- A: the clickstream pipeline ---------------------------------------------------------------

# Fields that no rule touches, written in ways that a parser and a printer would not give back.
ODD = (r'"price": 49.990, "order":12345678901234567890123456789012345678,"rate":1e3 , '
       r'"nested":{ "b" :[1 ,2,' + '\t' + r'-0.0 ],  "a":{"z":null,"y":"caf\u00e9 \/ é"} }')


def clickstream_events() -> dict[str, tuple[str, str]]:
    """The event's id, and for each the partition key and the text that goes into the stream."""
    events: dict[str, tuple[str, str]] = {}

    def add(user: str | None, text: str) -> None:
        event_id = f"click-{len(events):02}"
        partition = user or f"session-{event_id}"
        events[event_id] = (partition, text.replace("EVENT", f'"event_id":"{event_id}"'))

    add("user123", '{EVENT,"event_type": "page_view","user_id": "user123","page": "/product/abc123"}')
    add("user456", '{EVENT,"event_type": "add_to_cart","user_id": "user456","product_id": "prod789","quantity": 2}')
    add("user123", '{ ' + ODD + ', EVENT, "user_id":"user123"  }')
    add("user456", '{EVENT,"user_id":"user456",' + ODD + '}')
    add("nobody", '{EVENT,"user_id":"nobody",' + ODD + '}')
    add("user123", '{EVENT,"user_name":"somebody else","user_id":"user123","page":"/"}')
    add(None, '{EVENT,"event_type":"page_view",' + ODD + '}')
    add(None, '{EVENT,"user_id":null,"page":"/"}')
    add("nobody-else", '{EVENT,"user_id":"nobody-else","page":"/"}')
    for number in range(10):
        user = ("user123", "user456")[number % 2]
        add(user, '{EVENT,"user_id":"' + user + '","page":"/' + str(number) + '"}')
    return events


NOT_JSON = b'\xff\x00 this is no JSON {"user_id":'


def enrichment(event: dict[str, Any]) -> dict[str, Any]:
    """What the clickstream rule adds, its time stamp aside."""
    added: dict[str, Any] = {"enriched": True}
    user = event.get("user_id")
    if user in PROFILES:
        profile = PROFILES[user]
        added |= {f"user_{name}": profile[name] for name in ("name", "email", "segment", "location")}
    elif user:
        added |= {"user_name": "Unknown", "user_segment": "Unknown", "user_location": "Unknown"}
    return added


def untouched_text(text: str) -> str:
    """The part of an event's text that must come out byte for byte: all but the closing brace.

    The one field that the rule replaces in place is given its new value first.
    """
    return text.replace('"somebody else"', '"John Doe"').rstrip().removesuffix("}").rstrip()


def hours(begin: datetime, end: datetime) -> set[str]:
    """The prefixes of the hours in which a record that was put between the two may have arrived."""
    return {f"enriched-data/{moment:%Y/%m/%d/%H}/" for moment in (begin, end)}


def clickstream(checks: Checks, inputs: Inputs, emulator: Emulator) -> None:
    function = Function(emulator, "clickstream", "data-enrichment-stream-e2e", "user-profiles")
    function.create_table()
    function.create_bucket()
    function.create_role()
    function.create_function(package(inputs.bootstrap, inputs.rules, inputs.scratch / "A.zip"), "rules")
    function.create_stream()
    mapping = function.create_mapping()

    events = clickstream_events()
    begin = datetime.now(UTC)
    records = [{"PartitionKey": key, "Data": text} for key, text in events.values()]
    function.put_records(records[:10])
    poison = emulator.scratch / "not-json"
    poison.write_bytes(NOT_JSON)
    emulator.aws("kinesis", "put-record", "--stream-name", function.stream,
                 "--partition-key", "user123", "--data", f"fileb://{poison}")
    function.put_records(records[10:])
    expected = len(events) + 1
    wait_until(lambda: len(function.objects()) >= expected, SECONDS_TO_ARRIVE)
    end = datetime.now(UTC)

    objects = function.objects()
    enriched = {key: body for key, body in objects.items() if key.startswith("enriched-data/")}
    rejects = {key: body for key, body in objects.items() if key.startswith("errors/")}
    by_id = check_ids(checks, enriched, set(events))
    prefixes = hours(begin, end)
    misplaced = [key for key in enriched if key[:len("enriched-data/YYYY/MM/DD/HH/")] not in prefixes]
    checks.equal(misplaced, [], f"every object lies below {' or '.join(sorted(prefixes))}")
    for event_id, (_, text) in events.items():
        check_enriched(checks, event_id, text, by_id.get(event_id, b""), begin, end)
    check_reject(checks, rejects, NOT_JSON)
    others = sorted(objects.keys() - enriched.keys() - rejects.keys())
    checks.equal(others, [], "nothing else is in the bucket")
    once = function.writes()
    checks.equal(once, expected, "every object was written once")

    # A second mapping from the beginning of the stream brings every record again.
    emulator.aws("lambda", "delete-event-source-mapping", "--uuid", mapping)
    function.create_mapping()
    wait_until(lambda: function.writes() >= 2 * once, SECONDS_TO_ARRIVE)
    checks.equal(function.writes(), 2 * once, "a redelivery of all records writes all objects again")
    checks.equal(sorted(function.objects()), sorted(objects), "and under the same keys: no object is added")


def check_ids(checks: Checks, objects: dict[str, bytes], expected: set[str]) -> dict[str, bytes]:
    """Checks that each expected event is exactly one of the objects; gives the objects by event id."""
    by_id: dict[str, bytes] = {}
    seen: Counter[str] = Counter()
    for key, body in objects.items():
        try:
            event_id = json.loads(body)["event_id"]
        except (ValueError, KeyError, TypeError):
            event_id = f"no event at {key}"
        seen[event_id] += 1
        by_id[event_id] = body
    checks.equal(sorted(expected - seen.keys()), [], f"each of {len(expected)} records has its object")
    checks.equal(sorted(seen.keys() - expected), [], "no object holds anything else")
    checks.equal([event_id for event_id, times in seen.items() if times > 1], [], "no record has two objects")
    return by_id


def check_enriched(checks: Checks, event_id: str, text: str, body: bytes, begin: datetime, end: datetime) -> None:
    claim = f"{event_id} is the event's own bytes and what the rule adds"
    try:
        event = json.loads(body)
        stamp = event.pop("processing_timestamp", None)
    except (ValueError, AttributeError):
        checks.check(False, claim, f"no JSON object: {body!r}")
        return
    original = json.loads(text)
    expected = original | enrichment(original)
    problems = []
    if event != expected:
        problems.append(f"expected {expected}")
    if not is_stamp(stamp, begin, end):
        problems.append(f"{stamp} is not the time of its processing")
    if not body.startswith(untouched_text(text).encode()):
        problems.append(f"the bytes do not begin with {untouched_text(text)!r}")
    checks.check(not problems, claim, f"{'; '.join(problems)}; saw {body!r}")


def is_stamp(stamp: Any, begin: datetime, end: datetime) -> bool:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(stamp)):
        return False
    # Milliseconds are cut off, so the stamp may lie that much before the instant it was taken at.
    return begin - timedelta(milliseconds=1) <= datetime.fromisoformat(stamp) <= end


def check_reject(checks: Checks, rejects: dict[str, bytes], original: bytes) -> None:
    checks.equal(len(rejects), 1, "the record that is no JSON is one object below errors/")
    for body in rejects.values():
        try:
            reject = json.loads(body)
            code, data = reject["reason"]["code"], base64.b64decode(reject["data"], validate=True)
        except (ValueError, KeyError, TypeError):
            checks.check(False, "the reject names its reason and holds the record's data", body)
            return
        checks.equal(code, "not_json", "the reject says why")
        checks.equal(data, original, "the reject holds the record's bytes")


# ---- B: a table that is down loses nothing -----------------------------------------------------

BATCH_SIZE = 5
HASH_KEYS = {"0": "shardId-000000000000", str(2**127): "shardId-000000000001"}


@dataclass
class Record:
    event_id: str
    enriched: dict[str, Any]
    position: str  # shard and sequence number, as in the `eventID` of an invocation


def strict(checks: Checks, inputs: Inputs, emulator: Emulator) -> None:
    function = Function(emulator, "strict", "strict-clicks", "strict-profiles")
    function.create_bucket()
    function.create_role()
    function.create_function(package(inputs.bootstrap, HERE / "rules-strict", inputs.scratch / "B.zip"), "rules")
    function.create_stream()
    log_path = emulator.scratch / "poller.log"
    with log_path.open("wb") as log:
        poller = subprocess.Popen(
            [inputs.poller_python, "-B", HERE / "poller.py", emulator.url, REGION,
             function.stream_arn, function.arn, str(BATCH_SIZE)],
            cwd=emulator.scratch, stdin=subprocess.DEVNULL, stdout=log, stderr=emulator.log, start_new_session=True,
            env=ROOT | {"PATH": "", "HOME": str(emulator.scratch), "TMPDIR": str(emulator.scratch)},
        )
        try:
            failed_before = checks.failed
            outage(checks, function, log_path, "absent", rounds=3, mend=function.create_table_behind_a_door)
            if checks.failed == failed_before:  # else records of the first outage may turn up in the second
                function.forbid_lookups()
                outage(checks, function, log_path, "forbidden", rounds=1, mend=function.allow_lookups)
        finally:
            stop(poller)


def outage(checks: Checks, function: Function, log_path: Path, kind: str, rounds: int,
           mend: Callable[[], None]) -> None:
    """Puts records while the table is `kind`, sees that they wait, mends it, and sees that they arrive.

    Two records that need no table lie ahead of the first that does, on one shard only. What lies behind
    a record that waits must wait with it, whether it needs the table or not.
    """
    before = set(function.objects())
    already = len(invocations(log_path))
    records, poison = put_strict_records(function, kind, rounds)
    ahead = {record.event_id for record in records[:2]}

    def tries(shard: str) -> int:
        return sum(call["asked"][0].startswith(shard) for call in invocations(log_path)[already:])

    tried = wait_until(lambda: all(tries(shard) >= 3 for shard in HASH_KEYS.values()), SECONDS_TO_ARRIVE)
    down = invocations(log_path)[already:]
    checks.check(tried, f"table {kind}: both shards are tried again and again", down)
    written = {key: body for key, body in function.objects().items() if key not in before}
    checks.equal(sorted(ids(written)), sorted(ahead),
                 f"table {kind}: only what lies ahead of the first failure is written")
    by_position = {record.position: record.event_id for record in records}
    acknowledged = {by_position.get(position, "the poison record") for call in down for position in accepted(call)}
    checks.equal(sorted(acknowledged), sorted(ahead), f"table {kind}: exactly that is acknowledged")

    mend()
    in_the_end = len(before) + len(records) + len(poison)
    wait_until(lambda: len(function.objects()) >= in_the_end, SECONDS_TO_ARRIVE)
    new = {key: body for key, body in function.objects().items() if key not in before}
    rejects = {key: body for key, body in new.items() if key.startswith("errors/")}
    arrived = {key: body for key, body in new.items() if key not in rejects}
    by_id = check_ids(checks, arrived, {record.event_id for record in records})
    expected = {record.event_id: record.enriched for record in records}
    enriched = {event_id: json.loads(body) for event_id, body in by_id.items() if event_id in expected}
    checks.equal(enriched, expected, f"table {kind}, then back: every record has what it waited for")
    check_reject(checks, rejects, next(iter(poison.values())))
    everything = [record.position for record in records] + list(poison)
    wait_until(lambda: set(everything) <= set(all_accepted(log_path, already)), SECONDS_TO_ARRIVE)
    checks.equal(sorted(all_accepted(log_path, already)), sorted(everything),
                 f"table {kind}, then back: every record is acknowledged once")


def put_strict_records(function: Function, kind: str, rounds: int) -> tuple[list[Record], dict[str, bytes]]:
    """Puts more than a batch to each shard; gives the good records in order, and the bad one by position."""
    keyed: list[bool | None] = [False, False, True, None, False, True]  # None is the poison record
    keyed += [True, False] * rounds
    bad = b"neither is this JSON"
    texts: list[tuple[str, bool | None, str]] = []
    for hash_key in HASH_KEYS:
        # On the other shard, the first record already needs the table.
        for needs in keyed if hash_key == "0" else [n for n in keyed[2:] if n is not None]:
            event_id = f"{kind}-{len(texts):02}"
            user = ',"user_id":"user123"' if needs else ""
            text = bad.decode() if needs is None else f'{{"event_id":"{event_id}"{user}}}'
            texts.append((hash_key, needs, text))
    put = function.put_records([
        {"PartitionKey": "any", "ExplicitHashKey": hash_key, "Data": text} for hash_key, _, text in texts
    ])
    records: list[Record] = []
    poison: dict[str, bytes] = {}
    for number, ((_, needs, _), where) in enumerate(zip(texts, put, strict=True)):
        position = f"{where['ShardId']}:{where['SequenceNumber']}"
        if needs is None:
            poison[position] = bad
        else:
            name = {"user_id": "user123", "user_name": "John Doe"} if needs else {}
            event_id = f"{kind}-{number:02}"
            records.append(Record(event_id, {"event_id": event_id, **name, "enriched": True}, position))
    return records, poison


def ids(objects: dict[str, bytes]) -> list[str]:
    """The event ids of objects; an object that is no event stands for itself."""
    found = []
    for key, body in objects.items():
        try:
            found.append(str(json.loads(body)["event_id"]))
        except (ValueError, KeyError, TypeError):
            found.append(key)
    return found


def all_accepted(log_path: Path, already: int) -> list[str]:
    return [position for call in invocations(log_path)[already:] for position in accepted(call)]


# ---- C: rules that come from S3 ----------------------------------------------------------------

def rules_from_s3(checks: Checks, inputs: Inputs, emulator: Emulator) -> None:
    function = Function(emulator, "from-s3", "data-enrichment-stream-s3", "user-profiles")
    function.create_table()
    function.create_bucket()
    emulator.aws("s3", "cp", "--recursive", str(inputs.rules), f"s3://{function.bucket}/rules/")
    function.create_role(allow("s3:ListBucket", f"arn:aws:s3:::{function.bucket}"),
                         allow("s3:GetObject", f"arn:aws:s3:::{function.bucket}/rules/*"))
    function.create_function(package(inputs.bootstrap, None, inputs.scratch / "C.zip"),
                             f"s3://{function.bucket}/rules/", {"RULES_REFRESH_SECONDS": "1"})
    function.create_stream()
    function.create_mapping()
    begin = datetime.now(UTC)
    text = '{"event_id":"one","user_id":"user456"}'
    function.put_records([{"PartitionKey": "user456", "Data": text}])

    def written() -> dict[str, bytes]:
        return {key: body for key, body in function.objects().items() if not key.startswith("rules/")}

    wait_until(lambda: bool(written()), SECONDS_TO_ARRIVE)
    by_id = check_ids(checks, written(), {"one"})
    check_enriched(checks, "one", text, by_id.get("one", b""), begin, datetime.now(UTC))

    rules_that_change(checks, inputs, function, written)


def rules_that_change(checks: Checks, inputs: Inputs, function: Function, written: Callable[[], dict[str, bytes]]) -> None:
    """Other rules are put into the bucket, broken ones too, while records come; nothing is deployed."""
    rules = (inputs.rules / "clickstream.enrich").read_text()

    def put_rules(name: str, text: str) -> None:
        path = function.emulator.scratch / name
        path.write_text(text)
        function.emulator.aws("s3", "cp", str(path), f"s3://{function.bucket}/rules/clickstream.enrich")
        # The rules are looked for once a second, by the next batch after that.
        time.sleep(1.5)

    def version(number: int) -> str:
        return rules.replace("set .enriched             = true", f'set .enriched = "v{number}"')

    def enriched_by(event_id: str) -> Any:
        function.put_records([{"PartitionKey": event_id, "Data": f'{{"event_id":"{event_id}"}}'}])
        wait_until(lambda: event_id in ids(written()), SECONDS_TO_ARRIVE)
        events = [json.loads(body) for body in written().values()]
        return [event["enriched"] for event in events if event["event_id"] == event_id]

    put_rules("v1.enrich", version(1))
    checks.equal(enriched_by("two"), ["v1"], "other rules in the bucket are in force without a deployment")
    put_rules("broken.enrich", version(2).replace("from profiles", "from profile"))
    checks.equal(enriched_by("three"), ["v1"], "rules with an error leave the last good ones in force")
    put_rules("v3.enrich", version(3))
    checks.equal(enriched_by("four"), ["v3"], "and once they are mended, they are in force")

    # While records come: no batch is done by two rule sets, and none is lost.
    many = [f"load-{number:03}" for number in range(120)]
    for at in range(0, len(many), 10):
        function.put_records([{"PartitionKey": name, "Data": f'{{"event_id":"{name}"}}'} for name in many[at:at + 10]])
        if at == 40:
            put_rules("broken.enrich", version(4) + "}")
        if at == 80:
            put_rules("v4.enrich", version(4))
    wait_until(lambda: set(many) <= set(ids(written())), SECONDS_TO_ARRIVE)
    objects = {key: body for key, body in written().items() if not key.startswith("errors/")}
    checks.equal(sorted(key for key in written() if key.startswith("errors/")), [], "no event was rejected meanwhile")
    by_batch: dict[str, set[str]] = {}
    loaded = [event for event in map(json.loads, objects.values()) if event["event_id"] in many]
    for event in loaded:
        by_batch.setdefault(event["processing_timestamp"], set()).add(event["enriched"])
    checks.equal(sorted(event["event_id"] for event in loaded), many, "each of 120 events is there once")
    checks.equal([found for found in by_batch.values() if len(found) > 1], [], "no batch is done by two rule sets")
    checks.equal(set().union(*by_batch.values()), {"v3", "v4"}, "and both rule sets have done some")
    lines = [json.loads(line) for line in function.emulator.log_lines(function.name) if line.startswith("{")]
    refreshes = {line["RulesRefreshFailed"] for line in lines if "RulesRefreshFailed" in line}
    checks.equal(refreshes, {0, 1}, "the metric of rules that can't be followed was 1, and 0 at other times")
    told = [line["message"] for line in lines if line.get("level") == "ERROR"]
    expected = ["unknown-table", "clickstream.enrich:"]
    checks.equal([text for text in expected if not any(text in line for line in told)], [], "the log has the diagnostics with their places")
    sets = {(function.emulator.made_by(function.bucket, key), json.loads(body)["enriched"]) for key, body in objects.items()}
    versions = sorted(str(version) for _, version in sets)
    checks.equal(versions, ["True", "v1", "v3", "v4"], "each object says by its hash which rule set made it")


# ---- D: the policy that is printed for rules -----------------------------------------------------

def permissions(checks: Checks, inputs: Inputs, emulator: Emulator) -> None:
    own = package(inputs.bootstrap, HERE / "rules-permitted", inputs.scratch / "D-own.zip")
    every_call(checks, emulator, own, inputs.check)
    shipped = package(inputs.bootstrap, inputs.rules, inputs.scratch / "D-shipped.zip")
    shipped_rules(checks, emulator, shipped, inputs.check, inputs.rules)


# ---- E: processes that are killed, services that fail --------------------------------------------

def ended_at_work(checks: Checks, inputs: Inputs, emulator: Emulator) -> None:
    killed(checks, inputs.bootstrap, inputs.poller_python, emulator)


# ---- F: queues and Firehose ----------------------------------------------------------------------

def queues_and_firehose(checks: Checks, inputs: Inputs, emulator: Emulator) -> None:
    own = package(inputs.bootstrap, HERE / "rules-queued", inputs.scratch / "F.zip")
    queued(checks, emulator, own, inputs.check)


# ---- G: the shipped template ---------------------------------------------------------------------

def template(checks: Checks, inputs: Inputs, emulator: Emulator) -> None:
    bare = packed(checks, stripped(inputs.bootstrap, inputs.scratch / "G.bootstrap"))
    deployed(checks, emulator, bare, inputs.check, inputs.rules)


# ---- H: retries that end -------------------------------------------------------------------------

def retries_that_end(checks: Checks, inputs: Inputs, emulator: Emulator) -> None:
    own = package(inputs.bootstrap, HERE / "rules-bounded", inputs.scratch / "H.zip")
    bounded(checks, emulator, own, inputs.check, inputs.poller_python)


# ---- running them ------------------------------------------------------------------------------

Scenario = Callable[[Checks, Inputs, Emulator], None]
SCENARIOS: dict[str, tuple[str, Scenario]] = {
    "A": ("clickstream on the emulator", clickstream),
    "B": ("a table that is down loses nothing", strict),
    "C": ("rules from S3", rules_from_s3),
    "D": ("the policy that is printed for rules", permissions),
    "E": ("processes are killed, services fail, and nothing is lost", ended_at_work),
    "F": ("from a queue to Firehose, and rejects back from theirs", queues_and_firehose),
    "G": ("the shipped template, deployed and removed; documented Pipes payloads", template),
    "H": ("retries that end, and what was given up replayed", retries_that_end),
}


def run(name: str, checks: Checks, inputs: Inputs) -> None:
    title, scenario = SCENARIOS[name]
    print(f"{name}: {title}", flush=True)
    failed_before = checks.failed
    with Emulator(inputs.scratch / name) as emulator:
        try:
            scenario(checks, inputs, emulator)
        except Exception:
            checks.check(False, f"scenario {name} runs to its end", traceback.format_exc())
        if checks.failed > failed_before:
            print(f"the emulator's log ends:\n{emulator.log_tail()}", flush=True)


class Interrupted(BaseException):
    """Time is up, or somebody asks for an end. No `Exception`: nothing on the way out takes it for a failed check."""


def interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(signal.Signals(number).name)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", type=Path, required=True)
    parser.add_argument("--check", type=Path, required=True)
    parser.add_argument("--rules", type=Path, required=True)
    parser.add_argument("--poller-python", type=Path, required=True)
    parser.add_argument("--only", action="append")
    arguments = parser.parse_args()
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
    signal.alarm(SECONDS_FOR_ALL)
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="e2e-") as scratch:
        inputs = Inputs(arguments.bootstrap, arguments.check, arguments.rules, arguments.poller_python, Path(scratch))
        try:
            for name in arguments.only or SCENARIOS:
                run(name, checks, inputs)
        except Interrupted as interrupted:
            checks.check(False, f"everything ends within {SECONDS_FOR_ALL} seconds", interrupted)
    print(f"{checks.passed} passed, {checks.failed} failed", flush=True)
    return 0 if checks.failed == 0 and checks.passed > 0 else 1


if __name__ == "__main__":
    raise SystemExit(main())
