"""``DynaModel``: the class that every model inherits from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self

from dynamorm.data.batches import DeleteRequest, PutRequest
from dynamorm.data.operations import ReturnValues
from dynamorm.data.tables import IndexSpec
from dynamorm.data.values import Item, normalise_item
from dynamorm.engine.plans import batches, writes
from dynamorm.engine.plans import items as plans
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.sync import run, stream
from dynamorm.exceptions import DynaModelException
from dynamorm.model.definition import ModelMeta
from dynamorm.model.instances import Instance
from dynamorm.model.mapping.loading import unnamed
from dynamorm.model.mapping.mapper import Conditions
from dynamorm.model.mapping.snapshots import ItemSnapshot, LoadedAttributes
from dynamorm.model.query.expressions import Expression
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.updates import Changes, combined
from dynamorm.model.reads.reads import QueryIterator
from dynamorm.model.reads.scans import ScanIterator
from dynamorm.model.relationships.kinds import pop_related
from dynamorm.model.table.model_table import ModelTable
from dynamorm.signals import (
    post_init,
    pre_init,
)


class DynaModel(Instance, metaclass=ModelMeta):
    """The base of all models.

    A model describes a table, and the items in it, with two inner classes::

        class Book(DynaModel):
            class Table:
                name = "prod-books"
                hash_key = "isbn"

            class Schema:
                isbn = fields.String(required=True)
                title = fields.String()

    ``Table`` holds the settings of :class:`~dynamorm.model.table.model_table.ModelTable`; ``Schema`` is filled as the schema
    library's users do. Indexes are further inner classes, of :class:`GlobalIndex` or :class:`LocalIndex`.
    An instance's attributes are the fields of the schema; one that is not set reads as ``None``.
    """

    __slots__ = ()

    Table: ClassVar[ModelTable]
    Schema: ClassVar[type]

    def __init__(self, /, partial: bool = False, **raw: Any) -> None:
        """Makes an instance of values by field name, each native or serialised, and validates them at once.

        With ``partial=True`` required fields may be missing and defaults are not filled in. Without any
        value the instance is empty but for the defaults, to be filled by assignment; ``save`` validates it.

        The name of a relationship to one instance is taken too, with the related instance: what refers to it is set.

        Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        if not isinstance(partial, bool):
            raise DynaModelException(
                f"{type(self).__name__} takes values by name; its one positional argument, partial, is True or False."
            )
        stored: ItemSnapshot | None = getattr(self, "_dynamorm_snapshot", None)
        if stored is not None:
            raw.update(unnamed(stored))
        pre_init.send(type(self), instance=self, partial=partial, raw=raw)
        related = {} if stored is not None else pop_related(self._mapper, raw)
        if stored is not None:
            values = self._mapper.loaded(raw, partial=partial)
            self._dynamorm_snapshot = stored.with_filled_in(self._mapper, values)
        elif raw or partial:
            values = self._mapper.validated(raw, partial=partial)
            self._dynamorm_snapshot = ItemSnapshot.of(self._mapper.extra_values(values, raw))
        else:
            self._dynamorm_snapshot = ItemSnapshot.of({})
            values = self._mapper.defaults()
        self.__dict__.update(values)
        for relationship, instance in related.items():
            relationship.__set__(self, instance)
        post_init.send(type(self), instance=self, partial=partial, raw=raw)

    @classmethod
    def new_from_raw(cls, raw: Mapping[str, Any] | None, partial: bool = False) -> Self | None:
        """An instance of a stored item, by attribute name; ``None`` of ``None``.

        Attributes that the schema does not know are kept, and written back by ``save``. Raises
        :class:`~dynamorm.exceptions.ValidationError`.
        """
        return None if raw is None else cls._load(normalise_item(raw), partial)

    # Verbs of the class

    @classmethod
    def put(cls, item: Mapping[str, Any], *, conditions: Conditions = None) -> None:
        """Validates an *item*, by field name, and writes it in place of the one with its key.

        Raises :class:`~dynamorm.exceptions.ValidationError`, and
        :class:`~dynamorm.exceptions.ConditionFailed` when the *conditions* don't hold for the present one.
        """
        run(plans.write(cls._put_write(item, conditions)), cls._mapper.backend())

    @classmethod
    def put_unique(cls, item: Mapping[str, Any]) -> None:
        """Validates an *item* and writes it, unless there is one with its primary key.

        Raises :class:`~dynamorm.exceptions.ValidationError` and :class:`~dynamorm.exceptions.HashKeyExists`.
        """
        run(plans.write(cls._put_write(item, unique=True)), cls._mapper.backend())

    @classmethod
    def put_batch(cls, *items: Mapping[str, Any]) -> None:
        """Validates all *items*, and writes them in batches of 25, several at once. A batch is no transaction.

        Raises :class:`~dynamorm.exceptions.ValidationError` before anything is sent, and
        :class:`~dynamorm.exceptions.UnprocessedItems` when the service stops processing them. Whatever ends it, the exception's
        ``unprocessed`` holds the put requests that were not made.
        """
        mapper = cls._mapper
        mapper.refuse_batch_of_versions()
        puts = [(mapper.spec, PutRequest(mapper.spec.name, mapper.item(item))) for item in items]
        run(batches.write_all(puts), mapper.backend())

    @classmethod
    def delete_batch(cls, *keys: Mapping[str, Any]) -> None:
        """Deletes the items with these primary *keys*, in batches of 25, several at once; that there is none is no error.

        Raises what :meth:`get` raises, before anything is sent, and
        :class:`~dynamorm.exceptions.UnprocessedItems`. For puts and deletes together see :func:`dynamorm.batch`.
        """
        mapper = cls._mapper
        mapper.refuse_batch_of_versions()
        deletes = [(mapper.spec, DeleteRequest(mapper.spec.name, mapper.key(key))) for key in keys]
        run(batches.write_all(deletes), mapper.backend())

    @classmethod
    def get(cls, /, consistent: bool = False, **key: Any) -> Self | None:
        """The item with this primary *key*; ``None`` when there is no such item, or it has expired and the ``Table`` hides those.

        Raises :class:`~dynamorm.exceptions.InvalidSchemaField` and :class:`~dynamorm.exceptions.InvalidKey`.
        """
        mapper = cls._mapper
        item = run(plans.get(mapper.spec, mapper.key(key), consistent=consistent), mapper.backend())
        return None if item is None or mapper.is_hidden(item) else cls._load(item)

    @classmethod
    def get_batch(
        cls,
        keys: Iterable[Mapping[str, Any]],
        consistent: bool = False,
        attrs: str | Iterable[str | FieldPath] | None = None,
    ) -> Iterator[Self]:
        """The items with these primary *keys*, in no certain order, read in batches of 100 as they are asked for.

        Several batches are read at once: as many as the backend has connections. *attrs* names the attributes to read,
        ``"isbn, title"``; instances are then partial. Keys without an item are passed over. Raises what :meth:`get` raises, at
        once, and :class:`~dynamorm.exceptions.UnprocessedItems`. Whatever ends it, the exception's ``unprocessed`` holds the
        requests for the items that were not given.
        """
        mapper = cls._mapper
        projection = None if attrs is None else mapper.projection(attrs)
        loaded = LoadedAttributes.of(projection)
        found_keys = [mapper.key(key) for key in keys]
        read = mapper.projection_with_ttl(projection)
        plan = batches.get_all(mapper.spec, found_keys, projection=read, consistent=consistent)
        items = (item for chunk in stream(plan, mapper.backend()) for item in chunk if not mapper.is_hidden(item))
        if read is not projection:
            items = (mapper.without_ttl(item) for item in items)
        return (cls._load(item, attrs is not None, loaded) for item in items)

    @classmethod
    def update_item(
        cls,
        changes: Mapping[FieldPath, Any] | None = None,
        /,
        conditions: Conditions = None,
        update_item_kwargs: Mapping[str, Any] | None = None,
        **keywords: Any,
    ) -> dict[str, Item]:
        """Changes attributes of the item whose primary key stands among the *keywords*; makes it if there is none.

        The other keywords are changes: ``field=value``, or with a function behind a double underscore
        ``__append``, ``__prepend``, ``__plus``, ``__minus``, ``__if_not_exists``, ``__remove=True``, ``__add``,
        ``__delete``, each also below a field: ``child__foo__bar=1``. Of *update_item_kwargs* ``ReturnValues`` is known;
        the answer then has what it asks for under ``"Attributes"``, by attribute name.

        Raises :class:`~dynamorm.exceptions.ValidationError`, :class:`~dynamorm.exceptions.InvalidSchemaField`,
        :class:`~dynamorm.exceptions.InvalidKey`, :class:`~dynamorm.exceptions.InvalidUpdate` and
        :class:`~dynamorm.exceptions.ConditionFailed`.
        """
        parameters = dict(update_item_kwargs or {})
        return_values = parameters.pop("ReturnValues", "NONE")
        if parameters:
            raise DynaModelException(
                f"The request parameters {', '.join(sorted(parameters))} have no place in update_item_kwargs, which knows "
                "ReturnValues. Use the arguments of update."
            )
        write = cls._update_write(combined(keywords, changes), conditions, return_values)
        attributes = run(plans.write(write), cls._mapper.backend())
        return {} if attributes is None else {"Attributes": attributes}

    # The writes that verbs of the class make, by themselves or in a transaction

    @classmethod
    def _put_write(cls, item: Mapping[str, Any], conditions: Conditions = None, *, unique: bool = False) -> Write:
        mapper = cls._mapper
        stored = mapper.item(item)
        condition = mapper.condition(conditions)
        return writes.put(mapper.spec, stored, condition, unique=unique, version=mapper.version_check(stored))

    @classmethod
    def _update_write(cls, changes: Changes, conditions: Conditions, return_values: ReturnValues = "NONE") -> Write:
        mapper = cls._mapper
        key = {name: changes[name] for name in mapper.key_fields if name in changes}
        changed = {name: value for name, value in changes.items() if name not in key}
        actions = mapper.actions(changed)
        if mapper.version is not None:
            mapper.version.refuse_change(mapper.version.name in mapper.changed_fields(changed))
            actions.append(mapper.version.raising())
        return writes.update(mapper.spec, mapper.key(key), actions, mapper.condition(conditions), return_values)

    @classmethod
    def query(
        cls, /, *expressions: Expression, query_kwargs: Mapping[str, Any] | None = None, **lookups: Any
    ) -> QueryIterator[Self]:
        """The items with one hash key, lazily, in the order of their range key.

        Conditions on the keys (``=`` on the hash key; one of ``eq``, ``lt``, ``lte``, ``gt``, ``gte``, ``between``,
        ``begins_with`` on the range key) decide what is read; the other ones filter what was read. Of *query_kwargs*
        ``IndexName``, ``Limit``, ``ExclusiveStartKey``, ``ConsistentRead`` and ``ScanIndexForward`` are known.

        Raises :class:`~dynamorm.exceptions.InvalidKey`, :class:`~dynamorm.exceptions.InvalidSchemaField`,
        :class:`~dynamorm.exceptions.InvalidOperator` and :class:`~dynamorm.exceptions.ValidationError`.
        """
        parameters = dict(query_kwargs or {})
        index = cls._mapper.index(parameters.pop("IndexName", None))
        query = cls._mapper.query(expressions, lookups, index)
        return QueryIterator(cls._mapper, cls._load, query, parameters, partial=_is_partial(index))

    @classmethod
    def scan(
        cls, /, *expressions: Expression, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any
    ) -> ScanIterator[Self]:
        """The items of the whole table, lazily, filtered by *expressions* and *lookups*; every item is read and paid for.

        Of *scan_kwargs* ``IndexName``, ``Limit``, ``ExclusiveStartKey`` and ``ConsistentRead`` are known. Raises
        :class:`~dynamorm.exceptions.InvalidSchemaField`, :class:`~dynamorm.exceptions.InvalidOperator` and
        :class:`~dynamorm.exceptions.ValidationError`.
        """
        parameters = dict(scan_kwargs or {})
        index = cls._mapper.index(parameters.pop("IndexName", None))
        scan = cls._mapper.scan(expressions, lookups, index)
        return ScanIterator(cls._mapper, cls._load, scan, parameters, partial=_is_partial(index))


def _is_partial(index: IndexSpec | None) -> bool:
    return index is not None and index.projection.kind != "ALL"
