"""The inner ``Table`` of a model: its settings, and the verbs for the table itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from dynamorm.data import limits
from dynamorm.data.records import record
from dynamorm.data.tables import IndexSpec, StreamView, TableClass, TableSpec
from dynamorm.data.values import Item, normalise_item
from dynamorm.engine.plans import items as plans
from dynamorm.engine.plans import writes
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import Target, current_connection, pinned_connection
from dynamorm.engine.run.dry_run import current_rehearsal
from dynamorm.engine.run.sync import run
from dynamorm.engine.tables import lifecycle as tables
from dynamorm.exceptions import DynaModelException, MissingTableAttribute
from dynamorm.model.table.expiry import expiry_of
from dynamorm.model.table.keys import key_attribute, one_field, required_setting, sentence, throughput
from dynamorm.model.table.table_settings import parse_allowed_removals, refuse_misspelled, table_settings
from dynamorm.ports.backends import TableOptions
from dynamorm.ports.schemas import SchemaAdapter

if TYPE_CHECKING:
    from dynamorm.data.table_plans import TablePlan


@record
class IndexSettings:
    """An index of a model as its class says: what it is made of, and its capacity, which may be incomplete."""

    spec: IndexSpec
    read: int | None
    write: int | None

    def spec_with_capacity(self, table: str, *, provisioned: bool) -> IndexSpec:
        """What to create, for a table that is *provisioned* or not. Raises ``MissingTableAttribute``."""
        if self.spec.kind == "local":
            return self.spec
        place = f"the index '{self.spec.name}' of '{table}'"
        capacity = throughput(self.read, self.write, place)
        if provisioned and capacity is None:
            raise MissingTableAttribute(
                f"{sentence(place)} has neither 'read' nor 'write', and its table has both. Give it both."
            )
        if capacity is not None and not provisioned:
            raise MissingTableAttribute(
                f"{sentence(place)} has 'read' and 'write', and its table has neither. Give both to the table, or take them away here."
            )
        return replace(self.spec, throughput=capacity)


class ModelTable:
    """The table of a model, made from its inner ``Table`` class when the model is defined.

    Its settings: ``name`` and ``hash_key``, and if need be ``range_key``, ``read`` and ``write`` (both: provisioned
    capacity in units per second; neither: billed on demand), ``stream`` (a view type), ``session_kwargs`` and
    ``resource_kwargs`` (for boto3), ``backend_options`` (for other backends, by their names: ``{"mydb": {"timeout": 5}}``),
    ``backend`` (a URL, a name, an open backend or a connection that this model always uses).

    ``version`` is the name of a field, stored as a number: each write checks that the item is in the version that was read,
    and raises it by one (optimistic locking).

    ``hide_expired=True`` has reads leave out items that have expired and were not deleted yet.

    And these, of which the live table keeps its own when they are left out: ``ttl`` (the name of a field, a number of
    seconds since 1970 or a date-time, that says when an item expires), ``deletion_protection`` (``True`` or ``False``),
    ``table_class`` (``"STANDARD"`` or ``"STANDARD_INFREQUENT_ACCESS"``), ``tags`` (a dict of texts).

    Its verbs take and give items as they are stored, by attribute name, past the schema.
    """

    name: str
    hash_key: str
    range_key: str | None = None
    read: int | None = None
    write: int | None = None
    stream: StreamView | None = None
    version: str | None = None
    ttl: str | None = None
    hide_expired: bool = False
    deletion_protection: bool | None = None
    table_class: TableClass | None = None
    tags: Mapping[str, str] | None = None
    session_kwargs: Mapping[str, Any] | None = None
    resource_kwargs: Mapping[str, Any] | None = None
    backend_options: Mapping[str, Mapping[str, Any]] | None = None
    backend: Target | None = None

    def __init__(self, model_name: str, adapter: SchemaAdapter, indexes: tuple[IndexSettings, ...]) -> None:
        self._place = f"the Table of {model_name}"
        for base in type(self).__mro__:
            if base not in ModelTable.__mro__:
                refuse_misspelled(base, ModelTable.__annotations__, self._place)
        required_setting(self, "name", self._place)
        hash_key = one_field(self, "hash_key", self._place)
        range_key = None if self.range_key is None else one_field(self, "range_key", self._place)
        if not re.fullmatch(limits.TABLE_NAME_PATTERN, self.name):
            raise DynaModelException(
                f"'{self.name}', the name in the Table of {model_name}, is not one that DynamoDB allows: 3 to 255 letters, "
                "digits, dots, dashes and underscores."
            )
        if self.stream is not None and self.stream not in get_args(StreamView):
            raise DynaModelException(
                f"The stream '{self.stream}' of the Table of {model_name} is none of {', '.join(get_args(StreamView))}."
            )
        #: The keys and the indexes. Capacity is left out: it matters only when the table is created.
        self.spec = TableSpec(
            self.name,
            key_attribute(adapter, hash_key, "hash_key", self._place),
            None if range_key is None else key_attribute(adapter, range_key, "range_key", self._place),
            tuple(index.spec for index in indexes),
            stream=self.stream,
        )
        #: How its items expire, if they do.
        self.expiry = expiry_of(adapter, self._place, self.ttl, self.hide_expired)
        if self.expiry is not None and self.expiry.hidden:
            for index in self.spec.indexes:
                self.expiry.check_index(self.spec, index)
        self._settings = table_settings(
            self._place,
            ttl=None if self.expiry is None else self.expiry.attribute,
            deletion_protection=self.deletion_protection,
            table_class=self.table_class,
            tags=self.tags,
        )
        #: The model's index classes by their names in the table, with their settings: ``indexes["by-author"].hash_key``.
        self.indexes: dict[str, type[Any]] = {}
        self._options: TableOptions | None = None
        if self.session_kwargs or self.resource_kwargs or self.backend_options:
            from dynamorm.engine.run.table_options import table_options

            self._options = table_options(
                self._place,
                session_kwargs=self.session_kwargs,
                resource_kwargs=self.resource_kwargs,
                backend_options=self.backend_options,
                backend=self.backend,
            )
        self._indexes = indexes

    @property
    def attribute_definitions(self) -> list[dict[str, str]]:
        """The attributes that are part of a key, in the form of DynamoDB's ``AttributeDefinitions``."""
        return [
            {"AttributeName": attribute.name, "AttributeType": attribute.type}
            for attribute in self.spec.attribute_definitions()
        ]

    @property
    def exists(self) -> bool:
        """Whether there is a table of this name, in whatever state."""
        return run(tables.exists(self.name), self.connection())

    def create_table(self, wait: bool = True) -> None:
        """Creates the table with its indexes and settings and, unless told not to *wait*, waits until it can be used.

        With a ``ttl`` it waits in any case, since DynamoDB takes that from an active table only.

        Raises :class:`~dynamorm.exceptions.MissingTableAttribute` when only one of ``read`` and ``write``
        is set, :class:`~dynamorm.exceptions.TableAlreadyExists`, and
        :class:`~dynamorm.exceptions.TableNotActive` when the table takes longer than about eight minutes.
        """
        run(tables.create_table(self._spec_with_capacity(), self._settings, wait=wait), self.connection())

    def plan(
        self,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
    ) -> TablePlan:
        """What :meth:`update_table` would change with these arguments, in this order; nothing is changed.

        It is a sequence of :class:`~dynamorm.data.table_plans.PlannedChange`; ``print`` shows it as a list. Changes that
        lose data are marked, and those that nothing has allowed, which would not be made.

        Raises as :meth:`update_table` does, but never :class:`~dynamorm.exceptions.TableNotActive`.
        """
        # Imported here because few programs change tables, and each would pay for it when it starts.
        from dynamorm.engine.tables import updates as table_updates

        consent = parse_allowed_removals(self.name, drop_indexes, drop_tags, switch_off)
        return run(
            table_updates.plan_update(self._spec_with_capacity(), self._settings, consent),
            self.connection(),
        )

    def update_table(
        self,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
    ) -> int:
        """Changes the live table until it is what the model describes, and answers how many changes it made.

        One change is made after the other, and waited for: that of a large table's index can take hours. What the
        model leaves out stays, but for capacity: a model without ``read`` and ``write`` is billed on demand.

        Nothing is taken away unless it is allowed by name: *drop_indexes* are global indexes that the model does not
        have, or has with other keys or another projection (these are made again), *drop_tags* are the keys of tags that
        it does not have, *switch_off* are settings that it does not have (``"stream"``, ``"ttl"``,
        ``"deletion_protection"``; ``"stream"`` also allows another view, which begins a new stream). What
        is not there, or is as the model has it, is left alone.

        Raises :class:`~dynamorm.exceptions.TableNotFound`; :class:`~dynamorm.exceptions.TableMismatch` when primary key
        or local indexes are others, before anything is changed; :class:`~dynamorm.exceptions.MissingTableAttribute` for
        an incomplete capacity; :class:`~dynamorm.exceptions.Unsupported` when the model has a setting that the backend
        can't keep; :class:`~dynamorm.exceptions.RequestRejected` when DynamoDB refuses a change, such as a second one
        of time to live within an hour; and :class:`~dynamorm.exceptions.TableNotActive` when a change takes
        too long: those before it have been made, and another call makes the rest.
        """
        # Imported here because few programs change tables, and each would pay for it when it starts.
        from dynamorm.engine.tables import updates as table_updates

        consent = parse_allowed_removals(self.name, drop_indexes, drop_tags, switch_off)
        return run(
            table_updates.update_table(self._spec_with_capacity(), self._settings, consent),
            self.connection(),
        )

    def delete(self, wait: bool = True) -> bool:
        """Deletes the table with all its items and, unless told not to *wait*, waits until it is gone.

        Answers ``True``. Raises :class:`~dynamorm.exceptions.TableNotFound`, and
        :class:`~dynamorm.exceptions.TableProtected` when its deletion protection is on.
        """
        run(tables.delete_table(self.name, wait=wait), self.connection())
        return True

    def put(self, item: Mapping[str, Any]) -> None:
        """Writes a stored *item*, by attribute name, without the schema; a top-level ``None`` is left out.

        Raises :class:`~dynamorm.exceptions.InvalidValue` or :class:`~dynamorm.exceptions.InvalidKey`.
        """
        stored = normalise_item({name: value for name, value in item.items() if value is not None})
        run(plans.write(writes.put(self.spec, stored)), self.connection())

    def get(self, /, consistent: bool = False, **key: Any) -> Item | None:
        """Reads a stored item, by attribute name, without the schema; ``None`` when there is none.

        Raises :class:`~dynamorm.exceptions.InvalidKey`.
        """
        return run(plans.get(self.spec, normalise_item(key), consistent=consistent), self.connection())

    def delete_item(self, /, **key: Any) -> None:
        """Deletes a stored item, by attribute name, without the schema; that there is none is no error.

        Raises :class:`~dynamorm.exceptions.InvalidKey`.
        """
        run(plans.write(writes.delete(self.spec, normalise_item(key))), self.connection())

    def connection(self) -> Connection:
        """Return the connection in force for this table: the one it is pinned to, or else the current one."""
        if (rehearsal := current_rehearsal()) is not None:
            rehearsal.note(self.spec)
        connection = current_connection() if self.backend is None else pinned_connection(self.backend)
        return connection if self._options is None else connection.for_table(self._options)

    def _spec_with_capacity(self) -> TableSpec:
        table_throughput = throughput(self.read, self.write, self._place)
        provisioned = table_throughput is not None
        return replace(
            self.spec,
            throughput=table_throughput,
            indexes=tuple(index.spec_with_capacity(self.name, provisioned=provisioned) for index in self._indexes),
        )
