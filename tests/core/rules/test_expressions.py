"""What DynamoDB refuses in expressions, whatever the item."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm.data import (
    AttributeNotExists,
    GetItem,
    Operation,
    Path,
    PutItem,
    Remove,
    Scan,
    Set,
    TransactWrite,
    UpdateItem,
)
from dynamorm.exceptions import InvalidValue
from dynamorm.ports.backends import Backend

KEY: dict[str, Any] = {"author": "a", "year": 1}


@pytest.mark.parametrize("path", [Path(("",)), Path(("title", ""))])
def test_empty_name_in_a_path(memory: Backend, path: Path) -> None:
    put = PutItem("books", {**KEY}, AttributeNotExists(path))
    operations: list[Operation[Any]] = [
        put,
        TransactWrite((put,)),
        GetItem("books", KEY, (path,)),
        Scan("books", filter=AttributeNotExists(path)),
        UpdateItem("books", KEY, (Remove(path),)),
        UpdateItem("books", KEY, (Set(Path(("title",)), path),)),
    ]
    for operation in operations:
        with pytest.raises(InvalidValue, match="a path has an empty name"):
            memory.execute(operation)
