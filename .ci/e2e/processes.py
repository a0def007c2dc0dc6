"""One function's processes, between the API that invokes them and the Runtime API that they ask.

Lambda's own rules: a process has one invocation at a time; one that ends in the middle of it, or takes longer
than the function may, fails that invocation and is started again.
"""

import contextlib
import queue
import random
import signal
import subprocess
import threading
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from emulator import stop

ERROR = b'{"errorType":"Sandbox.Ended","errorMessage":"the process has ended"}'


@dataclass
class Invocation:
    payload: bytes
    # Whether the function failed, and what it said.
    answer: "Future[tuple[bool, bytes]]" = field(default_factory=Future)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def settle(self, failed: bool, body: bytes) -> None:
        # The first to say something is heard.
        with contextlib.suppress(Exception):
            self.answer.set_result((failed, body))


class Server(ThreadingHTTPServer):
    """An HTTP server on a free port of loopback, in threads of its own."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler: type[BaseHTTPRequestHandler], owner: Any) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.owner = owner
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: Any) -> None:
        """A connection that is cut is what is looked for here, and no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def reply(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """The checks tell what happens."""


class InvokeApi(Handler):
    def do_POST(self) -> None:
        invocation = Invocation(self.body())
        self.server.owner.waiting.put(invocation)
        failed, body = invocation.answer.result()
        headers = {"X_Amz_Function_Error": "Unhandled"} if failed else {}
        self.reply(200, body, X_Amzn_RequestId=invocation.id, **headers)


class RuntimeApi(Handler):
    server: Server

    def do_GET(self) -> None:
        process: Process = self.server.owner
        invocation = process.next(self.server)
        if invocation is None:
            self.close_connection = True
            return
        deadline = int((time.time() + process.function.seconds) * 1000)
        self.reply(200, invocation.payload,
                   Lambda_Runtime_Aws_Request_Id=invocation.id,
                   Lambda_Runtime_Deadline_Ms=str(deadline),
                   Lambda_Runtime_Invoked_Function_Arn=process.function.arn)

    def do_POST(self) -> None:
        process: Process = self.server.owner
        *_, invocation_id, what = self.path.split("/")
        body = self.body()
        if invocation_id == "init":
            process.function.refusals.append(body.decode(errors="replace"))
        process.end(invocation_id, what == "error", body)
        self.reply(202)


class Process:
    """A place for one process at a time, started again whenever it ends."""

    def __init__(self, function: "Processes") -> None:
        self.function = function
        self.current: Invocation | None = None
        self.running: subprocess.Popen[bytes] | None = None
        self.api: Server | None = None
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.keep_running, daemon=True)
        self.thread.start()

    def next(self, api: Server) -> Invocation | None:
        """The next invocation; none, if the process that asks has ended meanwhile."""
        while True:
            with contextlib.suppress(queue.Empty):
                invocation = self.function.waiting.get(timeout=0.1)
                break
            if self.api is not api:
                return None
        with self.lock:
            if self.api is not api:
                self.function.waiting.put(invocation)
                return None
            self.current = invocation
        timer = threading.Timer(self.function.seconds, self.end_late, [invocation])
        timer.daemon = True
        timer.start()
        return invocation

    def end(self, invocation_id: str, failed: bool, body: bytes) -> None:
        with self.lock:
            if self.current and self.current.id == invocation_id:
                self.current.settle(failed, body)
                self.current = None

    def end_late(self, invocation: Invocation) -> None:
        if self.current is invocation:
            self.function.timeouts += 1
            self.send(signal.SIGKILL)

    def send(self, number: int) -> bool:
        """Whether a process was there to get the signal in the middle of an invocation."""
        busy, running = self.current is not None, self.running
        if running is not None and running.poll() is None:
            running.send_signal(number)
            return busy
        return False

    def keep_running(self) -> None:
        while not self.function.over:
            # A server of its own: what the process before asked for is nothing to this one.
            self.api = api = Server(RuntimeApi, self)
            self.running = self.function.start(api.address)
            self.running.wait()
            api.shutdown()
            api.server_close()
            with self.lock:
                self.api = None
                if self.current:
                    self.current.settle(True, ERROR)
                    self.current = None


class Processes:
    """The function; `with Processes(...)` starts it and stops it."""

    def __init__(self, bootstrap: Path, environment: dict[str, str], arn: str, log: Path,
                 count: int, seconds: float) -> None:
        self.bootstrap, self.environment, self.arn, self.seconds = bootstrap, environment, arn, seconds
        self.log = log.open("wb")
        self.waiting: "queue.Queue[Invocation]" = queue.Queue()
        self.refusals: list[str] = []
        self.timeouts = 0
        self.over = False
        self.count = count

    def __enter__(self) -> "Processes":
        self.server = Server(InvokeApi, self)
        self.places = [Process(self) for _ in range(self.count)]
        return self

    def __exit__(self, *_: object) -> None:
        self.over = True
        for place in self.places:
            if place.running is not None:
                stop(place.running)
        self.server.shutdown()
        self.log.close()

    @property
    def url(self) -> str:
        return f"http://{self.server.address}"

    def start(self, runtime_api: str) -> "subprocess.Popen[bytes]":
        environment = self.environment | {
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "AWS_LAMBDA_FUNCTION_NAME": self.arn.rpartition(":")[2],
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        }
        return subprocess.Popen([self.bootstrap], env=environment, stdin=subprocess.DEVNULL,
                                stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)

    def signal_one(self, dice: random.Random, number: int) -> bool:
        """Sends a signal to one of the processes; tells whether it was in the middle of an invocation."""
        return dice.choice(self.places).send(number)

    def log_text(self) -> str:
        self.log.flush()
        return Path(self.log.name).read_text(errors="replace")
