"""What holds for every limit of rate, in a simulated time: units in any window, debts, fairness, throttling."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamorm import RateLimit
from dynamorm.data import GetItem, Operation, PutItem, Scan, UpdateItem
from dynamorm.engine.run.rates.buckets import TokenBucket
from dynamorm.exceptions import Throttled
from dynamorm.exceptions.throttling import AccountLimitReached, HotKey
from tests.core.engine.simulated_rates import Simulation, costing

GET = GetItem("books", {"isbn": "1"})
SCAN = Scan("books")
RATES = st.floats(1, 1000)
BURSTS = st.floats(0, 3)
COSTS = st.floats(0.5, 400)


def put(kilobytes: int) -> PutItem:
    return PutItem("books", {"isbn": "1", "text": "x" * (kilobytes * 1024 - 20)})


class Costs:
    """A service at which each operation costs the next of these units."""

    def __init__(self, units: Iterator[float]) -> None:
        self._units = units
        self.largest = 0.0

    def __call__(self, operation: Operation[Any], now: float) -> Any:
        units = next(self._units)
        self.largest = max(self.largest, units)
        return costing(operation, units, items=10)


@given(RATES, BURSTS, st.lists(COSTS, min_size=1, max_size=40), st.floats(0, 0.5), st.sampled_from([GET, SCAN]))
def test_a_window_has_the_rate_the_burst_and_one_operation(
    rate: float, burst: float, costs: list[float], latency: float, operation: Operation[Any]
) -> None:
    limit, service = RateLimit(read=rate, burst=burst), Costs(iter(costs))
    simulation = Simulation([limit], service, latency)
    simulation.thread([operation] * len(costs))
    simulation.run()
    assert len(simulation.sent) == len(costs)
    assert simulation.most_beyond(rate) <= rate * burst + service.largest + 1e-3
    # Debts are paid, and no time is lost: the last one began when those before it were paid for.
    paid = sum(costs[:-1]) - rate * burst
    assert simulation.sent[-1].at >= paid / rate - 1e-3
    assert limit.consumed.read == pytest.approx(sum(costs))


@given(
    st.floats(5, 1000),
    BURSTS,
    st.lists(st.lists(st.integers(1, 100), min_size=1, max_size=10), min_size=2, max_size=8),
    st.floats(0, 0.5),
)
def test_threads_together_keep_to_it_where_costs_are_known(
    rate: float, burst: float, threads: list[list[int]], latency: float
) -> None:
    limit = RateLimit(write=rate, burst=burst)
    simulation = Simulation([limit], lambda operation, _: costing(operation, kilobytes(operation)), latency)
    for sizes in threads:
        simulation.thread(map(put, sizes))
    simulation.run()
    assert sorted(each.units for each in simulation.sent) == sorted(size for sizes in threads for size in sizes)
    assert simulation.most_beyond(rate) <= rate * burst + max(map(max, threads)) + 1e-3


def kilobytes(operation: Operation[Any]) -> float:
    assert isinstance(operation, PutItem)
    text = operation.item["text"]
    assert isinstance(text, str)
    return (len(text) + 20) // 1024


@given(
    st.floats(5, 1000),
    BURSTS,
    st.lists(st.lists(COSTS, min_size=1, max_size=10), min_size=2, max_size=8),
    st.floats(0, 0.5),
)
def test_threads_exceed_it_by_an_operation_each_at_most(
    rate: float, burst: float, threads: list[list[float]], latency: float
) -> None:
    costs = [cost for each in threads for cost in each]
    limit, service = RateLimit(read=rate, burst=burst), Costs(iter(costs))
    simulation = Simulation([limit], service, latency)
    for each in threads:
        simulation.thread([GET] * len(each))
    simulation.run()
    assert len(simulation.sent) == len(costs)
    assert simulation.most_beyond(rate) <= rate * burst + service.largest * len(threads) + 1e-3


@given(st.floats(5, 100), st.floats(5, 100), st.lists(st.integers(1, 50), min_size=2, max_size=8))
def test_all_nested_limits_are_kept_at_once(inner: float, outer: float, sizes: list[int]) -> None:
    limits = [RateLimit(write=inner), RateLimit(write=outer)]
    simulation = Simulation(limits, lambda operation, _: costing(operation, kilobytes(operation)))
    for size in sizes:
        simulation.thread([put(size)] * 5)
    simulation.run()
    assert len(simulation.sent) == 5 * len(sizes)
    for rate in (inner, outer):
        assert simulation.most_beyond(rate) <= rate + max(sizes) + 1e-3


def test_nobody_starves() -> None:
    """A large operation waits no longer than those that came before it, however many small ones come after it."""
    simulation = Simulation(
        [RateLimit(write=10)], lambda operation, _: costing(operation, kilobytes(operation)), latency=0.001
    )
    for _ in range(10):
        simulation.thread(put(1) for _ in range(100))
    simulation.thread([put(100)], at=5.0)
    simulation.run()
    (large,) = (each for each in simulation.sent if each.units == 100)
    # Ten were waiting, and then it waits until the bucket is full.
    assert large.at == pytest.approx(5.0 + 1.0 + 1.0, abs=0.3)


@pytest.mark.parametrize("patience", [0, 0.2, None])
def test_first_operation_of_a_kind_is_not_refused_under_a_steady_load(patience: float | None) -> None:
    """It may cost a whole page, and the bucket is never full."""
    limit = RateLimit(read=100, patience=patience)
    simulation = Simulation([limit], lambda operation, _: costing(operation, 0.5, items=1), latency=0.02)
    for n in range(540):
        simulation.thread([GET], at=n / 180)
    for n in range(10):
        simulation.thread([SCAN], at=1 + n / 10)
    simulation.run()
    scans = [each.at for each in simulation.sent if isinstance(each.operation, Scan)]
    assert len(scans) >= 9
    assert scans[0] < 1.2
    # Others are refused while the first one of each kind is under way.
    assert len(simulation.errors) <= (0 if patience is None else 12)


def test_first_pages_of_many_threads_do_not_start_together() -> None:
    """With an estimate of one unit, the first second would cost 8 times 128."""
    simulation = Simulation([RateLimit(read=25)], Costs(iter([20.0] * 80)), latency=0.05)
    for _ in range(8):
        simulation.thread([SCAN] * 10)
    simulation.run()
    assert sum(each.units for each in simulation.sent if each.at <= 1.0) <= 25 + 25 + 20
    assert simulation.sent[-1].at == pytest.approx(80 * 20 / 25, rel=0.1)


def test_operation_that_costs_less_than_it_may_lets_others_through_when_it_is_done() -> None:
    simulation = Simulation([RateLimit(read=25)], Costs(iter([0.5] * 3)), latency=0.05)
    for _ in range(3):
        simulation.thread([SCAN])
    simulation.run()
    assert [each.at for each in simulation.sent] == [0, 0.05, 0.05]


def test_threads_that_know_the_costs_use_the_whole_rate() -> None:
    simulation = Simulation([RateLimit(read=200)], Costs(iter([0.5] * 10_000)), latency=0.02)
    for _ in range(16):
        simulation.thread([GET] * 250)
    simulation.run()
    assert simulation.sent[-1].at == pytest.approx((4000 * 0.5 - 200) / 200, rel=0.1)


class Table:
    """A service with a capacity of its own, which throttles what is beyond it."""

    def __init__(self, rate: float, error: type[Throttled] = Throttled) -> None:
        self.rate = rate
        self.consumed = 0.0
        self.throttled = 0
        self._balance, self._at = rate, 0.0
        self._error = error

    def __call__(self, operation: Operation[Any], now: float) -> Any:
        self._balance = min(self.rate, self._balance + self.rate * (now - self._at))
        self._at = now
        if self._balance < 1:
            self.throttled += 1
            return self._error("slower")
        self._balance -= 1
        self.consumed += 1
        return costing(operation, 1.0)


def hammer(limit: RateLimit, table: Table, seconds: float) -> Simulation:
    simulation = Simulation([limit], table)
    for _ in range(20):
        simulation.thread(islice(iter(lambda: UpdateItem("books", {"isbn": "1"}, ()), None), 1_000_000))
    simulation.run(until=seconds)
    return simulation


def test_adaptive_limit_uses_what_the_table_gives_and_is_rarely_throttled() -> None:
    limit, table = RateLimit(write=2000, adaptive=True), Table(300)
    hammer(limit, table, 40)
    assert table.consumed == pytest.approx(40 * 300, rel=0.25)
    assert table.throttled < 300
    assert limit.throttled == pytest.approx(table.throttled, abs=20)
    assert (limit.rate.write or 0) < 2000


def test_adaptive_limit_is_lowered_again_while_throttling_goes_on() -> None:
    """A first version lowered it only once a second since the last throttling, and so never again."""
    limit, table = RateLimit(write=2000, adaptive=True), Table(0)
    hammer(limit, table, 10)
    assert (limit.rate.write or 0) < 2000 * 0.7**5


def test_adaptive_limit_recovers_up_to_the_limit() -> None:
    limit, table = RateLimit(write=100, adaptive=True), Table(20)
    simulation = hammer(limit, table, 10)
    assert (limit.rate.write or 0) < 60
    table.rate = 1e9
    simulation.run(until=100)
    assert limit.rate.write == 100
    assert limit.rate.read is None


@given(st.floats(1, 1000), st.integers(0, 5), st.floats(0, 3), st.floats(0, 4000))
def test_wait_is_as_long_as_said_while_the_rate_rises(rate: float, throttles: int, later: float, debt: float) -> None:
    bucket = TokenBucket(rate, adaptive=True)
    bucket.refill(0)
    for n in range(throttles):
        bucket.lower(float(n))
    now = throttles + later
    bucket.refill(now)
    bucket.balance -= debt
    # No more than fits, however far the rate has risen.
    seconds = bucket.seconds_until(0, now)
    assert seconds == bucket.seconds_until_sum(0, now)
    if seconds > 1e-3:
        assert bucket.seconds_until(0, now + seconds * 0.999) > 0
        assert bucket.seconds_until(0, now + seconds * 1.000001) == 0


def test_other_limit_is_not_lowered() -> None:
    limit, table = RateLimit(write=2000), Table(300)
    hammer(limit, table, 2)
    assert limit.rate == (None, 2000)
    assert limit.throttled > 100


@pytest.mark.parametrize(("error", "lowered"), [(HotKey, (False, False)), (AccountLimitReached, (True, True))])
def test_reason_decides_which_limits_are_lowered(error: type[Throttled], lowered: tuple[bool, bool]) -> None:
    limit, other = RateLimit(write=2000, adaptive=True), RateLimit(read=100, adaptive=True)
    hammer(limit, Table(10, error), 1)
    assert ((limit.rate.write or 0) < 2000, (other.rate.read or 0) < 100) == lowered
