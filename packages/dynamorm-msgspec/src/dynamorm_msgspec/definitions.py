"""Which Structs and dataclasses can be the schema of a model. What can't work is refused when the model is defined."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, inspect

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.date_times import refuse_nested_form
from dynamorm.ports.incomplete_schemas import UndefinedName
from dynamorm.ports.nested_schemas import check_attributes
from dynamorm_msgspec.nodes import Node

_HOOKS = ("dec_hook", "enc_hook")
#: The file of the functions that dataclasses make.
_GENERATED = "<string>"
#: The modules and the names of what libraries put into a class for a field. Each takes those of others for defaults.
_FIELDS_OF_OTHERS = frozenset(
    {("dataclasses", "Field"), ("msgspec", "Field"), ("attr", "_CountingAttr"), ("pydantic", "FieldInfo")}
)


def root_of(model_name: str, definition: type) -> Node:
    """Return the place that a whole item has in a schema.

    Raises:
        UndefinedName: An annotation names what is not defined yet.
        DynaModelException: The class can't be the schema of a model, or msgspec refuses it.
    """
    _check_class(model_name, definition)
    try:
        node = Node(inspect.type_info(definition))
        _check(model_name, definition, node)
    except NameError as error:
        raise UndefinedName(error.name or "", model_name) from error
    except (TypeError, ValueError, AttributeError) as error:
        if isinstance(error, DynaModelException):
            raise
        raise DynaModelException(f"msgspec refuses the Schema of {model_name}: {error}") from error
    return node


def hook_of(definition: type, name: str) -> Any:
    """Return the ``dec_hook`` or the ``enc_hook`` of a schema; ``None`` if it has none."""
    found = getattr(definition, name, None)
    return found if callable(found) else None


def _check_class(model_name: str, definition: type) -> None:
    if issubclass(definition, Struct):
        settings = definition.__struct_config__
        if settings.array_like:
            raise DynaModelException(
                f"The Schema of {model_name} is a Struct with array_like=True, and an item has attributes with names. "
                "Leave array_like out."
            )
        if settings.tag_field is not None:
            raise DynaModelException(
                f"The Schema of {model_name} is a Struct with a tag, which no field of it has: '{settings.tag_field}' "
                f"would not be stored. Write 'class Schema({definition.__name__}, tag=False)', or declare a field in "
                "place of the tag. Nested Structs may have tags."
            )
        return
    if not dataclasses.is_dataclass(definition):
        raise DynaModelException(
            f"The Schema of {model_name} has msgspec's fields, but is no Struct: class Schema(msgspec.Struct)."
        )
    for base in definition.__mro__:
        if "__dataclass_fields__" in vars(base):
            return
        annotations = vars(base).get("__annotations__", {})
        ignored = [name for name, annotation in annotations.items() if "ClassVar" not in str(annotation)]
        if ignored:
            raise DynaModelException(
                f"The Schema of {model_name} inherits from a dataclass and has annotations of its own, of which "
                f"'{ignored[0]}' would be ignored. Decorate it with @dataclass, too."
            )


def _check(model_name: str, definition: type, root: Node) -> None:
    for path, node in _places(root):
        label = f"'{path}'" if path else "the Schema"
        if isinstance(node.info, inspect.StructType) and node.info.array_like:
            raise DynaModelException(
                f"{label} of {model_name} is a Struct with array_like=True, whose fields have no names in the table. "
                "Leave array_like out, or make it a tuple."
            )
        if isinstance(node.info, (inspect.RawType, inspect.ExtType)):
            raise DynaModelException(
                f"{label} of {model_name} is of a type that only a wire format of msgspec has. Use bytes."
            )
        if isinstance(node.info, inspect.CustomType) and not all(hook_of(definition, name) for name in _HOOKS):
            raise DynaModelException(
                f"{label} of {model_name} is of the type {node.info.cls.__name__}, which msgspec does not know. Write "
                "the functions dec_hook(type, value) and enc_hook(value) into the Schema, as static methods, or use a "
                "type that msgspec supports."
            )
        if "." in path or "[" in path:
            _check_nested(model_name, label, node)
        if isinstance(node.info, inspect.EnumType) and _is_plain_flag(node.info.cls):
            raise DynaModelException(
                f"{label} of {model_name} is of the type {node.info.cls.__name__}, an enum.Flag, whose values msgspec "
                "does not take. Make it an enum.IntFlag."
            )
        _check_container(model_name, label, node)
        if node.has_members:
            _check_members(model_name, path, node)
            _check_defaults(model_name, node)
            if isinstance(node.info, inspect.DataclassType):
                _check_dataclass(model_name, node.cls)


def _is_plain_flag(cls: type[enum.Enum]) -> bool:
    return issubclass(cls, enum.Flag) and not issubclass(cls, int)


def _check_container(model_name: str, label: str, node: Node) -> None:
    if isinstance(node.info, (inspect.SetType, inspect.FrozenSetType)) and not _is_stored_as_one(
        Node(node.info.item_type)
    ):
        raise DynaModelException(
            f"{label} of {model_name} is a set that DynamoDB can't store: a set holds strings, numbers or bytes, and "
            "only one of them. Use a list."
        )
    if isinstance(node.info, inspect.DictType) and not _is_stored_as_one(Node(node.info.key_type)):
        raise DynaModelException(
            f"{label} of {model_name} is a dictionary whose keys can't be names of attributes, which are strings. Use "
            "dict[str, …], or a list."
        )


def _is_stored_as_one(node: Node) -> bool:
    """Return whether the values of a place are stored as one type of values, as far as msgspec knows them."""
    if isinstance(node.info, (inspect.AnyType, inspect.CustomType)):
        return True
    return node.key_type is not None and not node.is_nullable


def _check_dataclass(model_name: str, cls: Any) -> None:
    if "__attrs_attrs__" in vars(cls):
        raise DynaModelException(
            f"The attrs class {cls.__name__}, in the Schema of {model_name}, can't stand in one of msgspec, which "
            "calls neither its converters nor its validators. Make it a Struct or a dataclass."
        )
    label = f"The dataclass {cls.__name__}, in the Schema of {model_name},"
    # A class with init=False may have no function at all.
    if getattr(getattr(cls.__init__, "__code__", None), "co_filename", _GENERATED) != _GENERATED:
        raise DynaModelException(
            f"{label} has an __init__ of its own, which msgspec does not call. Use defaults, factories and "
            "__post_init__."
        )
    for field in dataclasses.fields(cls):
        if not field.init and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise DynaModelException(
                f"{label} has the field '{field.name}' with init=False, which msgspec requires all the same. Give it "
                "a default, which __post_init__ replaces."
            )


def _check_defaults(model_name: str, node: Node) -> None:
    for name, member in node.members.items():
        kind = type(member.default)
        if (kind.__module__.partition(".")[0], kind.__name__) in _FIELDS_OF_OTHERS:
            own = "msgspec.field and Meta" if issubclass(node.cls, Struct) else "dataclasses.field and Meta"
            raise DynaModelException(
                f"The default of '{name}' of {node.cls.__name__}, in the Schema of {model_name}, is a field of another "
                f"library, {kind.__module__}.{kind.__name__}, which would be taken for a value. Use {own}."
            )


def _check_nested(model_name: str, label: str, node: Node) -> None:
    if node.extra.get("stored_form") is not None:
        refuse_nested_form(model_name, label)


def _check_members(model_name: str, path: str, node: Node) -> None:
    for name, member in node.members.items():
        if isinstance(node.info, inspect.StructType) and "attribute" in member.node.extra:
            raise DynaModelException(
                f"The field '{name}' of the Struct {node.cls.__name__}, in the Schema of {model_name}, has an "
                "'attribute' in its Meta, which a Struct takes no notice of. Write "
                f"{name}: … = msgspec.field(name='{member.node.extra['attribute']}')."
            )
        if not isinstance(member.attribute, str):
            raise DynaModelException(f"The 'attribute' of the field '{name}' of {model_name} is no string.")
    # The core checks those of the model itself.
    if path:
        attributes = {name: member.attribute for name, member in node.members.items()}
        check_attributes(model_name, path.partition("[")[0], attributes, "Give one of them another name.")


def _places(root: Node) -> Iterator[tuple[str, Node]]:
    """Yield all places with their paths, each class once on a path."""
    pending: list[tuple[str, Node, tuple[Any, ...]]] = [("", root, ())]
    while pending:
        path, node, above = pending.pop()
        if node.has_members:
            if any(node.info is each for each in above):
                continue
            above = (*above, node.info)
        yield path, node
        if node.is_union:
            pending += [(path, each, above) for each in node.choices]
        elif node.has_members:
            prefix = f"{path}." if path else ""
            pending += [(f"{prefix}{name}", member.node, above) for name, member in node.members.items()]
        else:
            pending += [(f"{path}[]", each, above) for each in node.below]
