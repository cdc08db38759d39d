"""Values in keys: no two of them give one key, a key gives them back, and keys sort as they do, with each library."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from uuid import UUID

import marshmallow
import pydantic
import pytest
import schematics
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamorm import DynaModel, Key
from dynamorm.data.values import AttributeValue
from dynamorm.exceptions import InvalidKey
from dynamorm.model.key_templates.templates import Template
from tests.support.bound_templates import bound, key_of, stored
from tests.support.randomised import SHARED_FIXTURE
from tests.support.schema_libraries.installed import LIBRARIES

pytestmark = pytest.mark.parametrize("library", LIBRARIES, indirect=True)

# Without surrogates, which can't be stored.
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
#: Texts of which many hold the separator or what is written for it.
CLOSE = st.text("#%23$ 5a", min_size=1, max_size=6)
ALLOWED = (TEXT | CLOSE).filter(lambda text: "#" not in text and text[0] != "\U0010ffff")
ESCAPED = (TEXT | CLOSE).filter(lambda text: text[0] != "\U0010ffff")
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=ZONES) | st.datetimes(
    datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 2), timezones=ZONES
)
VALUES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "number": ("{number:010d}", st.integers(0, 10**10 - 1) | st.integers(0, 200)),
    "day": ("{day}", st.dates()),
    "uuid": ("{uuid}", st.uuids()),
    "paid": ("{paid}", st.booleans()),
    "placed": ("{placed}", INSTANTS),
}
#: One library is in force during all examples of a test.
examples = settings(suppress_health_check=SHARED_FIXTURE)
#: Made once: the shapes of date-times differ between libraries.
_BOUND: dict[tuple[str, str, bool], Template] = {}


def template_of(text: str, library: Any, *, escape: bool = False) -> Template:
    """The template of a *text*, bound to the schema in a library."""
    key = text, type(library).__name__, escape
    if key not in _BOUND:
        _BOUND[key] = bound(text, escape=escape)
    return _BOUND[key]


def refusal(template: Template, **values: AttributeValue) -> str:
    with pytest.raises(InvalidKey) as caught:
        template.format(values)
    return str(caught.value)


# Different values have different keys


def test_a_value_with_the_separator_is_refused_with_both_ways_out() -> None:
    message = refusal(bound("ORDER#{region}#{order_id}"), region="a#b", order_id="c")
    assert message == (
        "'region' of Order holds '#', which separates the parts of 'sk'. Let the schema refuse it, or set escape = "
        "True in the Table of Order, before there are items."
    )


def test_the_owner_of_the_setting_is_named() -> None:
    assert "escape = True in Shop," in refusal(bound("{region}", owner="Shop"), region="a#b")


def test_another_separator_is_told_as_it_is_written() -> None:
    template = bound("{region}\x1f{order_id}", separator="\x1f")
    assert template.format({"region": "a#b", "order_id": "c"}) == "a#b\x1fc"
    assert "holds '\\x1f'" in refusal(template, region="a\x1fb", order_id="c")


@pytest.mark.parametrize("escape", [False, True])
def test_an_empty_value_is_refused(escape: bool) -> None:
    message = refusal(bound("ORDER#{region}#{order_id}", escape=escape), region="", order_id="c")
    assert "'region' of Order is empty, and is part of the key 'sk'" in message


@pytest.mark.parametrize("escape", [False, True])
def test_a_value_that_begins_with_the_greatest_character_is_refused(escape: bool) -> None:
    template = bound("{region}", escape=escape)
    assert "begins with U+10FFFF" in refusal(template, region="\U0010ffffa")
    assert template.format({"region": "a\U0010ffff"}) == "a\U0010ffff"
    assert template.parse("\U0010ffffa") is None


@examples
@given(ESCAPED, ESCAPED, ESCAPED, ESCAPED)
def test_escaped_values_give_different_keys(library: Any, a: str, b: str, c: str, d: str) -> None:
    template = template_of("ORDER#{region}#{order_id}", library, escape=True)
    first = template.format({"region": a, "order_id": b})
    second = template.format({"region": c, "order_id": d})
    assert (first == second) == ((a, b) == (c, d))


@examples
@given(ESCAPED, ESCAPED)
def test_parsing_is_the_inverse_with_escape(library: Any, a: str, b: str) -> None:
    template = template_of("ORDER#{region}#{order_id}", library, escape=True)
    assert template.parse(template.format({"region": a, "order_id": b})) == {"region": a, "order_id": b}


@examples
@given(ALLOWED, ALLOWED)
def test_parsing_is_the_inverse_of_all_text_that_is_let_through(library: Any, a: str, b: str) -> None:
    template = template_of("{region}-x#y{order_id}%", library)
    assert template.parse(template.format({"region": a, "order_id": b})) == {"region": a, "order_id": b}


@examples
@given(TEXT | CLOSE, TEXT | CLOSE)
def test_what_is_parsed_gives_the_same_key_again(library: Any, a: str, b: str) -> None:
    for escape in (False, True):
        template = template_of("ORDER#{region}#{order_id}", library, escape=escape)
        key = f"ORDER#{a}#{b}"
        values = template.parse(key)
        assert values is None or template.format(values) == key


@pytest.mark.parametrize(
    "key", ["ORDER#a", "ORDER#a#b#c", "order#a#b", "ORDER##b", "ORDER#a#", "", "xORDER#a#b", 5, None]
)
def test_other_keys_are_not_parsed(key: AttributeValue) -> None:
    assert bound("ORDER#{region}#{order_id}").parse(key) is None


@examples
@given(st.data())
def test_parsing_is_the_inverse_of_every_form(library: Any, data: st.DataObject) -> None:
    names = data.draw(st.permutations(list(VALUES)))
    template = template_of("#".join(VALUES[name][0] for name in names), library)
    values = {name: stored(name, data.draw(VALUES[name][1])) for name in names}
    assert template.parse(template.format(values)) == values


# Keys sort as values do


@pytest.mark.parametrize("name", list(VALUES))
@pytest.mark.parametrize("separator", ["#", "|", "\x1f"])
def test_keys_sort_as_values_do(library: Any, name: str, separator: str) -> None:
    form, values = VALUES[name]
    alone = bound(form, separator=separator)
    followed = bound(f"X{separator}{form}{separator}{{order_id}}", separator=separator)

    def make(value: Any) -> tuple[Any, Any]:
        return key_of(alone, **{name: value}), key_of(followed, order_id="x", **{name: value})

    @settings(max_examples=50)
    @given(values, values)
    def sorts(a: Any, b: Any) -> None:
        for first, second in zip(make(a), make(b), strict=True):
            assert (first < second) == (a < b)
            assert (first == second) == (a == b)

    sorts()


@pytest.mark.parametrize("value", [-1, 10**10, 10**30])
def test_a_number_that_does_not_fit_is_refused(value: int) -> None:
    message = refusal(bound("{number:010d}"), number=value)
    assert "'number' of Order" in message
    assert "{number:010d}" in message
    assert str(value) not in message
    assert ("negative" if value < 0 else "more than 10 digits") in message


@pytest.mark.parametrize("value", ["5", True, None])
def test_a_value_of_another_type_is_refused(value: AttributeValue) -> None:
    assert "as a whole number" in refusal(bound("{number:010d}"), number=value)
    assert "as a string" in refusal(bound("{region}"), region=5)
    assert "as a boolean" in refusal(bound("{paid}"), paid=1)
    assert "as a date" in refusal(bound("{day}"), day="20260101")
    assert "as a UUID" in refusal(bound("{uuid}"), uuid="x")


def test_a_date_time_without_an_offset_is_refused() -> None:
    message = refusal(bound("{placed}"), placed="2026-01-02T03:04:05")
    assert "'placed' of Order is part of the key 'sk' as a date-time with a UTC offset" in message
    assert "{placed:naive}" in message
    assert "offset" in refusal(bound("{placed}"), placed="2026-01-02T03:04:05+02:00")


class InMarshmallow(DynaModel):
    class Table:
        name = "naive-in-marshmallow"
        hash_key = "plain"

    class Schema:
        plain = marshmallow.fields.String(required=True)
        at = marshmallow.fields.NaiveDateTime()


class InSchematics(DynaModel):
    class Table:
        name = "naive-in-schematics"
        hash_key = "plain"

    class Schema:
        plain = schematics.types.StringType(required=True)
        at = schematics.types.DateTimeType()


class InPydantic(DynaModel):
    class Table:
        name = "naive-in-pydantic"
        hash_key = "plain"

    class Schema:
        plain: str
        at: pydantic.NaiveDatetime | None = None


@pytest.mark.parametrize("model", [InMarshmallow, InSchematics, InPydantic])
def test_naive_date_times_sort_where_they_are_named_so(model: type[DynaModel]) -> None:
    template = bound("{at:naive}#{plain}", model)
    moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 2)) | st.datetimes(datetime(2, 1, 1))

    @settings(max_examples=50)
    @given(moments, moments)
    def sorts(a: datetime, b: datetime) -> None:
        first, second = (key_of(template, model, at=each, plain="x") for each in (a, b))
        assert (first < second) == (a < b)  # type: ignore[operator] # both are text
        assert (first == second) == (a == b)
        assert template.parse(first) == {"at": stored("at", a, model), "plain": "x"}

    sorts()
    assert "without a UTC offset" in refusal(template, at="2026-01-01T00:00:00+00:00", plain="x")


class Opening(DynaModel):
    class Table:
        name = "openings"
        hash_key = "plain"

    class Schema:
        plain: str
        opens: time


def test_times_of_day_sort_without_an_offset() -> None:
    template = bound("{opens}#{plain}", Opening)
    times = [time(8), time(8, 0, 0, 1), time(8, 0, 1), time(23, 59, 59, 999_999)]
    keys = [key_of(template, Opening, opens=each, plain="x") for each in times]
    assert keys == sorted(map(str, keys))
    assert "as a time of day without a UTC offset" in refusal(template, opens="08:00:00Z", plain="x")


def test_the_forms_are_those_that_the_libraries_store() -> None:
    at = datetime(2025, 1, 2, 4, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    template = bound("{placed}#{day}#{paid}#{number:04d}#{uuid}")
    key = key_of(template, placed=at, day=date(2025, 1, 2), paid=True, number=7, uuid=UUID(int=1))
    begin = re.escape("2025-01-02T03:04:05")
    assert re.fullmatch(
        begin + r"(\.000000)?(Z|\+00:?00)#2025-01-02#1#0007#00000000-0000-0000-0000-000000000001", str(key)
    )
    assert stored("placed", at.astimezone(UTC)) == str(key).split("#", maxsplit=1)[0]


# Folded


def test_case_is_folded_only_where_the_template_says_so() -> None:
    assert bound("{email}").format({"email": "Ann@Example.org"}) == "Ann@Example.org"
    template = bound("EMAIL#{email:casefold}")
    assert template.format({"email": "Ann@STRASSE.org"}) == template.format({"email": "ann@straße.org"})
    assert template.parse("EMAIL#ann@strasse.org") == {}
    assert template.parse("EMAIL#Ann@strasse.org") is None
    assert "holds '#'" in refusal(template, email="A#b")


def test_folded_text_is_escaped_too() -> None:
    assert bound("{email:casefold}#x", escape=True).format({"email": "A#B%"}) == "a%23b%25#x"


# Constants and braces


def test_a_constant_is_itself() -> None:
    template = bound("PROFILE")
    assert template.format({}) == "PROFILE"
    assert template.parse("PROFILE") == {}
    assert template.parse("PROFILES") is None
    assert template.fields == ()


def test_doubled_braces_and_percent_signs_are_literal() -> None:
    template = bound(Key("100%{{x}}%s#{region}"))
    assert template.format({"region": "a"}) == "100%{x}%s#a"
    assert template.parse("100%{x}%s#a") == {"region": "a"}


def test_fields_are_in_order_and_named_as_in_the_schema() -> None:
    template = bound("A#{order_id}#{region}#{address.city}")
    assert template.fields == ("order_id", "region", "address.city")
    assert template.attribute == "sk"
    assert template.text == "A#{order_id}#{region}#{address.city}"
    assert repr(template) == "<Template 'A#{order_id}#{region}#{address.city}' of 'sk'>"
