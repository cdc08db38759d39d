"""The settings of an index class of a model, from which its table is created."""

from __future__ import annotations

from dynamorm.data.records import record, replace
from dynamorm.data.tables import IndexSpec
from dynamorm.exceptions import MissingTableAttribute
from dynamorm.model.table.keys import capitalized, throughput


@record
class IndexSettings:
    """An index of a model as its class describes it, with its capacity, which may be incomplete."""

    spec: IndexSpec
    read: int | None
    write: int | None

    def spec_with_capacity(self, table: str, *, provisioned: bool) -> IndexSpec:
        """Return the spec to create the index from, for a table that is *provisioned* or billed on demand.

        Raises :class:`~dynamorm.exceptions.MissingTableAttribute` for a capacity that does not go with the table's.
        """
        if self.spec.kind == "local":
            return self.spec
        label = f"the index '{self.spec.name}' of '{table}'"
        capacity = throughput(self.read, self.write, label)
        if provisioned and capacity is None:
            raise MissingTableAttribute(
                f"{capitalized(label)} has neither 'read' nor 'write', but its table has both. Give it both."
            )
        if capacity is not None and not provisioned:
            raise MissingTableAttribute(
                f"{capitalized(label)} has 'read' and 'write', but its table has neither. Give both to the table, or "
                "remove them here."
            )
        return replace(self.spec, throughput=capacity)
