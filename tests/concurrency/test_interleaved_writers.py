"""Two programs change the same items through instances of their own, step by step in any order.

What is stored is compared with a model after each step: a partial write changes what its program changed and nothing
else, or it raises and changes nothing; a whole put replaces everything.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pydantic import BaseModel

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import ConditionFailed, HashKeyExists, StaleItem, TransactionConditionFailed
from dynamorm.ports.backends import Backend
from tests.support.state_machines import run_programs
from tests.support.tables import table_of

Values = dict[str, Any]


class Note(DynaModel):
    class Table:
        name = "notes"
        hash_key = "id"

    class Schema(BaseModel):
        id: str
        name: str
        count: int = 0
        most: int | None = 100
        tags: list[str] = []
        labels: set[str] = set()
        scores: dict[str, int] = {}


class VersionedNote(DynaModel):
    class Table:
        name = "versioned-notes"
        hash_key = "id"
        version = "version"

    class Schema(Note.Schema):
        version: int | None = None


SCALARS = ("name", "count", "most")
FIELDS = (*SCALARS, "tags", "labels", "scores")
WORDS = st.sampled_from("abc")
NUMBERS = st.integers(0, 3)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": WORDS,
    "count": NUMBERS,
    "most": st.none() | NUMBERS,
    "tags": st.lists(WORDS, max_size=3),
    "labels": st.sets(WORDS),
    "scores": st.dictionaries(WORDS, NUMBERS, max_size=2),
}
GIVEN = st.fixed_dictionaries({"name": WORDS}, optional={name: VALUES[name] for name in FIELDS if name != "name"})
WRITERS = st.sampled_from(("ann", "bob"))
KEYS = st.sampled_from(("1", "2"))
BY_ITSELF, IN_TRANSACTION, IN_BATCH = "by itself", "in a transaction", "in a batch"


@dataclass
class Held:
    """An instance that a writer holds, and the values that it knows to be stored: ``None`` if it knows of none."""

    instance: Any
    seen: Values | None = None
    deleted: bool = False

    def values(self) -> Values:
        return {name: copy.deepcopy(getattr(self.instance, name)) for name in FIELDS}


#: The values that a note has which is given a name alone.
DEFAULTS: Values = {name: getattr(Note(id="0", name="a"), name) for name in FIELDS}

#: Changes for update(), by name, and what they make of the values that are stored.
UPDATES: dict[str, Callable[[str, int], tuple[Values, Callable[[Values], Values]]]] = {
    "set": lambda word, number: ({"name": word, "most": None}, lambda stored: {"name": word, "most": None}),
    "plus": lambda word, number: ({"count__plus": number}, lambda stored: {"count": stored["count"] + number}),
    "append": lambda word, number: ({"tags__append": [word]}, lambda stored: {"tags": [*stored["tags"], word]}),
    "add": lambda word, number: ({"labels__add": {word}}, lambda stored: {"labels": stored["labels"] | {word}}),
    "remove": lambda word, number: ({"labels__delete": {word}}, lambda stored: {"labels": stored["labels"] - {word}}),
}


def _merged(seen: Values, now: Values, before: Values) -> Values:
    """Return what a partial write stores that changed *seen* to *now*, where *before* is stored meanwhile."""
    merged = {name: (before if seen[name] == now[name] else now)[name] for name in SCALARS}
    grown = now["tags"][len(seen["tags"]) :]
    if seen["tags"] == now["tags"][: len(seen["tags"])]:
        merged["tags"] = [*before["tags"], *grown]
    elif len(seen["tags"]) == len(now["tags"]):
        pairs = zip(seen["tags"], now["tags"], before["tags"], strict=True)
        merged["tags"] = [theirs if was == mine else mine for was, mine, theirs in pairs]
    else:
        merged["tags"] = now["tags"]
    merged["labels"] = before["labels"] - (seen["labels"] - now["labels"]) | (now["labels"] - seen["labels"])
    scores = {
        word: number for word, number in before["scores"].items() if word in now["scores"] or word not in seen["scores"]
    }
    merged["scores"] = scores | {word: n for word, n in now["scores"].items() if seen["scores"].get(word) != n}
    return merged


def _in_each_others_way(seen: Values | None, now: Values, before: Values | None) -> bool:
    """Tell whether elements of the list were changed that another writer has changed or moved meanwhile."""
    if seen is None or before is None:
        return False
    was, mine, theirs = seen["tags"], now["tags"], before["tags"]
    if mine[: len(was)] == was:
        return False
    if len(was) != len(mine):
        return bool(theirs != was)
    return len(theirs) != len(was) or any(w != m and w != t for w, m, t in zip(was, mine, theirs, strict=True))


class TwoWriters(RuleBasedStateMachine):
    model: ClassVar[Any] = Note

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], Held] = {}
        #: What is stored, by key, and how often it was replaced or changed.
        self.stored: dict[str, Values] = {}
        self.writes: dict[str, int] = {}
        self.writes_seen: dict[tuple[str, str], int] = {}
        for item in list(self.model.scan()):
            self.model.delete_item(id=item.id)

    # What the writers do to their own instances.

    @rule(writer=WRITERS, key=KEYS)
    def read(self, writer: str, key: str) -> None:
        instance = self.model.get(id=key, consistent=True)
        assert (instance is None) == (key not in self.stored)
        if instance is not None:
            self._hold(writer, key, Held(instance, copy.deepcopy(self.stored[key])))

    @rule(writer=WRITERS, key=KEYS, given=GIVEN)
    def construct(self, writer: str, key: str, given: Values) -> None:
        self._hold(writer, key, Held(self.model(id=key, **copy.deepcopy(given))))

    @rule(writer=WRITERS, key=KEYS, field=st.sampled_from(FIELDS), data=st.data())
    def assign(self, writer: str, key: str, field: str, data: st.DataObject) -> None:
        if held := self.held.get((writer, key)):
            setattr(held.instance, field, data.draw(VALUES[field], label=field))

    @rule(writer=WRITERS, key=KEYS, how=st.sampled_from(("append", "remove", "set", "insert")), word=WORDS)
    def change_tags(self, writer: str, key: str, how: str, word: str) -> None:
        if held := self.held.get((writer, key)):
            tags = held.instance.tags
            if how == "append":
                tags.append(word)
            elif how == "insert":
                tags.insert(0, word)
            elif tags and how == "set":
                tags[-1] = word
            elif tags:
                del tags[0]

    @rule(writer=WRITERS, key=KEYS, add=st.booleans(), word=WORDS)
    def change_labels(self, writer: str, key: str, add: bool, word: str) -> None:
        if held := self.held.get((writer, key)):
            held.instance.labels.add(word) if add else held.instance.labels.discard(word)

    @rule(writer=WRITERS, key=KEYS, word=WORDS, number=st.none() | NUMBERS)
    def change_scores(self, writer: str, key: str, word: str, number: int | None) -> None:
        if held := self.held.get((writer, key)):
            if number is None:
                held.instance.scores.pop(word, None)
            else:
                held.instance.scores[word] = number

    # Whole writes.

    @rule(writer=WRITERS, key=KEYS, how=st.sampled_from((BY_ITSELF, IN_TRANSACTION, IN_BATCH)), unique=st.booleans())
    def save(self, writer: str, key: str, how: str, unique: bool) -> None:
        held = self.held.get((writer, key))
        if held is None:
            return
        now = held.values()
        in_batch = how == IN_BATCH
        if in_batch and self.model is VersionedNote:
            return  # a batch can't check versions, and is refused
        must_fail = (unique and not in_batch and key in self.stored) or (not in_batch and self._is_stale(writer, key))

        def write() -> None:
            if how == IN_BATCH:
                with dynamorm.batch() as batch:
                    batch.put(held.instance)
            elif how == IN_TRANSACTION:
                with dynamorm.transaction() as tx:
                    tx.save(held.instance, unique=unique)
            else:
                held.instance.save(unique=unique)

        if self._raised(write, HashKeyExists if unique else StaleItem):
            assert must_fail
            return
        assert not must_fail
        self._replaced(key, now)
        self._saw(writer, key, now)
        assert held.values() == now

    @rule(key=KEYS, given=GIVEN)
    def put(self, key: str, given: Values) -> None:
        if self.model is VersionedNote:
            return  # put replaces whatever is there, its version too
        self.model.put({"id": key, **copy.deepcopy(given)})
        self._replaced(key, {**DEFAULTS, **given})

    # Partial writes.

    @rule(writer=WRITERS, key=KEYS, how=st.sampled_from((BY_ITSELF, IN_TRANSACTION)))
    def save_in_part(self, writer: str, key: str, how: str) -> None:
        held = self.held.get((writer, key))
        if held is None:
            return
        now, before = held.values(), self.stored.get(key)
        sends = held.seen is None or held.deleted or now != held.seen

        def write() -> None:
            if how == IN_TRANSACTION:
                with dynamorm.transaction() as tx:
                    tx.save(held.instance, partial=True)
            else:
                held.instance.save(partial=True)

        must_fail = sends and (self._is_gone(writer, key) or self._is_stale(writer, key))
        if self._raised(write, ConditionFailed):
            assert must_fail or (sends and _in_each_others_way(held.seen, now, before))
            return
        assert not must_fail
        if not sends:
            return
        after = self._now(key)
        if held.seen is None:
            # A new instance: what it was given is written; of its defaults it may leave out those that are stored.
            written = [name for name in FIELDS if after[name] == now[name]]
            kept = [name for name in FIELDS if before is not None and now[name] == DEFAULTS[name]]
            assert all(before is not None and after[name] == before[name] for name in kept if name not in written)
            assert {*written, *kept} == set(FIELDS)
        else:
            assert before is not None
            assert after == _merged(held.seen, now, before)
            written = [name for name in FIELDS if held.seen[name] != now[name]]
        self._changed(key, after)
        self._read_back(writer, key, how, after, written)

    @rule(
        writer=WRITERS,
        key=KEYS,
        how=st.sampled_from((BY_ITSELF, IN_TRANSACTION)),
        what=st.sampled_from(("set", "plus", "append", "add", "remove")),
        word=WORDS,
        number=NUMBERS,
    )
    def update(self, writer: str, key: str, how: str, what: str, word: str, number: int) -> None:
        held = self.held.get((writer, key))
        if held is None or (held.seen is None and key not in self.stored):
            return  # it would make an item without a name
        changes, change = UPDATES[what](word, number)
        before = self.stored.get(key)

        def write() -> None:
            if how == IN_TRANSACTION:
                with dynamorm.transaction() as tx:
                    tx.update(held.instance, **changes)
            else:
                held.instance.update(**changes)

        must_fail = self._is_gone(writer, key) or self._is_stale(writer, key)
        if self._raised(write, ConditionFailed):
            assert must_fail
            return
        assert not must_fail
        assert before is not None
        after = self._now(key)
        assert after == {**before, **change(before)}
        self._changed(key, after)
        if held.seen is None:
            del self.held[writer, key]  # of the other values it was given it is not said whether they are stored
        else:
            self._read_back(writer, key, how, after, list(change(before)))

    @rule(key=KEYS, word=WORDS, number=NUMBERS, what=st.sampled_from(("set", "plus", "append", "add", "remove")))
    def update_item(self, key: str, word: str, number: int, what: str) -> None:
        if key not in self.stored or self.model is VersionedNote:
            return  # it would make an item without a name; it knows no version
        changes, change = UPDATES[what](word, number)
        self.model.update_item(id=key, **changes)
        after = {**self.stored[key], **change(self.stored[key])}
        assert self._now(key) == after
        self._changed(key, after)

    # Deleting, refreshing, moving.

    @rule(writer=WRITERS, key=KEYS, how=st.sampled_from((BY_ITSELF, IN_TRANSACTION, IN_BATCH)))
    def delete(self, writer: str, key: str, how: str) -> None:
        held = self.held.get((writer, key))
        if held is None or (how == IN_BATCH and self.model is VersionedNote):
            return

        def write() -> None:
            if how == IN_BATCH:
                with dynamorm.batch() as batch:
                    batch.delete(held.instance)
            elif how == IN_TRANSACTION:
                with dynamorm.transaction() as tx:
                    tx.delete(held.instance)
            else:
                held.instance.delete()

        must_fail = self._is_stale(writer, key)
        if self._raised(write, StaleItem):
            assert must_fail
            return
        assert not must_fail
        self.stored.pop(key, None)
        self.writes[key] = self.writes.get(key, 0) + 1
        held.deleted = True

    @rule(writer=WRITERS, key=KEYS)
    def refresh(self, writer: str, key: str) -> None:
        held = self.held.get((writer, key))
        if held is None:
            return
        if self._raised(held.instance.refresh, StaleItem):
            assert key not in self.stored
            return
        assert held.values() == self.stored[key]
        held.deleted = False
        self._saw(writer, key, self.stored[key])

    @rule(writer=WRITERS, key=KEYS)
    def move(self, writer: str, key: str) -> None:
        held = self.held.get((writer, key))
        target = "2" if key == "1" else "1"
        if held is None or held.seen is None or held.deleted:
            return
        before = self.stored.get(key)
        if held.values() != held.seen:
            return  # it is refused with changes that are not saved
        may_move = before is not None and target not in self.stored and not self._is_stale(writer, key)
        if self._raised(lambda: held.instance.move(id=target), ConditionFailed):
            assert not may_move
            return
        assert may_move
        assert before is not None
        # The item is read, so that what others wrote to it moves, too.
        assert held.values() == before
        del self.stored[key], self.held[writer, key]
        self.writes[key] = self.writes.get(key, 0) + 1
        self._replaced(target, before)
        self._hold(writer, target, Held(held.instance, copy.deepcopy(before)))

    @invariant()
    def what_is_stored_is_what_the_model_says(self) -> None:
        found = {instance.id: Held(instance).values() for instance in self.model.scan()}
        assert found == self.stored

    # The model.

    def _hold(self, writer: str, key: str, held: Held) -> None:
        self.held[writer, key] = held
        self.writes_seen[writer, key] = self.writes.get(key, 0) if held.seen is not None else -1

    def _saw(self, writer: str, key: str, values: Mapping[str, Any]) -> None:
        held = self.held[writer, key]
        held.seen, held.deleted = copy.deepcopy(dict(values)), False
        self.writes_seen[writer, key] = self.writes.get(key, 0)

    def _replaced(self, key: str, values: Mapping[str, Any]) -> None:
        self._changed(key, copy.deepcopy(dict(values)))

    def _changed(self, key: str, values: Values) -> None:
        self.stored[key] = values
        self.writes[key] = self.writes.get(key, 0) + 1

    def _is_gone(self, writer: str, key: str) -> bool:
        """Tell whether a partial write can't take place: the item that the instance was read from is gone."""
        held = self.held[writer, key]
        return held.deleted or (held.seen is not None and key not in self.stored)

    def _is_stale(self, writer: str, key: str) -> bool:
        """Tell whether a write with a version can't take place: the item is not as its instance remembers it."""
        if self.model is Note:
            return False
        held = self.held[writer, key]
        if held.seen is None or held.deleted:
            return key in self.stored
        return self.writes_seen[writer, key] != self.writes.get(key, 0)

    def _now(self, key: str) -> Values:
        instance = self.model.get(id=key, consistent=True)
        assert instance is not None
        return Held(instance).values()

    def _read_back(self, writer: str, key: str, how: str, after: Values, changed: list[str]) -> None:
        """Compare what an instance has after a write of its *changed* fields with what is stored."""
        held = self.held[writer, key]
        if how == IN_TRANSACTION:
            held.instance.refresh()
            changed = list(FIELDS)
        values = held.values()
        assert {name: values[name] for name in changed} == {name: after[name] for name in changed}
        self._saw(
            writer, key, {**(values if held.seen is None else held.seen), **{name: after[name] for name in changed}}
        )

    def _raised(self, write: Callable[[], object], expected: type[ConditionFailed]) -> bool:
        """Carry out a write, and tell whether it raised what is *expected*; then nothing may have changed."""
        failure: ConditionFailed | None = None
        try:
            write()
        except ConditionFailed as error:
            failure = error
        if isinstance(failure, TransactionConditionFailed):
            assert any(isinstance(reason.error, expected) for reason in failure.reasons)
        else:
            assert failure is None or isinstance(failure, expected)
        if failure is not None:
            self.what_is_stored_is_what_the_model_says()
        return failure is not None


class TwoWritersWithVersions(TwoWriters):
    model = VersionedNote


@pytest.mark.parametrize("machine", [TwoWriters, TwoWritersWithVersions])
class TestNothingIsLost:
    def test_on_sqlite(self, machine: type[TwoWriters], sqlite_memory: Backend) -> None:
        write_in_turns(machine, sqlite_memory, programs=150, steps=40)

    def test_on_dynamodb_local(self, machine: type[TwoWriters], local: Backend) -> None:
        write_in_turns(machine, local, programs=12, steps=30)


def write_in_turns(
    machine: type[TwoWriters], backend: Backend, programs: int, steps: int, seed: int | None = None
) -> None:
    """Run random programs of two writers on a new *backend*."""
    with dynamorm.using(backend):
        table_of(machine.model).create_table()
        run_programs(machine, programs, steps, seed)
