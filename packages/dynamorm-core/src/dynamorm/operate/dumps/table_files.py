"""``table.json``: the table that a dump is of, as the parameters of the requests that would create it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dynamorm.data.operations import CreateTable
from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.exceptions import InvalidDump
from dynamorm.operate.dumps.files import replace_file
from dynamorm.operate.dumps.manifests import TABLE
from dynamorm.wire import encode
from dynamorm.wire.tables import decode_table

FORMAT = 1


@record
class DumpedTable:
    """The table that a dump is of.

    Attributes:
        spec: Its keys, indexes, capacity, stream, class and deletion protection.
        time_to_live: The attribute with the time at which items expire; ``None`` if items don't expire.
        tags: Its tags, by key.
    """

    spec: TableSpec
    time_to_live: str | None = None
    tags: dict[str, str] | None = None


def write_table(folder: Path, table: DumpedTable) -> None:
    """Write the file of a *table* into the *folder* of a dump."""
    parameters = encode(CreateTable(table.spec, table.tags or None)).parameters
    document: dict[str, Any] = {"format": FORMAT, "CreateTable": parameters}
    if table.time_to_live is not None:
        document["TimeToLiveSpecification"] = {"AttributeName": table.time_to_live, "Enabled": True}
    replace_file(folder / TABLE, f"{json.dumps(document, indent=2)}\n".encode())


def read_table(folder: Path) -> DumpedTable | None:
    """Return the table that the dump in a *folder* is of; ``None`` if there is no file of it, as in DynamoDB's exports.

    Raises:
        InvalidDump: The file can't be read, or has another format.
    """
    path = folder / TABLE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        document = None
    if not isinstance(document, dict) or "format" not in document:
        raise InvalidDump(f"'{path}' can't be read: it is not what a dump writes, or was changed.")
    if document["format"] != FORMAT:
        raise InvalidDump(f"'{path}' has the format {document['format']}, and this version reads {FORMAT}. Upgrade.")
    try:
        return _decode(document)
    except (KeyError, TypeError, AttributeError, ValueError, StopIteration):
        raise InvalidDump(f"'{path}' can't be read: it does not describe a table. It was changed.") from None


def _decode(document: dict[str, Any]) -> DumpedTable:
    parameters = document["CreateTable"]
    # The parameters of CreateTable are in the form of a live table's description, but for these.
    description = parameters | {
        "TableStatus": "ACTIVE",
        "BillingModeSummary": {"BillingMode": parameters.get("BillingMode", "PROVISIONED")},
    }
    if "TableClass" in parameters:
        description["TableClassSummary"] = {"TableClass": parameters["TableClass"]}
    spec = decode_table(description).spec
    if not spec.hash_key.name:
        raise ValueError("a table has a hash key")
    expiry = document.get("TimeToLiveSpecification")
    tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", ())}
    return DumpedTable(spec, expiry["AttributeName"] if expiry else None, tags or None)
