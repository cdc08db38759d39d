"""Parts of limits of rate: gates let through in order, and tell how long to wait; estimates are moving averages."""

from __future__ import annotations

import pytest

from dynamorm.data import DeleteItem
from dynamorm.engine.run.rates import gates
from dynamorm.engine.run.rates.buckets import TokenBucket
from dynamorm.engine.run.rates.estimates import Estimates, portions
from dynamorm.engine.run.rates.gates import Charge, Gate, Ticket


def gate(*, empty: bool = False, patience: float | None = None) -> Gate:
    """Return a gate of 10 units a second, at time 0."""
    made = Gate(TokenBucket(10), patience)
    made.bucket.refill(0)
    if empty:
        made.bucket.take(10)
    return made


def ticket(units: float, *passed: Gate) -> Ticket:
    return Ticket([Charge(each, units) for each in passed])


def test_wait_is_told_by_what_is_in_front_also_when_that_has_begun_or_left() -> None:
    one = gate(empty=True)
    first, second, third, fourth = (ticket(10, one) for _ in range(4))
    assert [each.poll(0) for each in (first, second, third, fourth)] == [1, 2, 3, 4]
    second.leave(0)
    assert [each.poll(0) for each in (first, third, fourth)] == [1, 2, 3]
    assert first.poll(1) is None
    assert [each.poll(1) for each in (third, fourth)] == [1, 2]
    third.leave(1.5)
    assert one.waited == 1 + 1.5
    assert fourth.poll(2) is None


def test_one_who_waits_behind_others_looks_again_when_its_patience_ends() -> None:
    one = gate(empty=True, patience=0.5)
    first, second = ticket(4, one), ticket(4, one)
    assert [first.poll(0), second.poll(0)] == [0.4, 0.5]
    assert first.poll(0.4) is None
    assert second.poll(0.5) is None
    assert second.refused is not None
    assert second.refused[1] == pytest.approx(0.3)


def test_debt_at_a_gate_that_was_passed_before_is_waited_for() -> None:
    outer, inner = gate(empty=True), gate()
    under_way, waiting = ticket(1, inner), ticket(1, inner, outer)
    assert under_way.poll(0) is None
    assert waiting.poll(0) == pytest.approx(0.1)
    # Nine are left, and it was to cost one.
    under_way.settle([30], 0)
    assert waiting.poll(0.1) == pytest.approx(2)


def test_whoever_comes_lets_all_through_whose_turn_it_is() -> None:
    wide = gate(empty=True)
    narrow = gate()
    narrow.narrow()
    first, second, third = ticket(5, narrow, wide), ticket(3, narrow, wide), ticket(2, narrow)
    for each in (first, second, third):
        assert each.poll(0) == 0.5
    newcomer = ticket(1, wide)
    assert newcomer.poll(1) is None
    assert [each.is_admitted for each in (first, second, third)] == [True, True, True]


def test_forked_process_forgets_who_waited() -> None:
    one = gate(empty=True)
    ticket(10, one).poll(0)
    gates._begin_anew()
    following = ticket(1, one)
    assert following.poll(0) == pytest.approx(0.1)


def test_estimate_is_a_moving_average_and_at_first_the_mean() -> None:
    estimates = Estimates()
    (portion,) = portions(DeleteItem("books", {"isbn": "1"}))
    means = []
    for consumed in (10, 20, 20, 20):
        estimates.learn([portion], consumed)
        means.append(estimates.of(portion))
    assert means == pytest.approx([10, 15, 50 / 3, 50 / 3 * 0.7 + 20 * 0.3])
