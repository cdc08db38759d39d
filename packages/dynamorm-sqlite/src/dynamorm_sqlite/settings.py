"""Time to live and tags: settings of a table that don't concern how its items are stored.

The rules are those of "UpdateTimeToLive" in the API reference, and of "Tagging restrictions in DynamoDB". Expired items
are not deleted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final, TypedDict

from dynamorm.data import (
    DescribeTimeToLive,
    ListTags,
    TagPage,
    TagTable,
    TimeToLive,
    UntagTable,
    UpdateTimeToLive,
    limits,
)
from dynamorm.exceptions import RequestRejected
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.encoding import UNREADABLE, damaged

_TAG: Final = re.compile(limits.TAG_PATTERN)


class _Settings(TypedDict, total=False):
    time_to_live: str
    tags: dict[str, str]


def describe_time_to_live(
    connection: DatabaseConnection, catalog: Catalog, operation: DescribeTimeToLive
) -> TimeToLive:
    """Return the attribute by which items would expire."""
    attribute = _read(connection, catalog, operation.table).get("time_to_live")
    return TimeToLive("DISABLED" if attribute is None else "ENABLED", attribute)


def update_time_to_live(connection: DatabaseConnection, catalog: Catalog, operation: UpdateTimeToLive) -> None:
    """Set the attribute by which items would expire, or switch the time to live off."""
    settings = _read(connection, catalog, operation.table)
    present = settings.pop("time_to_live", None)
    if present not in (None, operation.attribute):
        raise RequestRejected(
            f"The time to live of '{operation.table}' is on for the attribute '{present}'. Switch it off first."
        )
    if operation.on == (present is not None):
        state = "on" if operation.on else "off"
        raise RequestRejected(f"The time to live of '{operation.table}' is {state} already. Leave it as it is.")
    if operation.on:
        settings["time_to_live"] = operation.attribute
    _write(connection, operation.table, settings)


def list_tags(connection: DatabaseConnection, catalog: Catalog, operation: ListTags) -> TagPage:
    """Return all tags of a table."""
    return TagPage(_read(connection, catalog, operation.table).get("tags", {}))


def tag_table(connection: DatabaseConnection, catalog: Catalog, operation: TagTable) -> None:
    """Add tags to a table."""
    settings = _read(connection, catalog, operation.table)
    settings["tags"] = settings.get("tags", {}) | dict(operation.tags)
    _check_tags(operation.table, operation.tags, len(settings["tags"]))
    _write(connection, operation.table, settings)


def untag_table(connection: DatabaseConnection, catalog: Catalog, operation: UntagTable) -> None:
    """Remove tags from a table."""
    settings = _read(connection, catalog, operation.table)
    tags = settings.get("tags", {})
    settings["tags"] = {key: value for key, value in tags.items() if key not in operation.keys}
    _write(connection, operation.table, settings)


def _check_tags(table: str, tags: Mapping[str, str], count: int) -> None:
    if not tags:
        raise RequestRejected(f"There are no tags to add to '{table}'. Give at least one.")
    if count > limits.TAGS:
        raise RequestRejected(f"'{table}' would have {count} tags; DynamoDB allows {limits.TAGS}. Remove some first.")
    for key, value in tags.items():
        if (
            not 1 <= len(key) <= limits.TAG_KEY_CHARACTERS
            or len(value) > limits.TAG_VALUE_CHARACTERS
            or key.lower().startswith(limits.TAG_RESERVED_PREFIX)
            or not _TAG.fullmatch(key + value)
        ):
            raise RequestRejected(
                f"'{table}' can't have the tag '{key}'. A key has 1 to {limits.TAG_KEY_CHARACTERS} characters and does "
                f"not begin with '{limits.TAG_RESERVED_PREFIX}', a value has at most {limits.TAG_VALUE_CHARACTERS}; "
                "both consist of letters, digits, spaces and + - = . _ : / @."
            )


def _read(connection: DatabaseConnection, catalog: Catalog, table: str) -> _Settings:
    found = connection.execute("SELECT settings FROM dynamorm_tables WHERE name = ?", (table,)).fetchone()
    if found is None:
        catalog.read(connection, table)
    try:
        settings: _Settings = json.loads(found[0])
    except UNREADABLE:
        raise damaged(f"settings of the table '{table}'") from None
    return settings


def _write(connection: DatabaseConnection, table: str, settings: _Settings) -> None:
    values = (json.dumps(settings, ensure_ascii=False), table)
    connection.execute("UPDATE dynamorm_tables SET settings = ? WHERE name = ?", values)
