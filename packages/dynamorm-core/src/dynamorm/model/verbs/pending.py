"""Writes that a block collects: each is a plan that stands at its write."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from dynamorm.data.records import record
from dynamorm.engine.plans.steps import Plan, Step
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.verbs.drivers import drive_to_write
from dynamorm.ports.backends import Backend


@record
class PendingWrite:
    """A write that is to be sent with others on a *connection*, and the plan of the verb, which goes on once it was written."""

    model_name: str
    connection: Backend
    write: Write
    plan: Plan[None]


def begin(mapper: Mapper, plan: Plan[None]) -> PendingWrite | None:
    """Run the *plan* of a verb to its write; return ``None`` when it has nothing to write.

    What the verb refuses is refused here, and signals are sent that come before a write.
    """
    write = drive_to_write(plan)
    return None if write is None else PendingWrite(mapper.model_name, mapper.table.connection(), write, plan)


def complete(written: Sequence[PendingWrite]) -> Plan[None]:
    """Run the plans of what was *written* to their ends.

    All instances know that they were written before the first signal is sent, so that a receiver that raises keeps none of them
    from knowing.
    """
    left: list[tuple[Plan[None], Step]] = []
    for pending in written:
        with suppress(StopIteration):
            left.append((pending.plan, pending.plan.send(None)))
    for plan, first in left:
        step: Step | None = first
        while step is not None:
            yield step
            step = next(plan, None)


class WriteBlock:
    """The ``with`` block at whose end the writes of *what*, a batch or a transaction, are sent; *opening* is how it is opened."""

    def __init__(self, what: str, opening: str) -> None:
        self._what = what
        self._opening = opening
        self._is_open = False
        self._is_over = False

    def open(self) -> None:
        """Open it. Raises :class:`~dynamorm.exceptions.DynaModelException` when it is over."""
        self._refuse_when_over()
        self._is_open = True

    def end(self) -> None:
        """End it for good."""
        self._is_open, self._is_over = False, True

    def check(self) -> None:
        """Refuse writes while it is not open, because they would never be sent. Raises ``DynaModelException``."""
        self._refuse_when_over()
        if not self._is_open:
            raise DynaModelException(
                f"A {self._what} is sent at the end of its block, and takes writes only within: {self._opening}."
            )

    def _refuse_when_over(self) -> None:
        if self._is_over:
            raise DynaModelException(f"This {self._what} is over. Open another one: {self._opening}.")


def mapper_of(what: Any, place: str) -> Mapper:
    """Return the mapper of what a batch or a transaction, which *place* names, was given: an instance or a model.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for anything else.
    """
    is_model = isinstance(what, type) and issubclass(what, StoredInstance) and hasattr(what, "_mapper")
    if not (is_model or isinstance(what, StoredInstance)):
        raise DynaModelException(
            f"{place} takes an instance, or a model and what it is about, as in put(Book, {{…}}) and delete(Book, isbn=…); not "
            f"{type(what).__name__}."
        )
    mapper: Mapper = what._mapper
    return mapper


def refuse_more(instance: StoredInstance, more: object) -> None:
    """Refuse an item or a key that was given besides an *instance*. Raises ``DynaModelException``."""
    if more is not None:
        raise DynaModelException(
            f"{type(instance).__name__} was given as an instance, by itself; values and keys are given with the model."
        )
