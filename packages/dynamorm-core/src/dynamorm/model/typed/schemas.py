"""The schema of a typed model: one that is made of its annotations, or the one that its inner ``Schema`` describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from dynamorm.exceptions import DynaModelException, InvalidSchemaField, SchemaNotRecognised
from dynamorm.model.tables import ModelTable
from dynamorm.model.typed.annotations import annotations_of, raw_annotations
from dynamorm.model.typed.bodies import belonging, body_for_schema, check_functions
from dynamorm.model.typed.fields import arguments_of, mapped_names, own_fields
from dynamorm.model.typed.mapped import MADE_SCHEMA
from dynamorm.plugins import finder
from dynamorm.plugins.schema_search import PUBLISHED_SCHEMAS
from dynamorm.plugins.traces import OF_ANNOTATIONS, traces_of
from dynamorm.ports.schemas import SchemaAdapter


def make_schema(model: Any, body: Mapping[str, Any]) -> None:
    """Make the schema of a typed *model* of its annotations, unless it has a ``Schema`` with fields of its own.

    It inherits from the schemas of the model's parents, and takes the validators that stand in the *body*.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for a mistake, and
    :class:`~dynamorm.exceptions.SchemaNotRecognised` when the plugin that makes such schemas is not installed.
    """
    library: str | None = getattr(getattr(model, "Table", None), "schema_library", None)
    found = belonging(model, body, library or OF_ANNOTATIONS)
    if _describes(model, body, library):
        if found:
            raise DynaModelException(
                f"'{min(found)}' in the body of {model.__name__} would be ignored: the inner class Schema has the "
                "fields. Write it there."
            )
        type.__setattr__(model, MADE_SCHEMA, None)
        return
    fields, own = own_fields(model), body.get("Schema")
    bases = _without_ancestors([*([own] if isinstance(own, type) else []), *_parent_schemas(model)])
    if not (fields.types or found or len(bases) > 1 or isinstance(own, type) or (bases and _is_first_of_table(model))):
        return
    provider = finder().schema_of_annotations(model.__name__, library)
    assert provider.schema_from is not None
    names = mapped_names(model)
    schema = provider.schema_from(
        model.__name__, fields.types, fields.arguments, tuple(bases), body_for_schema(model, found)
    )
    check_functions(model, schema, names, found)
    type.__setattr__(model, MADE_SCHEMA, schema)


def check_described(model: type, adapter: SchemaAdapter) -> None:
    """Raise ``InvalidSchemaField`` if a *model* declares a field with ``Mapped`` that its ``Schema`` lacks."""
    for name in mapped_names(model):
        if name not in adapter.fields:
            close = get_close_matches(name, list(adapter.fields), n=1)
            hint = f"Did you mean '{close[0]}'?" if close else "Add it there."
            raise InvalidSchemaField(
                f"The field '{name}' of {model.__name__} is declared with Mapped, but is not in its Schema, whose "
                f"fields are {', '.join(sorted(adapter.fields)) or 'none'}. {hint}"
            )
        arguments = arguments_of(model, name)
        attribute = adapter.fields[name].attribute
        if arguments.get("attribute", attribute) != attribute:
            raise DynaModelException(
                f"The field '{name}' of {model.__name__} is declared with attribute='{arguments['attribute']}', but "
                f"its Schema stores it as '{attribute}'. Set it in the Schema."
            )


def _describes(model: Any, body: Mapping[str, Any], library: str | None) -> bool:
    """Return whether the annotations of a typed *model* only describe a ``Schema`` that has the fields."""
    own = body.get("Schema")
    if own is not None and (not isinstance(own, type) or _has_fields(model, own, library)):
        return True
    for definer in model.__mro__[1:]:
        schema = vars(definer).get("Schema")
        if isinstance(schema, type) and getattr(definer, MADE_SCHEMA, None) is None:
            provider = finder().schema_for(model.__name__, schema, library)
            if provider.name != (library or OF_ANNOTATIONS):
                return True
    return False


def _has_fields(model: Any, definition: type, library: str | None) -> bool:
    """Return whether an inner ``Schema`` has fields of its own, besides those of the schemas of the model's parents."""
    parents = filter(None, (getattr(parent, MADE_SCHEMA, None) for parent in model.__mro__[1:]))
    made = {base for schema in parents for base in schema.__mro__}
    traces = traces_of(definition)
    for base in definition.__mro__:
        if base in made or base.__module__.partition(".")[0] == (library or OF_ANNOTATIONS):
            continue
        annotations = annotations_of(base, vars(base), raw_annotations(base))
        if any(not (name.startswith("_") or each.is_class_variable) for name, each in annotations.items()):
            return True
    try:
        return finder().schema_for(model.__name__, definition, library).name != (library or OF_ANNOTATIONS)
    except SchemaNotRecognised:
        if {*traces.names} & {*PUBLISHED_SCHEMAS} - {library or OF_ANNOTATIONS}:
            raise
        return False


def _parent_schemas(model: Any) -> list[type]:
    """Return the schemas of the parents of a *model*: those that were made, and those that were written."""
    found = (getattr(base, MADE_SCHEMA, None) or getattr(base, "Schema", None) for base in model.__bases__)
    return [schema for schema in found if isinstance(schema, type)]


def _without_ancestors(classes: Sequence[type]) -> list[type]:
    """Return *classes* without those of which another one inherits."""
    unique = dict.fromkeys(classes)
    return [each for each in unique if not any(other is not each and issubclass(other, each) for other in unique)]


def _is_first_of_table(model: Any) -> bool:
    """Return whether a *model* has a table, which none of its parents has."""
    if getattr(model, "Table", None) is None:
        return False
    return not any(isinstance(getattr(base, "Table", None), ModelTable) for base in model.__bases__)
