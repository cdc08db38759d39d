"""The numbers of the documentation are those of one report: the page, the chart and the JSON say the same."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.__main__ import FIGURES, main
from benchmarks.awaited.tables import REPORT_FILE, awaited_markdown
from benchmarks.chart import chart
from benchmarks.comparisons import Comparison, Measure, Side, Target, cpu_ratio, megabytes, time_ratio, wall_ratio
from benchmarks.contenders import ROOT
from benchmarks.programs import CLIENT, PROGRAMS
from benchmarks.publication import BEGIN, BEGIN_AWAITED, END, END_AWAITED, FOLDER, publish, published
from benchmarks.readings import Reading
from benchmarks.report import Report
from benchmarks.scale import Scale
from benchmarks.tables import contenders_table, markdown, summary

SVG = "{http://www.w3.org/2000/svg}"


def report() -> Report:
    """Two contenders and the client at two pieces of work, and a pair that is nobody's rival."""

    def compare(work: str, measure: Measure, contender: str, quantity: float, most: float | None = None) -> Comparison:
        readings = [Reading(9.0, 9.0, 9), Reading(quantity, quantity, int(quantity))]
        return Comparison(work, Side(contender, readings), Side(CLIENT, [Reading(4.0, 4.0, 4)]), Target(measure, most))

    return Report.of(
        [
            compare("get <one> item", cpu_ratio, "DynamORM Pydantic", 1.0, 0.35),
            compare("get <one> item", cpu_ratio, CLIENT, 4.0),
            compare("get <one> item", wall_ratio, CLIENT, 4.0),
            compare("write a batch", wall_ratio, "pydynox", 8.0, 0.33),
            compare("scan", megabytes, "pydynox", 8.0, 80.0),
            compare("a pair", time_ratio, "SQLite", 2.0, 0.4),
        ],
        Scale(),
    )


def test_contenders_are_columns_and_figures_rows() -> None:
    rows = report().rows
    assert [(row.work, row.measure) for row in rows] == [
        ("get <one> item", "CPU"),
        ("get <one> item", "clock"),
        ("write a batch", "clock"),
        ("scan", "peak of memory"),
    ]
    assert report().contenders == ["DynamORM Pydantic", CLIENT, "pydynox"]
    assert contenders_table(report()).row_count == 4


def test_markdown_says_which_targets_are_met() -> None:
    text = markdown(report()).replace("\N{NO-BREAK SPACE}", " ")
    assert "| get <one> item: CPU | boto3 client | **0.25** (≤ 0.35 ✓) | 1.00 |  |" in text
    assert "| write a batch: clock | boto3 client |  |  | **2.00** (≤ 0.33 ✗) |" in text
    assert "| a pair | SQLite, boto3 client | CPU or clock | 0.50 | ≤ 0.40 ✗ |" in text


def test_chart_has_a_bar_for_each_contender_whose_length_is_its_ratio() -> None:
    root = ElementTree.fromstring(chart(report()))
    assert [row.work for row in report().headlines] == ["get <one> item", "write a batch"]
    direct, client, pydynox = (float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect") if "y" in bar.attrib)
    assert client == pytest.approx(4 * direct, abs=0.5)
    assert pydynox == client
    assert root.attrib["role"] == "img"
    title, description = root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")
    assert title == "DynamORM compared with other libraries"
    assert description is not None
    assert "get <one> item (CPU): DynamORM Pydantic 0.25, boto3 client 1.00." in description
    assert {title.attrib["id"] for title in root if "id" in title.attrib} == set(root.attrib["aria-labelledby"].split())


def test_summary_has_the_headlines_alone() -> None:
    assert summary(report()).splitlines() == [
        "|  | DynamORM Pydantic | boto3 client | pydynox |",
        "| --- | --: | --: | --: |",
        "| get <one> item: CPU | 0.25 | 1.00 |  |",
        "| write a batch: clock |  |  | 2.00 |",
    ]


def pages(root: Path, readme: str = f"# Before\n\n{BEGIN}old\n{END}\nafter\n") -> tuple[Path, Path]:
    """The two pages below a *root* that have tables."""
    (root / FOLDER).mkdir(parents=True)
    page = root / FOLDER / "benchmarks.md"
    page.write_text(f"# Benchmarks\n\n{BEGIN}{END}", encoding="utf-8")
    (root / "README.md").write_text(readme, encoding="utf-8")
    return page, root / "README.md"


def test_what_is_published_is_the_report(tmp_path: Path) -> None:
    page, readme = pages(tmp_path)
    for _ in range(2):
        publish(report(), tmp_path)
    assert published(tmp_path) == report()
    assert page.read_text(encoding="utf-8") == f"# Benchmarks\n\n{BEGIN}\n{markdown(report())}\n{END}"
    assert readme.read_text(encoding="utf-8") == f"# Before\n\n{BEGIN}\n{summary(report())}\n{END}\nafter\n"
    assert (tmp_path / FOLDER / "benchmarks.svg").read_text(encoding="utf-8") == chart(report())


def test_without_a_place_for_the_tables_nothing_is_written(tmp_path: Path) -> None:
    page, readme = pages(tmp_path, "# Nothing\n")
    before = page.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match=r"README\.md has no place for the tables"):
        publish(report(), tmp_path)
    assert [file.name for file in page.parent.iterdir()] == ["benchmarks.md"]
    assert (page.read_text(encoding="utf-8"), readme.read_text(encoding="utf-8")) == (before, "# Nothing\n")


def test_pages_chart_and_numbers_of_the_documentation_are_of_one_report() -> None:
    told = published()
    for page, tables in (("docs/explanation/benchmarks.md", markdown(told)), ("README.md", summary(told))):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert text.count(BEGIN) == text.count(END) == 1
        assert text.partition(BEGIN)[2].partition(END)[0].strip() == tables.strip()
        assert "benchmarks.svg" in [Path(target).name for target in re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)]
    assert (ROOT / FOLDER / "benchmarks.svg").read_text(encoding="utf-8") == chart(told)
    assert told.contenders == list(PROGRAMS)


def test_page_has_what_is_awaited_of_one_report() -> None:
    text = (ROOT / FOLDER / "benchmarks.md").read_text(encoding="utf-8")
    assert text.count(BEGIN_AWAITED) == text.count(END_AWAITED) == 1
    # Before it is published for the first time there is nothing.
    taken = (ROOT / FOLDER / REPORT_FILE).exists()
    told = awaited_markdown(published(file=REPORT_FILE)) if taken else ""
    assert text.partition(BEGIN_AWAITED)[2].partition(END_AWAITED)[0].strip() == told.strip()


def test_part_of_the_figures_is_not_published(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([next(iter(FIGURES)), "--publish"])
    assert "all figures and all contenders, or the figure async alone" in capsys.readouterr().err


def test_report_of_a_file_is_printed_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text(report().to_json(), encoding="utf-8")
    main(["--from", str(first), "--json", str(second)])
    assert second.read_bytes() == first.read_bytes()
    assert "get <one> item" in capsys.readouterr().out
