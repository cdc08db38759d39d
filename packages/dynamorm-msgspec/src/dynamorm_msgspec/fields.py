"""Places of a schema as the :class:`~dynamorm.ports.schemas.SchemaField` of DynamORM's core."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec
from msgspec import inspect

from dynamorm.data import PathElement
from dynamorm.data.records import record
from dynamorm.exceptions import ValidationError
from dynamorm.ports.alternatives import AlternativeField
from dynamorm.ports.date_times import AS_GIVEN
from dynamorm.ports.schemas import SchemaField, Shape
from dynamorm_msgspec.conversion import DecHook, Refused
from dynamorm_msgspec.nodes import Member, Node, annotation_of
from dynamorm_msgspec.reading import Reader
from dynamorm_msgspec.storing import SCALARS, Writer, as_given_text

#: Types that msgspec writes in JSON otherwise than DynamORM does.
_WRITTEN_OTHERWISE = (inspect.DecimalType, inspect.BytesType, inspect.ByteArrayType, inspect.MemoryViewType)


@record
class Context:
    """What all fields of a schema share."""

    schema_name: str
    dec_hook: DecHook | None
    writer: Writer


class MsgspecField(SchemaField):
    """A field of a schema or of what is nested in it, an element of a list, or an entry of a map."""

    def __init__(self, name: str, attribute: str, node: Node, context: Context) -> None:
        self.name = name
        self.attribute = attribute
        self.shape = node.shape
        self.key_type = node.key_type
        self.date_times = node.is_date_time
        self.stored_form = node.extra.get("stored_form")
        self.ordered = node.ordered and self.stored_form != AS_GIVEN
        self.nullable = node.is_nullable
        self.is_union = node.is_union and not all(choice.shape is Shape.SCALAR for choice in node.choices)
        self.member: Member | None = None
        self.node = node
        self._context = context

    @classmethod
    def of(cls, member: Member, context: Context) -> MsgspecField:
        """Return the field of a *member*."""
        made = cls(member.name, member.attribute, member.node, context)
        made.member = member
        # A top-level None is not stored. So a required field that allows None is None when its attribute is missing.
        made.required = member.required and not member.node.is_nullable
        return made

    @property
    def has_default(self) -> bool:
        """Whether it has a default other than ``None``."""
        return self.member is not None and self.member.has_default

    @cached_property
    def json_schema(self) -> Mapping[str, Any] | None:  # type: ignore[override] # few programs ask for it
        """What msgspec says of its values, if they are single ones, and written as msgspec writes them."""
        if self.shape is not Shape.SCALAR or self.node.is_union or isinstance(self.node.info, _WRITTEN_OTHERWISE):
            return None
        found = msgspec.json.schema(annotation_of(self.node.info))
        definitions = found.pop("$defs", {})
        return next(iter(definitions.values()), found)

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """Return the stored form of one *value*; see :meth:`SchemaField.dump`.

        Constraints and ``__post_init__`` count only when told to *validate*.
        """
        try:
            native = Reader(self._context.dec_hook, parts_of_instances=not validate).read(self.node, value)
        except Refused as refusal:
            if validate:
                raise self._refused(value, refusal) from refusal.__cause__
            native = self._unvalidated(value)
        except Exception:
            # A __post_init__ may raise anything for a value that no item may have.
            if validate:
                raise
            native = self._unvalidated(value)
        if type(native) in SCALARS:
            return native
        if self.stored_form == AS_GIVEN and isinstance(native, datetime):
            return as_given_text(native)
        return self._context.writer.stored(native, self.node)

    def _unvalidated(self, value: Any) -> Any:
        try:
            return Reader(self._context.dec_hook, validate=False).read(self.node, value)
        except Refused as refusal:
            raise self._refused(value, refusal) from refusal.__cause__

    def _refused(self, value: Any, refusal: Refused) -> ValidationError:
        return ValidationError(value, self._context.schema_name, {self.name: refusal.messages})

    def child(self, element: PathElement) -> SchemaField | None:
        """Return the field of a nested schema, of an element, of an entry, or of any in a union."""
        if self._choices is not None:
            return self._choices.child(element)
        if self.node.has_members:
            member = self.node.members.get(str(element))
            return None if member is None else MsgspecField.of(member, self._context)
        node = self.node.entry
        if node is None and isinstance(element, int) and element < len(self.node.places):
            node = self.node.places[element]
        return None if node is None else MsgspecField(str(element), str(element), node, self._context)

    def child_names(self) -> frozenset[str] | None:
        """Return the names of the fields of a nested schema, or of several in a union; ``None`` for any other field."""
        if self._choices is not None:
            return self._choices.child_names()
        return frozenset(self.node.members) if self.node.has_members else None

    @cached_property
    def _choices(self) -> AlternativeField | None:
        if not self.node.is_union:
            return None
        return AlternativeField(
            [MsgspecField(self.name, self.attribute, each, self._context) for each in self.node.choices]
        )
