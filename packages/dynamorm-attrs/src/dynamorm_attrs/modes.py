"""In which way values are read: who gave them, and what they are for."""

from __future__ import annotations

from typing import NamedTuple


class Mode(NamedTuple):
    """One way of reading values."""

    #: Whether validators run.
    validates: bool
    #: Whether names go by attributes alone, and those that no field has are left out. Other modes refuse them.
    stored: bool = False
    #: Whether maps of nested classes may lack what these require. They get no defaults then.
    parts: bool = False
    #: Whether instances of nested classes may lack it, as those of which parts were read.
    parts_of_instances: bool = False


#: A user's values.
GIVEN = Mode(validates=True)
#: A user's values for an item of which parts may have been read.
CHANGED = Mode(validates=True, parts_of_instances=True)
#: Values in a condition, which may be any of the type.
COMPARED = Mode(validates=False, parts_of_instances=True)
#: An item of a table.
STORED = Mode(validates=True, stored=True)
#: Parts of an item.
STORED_PARTS = Mode(validates=True, stored=True, parts=True)
