"""The registry of the kinds on one table, by the names that are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import Item
from dynamorm.exceptions import DynaModelException
from dynamorm.model.query.operations import unprojected

#: A program's function that returns the kind of an item that has no attribute for it; ``None`` if it knows none.
KindOf: TypeAlias = Callable[[Mapping[str, Any]], str | None]
#: The beginning of the kinds of the library's own items, such as the guards of unique values.
OWN_KINDS = "dynamorm."


class RegisteredKind(Protocol):
    """What the registry needs of a kind."""

    model: type[Any]
    names: tuple[str, ...]
    is_root: bool

    @property
    def name(self) -> str:
        """The name that is written."""


Kind = TypeVar("Kind", bound=RegisteredKind)


class KindRegistry(Generic[Kind]):
    """The kinds on one table. A new mapping replaces the old one for each model, so reads of it need no lock.

    *label* names the table in errors. *attribute* holds the name of an item's kind.
    """

    def __init__(self, label: str, attribute: str, kind_of: KindOf | None) -> None:
        self.label = label
        self.attribute = attribute
        self.kind_of = kind_of
        #: The kinds by each name that they read.
        self.kinds: Mapping[str, Kind] = {}
        self._lock = Lock()

    @property
    def models(self) -> tuple[type[Any], ...]:
        """The models that are registered, each once, in the order of their definition."""
        return tuple(dict.fromkeys(kind.model for kind in self.kinds.values()))

    def register(self, kind: Kind, check: Callable[[], None]) -> None:
        """Add the *kind* of a model that is being defined, after a *check* against the others.

        It replaces that of a model with the same module and qualified name, as in a notebook whose cell is run again,
        and those of the models that inherited from it.

        Raises:
            DynaModelException: Another model has one of its names.
        """
        # Another thread may be defining a model that this one excludes.
        with self._lock:
            check()
            replaced = {each.model for each in self.kinds.values() if _full_name(each.model) == _full_name(kind.model)}
            kept = {
                name: each
                for name, each in self.kinds.items()
                if not any(issubclass(each.model, model) for model in replaced)
            }
            for name in kind.names:
                if name in kept:
                    raise DynaModelException(
                        f"{kind.model.__name__} has the kind '{name}', which is that of {_full_name(kept[name].model)} "
                        f"in {self.label} already. Give each model a kind of its own."
                    )
            self.kinds = {**kept, **dict.fromkeys(kind.names, kind)}

    def check(self, kind: Kind, spec: TableSpec, index_classes: Mapping[str, str]) -> None:
        """Raise ``DynaModelException`` if reads could not tell a *kind* from those that are registered.

        *index_classes* are the names of index classes, by those of the indexes in the *spec* of the table.
        """
        others = [each for each in self.models if each is not kind.model]
        for index in spec.indexes if others else ():
            if unprojected(spec, index, (self.attribute,)):
                raise unprojected_kind(
                    f"{others[0].__name__} and {kind.model.__name__} have their items in one table",
                    index,
                    index_classes.get(index.name, index.name),
                    self.attribute,
                )

    def stranger(self, given: object, verb: str) -> DynaModelException:
        """Return the error for something *given* to a *verb* of the table that is not one of its models."""
        name = given.__name__ if isinstance(given, type) else type(given).__name__
        return DynaModelException(
            f"{self.label}.{verb} takes models of {self.label}, whose inner class Table inherits from it, and {name} "
            f"is none. Its models are {', '.join(each.__name__ for each in self.models) or 'not defined yet'}."
        )

    def kind_name(self, item: Item) -> str | None:
        """Return the name of an *item*'s kind: the stored one, or that of the kind that it belongs to without one.

        ``None``: nobody knows it, or what is stored is no string.
        """
        name = item.get(self.attribute)
        if name is None:
            found = self.kind_without_attribute(item)
            return None if found is None else found.name
        return name if type(name) is str else None

    def kind_without_attribute(self, item: Item) -> Kind | None:
        """Return the kind of an *item* that lacks the attribute; ``None`` if nobody knows it.

        It is the one that ``kind_of`` names, or else that of the model that the other models inherit from.
        """
        if self.kind_of is not None:
            name = self.kind_of(item)
            return self.kinds.get(name) if isinstance(name, str) else None
        return self._root()

    def root_of(self, kind: Kind) -> Kind | None:
        """Return the kind of the model that the model of *kind* and others inherit from, unless that is abstract."""
        return self._root()

    def _root(self) -> Kind | None:
        return next((kind for kind in self.kinds.values() if kind.is_root), None)


def _full_name(model: type) -> str:
    return f"{model.__module__}.{model.__qualname__}"


def unprojected_kind(what: str, index: IndexSpec, name: str, attribute: str) -> DynaModelException:
    """Return the error for an *index*, of this *name*, that lacks the *attribute* of the kinds that *what* names."""
    included = ", ".join(map(repr, (*index.projection.include, attribute)))
    return DynaModelException(
        f"{what}, and the index {name} does not project '{attribute}', which tells them apart. Use ProjectAll(), or "
        f"add it: ProjectInclude({included})."
    )
