"""Reading values place by place, where one call of msgspec does not tell or take enough.

msgspec stops at the first error, takes instances of Structs as they are, and knows no names but those of a Struct's
``rename``. What is read here has an error for each place, instances and dictionaries alike, and names of fields or of
attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, Struct, inspect

from dynamorm.ports.schemas import Shape
from dynamorm_msgspec.conversion import DecHook, Messages, Refused, convert, converted, message_of
from dynamorm_msgspec.nodes import Member, Node

_ABSENT = object()
_CONTAINERS = (list, tuple, set, frozenset)


class Reader:
    """Reads the values of places.

    Args:
        dec_hook: Makes values of types that msgspec does not know.
        stored: Whether the values are those of a table: their names are attributes, and unknown ones are left out.
        validate: Whether constraints and ``__post_init__`` count.
        parts: Whether required fields may be missing.
        parts_of_instances: Whether instances may lack them, as those of which parts were read.
    """

    def __init__(
        self,
        dec_hook: DecHook | None = None,
        *,
        stored: bool = False,
        validate: bool = True,
        parts: bool = False,
        parts_of_instances: bool = True,
    ) -> None:
        self._dec_hook = dec_hook
        self._stored = stored
        self._validate = validate
        self._parts = parts
        self._parts_of_instances = parts_of_instances

    def read(self, node: Node, value: Any) -> Any:
        """Return the native form of a *value*.

        Raises:
            Refused: It is none of the place's, with messages by name or index.
        """
        if value is not None:
            if node.is_union:
                return self._read_union(node, value)
            if node.has_members:
                return self._read_members(node, value)
            if node.is_sequence and isinstance(value, (Sequence, AbstractSet)) and not isinstance(value, (str, bytes)):
                return self._read_sequence(node, value)
            if node.is_map and isinstance(value, Mapping):
                return self._read_map(node, value)
        return self._convert(value, node)

    def _convert(self, value: Any, node: Node) -> Any:
        return converted(value, node.annotation if self._validate else node.bare_annotation, self._dec_hook)

    def _read_union(self, node: Node, value: Any) -> Any:
        choices = [choice for choice in node.choices if _suits(choice, value)]
        if not choices:
            return self._convert(value, node)
        tagged = [choice for choice in choices if _tag_of(choice, value) == _own_tag(choice)]
        if not tagged and not self._parts and len(choices) > 1:
            # For its message, about the tag.
            return self._convert(value, node)
        refusals: list[Refused] = []
        for choice in tagged or [each for each in choices if _knows(each, value)] or choices:
            try:
                return self.read(choice, value)
            except Refused as refusal:
                refusals.append(refusal)
        raise refusals[0]

    def _read_members(self, node: Node, value: Any) -> Any:
        if isinstance(value, Mapping):
            given, errors = self._given(node, value)
        elif type(value) in (node.cls, _part_class(node.cls)):
            found = {name: getattr(value, name, UNSET) for name in node.members}
            given, errors = {name: each for name, each in found.items() if each is not UNSET}, {}
        else:
            return converted(value, dict[str, Any])
        native = self.read_each(node.members, given, errors)
        lacking = missing(node.members, native, errors)
        may_lack = self._parts or (self._parts_of_instances and is_part(value))
        if not may_lack:
            errors.update(missing_messages(lacking))
        if errors:
            raise Refused(errors)
        if lacking or not self._validate or any(map(has_parts, native.values())):
            return part_of(node, native, fill=not lacking)
        return self._made(node, native)

    def _given(self, node: Node, value: Mapping[Any, Any]) -> tuple[dict[str, Any], dict[str | int, Messages]]:
        """Return the values of fields by name, and errors for unknown names."""
        names = {member.attribute: name for name, member in node.members.items()}
        if not self._stored:
            names.update({name: name for name in node.members})
        given = {names[key]: each for key, each in value.items() if key in names}
        tag_field = getattr(node.info, "tag_field", None)
        errors: dict[str | int, Messages] = {}
        if tag_field in value and value[tag_field] != _own_tag(node):
            errors[str(tag_field)] = ["Invalid value"]
        unknown = () if self._stored else [key for key in value if key not in names and key != tag_field]
        errors.update({str(key): [f"Object contains unknown field `{key}`"] for key in unknown})
        return given, errors

    def read_each(
        self, members: Mapping[str, Member], given: Mapping[str, Any], errors: dict[str | int, Messages]
    ) -> dict[str, Any]:
        """Return the native values of those *members* that are *given*; put messages into *errors*."""
        native = {}
        for name, value in given.items():
            member = members[name]
            if value is None and member.none_is_unset:
                continue
            try:
                native[name] = self.read(member.node, value)
            except Refused as refusal:
                errors[name] = refusal.messages
        return native

    def _made(self, node: Node, native: Mapping[str, Any]) -> Any:
        data = {node.members[name].key: each for name, each in native.items()}
        try:
            return convert(data, node.annotation, self._dec_hook)
        except msgspec.ValidationError as error:
            raise Refused(message_of(error)) from error

    def _read_sequence(self, node: Node, value: Iterable[Any]) -> Any:
        elements = list(value)
        places = node.places if node.entry is None else [node.entry] * len(elements)
        if len(places) != len(elements) and node.entry is None:
            return self._convert(elements, node)
        native: list[Any] = []
        errors: dict[str | int, Messages] = {}
        for index, (place, element) in enumerate(zip(places, elements, strict=True)):
            try:
                native.append(self.read(place, element))
            except Refused as refusal:
                errors[index] = refusal.messages
        if errors:
            raise Refused(errors)
        return self._contained(native, node)

    def _read_map(self, node: Node, value: Mapping[Any, Any]) -> Any:
        native, errors = {}, dict[str | int, Messages]()
        assert node.entry is not None
        for key, entry in value.items():
            try:
                native[key] = self.read(node.entry, entry)
            except Refused as refusal:
                errors[str(key)] = refusal.messages
        if errors:
            raise Refused(errors)
        return self._contained(native, node)

    def _contained(self, native: Any, node: Node) -> Any:
        if self._validate and not has_parts(native):
            try:
                return self._convert(native, node)
            except Refused:
                if not self._parts:
                    raise
        if isinstance(native, dict):
            return native
        kinds: Mapping[Any, Any] = {inspect.SetType: set, inspect.FrozenSetType: frozenset}
        tuples = (inspect.TupleType, inspect.VarTupleType)
        return kinds.get(type(node.info), tuple if isinstance(node.info, tuples) else list)(native)


def missing(
    members: Mapping[str, Member], native: Mapping[str, Any], errors: Mapping[str | int, Messages]
) -> list[str]:
    """Return the names of required fields that are not there, and of which there is no error yet."""
    return [name for name, member in members.items() if member.required and name not in native and name not in errors]


def missing_messages(names: Iterable[str]) -> dict[str | int, Messages]:
    """Return the errors of fields that are missing."""
    return {name: [_missing(name)] for name in names}


def _missing(name: str) -> str:
    return f"Object missing required field `{name}`"


def _suits(choice: Node, value: Any) -> bool:
    """Return whether a *value* may be of a choice that has parts."""
    if choice.has_members and type(value) in (choice.cls, _part_class(choice.cls)):
        return True
    if isinstance(value, Mapping):
        return choice.shape is Shape.MAP
    return choice.is_sequence and isinstance(value, (list, tuple, set, frozenset))


def _knows(choice: Node, value: Any) -> bool:
    """Return whether a choice has all names of a *value*, of which there may be only a part, without its tag."""
    if not (choice.has_members and isinstance(value, Mapping)):
        return False
    return {*value} <= {member.attribute for member in choice.members.values()}


def _own_tag(choice: Node) -> Any:
    return getattr(choice.info, "tag", None)


def _tag_of(choice: Node, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return _own_tag(choice)
    tag_field = getattr(choice.info, "tag_field", None)
    return None if tag_field is None else value.get(tag_field, _ABSENT)


#: Classes of parts.
_PARTS: set[type] = set()


@lru_cache(maxsize=256)
def _part_class(cls: type) -> type:
    """Return a subclass of a Struct whose instances may lack fields, and have not been validated; other classes."""
    if not issubclass(cls, Struct):
        return cls
    body = {
        "__post_init__": lambda _: None,
        # What pickles and copies are made of: the class of parts has no name of its own.
        "__reduce__": lambda part: (_part_with, (cls, {name: getattr(part, name) for name in part.__struct_fields__})),
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
    }
    options: dict[str, Any] = {"tag": cls.__struct_config__.tag, "tag_field": cls.__struct_config__.tag_field}
    meta: Any = type(cls)
    made: type = meta(cls.__name__, (cls,), body, **options)
    _PARTS.add(made)
    return made


def _part_with(cls: type, values: Mapping[str, Any]) -> Any:
    return _part_class(cls)(**values)


def part_of(node: Node, native: Mapping[str, Any], *, fill: bool) -> Any:
    """Return an instance with *native* values, or as many as there are, which nothing of the user's has validated."""
    values = dict(native)
    if node.is_typed_dict:
        return values
    for name, member in node.members.items():
        if fill and name not in values and not member.required:
            values[name] = member.make_default()
    if issubclass(node.cls, Struct):
        return _part_class(node.cls)(**{name: values.get(name, UNSET) for name in node.members})
    made = object.__new__(node.cls)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


def is_part(value: Any) -> bool:
    """Return whether a *value* is an instance that may lack fields, which :func:`part_of` has made."""
    names = getattr(type(value), "__dataclass_fields__", ())
    return type(value) in _PARTS or any(not hasattr(value, name) for name in names)


def has_parts(value: Any) -> bool:
    """Return whether a *value* is such an instance of a Struct, which msgspec does not take, or holds one."""
    if isinstance(value, Mapping):
        return any(map(has_parts, value.values()))
    return type(value) in _PARTS or (isinstance(value, _CONTAINERS) and any(map(has_parts, value)))
