"""A Lambda function as it is usually written: record by record, one read and one write each."""

import base64
import json
from datetime import datetime, timezone

ADDED = ("name", "email", "segment", "location")


def handle(invocation, table, objects, is_valid):
    """Enriches the records of one invocation. `is_valid` is None where nothing is checked."""
    for record in invocation["Records"]:
        arrived = record["kinesis"]
        event = json.loads(base64.b64decode(arrived["data"]))
        if is_valid is not None and not is_valid(event):
            continue

        user = {}
        if user_id := event.get("user_id"):
            user = table.get_item(Key={"user_id": user_id}).get("Item", {})
        for name in ADDED:
            event["user_" + name] = user.get(name, "Unknown")
        event["enriched"] = True
        now = datetime.now(timezone.utc)
        event["processing_timestamp"] = now.isoformat()

        number = arrived["sequenceNumber"]
        objects.put_object(
            Bucket="out",
            Key=f"enriched/{now:%Y/%m/%d/%H}/{number}.json",
            Body=json.dumps(event),
            ContentType="application/json",
        )
        print("done:", number)
    return len(invocation["Records"])
