"""The part of a table that its models share: keys and indexes, the expiry of items, and the backend."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dynamorm.data import limits
from dynamorm.data.paths import Path
from dynamorm.data.records import replace
from dynamorm.data.tables import IndexSpec, KeyAttribute, TableSpec
from dynamorm.data.values import Item
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import (
    Target,
    block_connection,
    current_connection,
    opened_default,
    pinned_connection,
    prefix_in_force,
)
from dynamorm.engine.run.dry_run import recorded
from dynamorm.engine.run.rate_limits import RateLimit
from dynamorm.exceptions import BackendMisconfigured, DynaModelException
from dynamorm.model.table.expiry import Expiry, ReadOperation
from dynamorm.ports.backends import TableOptions

if TYPE_CHECKING:
    from dynamorm.model.table.kind_registry import KindRegistry


class TableLayout:
    """The table of a model as its verbs use it, apart from ``Table``, whose attributes a program may assign to."""

    def __init__(
        self,
        model_name: str,
        spec: TableSpec,
        expiry: Expiry | None,
        backend: Target | None,
        options: TableOptions | None,
        *,
        rate: RateLimit | None = None,
    ) -> None:
        self.model_name = model_name
        #: The keys and the indexes, without capacity, which matters only when the table is created, and without the
        #: prefix of a connection.
        self.spec = spec
        self._prefixed: dict[str, TableSpec] = {}
        #: The expiry of the items, if they expire.
        self.expiry = expiry
        self._indexes = {index.name: index for index in spec.indexes}
        #: The names of the model's index classes, by those of the indexes, for messages.
        self.index_classes: dict[str, str] = {}
        #: The kinds of the models that share the table, if their items have kinds.
        self.kinds: KindRegistry[Any] | None = None
        #: Whether guards of unique values are among the items, which have no kinds by which reads leave them out.
        self.holds_guards = False
        #: The model whose ``Table`` it is, for what is about its items as such.
        self.model: Any = None
        self._pinned = backend
        self._options = options
        self._rate = rate
        #: Whether the connection for this table is another one than for others, or is to know of its rate.
        self._is_configured = options is not None or rate is not None

    def shares_backend_with(self, other: TableLayout) -> bool:
        """Return whether this table and *another* are always in one backend, so that a transaction can have both."""
        return self._pinned is other._pinned or self._pinned == other._pinned

    def block_connection(self) -> Connection | None:
        """Return the connection of the current block, if this table is not pinned to another one."""
        return block_connection() if self._pinned is None else None

    def origin(self) -> Connection | None:
        """Return the connection that instances which are read now belong to; ``None`` for the default one."""
        connection = block_connection() if self._pinned is None else None
        return None if connection is None or connection is opened_default() else connection

    def connection(self, origin: Connection | None = None) -> Connection:
        """Return the connection for this table: the one that it is pinned to, or else *origin*, or the current one."""
        connection = (origin or current_connection()) if self._pinned is None else pinned_connection(self._pinned)
        if self._is_configured:
            connection = self._configured(connection)
        return recorded(connection, self.spec_on)

    def _configured(self, connection: Connection) -> Connection:
        if self._options is not None:
            connection = connection.for_table(self._options)
        if self._rate is not None:
            connection.limit_table(self.spec_on(connection).name, self._rate)
        return connection

    def connection_on(self, given: Connection) -> Connection:
        """Return the connection for this table on a *given* one, even if the table is pinned to another one."""
        return recorded(self._configured(given) if self._is_configured else given, self.spec_on)

    def spec_in_force(self, origin: Connection | None = None) -> TableSpec:
        """Return the spec with the table's name on the current connection, or on *origin*, as :meth:`connection`."""
        pinned = self._pinned
        connection = (origin or current_connection()) if pinned is None else pinned_connection(pinned)
        return self.spec_on(connection) if connection.table_prefix else self.spec

    def spec_on(self, connection: Connection) -> TableSpec:
        """Return the spec with the table's name on a *connection*, which has the connection's prefix.

        Raises :class:`~dynamorm.exceptions.BackendMisconfigured` for a name that gets too long.
        """
        return self.spec_with_prefix(connection.table_prefix)

    def spec_with_prefix(self, prefix: str | None) -> TableSpec:
        """Return the spec with a *prefix* before the table's name; with ``None``, with that of the connection in force.

        No connection is opened for it. Raises what :meth:`spec_on` raises.
        """
        if prefix is None:
            prefix = prefix_in_force(self._pinned)
        return self._prefixed.get(prefix) or self._add_prefix(prefix) if prefix else self.spec

    def _add_prefix(self, prefix: str) -> TableSpec:
        name = f"{prefix}{self.spec.name}"
        if not re.fullmatch(limits.TABLE_NAME_PATTERN, name):
            raise BackendMisconfigured(
                f"With the table_prefix '{prefix}', the table '{self.spec.name}' of {self.model_name} would have the "
                f"name '{name}', which DynamoDB does not allow: a name has 3 to 255 characters. Shorten the prefix."
            )
        spec = self._prefixed[prefix] = replace(self.spec, name=name)
        return spec

    def index(self, name: str | None) -> IndexSpec | None:
        """Return the index of this *name*; ``None`` for ``None``.

        Raises :class:`~dynamorm.exceptions.DynaModelException` when there is no such index.
        """
        if name is None:
            return None
        try:
            return self._indexes[name]
        except KeyError:
            raise DynaModelException(
                f"{self.model_name} has no index '{name}'. Its indexes are {', '.join(self._indexes) or 'none'}."
            ) from None

    def key_attributes_read(self, index: str | None) -> tuple[KeyAttribute, ...]:
        """Return the key attributes of the table and of the *index* of this name, each once."""
        indexed = () if index is None else self._indexes[index].key_attributes
        return tuple({attribute.name: attribute for attribute in (*self.spec.key_attributes, *indexed)}.values())

    def without_guards(self, operation: ReadOperation) -> ReadOperation:
        """Return an *operation* that leaves out the guards of unique values, which this table holds."""
        from dynamorm.model.table.held_guards import without_guards  # deferred: start-up cost

        return without_guards(operation, self.spec, self.index(operation.index))

    # Expired items

    @property
    def hides_expired(self) -> bool:
        """Whether reads leave out expired items by default."""
        return self.expiry is not None and self.expiry.hidden

    def is_hidden(self, item: Item) -> bool:
        """Return whether reads leave out this *item* because it has expired, or is the guard of a unique value."""
        if self.holds_guards:
            from dynamorm.model.table.held_guards import is_guard  # deferred: start-up cost

            if is_guard(item, self.spec):
                return True
        return self.expiry is not None and self.expiry.hidden and self.expiry.has_expired(item)

    def projection_with_ttl(self, projection: tuple[Path, ...] | None) -> tuple[Path, ...] | None:
        """Return a *projection*, with the time to live added to it if reads leave out expired items."""
        if projection is None or self.expiry is None or not self.expiry.hidden:
            return projection
        path = Path.of(self.expiry.attribute)
        return projection if path in projection else (*projection, path)

    def without_ttl(self, item: Item) -> Item:
        """Return an *item* without the attribute that says when it expires."""
        return {name: value for name, value in item.items() if self.expiry is None or name != self.expiry.attribute}

    def without_expired(self, operation: ReadOperation) -> ReadOperation:
        """Return an *operation* that leaves out items that have expired by now.

        Raises :class:`~dynamorm.exceptions.DynaModelException` without a ``ttl`` and for an index that does not hold
        it, and :class:`~dynamorm.exceptions.InvalidKey` for a query by it.
        """
        if self.expiry is None:
            raise DynaModelException(
                f"The Table of {self.model_name} has no ttl, the field that says when an item expires, so no items can "
                "be left out."
            )
        spec = self.spec if operation.table == self.spec.name else replace(self.spec, name=operation.table)
        return self.expiry.exclude_expired(operation, spec, self.index(operation.index))
