"""``delete_partition`` of items that refer to one another."""

from __future__ import annotations

from typing import Any

import pytest

import dynamorm
from dynamorm import PROTECT, Count, Key, ManyToOne, Mapped, Model, SharedTable, mapped, operate
from dynamorm.data import Operation, Scan, TransactWrite
from dynamorm.exceptions import ConditionFailed
from dynamorm.ports.backends import Backend
from tests.support.backends import RecordingBackend


class Depot(SharedTable):
    name = "depot"
    hash_key = "pk"
    range_key = "sk"


class Crate(Model):
    class Table(Depot):
        kind = "crate"
        hash_key = Key("CRATE#{crate}")
        range_key = Key("1")

    crate: Mapped[str]
    boxes: Mapped[int] = mapped(default=0)


class Box(Model):
    class Table(Depot):
        kind = "box"
        hash_key = Key("CRATE#{crate}")
        range_key = Key("2#{box}")

    crate: Mapped[str]
    box: Mapped[str]
    things: Mapped[int] = mapped(default=0)

    within = ManyToOne(
        Crate,
        query=lambda box: {"crate": box.crate},
        required=True,
        on_delete=PROTECT,
        counters=[Count(Crate.boxes)],
    )


class Thing(Model):
    class Table(Depot):
        kind = "thing"
        hash_key = Key("CRATE#{crate}")
        range_key = Key("3#{box}#{thing}")

    crate: Mapped[str]
    box: Mapped[str]
    thing: Mapped[str]

    within = ManyToOne(
        Box,
        query=lambda thing: {"crate": thing.crate, "box": thing.box},
        required=True,
        on_delete=PROTECT,
        counters=[Count(Box.things)],
    )


class Adding(RecordingBackend):
    """Another writer adds a box after each of the first transactions."""

    left = 5

    def execute(self, operation: Operation[Any]) -> Any:
        result = super().execute(operation)
        if isinstance(operation, TransactWrite) and self.left:
            self.left -= 1
            left, self.left = self.left, 0
            Box(crate="2", box=f"new{left}").save()
            self.left = left
        return result


def test_what_refers_to_other_items_of_the_partition_is_deleted_first(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory):
        Depot.create_table()
        for crate in ("1", "2"):
            Crate(crate=crate).save()
            for box in ("a", "b"):
                Box(crate=crate, box=box).save()
                Thing(crate=crate, box=box, thing="x").save()
        with pytest.raises(ConditionFailed, match=r"others refer to it by Box\.within") as failed:
            operate.delete_partition(Crate, {"crate": "1"})
        assert failed.value.__notes__ == [
            "0 items of the partition were deleted before. Call delete_partition() again: it deletes what is left."
        ]
        assert operate.delete_partition(Depot, {"crate": "1"}).deleted == 5
        found = operate.delete_partition(Depot, {"crate": "2"}, backend=Adding(sqlite_memory))
        assert found.deleted == 10
        with pytest.raises(ConditionFailed):
            Box(crate="2", box="a").save()
        assert not sqlite_memory.execute(Scan("depot")).items
