"""``SharedTable``: one table for the items of several models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.tables import StreamView, TableClass
from dynamorm.engine.run.connections import Target
from dynamorm.engine.run.rate_limits import RateLimit
from dynamorm.exceptions import DynaModelException
from dynamorm.model import verbs as plans
from dynamorm.model.key_templates.declared import Key
from dynamorm.model.shared_tables.table_verbs import SharedTableVerbs
from dynamorm.model.shared_tables.upkeep_verbs import SharedUpkeepVerbs
from dynamorm.model.verbs.drivers import adrive, adrive_stream, drive, drive_stream

if TYPE_CHECKING:
    from dynamorm.model.mapping.given_keys import GivenKey
    from dynamorm.model.query.expressions import Expression
    from dynamorm.model.reads.collections import CollectionQuery, CollectionScan
    from dynamorm.model.shared_tables.definitions import SharedDefinition

Model = TypeVar("Model")


class SharedTableMeta(SharedTableVerbs, SharedUpkeepVerbs, type):
    """The metaclass of shared tables, which has their verbs: what a class's body says are only settings."""

    if TYPE_CHECKING:
        _dynamorm_table: SharedDefinition | None

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> None:
        """Define the table, unless the class is the inner ``Table`` of a model, or a base without a name."""
        super().__init__(name, bases, namespace, **kwargs)
        if name == "Table" or getattr(cls, "name", None) is None:
            return
        from dynamorm.model.shared_tables.indexes import define_table  # deferred: start-up cost

        type.__setattr__(cls, "_dynamorm_table", define_table(cls))

    def __setattr__(cls, name: str, value: object) -> None:
        """Set an attribute; raise :class:`~dynamorm.exceptions.DynaModelException` for a setting."""
        if name in SharedTable.__annotations__:
            raise DynaModelException(
                f"The {name} of {cls.__name__} is fixed when the class is defined, and assigning to it would change "
                f"nothing. Write a class that inherits from {cls.__name__}."
            )
        super().__setattr__(name, value)

    def __repr__(cls) -> str:
        definition = vars(cls).get("_dynamorm_table")
        return super().__repr__() if definition is None else f"<Shared table '{definition.name}': {cls.__name__}>"

    # Reads of several models

    if TYPE_CHECKING:

        @overload
        def query(
            cls, /, *expressions: Expression, query_kwargs: Mapping[str, Any] | None = None, **lookups: Any
        ) -> CollectionQuery[Any]: ...
        @overload
        def query(
            cls,
            /,
            *models: type[Model] | Expression,
            query_kwargs: Mapping[str, Any] | None = None,
            **lookups: Any,
        ) -> CollectionQuery[Model]: ...
        def query(cls, /, *given: Any, query_kwargs: Mapping[str, Any] | None = None, **lookups: Any) -> Any:
            """Query the items of several models."""

        @overload
        def scan(
            cls, /, *expressions: Expression, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any
        ) -> CollectionScan[Any]: ...
        @overload
        def scan(
            cls,
            /,
            *models: type[Model] | Expression,
            scan_kwargs: Mapping[str, Any] | None = None,
            **lookups: Any,
        ) -> CollectionScan[Model]: ...
        def scan(cls, /, *given: Any, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any) -> Any:
            """Scan the items of several models."""
    else:

        def query(cls, /, *given, query_kwargs=None, **lookups):
            """Query the items of several models with one hash key, lazily, in the order of their range key.

            ::

                for item in Shop.query(Customer, Order, customer_id="1"):
                    match item:
                        case Customer(): ...
                        case Order(): ...

            Without models, the items are those of all models whose hash key is composed of the fields that have values,
            and a key attribute may be given by its own name: ``Shop.query(pk="CUSTOMER#1", sk__begins_with="ORDER#")``.
            Items of models that are not named are left out; for items that no model knows, see ``unknown()``.

            Args:
                given: Models, then conditions as expressions.
                query_kwargs: Any of boto3's ``IndexName``, ``Limit``, ``ExclusiveStartKey``, ``ConsistentRead`` and
                    ``ScanIndexForward``.
                lookups: Conditions as keywords, by names of fields that at least one of the models has, or of
                    attributes.

            Raises:
                DynaModelException: A class is no model of this table.
                InvalidKey: The models have different hash keys, or the conditions on the keys are not those that a
                    query allows.
                InvalidSchemaField: No model has a field of this name, or two models store it in two ways.
            """
            from dynamorm.model.shared_tables import collections  # deferred: start-up cost

            return collections.query(cls._definition, None, given, query_kwargs, lookups)

        def scan(cls, /, *given, scan_kwargs=None, **lookups):
            """Scan the items of several models, or of all, lazily; every item of the table is read and paid for.

            Args:
                given: Models, then conditions as expressions.
                scan_kwargs: Any of boto3's ``IndexName``, ``Limit``, ``ExclusiveStartKey`` and ``ConsistentRead``.
                lookups: Conditions as keywords.

            Raises what :meth:`query` raises, except ``InvalidKey``.
            """
            from dynamorm.model.shared_tables import collections  # deferred: start-up cost

            return collections.scan(cls._definition, None, given, scan_kwargs, lookups)

    # mypy finds no model for pairs of several ones.
    @overload
    def get_batch(
        cls,
        reads: Iterable[tuple[type[Model], GivenKey]],
        consistent: bool = False,
        *,
        progress: ProgressCallback | None = None,
    ) -> Iterator[Model]: ...
    @overload
    def get_batch(
        cls,
        reads: Iterable[tuple[Any, GivenKey]],
        consistent: bool = False,
        *,
        progress: ProgressCallback | None = None,
    ) -> Iterator[Any]: ...
    def get_batch(
        cls,
        reads: Iterable[tuple[Any, GivenKey]],
        consistent: bool = False,
        *,
        progress: ProgressCallback | None = None,
    ) -> Iterator[Any]:
        """Return the items of models with these primary keys, in no particular order, read in batches on demand.

        ::

            Shop.get_batch([(Customer, "1"), (Order, {"customer_id": "1", "order_id": "7"})])

        See :meth:`DynaModel.get_batch <dynamorm.DynaModel.get_batch>`, whose arguments and errors these are. An item of
        another kind raises :class:`~dynamorm.exceptions.WrongKind` at its turn.
        """
        from dynamorm.model.shared_tables import shared_items  # deferred: start-up cost

        plan = shared_items.get_batch(cls._definition, reads, consistent, progress=progress)
        return plans.batches.FoundInstances(drive_stream(cls.layout.connection(), plan))

    # mypy finds no model for pairs of several ones.
    @overload
    def aget_batch(
        cls,
        reads: Iterable[tuple[type[Model], GivenKey]],
        consistent: bool = False,
        *,
        progress: ProgressCallback | None = None,
    ) -> AsyncIterator[Model]: ...
    @overload
    def aget_batch(
        cls,
        reads: Iterable[tuple[Any, GivenKey]],
        consistent: bool = False,
        *,
        progress: ProgressCallback | None = None,
    ) -> AsyncIterator[Any]: ...
    def aget_batch(
        cls,
        reads: Iterable[tuple[Any, GivenKey]],
        consistent: bool = False,
        *,
        progress: ProgressCallback | None = None,
    ) -> AsyncIterator[Any]:
        """Return the items of models with these primary keys, for ``async for``, as :meth:`get_batch` does."""
        from dynamorm.model.shared_tables import shared_items  # deferred: start-up cost

        plan = shared_items.get_batch(cls._definition, reads, consistent, progress=progress)
        return plans.batches.AwaitedInstances(adrive_stream(cls.layout.connection(), plan))

    def transact_get(cls, *reads: tuple[type[Model], GivenKey]) -> tuple[Model | None, ...]:
        """Return up to 100 items as they are at one moment. Each of *reads* is a pair of a model and a primary key.

        It is :func:`dynamorm.transact_get` for the models of this table.
        """
        from dynamorm.model.shared_tables import shared_items  # deferred: start-up cost

        found = shared_items.parse_pairs(cls._definition, reads, "transact_get")
        return tuple(drive(cls.layout, plans.transactional_reads.get_all(found))) if found else ()

    async def atransact_get(cls, *reads: tuple[type[Model], GivenKey]) -> tuple[Model | None, ...]:
        """Read up to 100 items as they are at one moment, as :meth:`transact_get` does."""
        from dynamorm.model.shared_tables import shared_items  # deferred: start-up cost

        found = shared_items.parse_pairs(cls._definition, reads, "atransact_get")
        return tuple(await adrive(cls.layout, plans.transactional_reads.get_all(found))) if found else ()

    def load(cls, item: Mapping[str, Any] | None, *, partial: bool = False, strict: bool = False) -> Any:
        """Return the instance of an *item*, of the model whose kind it is: a stored item, or an image of a stream.

        ::

            for record in event["Records"]:
                changed = Shop.load(record["dynamodb"].get("NewImage"))

        It returns ``None`` for a missing image, and for the items that unique values are held by.

        Args:
            item: The item by attribute name, with plain values or in DynamoDB JSON.
            partial: Whether attributes are missing, as in a stream of keys only.
            strict: Refuse a whole item whose keys are not those that its fields give.

        Raises:
            KeyMismatch: The load is strict, and a key is another one. ``check()`` lists such items.
            UnknownKind: No model has its kind.
            ValidationError: The schema of the model refuses it.
        """
        from dynamorm.model.shared_tables import shared_items  # deferred: start-up cost

        return shared_items.load(cls._definition, item, partial=partial, strict=strict)


class SharedTable(metaclass=SharedTableMeta):
    """The base of a table for the items of several models.

    A class that inherits from it names the attributes of the table::

        class Shop(SharedTable):
            name = "shop"
            hash_key = "pk"
            range_key = "sk"

            class Gsi1(GlobalIndex):
                name = "gsi1"
                hash_key = "gsi1pk"
                range_key = "gsi1sk"
                projection = ProjectAll()

    and the inner ``Table`` of a model inherits from that, with templates of the keys of its items::

        class Order(DynaModel):
            class Table(Shop):
                kind = "order"
                hash_key = Key("CUSTOMER#{customer_id}")
                range_key = Key("ORDER#{order_id}")

            class ByStatus(Shop.Gsi1):
                hash_key = Key("STATUS#{status}")
                range_key = Key("{order_id}")

    Attributes:
        name: The name of the table. Required.
        hash_key: The attribute of the hash key. Required.
        range_key: The attribute of the range key.
        kind: The attribute that tells models apart; with ``None`` their keys alone do. In the ``Table`` of a model, the
            value that its items have there, or a list of values, of which the first is written and all are read.
            ``kind_of(item)`` returns the kind of an item that was written without one; otherwise, it is the one whose
            templates give the key.
        separator: The character between the fields of keys, which their values must not contain.
        escape: Whether the separator is escaped in values, instead of refused.
        key_types: The types of key attributes that are not strings: ``{"sk": int}``.
        read: The provisioned read capacity in units per second. Set both ``read`` and ``write``, or neither for billing
            on demand.
        write: The provisioned write capacity in units per second.
        stream: The view type of the stream.
        ttl: The attribute that says when an item expires. A field that is stored as it may be a date-time.
        hide_expired: Whether reads leave out items that have expired and were not deleted yet.
        deletion_protection: ``True`` or ``False``. If it is left out, the live table keeps its own.
        table_class: ``"STANDARD"`` or ``"STANDARD_INFREQUENT_ACCESS"``. If it is left out, the live table keeps its
            own.
        tags: A dict of strings. If it is left out, the live table keeps its own.
        session_kwargs: Arguments of the session, for boto3.
        resource_kwargs: Arguments of the resource, for boto3.
        backend_options: Options of other backends, by their names.
        backend: A URL, a name, an open backend or a connection that the table always uses.
        rate: A :class:`~dynamorm.RateLimit` that all operations on the table keep.
    """

    _dynamorm_table: ClassVar[SharedDefinition | None] = None

    name: str
    hash_key: str | Key
    range_key: str | Key | None = None
    kind: str | Sequence[str] | None = "kind"
    separator: str = "#"
    escape: bool = False
    key_types: Mapping[str, type] | None = None
    read: int | None = None
    write: int | None = None
    stream: StreamView | None = None
    ttl: str | None = None
    hide_expired: bool = False
    deletion_protection: bool | None = None
    table_class: TableClass | None = None
    tags: Mapping[str, str] | None = None
    session_kwargs: Mapping[str, Any] | None = None
    resource_kwargs: Mapping[str, Any] | None = None
    backend_options: Mapping[str, Mapping[str, Any]] | None = None
    backend: Target | None = None
    rate: RateLimit | None = None
