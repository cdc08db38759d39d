"""A model's Struct or dataclass as the :class:`~dynamorm.ports.schemas.SchemaAdapter` of DynamORM's core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, NotRequired, TypedDict

import msgspec
from msgspec import UNSET, Struct, inspect, structs

from dynamorm.exceptions import ValidationError
from dynamorm.ports.date_times import AS_GIVEN
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_msgspec.conversion import Messages, Refused, message_of, options_for
from dynamorm_msgspec.definitions import hook_of
from dynamorm_msgspec.fields import Context, MsgspecField
from dynamorm_msgspec.nodes import Node, all_below
from dynamorm_msgspec.reading import Reader, missing, missing_messages
from dynamorm_msgspec.storing import SCALARS, Writer, as_given_text

#: The name for the errors of a whole schema.
_WHOLE = "_schema"


class MsgspecAdapter(SchemaAdapter):
    """Validates with one call of msgspec for a whole item. Values are stored place by place.

    If msgspec refuses an item, it is read again place by place: msgspec stops at the first error.
    """

    has_objects = True

    def __init__(self, definition: type, root: Node) -> None:
        self.schema = definition
        self._members = root.members
        self._name = self.schema.__name__
        self._dec_hook = hook_of(definition, "dec_hook")
        #: They read a user's values, and stored ones, where the one call of msgspec is not enough.
        self._reader = Reader(self._dec_hook)
        self._stored_reader = Reader(self._dec_hook, stored=True)
        self._writer = Writer(hook_of(definition, "enc_hook"))
        context = Context(self._name, self._dec_hook, self._writer)
        self.fields: dict[str, MsgspecField] = {
            name: MsgspecField.of(member, context) for name, member in self._members.items()
        }
        places = all_below(root)
        self._options = options_for(places, self._dec_hook)
        #: The one call for a whole item: what convert() does, with those options alone that the schema needs.
        self._converted = partial(msgspec.convert, type=definition, **self._options)
        self.copies_on_load = not any(isinstance(each.info, (inspect.AnyType, inspect.CustomType)) for each in places)
        self._values_of: Callable[[Any], dict[str, Any]] = (
            structs.asdict if issubclass(definition, Struct) else self._values_of_dataclass
        )
        members = self._members.values()
        self._has_unset = any(member.default is UNSET for member in members)
        self._names = {member.attribute: member.name for member in members}
        #: Fields with names in them that msgspec does not know.
        self._renamed = {member.name for member in members if _has_renamed(member.node)}
        self._nullable = [member.key for member in members if member.required and member.node.is_nullable]
        forbids = bool(getattr(root.info, "forbid_unknown_fields", False))
        same = all(member.attribute == member.key for member in members)
        self._as_stored = same and not forbids and not self._renamed and not self._nullable
        self._nested = {member.name for member in members if any(each.has_members for each in all_below(member.node))}
        own_names = all(member.name == member.key for member in members)
        self._is_plain = own_names and not self._nested and not self._nullable
        self._required = {name for name, field in self.fields.items() if field.required}
        self._has_validator = hasattr(definition, "__post_init__")
        self._as_given = {field.name for field in self.fields.values() if field.stored_form == AS_GIVEN}

    def defaults(self) -> dict[str, Any]:
        """Return each field's default."""
        return {name: member.make_default() for name, member in self._members.items() if member.has_default}

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a user's values as msgspec converts them. Unknown names are refused, whatever the schema says.

        The ``__post_init__`` of the schema expects a whole instance: it is called for partial data only if the schema
        has required fields and none of them is missing.
        """
        if partial:
            return self._validate_partial(values)
        found = self._values_of(self._whole(values))
        if self._has_unset:
            found = {name: None if value is UNSET else value for name, value in found.items()}
        return {name: value for name, value in found.items() if value is not None or name in values}

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a stored item as msgspec converts it."""
        if partial:
            return self._load_partial(item)
        try:
            made = self._converted(item if self._as_stored else self._as_keys(item))
        except (msgspec.ValidationError, Refused):
            made = self._read_stored(item)
        values = self._values_of(made)
        if self._has_unset:
            return {name: value for name, value in values.items() if value is not UNSET}
        return values

    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored item of which parts were read below its attributes. Nested schemas may lack required fields.

        They are read as whole ones first, with their ``__post_init__`` and defaults.
        """
        try:
            return self.load(item, partial=True)
        except ValidationError:
            return self._read_partial(item, self._by_name(item), Reader(self._dec_hook, stored=True, parts=True))

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return native values in their stored form."""
        stored = {}
        for name, value in values.items():
            member = self._members.get(name)
            if member is None or value is UNSET:
                continue
            if type(value) in SCALARS:
                stored[member.attribute] = value
            elif name in self._as_given:
                stored[member.attribute] = as_given_text(value)
            else:
                stored[member.attribute] = self._writer.stored(value, member.node if name in self._renamed else None)
        return stored

    def to_object(self, values: Mapping[str, Any]) -> Any:
        """Return an instance of the Struct or dataclass, which msgspec validates."""
        return self._whole(values)

    def from_object(self, given: Any) -> dict[str, Any] | None:
        """Return the values of an instance of the schema, or of a base with all its fields, by field name."""
        if not isinstance(given, self._known):
            return None
        found = {name: getattr(given, name, UNSET) for name in self._members}
        return {name: value for name, value in found.items() if value is not UNSET}

    @cached_property
    def _known(self) -> tuple[type, ...]:
        return tuple(base for base in self.schema.__mro__ if self._members.keys() <= _field_names(base))

    def _values_of_dataclass(self, instance: Any) -> dict[str, Any]:
        # A default may be an attribute of the class alone.
        return {name: getattr(instance, name) for name in self._members}

    def _whole(self, values: Mapping[str, Any]) -> Any:
        """Return the instance of the schema that has a user's *values*."""
        if self._is_plain and self._members.keys() >= values.keys():
            try:
                return self._converted(values)
            except msgspec.ValidationError:
                pass
        data: dict[str, Any] = dict.fromkeys(self._nullable)
        errors: dict[str | int, Messages] = {}
        for name, value in values.items():
            member = self._members.get(name)
            if member is None:
                errors[name] = [f"Object contains unknown field `{name}`"]
            elif name in self._nested:
                native = self._reader.read_each(self._members, {name: value}, errors)
                data.update((member.key, each) for each in native.values())
            else:
                data[member.key] = value
        if not errors:
            try:
                return self._converted(data)
            except msgspec.ValidationError:
                pass
        return self._read_again(values, data, errors)

    def _read_again(self, values: Mapping[str, Any], data: dict[str, Any], errors: dict[str | int, Messages]) -> Any:
        """Return the instance with values that msgspec has refused, or raise an error of each field."""
        known = {name: value for name, value in values.items() if name in self._members and name not in self._nested}
        for name in known:
            data.pop(self._members[name].key, None)
        native = self._reader.read_each(self._members, known, errors)
        data.update({self._members[name].key: value for name, value in native.items()})
        present = {name: None for name, member in self._members.items() if member.key in data}
        errors.update(missing_messages(missing(self._members, present, errors)))
        return self._made(data, values, errors)

    def _made(self, data: Mapping[str, Any], raw: Mapping[str, Any], errors: Mapping[str | int, Messages]) -> Any:
        if errors:
            raise ValidationError(dict(raw), self._name, dict(errors))
        try:
            return self._converted(data)
        except msgspec.ValidationError as error:
            raise ValidationError(dict(raw), self._name, {_WHOLE: message_of(error)}) from error

    def _by_name(self, item: Mapping[str, Any]) -> dict[str, Any]:
        names = self._names
        return {names[attribute]: value for attribute, value in item.items() if attribute in names}

    def _as_keys(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored *item* with the names that msgspec knows, and with what msgspec can't read, read."""
        data: dict[str, Any] = dict.fromkeys(self._nullable)
        given = self._by_name(item)
        errors: dict[str | int, Messages] = {}
        renamed = {name: value for name, value in given.items() if name in self._renamed}
        read = self._stored_reader.read_each(self._members, renamed, errors)
        if errors:
            raise Refused(errors)
        data.update((self._members[name].key, value) for name, value in {**given, **read}.items())
        return data

    def _read_stored(self, item: Mapping[str, Any]) -> Any:
        errors: dict[str | int, Messages] = {}
        native = self._stored_reader.read_each(self._members, self._by_name(item), errors)
        data = {**dict.fromkeys(self._nullable), **{self._members[name].key: value for name, value in native.items()}}
        present = {name: None for name, member in self._members.items() if member.key in data}
        errors.update(missing_messages(missing(self._members, present, errors)))
        return self._made(data, item, errors)

    def _validate_partial(self, values: Mapping[str, Any]) -> dict[str, Any]:
        if self._has_validator and self._required and self._required.issubset(values):
            found = self._values_of(self._whole(values))
            return {name: None if found[name] is UNSET else found[name] for name in values}
        return self._read_partial(values, values, self._reader)

    def _read_partial(self, raw: Mapping[str, Any], given: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
        errors: dict[str | int, Messages] = {
            name: [f"Object contains unknown field `{name}`"] for name in given if name not in self._members
        }
        known = {name: value for name, value in given.items() if name in self._members}
        native = reader.read_each(self._members, known, errors)
        if errors:
            raise ValidationError(dict(raw), self._name, errors)
        return {name: native.get(name) for name in known}

    def _load_partial(self, item: Mapping[str, Any]) -> dict[str, Any]:
        if not self._renamed:
            try:
                found: dict[str, Any] = self._converted_part(item)
            except msgspec.ValidationError:
                pass
            else:
                return {self._names[attribute]: value for attribute, value in found.items()}
        return self._read_partial(item, self._by_name(item), self._stored_reader)

    @cached_property
    def _converted_part(self) -> Callable[[Any], dict[str, Any]]:
        """The one call for an item that may lack attributes."""
        types = {member.attribute: NotRequired[member.node.annotation] for member in self._members.values()}
        make: Any = TypedDict
        return partial(msgspec.convert, type=make("Part", types), **self._options)


def _has_renamed(node: Node) -> bool:
    """Return whether there are names in a place that msgspec does not know: those of dataclasses and dictionaries."""
    return any(
        not isinstance(each.info, inspect.StructType)
        and any(name != member.attribute for name, member in each.members.items())
        for each in all_below(node)
        if each.has_members
    )


def _field_names(cls: type) -> frozenset[str]:
    names = getattr(cls, "__struct_fields__", None) or getattr(cls, "__dataclass_fields__", ())
    return frozenset(names if isinstance(names, (tuple, dict)) else ())
