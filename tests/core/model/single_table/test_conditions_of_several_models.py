"""Conditions of several models on one key: what one query reads for all of them."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import Q
from dynamorm.data import BeginsWith, Between, Comparison, KeyCondition, Path, Value
from dynamorm.data.records import record
from dynamorm.data.tables import KeyAttribute
from dynamorm.exceptions import InvalidKey
from dynamorm.model.key_templates.conditions import KeyQuery, key_query, merged
from dynamorm.model.key_templates.templates import Template
from tests.support.bound_templates import Order, bound


@record
class Part:
    """A hash key or a range key."""

    attribute: KeyAttribute
    template: Template | None = None
    field: str | None = None
    former: Template | None = None


def asked(range_key: str, **lookups: Any) -> KeyQuery:
    """What conditions ask of a key with this template of its range key."""
    parts = [
        Part(KeyAttribute("pk", "S"), bound("CUSTOMER#{email}", attribute="pk")),
        Part(KeyAttribute("sk", "S"), bound(range_key)),
    ]
    return key_query(Order._mapper.fields, parts, [Q(**lookups)], "'shop'")


SK = Path.of("sk")


@pytest.mark.parametrize(
    ("templates", "condition"),
    [
        (["ORDER#{order_id}", "ORDER#{region}"], BeginsWith(SK, Value("ORDER#"))),
        (["ORDER#{order_id}", "ORDERLINE#{region}"], BeginsWith(SK, Value("ORDER"))),
        (["PROFILE", "ORDER#{region}"], None),
        (["PROFILE", "PROFILE"], Comparison("=", SK, Value("PROFILE"))),
        (["PROFILE", "PRO#{order_id}"], BeginsWith(SK, Value("PRO"))),
        (["{region}", "ORDER#{order_id}"], None),
    ],
)
def test_all_keys_are_read_that_begin_with_what_the_templates_share(templates: list[str], condition: Any) -> None:
    found = merged([asked(each, email="a") for each in templates])
    assert found.condition() == KeyCondition(("pk", "CUSTOMER#a"), condition)
    assert found.others == ()


def test_a_condition_that_all_understand_alike_is_the_key_condition() -> None:
    queries = [asked(each, email="a", region__gte="b") for each in ("R#{region}#{order_id}", "R#{region}#{number:04d}")]
    found = merged(queries)
    assert found.range.condition == Between(SK, Value("R#b"), Value("R#\U0010ffff"))
    assert len(found.others) == 1


def test_a_condition_that_they_understand_otherwise_filters() -> None:
    queries = [asked(each, email="a", region="b") for each in ("R#1#{region}", "R#2#{region}#{order_id}")]
    found = merged(queries)
    assert found.range.condition == BeginsWith(SK, Value("R#"))
    assert [each.spelled() for each in found.others if hasattr(each, "spelled")] == ["region == …"]
    assert found.condition() == KeyCondition(("pk", "CUSTOMER#a"), BeginsWith(SK, Value("R#")))


def test_one_model_is_as_it_is_by_itself() -> None:
    query = asked("ORDER#{order_id}", email="a", order_id="7")
    assert merged([query]) is query


def test_other_hash_keys_are_refused() -> None:
    with pytest.raises(InvalidKey, match="different hash keys"):
        merged([asked("PROFILE", email="a"), asked("PROFILE", email="b")])
