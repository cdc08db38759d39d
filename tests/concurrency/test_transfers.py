"""Money goes to and fro between accounts, while requests and answers get lost: the sum never changes."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import uuid4

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import BackendUnavailable, ConditionFailed, Throttled, TransactionCancelled
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing import Faults
from tests.support.counts import COUNTS
from tests.support.tables import table_of

THREADS = 6
TRANSFERS = 30
EACH = 50
#: The faults that happen, and what they are counted as.
FAULTS = {"throttle": "throttled requests", "lose_request": "lost requests", "lose_response": "lost responses"}


class Account(DynaModel):
    class Table:
        name = "accounts"
        hash_key = "id"

    class Schema:
        id = fields.String(required=True)
        balance = fields.Integer(required=True)


class Transfer(DynaModel):
    """What was transferred, to tell how often it took place."""

    class Table:
        name = "transfers"
        hash_key = "id"

    class Schema:
        id = fields.String(required=True)
        amount = fields.Integer(required=True)
        source = fields.String(required=True)


def transfer(source: str, target: str, amount: int) -> bool:
    """Whether there was enough to transfer. What gets lost is sent again, with the token of the first time."""
    token = str(uuid4())
    while True:
        try:
            with dynamorm.transaction(token) as tx:
                tx.update(Account, id=source, balance__minus=amount, conditions={"balance__gte": amount})
                tx.update(Account, id=target, balance__plus=amount)
                tx.put(Transfer, {"id": token, "amount": amount, "source": source}, unique=True)
        except ConditionFailed:
            return False
        except (BackendUnavailable, Throttled, TransactionCancelled):
            continue
        return True


def balances() -> list[int]:
    while True:
        try:
            accounts = dynamorm.transact_get((Account, {"id": "a"}), (Account, {"id": "b"}))
        except (BackendUnavailable, Throttled, TransactionCancelled):
            continue
        return [account.balance for account in accounts if account is not None]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_sum_never_changes(backend: Backend, seed: int) -> None:
    if Capability.CONCURRENT_CALLS not in backend.capabilities:
        pytest.skip("this server loses updates when several threads call it at once")
    before = COUNTS.copy()
    transfer_in_threads(backend, TRANSFERS, seed)
    done = COUNTS - before
    assert {"transfers", "sums looked at", *FAULTS.values()} <= done.keys()


def transfer_in_threads(backend: Backend, transfers_of_each: int, seed: int) -> None:
    """Transfer so often in each of some threads, on a new *backend*. Fail unless the sum is always the same."""
    faulty = Faults(backend)
    faulty.at_random(0.15, seed=seed, kinds=FAULTS)
    over = Event()

    def work(number: int) -> int:
        choices = random.Random(seed * 100 + number)
        done = 0
        with dynamorm.using(faulty):
            for _ in range(transfers_of_each):
                source, target = choices.sample(["a", "b"], 2)
                done += transfer(source, target, choices.randint(1, EACH))
        return done

    def watch() -> list[list[int]]:
        seen = []
        with dynamorm.using(faulty):
            while not over.is_set():
                seen.append(balances())
        return seen

    with dynamorm.using(backend):
        for model in (Account, Transfer):
            table_of(model).create_table()
        Account.put_batch({"id": "a", "balance": EACH}, {"id": "b", "balance": EACH})
        with ThreadPoolExecutor(THREADS + 1) as pool:
            watching = pool.submit(watch)
            done = sum(pool.map(work, range(THREADS)))
            over.set()
            seen = watching.result()
        transfers = list(Transfer.scan().consistent())
        a, b = balances()

    COUNTS.update(FAULTS[fault.kind] for fault in faulty.log)
    COUNTS.update({"transfers": done, "sums looked at": len(seen)})
    assert len(transfers) == done
    assert a + b == 2 * EACH
    assert a == EACH + sum(t.amount if t.source == "b" else -t.amount for t in transfers)
    assert all(sum(pair) == 2 * EACH and min(pair) >= 0 for pair in seen)
