from __future__ import annotations

import pytest

from dynamorm.data import Path

MAP, ENTRY, ELEMENT = Path.of("map"), Path.of("map", "entry"), Path.of("map", "entry", 0)


def test_path_reads_like_dynamodb_s() -> None:
    assert str(Path.of("things", 0, "a.b", "c")) == "things[0].a.b.c"
    assert Path.of("things", 0).attribute == "things"


@pytest.mark.parametrize("elements", [(), (0, "a")], ids=["empty", "begins-with-an-index"])
def test_path_begins_with_a_name(elements: tuple[str | int, ...]) -> None:
    with pytest.raises(ValueError, match="name of an attribute"):
        Path(elements)


@pytest.mark.parametrize(("left", "right"), [(MAP, MAP), (MAP, ENTRY), (ENTRY, ELEMENT), (ELEMENT, MAP)])
def test_paths_that_overlap(left: Path, right: Path) -> None:
    assert left.overlaps(right)
    assert right.overlaps(left)


@pytest.mark.parametrize(
    ("left", "right"),
    [(ENTRY, Path.of("map", "other")), (MAP, Path.of("mapped")), (ELEMENT, Path.of("map", "entry", 1))],
)
def test_paths_that_do_not_overlap(left: Path, right: Path) -> None:
    assert not left.overlaps(right)
    assert not right.overlaps(left)


def test_path_leads_into_what_goes_on_from_it() -> None:
    assert MAP.leads_into(ELEMENT)
    assert not MAP.leads_into(MAP)
    assert not ELEMENT.leads_into(MAP)
    assert not MAP.leads_into(Path.of("other", "entry"))
