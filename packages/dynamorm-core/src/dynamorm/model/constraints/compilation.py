"""The compilation of one write: what constraints rely on, and the writes that they add."""

from __future__ import annotations

from collections.abc import Sequence

from dynamorm.data.conditions import Condition
from dynamorm.data.operations import PutItem
from dynamorm.data.records import replace
from dynamorm.engine.plans.merging import Companion, CompiledWrite
from dynamorm.engine.plans.preconditions import AsRead, ItemAbsent, ItemPresent, Precondition, VersionMatches
from dynamorm.engine.plans.writes import Write, with_preconditions
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import DynaModelException
from dynamorm.model.constraints.known_items import ItemChange, NotKnown, as_read
from dynamorm.model.mapping.differences import ABSENT
from dynamorm.model.mapping.mapper import Mapper


class Compilation:
    """What the constraints of a model add to a write: conditions on its item, and further writes.

    *origin* is the connection that the instance belongs to, if there is one.
    """

    def __init__(self, mapper: Mapper, origin: Connection | None) -> None:
        self._mapper = mapper
        self.origin = origin
        self.companions: list[Companion] = []
        #: Preconditions on the item, besides that it is as it was read.
        self.required: list[Precondition] = []
        #: Whether there must be an item, whatever is known of it.
        self.needs_item = False
        self._relied_on: dict[str, list[Condition]] = {}
        self._has_values = False

    def rely_on(self, attributes: Sequence[str], change: ItemChange) -> None:
        """Require that *attributes* still have the values that are known of them. They don't change in a key."""
        for attribute in attributes:
            value = change.old(attribute)
            name = self._mapper.field_name(attribute)
            if name in self._mapper.key_fields or isinstance(value, NotKnown):
                continue
            self._has_values |= value is not ABSENT
            self._relied_on[name] = [as_read(attribute, value)]

    def compiled(self, write: Write, absent: ItemAbsent | None) -> Write:
        """Return a *write* with what was added; for a new item it must be *absent*.

        Raises :class:`~dynamorm.exceptions.DynaModelException` for one that asks for old values in a transaction.
        """
        present = write.preconditions
        first: tuple[Precondition, ...] = ()
        if absent is not None and not any(isinstance(each, ItemAbsent) for each in present):
            first = (absent,)
        last: list[Precondition] = list(self.required)
        if self._relied_on:
            last.append(AsRead(self._relied_on))
        relies = absent is None and (self._has_values or self.needs_item)
        if relies and not any(isinstance(each, (ItemPresent, VersionMatches)) for each in present):
            last.insert(0, ItemPresent())
        write = with_preconditions(write, first, tuple(last), self._mapper.token_attribute)
        if not self.companions:
            return write
        operation = write.operation
        if isinstance(operation, PutItem) and absent is not None:
            # There is no old item to return.
            operation = replace(operation, return_values="NONE")
        returned = getattr(operation, "return_values", "NONE")
        if returned.endswith("OLD"):
            raise DynaModelException(
                f"This write of {self._mapper.model_name} is a transaction because of "
                f"{self.companions[0].constraint}, and a transaction returns no old values. Leave out return_old or "
                f"'{returned}': an instance that was read has them."
            )
        companions = tuple(self.companions)
        return CompiledWrite(write.spec, operation, write.preconditions, write.conditional, None, companions)
