"""Transfers: what a load and a copy have in common. Chunks are written, counted, and not written twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.engine.plans.reports import Reporter, check_callback, reporter
from dynamorm.engine.plans.steps import Blocking, CallMethod, Plan
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import InvalidLoad, NothingLoaded
from dynamorm.operate.transfers.failures import Failures
from dynamorm.operate.transfers.results import LoadResult
from dynamorm.operate.transfers.selections import Change
from dynamorm.operate.transfers.states import LoadState
from dynamorm.operate.transfers.where_clauses import name_of
from dynamorm.operate.transfers.writing import Writer

#: After so many failures without an item that could be written, a transfer ends.
HOPELESS = 1000


@record
class TransferOptions:
    """The options of a load or a copy that both have: see :func:`dynamorm.operate.load`."""

    create: bool = False
    settings: bool = False
    if_absent: bool = False
    change: Change | None = None
    without_expired: bool = False
    limit: int | None = None
    check: bool = False
    allow_empty: bool = False
    state: str | Path | None = None
    failed: str | Path | None = None
    resume: bool = False
    progress: ProgressCallback | None = None

    def validate(self) -> None:
        """Raise :class:`~dynamorm.exceptions.InvalidLoad` for an option that can't work."""
        if self.limit is not None and (isinstance(self.limit, bool) or self.limit < 1):
            raise InvalidLoad("limit is a number of items, at least 1. To write nothing, load nothing.")
        if self.change is not None and not callable(self.change):
            raise InvalidLoad(
                f"change is a function that takes an item and returns one, or None, not {type(self.change).__name__}."
            )
        if self.progress is not None:
            check_callback(self.progress)


class Transfer:
    """Writes the chunks of a *source* to a *table*, keeps what fails, and saves how far it has come."""

    def __init__(self, source: str, table: str, options: TransferOptions, identity: dict[str, Any], work: str) -> None:
        options.validate()
        self.source = source
        self.table = table
        self.options = options
        change = options.change
        self._state = LoadState(
            None if options.state is None else Path(options.state),
            {
                "source": source,
                "table": table,
                **identity,
                "change": None if change is None else name_of(change),
                "if_absent": options.if_absent,
                "limit": options.limit,
                "without_expired": options.without_expired,
            },
            resume=options.resume,
            work=work,
        )
        self._failures = Failures(None if options.failed is None else Path(options.failed), self._state.failed_bytes)
        self._counts = self._state.counts
        self._settled = self._counts.as_dict(), self._state.failed_bytes or 0
        self.position = self._state.position
        self.chosen = self._counts.read - self._counts.left_out
        self.created = False
        #: Whether the chunks are made of lines of files.
        self.reads_lines = False
        self.warnings: list[str] = []

    def write(
        self,
        spec: TableSpec,
        next_chunk: Callable[[], object],
        total: int | None,
    ) -> Plan[LoadResult]:
        """Write what *next_chunk* returns to the table of a *spec*, until it returns ``None``; return what was done.

        *total* is the number of items that will be read, where that is known.

        Raises:
            NothingLoaded: There was no item, or none was chosen.
        """
        options, counts = self.options, self._counts
        writer = Writer(
            spec,
            counts,
            self._failures.add,
            if_absent=options.if_absent,
            check=options.check,
            as_read=self.reads_lines and options.change is None,
        )
        reports = reporter(options.progress, self.table, total)
        try:
            # A load that is killed before it has come anywhere is continued, too.
            yield Blocking(self._save)
            if reports is not None:
                yield from reports.begin()
                if counts.read:
                    yield reports.advance(counts.read)
            yield from self._write_chunks(writer, next_chunk, reports)
            if reports is not None:
                yield from reports.end()
        except BaseException as error:
            self._stop(error)
            raise
        self._failures.close()
        self._state.remove()
        self._check_not_empty()
        return self._result()

    def _write_chunks(self, writer: Writer, next_chunk: Callable[[], object], reports: Reporter | None) -> Plan[None]:
        while (chunk := (yield CallMethod(next_chunk))) is not None:
            yield from writer.write(chunk)
            self._check_hope()
            if chunk.position is not None:
                self._settled = self._counts.as_dict(), self._failures.length
            if self._state.advance(chunk.position):
                yield Blocking(self._save)
            if reports is not None and chunk.read:
                yield reports.advance(chunk.read)

    def _check_hope(self) -> None:
        """Raise ``InvalidLoad`` if many items have failed, and none could be written: the table is another one."""
        counts, failures = self._counts, self._failures.first
        if counts.failed < HOPELESS or counts.written or counts.deleted or counts.present or not failures:
            return
        raise InvalidLoad(
            f"None of the first {counts.failed:,} items of '{self.source}' could be written to '{self.table}', so it "
            f"is probably the wrong table. The first one failed with {failures[0].error}: {failures[0].message}"
        )

    def _save(self) -> None:
        self._failures.sync()
        self._state.save(*self._settled)

    def _stop(self, error: BaseException) -> None:
        """Save the state, because of an *error*, and say on it how to go on."""
        try:
            try:
                self._save()
            finally:
                self._failures.close()
        except OSError as failure:
            # The disk may be full, which may be the error as well. What was saved before is still there.
            error.add_note(f"How far it has come could not be saved: {failure}.")
        counts = self._counts
        done = counts.written + counts.deleted
        items, were = ("item", "was") if counts.read == 1 else ("items", "were")
        text = (
            f"Before this, {counts.read:,} {items} of '{self.source}' {were} read, and {done:,} written to "
            f"'{self.table}'."
        )
        if self._state.path is not None and self._state.path.exists():
            text += f" To go on there, call it again with resume=True (--resume); its state is in '{self._state.path}'."
        error.add_note(text)

    def _check_not_empty(self) -> None:
        counts = self._counts
        if self.options.allow_empty or counts.written or counts.deleted or counts.present or counts.failed:
            return
        if not counts.read:
            raise NothingLoaded(
                f"'{self.source}' has no items, so nothing was written to '{self.table}'. If that is right, allow it: "
                "allow_empty=True, on the command line --allow-empty."
            )
        raise NothingLoaded(
            f"None of the {counts.read:,} items of '{self.source}' was chosen, so nothing was written to "
            f"'{self.table}'. Look at the conditions; if it is right, allow it: allow_empty=True, on the command line "
            "--allow-empty."
        )

    def _result(self) -> LoadResult:
        path = self._failures.path
        return LoadResult(
            self.source,
            self.table,
            **self._counts.as_dict(),
            failures=tuple(self._failures.first),
            failed_file=str(path) if path is not None and self._counts.failed else None,
            created=self.created,
            warnings=tuple(self.warnings),
        )


def address_of(connection: Connection) -> str | None:
    """Return where a *connection* leads, by which a transfer is continued; ``None`` for a backend that was open."""
    return None if connection.scheme is None else connection.describe()
