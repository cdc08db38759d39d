"""Kinds: the names by which the items of several models on one table are told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dynamorm.data import limits
from dynamorm.data.conditions import (
    And,
    AttributeNotExists,
    Comparison,
    Condition,
    DescribedKeyCondition,
    In,
    Or,
    Value,
)
from dynamorm.data.operations import Query, Scan
from dynamorm.data.paths import Path
from dynamorm.data.records import record, replace
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.updates import IfNotExists, Set, UpdateAction
from dynamorm.data.values import AttributeValue, Item
from dynamorm.exceptions import InvalidUpdate, ValidationError, WrongKind
from dynamorm.model.query.operations import unprojected
from dynamorm.model.table.kind_registry import KindRegistry


@record
class KindField:
    """The field of a schema that is stored as the kind, which each write of a whole item sets."""

    name: str
    attribute: str
    model_name: str

    def refuse_change(self, changed: object) -> None:
        """Raise :class:`~dynamorm.exceptions.InvalidUpdate` if the program has *changed* the kind."""
        if changed:
            raise InvalidUpdate(
                f"'{self.name}' is the kind of {self.model_name}, which an update can't change. Leave it out."
            )


class _State(NamedTuple):
    """What a model reads as long as its registry has these *kinds*: the *claimed* ones, and their *loaders* by name.

    It is replaced as a whole, so threads need no lock.
    """

    kinds: Mapping[str, Kind]
    claimed: Mapping[str, Kind]
    loaders: dict[str, Callable[..., Any]]


class Kind:
    """The kind of one model: the first of its *names* is written, and all of them are read.

    A model without a kind of its own is a view of its parent's kind, and not registered. The *root* of a family is the
    model that the others on the table inherit from: items without the attribute are its own. *field* is the name of the
    field of the schema that is stored as the attribute.
    """

    def __init__(
        self,
        registry: KindRegistry[Kind],
        model: type[Any],
        names: tuple[str, ...],
        *,
        is_root: bool = False,
        is_view: bool = False,
        field: str | None = None,
    ) -> None:
        self.registry = registry
        self.attribute = registry.attribute
        self.model = model
        self.names = names
        self.is_root = is_root
        self.is_view = is_view
        #: The field of the schema that is stored as the kind, if there is one.
        self.own_field = None if field is None else KindField(field, self.attribute, model.__name__)
        self._own_load: Callable[..., Any] | None = None
        self._state = _State({}, {}, {})

    @property
    def name(self) -> str:
        """The name that is written."""
        return self.names[0]

    def register(self, spec: TableSpec, index_classes: Mapping[str, str]) -> None:
        """Register the kind of a model whose table has this *spec*, unless it is a view of its parent's.

        *index_classes* are the names of the model's index classes, by those of the indexes, for messages.

        Raises:
            DynaModelException: Another model has one of its names, or an index does not hold the attribute.
        """
        if not self.is_view:
            self.registry.register(self, lambda: self.registry.check(self, spec, index_classes))

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attribute that tells kinds apart, if there is one."""
        return (self.attribute,) if self.attribute else ()

    @property
    def needs_whole_items(self) -> bool:
        """Whether more than keys and the attribute of the kind may tell the kind of an item."""
        return self.registry.kind_of is not None

    @property
    def label(self) -> str:
        """What a cursor of a read of this model is bound to."""
        return self.name

    # Items

    def of(self, item: Item) -> Kind | None:
        """Return the kind of an *item* if this model reads it: its own, or that of a model that inherits from it."""
        name = self.registry.kind_name(item)
        return None if name is None else self.claimed().get(name)

    def gives(self, item: Item) -> bool:
        """Return whether a read of this model gives an *item*, instead of leaving it out."""
        return self.of(item) is not None

    def loader_of(self, item: Item) -> Callable[..., Any]:
        """Return the loader for an *item*: that of the model whose kind it is.

        Raises:
            WrongKind: It is of a kind that this model does not read.
        """
        state = self._state
        if state.kinds is not self.registry.kinds:
            state = self._current_state()
        name = item.get(self.attribute)
        load = state.loaders.get(name) if type(name) is str else None
        return load or self._find_loader(item, state)

    def set_loader(self, load: Callable[..., Any]) -> None:
        """Let *load* be the loader of the items that are of this very kind."""
        self._own_load = load

    def _find_loader(self, item: Item, state: _State) -> Callable[..., Any]:
        kind = self.of(item)
        if kind is None:
            raise self._wrong_kind(item)
        if kind._own_load is None:
            # Reading the mapper completes a model whose annotations name classes that were defined later.
            kind.model._mapper  # noqa: B018
        load = kind._own_load
        assert load is not None, "a complete model has a loader"
        state.loaders.update(dict.fromkeys(kind.names, load))
        return load

    def claimed(self) -> Mapping[str, Kind]:
        """Return the kinds that this model reads by name, as they are registered now."""
        return self._current_state().claimed

    def _current_state(self) -> _State:
        kinds, state = self.registry.kinds, self._state
        if state.kinds is not kinds:
            found = {name: each for name, each in kinds.items() if issubclass(each.model, self.model)}
            state = self._state = _State(kinds, {**dict.fromkeys(self.names, self), **found}, {})
        return state

    def _wrong_kind(self, item: Item) -> WrongKind:
        mapper: Any = self.model._mapper
        given = item.get(self.attribute)
        name = self.registry.kind_name(item)
        other = None if name is None else self.registry.kinds.get(name)
        if given is None and other is None:
            lacking = f"has no attribute '{self.attribute}'" if self.attribute else "has a key of no model"
            what = f"{lacking}, so nothing says that it is"
        elif other is None:
            what = "has a kind that no model has, and is not"
        else:
            what = f"is of the kind of {other.model.__name__}, and not"
        return WrongKind(
            f"The item with this key {what} of the kind of {mapper.model_name}, which is '{self.name}'. The 'kind' and "
            "the 'key' of this exception are the item's.",
            given if type(given) is str else None,
            {name: item[name] for name in mapper.key_names if name in item},
        )

    def readable(self, item: Mapping[str, AttributeValue]) -> Mapping[str, AttributeValue]:
        """Return a stored *item* as the schema reads it, without its kind unless a field is stored as that."""
        if self.own_field is not None or self.attribute not in item:
            return item
        return {name: value for name, value in item.items() if name != self.attribute}

    # Writes

    def relatives(self) -> list[Kind]:
        """Return the kinds of other models of which there may be an item with a key of this model."""
        if not self.attribute:
            return []
        return [each for each in dict.fromkeys(self.registry.kinds.values()) if not set(each.names) & set(self.names)]

    def add_to(self, item: Item) -> Item:
        """Return a whole *item* of the model with its kind.

        Raises:
            ValidationError: The schema has a field for the kind, which has another value.
        """
        given = item.get(self.attribute) if self.attribute else self.name
        if given is None:
            return {**item, self.attribute: self.name}
        if given not in self.names:
            mapper: Any = self.model._mapper
            name = self.attribute if self.own_field is None else self.own_field.name
            errors = {name: [f"The kind of {mapper.model_name} is '{self.name}'."]}
            raise ValidationError(item, mapper.adapter.schema.__name__, errors)
        return item

    def complete_update(self, actions: Sequence[UpdateAction], *, creates: bool) -> list[UpdateAction]:
        """Return the *actions* of an update; if it may create the item, with one that sets its kind.

        The kind of an item that is there stays as it is.

        Raises:
            InvalidUpdate: They change the kind.
        """
        KindField(self.attribute, self.attribute, self.model.__name__).refuse_change(
            any(action.path.attribute == self.attribute for action in actions)
        )
        if not (creates and self.attribute and self._stamps):
            return list(actions)
        path = Path.of(self.attribute)
        return [*actions, Set(path, IfNotExists(path, Value(self.name)))]

    @property
    def _stamps(self) -> bool:
        """Whether an item without a kind that is updated through this model is known to be of the model's own kind."""
        return self.registry.kind_of is None or len(self.claimed()) == len(self.names)

    # Reads of queries and scans

    def is_decided_by_program(self, operation: Query | Scan, spec: TableSpec) -> bool:
        """Return whether no filter can tell the items of this model from others that an *operation* reads."""
        if self.registry.kind_of is not None:
            return True
        return self.needs_filter(operation) and not self._can_filter(operation, spec)

    def needs_filter(self, operation: Query | Scan) -> bool:
        """Return whether there may be items of other kinds in what an *operation* of this model reads."""
        return not self.is_root

    def attributes_held(self, spec: TableSpec, index: IndexSpec | None) -> tuple[str, ...]:
        """Return the attributes that tell kinds apart, if a table, or an *index* of it, holds them."""
        return (self.attribute,) if is_held(spec, index, self.attribute) else ()

    def drops(self, error: Exception, item: Item) -> bool:
        """Return whether a read leaves out an *item* that raised this *error*: it is of another kind."""
        return isinstance(error, WrongKind) and error.key == {name: item.get(name) for name in error.key}

    def restrict(self, operation: Query | Scan, spec: TableSpec, *, counts: bool) -> Query | Scan:
        """Return the *operation* of a read of this model, with a filter of the kinds where it needs one.

        What the service *counts* is always filtered, as nobody looks at the items.
        """
        if not self._can_filter(operation, spec):
            return operation
        if not (counts or self.needs_filter(operation)):
            return operation
        absent = [self.without_attribute(operation)] if self.takes_items_without else []
        condition = kind_condition(self.attribute, tuple(self.claimed()), absent)
        filtered = replace(operation, filter=and_also(operation.filter, condition))
        return filtered if counts or isinstance(filtered, Scan) else with_warning(filtered)

    def _can_filter(self, operation: Query | Scan, spec: TableSpec) -> bool:
        """Return whether a read can filter by the kind: the index holds it, and a query does not have it as a key."""
        index = index_read(operation, spec)
        is_key = index is not None and any(each.name == self.attribute for each in index.key_attributes)
        return is_held(spec, index, self.attribute) and not (is_key and isinstance(operation, Query))

    def without_attribute(self, operation: Query | Scan) -> Condition:
        """Return the condition that an item which an *operation* reads lacks the attribute, and may be of this kind."""
        return AttributeNotExists(Path.of(self.attribute))

    @property
    def takes_items_without(self) -> bool:
        """Whether items without the attribute may be of this model."""
        root = self.registry.root_of(self)
        return self.registry.kind_of is not None or (root is not None and root.name in self.claimed())


def is_held(spec: TableSpec, index: IndexSpec | None, attribute: str) -> bool:
    """Return whether a table, or an *index* of it, holds an *attribute*; the name of none is empty."""
    return attribute != "" and (index is None or not unprojected(spec, index, (attribute,)))


def with_warning(query: Query) -> Query:
    """Return a *query* whose explanation warns of the items of other models."""
    condition = query.key_condition
    described = condition if isinstance(condition, DescribedKeyCondition) else None
    warning = "items of other models have keys between those that it reads: they are read, and dropped."
    return replace(
        query,
        key_condition=DescribedKeyCondition(
            condition.hash_key,
            condition.range_condition,
            "" if described is None else described.description,
            (*(() if described is None else described.warnings), warning),
            misses_former=described is not None and described.misses_former,
        ),
    )


def index_read(operation: Query | Scan, spec: TableSpec) -> IndexSpec | None:
    """Return the index of a table that an *operation* reads; ``None`` if it reads the table."""
    return next((each for each in spec.indexes if each.name == operation.index), None)


def kind_condition(attribute: str, names: Sequence[str], absent: Iterable[Condition]) -> Condition:
    """Return the condition that the kind of an item is one of the *names*, or that an *absent* condition holds."""
    path = Path.of(attribute)
    chunks = [names[start : start + limits.IN_OPERANDS] for start in range(0, len(names), limits.IN_OPERANDS)]
    conditions = list(dict.fromkeys(absent))
    conditions += (
        Comparison("=", path, Value(chunk[0])) if len(chunk) == 1 else In(path, tuple(map(Value, chunk)))
        for chunk in chunks
    )
    return conditions[0] if len(conditions) == 1 else Or(tuple(conditions))


def and_also(condition: Condition | None, other: Condition) -> Condition:
    """Return the AND of two conditions, of which the first may be missing."""
    if condition is None:
        return other
    parts = condition.conditions if isinstance(condition, And) else (condition,)
    return And((*parts, other))
