"""What a mapper knows of the constraints of its model: that they compile its writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from dynamorm.data.values import Item
from dynamorm.engine.plans.writes import Write

if TYPE_CHECKING:
    # Imported for models that have rules.
    from dynamorm.model.mapping.known_values import KnownValues


class WriteCompiler(Protocol):
    """The constraints of a model, which add conditions and further writes to each write that touches one of them."""

    #: The rules for unique values.
    unique: tuple[Any, ...]
    #: What tells the rules from those of other models.
    names: frozenset[str]

    @property
    def counted_fields(self) -> frozenset[str]:
        """The names of the fields in which other instances are counted."""

    def put(self, write: Write, instance: Any = None, *, is_copy: bool = False) -> Write:
        """Return the compiled put of an instance, which may only be a copy in another backend, or of values."""

    def change(self, write: Write, instance: Any) -> Write:
        """Return the compiled update or deletion of the item of an instance."""

    def change_known(self, write: Write, known: KnownValues | None) -> Write:
        """Return the compiled update or deletion of an item of which the program says what is *known*."""

    def change_read(self, write: Write, item: Item) -> Write:
        """Return the compiled update or deletion of an *item* that was read, of which there is no instance."""

    def moved(self, put: Write, delete: Write, instance: Any, item: Item) -> tuple[Write, Write]:
        """Return the compiled *put* and *delete* that give an *item* of an instance another key."""

    def refuse_batch(self, *, deletes: bool) -> None:
        """Raise ``DynaModelException`` if a batch that puts, or *deletes*, could break a rule: it has no conditions."""
