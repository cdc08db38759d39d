"""Conditions on the fields of composed keys: which key condition they become, which filter, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, ProjectKeys, Q, using
from dynamorm.data import BeginsWith, Between, Comparison, KeyCondition, Path, Query, Value
from dynamorm.exceptions import InvalidKey, InvalidOperator, InvalidSchemaField, MissingKey, RequestRejected
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of

LAST = "\U0010ffff"
SECRET = "s3cr3t-v4lu3"
PLACED = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
TEXT = "2025-01-02T03:04:05.000000Z"


class Order(DynaModel):
    class Table:
        name = "orders"
        hash_key = Key("CUSTOMER#{customer}")
        range_key = Key("ORDER#{placed}#{order_id}")

    class ByRegion(GlobalIndex):
        name = "by-region"
        hash_key = Key("{region}#{status}", attribute="gsi1pk")
        range_key = Key("{name}#{number:04d}", attribute="gsi1sk")
        projection = ProjectAll()

    class Latest(GlobalIndex):
        name = "latest"
        hash_key = Key("LATEST", attribute="gsi2pk")
        range_key = Key("N#{number:04d}", attribute="gsi2sk")
        projection = ProjectAll()

    class ByEmail(GlobalIndex):
        name = "by-email"
        hash_key = Key("{email:casefold}", attribute="gsi3pk")
        range_key = Key("{name:casefold}#{address.city}", attribute="gsi3sk")
        projection = ProjectKeys()

    class Plain(GlobalIndex):
        name = "plain"
        hash_key = "status"
        range_key = ("region", "number")
        projection = ProjectAll()

    class ByTotal(GlobalIndex):
        name = "by-total"
        hash_key = Key("T#{status}", attribute="gsi4pk")
        range_key = "number"
        projection = ProjectAll()

    class Schema:
        customer: str
        order_id: str
        placed: datetime
        region: str | None = None
        status: str | None = None
        name: str | None = None
        number: int | None = None
        email: str | None = None
        total: int | None = None
        address: dict[str, str] | None = None


class Membership(DynaModel):
    class Table:
        name = "memberships"
        hash_key = Key("GROUP#{group}", only_key=["group"])
        range_key = Key("USER#{user}#{since}", only_key=["user"])

    class ByUser(GlobalIndex):
        name = "by-user"
        hash_key = Key("USER#{user}", attribute="gsi1pk")
        range_key = Key("GROUP#{group}", attribute="gsi1sk")
        projection = ProjectKeys()

    class Schema:
        group: str
        user: str
        since: str
        role: str | None = None


def sent(read: Any) -> Query:
    """The operation that a *read* begins with."""
    operation: Query = read.explain().operations[0].operation
    return operation


def on_sk(condition: tuple[str, ...] | None, attribute: str = "sk") -> Any:
    """A condition on a range key, in short: the operator, then its values."""
    if condition is None:
        return None
    path, (kind, *values) = Path.of(attribute), condition
    if kind == "begins_with":
        return BeginsWith(path, Value(values[0]))
    if kind == "between":
        return Between(path, Value(values[0]), Value(values[1]))
    return Comparison(kind, path, Value(values[0]))  # type: ignore[arg-type] # one of the signs


P = "ORDER#"
#: The lookups, the condition on the sort key, and whether the last of them filters as well.
CASES: list[tuple[dict[str, Any], Any, bool]] = [
    ({}, ("begins_with", P), False),
    ({"placed": PLACED}, ("begins_with", f"{P}{TEXT}#"), False),
    ({"placed": PLACED, "order_id": "7"}, ("=", f"{P}{TEXT}#7"), False),
    ({"placed__begins_with": "2025-01"}, ("begins_with", f"{P}2025-01"), False),
    ({"placed__gte": PLACED}, ("between", f"{P}{TEXT}", f"{P}{LAST}"), False),
    ({"placed__gt": PLACED}, ("between", f"{P}{TEXT}#{LAST}", f"{P}{LAST}"), False),
    ({"placed__lte": PLACED}, ("between", P, f"{P}{TEXT}#{LAST}"), False),
    ({"placed__lt": PLACED}, ("between", P, f"{P}{TEXT}"), False),
    ({"placed__between": [PLACED, PLACED]}, ("between", f"{P}{TEXT}", f"{P}{TEXT}#{LAST}"), False),
    ({"placed__gte": "2025-01"}, ("between", f"{P}2025-01", f"{P}{LAST}"), False),
    ({"placed__gt": "2025-01"}, ("between", f"{P}2025-01", f"{P}{LAST}"), False),
    ({"placed__lte": "2025-01"}, ("between", P, f"{P}2025-01"), False),
    ({"placed": PLACED, "order_id__begins_with": "7"}, ("begins_with", f"{P}{TEXT}#7"), False),
    ({"placed": PLACED, "order_id__begins_with": ""}, ("begins_with", f"{P}{TEXT}#"), False),
    ({"placed": PLACED, "order_id__gte": "7"}, ("between", f"{P}{TEXT}#7", f"{P}{TEXT}#{LAST}"), False),
    ({"placed": PLACED, "order_id__lte": "7 8"}, ("between", f"{P}{TEXT}#", f"{P}{TEXT}#7 8"), False),
    ({"placed": PLACED, "order_id__lt": "7"}, ("between", f"{P}{TEXT}#", f"{P}{TEXT}#7"), True),
    ({"placed": PLACED, "order_id__gt": "7"}, ("between", f"{P}{TEXT}#7", f"{P}{TEXT}#{LAST}"), True),
]


@pytest.mark.parametrize(("lookups", "condition", "filters"), CASES)
def test_conditions_on_the_table(
    sqlite_memory: Backend, lookups: dict[str, Any], condition: Any, filters: bool
) -> None:
    operation = sent(Order.query(customer="1", **lookups))
    assert operation.key_condition == KeyCondition(("pk", "CUSTOMER#1"), on_sk(condition))
    assert (operation.filter is not None) == filters


@pytest.mark.parametrize(
    ("lookups", "condition", "filters"),
    [
        ({}, None, False),
        ({"name": "b"}, ("begins_with", "b#"), False),
        ({"name__begins_with": "b c"}, ("begins_with", "b c"), False),
        ({"name__begins_with": ""}, None, False),
        ({"name__gte": "b"}, (">=", "b"), True),
        ({"name__gt": "b"}, (">=", "b"), True),
        ({"name__lte": "b"}, ("<=", f"b#{LAST}"), True),
        ({"name__lt": "b"}, ("<=", f"b#{LAST}"), True),
        ({"name__between": ["b", "c"]}, ("between", "b", f"c#{LAST}"), True),
        ({"name": "b", "number": 7}, ("=", "b#0007"), False),
        ({"name": "b", "number__gte": 7}, ("between", "b#0007", f"b#{LAST}"), False),
        ({"name": "b", "number__gt": 7}, ("between", f"b#0007{LAST}", f"b#{LAST}"), False),
        ({"name": "b", "number__lt": 7}, ("between", "b#", "b#0007"), True),
        ({"name": "b", "number__between": [7, 9]}, ("between", "b#0007", "b#0009"), False),
    ],
)
def test_conditions_on_an_index_without_text_in_front(
    sqlite_memory: Backend, lookups: dict[str, Any], condition: Any, filters: bool
) -> None:
    operation = sent(Order.ByRegion.query(region="eu", status="open", **lookups))
    assert operation.key_condition == KeyCondition(("gsi1pk", "eu#open"), on_sk(condition, "gsi1sk"))
    assert (operation.filter is not None) == filters


def test_a_filter_of_texts_is_on_the_field_itself(sqlite_memory: Backend) -> None:
    explained = Order.ByRegion.query(region="eu", status="open", name__gte="b", total=5).explain()
    assert explained.operations[0].filter == "name >= :v0 AND total = :v1"


def test_a_constant_needs_no_value(sqlite_memory: Backend) -> None:
    assert sent(Order.Latest.query()).key_condition == KeyCondition(
        ("gsi2pk", "LATEST"), BeginsWith(Path.of("gsi2sk"), Value("N#"))
    )


def test_keys_of_which_a_part_is_a_field(sqlite_memory: Backend) -> None:
    operation = sent(Order.ByTotal.query(status="open", number__gte=7))
    assert operation.key_condition == KeyCondition(("gsi4pk", "T#open"), Comparison(">=", Path.of("number"), Value(7)))
    with pytest.raises(InvalidKey, match="can't use 'ne' on its range key 'number'"):
        Order.ByTotal.query(status="open", number__ne=7)


def test_keys_without_templates_work_as_they_do(sqlite_memory: Backend) -> None:
    operation = sent(Order.Plain.query(status="open", region="eu", number__lt=7))
    assert operation.key_condition.hash_values == {"status": "open"}
    assert len(operation.key_condition.range_conditions) == 2


def test_folded_fields_are_compared_without_case(sqlite_memory: Backend) -> None:
    operation = sent(Order.ByEmail.query(email="Ann@X.org", name="Ann"))
    assert operation.key_condition == KeyCondition(
        ("gsi3pk", "ann@x.org"), BeginsWith(Path.of("gsi3sk"), Value("ann#"))
    )
    with pytest.raises(InvalidOperator, match="has them without upper and lower case"):
        Order.ByEmail.query(email="a", name__gte="b")
    nested = sent(Order.ByEmail.query(email="a", name="B", address__city__begins_with="Be"))
    assert nested.key_condition.range_conditions == (BeginsWith(Path.of("gsi3sk"), Value("b#Be")),)


def test_the_attributes_of_keys_can_be_compared_themselves(sqlite_memory: Backend) -> None:
    begun = BeginsWith(Path.of("sk"), Value("ORDER#2025"))
    both = sent(Order.query(pk="CUSTOMER#1", sk__begins_with="ORDER#2025")).key_condition
    assert both == KeyCondition(("pk", "CUSTOMER#1"), begun)
    assert sent(Order.query(Q(sk__begins_with="ORDER#2025"), customer="1")).key_condition == both
    assert str(Order.scan(sk__begins_with="ORDER#").explain().operations[0].filter) == "begins_with(sk, :v0)"
    with pytest.raises(InvalidKey, match="conditions on 'sk' and on 'placed', of which it is composed"):
        Order.query(customer="1", sk="x", placed=PLACED)
    with pytest.raises(InvalidKey, match="'sk' of 'orders' is used in a filter"):
        Order.query(Q(sk="x") | Q(total=1), customer="1")


def test_conditions_may_be_field_paths_and_several_expressions(sqlite_memory: Backend) -> None:
    order: Any = Order
    expected = sent(Order.query(customer="1", placed__gte=PLACED))
    assert sent(Order.query(order.customer == "1", order.placed >= PLACED)) == expected
    assert sent(Order.query(Q(customer="1") & Q(placed__gte=PLACED))) == expected
    nested = sent(Order.ByEmail.query(order.email == "a", order.name == "b", order.address["city"] == "Bern"))
    assert nested.key_condition.range_conditions == (Comparison("=", Path.of("gsi3sk"), Value("b#Bern")),)


def test_a_key_compared_with_another_field_filters_or_is_refused(sqlite_memory: Backend) -> None:
    order: Any = Order
    assert sent(Order.query(order.order_id == order.name, customer="1")).filter == Comparison(
        "=", Path.of("order_id"), Path.of("name")
    )
    with pytest.raises(InvalidKey, match="can only be compared with a value, not with another field"):
        Order.query(order.customer == order.name)


# What is refused, with the words of keys of several attributes


@pytest.mark.parametrize(
    ("lookups", "kind", "message"),
    [
        ({}, MissingKey, "A query of 'orders' needs the value of its hash key 'customer'"),
        ({"customer__gt": "1"}, InvalidKey, "needs one value of its hash key 'customer', but 'gt' asks for several"),
        ({"customer__ne": "1"}, InvalidKey, "needs one value of its hash key 'customer', but 'ne' asks for several"),
        ({"customer": None}, InvalidKey, "The key 'customer' of 'orders' is a string, but was compared with a value"),
        (
            {"customer": "1", "order_id": "7"},
            InvalidKey,
            "has a condition on 'order_id' but none on 'placed', which comes before it in the range key 'placed' and ",
        ),
        (
            {"customer": "1", "placed__gte": PLACED, "order_id": "7"},
            InvalidKey,
            "allows 'gte' only on the last attribute of its range key that it names, but 'order_id' follows 'placed'",
        ),
        (
            {"customer": "1", "placed__gte": PLACED, "placed__lte": PLACED},
            InvalidKey,
            "allows one condition on its range key 'placed', but was given gte and lte. Use placed__between",
        ),
        ({"customer": "1", "placed": None}, InvalidKey, "The key 'placed' of 'orders' is a string"),
        ({"customer": f"{SECRET}#"}, InvalidKey, "'customer' of Order holds '#', which separates the parts of 'pk'"),
        ({"customer": ""}, InvalidKey, "'customer' of Order is empty"),
        (
            {"customer": "1", "placed": PLACED, "order_id__begins_with": "7#"},
            InvalidKey,
            "'order_id' of Order holds '#'",
        ),
        (
            {"customer": "1", "placed": PLACED, "order_id": "a#"},
            InvalidKey,
            "'order_id' of Order holds '#', which separates the parts of 'sk'",
        ),
        ({"customer": "1", "placed__begins_with": "x"}, InvalidOperator, "begins like a stored one"),
        (
            {"customer": "1", "placed__gte": datetime(2025, 1, 2)},
            InvalidKey,
            "as a date-time with a UTC offset, and was given one without",
        ),
        (
            {"customer": "1", "placed": datetime(2025, 1, 2)},
            InvalidKey,
            "as a date-time with a UTC offset, and was given one without",
        ),
        ({"customer": "1", "plased": PLACED}, InvalidSchemaField, "Did you mean 'placed'?"),
    ],
)
def test_conditions_that_are_refused(lookups: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        Order.query(**lookups)
    assert message in str(caught.value)
    assert SECRET not in str(caught.value)


def test_each_field_of_a_hash_key_needs_a_value() -> None:
    with pytest.raises(MissingKey) as caught:
        Order.ByRegion.query(region="eu")
    assert "the index 'by-region' of 'orders' needs the value of 'status' of its hash key 'region' and 'status'" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("lookups", "advice"),
    [
        ({"region": "eu", "status": "open"}, "Order.ByRegion.query(region=…, status=…)"),
        ({"status": "open", "total": 5}, "'status' is the hash key of the index '"),
        ({"email": "a"}, "'email' is the hash key of the index 'by-email': Order.ByEmail.query(email=…)"),
    ],
)
def test_a_query_of_another_key_is_suggested_by_its_fields(lookups: dict[str, Any], advice: str) -> None:
    with pytest.raises(MissingKey) as caught:
        Order.query(**lookups)
    assert advice in str(caught.value)
    with pytest.raises(MissingKey) as caught:
        Order.Plain.query(customer="1")
    assert "'customer' is the hash key of the table: Order.query(customer=…)" in str(caught.value)


@pytest.mark.parametrize("lookups", [{"name__lte": f"{SECRET} x"}, {"name__gt": "a!"}, {"name__between": ["a", "b "]}])
def test_ranges_of_texts_with_characters_below_the_separator_are_refused(lookups: dict[str, Any]) -> None:
    with pytest.raises(InvalidOperator) as caught:
        Order.ByRegion.query(region="eu", status="open", **lookups)
    message = str(caught.value)
    assert "on 'name' was given a string with a character that sorts before '#'" in message
    assert 'separator = "\\x1f" in the Table of Order' in message
    assert SECRET not in message


@pytest.mark.parametrize("number", [-1, 10_000])
def test_numbers_that_do_not_fit_are_refused(number: int) -> None:
    with pytest.raises(InvalidKey, match=r"\{number:04d\}"):
        Order.Latest.query(number__gte=number)


# Fields that are stored only in keys


def test_fields_that_are_only_in_keys_are_compared_by_keys(sqlite_memory: Backend) -> None:
    operation = sent(Membership.query(group="a", user__begins_with="b"))
    assert operation.key_condition == KeyCondition(("pk", "GROUP#a"), BeginsWith(Path.of("sk"), Value("USER#b")))
    assert operation.filter is None


@pytest.mark.parametrize(
    "lookups", [{"user__ne": "b"}, {"user__gte": "b"}, {"user__in": ["a", "b"]}, {"user__contains": "b"}]
)
def test_fields_that_are_only_in_keys_can_not_be_filtered_by(lookups: dict[str, Any]) -> None:
    for read in (
        lambda: Membership.query(group="a", **lookups),
        lambda: Membership.query(Q(**lookups) | Q(role="x"), group="a"),
        lambda: Membership.scan(**lookups),
    ):
        with pytest.raises(InvalidKey, match="'user' of Membership is stored only in a key"):
            read()


# Reads


def test_a_read_starts_after_a_key_by_attributes_or_by_fields(connected_sqlite: Backend) -> None:
    for place in range(5):
        Order(
            customer="1", order_id=str(place), placed=PLACED, region="eu", status="open", name="n", number=place
        ).save()
    first = Order.query(customer="1").limit(2)
    assert [each.order_id for each in first] == ["0", "1"]
    assert first.last == {"pk": "CUSTOMER#1", "sk": f"ORDER#{TEXT}#1"}
    assert [each.order_id for each in Order.query(customer="1").start(first.last)] == ["2", "3", "4"]
    by_fields = {"customer": "1", "placed": PLACED, "order_id": "1"}
    assert [each.order_id for each in Order.query(customer="1").start(by_fields)] == ["2", "3", "4"]
    assert [each.order_id for each in Order.query(customer="1").after(first.cursor)] == ["2", "3", "4"]
    whole = {**by_fields, "region": "eu", "status": "open", "name": "n", "number": 1}
    by_region = Order.ByRegion.query(region="eu", status="open")
    assert [each.order_id for each in by_region.start(whole)] == ["2", "3", "4"]
    by_number = Order.ByTotal.query(status="open")
    assert [each.order_id for each in by_number.start({**by_fields, "status": "open", "number": 1})] == ["2", "3", "4"]


def test_a_read_starts_after_a_whole_key_only() -> None:
    with pytest.raises(
        MissingKey, match="starts after a whole key, which is customer and placed and order_id; order_id"
    ):
        Order.query(customer="1").start({"customer": "1", "placed": PLACED})
    with pytest.raises(InvalidSchemaField, match="Did you mean 'placed'"):
        Order.query(customer="1").start({"customer": "1", "plased": PLACED})


def test_attributes_are_read_by_fields(connected_sqlite: Backend) -> None:
    Membership(group="a", user="b", since="2025", role="x").save()
    read = Membership.query(group="a").specific_attributes("role")
    assert [each.to_dict() for each in read] == [{"role": "x"}]
    assert [each.to_dict() for each in Membership.query(group="a").specific_attributes("user, role")] == [
        {"user": "b", "role": "x"}
    ]
    assert [each.to_dict() for each in Membership.query(group="a").specific_attributes("user")] == [{"user": "b"}]
    assert [each.to_dict() for each in Membership.ByUser.query(user="b").specific_attributes("since, group")] == [
        {"group": "a", "since": "2025"}
    ]
    with pytest.raises(RequestRejected, match="does not hold 'role'"):
        Membership.ByUser.query(user="b").specific_attributes("role")


def test_what_an_index_of_keys_lacks_can_not_be_filtered_by() -> None:
    with pytest.raises(RequestRejected, match="does not hold 'total', by which the query filters"):
        Order.ByEmail.query(email="a", total=5)


# Explanations


def test_explanations_name_fields_and_attributes(sqlite_memory: Backend) -> None:
    text = str(Order.query(customer=SECRET).explain())
    assert "key condition: pk = :v0 AND begins_with(sk, :v1)   (customer = …, ORDER#…)\n" in text
    text = str(Order.query(customer=SECRET, placed__gte=PLACED).explain())
    assert "key condition: pk = :v0 AND sk BETWEEN :v1 AND :v2   (customer = …, placed >= …)\n" in text
    text = str(Order.query(customer=SECRET, placed=PLACED, order_id=SECRET).explain())
    assert "pk = :v0 AND sk = :v1   (customer = …, placed = …, order_id = …)\n" in text
    text = str(Order.query(customer=SECRET, placed__between=[PLACED, PLACED]).explain())
    assert "(customer = …, placed between … and …)\n" in text
    assert "gsi2pk = :v0 AND begins_with(gsi2sk, :v1)   (LATEST, N#…)\n" in str(Order.Latest.query().explain())
    assert "gsi1pk = :v0   (region = …, status = …)\n" in str(
        Order.ByRegion.query(region=SECRET, status="open").explain()
    )
    assert SECRET not in text
    assert "   (" not in str(Order.Plain.query(status="open").explain())


def test_explanations_warn_where_a_range_of_texts_needs_a_filter(sqlite_memory: Backend) -> None:
    warned = Order.ByRegion.query(region="eu", status="open", name__gte="b").explain()
    assert any(
        warning.kind == "filter" and "strings of 'name' don't sort in the key 'gsi1sk' exactly" in warning.text
        for warning in warned.warnings
    )
    exact = Order.query(customer="1", placed__gte=PLACED).explain()
    assert not any(warning.kind == "filter" for warning in exact.warnings)


@pytest.fixture
def connected_sqlite(sqlite_memory: Backend) -> Any:
    """A database with the tables of these models."""
    with using(sqlite_memory):
        table_of(Order).create_table()
        table_of(Membership).create_table()
        yield sqlite_memory
