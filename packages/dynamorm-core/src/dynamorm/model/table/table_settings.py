"""The settings of an inner ``Table`` beside its keys and capacity, checked when a model is defined."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, get_args

from dynamorm.data import limits
from dynamorm.data.tables import TableClass, TableSettings
from dynamorm.engine.tables.allowed_removals import AllowedRemovals, Setting
from dynamorm.exceptions import DynaModelException
from dynamorm.model.table.keys import sentence


def refuse_misspelled(table: type, known: Collection[str], place: str) -> None:
    """Refuses a ``Table`` with a name that looks like one of the *known* settings; others are the program's own.

    *place* names it in errors. Raises :class:`~dynamorm.exceptions.DynaModelException`.
    """
    own = {name for name, value in vars(table).items() if not (name.startswith("_") or callable(value))}
    for name in sorted(own.difference(known)):
        # Imported here because a program without mistakes needs no suggestions.
        from difflib import get_close_matches

        if close := get_close_matches(name.lower(), list(known), n=1, cutoff=0.8):
            raise DynaModelException(f"{sentence(place)} has no setting '{name}'. Is '{close[0]}' meant?")


def table_settings(
    place: str,
    *,
    ttl: str | None,
    deletion_protection: Any,
    table_class: Any,
    tags: Any,
) -> TableSettings:
    """What a ``Table`` says of time to live, deletion protection, class and tags; *place* names it in errors.

    *ttl* is the attribute by which items expire. Raises :class:`~dynamorm.exceptions.DynaModelException`.
    """
    if not isinstance(deletion_protection, bool | None):
        raise DynaModelException(f"The deletion_protection of {place} is True or False, or left out.")
    if table_class is not None and table_class not in get_args(TableClass):
        raise DynaModelException(f"The table_class of {place} is none of {', '.join(get_args(TableClass))}.")
    return TableSettings(
        ttl,
        deletion_protection,
        table_class,
        None if tags is None else _tags(place, tags),
    )


def _tags(place: str, tags: Any) -> Mapping[str, str]:
    if not isinstance(tags, Mapping) or not all(isinstance(text, str) for pair in tags.items() for text in pair):
        raise DynaModelException(f"The tags of {place} are a dict of texts by their keys, such as {{'team': 'books'}}.")
    if len(tags) > limits.TAGS:
        raise DynaModelException(f"{sentence(place)} has {len(tags)} tags; DynamoDB allows {limits.TAGS}.")
    for key, value in tags.items():
        if not 1 <= len(key) <= limits.TAG_KEY_CHARACTERS or len(value) > limits.TAG_VALUE_CHARACTERS:
            raise DynaModelException(
                f"The tag '{key}' of {place} is too long, or has no key: a key has 1 to {limits.TAG_KEY_CHARACTERS} characters, "
                f"a value at most {limits.TAG_VALUE_CHARACTERS}."
            )
        if key.lower().startswith(limits.TAG_RESERVED_PREFIX):
            raise DynaModelException(
                f"The tag '{key}' of {place} begins with '{limits.TAG_RESERVED_PREFIX}', which AWS keeps for its own tags. "
                "Give it another key."
            )
        if not re.fullmatch(limits.TAG_PATTERN, key + value):
            raise DynaModelException(
                f"The tag '{key}' of {place} has a character that DynamoDB does not allow: keys and values consist of "
                "letters, digits, spaces and + - = . _ : / @."
            )
    return dict(tags)


def parse_allowed_removals(
    table: str, drop_indexes: Collection[str], drop_tags: Collection[str], switch_off: Collection[str]
) -> AllowedRemovals:
    """What the arguments of ``update_table`` allow. Raises :class:`~dynamorm.exceptions.DynaModelException`."""
    given = {"drop_indexes": drop_indexes, "drop_tags": drop_tags, "switch_off": switch_off}
    for argument, names in given.items():
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            raise DynaModelException(f"{argument} is a list of names, such as {argument}=['{_example(argument)}'].")
    settings: tuple[Setting, ...] = get_args(Setting)
    unknown = [name for name in switch_off if name not in settings]
    if unknown:
        raise DynaModelException(
            f"'{unknown[0]}' is no setting of the table '{table}' that can be switched off. There are {', '.join(settings)}."
        )
    off = frozenset(setting for setting in settings if setting in switch_off)
    return AllowedRemovals(frozenset(drop_indexes), frozenset(drop_tags), off)


def _example(argument: str) -> str:
    return {"drop_indexes": "by-author", "drop_tags": "team", "switch_off": "stream"}[argument]
