"""How many items the pages of a read look at, so that it keeps a budget: what they cost is known only afterwards."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dynamorm.data import limits
from dynamorm.data.capacity import read_units
from dynamorm.data.operations import Query, Scan
from dynamorm.data.results import PageResult
from dynamorm.engine.plans.pages import MakeQuota, Quota, ReadLimits
from dynamorm.engine.run.budget import Budget, current_budget
from dynamorm.exceptions import BudgetExceeded

#: The first page looks at this many items at most, and each further one at so many times as many.
FIRST_PAGE = 100
GROWTH = 4
#: More items than a page of 1 MB can hold.
LARGEST_PAGE = 1_000_000


class PageSizes:
    """The sizes of the pages of one read, in items.

    The first page is so small that it fits even if each of its items is as large as an item can be; but it looks at one
    item at least. Each further page is as large as fits if its items cost what those of the page before did.

    Args:
        consistent: Whether the read is consistent, which costs twice as much.
    """

    def __init__(self, *, consistent: bool = False) -> None:
        self._cost = read_units(limits.ITEM_BYTES, consistent=consistent)
        self._size = FIRST_PAGE // GROWTH
        #: Whether a page has told what items cost.
        self.is_known = False

    def fitting(self, units: float) -> int:
        """Return how many items the next page may look at, if it may cost so many *units*; 0 if not even one fits."""
        most = LARGEST_PAGE if math.isinf(units) or not self._cost else max(0, int(units / self._cost))
        return min(most if self.is_known else max(most, 1), GROWTH * self._size, LARGEST_PAGE)

    def add(self, items: int, units: float | None) -> None:
        """Count a page that has looked at so many *items* and consumed *units*; ``None`` if nobody told."""
        if not items:
            return
        self.is_known = True
        self._size = items
        self._cost = 0.0 if units is None else units / items


class _BudgetedQuota(Quota):
    """The quota of a read whose pages have *sizes* that fit into what is left of a *budget*."""

    def __init__(self, operation: Query | Scan, read_limits: ReadLimits, sizes: PageSizes, budget: Budget) -> None:
        super().__init__(operation, read_limits)
        self._sizes = sizes
        self._budget = budget

    def next_sizes(self, number: int = 1) -> list[int | None]:
        most = self._sizes.fitting(self._budget.capacity_left or 0.0)
        if not most:
            raise BudgetExceeded("The next item would probably exceed the budget, and was not read.")
        return [most if size is None else min(size, most) for size in super().next_sizes(number)]

    def cut(self, page: PageResult, keys: Sequence[str]) -> PageResult:
        self._sizes.add(page.scanned_count, sum(each.total for each in page.consumed_capacity) or None)
        return super().cut(page, keys)


def quota_within_budget(*, consistent: bool) -> MakeQuota:
    """Return what makes the quotas of a read, so that it keeps the budget in force, if that limits the capacity."""
    budget = current_budget()
    if budget is None or not budget.limits_capacity:
        return Quota
    sizes = PageSizes(consistent=consistent)
    return lambda operation, read_limits: _BudgetedQuota(operation, read_limits, sizes, budget)
