"""The forms of one primary key: as it stands in the table, and as it is written for the values that are read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamorm.data.values import Item, copy_of_item, identical
from dynamorm.exceptions import ValidationError
from dynamorm.model.mapping.mapper import Mapper

if TYPE_CHECKING:
    # Imported for models that have them.
    from dynamorm.model.table.composed_keys import ComposedKey, ComposedKeys


def is_form_of(mapper: Mapper, item: Item, stored: Item, key: Item) -> bool:
    """Return whether a *key* is what is written for the values that an *item* is read as, whose key is *stored*."""
    composed = mapper.composed
    primary = None if composed is None else composed.primary
    if primary is not None and primary.former(key) == stored:
        return True
    try:
        values = mapper.loaded(stored.copy(), partial=True)
    except ValidationError:
        return False
    written = mapper.dumped(values, partial=True)
    if composed is not None and primary is not None:
        return primary.of(written) == key or _is_key_of_fields(mapper, composed, primary, item, key)
    return all(
        identical(written.get(attribute), each) or identical(mapper.fields.stored_value(name, values[name]), each)
        for name, (attribute, each) in zip(mapper.key_fields, key.items(), strict=True)
        if not identical(stored[attribute], each)
    )


def _is_key_of_fields(mapper: Mapper, composed: ComposedKeys, primary: ComposedKey, item: Item, key: Item) -> bool:
    """Return whether a *key* is the one that the fields of an *item* give, which may have another one in the table.

    Another program may have changed a field and not the key. The item stays where it is.
    """
    names = {path.attribute for path in primary.paths().values()}
    fields = {name: value for name, value in composed.readable(item).items() if name in names}
    try:
        values = mapper.loaded(copy_of_item(fields), partial=True)
    except ValidationError:
        return False
    return primary.of(mapper.dumped(values, partial=True)) == key
