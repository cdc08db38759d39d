"""Annotations that name classes which are defined later: the model is complete when it is first used."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import dynamorm
from dynamorm import signals
from dynamorm.exceptions import DynaModelException, InvalidSchemaField, ValidationError
from dynamorm.ports.backends import Backend
from tests.support.programs import ANNOTATIONS, Programs

#: The bodies of a model whose fields ``lines`` and ``first`` name a class that is defined later.
BODIES = {
    "typed": """
class Order({base}):
    class Table:
        name = "orders"
        hash_key = "id"
        range_key = "number"
        version = "version"
        ttl = "expires"
    class ByShop(GlobalIndex):
        name = "by-shop"
        hash_key = "shop"
        projection = ProjectInclude("lines")
    id: Mapped[str]
    number: Mapped[int]
    shop: Mapped[str] = mapped(default="s", attribute="Shop")
    version: Mapped[int | None] = mapped(default=None)
    expires: Mapped[int | None] = mapped(default=None)
    lines: Mapped["list[Line]"] = mapped(default_factory=list, attribute="Lines")
    first: "Mapped[Line | None]" = mapped(default=None)
""",
    "plain Schema": """
from pydantic import BaseModel, Field
class Order(DynaModel):
    class Table:
        name = "orders"
        hash_key = "id"
        range_key = "number"
        version = "version"
        ttl = "expires"
    class ByShop(GlobalIndex):
        name = "by-shop"
        hash_key = "shop"
        projection = ProjectInclude("lines")
    class Schema{base}:
        id: str
        number: int
        shop: str = Field(default="s", alias="Shop")
        version: int | None = None
        expires: int | None = None
        lines: "list[Line]" = Field(default_factory=list, alias="Lines")
        first: "Line | None" = None
""",
}
BODIES["BaseModel"] = BODIES["plain Schema"].replace("{base}", "(BaseModel)")
BODIES["plain Schema"] = BODIES["plain Schema"].replace("{base}", "")
BODIES["typed"] = BODIES["typed"].replace("{base}", "Model")
LINE = """
from pydantic import BaseModel
class Line(BaseModel):
    text: str
"""

NEVER_DEFINED = (
    r"An annotation in the Schema of Order names 'Line', which is not defined, neither before the model nor after it"
    r".*not under 'if TYPE_CHECKING'"
)


@pytest.fixture(params=ANNOTATIONS, ids=["values", "strings"])
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(monkeypatch, request.param)


@pytest.mark.parametrize("body", BODIES)
def test_later_class_may_be_named(programs: Programs, body: str, sqlite_memory: Backend) -> None:
    program = programs.run(BODIES[body] + LINE)
    order = program.Order
    with dynamorm.using(sqlite_memory):
        assert {each["AttributeName"] for each in order.__table__.attribute_definitions} == {"id", "number", "Shop"}
        order.__table__.create_table()
        order(id="1", number=1, lines=[{"text": "a"}], first=program.Line(text="b"), expires=5).save()
        found = order.get(id="1", number=1)
        assert (found.lines, found.first, found.version) == ([program.Line(text="a")], program.Line(text="b"), 1)
        assert order.__table__.get(id="1", number=1)["Lines"] == [{"text": "a"}]
        assert order.ByShop.query(shop="s").one().lines == [program.Line(text="a")]
        assert order.scan(order.lines[0]["text"] == "a").count() == 1
        with pytest.raises(ValidationError, match=r"(?i)lines"):
            order(id="1", number=1, lines=[{"txt": "a"}])
    assert order.__schema__ is order.Schema


@pytest.mark.parametrize("use", ["query", "index", "instance", "schema", "create_all"])
def test_first_use_may_be_any(programs: Programs, use: str, sqlite_memory: Backend) -> None:
    order = programs.run(BODIES["typed"] + LINE).Order
    with dynamorm.using(sqlite_memory):
        dynamorm.create_all([order])
        if use == "query":
            assert order.query(id="1").first() is None
        elif use == "index":
            assert order.ByShop.query(shop="s").first() is None
        elif use == "instance":
            assert order(id="1", number=1).lines == []
        elif use == "schema":
            assert order.__schema__.model_fields["first"].default is None
        dynamorm.verbs.put(order, {"id": "1", "number": 1, "lines": [{"text": "a"}]})
        assert order.query(id="1").one().lines[0].text == "a"


def test_first_uses_in_several_threads(programs: Programs) -> None:
    order = programs.run(BODIES["typed"] + LINE).Order
    ready, found = threading.Barrier(8), []

    def use() -> None:
        ready.wait()
        found.append((order(id="1", number=1).lines, order._mapper))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [lines for lines, _ in found] == [[]] * 8
    assert len({id(mapper) for _, mapper in found}) == 1


def test_children_wait_too(programs: Programs) -> None:
    program = programs.run(
        f"""
{BODIES["typed"]}
class Shared(Order):
    pass
class Express(Order):
    courier: Mapped[str] = mapped(default="c")
class Copied(Order):
    class Table(Order.Table):
        name = "copied"
{LINE}
        """
    )
    values: dict[str, Any] = {"id": "1", "number": 1, "lines": [{"text": "a"}]}
    for model in (program.Copied, program.Express, program.Shared, program.Order):
        assert model(**values).lines == [program.Line(text="a")]
    assert (program.Express(**values).courier, program.Copied.__table__.name) == ("c", "copied")
    assert program.Shared.__schema__ is program.Order.__schema__


def test_abstract_base_may_name_a_later_class(programs: Programs) -> None:
    program = programs.run(
        f"""
class Base(Model):
    lines: Mapped["list[Line]"]
class Order(Base):
    class Table:
        name = "orders"
        hash_key = "id"
    id: Mapped[str]
{LINE}
        """
    )
    assert program.Order(id="1", lines=[{"text": "a"}]).lines == [program.Line(text="a")]


def test_relationships_and_signals_do_not_complete_a_model(programs: Programs) -> None:
    prepared: list[str] = []

    def note(model: type) -> None:
        prepared.append(model.__name__)

    with signals.model_prepared.connected_to(note):
        program = programs.run(
            f"""
{BODIES["typed"]}
class Shop(Model):
    class Table:
        name = "shops"
        hash_key = "id"
    id: Mapped[str]
    lines: Mapped["list[Line]"] = mapped(default=[])
    orders = OneToMany(
        Order, index="ByShop", query=lambda shop: dict(shop=shop.id), back_query=lambda order: dict(id=order.shop),
        back_reference="owner",
    )
{LINE}
            """
        )
    assert prepared == ["Order", "Shop"]
    assert program.Order(id="1", number=1, owner=program.Shop(id="mine")).shop == "mine"


def test_validators_see_the_later_class(programs: Programs) -> None:
    program = programs.run(
        f"""
from pydantic import field_validator
class Order(Model):
    class Table:
        name = "orders"
        hash_key = "id"
    class Kind(str): pass
    model_config = dict(arbitrary_types_allowed=True)
    id: Mapped[str]
    lines: Mapped["dict[str, list[Line]]"]
    kinds: Mapped["dict[str, tuple[Kind, Line]] | None"] = mapped(default=None)

    @field_validator("lines")
    @classmethod
    def longest(cls, lines):
        return {{name: each for name, each in lines.items() if each}}
{LINE}
        """
    )
    order = program.Order(id="1", lines={"a": [{"text": "a"}], "b": []})
    assert order.lines == {"a": [program.Line(text="a")]}


def test_class_local_to_a_running_function_may_be_later(programs: Programs) -> None:
    program = programs.run(
        """
from pydantic import BaseModel
def make():
    class Order(Model):
        class Table:
            name = "orders"
            hash_key = "id"
        id: Mapped[str]
        lines: Mapped["list[Line]"]
    class Line(BaseModel):
        text: str
    return Order(id="1", lines=[{"text": "a"}])
order = make()
        """
    )
    assert program.order.lines[0].text == "a"


# What is refused


@pytest.mark.parametrize("body", BODIES)
def test_name_that_never_appears_is_refused_at_first_use(programs: Programs, body: str) -> None:
    program = programs.run(BODIES[body])
    for _ in range(2):
        with pytest.raises(DynaModelException, match=NEVER_DEFINED):
            program.Order(id="1", number=1)
    with pytest.raises(DynaModelException, match=NEVER_DEFINED):
        program.Order.query(id="1")
    # It may still appear.
    exec(LINE, vars(program))
    assert program.Order(id="1", number=1).lines == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "id: Mapped['Line']",
            "The hash_key 'id' of the Table of Order has a type that needs 'Line', which is not defin",
        ),
        ("number: Mapped['Line']", "The range_key 'number' of the Table of Order has a type that needs 'Line'"),
        ("shop: Mapped['Line']", "The hash_key 'shop' of the index ByShop of Order has a type that needs 'Line'"),
        ("expires: Mapped['Line']", "The ttl 'expires' of the Table of Order has a type that needs 'Line'"),
    ],
)
def test_keys_cannot_wait_for_their_types(programs: Programs, line: str, message: str) -> None:
    with pytest.raises(InvalidSchemaField, match=message):
        programs.run(f"{BODIES['typed']}    {line}\n{LINE}")


def test_type_that_only_type_checkers_import_is_told(programs: Programs) -> None:
    program = programs.run(
        """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from shop import Line
class Order(Model):
    class Table:
        name = "orders"
        hash_key = "id"
    id: Mapped[str]
    line: Mapped["Line | None"] = mapped(default=None)
        """
    )
    with pytest.raises(DynaModelException, match=r"names 'Line', which is not defined.*import it there, and not under"):
        program.Order.part(id="1")
