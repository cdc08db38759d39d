"""The indexes of a shared table: each reads the items of several models, and models inherit from it for their use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from dynamorm.data.tables import IndexSpec
from dynamorm.model.indexes import BoundIndex, Index
from dynamorm.model.shared_tables.definitions import SharedDefinition, define, index_classes
from dynamorm.model.table.layout import TableLayout

if TYPE_CHECKING:
    from dynamorm.model.reads.collections import CollectionQuery, CollectionScan


class BoundSharedIndex(BoundIndex):
    """The metaclass of the indexes of a shared table."""

    def __repr__(cls) -> str:  # noqa: N805 - it is a metaclass
        shared: SharedDefinition | None = vars(cls).get("_dynamorm_shared")
        if shared is None:
            return super().__repr__()
        return f"<{cls.__name__}, the index '{cls.name}' of {shared.layout.model_name}>"


class SharedIndexVerbs:
    """What the indexes of a shared table do in another way than those of a model."""

    if TYPE_CHECKING:
        spec: ClassVar[IndexSpec]
        _dynamorm_shared: ClassVar[SharedDefinition]

    @classmethod
    def query(
        cls, /, *given: object, query_kwargs: Mapping[str, Any] | None = None, **lookups: Any
    ) -> CollectionQuery[Any]:
        """Query the items of several models with one hash key of this index; see ``SharedTable.query``."""
        from dynamorm.model.shared_tables import collections  # deferred: start-up cost

        return collections.query(cls._dynamorm_shared, cls.spec, given, query_kwargs, lookups)

    @classmethod
    def scan(
        cls, /, *given: object, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any
    ) -> CollectionScan[Any]:
        """Scan all items of this index; see ``SharedTable.scan``."""
        from dynamorm.model.shared_tables import collections  # deferred: start-up cost

        return collections.scan(cls._dynamorm_shared, cls.spec, given, scan_kwargs, lookups)

    @classmethod
    def bound(cls, layout: TableLayout) -> type[Any]:
        """Return a model's use of the index, bound to the model whose table has this *layout*."""
        verbs = {name: vars(Index)[name] for name in ("query", "scan", "bound")}
        index = cast("type[Index]", cls)
        attributes = {"__doc__": cls.__doc__, "spec": layout.index(index.name), **verbs}
        return cast("type[Any]", BoundIndex(cls.__name__, (cls,), attributes))


def define_table(shared: type[Any]) -> SharedDefinition:
    """Return the definition of a *shared* table from its class, and bind the index classes in it.

    Raises what :func:`~dynamorm.model.shared_tables.definitions.define` raises.
    """
    indexes = dict(index_classes(shared))
    definition = define(shared, indexes)
    for name, index in indexes.items():
        attributes = {
            "__doc__": index.__doc__,
            "__module__": index.__module__,
            "spec": definition.layout.index(index.name),
            "_dynamorm_shared": definition,
        }
        # That of a table that this one inherits from has them already.
        bases = (index,) if issubclass(index, SharedIndexVerbs) else (SharedIndexVerbs, index)
        bound = BoundSharedIndex(index.__name__, bases, attributes)
        type.__setattr__(shared, name, bound)
        definition.indexes[index.name] = bound
    return definition
