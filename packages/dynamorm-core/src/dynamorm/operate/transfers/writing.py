"""The plans that write chunks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from dynamorm.data import limits
from dynamorm.data.batches import BatchWriteRequest, PutRequest
from dynamorm.data.conditions import AttributeNotExists
from dynamorm.data.operations import PutItem
from dynamorm.data.paths import Path
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item, identical
from dynamorm.engine.plans.backoff import Backoff
from dynamorm.engine.plans.batches import get_all, write_checked
from dynamorm.engine.plans.checks import check_item, check_key, primary_key_values
from dynamorm.engine.plans.steps import GetConcurrency, Parallel, Plan, collect
from dynamorm.exceptions import (
    ConditionFailed,
    DynamoException,
    InvalidKey,
    InvalidValue,
    RequestRejected,
    Throttled,
    TransactionConflict,
    UnprocessedItems,
)
from dynamorm.operate.transfers.chunks import Chunk, Entry, Refused
from dynamorm.operate.transfers.results import Counts

#: What the checks and the service say of an item that can't be stored.
_ITEM_ERRORS: Final = (InvalidKey, InvalidValue, RequestRejected)


class Writer:
    """Writes chunks to a table.

    Args:
        spec: The keys and indexes of the table.
        counts: Where to count what was done.
        fail: Called with each item that can't be written.
        if_absent: Whether items are put only if there is none with their key.
        check: Whether each item is read again, and compared.
        as_read: Whether items are written as they are in the lines of files. A line is longer than its item, so most
            items need not be measured.
    """

    def __init__(
        self,
        spec: TableSpec,
        counts: Counts,
        fail: Callable[[Refused], None],
        *,
        if_absent: bool = False,
        check: bool = False,
        as_read: bool = False,
    ) -> None:
        self._spec = spec
        self._counts = counts
        self._fail = fail
        self._if_absent = if_absent
        self._check = check
        self._as_read = as_read

    def write(self, chunk: Chunk) -> Plan[None]:
        """Write a *chunk*."""
        counts = self._counts
        counts.read += chunk.read
        counts.left_out += chunk.left_out
        for refused in chunk.refused:
            self._refuse(refused)
        entries = self._distinct(chunk.entries)
        if not entries:
            return
        if self._if_absent:
            written = yield from self._put_absent(entries)
        else:
            written = yield from self._write_all(entries)
        if self._check:
            written = yield from self._read_again(written)
        for entry in written:
            if isinstance(entry.request, PutRequest):
                counts.written += 1
            else:
                counts.deleted += 1

    def _refuse(self, refused: Refused) -> None:
        self._counts.failed += 1
        self._fail(refused)

    def _distinct(self, entries: Iterable[Entry]) -> dict[tuple[AttributeValue, ...], Entry]:
        """Return the entries by their keys. Of several with one key the last one stays, which a table would have."""
        spec, as_read = self._spec, self._as_read
        distinct: dict[tuple[AttributeValue, ...], Entry] = {}
        for entry in entries:
            request = entry.request
            try:
                if isinstance(request, PutRequest):
                    check_item(spec, request.item, fits=as_read and len(entry.origin) <= limits.ITEM_BYTES)
                else:
                    check_key(spec, request.key)
            except (InvalidKey, InvalidValue) as error:
                self._refuse(Refused(entry.origin, entry.place, error))
                continue
            key = primary_key_values(spec, _key_of(request))
            if key in distinct:
                self._counts.repeated += 1
                # It is written where the last one is.
                del distinct[key]
            distinct[key] = entry
        return distinct

    def _write_all(self, entries: dict[tuple[AttributeValue, ...], Entry]) -> Plan[list[Entry]]:
        """Write *entries* in batches, and return those that were written.

        The service refuses a whole batch for one item, and does not say for which: it is looked for in halves.
        """
        written: list[Entry] = []
        pending = [list(entries.values())]
        # A character that has two bytes in a line has at most six in a request.
        longest = 3 * max(len(entry.origin) for entry in entries.values()) if self._as_read else None
        while pending:
            part = pending.pop()
            try:
                yield from write_checked([entry.request for entry in part], longest=longest)
            except _ITEM_ERRORS as error:
                if len(part) == 1:
                    self._refuse(Refused(part[0].origin, part[0].place, error))
                    continue
                left = {primary_key_values(self._spec, _key_of(request)) for request in error.unprocessed}
                rest = [entry for entry in part if primary_key_values(self._spec, _key_of(entry.request)) in left]
                written += [entry for entry in part if entry not in rest] if len(rest) < len(part) else ()
                middle = max(1, len(rest) // 2)
                pending += [half for half in (rest[middle:], rest[:middle]) if half]
            else:
                written += part
        return written

    def _put_absent(self, entries: dict[tuple[AttributeValue, ...], Entry]) -> Plan[list[Entry]]:
        """Put *entries* whose keys the table does not have, and return them."""
        spec = self._spec
        absent = AttributeNotExists(Path.of(spec.hash_key.name))
        concurrency: int = yield GetConcurrency()
        written: list[Entry] = []
        pending, backoff = list(entries.values()), Backoff()
        while pending:
            part, pending = pending[:concurrency], pending[concurrency:]
            puts = tuple(PutItem(spec.name, _key_of(entry.request), absent) for entry in part)
            outcomes = yield Parallel(puts, return_exceptions=True)
            delayed: list[Entry] = []
            for entry, outcome in zip(part, outcomes, strict=True):
                match outcome:
                    case ConditionFailed():
                        self._counts.present += 1
                    case Throttled() | TransactionConflict():
                        delayed.append(entry)
                    case InvalidKey() | InvalidValue() | RequestRejected():
                        self._refuse(Refused(entry.origin, entry.place, outcome))
                    case DynamoException():
                        raise outcome
                    case _:
                        written.append(entry)
            pending = [*delayed, *pending]
            if delayed:
                pause = backoff.pause(progress=len(delayed) < len(part))
                if pause is None:
                    raise UnprocessedItems(
                        f"'{spec.name}' took none of the last items: {backoff}. The table or an index has too little "
                        "capacity for this rate.",
                        [entry.request for entry in pending],
                    ) from next(each for each in outcomes if isinstance(each, DynamoException))
                yield pause
        return written

    def _read_again(self, entries: Sequence[Entry]) -> Plan[list[Entry]]:
        """Read the items of *entries*, and return those that are as they were written."""
        spec = self._spec
        names = [attribute.name for attribute in spec.key_attributes]
        keys = [{name: _key_of(entry.request)[name] for name in names} for entry in entries]
        pages: list[Any] = yield from collect(get_all(spec, keys, consistent=True))
        found = {primary_key_values(spec, item): item for page in pages for item in page}
        right: list[Entry] = []
        for entry in entries:
            item = found.get(primary_key_values(spec, _key_of(entry.request)))
            expected = entry.request.item if isinstance(entry.request, PutRequest) else None
            if item is expected or (item is not None and expected is not None and identical(item, expected)):
                right.append(entry)
                continue
            problem = InvalidValue(
                f"The item was written, and '{spec.name}' does not have it as it was written: another program has "
                "changed it meanwhile, or the table has changed its values."
            )
            self._refuse(Refused(entry.origin, entry.place, problem))
        return right


def _key_of(request: BatchWriteRequest) -> Item:
    """Return what has the key of a *request*: the item, or the key itself."""
    return request.item if isinstance(request, PutRequest) else request.key
