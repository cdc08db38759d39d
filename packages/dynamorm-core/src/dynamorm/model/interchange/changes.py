"""Changes of an item as a type of Pydantic's, for the bodies of requests that change a part of it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.stored_instances import StoredInstance

Model = TypeVar("Model", bound=StoredInstance)


if TYPE_CHECKING:

    class _Values(dict[str, Any], Generic[Model]):
        """A dict that takes a model between square brackets."""

else:

    class _Values(dict):
        """A dict that takes a model between square brackets."""

        def __class_getitem__(cls, model):
            """Return the class of the changes of a *model*."""
            if isinstance(model, TypeVar):
                return cls
            if not (isinstance(model, type) and issubclass(model, StoredInstance)):
                raise DynaModelException(
                    f"Changes[…] takes a model, as in Changes[Book], and not {getattr(model, '__name__', model)!r}. "
                    "It has to be defined before."
                )
            return _changes_of(model)


class Changes(_Values[Model]):
    """The body of a request that changes some fields of an item: ``Changes[Book]`` is a dict of values by field name.

    ::

        @app.patch("/books/{isbn}")
        def change(isbn: str, changes: Changes[Book]) -> Book:
            book = existing(isbn)
            book.update(**changes)
            return book

    It holds the fields that were given, and no others, each validated by the schema as by a partial instance of the
    model. Names that the schema lacks are treated as by the constructor. The fields of the primary key, the version and
    the write token are refused, because an update can't change them. ``None`` removes a value where the schema allows
    it, and is refused for a required field.
    """

    _model: ClassVar[type[StoredInstance] | None] = None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Return the core schema with which Pydantic validates the changes."""
        from dynamorm.model.interchange.pydantic_types import changes_core_schema  # deferred: start-up cost

        if cls._model is None:
            raise DynaModelException("Changes needs the model whose items are changed: write Changes[Book].")
        return changes_core_schema(cls, cls._model)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Any:
        """Return the JSON Schema, for OpenAPI."""
        from dynamorm.model.interchange.json_schemas import changes_schema_of  # deferred: start-up cost

        assert cls._model is not None, "there was a core schema"
        return changes_schema_of(cls._model._mapper, handler)


@lru_cache(maxsize=256)
def _changes_of(model: type[StoredInstance]) -> type[Any]:
    name = f"{model.__name__}Changes"
    return type(name, (Changes,), {"__module__": model.__module__, "__qualname__": name, "_model": model})
