"""The settings of an inner ``Table`` besides its keys and capacity, checked when a model is defined."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, get_args

from dynamorm.data import limits
from dynamorm.data.tables import TableClass, TableSettings
from dynamorm.engine.run.rate_limits import RateLimit, limiter_of
from dynamorm.engine.tables.allowed_removals import AllowedRemovals, Setting
from dynamorm.exceptions import DynaModelException
from dynamorm.model.table.keys import capitalized

#: What other libraries, and DynamoDB itself, call the settings, with the place where they belong.
OTHER_WORDS = {
    **dict.fromkeys(("partition_key", "partition_key_name", "hash_key_name", "primary_key"), "'hash_key'"),
    **dict.fromkeys(("sort_key", "sort_key_name", "range_key_name"), "'range_key'"),
    **dict.fromkeys(("table_name", "index_name", "tablename", "indexname"), "'name'"),
    **dict.fromkeys(("read_capacity", "read_capacity_units"), "'read'"),
    **dict.fromkeys(("write_capacity", "write_capacity_units"), "'write'"),
    "billing_mode": "'read' and 'write' for provisioned capacity, and neither for billing on demand",
    "stream_view_type": "'stream'",
    "version_attribute": "'version'",
    **dict.fromkeys(("time_to_live", "ttl_attribute"), "'ttl'"),
    **dict.fromkeys(("host", "endpoint", "endpoint_url"), "'endpoint_url' in 'resource_kwargs', or dynamorm.connect()"),
    **dict.fromkeys(
        ("region", "region_name", "profile_name", "aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
        "'session_kwargs', or dynamorm.connect()",
    ),
    "table_prefix": "dynamorm.connect(…, table_prefix='…')",
}
#: Settings that have no meaning yet, and what they will be for. A program's own would get that meaning by an update.
RESERVED = {"item_version": "migrations of items"}


def refuse_unknown_settings(given: type, base: type, known: Collection[str], label: str) -> None:
    """Refuse a ``Table`` or an index class with a setting that is none, but looks like one.

    That is a name that resembles one of the *known* settings, or that is another library's word for one; other names
    are the program's own, and so are methods, names with an underscore, and those that the *base* has. *label* names
    the class in errors. Raises :class:`~dynamorm.exceptions.DynaModelException`.
    """
    given_settings = {
        name: value
        for definer in reversed(given.__mro__)
        if definer not in base.__mro__
        for name, value in vars(definer).items()
    }
    for name, value in given_settings.items():
        hidden = hasattr(base, name) and name not in known and not name.startswith("__")
        # A method in place of the library's own is what a program has in mind; a value is not.
        if hidden and not (callable(value) or isinstance(value, (classmethod, staticmethod, property))):
            raise DynaModelException(
                f"'{name}' in {label} is no setting, and would hide what the library has under this name. Rename it."
            )
    own = {
        name for name, value in given_settings.items() if not (name.startswith("_") or value is None or callable(value))
    }
    for name in sorted(own.difference(known, dir(base))):
        if name in RESERVED:
            raise DynaModelException(
                f"The setting '{name}' in {label} is reserved for {RESERVED[name]}, which a later release will have. "
                "Remove it, or rename it if it is your own."
            )
        meant = _meant(name, known)
        if meant is not None:
            raise DynaModelException(f"{capitalized(label)} has no setting '{name}'. Did you mean {meant}?")


def refuse_unknown_words(given: Iterable[str], known: Collection[str], label: str) -> None:
    """Raise ``DynaModelException`` for the first of the names *given* as keywords, of which none is a *known* setting.

    *label* names what has the settings.
    """
    for name in given:
        meant = _meant(name, known)
        hint = f"Its settings are {', '.join(known)}." if meant is None else f"Did you mean {meant}?"
        raise DynaModelException(f"{capitalized(label)} has no setting '{name}'. {hint}")


def _meant(name: str, known: Collection[str]) -> str | None:
    """Return which setting is meant by a *name* that is none; ``None`` if it looks like none."""
    if name.lower() in OTHER_WORDS:
        return OTHER_WORDS[name.lower()]
    from difflib import get_close_matches  # deferred: start-up cost

    close = get_close_matches(name.lower(), list(known), n=1, cutoff=0.8)
    return f"'{close[0]}'" if close else None


def settings_of(settings: type, known: Iterable[str]) -> dict[str, Any]:
    """Return what a class of *settings* and its bases define, without special names.

    The class itself is not a base of the table: its metaclass, and what its bases do when a class inherits from them,
    belong to the program and are not to run again. The *known* settings have the values that the class gives them.
    """
    found: dict[str, Any] = {}
    for definer in reversed(settings.__mro__):
        found.update({name: value for name, value in vars(definer).items() if not name.startswith("__")})
    for name in known:
        if not isinstance(found.get(name), property) and hasattr(settings, name):
            found[name] = getattr(settings, name)
    return found


def table_settings(
    label: str,
    *,
    ttl: str | None,
    deletion_protection: Any,
    table_class: Any,
    tags: Any,
) -> TableSettings:
    """Return the settings of a ``Table`` for time to live, deletion protection, class and tags.

    *label* names the ``Table`` in errors, and *ttl* is the attribute by which items expire. Raises
    :class:`~dynamorm.exceptions.DynaModelException` for an invalid setting.
    """
    if not isinstance(deletion_protection, bool | None):
        raise DynaModelException(f"The deletion_protection of {label} must be True or False, or left out.")
    if table_class is not None and table_class not in get_args(TableClass):
        raise DynaModelException(f"The table_class of {label} must be one of {', '.join(get_args(TableClass))}.")
    return TableSettings(
        ttl,
        deletion_protection,
        table_class,
        None if tags is None else _tags(label, tags),
    )


def check_rate(label: str, rate: Any) -> RateLimit:
    """Return the *rate* of a ``Table``. *label* names it in errors.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for anything but a :class:`~dynamorm.RateLimit`.
    """
    if not isinstance(rate, RateLimit):
        raise DynaModelException(
            f"The rate of {label} is a RateLimit, not {type(rate).__name__}: "
            "rate = dynamorm.RateLimit(read=200, write=100)."
        )
    limiter_of(rate).narrow()
    return rate


def _tags(label: str, tags: Any) -> Mapping[str, str]:
    if not isinstance(tags, Mapping) or not all(isinstance(each, str) for pair in tags.items() for each in pair):
        raise DynaModelException(f"The tags of {label} must be a dict of strings, such as {{'team': 'books'}}.")
    if len(tags) > limits.TAGS:
        raise DynaModelException(f"{capitalized(label)} has {len(tags)} tags; DynamoDB allows {limits.TAGS}.")
    for key, value in tags.items():
        if not 1 <= len(key) <= limits.TAG_KEY_CHARACTERS or len(value) > limits.TAG_VALUE_CHARACTERS:
            raise DynaModelException(
                f"The tag '{key}' of {label} is too long, or has no key: a key has 1 to {limits.TAG_KEY_CHARACTERS} "
                f"characters, a value at most {limits.TAG_VALUE_CHARACTERS}."
            )
        if key.lower().startswith(limits.TAG_RESERVED_PREFIX):
            raise DynaModelException(
                f"The tag '{key}' of {label} begins with '{limits.TAG_RESERVED_PREFIX}', which AWS reserves for its "
                "own tags. Give it another key."
            )
        if not re.fullmatch(limits.TAG_PATTERN, key + value):
            raise DynaModelException(
                f"The tag '{key}' of {label} has a character that DynamoDB does not allow: keys and values consist of "
                "letters, digits, spaces and + - = . _ : / @."
            )
    return dict(tags)


def parse_allowed_removals(
    table: str, drop_indexes: Collection[str], drop_tags: Collection[str], switch_off: Collection[str]
) -> AllowedRemovals:
    """Return the removals that the arguments of ``update_table`` allow.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for an argument that is not a list of names, or an unknown
    setting.
    """
    given = {"drop_indexes": drop_indexes, "drop_tags": drop_tags, "switch_off": switch_off}
    for argument, names in given.items():
        if (
            isinstance(names, (str, type))
            or not isinstance(names, Iterable)
            or not all(isinstance(name, str) for name in names)
        ):
            raise DynaModelException(f"{argument} is a list of names, such as {argument}=['{_example(argument)}'].")
    settings: tuple[Setting, ...] = get_args(Setting)
    unknown = [name for name in switch_off if name not in settings]
    if unknown:
        raise DynaModelException(
            f"'{unknown[0]}' is not a setting of the table '{table}' that can be switched off; those are "
            f"{', '.join(settings)}."
        )
    off = frozenset(setting for setting in settings if setting in switch_off)
    return AllowedRemovals(frozenset(drop_indexes), frozenset(drop_tags), off)


def _example(argument: str) -> str:
    return {"drop_indexes": "by-author", "drop_tags": "team", "switch_off": "stream"}[argument]
