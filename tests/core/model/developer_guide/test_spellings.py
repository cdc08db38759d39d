"""The expressions of the developer guide: DynamORM's spelling of each does what the guide says, on every backend."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.developer_guide.chapters import CHAPTERS
from tests.support.developer_guide.models import MODELS
from tests.support.tables import table_of

#: Tells the fixtures that the models are made of described fields.
__all__ = ["fields"]


@pytest.fixture
def _tables(connected: Backend) -> None:
    for model in MODELS.values():
        table_of(model).create_table()


def moto_differs(spelling: str) -> bool:
    """moto counts a list element of a projection as an unused name; see tests/support/moto_deviations.py."""
    return "[0]" in spelling and ("specific_attributes" in spelling or "get_batch" in spelling)


@pytest.mark.usefixtures("_tables")
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_spelling_does_what_the_guide_says(chapter: str, request: pytest.FixtureRequest) -> None:
    pairs = [(example, spelling) for example in CHAPTERS[chapter] for spelling in example.spellings]
    if "moto" in request.node.name:
        pairs = [(example, spelling) for example, spelling in pairs if not moto_differs(spelling)]
    wrong: dict[str, Any] = {}
    for example, spelling in pairs:
        outcome = example.carried_out(spelling, MODELS)
        if outcome != example.expected:
            wrong[spelling] = outcome
    assert pairs
    assert wrong == {}
