"""A time to live is stored in whole seconds, and is what the schema says in a program: a number or a date-time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ManyToOne, ProjectAll
from dynamorm.data.operations import DescribeTimeToLive
from dynamorm.exceptions import ConditionFailed, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

SECOND = 2_000_000_000
MOMENT = datetime(2033, 5, 18, 3, 33, 20, tzinfo=UTC)
LATER = MOMENT + timedelta(days=1)
#: The same moment as it may be given.
FORMS = (
    MOMENT,
    MOMENT.replace(microsecond=999_999),
    MOMENT.replace(tzinfo=None),
    MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30))),
    "2033-05-18T03:33:20+00:00",
    SECOND,
)


class Session(DynaModel):
    class Table:
        name = "sessions"
        hash_key = "id"
        ttl = "expires"

    class ByUser(GlobalIndex):
        name = "by-user"
        hash_key = "user"
        range_key = "expires"
        projection = ProjectAll()

    class Schema:
        id = fields.text(required=True)
        user = fields.text()
        expires = fields.moment(attribute="e")
        seen = fields.moment()


class Ticket(DynaModel):
    class Table:
        name = "tickets"
        hash_key = "session"
        range_key = "expires"
        ttl = "expires"

    class Schema:
        session = fields.text(required=True)
        expires = fields.moment(required=True)

    owner = ManyToOne(Session, query=lambda ticket: {"id": ticket.session})


class Plain(DynaModel):
    class Table:
        name = "plain"
        hash_key = "id"
        ttl = "expires"

    class Schema:
        id = fields.text(required=True)
        expires = fields.moment()


class Numbered(DynaModel):
    class Table:
        name = "numbered"
        hash_key = "id"
        ttl = "expires"

    class Schema:
        id = fields.text(required=True)
        expires = fields.integer()


@pytest.fixture
def tables(connected: Backend) -> Backend:
    """Each backend in turn, in force, with the tables."""
    for model in (Session, Ticket, Plain, Numbered):
        table_of(model).create_table()
    return connected


def stored(model: type[DynaModel] = Session, **key: Any) -> Any:
    item = table_of(model).get(consistent=True, **(key or {"id": "1"}))
    assert item is not None
    return item


def read(id_: str = "1") -> Session:
    session = Session.get(id=id_, consistent=True)
    assert session is not None
    return session


def test_create_table_switches_it_on(tables: Backend) -> None:
    described = tables.execute(DescribeTimeToLive("sessions"))
    assert (described.status, described.attribute) == ("ENABLED", "e")


def test_each_way_of_writing_stores_whole_seconds(tables: Backend) -> None:
    for form in FORMS:
        Session(id="1", expires=form).save()
        Session.put({"id": "2", "expires": form})
        Session.put_batch({"id": "3", "expires": form})
        with dynamorm.batch() as batch:
            batch.put(Session(id="4", expires=form))
        Session.update_item(id="5", expires=form)
        Session.update_item(id="6", expires__if_not_exists=form)
        session = Session(id="7")
        session.save()
        session.expires = form
        session.save(partial=True)
        with dynamorm.transaction() as tx:
            tx.put(Session, {"id": "8", "expires": form})
        for number in range(1, 9):
            assert stored(id=str(number))["e"] == SECOND, (number, form)
            assert type(stored(id=str(number))["e"]) is int
            assert read(str(number)).expires == MOMENT
        for number in range(1, 9):
            Session(id=str(number)).delete()


def test_only_the_time_to_live_is_stored_so(tables: Backend) -> None:
    Session(id="1", seen=MOMENT).save()
    assert isinstance(stored()["seen"], str)
    assert "e" not in stored()
    assert read().expires is None


def test_to_dict_gives_what_is_stored(tables: Backend) -> None:
    session = Session(id="1", expires=MOMENT)
    assert session.to_dict()["e"] == SECOND
    assert session.to_dict(native=True)["expires"] == MOMENT


def test_date_times_in_conditions_filters_and_keys(tables: Backend) -> None:
    for number, moment in enumerate([MOMENT, LATER]):
        Session(id=f"{number}", user="ann", expires=moment).save()
        Ticket(session="0", expires=moment).save()
    for form in FORMS:
        assert [found.id for found in Session.scan(expires=form).consistent()] == ["0"]
        assert [found.id for found in Session.scan(Session.expires > form).consistent()] == ["1"]
        assert [found.id for found in Session.scan(expires__in=[form]).consistent()] == ["0"]
        assert [found.id for found in Session.ByUser.query(user="ann", expires__lte=form)] == ["0"]
        assert [found.expires for found in Ticket.query(session="0", expires__between=[form, form])] == [MOMENT]
        assert getattr(Ticket.get(session="0", expires=form, consistent=True), "expires", None) == MOMENT
    with pytest.raises(ConditionFailed):
        read("0").update(user="bob", conditions={"expires__gt": MOMENT})
    read("0").update(user="bob", conditions={"expires": MOMENT})
    assert [found.expires for found in Session.scan(id="1").specific_attributes(["expires"]).consistent()] == [LATER]
    [ticket] = Ticket.query(session="0", expires=LATER).prefetch("owner")
    assert ticket.owner is not None
    assert ticket.owner.expires == MOMENT


def test_seconds_are_added_and_taken_away(tables: Backend) -> None:
    session = Session(id="1", expires=MOMENT)
    session.save()
    session.update(expires__plus=86_400)
    assert session.expires == LATER
    session.update(expires__minus=86_400)
    assert session.expires == MOMENT
    session.update(expires__remove=True)
    assert session.expires is None
    assert "e" not in stored()


def test_partial_save_writes_it_only_when_the_second_differs(recorder: RecordingBackend) -> None:
    table_of(Session).create_table()
    Session(id="1", expires=MOMENT).save()
    session = read()
    recorder.sent.clear()
    session.expires = MOMENT.replace(microsecond=5)
    session.save(partial=True)
    assert recorder.sent == []
    session.expires = LATER
    session.save(partial=True)
    assert len(recorder.sent) == 1
    assert stored()["e"] == SECOND + 86_400


def test_text_that_was_stored_before_is_read_and_becomes_seconds(tables: Backend) -> None:
    table_of(Plain).put({"id": "1", "expires": "2033-05-18T03:33:20+00:00"})
    plain = Plain.get(id="1", consistent=True)
    assert plain is not None
    assert plain.expires == MOMENT
    plain.save(partial=True)
    assert isinstance(stored(Plain)["expires"], str)
    plain.save()
    assert stored(Plain)["expires"] == SECOND


def test_fraction_that_another_program_stored_is_read(tables: Backend) -> None:
    table_of(Session).put({"id": "1", "e": 2_000_000_000.75})
    assert read().expires == MOMENT


MILLISECONDS: tuple[Any, ...] = (SECOND * 1000, float(SECOND * 1000))


@pytest.mark.parametrize("wrong", MILLISECONDS)
@pytest.mark.parametrize("model", [Session, Numbered])
def test_milliseconds_are_refused(recorder: RecordingBackend, model: Any, wrong: Any) -> None:
    if model is Numbered and isinstance(wrong, float):
        pytest.skip("an integer is no float")
    writes = (
        lambda: model(id="1", expires=wrong),
        lambda: model.put({"id": "1", "expires": wrong}),
        lambda: model.update_item(id="1", expires=wrong),
        lambda: model.update_item(id="1", expires__if_not_exists=wrong),
        lambda: list(model.scan(expires__lt=wrong)),
    )
    for write in writes:
        with pytest.raises(ValidationError, match="in milliseconds: divide it by 1000") as raised:
            write()
        assert list(raised.value.errors) == ["expires"]
        assert str(wrong) not in str(raised.value)
    assert recorder.sent == []


def test_milliseconds_that_are_stored_are_told(tables: Backend) -> None:
    table_of(Session).put({"id": "1", "e": SECOND * 1000})
    with pytest.raises(ValidationError, match=r"beyond the year 9999\. It seems to be in milliseconds"):
        read()


def test_date_time_that_means_never_is_no_millisecond(tables: Backend) -> None:
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    Session(id="1", expires=never).save()
    assert stored()["e"] == 253_402_300_799
    assert read().expires == never


@pytest.mark.parametrize("wrong", ["soon", True, [1], {"a": 1}])
def test_what_is_no_time_is_refused(recorder: RecordingBackend, wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Session(id="1", expires=wrong)
    with pytest.raises(ValidationError):
        Session.update_item(id="1", expires=wrong)
    assert recorder.sent == []


def test_number_field_is_a_number_in_the_program(tables: Backend) -> None:
    Numbered(id="1", expires=SECOND).save()
    assert stored(Numbered)["expires"] == SECOND
    session = Numbered.get(id="1", consistent=True)
    assert session is not None
    assert session.expires == SECOND
    session.update(expires__plus=60)
    assert session.expires == SECOND + 60


def test_subclass_that_shares_schema_or_table() -> None:
    class Kept(Session):
        class Table:
            name = "kept"
            hash_key = "id"

        ByUser = None  # type: ignore[assignment] # the table has no index

    class Wider(Session):
        class Schema:
            id = fields.text(required=True)
            expires = fields.moment(attribute="e")
            more = fields.text()

    assert isinstance(Kept(id="1", expires=MOMENT).to_dict()["e"], str)
    assert Session(id="1", expires=MOMENT).to_dict()["e"] == SECOND
    assert Wider(id="1", expires=MOMENT, more="x").to_dict() == {"id": "1", "e": SECOND, "more": "x"}
