"""The suite for backends."""

from __future__ import annotations

from dynamorm.testing.backends.conditions import ConditionTests
from dynamorm.testing.backends.items import ItemTests
from dynamorm.testing.backends.values import ValueTests


class BackendConformance(ConditionTests, ItemTests, ValueTests):
    """x."""
