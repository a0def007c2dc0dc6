"""What an answer says to an event source mapping of a stream, by AWS's published rules."""

import json
from pathlib import Path
from typing import Any


def invocations(log_path: Path) -> list[dict[str, Any]]:
    """The poller's log; its last line may still be incomplete."""
    return [json.loads(line) for line in log_path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def accepted(call: dict[str, Any]) -> list[str]:
    """What an answer acknowledges by the rules of AWS, read without the poller's help."""
    if call["error"]:
        return []
    failures = (json.loads(call["answer"] or "null") or {}).get("batchItemFailures") or []
    numbers = [failure.get("itemIdentifier") for failure in failures]
    asked: dict[str, str] = {position.rpartition(":")[2]: position for position in call["asked"]}
    if any(number not in asked for number in numbers):
        return []
    checkpoint = min(map(int, numbers), default=None)
    return [position for number, position in asked.items() if checkpoint is None or int(number) < checkpoint]
