"""The models whose items are in a table, and which of them an item is of."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from dynamorm.data.operations import Scan
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import Item
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.table.kind_registry import OWN_KINDS

if TYPE_CHECKING:
    from dynamorm.model.table.kind_registry import KindRegistry
    from dynamorm.model.table.layout import TableLayout


class TableModels:
    """The models of one table.

    Args:
        label: What errors call them: the name of a model, or of a shared table.
        models: The models whose items are read; those that inherit from them and share the table are among them.
        registry: The kinds of all models of the table, if its items have kinds.
        everything: Whether items of other and of unknown kinds are read, too.
    """

    def __init__(
        self, label: str, models: Collection[Any], registry: KindRegistry[Any] | None, *, everything: bool
    ) -> None:
        self.label = label
        self.models = tuple(models)
        self.registry = registry
        self.everything = everything
        #: Whether guards of unique values are among the items, and have no kind.
        self.holds_guards = any(model._mapper.table.holds_guards for model in self.models)

    @classmethod
    def of(cls, model: Any) -> TableModels:
        """Return the models that a *model* reads: itself, and those that inherit from it and share its table."""
        mapper: Mapper = model._mapper
        kind = mapper.kind
        everything = kind is None or not kind.needs_filter(Scan(mapper.table.spec.name))
        return cls(mapper.model_name, (model,), None if kind is None else kind.registry, everything=everything)

    @classmethod
    def of_table(cls, layout: TableLayout, verb: str, given: tuple[Any, ...] = ()) -> TableModels:
        """Return the model of a table, or those models of a shared one that were *given* to a *verb*, by default all.

        Raises :class:`~dynamorm.exceptions.DynaModelException` for one that is not a model of this table.
        """
        registry = layout.kinds
        if layout.model is not None or registry is None:
            return cls.of(layout.model)
        for model in given:
            kind = getattr(model, "_dynamorm_kind", None) if isinstance(model, type) else None
            if kind is None or kind.registry is not registry:
                raise registry.stranger(model, verb)
        label = given[0].__name__ if len(given) == 1 else registry.label
        return cls(label, given or registry.models, registry, everything=not given)

    @property
    def name(self) -> str | None:
        """What a cursor is bound to, if the table has items of several models."""
        return None if self.registry is None else " ".join(sorted(model.__name__ for model in self.models))

    def model_of(self, item: Item) -> Any:
        """Return the model of an *item*; ``None`` if no model has its kind."""
        if self.registry is None:
            return self.models[0]
        name = self.registry.kind_name(item)
        kind = None if name is None else self.registry.kinds.get(name)
        return None if kind is None else kind.model

    def reads(self, model: Any) -> bool:
        """Return whether the items of a *model* are to be read."""
        return model is None or issubclass(model, self.models)

    @property
    def all_models(self) -> tuple[Any, ...]:
        """The models whose items are read, and those that inherit from them and share the table."""
        registered = () if self.registry is None else self.registry.models
        return tuple(dict.fromkeys((*self.models, *filter(self.reads, registered))))

    def is_own_item(self, item: Item, spec: TableSpec) -> bool:
        """Return whether an *item* of a table is one of the library itself, such as a guard."""
        if self.holds_guards:
            from dynamorm.model.table.held_guards import is_guard  # deferred: start-up cost

            if is_guard(item, spec):
                return True
        if self.registry is None:
            return False
        name = item.get(self.registry.attribute)
        return type(name) is str and name.startswith(OWN_KINDS)

    def restrict(self, scan: Scan, spec: TableSpec) -> Scan:
        """Return a *scan* with a filter of the kinds, where only those of one model are read."""
        if self.everything or len(self.models) != 1:
            return scan
        kind = self.models[0]._mapper.kind
        restricted: Scan = scan if kind is None else kind.restrict(scan, spec, counts=True)
        return restricted
