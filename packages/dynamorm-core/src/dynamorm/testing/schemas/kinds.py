"""Each kind of field: its native and stored values, and values that it refuses."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from dynamorm.data.values import KeyType
from dynamorm.ports.schemas import Shape
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import Field

DAY = datetime.date(2020, 1, 2)
MOMENT = datetime.datetime(2020, 1, 2, 3, 4, 5, 678901)
INSTANT = datetime.datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone(datetime.timedelta(hours=5.5)))
ID = UUID("12345678-1234-5678-1234-567812345678")
#: Any string: the library chooses the format.
ANY_TEXT = object()


@dataclass(frozen=True)
class KindCase:
    """One kind of field.

    ``stored`` is the canonical form of the ``native`` value in a table; a user may give either. The field refuses the
    values in ``wrong`` everywhere, and those in ``mistaken`` from a user; a library may accept the latter from a table.
    ``key_types`` are the types that the field may have as a key.
    """

    field: Field
    native: Any
    stored: Any
    wrong: tuple[Any, ...]
    key_types: tuple[KeyType | None, ...]
    shapes: tuple[Shape, ...]
    mistaken: tuple[Any, ...] = ()


_SCALAR = (Shape.SCALAR,)
CASES: dict[str, KindCase] = {
    "text": KindCase(fields.text(), "x", "x", (5, True, ["x"], {"a": "x"}), ("S",), _SCALAR),
    "integer": KindCase(fields.integer(), 5, 5, ("soon", [5], {}), ("N",), _SCALAR, (True,)),
    "decimal": KindCase(fields.decimal(), Decimal("1.10"), Decimal("1.1"), ("soon", [1]), ("N",), _SCALAR, (True,)),
    "real": KindCase(fields.real(), 0.5, Decimal("0.5"), ("soon", [1]), ("N",), _SCALAR, (True,)),
    "boolean": KindCase(
        fields.boolean(), native=True, stored=True, wrong=("maybe", 5, [True]), key_types=(None,), shapes=_SCALAR
    ),
    "date": KindCase(fields.date(), DAY, "2020-01-02", ("soon", 5), ("S",), _SCALAR, (True,)),
    "moment": KindCase(fields.moment(), MOMENT, ANY_TEXT, ("soon", [], {}), ("S",), _SCALAR),
    "instant": KindCase(fields.instant(), INSTANT, ANY_TEXT, ("soon", [], {}), ("S",), _SCALAR),
    "identifier": KindCase(fields.identifier(), ID, str(ID), ("12", 5), ("S",), _SCALAR),
    "binary": KindCase(fields.binary(), b"\x00\xff", b"\x00\xff", (5, [1]), ("B",), _SCALAR, ("x",)),
    "set": KindCase(
        fields.set_of(fields.text()),
        {"a", "b"},
        {"a", "b"},
        (5, {1}, "ab", {"a": "b"}),
        (None,),
        (Shape.LIST, Shape.ANY),
    ),
    "anything": KindCase(
        fields.anything(), {"a": [b"x", {1, 2}, None]}, {"a": [b"x", {1, 2}, None]}, (), (None, "B"), (Shape.ANY,)
    ),
    "list": KindCase(
        fields.list_of(fields.integer()), [1, 2], [1, 2], ("x", 5, ["soon"]), (None,), (Shape.LIST,), ([True],)
    ),
    "empty list": KindCase(fields.list_of(fields.integer()), [], [], ({"a": 1},), (None,), (Shape.LIST,)),
    "list of dates": KindCase(
        fields.list_of(fields.date()), [DAY], ["2020-01-02"], ("2020-01-02", [5], [DAY, "soon"]), (None,), (Shape.LIST,)
    ),
    "map": KindCase(
        fields.map_of(fields.integer()),
        {"a": 1, "b.c": 2},
        {"a": 1, "b.c": 2},
        ("x", [1], {"a": "soon"}),
        (None,),
        (Shape.MAP,),
    ),
    "map of anything": KindCase(
        fields.map_of(), {"a": {"b": [None]}}, {"a": {"b": [None]}}, ("x", [1]), (None,), (Shape.MAP,)
    ),
    "nested": KindCase(
        fields.nested({"city": fields.text(), "since": fields.date()}),
        {"city": "Oslo", "since": DAY},
        {"city": "Oslo", "since": "2020-01-02"},
        ("x", 5, ["x"], {"city": 5}, {"since": "soon"}),
        (None,),
        (Shape.MAP,),
    ),
    "list of nested": KindCase(
        fields.list_of(fields.nested({"city": fields.text()})),
        [{"city": "Oslo"}],
        [{"city": "Oslo"}],
        ("x", ["x"], [{"city": 5}]),
        (None,),
        (Shape.LIST,),
    ),
}
