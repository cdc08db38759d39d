"""The ``partial`` and ``unknown`` settings of nested schemas hold, as they do in Marshmallow alone."""

from __future__ import annotations

import pytest
from marshmallow import Schema, fields

from dynamorm import DynaModel
from dynamorm.exceptions import ValidationError


class Address(Schema):
    """A schema with a required field."""

    city = fields.String(required=True)
    street = fields.String()


class Person(DynaModel):
    """A model whose nested schemas differ in what they let be missing."""

    class Table:
        name = "people"
        hash_key = "name"

    class Schema:
        name = fields.String(required=True)
        home = fields.Nested(Address())
        work = fields.Nested(Address(partial=True))


ALONE = Schema.from_dict({"work": fields.Nested(Address(partial=True))})().validate({"work": {}})


@pytest.mark.skipif(bool(ALONE), reason="this Marshmallow itself overrides a nested schema's partial")
def test_partial_nested_schema_may_lack_required_fields() -> None:
    assert Person(name="Ada", work={"street": "Long Lane"}).work == {"street": "Long Lane"}


def test_other_nested_schemas_may_not() -> None:
    with pytest.raises(ValidationError) as caught:
        Person(name="Ada", home={"street": "Long Lane"})
    assert caught.value.errors == {"home": {"city": ["Missing data for required field."]}}


def test_partial_instance_may_lack_them_everywhere() -> None:
    assert Person(partial=True, home={"street": "Long Lane"}).home == {"street": "Long Lane"}
