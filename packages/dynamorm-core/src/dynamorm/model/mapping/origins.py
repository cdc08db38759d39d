"""The origin of an instance: the connection of the ``using`` block in which it was read or written, to which it stays.

An instance has one of three: the connection; ``None``, or nothing in the slot, if it is new or comes from the default
backend; :data:`NOWHERE` if it was copied or unpickled.

An instance that a verb has read on an event loop remembers that, too: its slot has an ``AwaitedOrigin`` around the
connection or ``None``.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, TypeAlias

from dynamorm.data.tables import TableSpec
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import current_connection, opened_default, using
from dynamorm.exceptions import BackendClosed, DynaModelException
from dynamorm.model.mapping.awaited_origins import AwaitedOrigin, awaited
from dynamorm.model.mapping.snapshots import Presence
from dynamorm.model.mapping.stored_instances import StoredInstance, origin_slot, set_attribute

#: The origin of an instance whose item may be in any backend.
NOWHERE: Literal[False] = False
Origin: TypeAlias = Connection | Literal[False] | None


def record_awaited(returned: Any) -> None:
    """Record of the instances that a verb has *returned*, one or several, that it has read them on an event loop."""
    if isinstance(returned, StoredInstance):
        origin = _slot(returned)
        if type(origin) is not AwaitedOrigin:
            set_attribute(returned, "_dynamorm_origin", awaited(origin))
    elif type(returned) in (list, tuple):
        for each in returned:
            record_awaited(each)


def was_awaited(instance: StoredInstance) -> bool:
    """Return whether an instance was read on an event loop."""
    return type(_slot(instance)) is AwaitedOrigin


class Home:
    """The table of an instance, where its own verbs find it."""

    __slots__ = ("_instance",)

    def __init__(self, instance: StoredInstance) -> None:
        self._instance = instance

    @property
    def given(self) -> object:
        """What the verb was called on."""
        return self._instance

    @property
    def is_of_instance(self) -> bool:
        """False if the verb was called on the class, with something else in place of an instance, or with nothing."""
        return isinstance(self._instance, StoredInstance)

    def connection(self) -> Connection:
        """Return the connection for the verbs of the instance: that of the current block, or its origin.

        Raises :class:`~dynamorm.exceptions.BackendClosed` if its origin was closed at the end of the block.
        """
        origin = used_origin(self._instance)
        if origin is not None and origin.is_closed:
            raise BackendClosed(
                f"This {type(self._instance).__name__} belongs to the {_name(origin)}, in whose block it was read or "
                "written, and which was closed since. Use it within the block; or open the connection before the "
                "block, and close it later. A copy() belongs to the current backend."
            )
        return self._instance._mapper.table.connection(origin)


def spec_of(instance: StoredInstance) -> TableSpec:
    """Return the spec of the table of an instance, with the table's name there."""
    return instance._mapper.table.spec_in_force(used_origin(instance))


def home_connection(instance: StoredInstance) -> Connection | None:
    """Return the connection that an instance belongs to, wherever it is used; ``None``: the current one."""
    origin = _origin(instance)
    if origin is None and instance._dynamorm_snapshot.presence is not Presence.UNKNOWN:
        return opened_default()
    return origin or None


def at_home(instance: StoredInstance) -> AbstractContextManager[object]:
    """Return a context in which reads are those of the backend that an instance belongs to."""
    home = home_connection(instance)
    return nullcontext() if home is None else using(home)


def is_elsewhere(instance: StoredInstance) -> bool:
    """Return whether the current block has another backend than the one that an instance belongs to."""
    here = instance._mapper.table.block_connection()
    if here is None:
        return False
    home = home_connection(instance)
    return home is not None and (home.backend is not here.backend or home.table_prefix != here.table_prefix)


def refuse_elsewhere(instance: StoredInstance) -> None:
    """Raise :class:`~dynamorm.exceptions.DynaModelException` within a block of another backend than the instance's."""
    if not is_elsewhere(instance):
        return
    home, here = home_connection(instance), current_connection()
    once = " Open it once, and use the connection in both blocks." if _name(home) == _name(here) else ""
    raise DynaModelException(
        f"This {type(instance).__name__} belongs to the {_name(home)}, and this block uses the {_name(here)}, where "
        f"its item is another one or none.{once} Use it after the block; or copy it there, with put(…) of a batch or a "
        "transaction in the block, or with copy()."
    )


def check_block(instance: StoredInstance, *, copies: bool) -> tuple[bool, Connection | None]:
    """Return whether a put in a ``using`` block only *copies* the item of an instance there, and the connection there.

    That is so for an instance of another backend, and of no concern to the instance. A save of one is refused.
    """
    is_copy = copies and is_elsewhere(instance)
    if not is_copy:
        refuse_elsewhere(instance)
    return is_copy, instance._mapper.table.origin()


def record_origin(instance: StoredInstance, here: Connection | None) -> None:
    """Record that an instance was written in a block of the connection *here*; ``None``: to the default backend."""
    origin = _origin(instance)
    if not origin and origin is not here:
        set_attribute(instance, "_dynamorm_origin", awaited(here) if was_awaited(instance) else here)


def adopt(owner: StoredInstance, instance: StoredInstance) -> None:
    """Let an *instance* that belongs nowhere yet go where its *owner* belongs."""
    origin = _origin(owner)
    if origin and not _origin(instance) and instance._dynamorm_snapshot.presence is Presence.UNKNOWN:
        set_attribute(instance, "_dynamorm_origin", origin)


def used_origin(instance: StoredInstance) -> Connection | None:
    """Return the origin of an instance, unless there is a block, whose connection is used."""
    return (_origin(instance) or None) if instance._mapper.table.block_connection() is None else None


def _origin(instance: StoredInstance) -> Origin:
    origin = _slot(instance)
    return origin.connection if type(origin) is AwaitedOrigin else origin


def _slot(instance: StoredInstance) -> Any:
    try:
        return origin_slot(instance)
    except AttributeError:
        return None


def _name(connection: Connection | None) -> str:
    prefix = "" if connection is None else connection.table_prefix
    return repr(connection).strip("<>") + (f" with the table prefix '{prefix}'" if prefix else "")
