"""Programs and tests of each framework run with every warning as an error, and with one connection for all event loops."""

from __future__ import annotations

import sys
from importlib.metadata import version

import pytest

from tests.async_programs.programs.books import SERVER
from tests.support.processes import run_program, run_tests
from tests.support.servers.echo_server import EchoServer

FOLDER = "tests/async_programs/programs"
PROGRAMS = ["asyncio_runs", "loops_by_hand", "loops_in_threads", "isolated_cases"]
ON_UVLOOP = ["uvloop_runs", "anyio_runs", "starlette_requests"]
TESTS = ["pytest_asyncio_tests", "anyio_tests"]
needs_uvloop = pytest.mark.skipif(sys.platform == "win32", reason="uvloop does not run on Windows")


@pytest.mark.parametrize("backend", ["boto3", "sqlite"])
@pytest.mark.parametrize("program", [*PROGRAMS, *(pytest.param(name, marks=needs_uvloop) for name in ON_UVLOOP)])
def test_program_gives_no_warning(echo_server: EchoServer, program: str, backend: str) -> None:
    run_program(f"{FOLDER}/{program}".replace("/", "."), environment=environment(echo_server, backend))
    assert echo_server.pipelined == 0


@pytest.mark.skipif(
    version("pytest-asyncio").startswith("1.3."), reason="this pytest-asyncio leaves an event loop of its own open"
)
@pytest.mark.parametrize("backend", ["boto3", "sqlite"])
def test_tests_give_no_warning(echo_server: EchoServer, backend: str) -> None:
    """Those of pytest-asyncio and of anyio together, as they would be in a project of their own."""
    project = ("-W", "error", "-c", f"{FOLDER}/pytest.ini", "--noconftest", "-p", "no:hypothesispytest")
    run_tests(*project, *(f"{FOLDER}/{name}.py" for name in TESTS), environment=environment(echo_server, backend))
    assert echo_server.pipelined == 0


def environment(server: EchoServer, backend: str) -> dict[str, str]:
    return {SERVER: server.url} if backend == "boto3" else {}
