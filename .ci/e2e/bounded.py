"""Retries that end: what a mapping gives up is kept with its records, and replayed from there."""

import base64
import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from checks import Checks, wait_until
from emulator import REGION, ROOT, Emulator, Function, allow, stop
from mapping import accepted, invocations

HERE = Path(__file__).resolve().parent
RULES = HERE / "rules-bounded"
BATCH_SIZE, RETRIES = 4, 2
SECONDS_TO_ARRIVE = 40
SHARDS = {"0": "shardId-000000000000", str(2**127): "shardId-000000000001"}
# Nobody keeps rejects here, so that a record which can't be enriched fails, however often it comes.
POISON = b"poison"


def bounded(checks: Checks, emulator: Emulator, package: Path, check: Path, poller_python: Path) -> None:
    function = Function(emulator, "bounded", "bounded-clicks", "")
    function.create_bucket()
    function.create_bare_role()
    function.put_policy("write", allow("s3:PutObject", f"arn:aws:s3:::{function.bucket}/enriched/*"))
    function.create_function(package, "rules", {"REJECTS": None})
    function.create_stream()
    log = emulator.scratch / "poller.log"
    with mapping(function, poller_python, log):
        poison(checks, function, log, check)
        whole(checks, function, log, check)


@contextmanager
def mapping(function: Function, python: Path, log_path: Path) -> Iterator[None]:
    """The stream's mapping: so many records a batch, so many retries, and a bucket for what is given up."""
    emulator = function.emulator
    with log_path.open("wb") as log:
        poller = subprocess.Popen(
            [python, "-B", HERE / "poller.py", emulator.url, REGION, function.stream_arn, function.arn,
             str(BATCH_SIZE), emulator.url, str(RETRIES), f"arn:aws:s3:::{function.bucket}"],
            cwd=emulator.scratch, stdin=subprocess.DEVNULL, stdout=log, stderr=emulator.log, start_new_session=True,
            env=ROOT | {"PATH": "", "HOME": str(emulator.scratch), "TMPDIR": str(emulator.scratch)},
        )
        try:
            yield
        finally:
            stop(poller)


def put(function: Function, kind: str, bodies: list[bytes | None]) -> dict[str, bytes]:
    """Puts records to each shard, with an event where no bytes are given; gives them by `shard:sequence number`."""
    records, texts = [], []
    for hash_key in SHARDS:
        for body in bodies if hash_key == "0" else [None] * len(bodies):
            text = body or f'{{"event_id":"{kind}-{len(texts):02}"}}'.encode()
            texts.append(text)
            records.append({"PartitionKey": "any", "ExplicitHashKey": hash_key, "Data": text.decode()})
    answer = function.put_records(records)
    return {f"{where['ShardId']}:{where['SequenceNumber']}": text for where, text in zip(answer, texts, strict=True)}


def calls(log: Path, positions: set[str]) -> list[dict[str, Any]]:
    """The invocations with any of these records, in their order."""
    return [call for call in invocations(log) if positions & set(call["asked"])]


def enriched(function: Function, texts: list[bytes]) -> list[bytes]:
    """Which of the events are in objects, as they came, each as often as it is there."""
    wanted = {text.removesuffix(b"}"): text for text in texts}
    return sorted(wanted[head] for body in function.objects("enriched/").values()
                  if (head := body.split(b",")[0]) in wanted)


def given_up(function: Function) -> list[dict[str, Any]]:
    return [json.loads(body) for body in function.objects("aws/lambda/").values()]


def poison(checks: Checks, function: Function, log: Path, check: Path) -> None:
    """One record of one shard fails whenever it comes. A batch and a half lie behind it."""
    put_there = put(function, "poison", [None, POISON, *[None] * 4])
    at = next(position for position, text in put_there.items() if text == POISON)
    first = [position for position in put_there if position.startswith(SHARDS["0"])]
    behind = first[2:BATCH_SIZE]
    goes_on = [text for position, text in put_there.items() if position != at and position not in behind]

    def acknowledged() -> list[str]:
        return sorted(position for call in calls(log, set(put_there)) for position in accepted(call))

    wait_until(lambda: given_up(function) != [] and len(acknowledged()) >= len(goes_on), SECONDS_TO_ARRIVE)
    tries = calls(log, {at})
    checks.equal([call["asked"] for call in tries], [first[:BATCH_SIZE], *[first[1:BATCH_SIZE]] * RETRIES],
                 "from the poison record on a batch comes again, as often as retries are allowed, and no more")
    checks.equal(acknowledged(), sorted(set(put_there) - {at} - set(behind)),
                 "what lies ahead of it, the batches behind and the other shard are acknowledged, each record once")
    checks.equal(enriched(function, list(put_there.values())), sorted(goes_on), "and enriched, each once")

    kept = given_up(function)
    checks.equal([(one["requestContext"]["condition"], one["requestContext"]["approximateInvokeCount"],
                   one["KinesisBatchInfo"]["batchSize"]) for one in kept],
                 [("RetryAttemptsExhausted", RETRIES + 1, len(behind) + 1)], "one batch is given up, and kept")
    replayed, rejects = replay(check, kept)
    checks.equal(replayed, sorted(put_there[position] for position in behind), "replayed, its events are enriched")
    checks.equal(rejects, [POISON], "and the poison record is a reject with its bytes")


def whole(checks: Checks, function: Function, log: Path, check: Path) -> None:
    """The function itself fails: it is told to take its rules from where there are none."""
    already = len(given_up(function))
    variables = function.emulator.client("lambda").get_function_configuration(FunctionName=function.name)["Environment"]
    configure(function, variables["Variables"] | {"RULES": "nowhere"})
    put_there = put(function, "whole", [None, None])
    wait_until(lambda: len(given_up(function)) >= already + len(SHARDS), SECONDS_TO_ARRIVE)
    failed = calls(log, set(put_there))
    checks.check(all(call["error"] for call in failed), "a function that can't start fails each invocation", failed)
    count = [sum(position in call["asked"] for call in failed) for position in put_there]
    checks.equal(count, [RETRIES + 1] * len(put_there), "each batch comes as often as retries are allowed, and no more")
    kept = given_up(function)
    newer = [one for one in kept if is_of(one, put_there)]
    checks.equal(sorted(one["KinesisBatchInfo"]["shardId"] for one in newer), sorted(SHARDS.values()),
                 "the batch of each shard is given up, and kept")
    # AWS's documents have the batch as a text, the poller has it as it is.
    replayed, rejects = replay(check, [documented(one) for one in newer])
    checks.equal((replayed, rejects), (sorted(put_there.values()), []), "replayed as AWS writes them, all events are enriched")
    configure(function, variables["Variables"])
    back = put(function, "back", [None])
    wait_until(lambda: len(enriched(function, list(back.values()))) == len(back), SECONDS_TO_ARRIVE)
    checks.equal(enriched(function, list(back.values())), sorted(back.values()), "once it is mended the stream goes on")


def is_of(kept: dict[str, Any], positions: dict[str, bytes]) -> bool:
    batch = kept["KinesisBatchInfo"]
    return f"{batch['shardId']}:{batch['startSequenceNumber']}" in positions


def documented(kept: dict[str, Any]) -> dict[str, Any]:
    return kept | {"payload": json.dumps(kept["payload"])}


def configure(function: Function, variables: dict[str, str]) -> None:
    client = function.emulator.client("lambda")
    client.update_function_configuration(FunctionName=function.name, Environment={"Variables": variables})
    client.get_waiter("function_updated_v2").wait(FunctionName=function.name)


def replay(check: Path, kept: list[dict[str, Any]]) -> tuple[list[bytes], list[bytes]]:
    """What `enrich replay` makes of documents: the events as they came, and the bytes of what it rejects."""
    with tempfile.TemporaryDirectory() as scratch:
        rejects = Path(scratch) / "rejects"
        command = [check.with_name("enrich"), "replay", "--rules", RULES, "-D", "BUCKET=any", "--rejects", rejects]
        done = subprocess.run(command, input="".join(json.dumps(one) + "\n" for one in kept).encode(),
                              capture_output=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"enrich replay: {done.stderr.decode()}")
        lines = rejects.read_text().splitlines() if rejects.exists() else []
        events = [line.split(b",")[0] + b"}" for line in done.stdout.splitlines()]
        return sorted(events), [base64.b64decode(json.loads(line)["data"]) for line in lines]
