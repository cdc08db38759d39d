"""Settings of tables and indexes that name fields, keys first of all, checked when a model is defined."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data import limits
from dynamorm.data.tables import KeyAttribute, Throughput
from dynamorm.data.values import KEY_TYPE_NAMES
from dynamorm.exceptions import (
    DynaModelException,
    InvalidKey,
    InvalidSchemaField,
    MissingKey,
    MissingTableAttribute,
)
from dynamorm.model.key_templates.declared import Key
from dynamorm.ports.schemas import SchemaAdapter, SchemaField

#: The attributes of the keys that templates compose, in a table whose ``Key`` does not name them.
HASH_ATTRIBUTE, RANGE_ATTRIBUTE = "pk", "sk"


def capitalized(label: str) -> str:
    """Return a *label* such as ``"the Table of Book"`` as the beginning of a sentence."""
    return label[0].upper() + label[1:]


def required_setting(owner: object, setting: str, label: str) -> str:
    """Return a *setting* of a table or an index class, which *label* names in errors.

    Raises :class:`~dynamorm.exceptions.MissingTableAttribute` when it is missing or not a string.
    """
    value = getattr(owner, setting, None)
    if value is None:
        raise MissingTableAttribute(f"{capitalized(label)} needs a '{setting}'.")
    if not isinstance(value, str):
        raise MissingTableAttribute(f"The '{setting}' of {label} must be a string, not {type(value).__name__}.")
    return value


def refuse_invalid_name(name: str, label: str) -> None:
    """Raise :class:`~dynamorm.exceptions.DynaModelException` if DynamoDB allows no table or index of this *name*."""
    if not re.fullmatch(limits.TABLE_NAME_PATTERN, name):
        raise DynaModelException(
            f"DynamoDB does not allow '{name}', the name in {label}: a name has 3 to 255 letters, digits, dots, dashes "
            "and underscores."
        )


def named_fields(key: object) -> tuple[str, ...]:
    """Return the names of the fields in a *key* setting of a table or an index class: one, or a list of several."""
    names = key if isinstance(key, (list, tuple)) else (key,)
    return tuple(name for name in names if isinstance(name, str))


def setting_names(key: object) -> tuple[str, ...]:
    """Return the names of the fields in a *key* setting, also those in a template."""
    return tuple(re.findall(r"\{(\w+)", key.template)) if isinstance(key, Key) else named_fields(key)


def one_field(owner: object, setting: str, label: str) -> str:
    """Return the field of a key that can have only one field.

    Raises :class:`~dynamorm.exceptions.MissingTableAttribute`, and :class:`~dynamorm.exceptions.InvalidKey` for a list.
    """
    if isinstance(getattr(owner, setting, None), (list, tuple)):
        raise InvalidKey(
            f"The {setting} of {label} is a list of fields, which only the keys of a GlobalIndex can be. Name one "
            "field."
        )
    return required_setting(owner, setting, label)


def several_fields(owner: object, setting: str, label: str, limit: int) -> tuple[str, ...]:
    """Return the fields of a key that can have several fields, up to the *limit* of "Multi-attribute keys pattern".

    Raises :class:`~dynamorm.exceptions.MissingTableAttribute`, and :class:`~dynamorm.exceptions.InvalidKey` for too
    many.
    """
    value = getattr(owner, setting, None)
    if not isinstance(value, (list, tuple)):
        return (required_setting(owner, setting, label),)
    names = named_fields(value)
    if not names or len(names) != len(value):
        raise MissingTableAttribute(
            f"The {setting} of {label} must be the name of a field, or a list of one to {limit} names; this list is "
            "empty, or holds something else."
        )
    if len(names) > limit:
        raise InvalidKey(
            f"The {setting} of {label} has {len(names)} fields, and DynamoDB allows {limit}. Leave some out, or "
            "combine some of them in one field."
        )
    return names


def refuse_repeated(fields: Sequence[str], label: str) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidKey` if one of the *fields* of a key is among them twice."""
    for field in fields:
        if fields.count(field) > 1:
            raise InvalidKey(
                f"'{field}' appears twice in the hash_key and range_key of {label}. Leave it out of one of them, or "
                "use another field there."
            )


def setting_field(adapter: SchemaAdapter, name: object, label: str) -> SchemaField:
    """Return the field of this *name*, which a setting names; *label* names the setting and the field in errors.

    Raises :class:`~dynamorm.exceptions.InvalidSchemaField` when there is no such field, it is not stored, or its type
    is not known yet.
    """
    field = adapter.fields.get(name) if isinstance(name, str) else None
    if field is None:
        raise InvalidSchemaField(
            f"{capitalized(label)} is not in the schema, whose fields are "
            f"{', '.join(sorted(adapter.fields)) or 'none'}."
        )
    if not field.is_stored:
        raise InvalidSchemaField(
            f"{capitalized(label)} is not stored: the schema leaves it out when it serialises. Let the schema "
            "serialise it, or name another field."
        )
    if field.unresolved is not None:
        raise InvalidSchemaField(
            f"{capitalized(label)} has a type that needs '{field.unresolved}', which is not defined yet. Define it "
            "before the model: a table needs the types of its keys and of the fields in its settings."
        )
    return field


def stored_type(field: SchemaField) -> str:
    """Return in words what a *field* is stored as: a string, a number, bytes, or something else."""
    return "something else" if field.key_type is None else KEY_TYPE_NAMES[field.key_type]


def refuse_given_values(field: SchemaField, defaults: Mapping[str, Any], label: str, reason: str) -> None:
    """Refuse a field that writes set by themselves if new items have a value in it; the *reason* says why.

    Raises :class:`~dynamorm.exceptions.DynaModelException` when the *field* is required, or is in the *defaults*.
    """
    if field.required or defaults.get(field.name) is not None:
        what = "is required" if field.required else "has a default"
        raise DynaModelException(f"{capitalized(label)} {what}. {reason}: make the field optional, without a default.")


def key_attribute(adapter: SchemaAdapter, field_name: str, setting: str, label: str) -> KeyAttribute:
    """Return the attribute of the field that is a hash or range key.

    Raises :class:`~dynamorm.exceptions.InvalidSchemaField` when there is no such field, and
    :class:`~dynamorm.exceptions.InvalidKey` for one that can't be a key.
    """
    field = setting_field(adapter, field_name, f"the {setting} '{field_name}' of {label}")
    if field.key_type is None:
        raise InvalidKey(
            f"The {setting} '{field_name}' of {label} has a field type that can't be a key: a key is stored as a "
            "string, a number or bytes. Change the type of the field, or use another field as the key."
        )
    return KeyAttribute(field.attribute, field.key_type)


def range_attribute(adapter: SchemaAdapter, field_name: str, label: str, *, unordered: bool) -> KeyAttribute:
    """Return the attribute of the field that is a range key. Only if *unordered* need its values not sort.

    Raises what :func:`key_attribute` raises.
    """
    attribute = key_attribute(adapter, field_name, "range_key", label)
    if not (unordered or adapter.fields[field_name].ordered):
        raise InvalidKey(
            f"The range_key '{field_name}' of {label} has a field type whose stored form does not sort like its "
            "values, so a query would return items in the wrong order, and find the wrong ones with lt, gt and "
            "between. Use a field that is stored in order, such as a number of seconds for a duration, or a "
            "date-time in the library's own format. For a table that has such a key already, "
            "'unordered_range_key = True' in Table keeps get, put and queries by the hash key."
        )
    return attribute


def throughput(read: int | None, write: int | None, label: str) -> Throughput | None:
    """Return the capacity of a table or an index; ``None`` with neither setting.

    Raises :class:`~dynamorm.exceptions.MissingTableAttribute` when only one of them is set.
    """
    if read is None and write is None:
        return None
    for setting, value in (("read", read), ("write", write)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise MissingTableAttribute(
                f"The '{setting}' of {label} must be a whole number of capacity units, 1 or more."
            )
    if not read or not write:
        given, missing = ("read", "write") if read else ("write", "read")
        raise MissingTableAttribute(
            f"{capitalized(label)} has '{given}' but no '{missing}'. Give both for provisioned capacity, or neither "
            "for billing on demand."
        )
    return Throughput(read, write)


def missing_key_error(model_name: str, fields: Sequence[str], missing: Sequence[str]) -> MissingKey:
    """Return the error for a primary key of these *fields*, of which some are *missing*."""
    return MissingKey(
        f"The primary key of {model_name} is {' and '.join(fields)}; {' and '.join(missing)} "
        f"{'was' if len(missing) == 1 else 'were'} not given."
    )


def key_setting_attribute(key: Key, default: str | None, label: str) -> KeyAttribute:
    """Return the attribute of a *key* of an ordinary table, or of one of its indexes, which has no *default*.

    *label* names the setting in errors. Raises :class:`~dynamorm.exceptions.InvalidKey` if there is no name for it.
    """
    name = key.attribute or default
    if name is None:
        raise InvalidKey(
            f"{capitalized(label)} is a Key, and needs the name of the attribute that holds it in the table: "
            f"Key('…', attribute='gsi1pk')."
        )
    return KeyAttribute(name, "S")


def table_key_attributes(owner: object, adapter: SchemaAdapter, label: str) -> tuple[KeyAttribute, KeyAttribute | None]:
    """Return the attributes of the hash key and of the range key, if there is one, of a ``Table``, the *owner*.

    *label* names it in errors. Raises what :func:`key_attribute` raises.
    """
    hash_key, range_key = getattr(owner, "hash_key", None), getattr(owner, "range_key", None)
    refuse_repeated(named_fields((hash_key, range_key)), label)
    if isinstance(hash_key, Key):
        hash_attribute = key_setting_attribute(hash_key, HASH_ATTRIBUTE, f"the hash_key of {label}")
    else:
        hash_attribute = key_attribute(adapter, one_field(owner, "hash_key", label), "hash_key", label)
    if range_key is None:
        return hash_attribute, None
    if isinstance(range_key, Key):
        second = key_setting_attribute(range_key, RANGE_ATTRIBUTE, f"the range_key of {label}")
    else:
        unordered = bool(getattr(owner, "unordered_range_key", False))
        second = range_attribute(adapter, one_field(owner, "range_key", label), label, unordered=unordered)
    if second.name == hash_attribute.name:
        raise InvalidKey(
            f"The hash_key and the range_key of {label} are both stored as '{second.name}'. Give one another attribute."
        )
    return hash_attribute, second


def check_escape(escape: object, label: str) -> None:
    """Raise :class:`~dynamorm.exceptions.DynaModelException` for an *escape* that is neither ``True`` nor ``False``."""
    if not isinstance(escape, bool):
        raise DynaModelException(f"The escape of {label} must be True or False.")
