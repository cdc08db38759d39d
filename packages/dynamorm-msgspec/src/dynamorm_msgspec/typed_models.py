"""The Struct that is made of the annotations of a typed model."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from dynamorm.exceptions import DynaModelException

#: The arguments of ``mapped`` that msgspec has, in its ``Meta``.
_IN_META = frozenset(
    ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length", "title", "description", "examples")
)
_OF_FIELD = {"default", "default_factory"}
#: What Python makes for each class anew.
_SPECIAL = frozenset({"__dict__", "__weakref__", "__annotations__", "__module__", "__qualname__", "__firstlineno__"})


def schema_from(
    model_name: str,
    annotations: Mapping[str, Any],
    arguments: Mapping[str, Mapping[str, Any]],
    bases: tuple[type, ...],
    body: Mapping[str, Any],
) -> type[Struct]:
    """Return the Struct of a typed model's annotations; see :class:`~dynamorm.ports.schemas.SchemaProvider`.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for what msgspec can't do.
    """
    structs = tuple(base for base in bases if issubclass(base, Struct))
    own: dict[str, Any] = {}
    for base in bases:
        if base not in structs:
            own.update({name: value for name, value in vars(base).items() if name not in _SPECIAL})
    own.update(body)
    fields = [_field(model_name, name, kind, arguments.get(name, {})) for name, kind in annotations.items()]
    try:
        return msgspec.defstruct(
            f"{model_name}Schema",
            fields,
            bases=structs or None,
            namespace=own,
            kw_only=True,
            module=own.get("__module__"),
        )
    except (TypeError, ValueError, NameError) as error:
        raise DynaModelException(f"msgspec refuses the fields of {model_name}: {error}") from error


def _field(model_name: str, name: str, kind: Any, arguments: Mapping[str, Any]) -> tuple[str, Any, Any]:
    given = dict(arguments)
    options: dict[str, Any] = {option: given.pop(option) for option in _OF_FIELD & given.keys()}
    attribute = given.pop("attribute", None)
    if attribute is not None:
        options["name"] = attribute
    unknown = given.keys() - _IN_META
    if unknown:
        raise DynaModelException(
            f"The field '{name}' of {model_name} has '{min(unknown)}' in mapped(…), which msgspec does not have. Leave "
            f"it out. It has {', '.join(sorted(_IN_META))}."
        )
    return name, _constrained(kind, Meta(**given)) if given else kind, msgspec.field(**options)


def _constrained(kind: Any, constraints: Meta) -> Any:
    """Return a type with *constraints*, which msgspec does not take for a union with ``None`` as a whole."""
    if get_origin(kind) in (Union, UnionType):
        choices = (each if each is NoneType else _constrained(each, constraints) for each in get_args(kind))
        return Union[tuple(choices)]  # noqa: UP007 - made of a tuple
    return Annotated[kind, constraints]
