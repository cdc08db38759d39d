"""What is awaited: each library does all the work, and the tables say what was measured beside each rival."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.awaited import figure, own
from benchmarks.awaited.own import PAIRS, SECTION
from benchmarks.awaited.programs import AIOBOTOCORE, AWAITED_PROGRAMS, OURS, PYDYNOX, awaited_program
from benchmarks.awaited.tables import REPORT_FILE, awaited_markdown, awaited_tables
from benchmarks.awaited.tasks import OF_A_TASK, PORTIONS, many
from benchmarks.awaited.works import AWAITED_WORKS, take
from benchmarks.canned_server import Canned, canned_server
from benchmarks.cold_start import START
from benchmarks.comparisons import Comparison, Side, Target, cpu_ratio, times_as_many
from benchmarks.contenders import Contender
from benchmarks.publication import BEGIN_AWAITED, END_AWAITED, FOLDER, publish, published
from benchmarks.readings import Reading, Readings, reading_of
from benchmarks.report import Report
from benchmarks.scale import Scale


@pytest.fixture(scope="module")
def canned_url() -> Iterator[str]:
    with canned_server(Canned(page_items=3)) as url:
        yield url


def all_works(contender: str, url: str) -> Readings:
    """A contender that does everything once, and looks at what comes."""

    async def work() -> None:
        async with awaited_program(contender, url) as made:
            assert (await made.get(1)).title == "The history of the number 1"
            await made.put(1)
            assert [each.title for each in await made.page()][1] == "The history of the number 1"
            assert [each.author for each in await made.get_all(5)] == ["Author 000000"] * 5

    asyncio.run(work())
    return {"all": reading_of(lambda: None)}


@pytest.mark.parametrize("contender", AWAITED_PROGRAMS)
def test_program_of_each_library_does_all_the_work(contender: str, canned_url: str) -> None:
    if not AWAITED_PROGRAMS[contender].installed:
        pytest.skip(f"{AWAITED_PROGRAMS[contender].library} is not installed.")
    assert Contender(all_works, {"contender": contender, "url": canned_url}).run()


def every_work(url: str) -> Readings:
    """A contender that does each piece of work as it is measured, and each pair."""
    works = {name: take(OURS, name, url, 3, "")[name] for name, work in AWAITED_WORKS.items() if not work.tls}
    # The pairs change the environment.
    pairs = {f"{name}, {side}": reading for name in PAIRS for side, reading in own.take(name, url, 3).items()}
    return works | pairs


def test_each_work_is_measured(canned_url: str) -> None:
    readings = Contender(every_work, {"url": canned_url}).run()
    assert len(readings) == len(AWAITED_WORKS) - 1 + 2 * len(PAIRS)
    for name, reading in readings.items():
        assert reading.cpu > 0, name
        assert reading.peak > 0, name


def test_figure_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # Each contender takes a process; the other works are measured above.
    monkeypatch.setattr(figure, "AWAITED_WORKS", {"tls": AWAITED_WORKS["tls"]})
    monkeypatch.setattr(own, "PAIRS", {"get": PAIRS["get"]})
    file = tmp_path / "figures.json"
    main(["async", "--rounds", "1", "--operations", "1", "--json", str(file)])
    works = {line["work"] for line in json.loads(file.read_text(encoding="utf-8"))["lines"]}
    # aiobotocore is not installed everywhere.
    assert works - {"get, 50 tasks, over TLS", START} == {PAIRS["get"].title}
    assert "DynamORM, awaited" in capsys.readouterr().out


def test_tasks_share_the_operations() -> None:
    running, most, done = 0, 0, 0

    async def operation(number: int) -> None:
        nonlocal running, most, done
        running, done = running + 1, done + 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    asyncio.run(many(operation, tasks=7, operations=1_000))
    assert most == 7
    assert done == 2 * 7 + PORTIONS * max(200, OF_A_TASK * 7)


def test_each_aim_is_about_a_rival_that_takes_part() -> None:
    for work in AWAITED_WORKS.values():
        for aims in work.aims.values():
            for aim in aims:
                assert aim.bounds
                assert aim.bounds.keys() <= set(work.rivals)


def report(*comparisons: Comparison) -> Report:
    """A get that is quicker than asked for, fewer gets a second, and a pair of DynamORM's own."""
    quick, slow = Side(OURS, [Reading(1.0, 2.0, 3)]), Reading(4.0, 8.0, 6)
    pair = PAIRS["get"]
    return Report.of(
        [
            *comparisons,
            Comparison("get", quick, Side(AIOBOTOCORE, [slow]), Target(cpu_ratio, 0.28), SECTION),
            Comparison("get", quick, Side(PYDYNOX, [slow]), Target(cpu_ratio, 0.20), SECTION),
            Comparison("get", quick, Side(AIOBOTOCORE, [slow]), Target(times_as_many, least=5), SECTION),
            Comparison(pair.title, Side("awaited", [slow]), Side("blocking", [slow]), pair.target, SECTION),
        ],
        Scale(),
    )


def test_tables_have_a_column_for_each_rival() -> None:
    awaited = report().of_section(SECTION)
    text = awaited_markdown(awaited).replace("\N{NO-BREAK SPACE}", " ")
    assert "| get | CPU | DynamORM | **0.25** (≤ 0.28 ✓) | **0.25** (≤ 0.20 ✗) |" in text
    assert "| get | operations a second | DynamORM | **4.0 times** (≥ 5.0 times ✗) |  |" in text
    assert "| get | awaited, blocking | CPU | 1.00 | ≤ 1.40 ✓ |" in text
    assert [table.row_count for table in awaited_tables(awaited)] == [2, 1]


def test_what_is_awaited_is_published_by_itself(tmp_path: Path) -> None:
    page = tmp_path / FOLDER / "benchmarks.md"
    page.parent.mkdir(parents=True)
    page.write_text(f"# Benchmarks\n\n{BEGIN_AWAITED}old\n{END_AWAITED}after\n", encoding="utf-8")
    publish(report(), tmp_path)
    awaited = report().of_section(SECTION)
    assert page.read_text(encoding="utf-8") == (
        f"# Benchmarks\n\n{BEGIN_AWAITED}\n{awaited_markdown(awaited)}\n{END_AWAITED}after\n"
    )
    assert published(tmp_path, REPORT_FILE) == awaited
    assert {file.name for file in page.parent.iterdir()} == {"benchmarks.md", REPORT_FILE}


def test_report_of_both_parts_is_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    other = Comparison("other work", Side("SQLite", [Reading(1, 1, 1)]), Side("moto", [Reading(1, 1, 1)]))
    first.write_text(report(other).to_json(), encoding="utf-8")
    main(["--from", str(first), "--json", str(second)])
    assert second.read_bytes() == first.read_bytes()
    printed = capsys.readouterr().out
    assert printed.index("DynamORM by itself") < printed.index("of aiobotocore") < printed.index("beside itself")
