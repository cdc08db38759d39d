"""Key settings of tables and indexes, checked against the schema when a model is defined."""

from __future__ import annotations

from dynamorm.data.tables import KeyAttribute, Throughput
from dynamorm.exceptions import InvalidKey, InvalidSchemaField, MissingTableAttribute
from dynamorm.ports.schemas import SchemaAdapter


def sentence(text: str) -> str:
    """A *text* such as ``"the Table of Book"`` as the beginning of a sentence."""
    return text[0].upper() + text[1:]


def required_setting(owner: object, setting: str, place: str) -> str:
    """The *setting* of a table or an index class. Raises ``MissingTableAttribute`` when it has none."""
    value = getattr(owner, setting, None)
    if value is None:
        raise MissingTableAttribute(f"{sentence(place)} has no '{setting}', which it needs.")
    if not isinstance(value, str):
        raise MissingTableAttribute(f"The '{setting}' of {place} is to be a string, not {type(value).__name__}.")
    return value


def named_fields(key: object) -> tuple[str, ...]:
    """The names of the fields that a *key* setting of a table or an index class holds: one, or a list of several."""
    names = key if isinstance(key, (list, tuple)) else (key,)
    return tuple(name for name in names if isinstance(name, str))


def one_field(owner: object, setting: str, place: str) -> str:
    """The field of a key that can have only one. Raises ``MissingTableAttribute`` or ``InvalidKey``."""
    if isinstance(getattr(owner, setting, None), (list, tuple)):
        raise InvalidKey(
            f"The {setting} of {place} is a list of fields, which only the keys of a GlobalIndex can be. Name one field."
        )
    return required_setting(owner, setting, place)


def several_fields(owner: object, setting: str, place: str, most: int) -> tuple[str, ...]:
    """The fields of a key that can have several, *most* of them at the most. Raises as :func:`one_field`.

    How many there may be says "Multi-attribute keys pattern".
    """
    value = getattr(owner, setting, None)
    if not isinstance(value, (list, tuple)):
        return (required_setting(owner, setting, place),)
    names = named_fields(value)
    if not names or len(names) != len(value):
        raise MissingTableAttribute(
            f"The {setting} of {place} is to be the name of a field, or a list of one to {most} of them; this list is empty, or "
            "holds something else."
        )
    if len(names) > most:
        raise InvalidKey(
            f"The {setting} of {place} has {len(names)} fields, and DynamoDB allows {most}. Leave some out, or store some of "
            "them together in one field."
        )
    return names


def key_attribute(adapter: SchemaAdapter, field_name: str, setting: str, place: str) -> KeyAttribute:
    """The attribute behind a hash or range key. Raises ``InvalidSchemaField`` or ``InvalidKey``."""
    field = adapter.fields.get(field_name)
    if field is None:
        raise InvalidSchemaField(
            f"The {setting} '{field_name}' of {place} is not in the schema, whose fields are "
            f"{', '.join(sorted(adapter.fields)) or 'none'}."
        )
    if field.key_type is None:
        raise InvalidKey(
            f"The {setting} '{field_name}' of {place} has a field type that can't be a key: a key is stored as a string, a "
            "number or bytes. Make it a field of such a type, or another field the key."
        )
    return KeyAttribute(field.attribute, field.key_type)


def throughput(read: int | None, write: int | None, place: str) -> Throughput | None:
    """The capacity of a table or an index: ``None`` with neither setting. Raises ``MissingTableAttribute`` with one."""
    if read is None and write is None:
        return None
    if not read or not write:
        given, missing = ("read", "write") if read else ("write", "read")
        raise MissingTableAttribute(
            f"{sentence(place)} has '{given}' but no '{missing}'. Give both for provisioned capacity, or neither for billing on demand."
        )
    return Throughput(read, write)
