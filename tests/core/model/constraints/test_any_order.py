"""After any writes in any order, by writers that may have read long ago, the rules hold for what is in the tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamorm
from dynamorm import PROTECT, Count, DynaModel, ManyToOne, Q, Sum, Unique, using
from dynamorm.data import Operation, Scan, TransactWrite
from dynamorm.exceptions import ConditionFailed, DynaModelException, InvalidKey, InvalidUpdate
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.randomised import SHARED_FIXTURE
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Team(DynaModel):
    class Table:
        name = "teams"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        note = fields.text()
        members = fields.integer()
        points = fields.integer()


class Member(DynaModel):
    class Table:
        name = "members"
        hash_key = "id"
        unique = (Unique("email", by=str.casefold), Unique("team_id", "number"))

    class Schema:
        id = fields.text(required=True)
        email = fields.text()
        team_id = fields.text()
        number = fields.integer()
        points = fields.integer()
        note = fields.text()

    team = ManyToOne(
        Team,
        query=lambda member: {"id": member.team_id},
        on_delete=PROTECT,
        counters=[Count("members"), Sum("points", "points", where=Q(note__ne="away"))],
    )


class Losing(RecordingBackend):
    """Carries out each third transaction twice, as if its first response were lost."""

    number = 0

    def execute(self, operation: Operation[Any]) -> Any:
        self.number += 1
        if isinstance(operation, TransactWrite) and self.number % 3 == 0:
            super().execute(operation)
        return super().execute(operation)


#: What a write may meet: another writer was first, or the program asks for what contradicts itself.
REFUSED = (ConditionFailed, DynaModelException, InvalidUpdate, InvalidKey)
WRITERS, IDS = st.sampled_from(["ann", "bob"]), st.sampled_from(["1", "2"])
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from([None, "a", "A", "b"]),
        "team_id": st.sampled_from([None, "x", "y", "x", "y", "nobody"]),
        "number": st.sampled_from([None, 1, 2]),
        "points": st.sampled_from([None, 0, 3, 5]),
        "note": st.sampled_from([None, "away", "here"]),
    },
)
OF_MEMBERS = st.sampled_from(
    ["update", "update", "save", "save partially", "together", "delete", "create", "move", "read"]
)
OF_TEAMS = st.tuples(st.sampled_from(["x", "y"]), st.sampled_from(["create", "delete", "note", "save", "read"]))
ACTIONS = st.lists(
    st.one_of(st.tuples(WRITERS, OF_MEMBERS, IDS, VALUES), st.tuples(WRITERS, OF_MEMBERS, IDS, VALUES), OF_TEAMS),
    min_size=3,
    max_size=12,
)


class Writers:
    """The instances that two writers hold, which each has read or written at some time."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], Member] = {}
        self.teams: dict[str, Team] = {}

    def act(self, writer: str, kind: str, key: str, values: dict[str, Any]) -> None:
        member = self.held.get((writer, key))
        if kind == "create" or member is None:
            member = self.held[writer, key] = Member(id=key, **values)
            member.save()
        elif kind == "read":
            found = Member.get(id=key)
            self.held[writer, key] = member if found is None else found
        elif kind == "update":
            member.update(**values)
        elif kind == "together":
            with dynamorm.transaction() as tx:
                for name, each in self.held.items():
                    if name[0] == writer:
                        tx.update(each, **{"note": "here", **values})
        elif kind == "delete":
            member.delete()
        elif kind == "move":
            member.move(id="3" if member.id != "3" else key)
        else:
            for field, value in values.items():
                setattr(member, field, value)
            member.save(partial=kind == "save partially")

    def change_team(self, key: str, what: str) -> None:
        team = self.teams.get(key)
        if what == "create" or team is None:
            team = self.teams[key] = Team(id=key)
            team.save()
        elif what == "delete":
            team.delete()
        elif what == "note":
            team.update(note="x")
        elif what == "save":
            team.save()
        else:
            team.refresh()

    def begin(self) -> None:
        """Let both writers hold two members and two teams."""
        for key in ("x", "y"):
            self.change_team(key, "create")
        for key in ("1", "2"):
            self.act("ann", "create", key, {"email": f"{key}@", "team_id": "x", "number": int(key), "points": 3})
            self.held["bob", key] = Member.query(id=key).one()


def items(backend: Backend, table: str) -> Iterator[dict[str, Any]]:
    operation: Operation[Any] = Scan(table)
    yield from backend.execute(operation).items


def check(backend: Backend) -> None:
    found = list(items(backend, "members"))
    members = {item["id"]: item for item in found if "owner" not in item}
    guards = {item["id"]: item["owner"]["id"] for item in found if "owner" in item}
    expected: dict[str, str] = {}
    for key, item in members.items():
        if item.get("email") is not None:
            expected[f"UNIQUE#email#{item['email'].casefold().replace('#', '%23')}"] = key
        if item.get("team_id") is not None and item.get("number") is not None:
            expected[f"UNIQUE#team_id+number#{item['team_id']}#{item['number']}"] = key
    assert guards == expected
    teams = {item["id"]: item for item in items(backend, "teams")}
    assert teams.keys() <= {"x", "y"}
    for key, team in teams.items():
        own = [item for item in members.values() if item.get("team_id") == key]
        assert team.get("members", 0) == len(own)
        counted = [item.get("points") or 0 for item in own if item.get("note") != "away"]
        assert team.get("points", 0) == sum(counted)
    assert {item["team_id"] for item in members.values() if item.get("team_id") is not None} <= teams.keys()


@settings(max_examples=150, suppress_health_check=SHARED_FIXTURE)
@given(ACTIONS)
def test_rules_hold_whatever_is_written(sqlite_memory: Backend, actions: list[tuple[Any, ...]]) -> None:
    losing, writers = Losing(sqlite_memory), Writers()
    with using(losing):
        for model in (Team, Member):
            table_of(model).create_table()
        try:
            writers.begin()
            for action in actions:
                with suppress(*REFUSED):
                    if len(action) == 2:
                        writers.change_team(*action)
                    else:
                        writers.act(*action)
                check(sqlite_memory)
        finally:
            for model in (Team, Member):
                table_of(model).delete()
