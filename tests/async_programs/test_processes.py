"""Programs that fork, or stop for a while, after they have awaited operations."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.async_programs.programs.books import SERVER
from tests.support.processes import ROOT, run_program
from tests.support.servers.echo_server import EchoServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither fork nor SIGSTOP")
PROGRAMS = "tests.async_programs.programs"


@pytest.mark.parametrize("backend", ["boto3", "sqlite"])
def test_no_process_uses_connections_of_another_one(echo_server: EchoServer, backend: str) -> None:
    printed = run_program(f"{PROGRAMS}.forks", environment={SERVER: echo_server.url} if backend == "boto3" else {})
    assert printed == ""
    assert echo_server.pipelined == 0
    by_connection = [{key.partition("-")[0] for key in keys} for keys in echo_server.keys_by_connection]
    assert all(len(names) == 1 for names in by_connection if names & {"child", "grandchild"}), by_connection


def test_child_of_a_process_with_busy_threads_works() -> None:
    assert run_program(f"{PROGRAMS}.forks_of_busy_threads", environment={"DYNAMORM_URL": "sqlite"}) == ""


def test_first_request_after_a_stop_works_and_is_sent_once(echo_server: EchoServer) -> None:
    """The server has closed the connections meanwhile; the process learns that after the write has begun."""
    command = [sys.executable, "-W", "error", "-m", f"{PROGRAMS}.frozen"]
    environment = {**os.environ, SERVER: echo_server.url}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        for line in program.stdout:
            assert line == "stopped\n"
            _wait_until_stopped(program.pid)
            assert echo_server.close_idle() > 0
            os.kill(program.pid, signal.SIGCONT)
        assert (program.wait(60), program.stderr.read()) == (0, "")
    assert echo_server.written["written-once"] == 1
    assert [echo_server.written[f"call-{number}"] for number in range(4)] == [1] * 4


def _wait_until_stopped(process: int) -> None:
    _, status = os.waitpid(process, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
