"""Items as people look at them: by field, with what is wrong with them, and with what they are related to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dynamorm.data.records import field, record
from dynamorm.data.sizes import size_of_item
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import AttributeValue, Item
from dynamorm.exceptions import DynamoException, ValidationError
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.upkeep.examinations import findings_in, unknown_kind
from dynamorm.model.upkeep.models import TableModels
from dynamorm.operate.reading.filters import Filter, filter_of
from dynamorm.operate.reading.items import StoredValues, problems_of

if TYPE_CHECKING:
    from dynamorm.model.relationships.base import Relationship


@record
class RelatedItems:
    """A relationship of an item, and how the related items are read.

    Attributes:
        name: The name of the relationship.
        model: The other model.
        index: The name of the class of its index that is queried; ``None`` for the table.
        filters: The conditions of the query.
        key: The primary key of the other item, by attribute name, where the relationship leads to one item by its key.
        is_many: Whether there may be many of them.
        problem: Why it can't be read, in place of the filters: the name of what the query of the relationship raised.
    """

    name: str
    model: type[Any]
    index: str | None = None
    filters: tuple[Filter, ...] = field(default=(), repr=False)
    key: Item | None = field(default=None, repr=False)
    is_many: bool = False
    problem: str | None = None


@record
class ItemView:
    """An item of a table, as it is stored, and what its model says of it.

    Attributes:
        item: The item, by attribute name.
        key: Its primary key, by attribute name.
        model: Its model; ``None`` if no model has its kind, and for an item of DynamORM itself.
        values: The stored values by field name; those that only a composed key holds are among them.
        computed: The attributes that DynamORM computes: composed keys, and the kind.
        unknown: The attributes that the schema does not know.
        problems: What is wrong with it: what the schema refuses, and keys that its fields don't give.
        related: What it is related to.
        is_own: Whether it is an item of DynamORM itself, such as the guard of a unique value.
        is_expired: Whether its time to live has passed.
        is_partial: Whether it was read from an index that does not have all its attributes.
        absent_from: The names of its model's indexes that do not have it, because it lacks a part of their keys.
        size: Its size in bytes, as DynamoDB counts it; of an index that does not have all attributes, that of its part.
    """

    item: Item = field(repr=False)
    key: Item = field(repr=False)
    model: type[Any] | None
    values: Mapping[str, AttributeValue] = field(repr=False)
    computed: Item = field(repr=False)
    unknown: Item = field(repr=False)
    problems: tuple[str, ...] = ()
    related: tuple[RelatedItems, ...] = ()
    is_own: bool = False
    is_expired: bool = False
    is_partial: bool = False
    absent_from: tuple[str, ...] = ()
    size: int = 0


class ItemViewer:
    """Make the views of items of the *models* of a table, which were read from it or from an *index* of it."""

    def __init__(self, models: TableModels, spec: TableSpec, index: IndexSpec | None = None) -> None:
        self._models = models
        self._spec = spec
        self._is_partial = index is not None and index.projection.kind != "ALL"

    def view(self, item: Item) -> ItemView:
        """Return the view of an *item*."""
        key = {each.name: item[each.name] for each in self._spec.key_attributes if each.name in item}
        size = size_of_item(item)
        is_own = self._models.is_own_item(item, self._spec)
        model = None if is_own else self._models.model_of(item)
        stored = StoredValues.of(model, item)
        if model is None:
            problems: tuple[str, ...] = ()
            if not is_own and self._models.registry is not None:
                registry = self._models.registry
                problems = (unknown_kind(self._models.label, registry.attribute, key, item).message,)
            return ItemView(item, key, None, *stored, problems, is_own=is_own, is_partial=self._is_partial, size=size)
        expiry = model._mapper.table.expiry
        return ItemView(
            item,
            key,
            model,
            *stored,
            tuple(self._problems(model, item)),
            tuple(_related(model, item, partial=self._is_partial)),
            is_expired=expiry is not None and expiry.has_expired(item),
            is_partial=self._is_partial,
            absent_from=tuple(self._absent_from(model, item)),
            size=size,
        )

    def _problems(self, model: Any, item: Item) -> Iterator[str]:
        try:
            model._mapper.loaded(item, partial=self._is_partial)
        except ValidationError as error:
            yield from problems_of(error)
        if not self._is_partial:
            yield from (finding.message for finding in findings_in(model, item))

    def _absent_from(self, model: Any, item: Item) -> Iterator[str]:
        # A model of a shared table uses some of its indexes.
        may_be_in: Callable[[IndexSpec], bool] = getattr(model._mapper.kind, "may_be_in", lambda _: True)
        for index in () if self._is_partial else self._spec.indexes:
            if may_be_in(index) and index.lacking(item):
                yield index.name


def _related(model: Any, item: Item, *, partial: bool) -> Iterator[RelatedItems]:
    relationships = _named_once(model._mapper.relationships)
    if not relationships:
        return
    try:
        instance = model._load(item, partial)
    except Exception as error:  # noqa: BLE001 - the schema, and a constructor of the program's own
        for name, each in relationships.items():
            yield RelatedItems(name, each.other, is_many=each.leads_to_many, problem=type(error).__name__)
        return
    for name, each in relationships.items():
        try:
            found = _related_by(each, instance)
        except Exception as error:  # noqa: BLE001 - the query is the program's
            yield RelatedItems(name, each.other, is_many=each.leads_to_many, problem=type(error).__name__)
        else:
            if found is not None:
                yield found


def _named_once(relationships: Mapping[str, Relationship[Any]]) -> dict[str, Relationship[Any]]:
    """Return *relationships* without the second names that back references have had since DynamORM 0.11."""
    known: dict[object, str] = {}
    for name, each in relationships.items():
        known.setdefault((each.other, each.index_name, each._query), name)
    return {name: relationships[name] for name in known.values()}


def _related_by(relationship: Relationship[Any], instance: Any) -> RelatedItems | None:
    """Return what an *instance* is related to; ``None`` if it refers to nothing."""
    lookups = relationship.lookups(instance)
    if None in lookups.values():
        return None
    other, index = relationship.other, relationship.index_name
    mapper: Mapper = other._mapper
    key = None
    if index is None and not relationship.leads_to_many and lookups.keys() == set(mapper.key_fields):
        key = mapper.key(lookups, as_read=True)
    filters = [filter_of(mapper.fields, keyword, value) for keyword, value in lookups.items()]
    known = tuple(each for each in filters if each is not None)
    if key is None and len(known) != len(filters):
        raise DynamoException("A condition of the query has no text.")
    return RelatedItems(relationship.name, other, index, known, key, relationship.leads_to_many)
