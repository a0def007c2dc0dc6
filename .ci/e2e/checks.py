"""Counts the checks, a line for each, and waits for things that take a moment."""

import time
from collections.abc import Callable
from typing import Any


class Checks:
    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def check(self, holds: bool, claim: str, otherwise: Any = "") -> None:
        """Records that `claim` holds, or that it does not and what was seen instead."""
        if holds:
            self.passed += 1
            print(f"ok {claim}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED {claim}" + (f": {otherwise}" if otherwise else ""), flush=True)

    def equal(self, seen: Any, expected: Any, claim: str) -> None:
        self.check(seen == expected, claim, f"expected {expected!r}, saw {seen!r}")


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether it came to hold in time. The caller's checks say what is missing if it did not."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
