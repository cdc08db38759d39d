"""``DynaModel``: the class that every model inherits from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Never, ParamSpec, Self, TypeVar

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.tables import IndexSpec
from dynamorm.data.values import Item
from dynamorm.model import verbs as plans
from dynamorm.model.async_verbs import AsyncVerbs
from dynamorm.model.construction import fill_loaded, fill_new, from_raw, positional_values
from dynamorm.model.definition import ModelMeta
from dynamorm.model.instances import Instance
from dynamorm.model.interchange.interchange import Interchange
from dynamorm.model.lookups import Lookups
from dynamorm.model.mapping.given_keys import GivenKey
from dynamorm.model.mapping.origins import Home
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.names import own
from dynamorm.model.query.arguments import request_parameters
from dynamorm.model.query.conditions import Conditions
from dynamorm.model.query.expressions import Expression
from dynamorm.model.reads.operations import query_of, scan_of
from dynamorm.model.tables import ModelTable
from dynamorm.model.verbs import items as verbs
from dynamorm.model.verbs.drivers import drive, drive_stream
from dynamorm.model.verbs.planned import planned_by

if TYPE_CHECKING:
    from dynamorm.model.query.path_types import GivenChanges, GivenPaths
    from dynamorm.model.reads.reads import QueryIterator
    from dynamorm.model.reads.scans import ScanIterator

Parameters = ParamSpec("Parameters")
Created = TypeVar("Created")


@own
class DynaModel(Instance, AsyncVerbs, Lookups, Interchange, metaclass=ModelMeta):
    """The base of all models.

    A model describes a table and its items with two inner classes::

        class Book(DynaModel):
            class Table:
                name = "prod-books"
                hash_key = "isbn"

            class Schema:
                isbn = fields.String(required=True)
                title = fields.String()

    ``Table`` holds the settings of :class:`~dynamorm.model.tables.ModelTable`; ``Schema`` is written as for the schema
    library. Indexes are further inner classes, which inherit from :class:`GlobalIndex` or :class:`LocalIndex`. An
    instance's attributes are the fields of the schema; an attribute that is not set reads as ``None``.
    """

    __slots__ = ()

    # ``Table`` and ``Schema`` are not declared, because to type checkers a model's inner classes would override them.
    #: The table and the schema, for type checkers too: they take an inner class for what it looks like.
    __table__: ClassVar[ModelTable]
    __schema__: ClassVar[type]

    def __init__(self, /, partial: bool = False, *_: Never, **raw: Any) -> None:
        """Create an instance from values by field name, each native or serialised, which are validated immediately.

        Without values, the instance has only the defaults, and can be filled by assignment; ``save`` validates it. A
        related instance can be passed by the name of a relationship to one: the fields that refer to it are set.

        Args:
            partial: Allow required fields to be missing, and don't fill in defaults.
            raw: The values.

        Raises:
            ValidationError: The schema refuses the values.
        """
        if _ or not isinstance(partial, bool):
            raise positional_values(type(self))
        fill = fill_loaded if hasattr(self, "_dynamorm_layout") else fill_new
        fill(self, raw, partial)

    @classmethod
    def new_from_raw(cls, raw: Mapping[str, Any] | None, partial: bool = False) -> Self | None:
        """Return an instance of a *raw* item: in its stored form, by attribute name. Return ``None`` for ``None``.

        It counts as new, since nothing was read. Names that the schema lacks, and *partial*, are treated as the
        constructor treats them.

        Raises:
            ValidationError: The schema refuses the item.
        """
        return None if raw is None else from_raw(cls, raw, partial)

    @classmethod
    def part(cls, /, **values: Any) -> Self:
        """Return a partial instance: required fields may be missing from its *values*, and defaults are not filled in.

        It is ``cls(partial=True, **values)``, which type checkers refuse for typed models.

        Raises:
            ValidationError: The schema refuses a value.
        """
        return cls(partial=True, **values)

    # Verbs of the class

    @classmethod
    @planned_by("creating.create")
    def create(cls: Callable[Parameters, Created], /, *args: Parameters.args, **values: Parameters.kwargs) -> Created:
        """Return a new instance that has been saved; its arguments are those of the constructor.

        An item with the same primary key is replaced: see :meth:`put_unique`, and ``unique`` of :meth:`save`. A
        ``save`` that the model overrides is called.

        Raises:
            ValidationError: The schema refuses the values.
        """
        model: Any = cls
        made: Created = drive(model._mapper.table, plans.creating.create(model, *args, **values))
        return made

    @classmethod
    @planned_by("puts.put")
    def put(
        cls,
        item: Mapping[str, Any] | StoredInstance | None = None,
        *,
        conditions: Conditions = None,
        return_old: bool = False,
        **fields: Never,
    ) -> Self | None:
        """Validate an *item*, by field name, and put it, replacing the item with the same key.

        An instance of the model may be put, too. It is written as ``save()`` writes it: its version is checked, the
        signals of ``save`` are sent, and the instance knows afterwards that its item is there. Related instances are
        not saved.

        Args:
            item: The values, by field name, or an instance.
            conditions: Conditions that the present item must meet.
            return_old: Return the item that was replaced, or ``None`` if there was none.
            fields: Nothing else. Values by name are refused: :meth:`create` takes them.

        Raises:
            ValidationError: The schema refuses the item.
            ConditionFailed: The *conditions* don't hold for the present item.
        """
        if item is None or fields:
            raise plans.puts.no_item(cls, "put", fields)
        if isinstance(item, StoredInstance):
            old: Self | None = drive(
                Home(item), plans.puts.put(cls, item, conditions=conditions, return_old=return_old)
            )
            return old
        return drive(cls._mapper.table, verbs.put(cls, item, conditions=conditions, return_old=return_old))

    @classmethod
    @planned_by("puts.put_unique")
    def put_unique(cls, item: Mapping[str, Any] | StoredInstance | None = None, **fields: Never) -> None:
        """Validate an *item*, by field name, or an instance, and put it, unless there is one with its primary key.

        Args:
            item: The values, by field name, or an instance.
            fields: Nothing else, as for :meth:`put`.

        Raises:
            ValidationError: The schema refuses the item.
            HashKeyExists: There is an item with this primary key.
        """
        if item is None or fields:
            raise plans.puts.no_item(cls, "put_unique", fields)
        drive(Home(item) if isinstance(item, StoredInstance) else cls._mapper.table, plans.puts.put_unique(cls, item))

    @classmethod
    @planned_by("puts.put_batch")
    def put_batch(
        cls, *items: Mapping[str, Any] | StoredInstance, progress: ProgressCallback | None = None, **fields: Never
    ) -> None:
        """Validate all *items*, and put them in batches of 25, several in parallel. A batch is not a transaction.

        Items are values by field name, or instances of the model, which are written as in :func:`dynamorm.batch`.

        Any exception that ends it has the put requests that were not carried out in ``unprocessed``.

        Args:
            items: The items.
            progress: A function that is called with a :class:`~dynamorm.progress.Progress` before the first request and
                after each round of requests. What it raises ends the batch.
            fields: Nothing else, as for :meth:`put`.

        Raises:
            ValidationError: The schema refuses an item; nothing was sent.
            UnprocessedItems: Automatic retries make no progress.
        """
        if fields:
            raise plans.puts.no_item(cls, "put_batch", fields)
        drive(cls._mapper.table, plans.puts.put_batch(cls, *items, progress=progress))

    @classmethod
    @planned_by("batches.delete_batch")
    def delete_batch(cls, *keys: GivenKey, progress: ProgressCallback | None = None, **unknown: Never) -> None:
        """Delete the items with these primary *keys*, in batches of 25, several in parallel. Missing items are ignored.

        To combine puts and deletes, use :func:`dynamorm.batch`.

        Args:
            keys: The keys, one by one, each as for :meth:`get_batch`: ``Book.delete_batch("1", "2")``.
            progress: As for :meth:`put_batch`.
            unknown: Nothing else. Keys by name are refused.

        Raises:
            InvalidKey, InvalidSchemaField: A key is wrong; nothing was sent.
            UnprocessedItems: Automatic retries make no progress.
        """
        drive(cls._mapper.table, plans.batches.delete_batch(cls, *keys, progress=progress, **unknown))

    @classmethod
    @planned_by("items.exists")
    def exists(cls, /, *parts: Any, consistent: bool = False, **key: Any) -> bool:
        """Return whether there is an item with this primary key, without reading more than the key of it.

        It costs what :meth:`get` costs: DynamoDB charges for the whole item. Raises what :meth:`get` raises.

        Args:
            parts: The parts of the key: the hash key, then the range key.
            consistent: Read consistently, at twice the cost.
            key: The parts of the key, by field name.
        """
        return drive(cls._mapper.table, verbs.exists(cls, *parts, consistent=consistent, **key))

    @classmethod
    @planned_by("get_or_create.get_or_create")
    def get_or_create(cls, /, *parts: Any, defaults: Mapping[str, Any] | None = None, **key: Any) -> tuple[Self, bool]:
        """Return the item with this primary key and ``False``; if there is none, create it, and return it and ``True``.

        ::

            book, created = Book.get_or_create(isbn="1", defaults={"title": "One"})

        The item is saved as :meth:`save` saves it with ``unique=True``. If another writer is faster, that writer's item
        is returned. An item that has expired and is hidden is replaced.

        Args:
            parts: The parts of the key: the hash key, then the range key.
            defaults: The other values of a new item, by field name. They are validated even if there is an item.
            key: The parts of the key, by field name.

        Raises:
            ValidationError: The schema refuses the values; nothing was sent.
            InvalidKey: A field is not part of the key, or a part is missing or has the wrong type.
            HashKeyExists: Other writers create and delete the item again and again.
        """
        return drive(cls._mapper.table, plans.get_or_create.get_or_create(cls, *parts, defaults=defaults, **key))

    @classmethod
    @planned_by("batches.get_batch")
    def get_batch(
        cls,
        keys: Iterable[GivenKey],
        consistent: bool = False,
        attrs: GivenPaths | None = None,
        *,
        progress: ProgressCallback | None = None,
        **unknown: Never,
    ) -> Iterator[Self]:
        """Return the items with these primary *keys*, in no particular order, read in batches of 100 on demand.

        Up to ``max_concurrency`` batches are read in parallel. Keys without an item are skipped.
        Raises what :meth:`get` raises, immediately, and ``UnprocessedItems`` if automatic retries make no progress. Any
        exception that ends it has the requests for the items that were not returned in ``unprocessed``.

        Args:
            keys: The keys, each a dict by field name, a tuple of the parts, or the value of the only part.
            consistent: Read consistently, at twice the cost.
            attrs: The attributes to read, ``"isbn, title"``; instances are then partial.
            progress: As for :meth:`put_batch`; it is called when the items of a round were returned.
            unknown: Nothing else. Keys by name are refused.
        """
        plan = plans.batches.get_batch(cls, keys, consistent, attrs, progress=progress, **unknown)
        return plans.batches.FoundInstances(drive_stream(cls._mapper.table.connection(), plan))

    @classmethod
    @planned_by("items.update_item")
    def update_item(
        cls,
        changes: GivenChanges = None,
        /,
        conditions: Conditions = None,
        update_item_kwargs: Mapping[str, Any] | None = None,
        **keywords: Any,
    ) -> dict[str, Item]:
        """Update attributes of the item whose primary key is among the *keywords*, and create it if there is none.

        Args:
            changes: Changes by field path, ``{Book.tags[0]: "x"}``, or as the methods of paths return them,
                ``[Book.title.set("x"), Book.tags.append(["new"])]``.
            conditions: Conditions that the present item must meet.
            update_item_kwargs: ``ReturnValues``, as for boto3. The attributes that it asks for are returned under
                ``"Attributes"``, by attribute name.
            keywords: The primary key and the changes: ``field=value``, or a function after a double underscore:
                ``__append``, ``__prepend``, ``__plus``, ``__minus``, ``__if_not_exists``, ``__remove=True``, ``__add``,
                ``__delete``. Names may lead below a field: ``child__foo__bar=1``. DynamoDB may compute a value from the
                item: ``seen=Book.seen.if_not_exists(0) + 1``. ``known={"status": "open"}`` says what the item has, by
                field name, for the composed keys and the rules that depend on it.

        Raises:
            ValidationError: The schema refuses a value.
            InvalidSchemaField: A name is not in the schema.
            InvalidKey: The primary key is wrong or incomplete.
            InvalidUpdate: The changes overlap, or change the primary key, or a function does not fit its field, or a
                value is not known on which a key or a rule depends.
            ConditionFailed: The *conditions* don't hold. It is a ``StaleItem`` if the item has other values than
                ``known`` says.
        """
        plan = verbs.update_item(cls, changes, conditions, update_item_kwargs, **keywords)
        return drive(cls._mapper.table, plan)

    @classmethod
    @planned_by("items.delete_item")
    def delete_item(
        cls, /, *parts: Any, conditions: Conditions = None, return_old: bool = False, **key: Any
    ) -> Self | None:
        """Delete the item with this primary key, whatever its version. A missing item is not an error.

        Args:
            parts: The parts of the key: the hash key, then the range key.
            conditions: Conditions that the present item must meet.
            return_old: Return the item that was deleted, or ``None`` if there was none.
            key: The parts of the key, by field name, and ``known={"email": "a@example.com"}``: what the item has, for
                rules that depend on it, as for :meth:`update_item`.

        Raises:
            InvalidSchemaField: A name is not in the schema.
            InvalidKey: A field is not part of the key, or a part is missing or has the wrong type.
            InvalidUpdate: A rule needs a value that is not known.
            ConditionFailed: The *conditions* don't hold. It is a ``StaleItem`` if the item has other values than
                ``known`` says.
        """
        plan = verbs.delete_item(cls, *parts, conditions=conditions, return_old=return_old, **key)
        return drive(cls._mapper.table, plan)

    @classmethod
    def query(
        cls, /, *expressions: Expression, query_kwargs: Mapping[str, Any] | None = None, **lookups: Any
    ) -> QueryIterator[Self]:
        """Query the items with one hash key, lazily, in the order of their range key.

        Conditions on the keys (``=`` on the hash key; one of ``eq``, ``lt``, ``lte``, ``gt``, ``gte``, ``between``,
        ``begins_with`` on the range key) decide what is read; other conditions filter what was read.

        Args:
            expressions: Conditions as expressions.
            query_kwargs: Any of boto3's ``IndexName``, ``Limit``, ``ExclusiveStartKey``, ``ConsistentRead`` and
                ``ScanIndexForward``.
            lookups: Conditions as keywords.

        Raises:
            InvalidKey: The conditions on the keys are not those that a query allows.
            InvalidSchemaField: A name is not in the schema.
            InvalidOperator: An operator is unknown, or does not fit its field or its value.
            ValidationError: The schema refuses a value.
        """
        from dynamorm.model.reads.reads import QueryIterator  # deferred: start-up cost

        mapper = cls._mapper
        parameters = request_parameters(query_kwargs, "query_kwargs", "{'Limit': 10}")
        index = mapper.table.index(parameters.pop("IndexName", None))
        query = query_of(mapper, index, expressions, lookups)
        return QueryIterator(mapper, cls._load, query, parameters, partial=_is_partial(index))

    @classmethod
    def scan(
        cls, /, *expressions: Expression, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any
    ) -> ScanIterator[Self]:
        """Scan the whole table, lazily, filtered by conditions; every item is read and paid for.

        Args:
            expressions: Conditions as expressions.
            scan_kwargs: Any of boto3's ``IndexName``, ``Limit``, ``ExclusiveStartKey`` and ``ConsistentRead``.
            lookups: Conditions as keywords.

        Raises:
            InvalidSchemaField: A name is not in the schema.
            InvalidOperator: An operator is unknown, or does not fit its field or its value.
            ValidationError: The schema refuses a value.
        """
        from dynamorm.model.reads.scans import ScanIterator  # deferred: start-up cost

        mapper = cls._mapper
        parameters = request_parameters(scan_kwargs, "scan_kwargs", "{'Limit': 10}")
        index = mapper.table.index(parameters.pop("IndexName", None))
        scan = scan_of(mapper, index, expressions, lookups)
        return ScanIterator(mapper, cls._load, scan, parameters, partial=_is_partial(index))


def _is_partial(index: IndexSpec | None) -> bool:
    return index is not None and index.projection.kind != "ALL"
