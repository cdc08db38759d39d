"""The schema libraries that the tests know."""

from __future__ import annotations

from collections.abc import Mapping

from dynamorm.testing import SchemaLibrary
from tests.support.schema_libraries.in_attrs import AttrsLibrary
from tests.support.schema_libraries.in_marshmallow import MarshmallowLibrary
from tests.support.schema_libraries.in_msgspec import MsgspecLibrary
from tests.support.schema_libraries.in_pydantic import PydanticLibrary
from tests.support.schema_libraries.in_schematics import SchematicsLibrary

LIBRARIES: Mapping[str, SchemaLibrary] = {
    library.provider.name: library
    for library in (MarshmallowLibrary(), SchematicsLibrary(), PydanticLibrary(), MsgspecLibrary(), AttrsLibrary())
}
