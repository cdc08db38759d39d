"""The Struct that is made of the annotations of a typed model."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from dynamorm.exceptions import DynaModelException

#: The arguments of ``mapped`` that msgspec has, in its ``Meta``.
_IN_META = frozenset(
    ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length", "title", "description", "examples")
)
_OF_FIELD = {"default", "default_factory"}


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
    own = dict(body)
    own["__annotations__"] = {}
    try:
        for name, kind in annotations.items():
            own["__annotations__"][name], own[name] = _field(model_name, name, kind, arguments.get(name, {}))
        struct: type[Struct] = types.new_class(
            f"{model_name}Schema",
            bases if any(issubclass(base, Struct) for base in bases) else (*bases, Struct),
            {"kw_only": True},
            lambda namespace: namespace.update(own),
        )
    except (TypeError, ValueError, NameError) as error:
        if isinstance(error, DynaModelException):
            raise
        raise DynaModelException(f"msgspec refuses the fields of {model_name}: {error}") from error
    return struct


def _field(model_name: str, name: str, kind: Any, arguments: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the type of a field, and what stands behind it."""
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
    return _constrained(kind, Meta(**given)) if given else kind, msgspec.field(**options)


def _constrained(kind: Any, constraints: Meta) -> Any:
    """Return a type with *constraints*, which msgspec does not take for a union with ``None`` as a whole."""
    if get_origin(kind) in (Union, types.UnionType):
        choices = (each if each is types.NoneType else _constrained(each, constraints) for each in get_args(kind))
        return Union[tuple(choices)]  # noqa: UP007 - made of a tuple
    return Annotated[kind, constraints]
