"""One emulated AWS account on loopback, and the function deployed to it with the real AWS command line."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from checks import wait_until

REGION = "us-east-1"
ACCOUNT = "000000000000"
# The key that the emulator takes for the account's root user. What it checks is the function's role.
ROOT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that was started as the leader of its own group, and all that it started."""
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Emulator:
    """A ministack process; `with Emulator(...)` starts it and stops it."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        # By address, not by name: clients then put a bucket into the path, not into the host's name.
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Emulator":
        scratch = self.scratch
        scratch.mkdir(parents=True)
        # The function's process inherits this environment, so it holds nothing of the caller's.
        self.environment = {"PATH": os.defpath, "HOME": str(scratch), "TMPDIR": str(scratch)}
        self.log = (scratch / "emulator.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "ministack"],
            cwd=scratch, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            start_new_session=True,
            env=self.environment | {
                "BIND_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(self.port),
                "IOT_MTLS_ENABLED": "0",  # else it listens on every address for MQTT
                "STATE_DIR": str(scratch / "state"),
                "S3_DATA_DIR": str(scratch / "s3"),
                "MINISTACK_REGION": REGION,
                "AUTH": "true",  # the function may do what its role allows, and nothing else
            },
        )
        try:
            if not wait_until(self._answers, 30):
                raise RuntimeError(f"the emulator did not start:\n{self.log_tail()}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._process)
        self.log.close()

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"the emulator ended at once:\n{self.log_tail()}")
        try:
            urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=1).close()
        except OSError:
            return False
        return True

    def log_tail(self, lines: int = 40) -> str:
        text = (self.scratch / "emulator.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def aws(self, *arguments: str) -> Any:
        """Runs the AWS command line, as a person would, and gives its JSON output."""
        program = str(Path(sys.executable).parent / "aws")
        command = [program, "--endpoint-url", self.url, "--output", "json", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                              cwd=self.scratch, env=self.environment | ROOT)
        if done.returncode != 0:
            raise RuntimeError(f"aws {' '.join(arguments[:2])}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.lstrip().startswith(("{", "[")) else done.stdout

    def client(self, service: str) -> Any:
        """A client of the library, for looking: quicker than a process for each look."""
        return boto3.client(service, endpoint_url=self.url, region_name=REGION,
                            aws_access_key_id="test", aws_secret_access_key="test")

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """All objects of a bucket by key."""
        s3 = self.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def log_lines(self, function: str) -> list[str]:
        """What a function has written to its log group."""
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
        return [line for page in pages for event in page["events"] for line in event["message"].splitlines()]

    def made_by(self, bucket: str, key: str) -> str:
        """The hash of the rule set that an object says it was made by."""
        return self.client("s3").head_object(Bucket=bucket, Key=key)["Metadata"]["rules"]

    def file(self, name: str, content: Any) -> str:
        """Writes a document for the command line to read, and gives its `file://` address."""
        path = self.scratch / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return f"file://{path}"


@dataclass
class Function:
    """What is deployed for one scenario; the names are derived from the scenario's own."""

    emulator: Emulator
    name: str
    stream: str
    table: str

    @property
    def bucket(self) -> str:
        return f"{self.name}-bucket"

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"

    @property
    def stream_arn(self) -> str:
        return f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{self.stream}"

    def create_table(self) -> None:
        aws = self.emulator.aws
        aws("dynamodb", "create-table", "--table-name", self.table,
            "--attribute-definitions", "AttributeName=user_id,AttributeType=S",
            "--key-schema", "AttributeName=user_id,KeyType=HASH", "--billing-mode", "PAY_PER_REQUEST")
        aws("dynamodb", "wait", "table-exists", "--table-name", self.table)
        for profile in PROFILES.values():
            item = {attribute: {"S": text} for attribute, text in profile.items()}
            aws("dynamodb", "put-item", "--table-name", self.table, "--item", json.dumps(item))

    def create_table_behind_a_door(self) -> None:
        """Makes the table visible to the function only once it is filled.

        Else the function would rightly take a profile that is not there yet for a missing one.
        """
        self.forbid_lookups()
        self.create_table()
        self.allow_lookups()

    def create_bucket(self) -> None:
        self.emulator.aws("s3", "mb", f"s3://{self.bucket}")
        # Versions show what was written more than once, even under the same key.
        self.emulator.aws("s3api", "put-bucket-versioning", "--bucket", self.bucket,
                          "--versioning-configuration", "Status=Enabled")

    def create_stream(self) -> None:
        self.emulator.aws("kinesis", "create-stream", "--stream-name", self.stream, "--shard-count", "2")
        self.emulator.aws("kinesis", "wait", "stream-exists", "--stream-name", self.stream)

    def create_bare_role(self) -> None:
        """The function may write its log, and nothing else."""
        aws, file = self.emulator.aws, self.emulator.file
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        aws("iam", "create-role", "--role-name", self.name,
            "--assume-role-policy-document", file("trust.json", policy(trust)))
        aws("iam", "attach-role-policy", "--role-name", self.name,
            "--policy-arn", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")

    def create_role(self, *more: dict[str, Any]) -> None:
        self.create_bare_role()
        stream = ["kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords", "kinesis:ListShards"]
        self.put_policy("write", allow(stream, self.stream_arn),
                        allow("s3:PutObject", f"arn:aws:s3:::{self.bucket}/*"), *more)
        self.allow_lookups()

    def put_policy(self, name: str, *statements: dict[str, Any]) -> None:
        self.emulator.aws("iam", "put-role-policy", "--role-name", self.name, "--policy-name", name,
                          "--policy-document", self.emulator.file(f"{name}.json", policy(*statements)))

    def allow_lookups(self) -> None:
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{self.table}"
        self.put_policy("lookup", allow("dynamodb:BatchGetItem", table))

    def forbid_lookups(self) -> None:
        self.emulator.aws("iam", "delete-role-policy", "--role-name", self.name, "--policy-name", "lookup")

    def create_function(self, package: Path, rules: str, variables: dict[str, str | None] | None = None) -> None:
        """The function with these variables besides the usual ones; `None` takes one away."""
        usual: dict[str, str | None] = {
            "RULES": rules,
            "PROFILES_TABLE": self.table,
            "PRODUCTS_TABLE": "reference-data",
            "BUCKET": self.bucket,
            "REJECTS": f"s3://{self.bucket}/errors/",
            "AWS_ENDPOINT_URL": self.emulator.url,
        }
        values = {name: text for name, text in (usual | (variables or {})).items() if text is not None}
        self.emulator.aws(
            "lambda", "create-function", "--function-name", self.name, "--runtime", "provided.al2023",
            "--role", f"arn:aws:iam::{ACCOUNT}:role/{self.name}", "--handler", "bootstrap",
            "--zip-file", f"fileb://{package}", "--timeout", "20", "--memory-size", "256",
            "--environment", self.emulator.file("environment.json", {"Variables": values}))
        self.emulator.aws("lambda", "wait", "function-active-v2", "--function-name", self.name)

    def start_anew(self) -> None:
        """The next invocation is a new process's: nothing of the one before is kept."""
        known = self.emulator.client("lambda").get_function_configuration(FunctionName=self.name)["Environment"]
        number = str(int(known["Variables"].get("STARTED", "0")) + 1)
        self.emulator.aws("lambda", "update-function-configuration", "--function-name", self.name, "--environment",
                          self.emulator.file("environment.json", {"Variables": known["Variables"] | {"STARTED": number}}))
        self.emulator.aws("lambda", "wait", "function-updated-v2", "--function-name", self.name)

    def create_mapping(self) -> str:
        """Connects the stream to the function, from the stream's beginning; gives the mapping's id."""
        mapping: dict[str, str] = self.emulator.aws(
            "lambda", "create-event-source-mapping", "--event-source-arn", self.stream_arn,
            "--function-name", self.name, "--starting-position", "TRIM_HORIZON", "--batch-size", "10",
            "--function-response-types", "ReportBatchItemFailures")
        return mapping["UUID"]

    def put_records(self, records: list[dict[str, str]]) -> Any:
        """Puts text records; gives the shard and the sequence number of each."""
        answer = self.emulator.aws("kinesis", "put-records", "--stream-name", self.stream,
                                   "--records", self.emulator.file("records.json", records))
        if answer["FailedRecordCount"]:
            raise RuntimeError(f"the stream refused records: {answer}")
        return answer["Records"]

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """All objects of the bucket by key."""
        return self.emulator.objects(self.bucket, prefix)

    def writes(self) -> int:
        """How often anything was written to the bucket: an overwritten object counts each time."""
        s3 = self.emulator.client("s3")
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        return sum(len(page.get("Versions", [])) for page in pages)


PROFILES = {
    "user123": {"user_id": "user123", "name": "John Doe", "email": "john@example.com",
                "segment": "premium", "location": "New York"},
    "user456": {"user_id": "user456", "name": "Jane Smith", "email": "jane@example.com",
                "segment": "standard", "location": "California"},
}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str | list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def stripped(bootstrap: Path, target: Path) -> Path:
    """The program without its debug information, which can take a package past the size that Lambda accepts."""
    shutil.copy2(bootstrap, target)
    if shutil.which("strip"):
        subprocess.run(["strip", "--strip-debug", target], stderr=subprocess.DEVNULL, check=False)
    return target


def package(bootstrap: Path, rules: Path | None, target: Path) -> Path:
    """The function's zip: the binary at its root, and the rules, if any, beside it as `rules/`."""
    binary = stripped(bootstrap, target.with_suffix(".bootstrap"))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(binary, "bootstrap")
        if rules is not None:
            for path in sorted(path for path in rules.rglob("*") if path.is_file()):
                archive.write(path, Path("rules") / path.relative_to(rules))
    return target
