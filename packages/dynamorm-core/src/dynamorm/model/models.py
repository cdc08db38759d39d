"""``DynaModel``: the class that every model inherits from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self

from dynamorm.data.tables import IndexSpec
from dynamorm.data.values import Item, normalise_item
from dynamorm.exceptions import DynaModelException
from dynamorm.model.construction import fill_loaded, fill_new
from dynamorm.model.definition import ModelMeta
from dynamorm.model.instances import Instance
from dynamorm.model.query.conditions import Conditions
from dynamorm.model.query.expressions import Expression
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.operations import query_operation, scan_operation
from dynamorm.model.reads.reads import QueryIterator
from dynamorm.model.reads.scans import ScanIterator
from dynamorm.model.tables import ModelTable
from dynamorm.model.verbs import batches
from dynamorm.model.verbs import items as verbs
from dynamorm.model.verbs.drivers import drive, drive_stream
from dynamorm.model.verbs.planned import planned_by


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

    ``Table`` holds the settings of :class:`~dynamorm.model.tables.ModelTable`; ``Schema`` is filled as the schema
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
        fill = fill_loaded if hasattr(self, "_dynamorm_layout") else fill_new
        fill(self, raw, partial)

    @classmethod
    def new_from_raw(cls, raw: Mapping[str, Any] | None, partial: bool = False) -> Self | None:
        """An instance of a stored item, by attribute name; ``None`` of ``None``.

        Attributes that the schema does not know are kept, and written back by ``save``. Raises
        :class:`~dynamorm.exceptions.ValidationError`.
        """
        return None if raw is None else cls._load(normalise_item(raw), partial)

    # Verbs of the class

    @classmethod
    @planned_by(verbs.put)
    def put(cls, item: Mapping[str, Any], *, conditions: Conditions = None) -> None:
        """Validates an *item*, by field name, and writes it in place of the one with its key.

        Raises :class:`~dynamorm.exceptions.ValidationError`, and
        :class:`~dynamorm.exceptions.ConditionFailed` when the *conditions* don't hold for the present one.
        """
        drive(cls._mapper.table, verbs.put(cls, item, conditions=conditions))

    @classmethod
    @planned_by(verbs.put_unique)
    def put_unique(cls, item: Mapping[str, Any]) -> None:
        """Validates an *item* and writes it, unless there is one with its primary key.

        Raises :class:`~dynamorm.exceptions.ValidationError` and :class:`~dynamorm.exceptions.HashKeyExists`.
        """
        drive(cls._mapper.table, verbs.put_unique(cls, item))

    @classmethod
    @planned_by(batches.put_batch)
    def put_batch(cls, *items: Mapping[str, Any]) -> None:
        """Validates all *items*, and writes them in batches of 25, several at once. A batch is no transaction.

        Raises :class:`~dynamorm.exceptions.ValidationError` before anything is sent, and
        :class:`~dynamorm.exceptions.UnprocessedItems` when the service stops processing them. Whatever ends it, the exception's
        ``unprocessed`` holds the put requests that were not made.
        """
        drive(cls._mapper.table, batches.put_batch(cls, *items))

    @classmethod
    @planned_by(batches.delete_batch)
    def delete_batch(cls, *keys: Mapping[str, Any]) -> None:
        """Deletes the items with these primary *keys*, in batches of 25, several at once; that there is none is no error.

        Raises what :meth:`get` raises, before anything is sent, and
        :class:`~dynamorm.exceptions.UnprocessedItems`. For puts and deletes together see :func:`dynamorm.batch`.
        """
        drive(cls._mapper.table, batches.delete_batch(cls, *keys))

    @classmethod
    @planned_by(verbs.get)
    def get(cls, /, consistent: bool = False, **key: Any) -> Self | None:
        """The item with this primary *key*; ``None`` when there is no such item, or it has expired and the ``Table`` hides those.

        Raises :class:`~dynamorm.exceptions.InvalidSchemaField` and :class:`~dynamorm.exceptions.InvalidKey`.
        """
        return drive(cls._mapper.table, verbs.get(cls, consistent, **key))

    @classmethod
    @planned_by(batches.get_batch)
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
        plan = batches.get_batch(cls, keys, consistent, attrs)
        return drive_stream(cls._mapper.table.connection(), plan)

    @classmethod
    @planned_by(verbs.update_item)
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
        plan = verbs.update_item(cls, changes, conditions, update_item_kwargs, **keywords)
        return drive(cls._mapper.table, plan)

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
        mapper = cls._mapper
        parameters = dict(query_kwargs or {})
        index = mapper.table.index(parameters.pop("IndexName", None))
        query = query_operation(mapper.fields, mapper.spec, index, expressions, lookups)
        return QueryIterator(mapper, cls._load, query, parameters, partial=_is_partial(index))

    @classmethod
    def scan(
        cls, /, *expressions: Expression, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any
    ) -> ScanIterator[Self]:
        """The items of the whole table, lazily, filtered by *expressions* and *lookups*; every item is read and paid for.

        Of *scan_kwargs* ``IndexName``, ``Limit``, ``ExclusiveStartKey`` and ``ConsistentRead`` are known. Raises
        :class:`~dynamorm.exceptions.InvalidSchemaField`, :class:`~dynamorm.exceptions.InvalidOperator` and
        :class:`~dynamorm.exceptions.ValidationError`.
        """
        mapper = cls._mapper
        parameters = dict(scan_kwargs or {})
        index = mapper.table.index(parameters.pop("IndexName", None))
        scan = scan_operation(mapper.fields, mapper.spec, index, expressions, lookups)
        return ScanIterator(mapper, cls._load, scan, parameters, partial=_is_partial(index))


def _is_partial(index: IndexSpec | None) -> bool:
    return index is not None and index.projection.kind != "ALL"
