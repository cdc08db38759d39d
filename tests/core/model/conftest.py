"""What the tests of models share: each backend and each schema library, in force.

A module whose models are described with ``dynamorm.testing.schemas.fields`` runs with each library on the embedded backend,
once of them in a file, and on each server with one library, which differs from test to test: what reaches a backend is the
same whatever library it came through. Where no library has a say (the mark ``one_schema_library``), there is one
library on the embedded backend, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zlib import crc32

import pytest

from dynamorm import using
from dynamorm.plugins import finder
from dynamorm.ports.backends import Backend
from dynamorm.testing import SchemaLibrary
from dynamorm.testing.schemas import fields
from tests.support.schema_libraries.each import EACH
from tests.support.schema_libraries.installed import LIBRARIES

# Before the modules are imported, whose models are made of described fields.
finder().register(EACH)

EMBEDDED = ("sqlite_memory", "sqlite_file")
SERVERS = ("moto", "local")
IDS = {"sqlite_memory": "sqlite-memory", "sqlite_file": "sqlite-file", "moto": "moto", "local": "dynamodb-local"}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "one_schema_library: the schema library has no say in it, so that one of them is enough"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    described = getattr(metafunc.module, "fields", None) is fields
    turn = crc32(metafunc.definition.nodeid.encode())
    names = _in_turn(list(LIBRARIES), turn) if described else [""]
    if metafunc.definition.get_closest_marker("one_schema_library") is not None:
        names = names[:1]
    if "backend" in metafunc.fixturenames:
        pairs = [*zip(_in_turn(EMBEDDED, turn), names, strict=False)]
        pairs += [("sqlite_memory", name) for name in names[2:]]
        pairs += [(server, names[-place % len(names)]) for place, server in enumerate(SERVERS)]
        ids = ["-".join(filter(None, (IDS[backend], name))) for backend, name in pairs]
        metafunc.parametrize(("backend", "library"), pairs, ids=ids, indirect=True)
    elif described:
        metafunc.parametrize("library", names, indirect=True)


def _in_turn(all_: Sequence[str], turn: int) -> list[str]:
    """Return them all, beginning with another one at each *turn*."""
    first = turn % len(all_)
    return [*all_[first:], *all_[:first]]


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
