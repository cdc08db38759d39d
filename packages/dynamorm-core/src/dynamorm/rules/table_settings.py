"""Time to live and tags: settings of a table that don't concern how its items are stored.

The rules are those of "UpdateTimeToLive" in the API reference, and of "Tagging restrictions in DynamoDB". Expired items
are not deleted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from dynamorm.data import (
    DescribeTimeToLive,
    ListTags,
    TableSettings,
    TagPage,
    TagTable,
    TimeToLive,
    UntagTable,
    UpdateTimeToLive,
    limits,
)
from dynamorm.exceptions import RequestRejected
from dynamorm.rules.stores import Store

_TAG: Final = re.compile(limits.TAG_PATTERN)


def describe_time_to_live(store: Store[Any, Any], operation: DescribeTimeToLive) -> TimeToLive:
    """Return the attribute by which items would expire."""
    attribute = store.settings(store.table(operation.table)).time_to_live
    return TimeToLive("DISABLED" if attribute is None else "ENABLED", attribute)


def update_time_to_live(store: Store[Any, Any], operation: UpdateTimeToLive) -> None:
    """Set the attribute by which items would expire, or switch the time to live off."""
    table = store.table(operation.table)
    settings = store.settings(table)
    attribute = time_to_live_after(settings.time_to_live, operation)
    store.save_settings(table, replace(settings, time_to_live=attribute))


def list_tags(store: Store[Any, Any], operation: ListTags) -> TagPage:
    """Return all tags of a table."""
    return TagPage(store.settings(store.table(operation.table)).tags or {})


def tag_table(store: Store[Any, Any], operation: TagTable) -> None:
    """Add tags to a table."""
    table = store.table(operation.table)
    store.save_settings(table, settings_with_tags(operation.table, store.settings(table), operation.tags))


def untag_table(store: Store[Any, Any], operation: UntagTable) -> None:
    """Remove tags from a table."""
    table = store.table(operation.table)
    settings = store.settings(table)
    tags = {key: value for key, value in (settings.tags or {}).items() if key not in operation.keys}
    store.save_settings(table, replace(settings, tags=tags))


def time_to_live_after(present: str | None, operation: UpdateTimeToLive) -> str | None:
    """Return the attribute by which items expire after an *operation*, where it is *present* now, ``None`` for none.

    Raise :class:`~dynamorm.exceptions.RequestRejected` if the operation would change nothing, or another attribute is
    in use.
    """
    if present not in (None, operation.attribute):
        raise RequestRejected(
            f"The time to live of '{operation.table}' is on for the attribute '{present}'. Switch it off first."
        )
    if operation.on == (present is not None):
        state = "on" if operation.on else "off"
        raise RequestRejected(f"The time to live of '{operation.table}' is {state} already. Leave it as it is.")
    return operation.attribute if operation.on else None


def settings_with_tags(table: str, settings: TableSettings | None, tags: Mapping[str, str]) -> TableSettings:
    """Return the *settings* of a table, ``None`` for a new one, with more *tags*.

    Raise :class:`~dynamorm.exceptions.RequestRejected` for tags that DynamoDB refuses. *table* is the name of the
    table, for messages.
    """
    settings = settings or TableSettings()
    merged = {**(settings.tags or {}), **tags}
    _check_tags(table, tags, len(merged))
    return replace(settings, tags=merged)


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
