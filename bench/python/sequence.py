"""Prints the seconds that the function takes for one invocation, and those of its CPU, by the clients that Lambda functions use.

    sequence.py PAYLOAD ENDPOINT ROUNDS

One process, which has warmed up: medians.
"""

import contextlib
import json
import os
import statistics
import sys
import time
from pathlib import Path

import boto3

import function


def main():
    payload, endpoint, rounds = Path(sys.argv[1]).read_bytes(), sys.argv[2], int(sys.argv[3])
    account = {"region_name": "eu-west-1", "aws_access_key_id": "test", "aws_secret_access_key": "secret"}
    table = boto3.resource("dynamodb", endpoint_url=endpoint, **account).Table("profiles")
    objects = boto3.client("s3", endpoint_url=endpoint, **account)
    walls, cpus = [], []
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        for _ in range(rounds + 1):
            wall, cpu = time.perf_counter(), time.process_time()
            function.handle(json.loads(payload), table, objects, None)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    print(statistics.median(walls[1:]), statistics.median(cpus[1:]))


if __name__ == "__main__":
    main()
