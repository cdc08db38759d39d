"""Times of day in keys and conditions: without a UTC offset they sort, with one they have neither an order nor one text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, time, timedelta, timezone
from importlib.metadata import version
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll, Q
from dynamorm.exceptions import InvalidKey, InvalidOperator, ValidationError
from dynamorm.ports.backends import Backend
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class InPydantic(DynaModel):
    class Table:
        name = "times-in-pydantic"
        hash_key = "id"
        range_key = "at"

    class ByTime(GlobalIndex):
        name = "by-time"
        hash_key = "id"
        range_key = "until"
        projection = ProjectAll()

    class Schema:
        id: str
        at: time
        until: time | None = None
        plain: time | None = None


class InMarshmallow(DynaModel):
    class Table:
        name = "times-in-marshmallow"
        hash_key = "id"
        range_key = "at"

    class ByTime(GlobalIndex):
        name = "by-time"
        hash_key = "id"
        range_key = "until"
        projection = ProjectAll()

    class Schema:
        id = fields.String(required=True)
        at = fields.Time(required=True)
        until = fields.Time()
        plain = fields.Time()


# Schematics has no type for times of day.
each_library = pytest.mark.parametrize("model", [InPydantic, InMarshmallow], ids=lambda model: model.__name__)
NOON = time(12)
OFFSET = NOON.replace(tzinfo=timezone(timedelta(hours=2)))
OFFSETS = [OFFSET, NOON.replace(tzinfo=UTC), "12:00:00+02:00", "12:00:00Z"]
#: Marshmallow 3 reads a text with an offset as the time without it.
MARSHMALLOW = int(version("marshmallow").split(".")[0])


def as_read(model: type[DynaModel], at: time) -> time:
    """The time that a *model* reads from the text of this one."""
    return at.replace(tzinfo=None) if model is InMarshmallow and MARSHMALLOW < 4 else at


def _in_transaction(call: Callable[[Any], None]) -> None:
    with dynamorm.transaction() as tx:
        call(tx)


@each_library
@pytest.mark.parametrize("at", OFFSETS, ids=str)
def test_a_time_with_an_offset_is_refused_as_a_key(model: type[DynaModel], at: Any, recorder: RecordingBackend) -> None:
    if as_read(model, OFFSET) != OFFSET:
        pytest.skip("Marshmallow 3 takes the offset off")
    key = {"id": "1", "at": at}
    new = model(**key)
    refused: list[Callable[[], object]] = [
        lambda: model.put(key),
        lambda: model.put_batch(key),
        new.save,
        lambda: new.save(partial=True),
        new.delete,
        lambda: model.get(**key),
        lambda: list(model.get_batch([key])),
        lambda: model.update_item(**key, plain=NOON),
        lambda: model.delete_item(**key),
        lambda: model.delete_batch(key),
        lambda: model.put({"id": "1", "at": NOON, "until": at}),
        model(id="1", at=NOON, until=at).save,
        lambda: model.update_item(id="1", at=NOON, until=at),
        lambda: model(id="1", at=NOON).update(until=at),
        lambda: _in_transaction(lambda tx: tx.put(new)),
        lambda: model(id="1", at=NOON).copy(at=at).save(),
    ]
    for call in refused:
        with pytest.raises(InvalidKey, match=r"part of a key of .* with a UTC offset.*give a time without an offset"):
            call()
    assert recorder.sent == []


@each_library
@pytest.mark.parametrize("at", OFFSETS, ids=str)
def test_a_time_with_an_offset_is_refused_in_conditions(
    model: type[DynaModel], at: Any, recorder: RecordingBackend
) -> None:
    for condition in ({"plain": at}, {"plain__ne": at}, {"plain__in": [NOON, at]}, {"plain__gt": at}):
        with pytest.raises(InvalidOperator, match=r"on 'plain' .* UTC offset"):
            model.scan(**condition)
        with pytest.raises(InvalidOperator, match=r"on 'plain' .* UTC offset"):
            model.update_item(id="1", at=NOON, until=NOON, conditions=Q(**condition))
    with pytest.raises(InvalidOperator, match=r"on 'at' .* 12:00.02:00 and 10:00Z"):
        model.query(id="1", at=at)
    assert recorder.sent == []


@each_library
def test_times_without_an_offset_sort(model: type[DynaModel], connected: Backend) -> None:
    if as_read(model, OFFSET) != OFFSET:
        pytest.skip("Marshmallow 3 takes the offset off")
    table_of(model).create_table()
    for hour in (12, 7, 23):
        model.put({"id": "1", "at": time(hour), "until": time(hour), "plain": OFFSET})
    assert [each.at.hour for each in model.query(id="1", at__lt=time(23))] == [7, 12]
    found = model.get(id="1", at="07:00:00")
    assert found is not None
    # Where nothing is compared, a time keeps its offset.
    assert found.plain == OFFSET
    found.move(at=time(8))
    with pytest.raises(InvalidKey, match="UTC offset"):
        found.move(at=OFFSET)


@each_library
def test_stored_keys_with_an_offset_can_be_read_changed_and_deleted(model: type[DynaModel], connected: Backend) -> None:
    table_of(model).create_table()
    table_of(model).put({"id": "1", "at": "12:00:00+02:00", "until": "12:00:00+02:00"})
    (found,) = model.query(id="1")
    assert found.at == as_read(model, OFFSET)
    found.update(plain=NOON)
    found.plain = time(1)
    found.save(partial=True)
    found.save()
    found.refresh()
    assert found.plain == time(1)
    found.delete()
    assert table_of(model).get(id="1", at="12:00:00+02:00") is None


@each_library
def test_a_table_may_allow_them(model: type[DynaModel], connected: Backend) -> None:
    class Lenient(model):  # type: ignore[valid-type, misc] # a variable
        class Table(model.Table):  # type: ignore[name-defined, misc] # a variable
            name = "times-with-offsets"
            unordered_range_key = True

    table_of(Lenient).create_table()
    Lenient.put({"id": "1", "at": OFFSET})
    assert Lenient.get(id="1", at=OFFSET) is not None
    assert Lenient.query(id="1", at=OFFSET).count() == 1
    with pytest.raises(ValidationError):
        Lenient.get(id="1", at="noon")
