"""Date-times: offsets, naive ones, other formats that a user writes down."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from functools import partial

import pytest

from dynamorm.data.values import normalise
from dynamorm.exceptions import DynaModelException, InvalidValue, ValidationError
from dynamorm.ports.date_times import AS_GIVEN
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import SchemaCapability
from dynamorm.testing.schemas.kinds import DAY, INSTANT, MOMENT
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.natives import NestedForm
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, stored, unless_refused

#: One instant at three offsets.
OFFSETS = tuple(
    INSTANT.astimezone(datetime.timezone(datetime.timedelta(minutes=minutes))) for minutes in (0, 120, -570)
)


class DateTimeTests(SchemaSuite):
    """Test date-times."""

    def test_naive_date_times(self, library: SchemaLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
        """A date-time without an offset is nobody's local time: it is stored and loaded as it is, in any time zone."""
        adapter = adapted(library, {"value": fields.moment()})
        forms = set()
        for _ in _time_zones(monkeypatch):
            values = adapter.validate({"value": MOMENT}, partial=False)
            assert values == {"value": MOMENT}
            item = stored(adapter, values)
            assert adapter.load(item, partial=False) == values
            assert normalise(adapter.fields["value"].dump(MOMENT), "value") == item["value"]
            forms.add(item["value"])
        assert len(forms) == 1

    def test_offsets(self, library: SchemaLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
        """A date-time is stored in UTC, whatever its offset is, and loaded as the same instant, with an offset."""
        adapter = adapted(library, {"value": fields.instant()})
        forms = set()
        for _ in _time_zones(monkeypatch):
            for given in OFFSETS:
                values = adapter.validate({"value": given}, partial=False)
                item = stored(adapter, values)
                loaded = adapter.load(item, partial=False)["value"]
                assert loaded == INSTANT
                assert loaded.utcoffset() is not None
                forms.add(item["value"])
        assert len(forms) == 1

    def test_offset_out_of_range(self, library: SchemaLibrary) -> None:
        """A date-time that would be after the year 9999 in UTC is refused, as ``in_utc`` does."""
        adapter = adapted(library, {"value": fields.instant()})
        latest = datetime.datetime.max.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-5)))
        with pytest.raises((InvalidValue, ValidationError)):
            adapter.dump(adapter.validate({"value": latest}, partial=False), partial=False)
        with pytest.raises((InvalidValue, ValidationError)):
            adapter.fields["value"].dump(latest)

    def test_offset_that_is_missing(self, library: SchemaLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
        """A field of instants refuses a date-time without an offset, or leaves it without one."""
        adapter = adapted(library, {"value": fields.instant()})
        for _ in _time_zones(monkeypatch):
            values = unless_refused(library, lambda: adapter.validate({"value": MOMENT}, partial=False))
            assert values in (None, {"value": MOMENT})

    def test_offset_that_is_not_expected(self, library: SchemaLibrary) -> None:
        """A field of date-times without an offset refuses one with an offset, or keeps the instant, stored in UTC."""
        adapter = adapted(library, {"value": fields.moment()})
        items, forms = [], []
        for given in OFFSETS:
            values = unless_refused(library, partial(adapter.validate, {"value": given}, partial=False))
            if values is not None:
                assert values == {"value": INSTANT}
                items.append(stored(adapter, values))
                assert adapter.load(items[-1], partial=False) == values
            form = unless_refused(library, partial(adapter.fields["value"].dump, given))
            if form is not None:
                forms.append({"value": normalise(form, "value")})
        assert all(form == (items or forms)[0] for form in (*items, *forms))

    def test_offsets_below(self, library: SchemaLibrary) -> None:
        """Date-times in lists and maps are stored in UTC, too."""
        described = {"list": fields.list_of(fields.instant()), "map": fields.map_of(fields.instant())}
        adapter = adapted(library, described)
        forms = [
            stored(adapter, adapter.validate({"list": [given], "map": {"a": given}}, partial=False))
            for given in OFFSETS
        ]
        assert forms[0] == forms[1] == forms[2]
        loaded = adapter.load(forms[0], partial=False)
        assert loaded == {"list": [INSTANT], "map": {"a": INSTANT}}
        for name, element in (("list", 0), ("map", "a")):
            child = adapter.fields[name].child(element)
            assert child is not None
            assert child.date_times
            assert len({child.dump(given) for given in OFFSETS}) == 1

    def test_offsets_in_nested_schemas(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """Date-times in nested schemas are stored in UTC, too."""
        described = {"home": nested({"since": fields.instant(), "city": fields.text()})}
        adapter = adapted(library, described)
        children = [adapter.fields["home"].child(name) for name in ("since", "city")]
        assert [child is not None and child.date_times for child in children] == [True, False]
        forms = []
        for given in OFFSETS:
            values = nested.native(described, {"home": {"since": given}})
            forms.append(stored(adapter, adapter.validate(values, partial=False)))
            forms.append({"home": normalise(adapter.fields["home"].dump(values["home"]), "home")})
        assert all(form == forms[0] for form in forms)
        assert nested.plain(described, adapter.load(forms[0], partial=False)) == {"home": {"since": INSTANT}}

    def test_date_times_as_text(self, library: SchemaLibrary) -> None:
        """A field of date-times that are stored as text says so, and takes any offset in a text."""
        field = adapted(library, {"value": fields.instant()}).fields["value"]
        assert field.date_times
        assert {field.dump(instant.isoformat()) for instant in OFFSETS} == {field.dump(OFFSETS[0])}

    def test_only_date_times_are_date_times(self, library: SchemaLibrary) -> None:
        """Fields of strings and of dates are none of date-times."""
        found = adapted(library, {"id": fields.text(), "number": fields.integer(), "day": fields.date()}).fields
        assert [field.date_times for field in found.values()] == [False, False, False]
        assert found["day"].dump(DAY) == "2020-01-02"
        assert adapted(library, {"value": fields.moment()}).fields["value"].date_times

    def test_stored_form(self, library: SchemaLibrary) -> None:
        """What the user writes down about the form of date-times is passed on to the core as it is."""
        described = {"at": fields.moment(stored_form="pynamodb"), "then": fields.moment()}
        found = adapted(library, described).fields
        assert [field.stored_form for field in found.values()] == ["pynamodb", None]

    def test_stored_form_below_a_field(self, library: SchemaLibrary) -> None:
        """Only a field of the model has a stored form: that of a nested schema is refused when the model is defined."""
        form = fields.moment(stored_form="pynamodb")
        # A library with both forms of nested schemas may have settings of fields in one of them only: in its objects.
        as_object = SchemaCapability.NESTED_OBJECTS in library.capabilities
        adapted(library, {"at": form, "home": fields.nested({"at": fields.moment()}, as_object=as_object)})
        try:
            definition = library.schema({"home": fields.nested({"at": form}, as_object=as_object)})
        except library.definition_errors:
            return
        with pytest.raises(DynaModelException):
            library.provider.adapt("Thing", definition)

    def test_stored_form_as_given(self, library: SchemaLibrary) -> None:
        """Date-times whose form is ``"as_given"`` keep their offset, and don't sort."""
        adapter = adapted(library, {"at": fields.instant(stored_form=AS_GIVEN)})
        field = adapter.fields["at"]
        assert (field.stored_form, field.ordered) == (AS_GIVEN, False)
        values = adapter.validate({"at": INSTANT}, partial=False)
        item = stored(adapter, values)
        assert str(item["at"]).startswith("2020-01-02T03:04:05")
        assert adapter.load(item, partial=False)["at"].utcoffset() == INSTANT.utcoffset()


def _time_zones(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the names of time zones, while each is that of this process, where the system can change it."""
    if not hasattr(time, "tzset"):
        yield "that of the system"
        return
    try:
        for name in ("UTC0", "EAST-05:30", "WEST08"):
            with monkeypatch.context() as changed:
                changed.setenv("TZ", name)
                time.tzset()
                yield name
    finally:
        time.tzset()
