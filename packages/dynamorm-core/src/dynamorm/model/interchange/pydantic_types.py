"""Models as types of Pydantic's, and so of FastAPI's: as fields, parameters, bodies, responses and in OpenAPI.

Pydantic asks a class for the core schema of its validator and its serialiser, which is made with ``pydantic_core``. So
that is imported here, inside, although the core knows no schema library: a program that never uses Pydantic never comes
here, whichever schema library the model itself is made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from dynamorm.exceptions import ValidationError
from dynamorm.model.interchange.documents import (
    document_of,
    from_schema_object,
    instance_of,
    native_document_of,
    values_of,
)
from dynamorm.model.interchange.error_messages import messages_of
from dynamorm.model.interchange.json_schemas import unchangeable
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.stored_instances import StoredInstance


def core_schema_of(model: type[StoredInstance]) -> Any:
    """Return the core schema of a *model*. Its validator makes instances of data, and its serialiser writes them."""
    from pydantic_core import core_schema

    def validate(value: Any) -> Any:
        return _instance(model, value)

    def serialise(value: Any, info: Any) -> Any:
        return _serialised(value, info) if isinstance(value, model) else value

    return core_schema.no_info_plain_validator_function(
        validate,
        ref=_reference(model, ""),
        serialization=core_schema.plain_serializer_function_ser_schema(serialise, info_arg=True),
    )


@lru_cache(maxsize=256)
def serializer_of(model: type[StoredInstance]) -> Any:
    """Return the serializer of a *model*."""
    try:
        from pydantic_core import SchemaSerializer
    except ImportError as error:
        raise AttributeError("__pydantic_serializer__") from error
    return SchemaSerializer(core_schema_of(model))


def changes_core_schema(kind: Any, model: type[StoredInstance]) -> Any:
    """Return the core schema of changes, a *kind* of dicts, of the items of a *model*."""
    from pydantic_core import core_schema

    def validate(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise _not_of_type(model)
        with _PydanticErrors(model, value):
            data = values_of(model, value)
            _refuse_unfit(model._mapper, data)
            return kind(model._mapper.validated(data, partial=True))

    return core_schema.no_info_plain_validator_function(validate, ref=_reference(model, "Changes"))


def _refuse_unfit(mapper: Mapper, data: Mapping[str, Any]) -> None:
    """Raise ``ValidationError`` for fields that an update can't change, and for required ones that it would remove."""
    refused = {name: ["It can't be changed."] for name in data if name in unchangeable(mapper)}
    for name, value in data.items():
        # As values of a partial instance they are left out, and the change would be lost.
        if value is None and name not in refused and mapper.nones.is_missing(name):
            refused[name] = ["This field is required and can't be removed."]
    if refused:
        raise ValidationError(dict(data), mapper.adapter.schema.__name__, refused)


def _reference(model: type[StoredInstance], suffix: str) -> str:
    # In the form of Pydantic's own, from which it makes the names of JSON Schemas.
    return f"{model.__module__}.{model.__qualname__}{suffix}:{id(model)}"


def _instance(model: type[StoredInstance], value: Any) -> StoredInstance:
    if isinstance(value, model):
        return value
    if isinstance(value, Mapping):
        with _PydanticErrors(model, value):
            return instance_of(model, value)
    adapter = model._mapper.adapter
    if adapter.has_objects and adapter.from_object(value) is not None:
        with _PydanticErrors(model, {}):
            return from_schema_object(model, value)
    raise _not_of_type(model)


def _not_of_type(model: type[StoredInstance]) -> Exception:
    from pydantic_core import PydanticCustomError

    return PydanticCustomError(
        "model_type", "Input should be a valid dictionary or instance of {class_name}", {"class_name": model.__name__}
    )


class _PydanticErrors:
    """A context in which a ``ValidationError`` becomes Pydantic's, with the places of the values in the *data*."""

    def __init__(self, model: type[StoredInstance], data: Mapping[str, Any]) -> None:
        self._model = model
        self._data = data

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if not isinstance(error, ValidationError):
            return
        from pydantic_core import ValidationError as PydanticError

        adapter = self._model._mapper.adapter
        lines = [
            _line_error(adapter.json_location(location), kind, message, context, self._data)
            for location, kind, message, context in messages_of(error.errors)
        ]
        raise PydanticError.from_exception_data(self._model.__name__, lines) from error


def _line_error(location: tuple[str | int, ...], kind: str, message: str, context: Any, data: Mapping[str, Any]) -> Any:
    from pydantic_core import PydanticCustomError

    value: Any = data
    for part in location:
        try:
            value = value[part]
        except (LookupError, TypeError):
            # What is missing has no input: Pydantic shows what lacks it. Parts may also name the choices of a union.
            break
    return {"type": PydanticCustomError(kind, message, context), "loc": location, "input": value}


def _serialised(instance: StoredInstance, info: Any) -> Any:
    """Return an *instance* as Pydantic's serialiser is to write it, with the options in *info*."""
    mapper = instance._mapper
    if info.mode == "json":
        data = document_of(instance, validate=False, only_set=info.exclude_unset)
        data = {name: value if type(value) in _PLAIN else _jsonable(value) for name, value in data.items()}
    else:
        data = native_document_of(instance, only_set=info.exclude_unset)
    if info.exclude_defaults:
        defaults = mapper.defaults()
        data = {name: value for name, value in data.items() if value != defaults.get(name)}
    if info.exclude_none:
        data = {name: value for name, value in data.items() if value is not None}
    if info.include is not None or info.exclude is not None:
        from pydantic_core import SchemaSerializer, core_schema

        serialiser = SchemaSerializer(core_schema.dict_schema())
        data = serialiser.to_python(data, mode=info.mode, include=info.include, exclude=info.exclude)
    return data


_PLAIN = frozenset({str, int, bool, float, type(None)})


def _jsonable(value: Any) -> Any:
    """Return a JSON *value* without ``Decimal``: as a number if a float holds it exactly, else as its digits.

    Pydantic's serialiser writes no numbers with more digits.
    """
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if isinstance(value, dict):
        return {name: _jsonable(entry) for name, entry in value.items()}
    return [_jsonable(element) for element in value] if isinstance(value, list) else value
