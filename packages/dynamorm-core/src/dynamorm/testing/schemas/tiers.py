"""Tiers: the capability that a test is about, for the report at the end of a run.

A test that needs no capability belongs to the basic tier. Of several capabilities, the last in their order counts:
kinds of values come first, then what contains them, then what a schema can do with fields of any kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from dynamorm.testing.schemas.fields import SchemaCapability
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.tier_report import BASIC

#: The tier of the tests of ``schema_from``, which a provider has or has not.
TYPED_MODELS: Final = "typed models"
_ORDER: Final = {tier: place for place, tier in enumerate((BASIC, *(each.value for each in SchemaCapability)))}
_LAST: Final = len(_ORDER)


class CurrentTest:
    """The test that is running, and the tier that it belongs to. One test runs at a time in a process."""

    def __init__(self) -> None:
        self._entry: list[Any] = []
        self._missing: Sequence[str] = ()

    def begin(self, suite: str, library: SchemaLibrary) -> list[Any]:
        """Begin a test of a class, and return what its report is to say: the class, the tier, and what it lacks."""
        self._missing = [each.value for each in SchemaCapability if each not in library.capabilities]
        if library.provider.schema_from is None:
            self._missing = [*self._missing, TYPED_MODELS]
        self._entry = [suite, BASIC, list(self._missing)]
        return self._entry

    def needs(self, tiers: Iterable[str]) -> None:
        """Note what the test needs. A test that needs what the library lacks is about that."""
        if not self._entry:
            return
        found = [self._entry[1], *tiers]
        lacking = [tier for tier in found if tier in self._missing]
        # The entry on the report of the test changes with it.
        self._entry[1] = max(lacking or found, key=lambda tier: _ORDER.get(tier, _LAST))


current_test: Final = CurrentTest()
