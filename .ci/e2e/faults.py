"""A proxy before DynamoDB and S3 that fails as they do: refuses, breaks off, answers half, late or not at all."""

import http.client
import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from typing import Any

from processes import Handler, Server

# How the services write their errors.
DYNAMODB = "com.amazonaws.dynamodb.v20120810#"
# How likely a fault is, in percent. There are more writes than lookups.
LOOKUP_PERCENT, WRITE_PERCENT = 30, 8
# For some seconds of each so many it is a storm, longer than the function tries again.
STORM_PERCENT, STORM_SECONDS, STORM_EVERY = 90, 4, 15
LOOKUP_FAULTS = ["throttled", "unavailable", "reset", "half", "cut off", "late"]
WRITE_FAULTS = ["slow down", "unavailable", "reset", "answer lost", "late"]


class Faults:
    """The proxy; `with Faults(...)` starts it and stops it. Faults are drawn from a seed."""

    def __init__(self, upstream: str, seed: int) -> None:
        self.upstream = upstream.removeprefix("http://")
        self.dice = random.Random(seed)
        self.struck: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.started = time.monotonic()

    def __enter__(self) -> "Faults":
        self.server = Server(Proxy, self)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()

    @property
    def url(self) -> str:
        return f"http://{self.server.address}"

    def next(self, faults: list[str]) -> str | None:
        with self.lock:
            table = faults is LOOKUP_FAULTS
            percent = LOOKUP_PERCENT if table else WRITE_PERCENT
            if (time.monotonic() - self.started) % STORM_EVERY > STORM_EVERY - STORM_SECONDS:
                percent = STORM_PERCENT
            if self.dice.random() * 100 >= percent:
                return None
            fault = self.dice.choice(faults)
            self.struck[("table " if table else "bucket ") + fault] += 1
            return fault


class Proxy(Handler):
    upstream: http.client.HTTPConnection | None = None

    def do_POST(self) -> None:
        """DynamoDB."""
        body = self.body()
        fault = self.server.owner.next(LOOKUP_FAULTS)
        if fault == "throttled":
            return self.refuse(400, "ProvisionedThroughputExceededException")
        if fault == "unavailable":
            return self.refuse(500, "InternalServerError")
        if fault == "half":
            return self.half(body)
        self.forward(body, fault)

    def do_PUT(self) -> None:
        """S3."""
        body = self.body()
        fault = self.server.owner.next(WRITE_FAULTS)
        if fault == "slow down":
            return self.reply(503, b"<Error><Code>SlowDown</Code></Error>", Content_Type="application/xml")
        if fault == "unavailable":
            return self.reply(500, b"<Error><Code>InternalError</Code></Error>", Content_Type="application/xml")
        self.forward(body, fault)

    def refuse(self, status: int, error: str) -> None:
        self.reply(status, json.dumps({"__type": DYNAMODB + error, "message": "as the test says"}).encode(),
                   Content_Type="application/x-amz-json-1.0")

    def half(self, body: bytes) -> None:
        """Asks for every second key, and leaves the others open."""
        request = json.loads(body)
        left: dict[str, Any] = {}
        for table, asked in request["RequestItems"].items():
            asked["Keys"], others = asked["Keys"][::2], asked["Keys"][1::2]
            if others:
                left[table] = asked | {"Keys": others}
        status, _, answer = self.ask(json.dumps(request).encode())
        content = json.loads(answer)
        if status == 200:
            content["UnprocessedKeys"] = content.get("UnprocessedKeys", {}) | left
        self.reply(status, json.dumps(content).encode(), Content_Type="application/x-amz-json-1.0")

    def forward(self, body: bytes, fault: str | None) -> None:
        if fault == "reset":
            return self.reset()
        if fault == "late":
            time.sleep(self.server.owner.dice.uniform(0.2, 2))
        status, headers, answer = self.ask(body)
        if fault == "answer lost":
            return self.reset()
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if fault == "cut off":
            self.wfile.write(answer[:len(answer) // 2])
            return self.reset()
        self.wfile.write(answer)

    def ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        if self.upstream is None:
            self.upstream = http.client.HTTPConnection(self.server.owner.upstream, timeout=30)
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ("connection", "content-length")}
        try:
            self.upstream.request(self.command, self.path, body, headers)
            answer = self.upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (OSError, http.client.HTTPException):
            # The emulator has closed a connection that nobody used: asked once more, on another one.
            self.upstream.close()
            self.upstream.request(self.command, self.path, body, headers)
            answer = self.upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def reset(self) -> None:
        """Breaks the connection off, so that the other side sees a reset."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
