"""The recorded operations of a cassette: which of them an operation of the program is, and what it differs in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dynamorm.data.operations import Operation, TransactWrite
from dynamorm.data.records import replace
from dynamorm.testing.cassettes.codec import Json, encode
from dynamorm.testing.cassettes.values import Change, with_values
from dynamorm.wire.subjects import subject_of, tables_of

#: The most places that a message names.
_MOST_PLACES = 8


@dataclass(slots=True)
class Recording:
    """One operation, and what came of it.

    Attributes:
        operation: The operation, with the names of models' tables.
        outcome: Its result, or the exception that it raised, as the file has it.
        line: The number of its line in the file.
        is_parallel: Whether it was sent by another thread or task than the first one.
        form: What has to be equal in the operation of a program: everything, apart from tokens and ignored values.
        text: The same as text.
        used: Whether the program has sent it.
    """

    operation: Operation[Any]
    outcome: Json
    line: int
    is_parallel: bool
    form: Json
    text: str = field(init=False)
    used: bool = field(default=False)

    def __post_init__(self) -> None:
        self.text = text_of(self.form)

    def __str__(self) -> str:
        return f"{subject_of(self.operation)} (line {self.line})"


def form_of(operation: Operation[Any], ignore: frozenset[str], scrub: Change | None) -> Json:
    """Return what two operations have in common that are the same for a cassette."""

    def change(name: str, value: Any) -> Any:
        if name in ignore:
            return "…"
        return value if scrub is None else scrub(name, value)

    return encode(with_values(without_token(operation), change), str)


def without_token(operation: Operation[Any]) -> Operation[Any]:
    """Return an *operation* without the token of a transaction, which is another one each time."""
    return replace(operation, token=None) if isinstance(operation, TransactWrite) else operation


def text_of(form: Json) -> str:
    """Return a *form* as text that is equal for equal forms."""
    return json.dumps(form, sort_keys=True)


class Recordings:
    """The recordings of a cassette, in order. Whoever asks it holds a lock."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self._recordings = recordings
        self._first_unused = 0

    def take(self, operation: Operation[Any], form: Json) -> Recording | None:
        """Return the recording of an *operation* that has this *form*, and count it as used; ``None`` if there is none.

        Those of one table come in the order in which they were recorded, apart from those that were sent in parallel.
        """
        text = text_of(form)
        tables = frozenset(tables_of(operation))
        is_overtaking = False
        for recording in self._unused():
            shares = not tables.isdisjoint(tables_of(recording.operation))
            if shares and recording.text == text and (recording.is_parallel or not is_overtaking):
                recording.used = True
                return recording
            is_overtaking = is_overtaking or (shares and not recording.is_parallel)
        return None

    def unused(self) -> list[Recording]:
        """Return what the program has not sent."""
        return list(self._unused())

    def explain(self, operation: Operation[Any], form: Json) -> str:
        """Return why an *operation* that has this *form* is not recorded, as a part of a message, without values."""
        tables = frozenset(tables_of(operation))
        of_tables = [each for each in self._unused() if not tables.isdisjoint(tables_of(each.operation))]
        same = [each for each in self._recordings if each.text == text_of(form)]
        left = [each for each in same if not each.used]
        if left:
            return f"It is recorded, as {left[0]}, after {of_tables[0]}, which the program has not sent yet."
        if same:
            times = "once" if len(same) == 1 else f"{len(same)} times"
            return f"It is recorded {times}, and the program sends it again."
        if not of_tables:
            return "No further operation on this table is recorded."
        alike = [each for each in of_tables if type(each.operation) is type(operation)]
        if not alike:
            return f"The next recorded operation on this table is {of_tables[0]}."
        nearest = min(alike, key=lambda each: len(list(differences(each.form, form))))
        places = sorted({*differences(nearest.form, form)})
        more = f" and {len(places) - _MOST_PLACES} more places" if len(places) > _MOST_PLACES else ""
        return f"The nearest recorded one is {nearest}, which differs in {', '.join(places[:_MOST_PLACES])}{more}."

    def _unused(self) -> Iterator[Recording]:
        while self._first_unused < len(self._recordings) and self._recordings[self._first_unused].used:
            self._first_unused += 1
        for place in range(self._first_unused, len(self._recordings)):
            if not self._recordings[place].used:
                yield self._recordings[place]


def differences(recorded: Json, sent: Json, place: str = "") -> Iterator[str]:
    """Yield the places in which two forms differ, by the names of fields and attributes."""
    if isinstance(recorded, dict) and isinstance(sent, dict):
        if recorded.get("$") != sent.get("$"):
            yield place or "the operation"
            return
        for name in dict.fromkeys([*recorded, *sent]):
            # A name that begins so is one of the codec's.
            inner = place if name.startswith("$") else f"{place}.{name}" if place else name
            if (name in recorded) != (name in sent):
                yield inner
            else:
                yield from differences(recorded[name], sent[name], inner)
    elif isinstance(recorded, list) and isinstance(sent, list) and len(recorded) == len(sent):
        for number, (one, other) in enumerate(zip(recorded, sent, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif recorded != sent or type(recorded) is not type(sent):
        yield place or "the operation"
