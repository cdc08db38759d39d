"""What the tests of operating tables share: a clock that does not wait."""

from __future__ import annotations

import pytest


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the synchronous runner was asked to wait, which it does not."""
    asked: list[float] = []
    monkeypatch.setattr("dynamorm.engine.run.sync.time.sleep", asked.append)
    return asked
