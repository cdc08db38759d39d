"""A process and those that are forked from it never share a connection, whichever path the requests take."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from dynamorm.testing.servers import Request, Response
from tests.boto3.canned_server import CannedServer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")

PROGRAM = """
import os, sys, threading, time, dynamorm
from dynamorm.data import DescribeTable, GetItem, PutItem
from dynamorm.exceptions import DynamoException
url, mode = sys.argv[1:]
settings = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "direct": mode != "client"}
backend = dynamorm.connect("boto3://eu-west-1", endpoint_url=url, config={"retries": {"total_max_attempts": 2}}, **settings)

def get(name):
    found = backend.execute(GetItem("books", {"isbn": name})).item
    if found != {"isbn": name}:
        print(f"{name} got {found}", flush=True)

def get_many(process):
    for number in range(100):
        get(f"{process}-{number}")

def fork(process):
    child = os.fork()
    if child:
        return child
    try:
        process()
    except BaseException as error:
        print(repr(error), flush=True)
    finally:
        os._exit(0)

def wait(child):
    _, status = os.waitpid(child, 0)
    assert status == 0, status
"""

GETS = """
get("first")
if mode == "detour":
    # The client takes over, and keeps a connection of its own.
    try:
        backend.execute(PutItem("books", {"isbn": "fail"}))
    except DynamoException:
        pass

def child():
    grandchild = fork(lambda: get_many("grandchild"))
    get_many("child")
    wait(grandchild)
    backend.close()

started = fork(child)
get_many("parent")
wait(started)
get_many("parent")
"""


def echo(received: Request) -> Response:
    """Response a get with an item that has the key that was asked for."""
    request = json.loads(received.body)
    if "Item" in request:
        return Response.error("InternalServerError", 500)
    return Response.json({"Item": request["Key"]})


def run(server: CannedServer, program: str, mode: str) -> None:
    # Python 3.12 and later warn of what is tried here.
    allowed = ("-W", "ignore:This process:DeprecationWarning")
    command = (sys.executable, *allowed, "-c", PROGRAM + program, server.url, mode)
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def processes_by_port(server: CannedServer) -> dict[int, set[str]]:
    """Which processes asked over each connection."""
    found: dict[int, set[str]] = {}
    for received in server.received:
        key = json.loads(received.body).get("Key", {}).get("isbn", {}).get("S", "parent")
        found.setdefault(received.port, set()).add(key.partition("-")[0].replace("first", "parent"))
    return found


@pytest.mark.parametrize("mode", ["direct", "client", "detour"])
def test_no_process_gets_the_answers_of_another_one(canned_server: CannedServer, mode: str) -> None:
    canned_server.respond = echo
    run(canned_server, GETS, mode)
    by_port = processes_by_port(canned_server)
    assert all(len(processes) == 1 for processes in by_port.values()), by_port
    assert set.union(*by_port.values()) == {"parent", "child", "grandchild"}
    # The parent goes on with the connections that it had.
    assert sum("parent" in processes for processes in by_port.values()) == (2 if mode == "detour" else 1)


UNUSED = """
get("parent-1")
wait(fork(backend.close))
get("parent-2")
"""


@pytest.mark.parametrize("mode", ["direct", "client"])
def test_a_process_that_closes_what_it_inherited_leaves_it_open_for_the_other(
    canned_server: CannedServer, mode: str
) -> None:
    canned_server.respond = echo
    run(canned_server, UNUSED, mode)
    assert len(processes_by_port(canned_server)) == 1


WHILE_OPENING = """
import boto3.session
make, is_opening = boto3.session.Session.client, threading.Event()

def slowly(*arguments, **options):
    is_opening.set()
    time.sleep(1)
    return make(*arguments, **options)

boto3.session.Session.client = slowly
opener = threading.Thread(target=get, args=("thread",))
opener.start()
is_opening.wait()
child = fork(lambda: get("child"))
opener.join()
wait(child)
"""


def test_a_fork_while_another_thread_opens_the_connection(canned_server: CannedServer) -> None:
    """The lock that the thread holds is nobody's in the child."""
    canned_server.respond = echo
    run(canned_server, WHILE_OPENING, "client")
    assert len(canned_server.received) == 2
