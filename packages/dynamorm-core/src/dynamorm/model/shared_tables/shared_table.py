"""``SharedTable``: one table for the items of several models."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.tables import StreamView, TableClass, TableSettings, TableSpec
from dynamorm.engine.run.connections import Target
from dynamorm.exceptions import DynaModelException
from dynamorm.model import verbs as plans
from dynamorm.model.key_templates.declared import Key
from dynamorm.model.shared_tables.upkeep_verbs import SharedUpkeepVerbs
from dynamorm.model.table.layout import TableLayout
from dynamorm.model.verbs.drivers import adrive, drive
from dynamorm.model.verbs.planned import planned_by

if TYPE_CHECKING:
    from dynamorm.data.table_plans import TablePlan
    from dynamorm.model.shared_tables.definitions import SharedDefinition


class SharedTableMeta(SharedUpkeepVerbs, type):
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

    @property
    def _definition(cls) -> SharedDefinition:
        definition: SharedDefinition | None = vars(cls).get("_dynamorm_table")
        if definition is None:
            raise DynaModelException(
                f"{cls.__qualname__} is no table by itself: it has no name, or is the inner class of a model. Use a "
                "class that inherits from SharedTable and has a name."
            )
        return definition

    # What describes the table

    @property
    def layout(cls) -> TableLayout:
        """The keys and indexes, the expiry of items, and the connection."""
        return cls._definition.layout

    @property
    def spec(cls) -> TableSpec:
        """The keys and indexes, without capacity, with the table's name on the current connection: with its prefix."""
        return cls._definition.spec

    @property
    def spec_with_capacity(cls) -> TableSpec:
        """The spec to create the table from. Raises ``MissingTableAttribute`` for an incomplete capacity."""
        return cls._definition.spec_with_capacity

    @property
    def table_settings(cls) -> TableSettings:
        """The time to live, deletion protection, class and tags."""
        return cls._definition.table_settings

    @property
    def models(cls) -> tuple[type[Any], ...]:
        """The models that are defined on the table, in the order of their definition."""
        return cls._definition.registry.models

    # Verbs of the table

    @property
    def exists(cls) -> bool:
        """Whether there is a table of this name, in whatever state."""
        return cls._definition.exists

    @planned_by("tables.exists")
    async def aexists(cls) -> bool:
        """Return whether there is a table of this name, in whatever state, as :attr:`exists` does."""
        return await adrive(cls.layout, plans.tables.exists(cls))

    @planned_by("tables.create_table")
    def create_table(cls, wait: bool = True, *, exist_ok: bool = False) -> None:
        """Create the table with its indexes and settings, and *wait* until it can be used.

        It has all indexes of the class, whichever models are imported. Arguments and errors are those of
        :meth:`ModelTable.create_table <dynamorm.model.tables.ModelTable.create_table>`.
        """
        drive(cls.layout, plans.tables.create_table(cls, wait, exist_ok=exist_ok))

    @planned_by("tables.create_table")
    async def acreate_table(cls, wait: bool = True, *, exist_ok: bool = False) -> None:
        """Create the table, as :meth:`create_table` does."""
        await adrive(cls.layout, plans.tables.create_table(cls, wait, exist_ok=exist_ok))

    @planned_by("tables.plan")
    def plan(
        cls,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
    ) -> TablePlan:
        """Return the changes that :meth:`update_table` would make with these arguments, in order, without making them.

        See :meth:`ModelTable.plan <dynamorm.model.tables.ModelTable.plan>`.
        """
        plan = plans.tables.plan(cls, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off)
        return drive(cls.layout, plan)

    @planned_by("tables.plan")
    async def aplan(
        cls,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
    ) -> TablePlan:
        """Return the changes that :meth:`aupdate_table` would make, as :meth:`plan` does."""
        plan = plans.tables.plan(cls, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off)
        return await adrive(cls.layout, plan)

    @planned_by("tables.update_table")
    def update_table(
        cls,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
        progress: ProgressCallback | None = None,
    ) -> int:
        """Change the live table until it matches the class, and return the number of changes.

        See :meth:`ModelTable.update_table <dynamorm.model.tables.ModelTable.update_table>`.
        """
        plan = plans.tables.update_table(
            cls, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off, progress=progress
        )
        return drive(cls.layout, plan)

    @planned_by("tables.update_table")
    async def aupdate_table(
        cls,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
        progress: ProgressCallback | None = None,
    ) -> int:
        """Change the live table until it matches the class, as :meth:`update_table` does."""
        plan = plans.tables.update_table(
            cls, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off, progress=progress
        )
        return await adrive(cls.layout, plan)

    @planned_by("tables.delete")
    def delete(cls, wait: bool = True) -> bool:
        """Delete the table with all items of all models, *wait* until it is gone, and return ``True``.

        Raises:
            TableNotFound: There is no such table.
            TableProtected: The deletion protection of the table is on.
        """
        return drive(cls.layout, plans.tables.delete(cls, wait))

    @planned_by("tables.delete")
    async def adelete(cls, wait: bool = True) -> bool:
        """Delete the table with all its items, as :meth:`delete` does."""
        return await adrive(cls.layout, plans.tables.delete(cls, wait))


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
        separator: The text between the fields of keys, which their values must not contain.
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
