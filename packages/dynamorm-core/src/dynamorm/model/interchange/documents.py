"""Documents: instances as JSON by field name, and as the objects of the schema library, and the ways back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.model.mapping.extra_names import extra_attributes
from dynamorm.model.mapping.loading import CONSTRUCTOR_PARAMETERS
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.nones import Meaning
from dynamorm.model.mapping.stored_instances import StoredInstance, field_values
from dynamorm.model.query.schema_errors import add_schema_note
from dynamorm.ports.json_forms import plain_json

Model = TypeVar("Model", bound=StoredInstance)


def document_of(instance: StoredInstance, *, validate: bool = True, only_set: bool = False) -> dict[str, Any]:
    """Return an instance as JSON has it, by field name.

    A field that is not set is ``None``, as the attribute of the instance is, unless the instance was read in part.

    Args:
        instance: The instance.
        validate: Validate the values, which the program may have set, first.
        only_set: Leave out fields that are not set, and those whose value the schema filled in when it was read.

    Raises:
        ValidationError: The schema refuses the values.
    """
    mapper = instance._mapper
    values = _values(instance, only_set=only_set)
    if validate:
        values = mapper.validated(values, partial=True)
    try:
        data = mapper.adapter.to_json(values)
    except Exception as error:
        add_schema_note(error, mapper.model_name)
        raise
    if not only_set:
        data = _with_nones(instance, values, data)
    if mapper.adapter.keeps_unknown:
        data.update((name, plain_json(value)) for name, value in extra_attributes(instance).items())
    return data


def native_document_of(instance: StoredInstance, *, only_set: bool = False) -> dict[str, Any]:
    """Return the fields that :func:`document_of` writes with their native values, but without those that are computed.

    An instance has no values of these.
    """
    values = _values(instance, only_set=only_set)
    if only_set:
        mapper = instance._mapper
        return {name: value for name, value in values.items() if value is not None or not is_unset(mapper, name)}
    # Only the schema library knows which fields it computes: it writes a value for them.
    written = document_of(instance, validate=False)
    nones = {name for name, value in written.items() if value is None}
    return {name: values.get(name) for name in [*written, *values] if name in values or name in nones}


def _values(instance: StoredInstance, *, only_set: bool) -> dict[str, Any]:
    values = field_values(instance)
    if not only_set:
        return values
    filled_in = instance._dynamorm_snapshot.layout.filled_in or {}
    return {name: value for name, value in values.items() if filled_in.get(name, _MISSING) is not value}


def _with_nones(instance: StoredInstance, values: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return *data* in the order of the fields, with those that it lacks and that are ``None``.

    They are that explicitly, or as the absence of the attribute.
    """
    found: dict[str, Any] = {}
    mapper, complete = instance._mapper, instance._dynamorm_snapshot.loaded.complete
    for name in mapper.adapter.fields:
        if name in data:
            found[name] = data[name]
        # A value that the library does not write, because it is never to be read, is no None.
        elif values.get(name) is None and (name in values or (complete and is_unset(mapper, name))):
            found[name] = None
    return found if len(found) >= len(data) and found.keys() >= data.keys() else {**found, **data}


def is_unset(mapper: Mapper, name: str) -> bool:
    """Return whether a field without a value reads as ``None``, and may be given as ``None``."""
    return mapper.nones.meaning(name) is Meaning.UNSET


def values_of(model: type[StoredInstance], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON *data* as values for the constructor of a *model*.

    Raises :class:`~dynamorm.exceptions.ValidationError` for a name that the constructor has another use for, such as
    the name of an attribute in storage: documents have the names of fields.
    """
    mapper = model._mapper
    others = dict.fromkeys((*CONSTRUCTOR_PARAMETERS, *mapper.relationships), "Unknown field.")
    others |= {
        field.attribute: f"'{field.attribute}' is its name in storage. Give it by the field's name, '{name}'."
        for name, field in mapper.adapter.fields.items()
    }
    refused = {name: [why] for name, why in others.items() if name in data and name not in mapper.adapter.fields}
    if refused:
        raise ValidationError(dict(data), mapper.adapter.schema.__name__, refused)
    try:
        return mapper.adapter.from_json(data)
    except Exception as error:
        add_schema_note(error, mapper.model_name)
        raise


def instance_of(model: type[Model], data: Mapping[str, Any], *, partial: bool = False) -> Model:
    """Return a new instance of JSON *data*, which the constructor validates, also when there are none."""
    return _construct(model, values_of(model, data), partial=partial)


def _construct(model: type[Model], values: Mapping[str, Any], *, partial: bool = False) -> Model:
    if partial:
        return model(partial=True, **values)  # type: ignore[call-arg] # the constructor of DynaModel
    if not values:
        # Without values the constructor validates nothing.
        model._mapper.validated({}, partial=False)
    return model(**values)


def schema_object(instance: StoredInstance) -> Any:
    """Return the object of the schema library with the values of an instance."""
    mapper = instance._mapper
    if not mapper.adapter.has_objects:
        raise _no_objects(mapper, "to_schema", "Use to_dict(), to_dict(native=True) or to_json().")
    values = {
        name: value for name, value in field_values(instance).items() if value is not None or not is_unset(mapper, name)
    }
    values.update((name, instance.__dict__[name]) for name in extra_attributes(instance))
    try:
        return mapper.adapter.to_object(values)
    except Exception as error:
        add_schema_note(error, mapper.model_name)
        raise


def from_schema_object(model: type[Model], given: Any) -> Model:
    """Return a new instance with the values of an object of the schema library."""
    mapper = model._mapper
    if not mapper.adapter.has_objects:
        raise _no_objects(mapper, "from_schema", f"Use the constructor: {mapper.model_name}(**values).")
    values = mapper.adapter.from_object(given)
    if values is None:
        base = issubclass(mapper.adapter.schema, type(given)) and type(given) is not object
        lacking = f"{type(given).__name__}, which lacks some of its fields" if base else type(given).__name__
        raise DynaModelException(
            f"from_schema of {mapper.model_name} takes an instance of its Schema, not {lacking}. For values by field "
            f"name, use the constructor: {mapper.model_name}(**values)."
        )
    return _construct(model, values)


def _no_objects(mapper: Mapper, verb: str, advice: str) -> DynaModelException:
    return DynaModelException(
        f"{verb} of {mapper.model_name} needs a schema library with objects of its own, such as Pydantic's models; the "
        f"library of its Schema works with dicts. {advice}"
    )


_MISSING = object()
