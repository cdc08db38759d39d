"""Checks that find, before anything is sent, what DynamoDB would refuse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dynamorm.data import limits
from dynamorm.data.sizes import size_of, size_of_item
from dynamorm.data.tables import KeyAttribute, TableSpec
from dynamorm.data.updates import UpdateAction, overlapping
from dynamorm.data.values import KEY_TYPE_NAMES, AttributeValue, Item, type_of
from dynamorm.exceptions import InvalidKey, InvalidUpdate, ItemTooLarge, MissingKey

#: Strings of ASCII with at most so many characters are short enough for each key.
_SHORT_KEY = min(limits.HASH_KEY_BYTES, limits.RANGE_KEY_BYTES)


def check_key(spec: TableSpec, key: Item) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidKey` for a wrong primary key.

    That is a key that lacks an attribute, has one too many, or has a value that can't be a key.
    """
    try:
        _check_primary_key(spec, key)
    except MissingKey:
        check_key_names(spec, key)
        raise
    if len(key) > len(spec.key_attributes):
        check_key_names(spec, key)


def check_key_names(spec: TableSpec, names: Iterable[str]) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidKey` if one of *names* is no attribute of the primary key."""
    attributes = [attribute.name for attribute in spec.key_attributes]
    for name in names:
        if name not in attributes:
            raise InvalidKey(
                f"'{name}' is not part of the primary key of '{spec.name}', which is {' and '.join(attributes)}."
            )


def check_item(spec: TableSpec, item: Item, *, fits: bool = False) -> None:
    """Refuse an item that has no valid primary key, an invalid index key, or more than 400 KB.

    *fits* says that the caller knows that it has no more. Raises :class:`~dynamorm.exceptions.InvalidKey` or
    :class:`~dynamorm.exceptions.ItemTooLarge`.
    """
    _check_primary_key(spec, item)
    for index in spec.indexes:
        label = f"the key of the index '{index.name}' of '{spec.name}'"
        _check_present(index.hash_keys, item, label, is_range=False)
        _check_present(index.range_keys, item, label, is_range=True)
    size = 0 if fits else size_of_item(item)
    if size > limits.ITEM_BYTES:
        raise ItemTooLarge(
            f"The item for '{spec.name}' has {size:,} bytes, including attribute names; DynamoDB allows "
            f"{limits.ITEM_BYTES:,}. Store large values elsewhere, for example in S3, and their address here."
        )


def check_actions(spec: TableSpec, actions: Sequence[UpdateAction]) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidUpdate` for actions that overlap, or that change the primary key."""
    key_names = {attribute.name for attribute in spec.key_attributes}
    for action in actions:
        if action.path.attribute in key_names:
            raise InvalidUpdate(
                f"'{action.path.attribute}' is part of the primary key of '{spec.name}', which an update can't change. "
                "Put an item with the new key, and delete the old one."
            )
    for path, other in overlapping(actions):
        if path == other:
            raise InvalidUpdate(
                f"One update of '{spec.name}' changes '{path}' twice. Make it two updates, or one change."
            )
        raise InvalidUpdate(
            f"One update of '{spec.name}' changes both '{path}' and '{other}', which overlap. Make it two updates, "
            "or one change of the outer value."
        )


def primary_key_values(spec: TableSpec, item: Item) -> tuple[AttributeValue, ...]:
    """Return the values of the primary key of an *item*, which identify it."""
    return tuple(item[attribute.name] for attribute in spec.key_attributes)


def _check_primary_key(spec: TableSpec, item: Item) -> None:
    for attribute in spec.key_attributes:
        value = item.get(attribute.name)
        if type(value) is str and attribute.type == "S" and 0 < len(value) <= _SHORT_KEY and value.isascii():
            continue  # as most keys
        label = f"the primary key of '{spec.name}'"
        if attribute.name not in item:
            raise MissingKey(f"'{attribute.name}' is missing: it is part of {label}.")
        _check_key_value(attribute, value, label, is_range=attribute is not spec.hash_key)


def _check_present(attributes: Sequence[KeyAttribute], item: Item, label: str, *, is_range: bool) -> None:
    """Raise ``InvalidKey`` if the values that an *item* has for a hash key or a range key can't be part of it."""
    present = [attribute for attribute in attributes if attribute.name in item]
    for attribute in present:
        _check_key_value(attribute, item[attribute.name], label, is_range=is_range)
    if len(present) > 1:
        _check_together([attribute.name for attribute in present], item, label, is_range=is_range)


def _check_together(names: Sequence[str], item: Item, label: str, *, is_range: bool) -> None:
    size = sum(size_of(item[name]) for name in names)
    largest, kind = _limit(is_range=is_range)
    if size > largest:
        listed = " and ".join(f"'{name}'" for name in names)
        raise InvalidKey(
            f"{listed} have {size:,} bytes together, and they are part of {label}; DynamoDB allows {largest:,} for all "
            f"attributes of a {kind} key."
        )


def _limit(*, is_range: bool) -> tuple[int, str]:
    return (limits.RANGE_KEY_BYTES, "range") if is_range else (limits.HASH_KEY_BYTES, "hash")


def _check_key_value(attribute: KeyAttribute, value: AttributeValue, label: str, *, is_range: bool) -> None:
    if value is None:
        raise InvalidKey(f"'{attribute.name}' is None, and it is part of {label}. Give it a value.")
    if type_of(value) != attribute.type:
        raise InvalidKey(
            f"'{attribute.name}' is part of {label}, which is {KEY_TYPE_NAMES[attribute.type]}; it was given a "
            f"value of the type {type(value).__name__}."
        )
    if isinstance(value, (str, bytes)):
        size = len(value.encode()) if isinstance(value, str) else len(value)
        if size == 0:
            raise InvalidKey(f"'{attribute.name}' is empty, and it is part of {label}; DynamoDB allows no empty keys.")
        largest, kind = _limit(is_range=is_range)
        if size > largest:
            raise InvalidKey(
                f"'{attribute.name}' has {size:,} bytes, and it is part of {label}; DynamoDB allows {largest:,} for a "
                f"{kind} key."
            )
