"""Primary keys as a program gives them to a verb: by position, by name, or as one of a list of keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from dynamorm.data.values import Item
from dynamorm.exceptions import DynaModelException, InvalidKey
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.query.misplaced import QueryElement

#: One of several keys: a dict by field name, a tuple of the parts in their order, or the value of the only part.
GivenKey: TypeAlias = Mapping[str, Any] | Any

#: The names of another argument of each verb, for a message.
_OTHER_ARGUMENT = {"get": "consistent=True", "exists": "consistent=True", "get_or_create": "defaults=…"}


def given_key(mapper: Mapper, parts: tuple[Any, ...], named: Mapping[str, Any], verb: str) -> Item:
    """Return the primary key whose first *parts* were given to a *verb* by position, and the others by name.

    Raises :class:`~dynamorm.exceptions.InvalidKey` for too many parts and for a part that is given twice, and what
    :meth:`Mapper.key` raises.
    """
    if not parts:
        return mapper.key(named)
    for part in parts:
        _refuse_other_types(mapper, part, verb)
    _refuse_too_many(
        mapper, parts, f"{verb} was given {len(parts)} by position. Its other arguments are given by name."
    )
    by_position = dict(zip(mapper.key_fields, parts, strict=False))
    for name in named:
        if name in by_position:
            raise InvalidKey(f"{verb} was given '{name}' of {mapper.model_name} twice, by position and by name.")
    return mapper.key({**by_position, **named})


def listed_key(mapper: Mapper, key: object, verb: str) -> Item:
    """Return one of several keys that were given to a *verb*: a dict by field name, a tuple of the parts, or one value.

    Raises what :func:`given_key` raises.
    """
    if isinstance(key, Mapping):
        return mapper.key(key)
    parts = key if isinstance(key, tuple) else (key,)
    _refuse_too_many(mapper, parts, f"a key of {verb} has {len(parts)}.")
    return given_key(mapper, parts, {}, verb)


def listed_keys(mapper: Mapper, keys: object, verb: str) -> list[Item]:
    """Return the keys of an iterable that was given to a *verb*; see :func:`listed_key`.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for something else, such as a single key.
    """
    if not isinstance(keys, Iterable) or isinstance(keys, (str, bytes, Mapping, QueryElement)):
        raise DynaModelException(
            f"{verb} of {mapper.model_name} takes a list of keys, not {type(keys).__name__}. A key is a dict by field "
            "name, a tuple of the key's parts, or the value of a key that has one part."
        )
    return [listed_key(mapper, key, verb) for key in keys]


def former_key(mapper: Mapper, key: Item) -> Item | None:
    """Return the key that the templates before gave an item that has this *key* now; ``None`` if it is the same."""
    primary = None if mapper.composed is None else mapper.composed.primary
    former = None if primary is None else primary.former(key)
    return None if former == key else former


def consistent_by_position(
    model_name: str, parts: tuple[Any, ...], named: Mapping[str, Any], *, consistent: bool
) -> tuple[tuple[Any, ...], bool]:
    """Return the key's *parts* and *consistent*, which 0.11 took by position: ``Book.get(True, isbn="1")``."""
    if not (named and len(parts) == 1 and isinstance(parts[0], bool)):
        return parts, consistent
    from warnings import warn  # deferred: start-up cost

    warn(
        f"{model_name}.get({parts[0]}, …): consistent is given by name, consistent={parts[0]}. Values that are given "
        "by position are the parts of the key.",
        DeprecationWarning,
        stacklevel=5,
    )
    return (), parts[0]


def _refuse_too_many(mapper: Mapper, parts: tuple[Any, ...], given: str) -> None:
    fields = mapper.key_fields
    if len(parts) > len(fields):
        number = "one value" if len(fields) == 1 else f"{len(fields)} values"
        raise InvalidKey(f"The primary key of {mapper.model_name} is {' and '.join(fields)}, {number}, but {given}")


def _refuse_other_types(mapper: Mapper, part: object, verb: str) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidKey` for a *part* of a type that no part of any key has."""
    if isinstance(part, bool):
        other = _OTHER_ARGUMENT.get(verb, "conditions=…")
        named = ", ".join(f"{name}=…" for name in mapper.key_fields)
        raise InvalidKey(
            f"{verb} of {mapper.model_name} was given True or False as a part of the key, which no key can be. Give "
            f"other arguments by name: {verb}({named}, {other})."
        )
    if isinstance(part, Mapping):
        what, advice = "a dict", f"Give the parts by name: {verb}(**key)"
    elif isinstance(part, tuple):
        what, advice = "a tuple", f"Give each part by itself: {verb}({', '.join(mapper.key_fields)})"
    elif isinstance(part, (list, set, frozenset)):
        what, advice = f"a {type(part).__name__}", "Give each key by itself, and a key of several parts as a tuple"
        if verb.endswith("_batch"):
            advice += f": {verb}(*keys)"
    elif hasattr(part, "_mapper"):
        what, advice = f"an instance of {type(part).__name__}", "Give the values of its key"
    else:
        return
    raise InvalidKey(f"{verb} of {mapper.model_name} was given {what} as a part of the key. {advice}.")
