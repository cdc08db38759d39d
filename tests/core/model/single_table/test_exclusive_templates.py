"""Whether two templates can give one key: then a query of one model would read items of the other one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamorm.model.key_templates.exclusivity import can_coincide, common_literal_prefix
from dynamorm.model.key_templates.templates import Template
from tests.support.bound_templates import bound
from tests.support.randomised import SHARED_FIXTURE
from tests.support.schema_libraries.installed import LIBRARIES

pytestmark = pytest.mark.parametrize("library", LIBRARIES, indirect=True)

#: One library is in force during all examples of a test.
examples = settings(suppress_health_check=SHARED_FIXTURE)
EXCLUSIVE = [
    ("ORDER#{order_id}", "TICKET#{order_id}"),
    ("ORDER#{order_id}", "PROFILE"),
    ("ORDER#{order_id}", "ORDERS#{order_id}"),
    ("{region}#{order_id}", "{region}"),
    ("{region}#{order_id}", "{region}#{order_id}#{email}"),
    ("{region}#ORDER", "{region}#TICKET"),
    ("{region}#ORDER{order_id}", "{region}#TICKET{order_id}"),
    ("{region}-a#x", "{region}-b#x"),
    ("{number:03d}", "{number:05d}"),
    ("{day}", "{number:010d}"),
    ("{day}", "{uuid}"),
    ("A#{placed}", "A#{day}"),
    ("A#{number:03d}#x", "A#b{region}#x"),
    ("{paid}", "{number:02d}"),
    ("{paid}", "2"),
    ("A#", "A#{region}"),
]
COINCIDING = [
    ("ORDER#{order_id}", "ORDER#{region}"),
    ("{order_id}", "PROFILE"),
    ("{region}#{order_id}", "ORDER#{order_id}"),
    ("ORDER#{order_id}", "ORDER#X{region}"),
    ("{region}a#x", "b{region}#x"),
    ("{region}#{number:03d}", "{region}#{order_id}"),
    ("A#{placed}", "A#{order_id}"),
    ("{paid}", "{number:01d}"),
    ("{paid}", "1"),
    ("{day}", "2026-01-02"),
    ("{uuid}", "{region}"),
    ("PROFILE", "PROFILE"),
    ("A#{number:03d}{{#x", "A#0{number:02d}{{#x"),
]


@pytest.mark.parametrize(("one", "other"), EXCLUSIVE)
def test_templates_that_give_no_key_in_common(one: str, other: str) -> None:
    assert not can_coincide(bound(one), bound(other))
    assert not can_coincide(bound(other), bound(one))


@pytest.mark.parametrize(("one", "other"), COINCIDING)
def test_templates_that_can_give_one_key(one: str, other: str) -> None:
    assert can_coincide(bound(one), bound(other))
    assert can_coincide(bound(other), bound(one))


def test_values_may_hold_the_separator_of_another_table() -> None:
    assert can_coincide(bound("{region}", separator="|"), bound("{region}#{order_id}"))


def test_a_number_coincides_with_any_other() -> None:
    assert can_coincide(bound("{number}", kind="N"), bound("{price}", kind="N"))
    assert not can_coincide(bound("{number}", kind="N"), bound("{region}"))


PARTS = st.lists(
    st.sampled_from(["{region}", "{order_id}", "{number:02d}", "{paid}", "a", "1", "12"]), min_size=1, max_size=3
)
WORDS = st.sampled_from(["a", "1", "12", "a1", "b"])


def _template(parts: list[str]) -> Template:
    fields = [part for part in parts if part.startswith("{")]
    return bound("#".join(part for place, part in enumerate(parts) if part not in fields or part not in parts[:place]))


@examples
@given(PARTS, PARTS, st.lists(WORDS, min_size=1, max_size=3))
def test_a_key_that_both_parse_is_one_that_they_can_give(
    library: object, one: list[str], other: list[str], words: list[str]
) -> None:
    first, second = _template(one), _template(other)
    key = "#".join(words)
    if first.parse(key) is not None and second.parse(key) is not None:
        assert can_coincide(first, second)


@examples
@given(PARTS, PARTS)
def test_templates_that_can_coincide_have_a_key_that_both_parse(
    library: object, one: list[str], other: list[str]
) -> None:
    first, second = _template(one), _template(other)
    words = ["a", "1", "0", "12", "01"]
    keys = words + [f"{a}#{b}" for a in words for b in words]
    keys += [f"{a}#{b}#{c}" for a in words for b in words for c in words]
    found = any(first.parse(key) is not None and second.parse(key) is not None for key in keys)
    assert can_coincide(first, second) == found


@pytest.mark.parametrize(
    ("texts", "prefix"),
    [
        (["ORDER#{order_id}", "ORDER#{region}"], "ORDER#"),
        (["ORDER#{order_id}", "ORDERLINE#{region}"], "ORDER"),
        (["PROFILE", "PROFILE"], "PROFILE"),
        (["PROFILE", "ORDER#{region}"], ""),
        (["{region}", "ORDER#{region}"], ""),
        (["ORDER#{region}"], "ORDER#"),
    ],
)
def test_the_longest_text_that_all_keys_begin_with(texts: list[str], prefix: str) -> None:
    assert common_literal_prefix([bound(text) for text in texts]) == prefix
