"""The attrs class that is made of the annotations of a typed model."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from typing import Any

import attrs
from attrs import validators

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.incomplete_schemas import UndefinedName
from dynamorm_attrs.annotations import info_of
from dynamorm_attrs.classes import ATTRIBUTE, STORED_FORM, settings_in

#: The validators that the settings of ``mapped(…)`` stand for.
_VALIDATORS: Mapping[str, Callable[[Any], Any]] = {
    "gt": validators.gt,
    "ge": validators.ge,
    "lt": validators.lt,
    "le": validators.le,
    "min_length": validators.min_len,
    "max_length": validators.max_len,
    "pattern": lambda pattern: validators.matches_re(pattern, func=re.search),
}
#: Settings that only describe a field.
_DESCRIPTIONS = ("title", "description", "examples")
#: The setting with which a typed model gives a stored form, whatever its library is.
_JSON_SCHEMA = "json_schema_extra"


def schema_from(
    model_name: str,
    annotations: Mapping[str, Any],
    arguments: Mapping[str, Mapping[str, Any]],
    bases: tuple[type, ...],
    body: Mapping[str, Any],
) -> type:
    """Return the attrs class of a typed model's annotations; see :class:`~dynamorm.ports.schemas.SchemaProvider`.

    Raises:
        DynaModelException: attrs refuses the fields, or has no such setting.
    """
    try:
        fields = {
            name: _field(model_name, name, annotation, arguments.get(name, {}))
            for name, annotation in annotations.items()
        }
        namespace = {**body, "__annotations__": dict(annotations), **fields}
        cls = types.new_class(f"{model_name}Schema", bases, exec_body=lambda names: names.update(namespace))
        made: type = attrs.define(slots=False, kw_only=True, auto_attribs=True, field_transformer=_parents_first)(cls)
    except (TypeError, ValueError, SyntaxError) as error:
        raise DynaModelException(f"attrs refuses the fields of {model_name}: {error}") from error
    return made


def _field(model_name: str, name: str, annotation: Any, arguments: Mapping[str, Any]) -> Any:
    options: dict[str, Any] = {}
    metadata: dict[Any, Any] = {}
    checks = []
    if (own := settings_in(name, annotation)) is not None:
        metadata.update(own.metadata)
        checks += [] if own.validator is None else [own.validator]
        options["converter"] = own.converter
    for setting, value in arguments.items():
        if setting in _VALIDATORS:
            checks.append(_VALIDATORS[setting](value))
        elif setting == ATTRIBUTE or setting in _DESCRIPTIONS:
            metadata[setting] = value
        elif setting == _JSON_SCHEMA and isinstance(value, Mapping) and value.keys() <= {STORED_FORM}:
            metadata.update(value)
        elif setting in ("default", "default_factory"):
            options["factory" if setting == "default_factory" else "default"] = value
        else:
            raise DynaModelException(
                f"The field '{name}' of {model_name} has {setting}=…, which attrs has no validator for. Write one: "
                f"{name}: Mapped[Annotated[…, attrs.field(validator=…)]]."
            )
    if checks and _is_nullable(annotation):
        checks = [validators.optional(check) for check in checks]
    if name == "self":
        options["alias"] = "self_"
    return attrs.field(validator=checks or None, metadata=metadata, **options)


def _is_nullable(annotation: Any) -> bool:
    try:
        return info_of(annotation).nullable
    except UndefinedName:
        return True


def _parents_first(cls: type, fields: list[Any]) -> list[Any]:
    """Return the *fields* of a class in the order of their definition: one that is replaced stays where it was."""
    parents = (attrs.fields(base) for base in cls.__mro__[1:] if attrs.has(base))
    names = [field.name for inherited in parents for field in inherited]
    places = {name: place for place, name in enumerate(dict.fromkeys((*names, *(field.name for field in fields))))}
    return sorted(fields, key=lambda field: places[field.name])
