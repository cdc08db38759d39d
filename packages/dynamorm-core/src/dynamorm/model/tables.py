"""The inner ``Table`` of a model: its settings, and the verbs for the table itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.records import replace
from dynamorm.data.tables import StreamView, TableClass, TableSettings, TableSpec
from dynamorm.data.values import Item
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import Target
from dynamorm.engine.run.rate_limits import RateLimit
from dynamorm.exceptions import DynaModelException, UnknownAttribute
from dynamorm.model import verbs as plans
from dynamorm.model.async_tables import AsyncTable
from dynamorm.model.key_templates.declared import Key
from dynamorm.model.query.misplaced import QueryElement
from dynamorm.model.table.expiry import Expiry, parse_expiry
from dynamorm.model.table.former import explain_former
from dynamorm.model.table.index_settings import IndexSettings, KeySettings
from dynamorm.model.table.keys import (
    check_escape,
    refuse_invalid_name,
    required_setting,
    table_key_attributes,
    throughput,
)
from dynamorm.model.table.layout import TableLayout
from dynamorm.model.table.table_settings import check_rate, refuse_unknown_settings, table_settings
from dynamorm.model.table_upkeep import UpkeepVerbs
from dynamorm.model.verbs.drivers import adrive_on, drive, drive_on
from dynamorm.model.verbs.planned import planned_by
from dynamorm.ports.backends import TableOptions
from dynamorm.ports.schemas import SchemaAdapter

if TYPE_CHECKING:
    from dynamorm.data.table_plans import TablePlan
    from dynamorm.model.constraints.declared import Unique


class ModelTable(AsyncTable, UpkeepVerbs):
    """The table of a model, made from its inner ``Table`` class when the model is defined.

    The verbs of a table take and return items as they are stored, by attribute name, without the schema.

    Attributes:
        name: The name of the table. Required.
        hash_key: The field of the hash key, or a :class:`~dynamorm.Key` that composes it from several. Required.
        range_key: The field of the range key, or a :class:`~dynamorm.Key`.
        separator: The character between the fields of a composed key, which their values must not contain.
        escape: Whether separators in values are escaped, as ``%23``, instead of refused.
        read: The provisioned read units a second. Set both ``read`` and ``write``, or neither for billing on demand.
        write: The provisioned write capacity in units per second.
        stream: The view type of the stream.
        version: The name of a field, stored as a number, for optimistic locking: each write checks that the item has
            the version that was read, and increments it.
        write_token: The name of a field, stored as a string. Each conditional put and update sets it to a random value.
            If the response to a write was lost, the retry recognises the write by this value, and succeeds.
        ttl: The name of a field, a number of seconds since 1970 or a date-time, that says when an item expires. If it
            is left out, the live table keeps its own.
        hide_expired: Whether reads leave out items that have expired and were not deleted yet.
        deletion_protection: ``True`` or ``False``. If it is left out, the live table keeps its own.
        table_class: ``"STANDARD"`` or ``"STANDARD_INFREQUENT_ACCESS"``. If it is left out, the live table keeps its
            own.
        tags: A dict of strings. If it is left out, the live table keeps its own.
        session_kwargs: Arguments of the session, for boto3.
        resource_kwargs: Arguments of the resource, for boto3.
        backend_options: Options of other backends, by their names: ``{"mydb": {"timeout": 5}}``. They are used where
            that backend is used.
        backend: A URL, a name, an open backend or a connection that this model always uses.
        schema_library: The name of the schema library, where several claim the ``Schema`` equally.
        kind: What tells the items of this model from those of models that inherit from it and share its table: a
            string, or a list of them, of which the first is written and all are read. ``kind_of(item)`` returns the
            kind of an item that was written without one.
        kind_attribute: The attribute that holds the kind.
        unique: A list of :class:`~dynamorm.Unique`: values that no two items may share.
        rate: A :class:`~dynamorm.RateLimit` that all operations on the table keep.
        guards: The model in whose table the guards of unique values are held, if it is another one.
    """

    name: str
    hash_key: str | Key
    range_key: str | Key | None = None
    separator: str = "#"
    escape: bool = False
    unordered_range_key: bool = False
    read: int | None = None
    write: int | None = None
    stream: StreamView | None = None
    version: str | None = None
    write_token: str | None = None
    ttl: str | None = None
    hide_expired: bool = False
    deletion_protection: bool | None = None
    table_class: TableClass | None = None
    tags: Mapping[str, str] | None = None
    session_kwargs: Mapping[str, Any] | None = None
    resource_kwargs: Mapping[str, Any] | None = None
    backend_options: Mapping[str, Mapping[str, Any]] | None = None
    backend: Target | None = None
    schema_library: str | None = None
    kind: str | Sequence[str] | None = None
    kind_attribute: str = "kind"
    unique: Sequence[Unique] | None = None
    guards: Any = None
    rate: RateLimit | None = None

    if TYPE_CHECKING:
        # Not among the annotations, which are the settings.
        _settings: type
        _label_of: str
    else:
        #: The class of the settings, as the program wrote it.
        _settings = object
        #: What errors call that class.
        _label_of = "the Table of {}"

    def __init__(self, model_name: str, adapter: SchemaAdapter, indexes: tuple[IndexSettings, ...]) -> None:
        self._label = self._label_of.format(model_name)
        refuse_unknown_settings(self._settings, ModelTable, self._known_settings(), self._label)
        required_setting(self, "name", self._label)
        self._check_settings(model_name)
        spec = self._spec_of_settings(adapter, indexes)
        expiry = parse_expiry(adapter, self._label, self.ttl, self.hide_expired)
        if expiry is not None and expiry.hidden:
            for index in spec.indexes:
                expiry.check_index(spec, index)
        #: The part that the models of this table share, and that no program assigns to.
        rate = None if self.rate is None else check_rate(self._label, self.rate)
        self.layout = TableLayout(model_name, spec, expiry, self.backend, self._table_options(), rate=rate)
        self.table_settings = self._table_settings(expiry)
        #: The model's index classes by their names in the table: ``indexes["by-author"].hash_key``.
        self.indexes: dict[str, type[Any]] = {}
        self._indexes = indexes
        self._is_defined = True

    def __repr__(self) -> str:
        key = ", ".join(f"{each}={name!r}" for each in ("hash_key", "range_key") if (name := getattr(self, each)))
        return f"<Table '{self.name}' of {self.layout.model_name}: {key}>"

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type]:
        """Return the class of the settings, for ``class Table(Book.Table)``."""
        return (self._settings,)

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute while the model is defined; afterwards only methods can be replaced, as tests do."""
        if "_is_defined" in self.__dict__ and not callable(getattr(type(self), name, None)):
            raise DynaModelException(
                f"{self._label[0].upper()}{self._label[1:]} is fixed when the model is defined, and assigning "
                f"'{name}' would change nothing. For another table write a model that inherits from this one, with an "
                "inner class Table(Parent.Table) that says what differs; for a prefix before the names of all tables "
                "use dynamorm.connect(…, table_prefix='…')."
            )
        super().__setattr__(name, value)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Say what is to be used for an attribute that the tables of 0.11 had."""
            raise UnknownAttribute(f"{type(self).__name__} has no attribute '{name}'.{explain_former(name)}")

    def _known_settings(self) -> Collection[str]:
        """Return the names of the settings."""
        return ModelTable.__annotations__

    def _check_settings(self, model_name: str) -> None:
        refuse_invalid_name(self.name, self._label)
        check_escape(self.escape, self._label)
        if not isinstance(self.unordered_range_key, bool):
            raise DynaModelException(
                f"The unordered_range_key of {self._label} must be True or False: range_key names the field."
            )
        if self.stream is not None and self.stream not in get_args(StreamView):
            raise DynaModelException(
                f"The stream '{self.stream}' of the Table of {model_name} must be one of "
                f"{', '.join(get_args(StreamView))}."
            )

    def _spec_of_settings(self, adapter: SchemaAdapter, indexes: tuple[IndexSettings, ...]) -> TableSpec:
        hash_key, range_key = table_key_attributes(self, adapter, self._label)
        return TableSpec(self.name, hash_key, range_key, tuple(index.spec for index in indexes), stream=self.stream)

    def _table_settings(self, expiry: Expiry | None) -> TableSettings:
        return table_settings(
            self._label,
            ttl=None if expiry is None else expiry.attribute,
            deletion_protection=self.deletion_protection,
            table_class=self.table_class,
            tags=self.tags,
        )

    @property
    def settings_owner(self) -> str:
        """The class that has the settings of the whole table, as messages name it."""
        return f"the Table of {self.layout.model_name}"

    def key_settings(self) -> list[KeySettings]:
        """Return the settings of the keys of the table and of its indexes, for templates."""
        own = KeySettings(None, self._label, self.layout.spec, self.hash_key, self.range_key)
        return [own, *(index.key_settings for index in self._indexes)]

    def _table_options(self) -> TableOptions | None:
        if not (self.session_kwargs or self.resource_kwargs or self.backend_options):
            return None
        from dynamorm.engine.run.table_options import table_options  # deferred: start-up cost

        return table_options(
            self._label,
            session_kwargs=self.session_kwargs,
            resource_kwargs=self.resource_kwargs,
            backend_options=self.backend_options,
            backend=self.backend,
        )

    @property
    def spec(self) -> TableSpec:
        """The keys and indexes, without capacity, with the table's name on the current connection: with its prefix."""
        return self.layout.spec_in_force()

    @property
    def attribute_definitions(self) -> list[dict[str, str]]:
        """The attributes that are part of a key, in the form of DynamoDB's ``AttributeDefinitions``."""
        return [
            {"AttributeName": attribute.name, "AttributeType": attribute.type}
            for attribute in self.layout.spec.attribute_definitions()
        ]

    @property
    def exists(self) -> bool:
        """True if there is a table of this name, in any state."""
        return drive(self.layout, plans.tables.exists(self))

    @planned_by("tables.create_table")
    def create_table(self, wait: bool = True, *, exist_ok: bool = False) -> None:
        """Create the table with its indexes and settings, and *wait* until it can be used.

        With a ``ttl`` it waits in any case, because DynamoDB accepts a ``ttl`` only for an active table.

        Args:
            wait: Wait until the table can be used.
            exist_ok: Accept a table that exists already, if it is as the model describes it. Its capacity may differ
                as long as both are provisioned, since it may be scaled.

        Raises:
            MissingTableAttribute: Only one of ``read`` and ``write`` is set.
            TableAlreadyExists: There is a table with this name.
            TableMismatch: There is one, with *exist_ok*, and it differs from the model; nothing was changed.
            TableNotActive: The table is not active after about eight minutes.
        """
        drive(self.layout, plans.tables.create_table(self, wait, exist_ok=exist_ok))

    @planned_by("tables.plan")
    def plan(
        self,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
    ) -> TablePlan:
        """Return the changes that :meth:`update_table` would make with these arguments, in order, without making them.

        The result is a sequence of :class:`~dynamorm.data.table_plans.PlannedChange`; ``print`` shows it as a list.
        Changes that lose data are marked, and so are those that are not allowed and would not be made.

        Raises what :meth:`update_table` raises; ``TableNotActive`` only for a table that is being deleted, say.
        """
        plan = plans.tables.plan(self, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off)
        return drive(self.layout, plan)

    @planned_by("tables.update_table")
    def update_table(
        self,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
        progress: ProgressCallback | None = None,
    ) -> int:
        """Change the live table until it matches the model, and return the number of changes.

        Changes are made one after the other, and each is waited for: an index of a large table can take hours. Settings
        that the model leaves out are kept, except capacity: a model without ``read`` and ``write`` is billed on demand.
        Nothing is removed unless it is allowed by name. Names that don't exist, or that match the model, are ignored.

        Args:
            drop_indexes: Global indexes that may be dropped: those that the model does not have, or has with other keys
                or another projection (these are created again).
            drop_tags: The keys of tags that may be removed, which the model does not have.
            switch_off: Settings that may be switched off, which the model does not have: ``"stream"``, ``"ttl"``,
                ``"deletion_protection"``. ``"stream"`` also allows another view, which starts a new stream.
            progress: A function that is called with a :class:`~dynamorm.progress.Progress` before and after each
                change. What it raises ends the work; another call makes the other changes.

        Raises:
            TableNotFound: There is no such table.
            TableMismatch: The primary key or the local indexes differ; nothing was changed.
            MissingTableAttribute: Only one of ``read`` and ``write`` is set.
            Unsupported: The model has a setting that the backend can't keep.
            RequestRejected: DynamoDB refuses a change, such as a second one of time to live within an hour.
            TableNotActive: A change takes too long. The changes before it were made; another call makes the rest.
        """
        plan = plans.tables.update_table(
            self, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off, progress=progress
        )
        return drive(self.layout, plan)

    @planned_by("tables.delete")
    def delete(self, wait: bool = True) -> bool:
        """Delete the table with all its items, *wait* until it is gone, and return ``True``.

        Raises:
            TableNotFound: There is no such table.
            TableProtected: The deletion protection of the table is on.
        """
        return drive(self.layout, plans.tables.delete(self, wait))

    # The names of SQLAlchemy's tables, for new programs: ``Book.__table__.create()``.
    create = create_table
    update = update_table
    drop = delete

    @planned_by("tables.put")
    def put(self, item: Mapping[str, Any]) -> None:
        """Put a stored *item*, by attribute name, without the schema; a top-level ``None`` is left out.

        Raises :class:`~dynamorm.exceptions.InvalidValue` or :class:`~dynamorm.exceptions.InvalidKey`.
        """
        drive(self.layout, plans.tables.put(self, item))

    @planned_by("tables.get")
    def get(self, /, consistent: bool = False, **key: Any) -> Item | None:
        """Return the stored item with this *key*, by attribute name, without the schema; ``None`` when there is none.

        Raises :class:`~dynamorm.exceptions.InvalidKey`.
        """
        return drive(self.layout, plans.tables.get(self, consistent, **key))

    @planned_by("tables.delete_item")
    def delete_item(self, /, **key: Any) -> None:
        """Delete the stored item with this *key*, by attribute name, without the schema. A missing one is no error.

        Raises :class:`~dynamorm.exceptions.InvalidKey`.
        """
        drive(self.layout, plans.tables.delete_item(self, **key))

    @property
    def spec_with_capacity(self) -> TableSpec:
        """The spec to create the table from. Raises ``MissingTableAttribute`` for an incomplete capacity."""
        return replace(self.unprefixed_spec_with_capacity, name=self.spec.name)

    @property
    def unprefixed_spec_with_capacity(self) -> TableSpec:
        """As :attr:`spec_with_capacity`, without a prefix before the name, so that no connection is needed."""
        capacity = throughput(self.read, self.write, self._label)
        indexes = (index.spec_with_capacity(self.name, provisioned=capacity is not None) for index in self._indexes)
        return replace(self.layout.spec, throughput=capacity, indexes=tuple(indexes))


def create_all(models: Iterable[Any]) -> None:
    """Create the tables of *models* that do not exist, and wait until all of them can be used.

    ::

        dynamorm.create_all([Book, Author])

    Models may share a table, which has all that they describe. All tables are begun before the first is waited for.

    Raises:
        TableMismatch: There is a table with the name of one of them, and it differs from its models.
        DynaModelException: One of them is not a model with a table, or two describe one table in different ways.
    """
    if connected := _connected(models):
        drive_on(connected[0][0], plans.tables.create_all(connected))


async def acreate_all(models: Iterable[Any]) -> None:
    """Create the tables of *models* that do not exist, as :func:`create_all` does."""
    if connected := _connected(models):
        await adrive_on(connected[0][0], plans.tables.create_all(connected))


def _connected(models: Iterable[Any]) -> list[tuple[Connection, ModelTable]]:
    """Return the tables of *models*, each with its connection. Raise ``DynaModelException`` for what has no table."""
    is_list = isinstance(models, Iterable) and not isinstance(models, QueryElement)
    given = list(models) if is_list else [None]
    tables: dict[int, ModelTable] = {}
    for model in given:
        table = getattr(model, "_dynamorm_table", None) or getattr(model, "Table", None)
        if not isinstance(table, ModelTable):
            raise DynaModelException(
                "create_all takes a list of models that have a table, and of shared tables, as in "
                "dynamorm.create_all([Book, Author])."
            )
        # Models of one family have one table, whichever of them describes it.
        tables.setdefault(id(table.layout.kinds or table), table)
    return [(table.layout.connection(), table) for table in tables.values()]
