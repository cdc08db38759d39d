"""What an instance knows of its item: nothing, that it was there, or that the instance has deleted it."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, OneToOne, ProjectKeys
from dynamorm.exceptions import ConditionFailed, StaleItem
from dynamorm.ports.backends import Backend
from dynamorm.signals import post_update, pre_update
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Job(DynaModel):
    class Table:
        name = "jobs"
        hash_key = "id"

    class ByCount(GlobalIndex):
        name = "by-count"
        hash_key = "n"
        projection = ProjectKeys()

    class Schema:
        id = fields.text(required=True)
        name = fields.text(required=True)
        n = fields.integer(default=int)
        tags = fields.list_of(fields.text())
        steps = fields.map_of()


class VersionedJob(DynaModel):
    class Table:
        name = "versioned-jobs"
        hash_key = "id"
        version = "revision"

    class Schema:
        id = fields.text(required=True)
        name = fields.text(required=True)
        n = fields.integer(default=int)
        tags = fields.list_of(fields.text())
        steps = fields.map_of()
        revision = fields.integer()


class Owner(DynaModel):
    class Table:
        name = "owners"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        job_id = fields.text()

    job = OneToOne(Job, query=lambda owner: {"id": owner.job_id}, back_reference=None, auto_create=False)


class Chief(DynaModel):
    class Table:
        name = "chiefs"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        job_id = fields.text()
        text = fields.text()

    job = OneToOne(VersionedJob, query=lambda chief: {"id": chief.job_id}, back_reference=None, auto_create=False)


ITEM: dict[str, Any] = {"id": "1", "name": "first", "n": 1, "tags": ["a"], "steps": {"b": 1}}


@pytest.fixture(params=[Job, VersionedJob], ids=["no version", "version"])
def model(request: pytest.FixtureRequest, connected: Backend) -> Any:
    table_of(request.param).create_table()
    return request.param


def of(model: Any) -> Any:
    """Make the item of a *model*, and return the instance that reads it."""
    table_of(model).delete_item(id="1")
    model.put(ITEM)
    return model.get(id="1", consistent=True)


def item(model: Any) -> Any:
    return table_of(model).get(consistent=True, id="1")


def with_tag(instance: Any) -> Any:
    instance.tags.append("b")
    return instance


def with_step(instance: Any) -> Any:
    instance.steps["c"] = 2
    return instance


def with_count(instance: Any) -> Any:
    instance.n = 5
    return instance


def in_a_transaction(add: Callable[[Any, Any], Any]) -> Callable[[Any], None]:
    def write(instance: Any) -> None:
        with dynamorm.transaction() as tx:
            add(tx, instance)

    return write


UPDATES: dict[str, Callable[[Any], Any]] = {
    "update": lambda x: x.update(n=5),
    "update that returns all": lambda x: x.update(n=5, return_all=True),
    "update by a function": lambda x: x.update(n__plus=4),
    "update of a part": lambda x: x.update(steps__c=2),
    "removal": lambda x: x.update(tags__remove=True),
    "update under a condition": lambda x: x.update(n=5, conditions={"n": 1}),
    "update under a condition that would hold": lambda x: x.update(n=5, conditions={"n__not_exists": True}),
    "condition alone": lambda x: x.update(conditions={"n__not_exists": True}),
    "partial save": lambda x: with_count(x).save(partial=True),
    "partial save of a part": lambda x: with_step(x).save(partial=True),
    "partial save of a longer list": lambda x: with_tag(x).save(partial=True),
    "partial save of a copy": lambda x: with_count(copy.copy(x)).save(partial=True),
    "partial save of a deep copy": lambda x: with_count(copy.deepcopy(x)).save(partial=True),
    "partial save of a pickled one": lambda x: with_count(pickle.loads(pickle.dumps(x))).save(partial=True),
    "update in a transaction": in_a_transaction(lambda tx, x: tx.update(x, n=5)),
    "partial save in a transaction": in_a_transaction(lambda tx, x: tx.save(with_count(x), partial=True)),
}


def test_an_item_that_is_gone_is_not_made_by_an_update(model: Any) -> None:
    for name, update in UPDATES.items():
        mine = of(model)
        model.get(id="1").delete()
        with pytest.raises(StaleItem) as stale:
            update(mine)
        assert f"An item of '{table_of(model).name}' is gone" in str(stale.value), name
        assert stale.value.item is None
        assert item(model) is None, name


WRITTEN: dict[str, Callable[[Any], Any]] = {
    "saved": lambda model: model(**ITEM),
    "put in a transaction": lambda model: model(**ITEM),
    "updated": lambda model: model(partial=True, id="1"),
}


def written(model: Any, how: str) -> Any:
    """Return an instance that made its item, and was never read."""
    table_of(model).delete_item(id="1")
    instance = WRITTEN[how](model)
    if how == "saved":
        instance.save()
    elif how == "updated":
        instance.update(name="first")
    else:
        with dynamorm.transaction() as tx:
            tx.put(instance)
    return instance


@pytest.mark.parametrize("how", list(WRITTEN))
def test_an_item_that_was_written_is_known_to_be_there(model: Any, how: str) -> None:
    mine = written(model, how)
    table_of(model).delete_item(id="1")
    with pytest.raises(StaleItem, match="is gone"):
        mine.update(n=5)
    with pytest.raises(StaleItem, match="is gone"):
        with_count(mine).save(partial=True)
    assert item(model) is None


def test_an_item_that_was_put_in_a_batch_is_known_to_be_there(connected: Backend) -> None:
    table_of(Job).create_table()
    mine = Job(**ITEM)
    with dynamorm.batch() as batch:
        batch.put(mine)
    table_of(Job).delete_item(id="1")
    with pytest.raises(StaleItem, match="is gone"):
        mine.update(n=5)
    assert item(Job) is None


def test_an_item_read_in_part_is_known_to_be_there(connected: Backend) -> None:
    table_of(Job).create_table()
    for read in (
        lambda: Job.ByCount.query(n=1),
        lambda: Job.scan().specific_attributes(["id", "n"]),
        lambda: Job.get_batch([{"id": "1"}], attrs="id, n"),
        lambda: [dynamorm.transact_get((Job, {"id": "1"}))[0]],
    ):
        of(Job)
        (mine,) = read()
        table_of(Job).delete_item(id="1")
        assert mine is not None
        with pytest.raises(StaleItem, match="is gone"):
            mine.update(n=5)
        assert item(Job) is None


def test_new_instances_and_update_item_make_items(model: Any) -> None:
    model(partial=True, id="1").update(n=1)
    assert item(model)["n"] == 1
    table_of(model).delete_item(id="1")
    model(id="1", name="x", n=1).save(partial=True)
    assert item(model)["name"] == "x"
    table_of(model).delete_item(id="1")
    with dynamorm.transaction() as tx:
        tx.update(model(partial=True, id="1"), n=1)
    assert item(model)["n"] == 1
    table_of(model).delete_item(id="1")
    model.new_from_raw(dict(ITEM)).update(n=2)
    assert item(model)["n"] == 2
    table_of(model).delete_item(id="1")
    model.update_item(id="1", n=3)
    assert item(model)["n"] == 3


DELETES: dict[str, Callable[[Any], Any]] = {
    "delete": lambda x: x.delete(),
    "delete in a transaction": in_a_transaction(lambda tx, x: tx.delete(x)),
}


def test_after_its_own_delete_an_instance_is_not_updated_and_saved_anew(model: Any) -> None:
    for delete in DELETES.values():
        for name, update in UPDATES.items():
            mine = of(model)
            delete(mine)
            with pytest.raises(StaleItem) as stale:
                update(mine)
            assert f"This {model.__name__} has deleted its item" in str(stale.value), name
            assert item(model) is None
        mine.delete()  # a missing item is no error
        mine.save()
        assert (item(model)["name"], getattr(mine, "revision", 1)) == ("first", 1)
        mine.update(n=7)
        assert item(model)["n"] == 7


def test_after_a_delete_in_a_batch_an_instance_is_not_updated(connected: Backend) -> None:
    table_of(Job).create_table()
    mine = of(Job)
    with dynamorm.batch() as batch:
        batch.delete(mine)
    with pytest.raises(StaleItem, match="This Job has deleted its item"):
        mine.update(n=5)
    with dynamorm.batch() as batch:
        batch.put(mine)
    mine.update(n=5)
    assert item(Job)["n"] == 5


def test_a_delete_that_fails_is_none(model: Any) -> None:
    mine = of(model)
    with pytest.raises(ConditionFailed):
        mine.delete(conditions={"n": 9})
    with pytest.raises(ConditionFailed), dynamorm.transaction() as tx:
        tx.delete(mine, conditions={"n": 9})
    mine.update(n=5)
    assert item(model)["n"] == 5


def test_an_instance_whose_item_was_made_anew_by_another_is_saved_only_without_versions(model: Any) -> None:
    mine = of(model)
    mine.delete()
    model.put({"id": "1", "name": "theirs", "n": 1})
    if model is Job:
        mine.save()
        assert item(model)["name"] == "first"
    else:
        with pytest.raises(StaleItem, match="does not have the version"):
            mine.save()
        assert item(model)["name"] == "theirs"


def test_an_item_that_is_older_than_the_version_is_no_ghost_either(connected: Backend) -> None:
    table_of(VersionedJob).create_table()
    for name, write in {
        **UPDATES,
        "save": lambda x: with_count(x).save(),
        "delete": lambda x: x.delete(),
        "put in a transaction": in_a_transaction(lambda tx, x: tx.put(x)),
        "delete in a transaction": in_a_transaction(lambda tx, x: tx.delete(x)),
        "check in a transaction": in_a_transaction(lambda tx, x: tx.check(x)),
    }.items():
        table_of(VersionedJob).put(ITEM)
        mine: Any = VersionedJob.get(id="1", consistent=True)
        table_of(VersionedJob).delete_item(id="1")
        with pytest.raises(StaleItem) as stale:
            write(mine)
        assert "is gone" in str(stale.value), name
        assert item(VersionedJob) is None, name
        table_of(VersionedJob).put(ITEM)
        mine = VersionedJob.get(id="1", consistent=True)
        VersionedJob.update_item(id="1", n=2)
        with pytest.raises(StaleItem) as stale:
            write(mine)
        assert "does not have the version" in str(stale.value), name


def test_a_condition_of_the_program_that_fails_is_told_from_an_item_that_is_gone(model: Any) -> None:
    mine = of(model)
    for write in (mine.update, mine.save, mine.delete):
        with pytest.raises(ConditionFailed) as failed:
            write(conditions={"n": 9})
        assert not isinstance(failed.value, StaleItem)
        assert failed.value.item == item(model)
    with pytest.raises(ConditionFailed) as failed, dynamorm.transaction() as tx:
        tx.update(mine, n=5, conditions={"n": 9})
    assert not isinstance(failed.value, StaleItem)


def test_whole_saves_of_an_item_that_is_gone_make_it_anew_without_versions(connected: Backend) -> None:
    table_of(Job).create_table()
    mine = of(Job)
    table_of(Job).delete_item(id="1")
    mine.save()
    assert item(Job) == ITEM


def test_no_request_is_sent_and_no_signal_for_what_the_instance_knows(recorder: RecordingBackend) -> None:
    table_of(Job).create_table()
    mine = of(Job)
    mine.delete()
    recorder.sent.clear()
    heard: list[Any] = []

    def hear(sender: Any, **arguments: Any) -> None:
        heard.append(arguments)

    with pre_update.connected_to(hear, Job), post_update.connected_to(hear, Job), pytest.raises(StaleItem):
        mine.update(n=5)
    assert (recorder.sent, heard) == ([], [])


def test_a_related_instance_is_no_ghost(connected: Backend) -> None:
    table_of(Job).create_table()
    table_of(Owner).create_table()
    of(Job)
    owner = Owner(id="1", job_id="1")
    owner.save()
    assert owner.job is not None
    owner.job.n = 9
    table_of(Job).delete_item(id="1")
    with pytest.raises(StaleItem):
        owner.update(job_id="1")
    assert item(Job) is None
    # Deleted by the instance itself, it is not made again by a save of its owner.
    of(Job)
    owner = Owner(id="1", job_id="1")
    job = owner.job
    assert job is not None
    job.delete()
    owner.save()
    assert item(Job) is None


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("is_awaited", [False, True])
def test_what_a_stale_related_instance_leaves_is_said(connected: Backend, is_awaited: bool, partial: bool) -> None:
    table_of(VersionedJob).create_table()
    table_of(Chief).create_table()
    of(VersionedJob)
    chief = Chief(id="1", job_id="1")
    chief.save()
    assert chief.job is not None
    chief.job.n = 9
    chief.text = "new"
    of(VersionedJob).save()
    with pytest.raises(StaleItem) as stale:
        asyncio.run(chief.asave(partial=partial)) if is_awaited else chief.save(partial=partial)
    assert str(stale.value).endswith("decide again. This write changed nothing.")
    assert stale.value.__notes__ == ["The Chief itself was saved; saving its related VersionedJob failed."]
    assert item(Chief) == {"id": "1", "job_id": "1", "text": "new"}


def test_an_instance_without_our_constructor_is_new(connected: Backend) -> None:
    class Own(DynaModel):
        class Table:
            name = "own"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            n = fields.integer()

        def __init__(self, **values: Any) -> None:
            self.id = values.get("id")
            self.n = values.get("n")

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return None

    table_of(Own).create_table()
    Own(id="1", n=1).save()
    Own(id="2", n=1).save(unique=True)
    Own(id="3", n=1).save(partial=True)
    Own(id="4").update(n=1)
    with dynamorm.transaction() as tx:
        tx.put(Own(id="5", n=1))
    with dynamorm.batch() as batch:
        batch.put(Own(id="6", n=1))
    assert sorted((own.id, own.n) for own in Own.scan()) == [(str(n), 1) for n in range(1, 7)]
    for twin in (copy.copy, copy.deepcopy):
        assert twin(Own(id="7", n=2)).n == 2
    own = Own.get(id="1")
    assert own is not None
    Own(id="1").delete()
    with pytest.raises(StaleItem, match="is gone"):
        own.update(n=2)


def test_what_a_delete_by_key_returned_can_be_saved_anew(model: Any) -> None:
    of(model)
    old = model.delete_item(id="1", return_old=True)
    with pytest.raises(StaleItem, match="has deleted its item"):
        old.update(n=5)
    old.save()
    assert item(model)["name"] == "first"
