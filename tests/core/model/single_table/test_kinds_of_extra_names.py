"""Kinds of items whose schema keeps names that it does not know."""

from __future__ import annotations

import marshmallow
import pydantic
import pytest

from dynamorm import DynaModel, using
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of


class Note(DynaModel):
    class Table:
        name = "notes"
        hash_key = "id"
        kind = "note"

    class Schema(pydantic.BaseModel, extra="allow"):
        id: str


class Memo(Note):
    class Table(Note.Table):
        kind = "memo"


class Form(DynaModel):
    class Table:
        name = "notes"
        hash_key = "id"
        kind = "note"

    class Schema(marshmallow.Schema):
        class Meta:
            unknown = marshmallow.INCLUDE

        id = marshmallow.fields.String(required=True)


class Letter(Form):
    class Table(Form.Table):
        kind = "memo"


@pytest.mark.parametrize(("base", "model"), [(Note, Memo), (Form, Letter)])
def test_kind_is_no_extra_name(sqlite_memory: Backend, base: type[DynaModel], model: type[DynaModel]) -> None:
    with using(sqlite_memory):
        table_of(base).create_table()
        model(id="1", colour="red").save()
        found = base.get(id="1")
        assert type(found) is model
        assert found.__dict__ == {"id": "1", "colour": "red"}
        assert found.to_dict() == {"id": "1", "colour": "red"}
        found.size = 3
        found.save(partial=True)
        found.save()
        assert table_of(base).get(id="1") == {"id": "1", "colour": "red", "size": 3, "kind": "memo"}
