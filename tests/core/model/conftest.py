"""What the tests of models share: each backend and each schema library, in force.

A module whose models are described with ``dynamorm.testing.schemas.fields`` runs with each library on the embedded backend
in memory, and on each other backend with one library, which differs from test to test: what reaches a backend is
the same whatever library it came through.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import pytest

from dynamorm import using
from dynamorm.plugins import finder
from dynamorm.ports.backends import Backend
from dynamorm.testing import SchemaLibrary
from dynamorm.testing.schemas import fields
from tests.schema_libraries.each import EACH
from tests.schema_libraries.installed import LIBRARIES

# Before the modules are imported, whose models are made of described fields.
finder().register(EACH)

BACKENDS = {"sqlite_memory": "sqlite-memory", "sqlite_file": "sqlite-file", "moto": "moto", "local": "dynamodb-local"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    described = getattr(metafunc.module, "fields", None) is fields
    names = list(LIBRARIES) if described else [""]
    if "backend" in metafunc.fixturenames:
        turn = crc32(metafunc.definition.nodeid.encode())
        pairs = [("sqlite_memory", name) for name in names]
        pairs += [(other, names[(turn + place) % len(names)]) for place, other in enumerate(list(BACKENDS)[1:])]
        ids = ["-".join(filter(None, (BACKENDS[backend], name))) for backend, name in pairs]
        metafunc.parametrize(("backend", "library"), pairs, ids=ids, indirect=True)
    elif described:
        metafunc.parametrize("library", names, indirect=True)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each of the four backends in turn."""
    chosen: Backend = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(autouse=True)
def library(request: pytest.FixtureRequest) -> Iterator[SchemaLibrary | None]:
    """Each schema library in turn, in force; ``None`` where a module says itself what its schemas are made of."""
    name: str = getattr(request, "param", "")
    if not name:
        yield None
        return
    with EACH.using(LIBRARIES[name]) as in_force:
        yield in_force


@pytest.fixture
def connected(backend: Backend) -> Iterator[Backend]:
    """Each backend in turn, in force."""
    with using(backend):
        yield backend
