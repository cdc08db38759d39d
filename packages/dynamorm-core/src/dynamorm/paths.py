"""The types of field paths, conditions and changes, for annotations: ``def newer(year: NumberPath[int]) -> Condition``.

The paths are separate classes to type checkers, which know what DynamoDB can do with a value of each type. When a
program runs, all of them are one class.
"""

from dynamorm.model.query.changes import Change
from dynamorm.model.query.expressions import Expression as Condition
from dynamorm.model.query.path_types import (
    BytesPath,
    Computable,
    FieldPath,
    ListPath,
    MapPath,
    MomentPath,
    NumberPath,
    Operand,
    Path,
    SetPath,
    SizePath,
    TextPath,
)

__all__ = [
    "BytesPath",
    "Change",
    "Computable",
    "Condition",
    "FieldPath",
    "ListPath",
    "MapPath",
    "MomentPath",
    "NumberPath",
    "Operand",
    "Path",
    "SetPath",
    "SizePath",
    "TextPath",
]
