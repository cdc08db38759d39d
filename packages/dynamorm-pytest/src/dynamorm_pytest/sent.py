"""The requests that tests send: recorded, counted, and shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, overload

import pytest

import dynamorm
from dynamorm.data.operations import Operation
from dynamorm.ports.hooks import hookimpl
from dynamorm.wire import action_of, tables_of
from dynamorm_pytest.prefixes import without_prefix

#: The most lines of a list in a message.
MOST_LINES = 30


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that was sent.

    Attributes:
        action: DynamoDB's name of it, such as ``"GetItem"``.
        table: The table, as the model names it; of several tables all, with commas.
        index: The index that is read; ``None`` for the table itself.
    """

    action: str
    table: str
    index: str | None = None

    def __str__(self) -> str:
        return f"{self.action} on {self.table}{'' if self.index is None else f' by {self.index}'}"


class SentRequests(Sequence[SentRequest]):
    """The requests that were sent, in order. Print it for a list."""

    def __init__(self) -> None:
        self._sent: list[SentRequest] = []
        self._lock = Lock()

    @hookimpl
    def dynamorm_operation_done(self, operation: Operation[Any]) -> None:
        """Record an operation."""
        tables = ", ".join(dict.fromkeys(map(without_prefix, tables_of(operation))))
        with self._lock:
            self._sent.append(SentRequest(action_of(operation), tables, getattr(operation, "index", None)))

    def of(self, *, action: str | None = None, table: str | None = None) -> list[SentRequest]:
        """Return the requests with this *action*, and on this *table*."""
        return [
            each for each in self._sent if action in {None, each.action} and table in {None, *each.table.split(", ")}
        ]

    @property
    def by_action(self) -> dict[str, int]:
        """How many requests of each action were sent: ``{"GetItem": 2, "PutItem": 1}``."""
        return dict(Counter(each.action for each in self._sent))

    @property
    def by_table(self) -> dict[str, int]:
        """How many requests were sent to each table; one to several tables counts for each."""
        return dict(Counter(table for each in self._sent for table in each.table.split(", ")))

    def clear(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._sent.clear()

    @overload
    def __getitem__(self, index: int) -> SentRequest: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SentRequest]: ...
    def __getitem__(self, index: int | slice) -> SentRequest | Sequence[SentRequest]:
        return self._sent[index]

    def __len__(self) -> int:
        return len(self._sent)

    def __repr__(self) -> str:
        return f"<{len(self._sent)} requests: {', '.join(map(str, self._sent[:MOST_LINES]))}>"

    def __str__(self) -> str:
        lines = [f"  {number}. {each}" for number, each in enumerate(self._sent[:MOST_LINES], start=1)]
        if len(self._sent) > MOST_LINES:
            lines.append(f"  and {len(self._sent) - MOST_LINES} more")
        return "\n".join(lines)


@contextmanager
def recording() -> Iterator[SentRequests]:
    """Record the requests that are sent in the block, in whichever thread."""
    sent = SentRequests()
    with dynamorm.observe(sent):
        yield sent


@contextmanager
def counted(item: pytest.Item, allowed: int | None) -> Iterator[None]:
    """Fail the test that runs in the block if it sends more requests than are *allowed*; show them if it fails."""
    with recording() as sent:
        try:
            yield
        except BaseException:
            if sent:
                item.add_report_section("call", "DynamORM's requests", str(sent))
            raise
        if allowed is not None and len(sent) > allowed:
            pytest.fail(
                f"This test sent {len(sent)} {'request' if len(sent) == 1 else 'requests'}, and its mark allows "
                f"{allowed}:\n{sent}",
                pytrace=False,
            )
