"""Prints the CPU time of an event in nanoseconds: one invocation of the function, after one that warms up.

    measure.py PAYLOAD USERS [--schema SCHEMA] [--write OUT]

Table and bucket are in memory, so that only the function's own work counts: boto3 would make, sign and send two requests
for each record. With `--write` nothing is measured: the objects are written to OUT, one a line.
"""

import argparse
import contextlib
import json
import os
import time
from pathlib import Path

import function


class Table:
    """A table in memory, called as boto3's is."""

    def __init__(self, items):
        self.items = items

    def get_item(self, Key):
        item = self.items.get(Key["user_id"])
        return {} if item is None else {"Item": item}


class Objects:
    """A bucket that keeps nothing but, where `kept` is a list, the bodies."""

    def __init__(self, kept=None):
        self.kept = kept
        self.bytes = 0

    def put_object(self, Bucket, Key, Body, ContentType):
        self.bytes += len(Body)
        if self.kept is not None:
            self.kept.append(Body)
        return {}


def validator(schema):
    """Whether an event fits, formats too."""
    import fastjsonschema

    validate = fastjsonschema.compile(schema, use_formats=True)

    def is_valid(event):
        try:
            validate(event)
        except fastjsonschema.JsonSchemaValueException:
            return False
        return True

    return is_valid


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("payload", type=Path)
    parser.add_argument("users", type=Path)
    parser.add_argument("--schema", type=Path)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()

    payload = arguments.payload.read_bytes()
    table = Table(json.loads(arguments.users.read_bytes()))
    is_valid = validator(json.loads(arguments.schema.read_bytes())) if arguments.schema else None

    # The function's log goes nowhere, but is written.
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        if arguments.write:
            bodies = []
            function.handle(json.loads(payload), table, Objects(bodies), is_valid)
            arguments.write.write_text("".join(body + "\n" for body in bodies))
            return
        function.handle(json.loads(payload), table, Objects(), is_valid)
        objects = Objects()
        begin = time.process_time()
        events = function.handle(json.loads(payload), table, objects, is_valid)
        took = time.process_time() - begin
    assert objects.bytes > events * 100, f"{objects.bytes} bytes came out"
    print(took * 1e9 / events)


if __name__ == "__main__":
    main()
