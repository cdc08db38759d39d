"""Write the tables and items of a program with DynamORM 0.11, and keep them as JSON.

In an environment with dynamorm 0.11.0, its schema library, boto3 and setuptools below 81, and with DynamoDB Local::

    python write.py marshmallow_program http://localhost:8000 > marshmallow.json
"""

import base64
import importlib
import json
import sys
from typing import Any

import boto3

from dynamorm.table import DynamoTable3  # type: ignore[attr-defined] # 0.11 has it


def main(program: str, url: str) -> None:
    """Write the items of a *program* to the server at *url*, and print what is stored."""
    models = importlib.import_module(program)
    options: Any = {
        "region_name": "us-east-1",
        "endpoint_url": url,
        "aws_access_key_id": f"{program.partition('_')[0]}011",
        "aws_secret_access_key": "none",
    }
    DynamoTable3.get_resource(**options)
    for model, rows in ((models.Thing, models.THINGS), (models.Event, models.EVENTS)):
        model.Table.create()
        first, *others = rows
        if program == "marshmallow_program":
            # The constructor of 0.11 took what is stored, such as text for dates; its put took dates.
            first = model.Schema().dump(first)
        model(**first).save()
        model.put_batch(*others[:1])
        for row in others[1:]:
            model.put(row)
    # An attribute that an update has written, and one that it has taken away again.
    thing = models.Thing.get(owner="Bo", number=-1)
    thing.update(text="updated", flag=True)
    client = boto3.client("dynamodb", **options)
    stored = []
    for model in (models.Thing, models.Event):
        table = client.describe_table(TableName=model.Table.name)["Table"]
        items = client.scan(TableName=model.Table.name)["Items"]
        stored.append({"Table": table, "Items": items})
    json.dump(stored, sys.stdout, indent=1, sort_keys=True, default=_plain)
    sys.stdout.write("\n")


def _plain(value: Any) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.timestamp()


if __name__ == "__main__":
    main(*sys.argv[1:])
