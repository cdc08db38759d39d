"""The settings of an index class of a model, as they are needed to create its table."""

from __future__ import annotations

from dataclasses import replace

from dynamorm.data.records import record
from dynamorm.data.tables import IndexSpec
from dynamorm.exceptions import MissingTableAttribute
from dynamorm.model.table.keys import sentence, throughput


@record
class IndexSettings:
    """An index of a model as its class says: what it is made of, and its capacity, which may be incomplete."""

    spec: IndexSpec
    read: int | None
    write: int | None

    def spec_with_capacity(self, table: str, *, provisioned: bool) -> IndexSpec:
        """What to create, for a table that is *provisioned* or not. Raises ``MissingTableAttribute``."""
        if self.spec.kind == "local":
            return self.spec
        place = f"the index '{self.spec.name}' of '{table}'"
        capacity = throughput(self.read, self.write, place)
        if provisioned and capacity is None:
            raise MissingTableAttribute(
                f"{sentence(place)} has neither 'read' nor 'write', and its table has both. Give it both."
            )
        if capacity is not None and not provisioned:
            raise MissingTableAttribute(
                f"{sentence(place)} has 'read' and 'write', and its table has neither. Give both to the table, or take them away here."
            )
        return replace(self.spec, throughput=capacity)
