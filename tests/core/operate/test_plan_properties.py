"""Whatever a table is, and whatever it is to be: ``apply`` makes it so, and removes nothing without consent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dynamorm import operate
from dynamorm.data import DescribeTable, ListTags
from dynamorm.data.table_plans import PlannedChange
from dynamorm.engine.run.connections import open_connection
from tests.core.operate.tables import BY_AUTHOR, BY_YEAR, model

#: How many pairs of definitions are tried.
EXAMPLES = 60

CAPACITY: dict[str, Any] = {"read": 2, "write": 3}


@st.composite
def models(draw: st.DrawFn) -> Any:
    """A model of books with some indexes and settings."""
    provisioned = draw(st.booleans())
    capacity = CAPACITY if provisioned else {}
    indexes = [
        index | capacity | draw(st.sampled_from([{}, {"hash_key": "title"}]))
        for index in draw(st.sampled_from([[], [BY_AUTHOR], [BY_YEAR], [BY_AUTHOR, BY_YEAR]]))
    ]
    options: dict[str, Any] = {
        "stream": draw(st.sampled_from([None, "KEYS_ONLY", "NEW_IMAGE"])),
        "ttl": draw(st.sampled_from([None, "expires", "year"])),
        "tags": draw(st.sampled_from([None, {}, {"a": "1"}, {"a": "2", "b": "1"}])),
        "deletion_protection": draw(st.sampled_from([None, True, False])),
        "table_class": draw(st.sampled_from([None, "STANDARD", "STANDARD_INFREQUENT_ACCESS"])),
    }
    return model(*indexes, **capacity, **options)


def removable(connection: Any) -> set[str]:
    """What may be lost: indexes, tags and the stream, by their names."""
    spec = connection.execute(DescribeTable("books")).spec
    found = {f"index {index.name} {index.hash_key}" for index in spec.indexes}
    found |= {f"tag {key}" for key in connection.execute(ListTags("books")).tags}
    return found | {f"stream {spec.stream}" for _ in [0] if spec.stream}


def in_words(changes: Iterable[PlannedChange]) -> list[str]:
    """Changes, without the key attributes that the table has besides."""
    return [str(change) for change in changes]


@settings(max_examples=EXAMPLES)
@given(before=models(), after=models())
def test_apply_makes_what_plan_says(before: Any, after: Any) -> None:
    with open_connection("sqlite:///:memory:") as connection:
        operate.apply([before], backend=connection)
        assert not operate.plan([before], backend=connection).differs
        there = removable(connection)

        first = operate.plan([after], backend=connection)
        applied = operate.apply([after], expected=first, backend=connection)
        assert there <= removable(connection)
        assert applied.left == tuple((table.table, change) for table in first for change in table.left)
        # What is left is all that is left.
        second = operate.plan([after], backend=connection)
        assert [table.done for table in second] == [()]
        assert in_words(second[0].left) == in_words(first[0].left)

        consents: dict[str, Any] = {"drop_indexes": [], "drop_tags": [], "switch_off": []}
        for _, change in applied.left:
            assert change.consent is not None, change
            consents[change.consent.argument] += change.consent.names
        operate.apply([after], backend=connection, **consents)
        assert not operate.plan([after], backend=connection).differs
