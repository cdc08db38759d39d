"""Typed models: schemas that the plugin makes of annotations, if it has a ``schema_from``."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pytest

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.schemas import Claim, SchemaAdapter
from dynamorm.testing.schemas.kinds import DAY
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, refused, set_values, stored
from dynamorm.testing.schemas.tiers import TYPED_MODELS, current_test

#: What a name stands for that is not defined yet: ``complete`` looks for it in the module of the model.
BODY = {"__module__": __name__, "__qualname__": "Thing.Schema", "__doc__": "Things."}


class _Unknown:
    """A class of which no library knows how it is stored."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret


class TypedTests(SchemaSuite):
    """Test ``schema_from``."""

    def test_schema_of_annotations(self, library: SchemaLibrary) -> None:
        """Annotations become fields in their order; arguments set defaults and the names of attributes."""
        annotations = {"id": str, "count": int, "day": datetime.date, "note": str | None}
        arguments: dict[str, dict[str, Any]] = {
            "count": {"default": 5},
            "day": {"attribute": "D", "default_factory": lambda: DAY},
            "note": {"default": None},
        }
        adapter = _adapter(library, annotations, arguments)
        found = adapter.fields
        assert [(field.name, field.attribute, field.required, field.has_default) for field in found.values()] == [
            ("id", "id", True, False),
            ("count", "count", False, True),
            ("day", "D", False, True),
            ("note", "note", False, False),
        ]
        assert found["note"].nullable
        assert adapter.defaults() == {"count": 5, "day": DAY}
        values = adapter.validate({"id": "1"}, partial=False)
        assert set_values(values) == {"id": "1", "count": 5, "day": DAY}
        assert stored(adapter, values) == {"id": "1", "count": 5, "D": "2020-01-02"}
        assert adapter.load({"id": "1", "D": "2020-01-03"}, partial=False)["day"] == datetime.date(2020, 1, 3)
        with refused(library, "id", "count"):
            adapter.validate({"count": "soon"}, partial=False)

    def test_factories_of_arguments(self, library: SchemaLibrary) -> None:
        """A ``default_factory`` makes a new value each time."""
        adapter = _adapter(library, {"id": str, "tags": list[str]}, {"tags": {"default_factory": list}})
        for _ in range(2):
            for found in (adapter.defaults(), adapter.validate({"id": "1"}, partial=False)):
                assert found["tags"] == []
                found["tags"].append("x")

    def test_class_of_annotations(self, library: SchemaLibrary) -> None:
        """The class is the library's own, and has what is in the body, and what its bases have."""

        class Base:
            limit = 5

            def limited(self) -> int:
                return self.limit

        made = _schema(library, {"id": str}, {}, (Base,), {**BODY, "constant": 7})
        assert library.provider.claims(made) == Claim.CLASS
        assert issubclass(made, Base)
        assert (made.__module__, made.__doc__) == (__name__, "Things.")
        assert vars(made)["constant"] == 7
        schema = library.provider.adapt("Thing", made).schema
        assert issubclass(schema, made)
        assert list(library.provider.adapt("Thing", made).fields) == ["id"]

    def test_schema_of_a_parent(self, library: SchemaLibrary) -> None:
        """A schema that inherits from another has its fields first, and may replace one."""
        parent = _schema(library, {"id": str, "number": int}, {"number": {"default": 1}})
        adapter = _adapter(library, {"more": str, "number": int}, {"number": {"default": 2}}, (parent,))
        assert list(adapter.fields) == ["id", "number", "more"]
        assert adapter.defaults() == {"number": 2}
        assert list(library.provider.adapt("Parent", parent).fields) == ["id", "number"]

    def test_annotation_that_can_t_be_stored(self, library: SchemaLibrary) -> None:
        """An annotation that the library knows nothing of is a mistake in the definition of the model."""
        _schema(library, {"id": str}, {})
        with pytest.raises(DynaModelException):
            _adapter(library, {"id": str, "value": _Unknown}, {})

    def test_arguments_that_exclude_each_other(self, library: SchemaLibrary) -> None:
        """Arguments that the library can't have together are a mistake in the definition of the model."""
        _schema(library, {"id": str}, {})
        with pytest.raises(DynaModelException):
            _adapter(library, {"id": str}, {"id": {"default": "x", "default_factory": str}})

    def test_annotation_of_a_class_that_is_defined_later(self, library: SchemaLibrary) -> None:
        """A class that is not defined yet leaves its field unresolved, until ``complete`` is called."""
        adapter = _adapter(library, {"id": str, "later": "_NotYet | None"}, {"later": {"default": None}})
        assert [field.unresolved for field in adapter.fields.values()] == [None, "_NotYet"]
        assert list(adapter.fields) == ["id", "later"]
        with pytest.raises(DynaModelException, match="_NotYet"):
            adapter.complete()
        globals()["_NotYet"] = int
        try:
            complete = adapter.complete()
        finally:
            del globals()["_NotYet"]
        assert [field.unresolved for field in complete.fields.values()] == [None, None]
        assert set_values(complete.validate({"id": "1", "later": 5}, partial=False)) == {"id": "1", "later": 5}


def _schema(
    library: SchemaLibrary,
    annotations: Mapping[str, Any],
    arguments: Mapping[str, Mapping[str, Any]],
    bases: tuple[type, ...] = (),
    body: Mapping[str, Any] = BODY,
) -> type:
    """Return the schema that the plugin makes of *annotations*; skip the test if it makes none."""
    current_test.needs([TYPED_MODELS])
    if library.provider.schema_from is None:
        pytest.skip(f"{library.provider.name} has no schema_from")
    return library.provider.schema_from("Thing", annotations, arguments, bases, body)


def _adapter(
    library: SchemaLibrary,
    annotations: Mapping[str, Any],
    arguments: Mapping[str, Mapping[str, Any]],
    bases: tuple[type, ...] = (),
) -> SchemaAdapter:
    return library.provider.adapt("Thing", _schema(library, annotations, arguments, bases))
