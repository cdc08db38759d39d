"""Progress of work that takes many requests: what is reported, and what an exception of the callback does."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress as Display

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll, using
from dynamorm.data import PutRequest
from dynamorm.data.results import BatchWriteResult
from dynamorm.engine.run.aio import run_async
from dynamorm.exceptions import DynaModelException, Throttled
from dynamorm.model.mapping.snapshots import Presence
from dynamorm.model.verbs import batches
from dynamorm.progress import Progress, rich_progress
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend, ScriptedBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()


class Indexed(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class ByTitle(GlobalIndex):
        name = "by-title"
        hash_key = "title"
        projection = ProjectAll()

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)


class Stop(Exception):
    """Raised by a callback."""


class Reports(list[Progress]):
    """Keeps the reports; raises when *stop_at* are done."""

    def __init__(self, stop_at: int | None = None) -> None:
        super().__init__()
        self._stop_at = stop_at

    def __call__(self, progress: Progress) -> None:
        self.append(progress)
        if progress.done == self._stop_at:
            raise Stop

    @property
    def done(self) -> list[int]:
        return [each.done for each in self]


ITEMS = [{"isbn": f"{number:03}"} for number in range(60)]


@pytest.fixture
def books() -> Iterator[RecordingBackend]:
    with dynamorm.connect("sqlite:///:memory:") as connection, using(RecordingBackend(connection.backend)) as recording:
        table_of(Book).create_table()
        table_of(Author).create_table()
        Book.put_batch(*ITEMS)
        recorder = recording.backend
        assert isinstance(recorder, RecordingBackend)
        recorder.sent.clear()
        yield recorder


def test_batches_report_what_is_done(books: RecordingBackend) -> None:
    reports = Reports()
    Book.put_batch(*ITEMS, progress=reports)
    assert reports.done == [0, 25, 50, 60]
    assert {each.total for each in reports} == {60}
    assert [each.finished for each in reports] == [False, False, False, True]
    assert {each.subject for each in reports} == {"books"}
    assert len({each.work for each in reports}) == 1
    reading = Reports()
    found = list(Book.get_batch([*ITEMS, {"isbn": "none"}], progress=reading))
    assert len(found) == 60
    assert reading.done == [0, 61]
    assert reading[-1].finished
    deleting = Reports()
    Book.delete_batch(*ITEMS[:30], progress=deleting)
    assert deleting.done == [0, 25, 30]
    assert len({each[0].work for each in (reports, reading, deleting)}) == 3


def test_nothing_to_do_is_reported_as_finished(books: RecordingBackend) -> None:
    for verb in (Book.put_batch, Book.delete_batch):
        reports = Reports()
        verb(progress=reports)
        assert (reports.done, reports[-1].finished) == ([0], True)
    assert books.sent == []


def test_what_is_left_over_and_throttled_is_reported() -> None:
    left = (PutRequest("books", {"isbn": "001"}),)
    backend = ScriptedBackend(BatchWriteResult(left), Throttled("slow"), BatchWriteResult())
    reports = Reports()
    with using(backend):
        Book.put_batch(*ITEMS[:3], progress=reports)
    assert [(each.done, each.retried) for each in reports] == [(0, 0), (2, 1), (2, 2), (3, 2)]


def test_a_batch_across_models_and_connections_is_one_piece_of_work(books: RecordingBackend) -> None:
    reports = Reports()
    with dynamorm.batch(progress=reports) as batch:
        for item in ITEMS[:20]:
            batch.put(Book, item)
            batch.put(Author, {"name": item["isbn"]})
    assert reports.done == [0, 25, 40]
    assert {each.subject for each in reports} == {"books, authors"}
    assert {each.total for each in reports} == {40}
    empty = Reports()
    with dynamorm.batch(progress=empty):
        pass
    assert empty == []


def put_in_a_batch(instances: list[Book], reports: Reports) -> None:
    with dynamorm.batch(progress=reports) as batch:
        for instance in instances:
            batch.put(instance)


def test_an_exception_of_the_callback_ends_a_batch_and_loses_nothing(books: RecordingBackend) -> None:
    with pytest.raises(Stop) as caught:
        Book.put_batch(*ITEMS, progress=Reports(stop_at=25))
    assert len(books.sent) == 1
    unprocessed = caught.value.unprocessed  # type: ignore[attr-defined]
    assert [request.item["isbn"] for request in unprocessed] == [item["isbn"] for item in ITEMS[25:]]
    with pytest.raises(Stop) as caught:
        Book.put_batch(*ITEMS, progress=Reports(stop_at=60))
    assert caught.value.unprocessed == ()  # type: ignore[attr-defined]
    with pytest.raises(Stop) as caught:
        Book.put_batch(*ITEMS, progress=Reports(stop_at=0))
    assert len(caught.value.unprocessed) == 60  # type: ignore[attr-defined]
    instances = [Book(isbn=item["isbn"]) for item in ITEMS[:30]]
    with pytest.raises(Stop):
        put_in_a_batch(instances, Reports(stop_at=25))
    present = [instance for instance in instances if instance._dynamorm_snapshot.presence is Presence.PRESENT]
    assert present == instances[:25], "those that were written know it"


def test_an_exception_of_the_callback_ends_get_batch(books: RecordingBackend) -> None:
    keys = [{"isbn": f"{number:03}"} for number in range(150)]
    found: list[Book] = []
    with pytest.raises(Stop) as caught:
        found += Book.get_batch(keys, progress=Reports(stop_at=100))
    (request,) = caught.value.unprocessed  # type: ignore[attr-defined]
    assert len(request.keys) == 50


def test_reads_report_each_page_when_its_items_were_given(books: RecordingBackend) -> None:
    reports = Reports()
    seen = [reports[-1].done for _ in Book.scan().page_size(25).progress(reports)]
    assert reports.done == [0, 25, 50, 60]
    assert [each.looked_at for each in reports] == [0, 25, 50, 60]
    assert [each.finished for each in reports] == [False, False, False, True]
    assert {each.total for each in reports} == {None}
    assert seen == [0] * 25 + [25] * 25 + [50] * 10
    filtered = Reports()
    assert Book.scan(isbn__lt="010").page_size(30).progress(filtered).count() == 10
    assert (filtered[-1].done, filtered[-1].looked_at, filtered[-1].finished) == (10, 60, True)
    for verb, looked_at in (("first", 1), ("one", 1), ("exists", 1), ("count", 1)):
        single = Reports()
        assert getattr(Book.query(isbn="001").progress(single), verb)()
        assert [(each.done, each.looked_at, each.finished) for each in single] == [(0, 0, False), (1, looked_at, True)]
    limited = Reports()
    assert len(list(Book.query(isbn="001").limit(3).progress(limited))) == 1
    assert limited[-1].finished


def test_reads_with_a_limit_or_in_segments_finish(books: RecordingBackend) -> None:
    for read in (Book.scan().limit(10), Book.scan().page_size(10).parallel(3), Book.scan().limit(7).parallel(2)):
        reports = Reports()
        found = list(read.progress(reports))
        assert reports[-1].done == len(found)
        assert [each.finished for each in reports][-1:] == [True]
        assert not any(each.finished for each in reports[:-1])
    pages = Reports()
    assert sum(len(page) for page in Book.scan().page_size(25).progress(pages).pages()) == 60
    assert pages.done == [0, 25, 50, 60]


def test_items_that_are_left_out_are_not_done(books: RecordingBackend) -> None:
    table_of(Book).put({"isbn": "invalid", "title": 5})
    reports = Reports()
    found = list(Book.scan().invalid("skip").progress(reports))
    assert len(found) == reports[-1].done == 60
    assert reports[-1].looked_at == 61


def test_an_exception_of_the_callback_ends_a_read_which_goes_on_behind_it(books: RecordingBackend) -> None:
    read = Book.scan().page_size(25).progress(Reports(stop_at=25))
    found: list[str] = []
    with pytest.raises(Stop):
        found.extend(book.isbn for book in read)
    with pytest.raises(Stop):
        next(read)
    assert len(found) == 25
    found += [book.isbn for book in read.again().progress(None)]
    assert sorted(found) == [item["isbn"] for item in ITEMS]


def test_update_table_reports_each_change(books: RecordingBackend) -> None:
    reports = Reports()
    assert table_of(Indexed).update_table(progress=reports) == 1
    assert reports.done == [0, 0, 1]
    assert reports[-1].total == 1
    assert reports[-1].finished
    assert "by-title" in reports[1].subject
    nothing = Reports()
    assert table_of(Indexed).update_table(progress=nothing) == 0
    assert (nothing.done, nothing[-1].finished) == ([0], True)


def test_what_is_no_function_is_refused_before_anything_is_sent(books: RecordingBackend) -> None:
    wrong: Any = True

    async def coroutine(progress: Progress) -> None:
        pass

    for call in (
        lambda given: Book.put_batch(*ITEMS, progress=given),
        lambda given: Book.delete_batch(*ITEMS, progress=given),
        lambda given: list(Book.get_batch(ITEMS, progress=given)),
        lambda given: list(Book.scan().progress(given)),
        lambda given: table_of(Indexed).update_table(progress=given),
    ):
        with pytest.raises(DynaModelException, match="progress is a function that is called with each"):
            call(wrong)
        with pytest.raises(DynaModelException, match="is a coroutine function, which a synchronous verb can't await"):
            call(coroutine)
    with pytest.raises(DynaModelException, match="progress is a function"):
        dynamorm.batch(progress=wrong)
    assert books.sent == []


def test_an_asynchronous_plan_awaits_the_callback(books: RecordingBackend) -> None:
    reports: list[int] = []

    async def callback(progress: Progress) -> None:
        reports.append(progress.done)

    asyncio.run(run_async(batches.put_batch(Book, *ITEMS, progress=callback), table_of(Book).layout.connection()))
    assert reports == [0, 25, 50, 60]


def test_explain_reports_nothing(books: RecordingBackend) -> None:
    reports = Reports()
    assert len(dynamorm.explain(Book.put_batch, *ITEMS, progress=reports)) == 3
    assert reports == []


def test_bars_of_rich(books: RecordingBackend) -> None:
    console = Console(file=io.StringIO(), width=120)
    display = Display(console=console)
    with rich_progress(display=display) as bar:
        Book.put_batch(*ITEMS, progress=bar)
        list(Book.scan().progress(bar))
    assert [(task.description, task.completed, task.total) for task in display.tasks] == [
        ("books", 60, 60),
        ("books", 60, 60),
    ]
    named = rich_progress("Loading", total=500, display=display)
    named(Progress("books", work=-1))
    named(Progress("books", done=3, retried=1234, work=-1))
    assert (display.tasks[-1].description, display.tasks[-1].total) == ("Loading (1,234 sent again)", 500)


def test_a_bar_of_its_own_is_shown_in_its_block_only(
    books: RecordingBackend, capsys: pytest.CaptureFixture[str]
) -> None:
    with rich_progress("Loading books") as bar:
        Book.put_batch(*ITEMS, progress=bar)
    shown = capsys.readouterr()
    assert "Loading books" in shown.err
    assert "60/60" in shown.err
    assert shown.out == ""
    with pytest.raises(DynaModelException, match="within its block only"):
        Book.put_batch(*ITEMS, progress=bar)


def test_a_bar_that_nobody_has_made_is_refused(books: RecordingBackend) -> None:
    not_called: Any = rich_progress
    with pytest.raises(DynaModelException, match="not the callback itself, but makes one: with rich_progress"):
        Book.put_batch(*ITEMS, progress=not_called)
    assert books.sent == []


def test_without_rich_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    with pytest.raises(ImportError, match="rich_progress needs rich, which is not installed: pip install rich"):
        rich_progress()
