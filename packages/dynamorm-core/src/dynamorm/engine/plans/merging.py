"""Merging: DynamoDB takes one action on each item in a transaction, so what constraints add to a write is merged.

A constraint compiles a write into several: the program's own, and companions such as the guard of a unique value, the
check of a reference or the step of a counter. Companions may be about the item of another write, or about that of each
other's. Only companions are merged; two writes of the program's own on one item are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from dynamorm.data.conditions import And, Condition
from dynamorm.data.operations import DeleteItem, PutItem, TransactWriteAction, UpdateItem
from dynamorm.data.records import record, replace
from dynamorm.data.tables import TableSpec
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.updates import Add, UpdateAction
from dynamorm.data.values import AttributeValue, Item
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import CancellationReason, InvalidKey, InvalidUpdate


@record
class Companion:
    """A *write* that belongs to another one because of a *constraint*, whose name messages give.

    With *met_by_put*, it requires only that there is an item, which a put in the same transaction sees to. *if_gone* is
    what takes its place if there is no item.
    """

    write: Write
    constraint: str
    met_by_put: bool = False
    if_gone: Write | None = None


@record
class CompiledWrite(Write):
    """A write with the companions that constraints give it. Sent by itself, it is a transaction."""

    companions: tuple[Companion, ...] = ()

    @property
    def specs(self) -> tuple[TableSpec, ...]:
        """The specs of all tables that are written to or checked."""
        return (self.spec, *(companion.write.spec for companion in self.companions))

    def without_gone(self, failed: Write) -> CompiledWrite | None:
        """Return this write if the item of a companion that *failed* is gone; ``None`` if it can't do without."""
        for companion in self.companions:
            if companion.write is failed and companion.if_gone is not None:
                other = Companion(companion.if_gone, companion.constraint)
                kept = tuple(other if each is companion else each for each in self.companions)
                return replace(self, companions=kept)
        return None

    @property
    def constraints(self) -> tuple[str, ...]:
        """The names of the constraints that add further writes to it, each once."""
        return tuple(dict.fromkeys(companion.constraint for companion in self.companions))


@record
class Part:
    """A write within a merged action, of the program's write number *owner*, from 0; of its own without *companion*.

    *condition* is the part of the merged condition that is this write's.
    """

    owner: int
    write: Write
    companion: Companion | None
    condition: Condition | None

    @property
    def place(self) -> str:
        """The number of the program's write, as messages count them."""
        return str(self.owner + 1)


@record
class MergedAction:
    """One *action* of a transaction, and the *parts* that it is made of."""

    spec: TableSpec
    action: TransactWriteAction
    parts: tuple[Part, ...]

    def failed_parts(self, item: Item | None) -> Iterator[Part]:
        """Yield the parts whose condition does not hold for the present *item*, or the first one if all hold."""
        from dynamorm.rules import holds  # deferred: start-up cost

        failed = [part for part in self.parts if part.condition is not None and not holds(part.condition, item or {})]
        yield from failed or self.parts[:1]


def merged(writes: Sequence[Write]) -> tuple[MergedAction, ...]:
    """Return the actions of a transaction of *writes*: first one for each of them, then those of companions alone.

    Raises:
        InvalidKey: Two of the *writes* are about one item.
        InvalidUpdate: A companion contradicts another action on its item: both change a path, or one deletes the item.
    """
    groups: dict[object, list[Part]] = {}
    for number, write in enumerate(writes):
        group = groups.setdefault(_identity(write), [])
        if group:
            raise two_actions(group[0].owner + 1, number + 1, write.spec)
        group.append(Part(number, write, None, write.operation.condition))
    for number, write in enumerate(writes):
        for companion in write.companions if isinstance(write, CompiledWrite) else ():
            part = Part(number, companion.write, companion, companion.write.operation.condition)
            groups.setdefault(_identity(companion.write), []).append(part)
    actions = (_merge(parts) for parts in groups.values())
    return tuple(action for action in actions if action is not None)


def two_actions(first: int, second: int, spec: TableSpec) -> InvalidKey:
    """Return the exception for two of the program's actions, by their numbers, on one item of the table of *spec*."""
    return InvalidKey(
        f"The actions {first} and {second} of a transaction are about one item of '{spec.name}', which DynamoDB does "
        "not allow. Combine them: an update can have conditions, and so can a put."
    )


def reasons_by_write(
    actions: Sequence[MergedAction], reasons: Sequence[CancellationReason], count: int
) -> list[tuple[CancellationReason, Write]]:
    """Return the reason of each of the *count* writes that were merged into *actions*, with the write that it is about.

    That is the write itself, or a companion of it. The *reasons* are those of the actions.
    """
    # The action that the program gave, not the one that it was merged into.
    own = [
        reason._replace(action=type(action.parts[0].write.operation).__name__)
        for action, reason in zip(actions[:count], reasons[:count], strict=True)
    ]
    found: list[tuple[CancellationReason, Write] | None] = [None] * count
    for action, reason in zip(actions, reasons, strict=True):
        if reason.code == "None":
            continue
        failed = reason.code == "ConditionalCheckFailed"
        item = None if reason.item is None else dict(reason.item)
        for part in action.failed_parts(item) if failed else action.parts:
            first = found[part.owner]
            if part.companion is None:
                found[part.owner] = reason._replace(action=own[part.owner].action), part.write
            elif first is None or (failed and first[0].code != "ConditionalCheckFailed"):
                told = reason._replace(constraint=part.companion.constraint)
                mine = own[part.owner]
                found[part.owner] = told._replace(action=mine.action, table=mine.table, key=mine.key), part.write
    none = [reason._replace(code="None", message="", item=None) for reason in own]
    return [each or (none[number], actions[number].parts[0].write) for number, each in enumerate(found)]


# The rules of merging

_Merged: TypeAlias = tuple[TransactWriteAction, tuple[Part, ...]]


def _identity(write: Write) -> object:
    operation = write.operation
    item = operation.item if isinstance(operation, PutItem) else operation.key
    values = tuple(item.get(attribute.name) for attribute in write.spec.key_attributes)
    try:
        hash(values)
    except TypeError:
        # No value of a key. It is refused when the action is checked.
        return object()
    return (write.spec.name, *values)


def _merge(parts: Sequence[Part]) -> MergedAction | None:
    """Return the action that is made of *parts*; ``None`` if they cancel each other out and check nothing."""
    merged_so_far: _Merged = parts[0].write.operation, (parts[0],)
    for part in parts[1:]:
        merged_so_far = _add(*merged_so_far, part)
    action, kept = merged_so_far
    if len(kept) > 1 and isinstance(action, UpdateItem):
        own = _own_actions(parts[0])
        actions = tuple(each for each in action.actions if each in own or not _is_zero(each))
        action = replace(action, actions=actions)
        if not actions and action.condition is None:
            return None
        if not actions and action.condition is not None:
            action = ConditionCheck(action.table, action.key, action.condition)
    return MergedAction(parts[0].write.spec, action, kept)


def _is_zero(action: UpdateAction) -> bool:
    return isinstance(action, Add) and action.value == 0


def _own_actions(first: Part) -> tuple[UpdateAction, ...]:
    """Return the update actions that the program itself gave, of the *first* part of a merged action."""
    operation = first.write.operation
    return operation.actions if first.companion is None and isinstance(operation, UpdateItem) else ()


def _add(action: TransactWriteAction, parts: tuple[Part, ...], part: Part) -> _Merged:
    """Return an *action*, made of *parts* so far, with a companion's *part*."""
    new, condition = part.write.operation, part.condition
    assert part.companion is not None, "each item has one action of the program's own at most"
    match action, new:
        case PutItem(), ConditionCheck() | UpdateItem() if part.companion.met_by_put:
            if isinstance(new, UpdateItem):
                action = replace(action, item=_counted(action.item, new.actions, parts[0], part))
            return action, (*parts, replace(part, condition=None))
        case ConditionCheck(), ConditionCheck():
            return replace(action, condition=_both(action.condition, condition) or new.condition), (*parts, part)
        case ((UpdateItem() | PutItem()), ConditionCheck()):
            return replace(action, condition=_both(action.condition, condition)), (*parts, part)
        case ConditionCheck(), UpdateItem():
            return replace(new, condition=_both(action.condition, condition)), (*parts, part)
        case UpdateItem(), UpdateItem():
            actions = _united(action.actions, new.actions, parts, part)
            return replace(action, actions=actions, condition=_both(action.condition, condition)), (*parts, part)
        case DeleteItem(), PutItem() if parts[0].companion is not None:
            # What one item gives up, another one gets.
            return replace(new, condition=action.condition), (*parts, replace(part, condition=None))
        case PutItem(), DeleteItem() if parts[0].companion is not None:
            taken = tuple(replace(each, condition=None) for each in parts)
            return replace(action, condition=condition), (*taken, part)
        case DeleteItem(), ConditionCheck() | UpdateItem() if parts[0].owner == part.owner:
            # An item that refers to itself is deleted with its reference.
            return action, (*parts, replace(part, condition=None))
    raise _contradiction(action, parts[0], part)


def _both(condition: Condition | None, other: Condition | None) -> Condition | None:
    """Return the AND of two conditions, each part once."""
    found: list[Condition] = []
    for each in (condition, other):
        for part in each.conditions if isinstance(each, And) else () if each is None else (each,):
            if part not in found:
                found.append(part)
    return And(tuple(found)) if len(found) > 1 else found[0] if found else None


def _united(
    actions: Sequence[UpdateAction], others: Sequence[UpdateAction], parts: Sequence[Part], part: Part
) -> tuple[UpdateAction, ...]:
    """Return update actions together; steps of counters on one path are added up."""
    found, own = list(actions), _own_actions(parts[0])
    for other in others:
        place = next((number for number, each in enumerate(found) if each.path.overlaps(other.path)), None)
        if place is None:
            found.append(other)
            continue
        present = found[place]
        if present in own or not (isinstance(present, Add) and isinstance(other, Add) and present.path == other.path):
            raise _same_path(present, parts, part)
        found[place] = Add(present.path, _sum(present.value, other.value))
    return tuple(found)


def _counted(item: Item, actions: Sequence[UpdateAction], own: Part, part: Part) -> Item:
    """Return an *item* that is put, with the steps of counters added to it."""
    counted = dict(item)
    for action in actions:
        name = action.path.attribute
        present = counted.get(name)
        if not isinstance(action, Add) or not action.path.is_attribute or isinstance(present, (set, str, bytes)):
            raise _same_path(action, (own,), part)
        counted[name] = _sum(0 if present is None else present, action.value)
    return counted


def _sum(first: AttributeValue, second: AttributeValue) -> AttributeValue:
    return first + second  # type: ignore[operator]  # both are numbers


def _same_path(present: UpdateAction, parts: Sequence[Part], part: Part) -> InvalidUpdate:
    assert part.companion is not None
    first = next((each for each in parts if each.companion is None), parts[0])
    by = "" if first.companion is None else f" because of {first.companion.constraint}"
    return InvalidUpdate(
        f"The actions {first.place} and {part.place} of a transaction both change '{present.path}' of one item of "
        f"'{part.write.spec.name}': the first{by or ' by itself'}, the second because of {part.companion.constraint}. "
        "Let only the constraint change it, or write them one after the other."
    )


def _contradiction(action: TransactWriteAction, first: Part, part: Part) -> InvalidUpdate:
    assert part.companion is not None
    constraint, table = part.companion.constraint, part.write.spec.name
    if first.companion is not None:
        return InvalidUpdate(
            f"The actions {first.place} and {part.place} of a transaction contradict one another: because of "
            f"{first.companion.constraint} and {constraint}, both need one item of '{table}' for themselves. Two items "
            "can't have one unique value; write them one after the other if one gives it up."
        )
    does = "deletes" if isinstance(action, DeleteItem) else "writes"
    return InvalidUpdate(
        f"Action {first.place} of a transaction {does} an item of '{table}' that action {part.place} needs because of "
        f"{constraint}. Write them one after the other."
    )
