"""All examples of the developer guide, by the chapters in which they stand here and in the documentation."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.developer_guide import conditions, reads, updates
from tests.support.developer_guide.examples import Example

CHAPTERS: Mapping[str, tuple[Example, ...]] = {
    "Condition expressions": conditions.EXAMPLES,
    "Update expressions": updates.EXAMPLES,
    "Projection expressions": reads.PROJECTIONS,
    "Names in expressions": reads.NAMES,
    "Key condition expressions": reads.KEY_CONDITIONS,
    "Filter expressions": reads.FILTERS,
}
