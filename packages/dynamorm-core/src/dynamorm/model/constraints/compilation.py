"""The compilation of one write: what constraints rely on, and the writes that they add."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dynamorm.data.conditions import Condition
from dynamorm.data.operations import PutItem, UpdateItem
from dynamorm.data.records import record, replace
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import Item
from dynamorm.engine.plans.merging import Companion, CompiledWrite
from dynamorm.engine.plans.preconditions import AsRead, ItemAbsent, ItemPresent, Precondition, VersionMatches
from dynamorm.engine.plans.writes import Write, with_preconditions
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import ConditionFailed, DynaModelException, StaleItem
from dynamorm.model.constraints.known_items import ItemChange, NotKnown, as_read
from dynamorm.model.mapping.differences import ABSENT
from dynamorm.model.mapping.mapper import Mapper


@record
class ItemKnown(ItemPresent):
    """The precondition that there is an item of which a write only knows, by its key and by what the program says."""

    model_name: str

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return a ``StaleItem``."""
        return StaleItem(
            f"There is no item with this primary key in '{spec.name}', and the rules of {self.model_name} are about "
            "one that is there. To create it, save a new instance as a whole, or use create or put_unique."
        )


@record
class StillDeleted(ItemAbsent):
    """The precondition that there is no item, of an instance that has deleted its own."""

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return a ``StaleItem``."""
        return StaleItem(
            f"This instance has deleted its item of '{spec.name}', and another writer has created one with the same "
            "key since. To delete that one, read it first.",
            item,
        )


def _needs_item(precondition: Precondition) -> bool:
    """Return whether a *precondition* fails if there is no item."""
    if isinstance(precondition, VersionMatches):
        return precondition.present or precondition.expected is not None
    return isinstance(precondition, ItemPresent)


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

    def rely_on_key(self, attributes: Iterable[str], change: ItemChange) -> None:
        """Require that there is an item if values of *attributes* that the primary key holds are known of it.

        An update of an item that is not there would make one of its key, with these values.
        """
        names = map(self._mapper.field_name, attributes)
        if (change.is_update or change.is_deletion) and all(name in self._mapper.key_fields for name in names):
            self.needs_item = True

    def rely_on(self, attributes: Sequence[str], change: ItemChange) -> None:
        """Require that *attributes* still have the values that are known of them. Those in a key always do."""
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
        if relies and not any(map(_needs_item, present)):
            # An update of an instance that was read requires its item anyway.
            is_update = isinstance(write.operation, UpdateItem)
            last.insert(0, ItemKnown(self._mapper.model_name) if is_update else ItemPresent())
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
