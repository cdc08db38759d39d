"""The texts of cursors: every position survives in them, every change is noticed, and no message tells a value."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dynamorm.data import Comparison, KeyAttribute, KeyCondition, Path, Query, Scan, SegmentPositions, Value
from dynamorm.exceptions import InvalidCursor
from dynamorm.model.reads.cursors import Cursors

SECRET = b"sixteen bytes are"


def test_a_cursor_is_the_same_in_each_process() -> None:
    program = (
        "from dynamorm.data import *; from dynamorm.model.reads.cursors import Cursors\n"
        "filter_ = And((In(Path.of('a'), tuple(map(Value, {'x', 'y', 'z'}))), Comparison('=', Path.of('b'), Value({'k', 'l', 'm'}))))\n"
        "keys = [KeyAttribute('id', 'S')]\n"
        "print(Cursors('Book', Scan('books', filter=filter_), None, keys, ()).encode({'id': '1'}))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(made) == 1


TEXTS = st.text(min_size=1).filter(lambda text: text.isprintable())
NUMBERS = st.one_of(
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.builds(
        lambda sign, digits, exponent: Decimal((sign, (*digits, 7), -exponent - 1)),
        st.integers(0, 1),
        st.lists(st.integers(0, 9), max_size=37),
        st.integers(0, 90),
    ).filter(lambda number: number != number.to_integral_value()),
)
KEYS = st.fixed_dictionaries({"s": TEXTS, "n": NUMBERS, "b": st.binary(min_size=1)})
ATTRIBUTES = [KeyAttribute("s", "S"), KeyAttribute("n", "N"), KeyAttribute("b", "B")]
SECRETS = st.lists(st.binary(min_size=16, max_size=40), max_size=2)


def _positions(begun: dict[int, Any]) -> SegmentPositions:
    return SegmentPositions(7, begun, 5)


POSITIONS = st.dictionaries(st.integers(0, 4), st.one_of(st.none(), KEYS), max_size=5).map(_positions)


def cursors(secrets: Any, segments: int | None = None) -> Cursors:
    return Cursors("Thing", Scan("things"), segments, ATTRIBUTES, secrets)


@given(key=KEYS, secrets=SECRETS)
def test_every_key_survives(key: Any, secrets: list[bytes]) -> None:
    made = cursors(secrets).encode(key)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", made)
    opened: Any = cursors(secrets).decode(made)
    assert opened == key
    assert [type(opened[name]) for name in key] == [type(value) for value in key.values()]


@given(position=POSITIONS, secrets=SECRETS)
def test_every_position_of_segments_survives(position: SegmentPositions, secrets: list[bytes]) -> None:
    assert cursors(secrets, 7).decode(cursors(secrets, 7).encode(position)) == position


@given(key=KEYS, secrets=SECRETS, data=st.data())
def test_every_change_is_noticed(key: Any, secrets: list[bytes], data: st.DataObject) -> None:
    made = cursors(secrets).encode(key)
    place = data.draw(st.integers(0, len(made) - 1))
    kind = data.draw(st.sampled_from(["cut", "replace", "remove", "insert", "append"]))
    character = data.draw(st.sampled_from("ABCXYZabcxyz0189-_=+/ é\n"))
    changed = {
        "cut": made[:place],
        "replace": made[:place] + character + made[place + 1 :],
        "remove": made[:place] + made[place + 1 :],
        "insert": made[:place] + character + made[place:],
        "append": made + character,
    }[kind]
    if changed != made:
        with pytest.raises(InvalidCursor):
            cursors(secrets).decode(changed)


@given(text=st.one_of(st.text(), st.binary().map(lambda some: base64.urlsafe_b64encode(some).decode())))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        cursors([]).decode(text)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["S", "N", "B", "total", "following", "begun", "0", "x"]), inner, max_size=3),
    ),
)


class Forger(Cursors):
    """Writes anything in place of a position, as anyone can without a secret."""

    def _encode_position(self, position: Any) -> Any:
        return position


@given(position=JSON, segments=st.sampled_from([None, 7]))
@example(position={"total": None, "following": None, "begun": None}, segments=7)
def test_a_forged_position_is_refused_or_fits(position: Any, segments: int | None) -> None:
    forged = Forger("Thing", Scan("things"), segments, ATTRIBUTES, ()).encode(position)
    with suppress(InvalidCursor):
        opened = cursors([], segments).decode(forged)
        assert isinstance(opened, SegmentPositions) == (segments is not None)


@pytest.mark.parametrize("number", ["1E99999999", "1" * 200, "0x1", "NaN", "Infinity", "1_0", "", "٣", "1E+2"])
def test_a_forged_number_does_no_harm(number: str) -> None:
    position: Any = ["s", {"N": number}, {"B": "AA=="}]
    forged = Forger("Thing", Scan("things"), None, ATTRIBUTES, ()).encode(position)
    with pytest.raises(InvalidCursor, match="holds no position"):
        cursors([]).decode(forged)


QUERY = Query("things", KeyCondition(("s", "mine"), Comparison("<", Path.of("n"), Value(10))))


@pytest.mark.parametrize(
    ("operation", "position"),
    [
        (QUERY, ["theirs", {"N": "5"}, {"B": "AA=="}]),
        (QUERY, ["mine", {"N": "10"}, {"B": "AA=="}]),
        (Scan("things"), ["x" * 2049, {"N": "5"}, {"B": "AA=="}]),
        (Scan("things"), ["x", {"N": "5"}, {"B": ""}]),
    ],
)
def test_a_forged_key_that_the_read_can_not_have_is_refused(operation: Query | Scan, position: Any) -> None:
    forged = Forger("Thing", operation, None, ATTRIBUTES, ()).encode(position)
    with pytest.raises(InvalidCursor, match="holds no position of this read"):
        Cursors("Thing", operation, None, ATTRIBUTES, ()).decode(forged)


@pytest.mark.parametrize(
    "other", [Scan("other"), Scan("things", "by-other"), Query("things", KeyCondition(("s", "s3cr3t")))]
)
@pytest.mark.parametrize("secrets", [[], [SECRET]])
def test_no_message_holds_a_value(other: Query | Scan, secrets: list[bytes]) -> None:
    made = cursors(secrets).encode({"s": "s3cr3t", "n": 12345678, "b": b"s3cr3t"})
    readers = [Cursors("Thing", other, None, ATTRIBUTES, secrets), cursors([b"x" * 16]), cursors([], 5)]
    for reader in readers:
        with pytest.raises(InvalidCursor) as raised:
            reader.decode(made)
        assert "s3cr3t" not in str(raised.value)
        assert "12345678" not in str(raised.value)


def test_an_unsigned_cursor_and_a_signed_one_show_the_key_to_whoever_decodes_them() -> None:
    for secrets in ([], [SECRET]):
        made = cursors(secrets).encode({"s": "readable", "n": 1, "b": b"x"})
        decoded = base64.urlsafe_b64decode(made + "=" * (-len(made) % 4))
        assert json.dumps("readable").encode() in decoded
        assert SECRET not in decoded
