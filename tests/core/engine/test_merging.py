"""What constraints add to writes is merged, since a transaction has one action on each item."""

from __future__ import annotations

import pytest

from dynamorm.data import (
    Add,
    And,
    AttributeExists,
    AttributeNotExists,
    Comparison,
    Condition,
    ConditionCheck,
    DeleteItem,
    Item,
    KeyAttribute,
    Path,
    PutItem,
    Set,
    TableSpec,
    TransactWriteAction,
    UpdateAction,
    UpdateItem,
    Value,
)
from dynamorm.engine.plans import writes
from dynamorm.engine.plans.merging import Companion, CompiledWrite, merged, reasons_by_write
from dynamorm.engine.plans.preconditions import ItemAbsent
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import CancellationReason, InvalidKey, InvalidUpdate

SHOP = TableSpec("shop", KeyAttribute("id", "S"))
EXISTS = AttributeExists(Path.of("id"))
FREE = AttributeNotExists(Path.of("id"))
MINE = Comparison("=", Path.of("owner"), Value("me"))
CHEAP = Comparison("<", Path.of("price"), Value(10))
PARENT: Item = {"id": "parent"}
GUARD: Item = {"id": "guard"}
SET_NAME = Set(Path.of("name"), Value("x"))
PLUS_1, MINUS_1 = Add(Path.of("count"), 1), Add(Path.of("count"), -1)


def update(key: Item, *actions: UpdateAction, condition: Condition | None = None) -> Write:
    return writes.update(SHOP, key, actions, condition)


def child(name: str, *companions: Companion) -> CompiledWrite:
    """Return the put of an item with companions."""
    own = writes.put(SHOP, {"id": name})
    return CompiledWrite(SHOP, own.operation, (), conditional=False, companions=companions)


def with_companions(own: Write, *companions: Companion) -> CompiledWrite:
    return CompiledWrite(SHOP, own.operation, own.preconditions, own.conditional, companions=companions)


def counter(action: UpdateAction, name: str = "the counter") -> Companion:
    return Companion(update(PARENT, action, condition=EXISTS), name, met_by_put=True)


CHECK = Companion(writes.check(SHOP, PARENT, EXISTS), "the reference", met_by_put=True)
OTHER_CHECK = Companion(writes.check(SHOP, PARENT, CHEAP), "another rule")
CLAIM = Companion(writes.put(SHOP, {**GUARD, "owner": "you"}, FREE), "the unique value")
RELEASE = Companion(writes.delete(SHOP, GUARD, MINE), "the unique value")


def actions_of(*written: Write) -> list[TransactWriteAction]:
    return [each.action for each in merged(written)]


def on_parent(*written: Write) -> TransactWriteAction:
    """Return the action on the parent, which is the only one besides those of children."""
    (found,) = [
        action
        for action in actions_of(*written)
        if (action.item if isinstance(action, PutItem) else action.key)["id"] == "parent"
    ]
    return found


def test_actions_of_the_program_come_first_and_those_of_constraints_follow() -> None:
    actions = actions_of(child("a", CHECK), child("b", CLAIM))
    assert [type(each).__name__ for each in actions] == ["PutItem", "PutItem", "ConditionCheck", "PutItem"]
    assert all(isinstance(each, PutItem) and each.item["id"] in ("a", "b") for each in actions[:2])


def test_two_checks_are_one_and_an_equal_one_is_not_repeated() -> None:
    assert on_parent(child("a", CHECK), child("b", CHECK)) == ConditionCheck("shop", PARENT, EXISTS)
    both = ConditionCheck("shop", PARENT, And((EXISTS, CHEAP)))
    assert on_parent(child("a", CHECK), child("b", OTHER_CHECK), child("c", CHECK)) == both


def test_check_and_update_are_an_update_with_the_condition() -> None:
    own = update(PARENT, SET_NAME, condition=CHEAP)
    assert on_parent(own, child("a", CHECK)) == UpdateItem("shop", PARENT, (SET_NAME,), And((CHEAP, EXISTS)))
    merged_counter = UpdateItem("shop", PARENT, (PLUS_1,), EXISTS)
    assert on_parent(child("a", CHECK, counter(PLUS_1))) == merged_counter
    assert on_parent(writes.check(SHOP, PARENT, EXISTS), child("a", counter(PLUS_1))) == merged_counter


def test_check_and_put_are_a_put_with_the_condition() -> None:
    own = writes.put(SHOP, PARENT, CHEAP)
    assert on_parent(own, child("a", OTHER_CHECK)) == PutItem("shop", PARENT, CHEAP)
    own = writes.put(SHOP, PARENT, FREE)
    assert on_parent(own, child("a", OTHER_CHECK)) == PutItem("shop", PARENT, And((FREE, CHEAP)))


def test_put_of_the_parent_makes_the_item_that_a_reference_needs() -> None:
    own = writes.put(SHOP, PARENT, unique=True)
    assert on_parent(own, child("a", CHECK)) == PutItem("shop", PARENT, FREE)


def test_counters_add_up_and_those_that_make_nothing_are_left_out() -> None:
    total = UpdateItem("shop", PARENT, (Add(Path.of("count"), 2),), EXISTS)
    assert on_parent(child("a", counter(PLUS_1)), child("b", counter(PLUS_1))) == total
    nothing = ConditionCheck("shop", PARENT, EXISTS)
    assert on_parent(child("a", counter(PLUS_1)), child("b", counter(MINUS_1))) == nothing
    unconditional = Companion(update(PARENT, PLUS_1), "x"), Companion(update(PARENT, MINUS_1), "x")
    assert len(actions_of(child("a", unconditional[0]), child("b", unconditional[1]))) == 2


def test_update_of_another_field_and_a_counter_are_one_update() -> None:
    own = update(PARENT, SET_NAME)
    assert on_parent(own, child("a", counter(PLUS_1)), child("b", counter(PLUS_1))) == UpdateItem(
        "shop", PARENT, (SET_NAME, Add(Path.of("count"), 2)), EXISTS
    )
    assert on_parent(own, child("a", counter(PLUS_1)), child("b", counter(MINUS_1))) == UpdateItem(
        "shop", PARENT, (SET_NAME,), EXISTS
    )


@pytest.mark.parametrize("own", [Set(Path.of("count"), Value(0)), PLUS_1, Set(Path.of("count", "x"), Value(0))])
def test_update_of_the_field_of_a_counter_is_refused_and_names_both_actions(own: UpdateAction) -> None:
    message = (
        r"The actions 2 and 1 of a transaction both change 'count.*' of one item of 'shop': the first by itself, the "
        r"second because of the counter\."
    )
    with pytest.raises(InvalidUpdate, match=message):
        merged([child("a", counter(PLUS_1)), update(PARENT, own)])


def test_counter_is_added_to_the_item_of_a_put() -> None:
    with_2 = writes.put(SHOP, {**PARENT, "count": 2}, CHEAP)
    assert on_parent(with_2, child("a", counter(PLUS_1))) == PutItem("shop", {**PARENT, "count": 3}, CHEAP)
    assert on_parent(writes.put(SHOP, PARENT), child("a", counter(PLUS_1), counter(PLUS_1))) == PutItem(
        "shop", {**PARENT, "count": 2}
    )


@pytest.mark.parametrize("companion", [CHECK, counter(MINUS_1)])
def test_delete_of_an_item_that_another_action_needs_is_refused(companion: Companion) -> None:
    message = r"Action 1 of a transaction deletes an item of 'shop' that action 2 needs because of the (ref|count)"
    with pytest.raises(InvalidUpdate, match=message):
        merged([writes.delete(SHOP, PARENT), child("a", companion)])


def test_item_that_refers_to_itself_is_deleted_with_its_reference() -> None:
    own = with_companions(writes.delete(SHOP, PARENT, CHEAP), counter(MINUS_1))
    assert actions_of(own) == [DeleteItem("shop", PARENT, CHEAP)]


@pytest.mark.parametrize("order", [1, -1])
def test_value_that_one_item_gives_up_goes_to_another(order: int) -> None:
    first, second = [child("a", CLAIM), child("b", RELEASE)][::order]
    *_, guard = actions_of(first, second)
    assert guard == PutItem("shop", {**GUARD, "owner": "you"}, MINE)


def test_two_items_with_one_unique_value_are_refused() -> None:
    with pytest.raises(InvalidUpdate, match=r"actions 1 and 2 of a transaction contradict one another.*the unique val"):
        merged([child("a", CLAIM), child("b", CLAIM)])


def test_two_writes_of_the_program_on_one_item_stay_refused() -> None:
    with pytest.raises(InvalidKey, match="The actions 1 and 2 of a transaction are about one item of 'shop'"):
        merged([child("a", CHECK), update({"id": "a"}, SET_NAME)])


# Reasons


def reasons_for(written: list[Write], *reasons: CancellationReason) -> list[tuple[str, str | None]]:
    found = reasons_by_write(merged(written), reasons, len(written))
    return [(reason.code, reason.constraint) for reason, _ in found]


FAILED, NONE = CancellationReason("ConditionalCheckFailed"), CancellationReason("None")


def test_reason_is_that_of_the_programs_action_and_names_the_constraint() -> None:
    written: list[Write] = [child("a", CLAIM), child("b", CHECK), child("c", CHECK)]
    taken = FAILED._replace(item={**GUARD, "owner": "me"})
    none, guard, reference = ("None", None), ("ConditionalCheckFailed", "the unique value"), "the reference"
    assert reasons_for(written, NONE, NONE, NONE, taken, NONE) == [guard, none, none]
    missing = ("ConditionalCheckFailed", reference)
    assert reasons_for(written, NONE, NONE, NONE, NONE, FAILED) == [none, missing, missing]
    # What fails of the action itself comes first.
    absent: list[Write] = [with_companions(writes.put(SHOP, {"id": "a"}, unique=True), CLAIM)]
    there = FAILED._replace(item={"id": "a"})
    assert reasons_for(absent, there, taken) == [("ConditionalCheckFailed", None)]
    conflict = CancellationReason("TransactionConflict")
    assert reasons_for(written[:1], NONE, conflict) == [("TransactionConflict", "the unique value")]


def test_parts_of_one_action_are_told_apart_by_the_present_item() -> None:
    own = with_companions(update(PARENT, SET_NAME, condition=CHEAP))
    written: list[Write] = [own, child("a", CHECK)]
    expensive = FAILED._replace(item={**PARENT, "price": 20})
    assert reasons_for(written, expensive, NONE) == [("ConditionalCheckFailed", None), ("None", None)]
    both = [("ConditionalCheckFailed", None), ("ConditionalCheckFailed", "the reference")]
    assert reasons_for(written, FAILED, NONE) == both
    (reason, failed), *_ = reasons_by_write(merged([child("a", CHECK)]), [NONE, FAILED], 1)
    assert reason.code == "ConditionalCheckFailed"
    assert failed is CHECK.write


def test_preconditions_of_a_merged_put_stay_those_of_the_put() -> None:
    own = writes.put(SHOP, PARENT, unique=True)
    assert own.preconditions == (ItemAbsent(),)
    reasons = reasons_for([own, child("a", CHECK)], FAILED._replace(item=PARENT), NONE)
    assert reasons == [("ConditionalCheckFailed", None), ("None", None)]
