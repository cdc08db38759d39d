"""Observers of installed distributions are always on, loaded once before the first operation, each by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.distributions import OBSERVER, OBSERVERS, describe, install

PROGRAM = """
import sys
import warnings
import dynamorm
from dynamorm.data import GetItem, ItemResult
from dynamorm.ports.backends import AsyncBackend, Backend, Capability

class Empty(Backend):
    capabilities = frozenset({Capability.CONSUMED_CAPACITY})
    def execute(self, operation):
        return ItemResult(None)
    def close(self):
        pass

GET = GetItem("books", {"isbn": "1"})
connection = dynamorm.connect(Empty())
"""


def run(folder: Path, program: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs a *program* where the distributions of a *folder* are installed."""
    source = PROGRAM + dedent(program)
    return subprocess.run(
        [sys.executable, *options, "-c", source], cwd=folder, capture_output=True, text=True, check=False
    )


def succeed(folder: Path, program: str, *options: str) -> subprocess.CompletedProcess[str]:
    done = run(folder, program, *options)
    assert done.returncode == 0, done.stderr
    return done


def test_installed_observer_sees_every_operation_and_is_loaded_by_the_first(folder: Path) -> None:
    install(folder, "dynamorm-watch", "watch", OBSERVER, OBSERVERS)
    succeed(
        folder,
        """
        assert "dynamorm_watch" not in sys.modules
        connection.execute(GET)
        import dynamorm_watch
        assert dynamorm_watch.SEEN == ["GetItem"]
        connection.execute(GET)
        assert dynamorm_watch.SEEN == ["GetItem"] * 2
        """,
        "-W",
        "error",
    )


def test_installed_observer_sees_awaited_operations(folder: Path) -> None:
    install(folder, "dynamorm-watch", "watch", OBSERVER, OBSERVERS)
    succeed(
        folder,
        """
        import asyncio
        asyncio.run(connection.aexecute(GET))
        import dynamorm_watch
        assert dynamorm_watch.SEEN == ["GetItem"]
        """,
    )


def test_installed_observer_may_be_an_object_and_ask_for_consumed_capacity(folder: Path) -> None:
    code = """
        from dynamorm.ports.hooks import hookimpl
        SEEN = []
        class Watch:
            @hookimpl
            def dynamorm_operation_done(self, operation, consumed_capacity):
                SEEN.append(operation.return_consumed_capacity)
        watch = Watch()
    """
    (folder / "watching.py").write_text(dedent(code))
    describe(folder, "dynamorm-watch", f"[{OBSERVERS}]\none = watching:watch\nagain = watching:watch\n")
    succeed(folder, "connection.execute(GET)\nimport watching\nassert watching.SEEN == ['TOTAL'], watching.SEEN")


def test_installed_observer_can_not_be_added_or_removed(folder: Path) -> None:
    install(folder, "dynamorm-watch", "watch", OBSERVER, OBSERVERS)
    succeed(
        folder,
        """
        connection.execute(GET)
        import dynamorm_watch
        for change in (dynamorm.observe, dynamorm.unobserve):
            try:
                change(dynamorm_watch)
            except dynamorm.exceptions.InvalidObserver as error:
                print(error)
            else:
                raise AssertionError
        connection.execute(GET)
        assert len(dynamorm_watch.SEEN) == 2
        """,
    )


IMPORT = "from dynamorm.ports.hooks import hookimpl\n"
HOOK = "dynamorm_operation_done"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import no_such_library", "can't be imported: ModuleNotFoundError"),
        ("raise SystemExit(4)", "can't be imported: SystemExit: 4"),
        ("", f"has no function {HOOK} that is marked with hookimpl"),
        (f"{IMPORT}@hookimpl\ndef {HOOK}(colour): pass", "does not fit the hooks"),
        (f"{IMPORT}@hookimpl(wrapper=True)\ndef {HOOK}(): return (yield)", "as a wrapper. An observer is notified"),
        (f"{IMPORT}@hookimpl(hookwrapper=True)\ndef {HOOK}(): yield", "as a wrapper. An observer is notified"),
        (f"{IMPORT}@hookimpl\nasync def {HOOK}(): pass", "as a coroutine or a generator"),
        (f"{IMPORT}@hookimpl\ndef {HOOK}(): yield", "as a coroutine or a generator"),
    ],
)
def test_observer_that_fails_is_a_warning_once_and_changes_nothing_else(folder: Path, code: str, told: str) -> None:
    install(folder, "dynamorm-broken", "broken", code, OBSERVERS)
    install(folder, "dynamorm-watch", "watch", OBSERVER, OBSERVERS)
    done = succeed(
        folder,
        f"""
        import logging
        logging.basicConfig(format="LOG %(levelname)s %(message)s")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            connection.execute(GET)
            connection.execute(GET)
        [warning] = caught
        assert warning.category is RuntimeWarning
        text = str(warning.message)
        assert text.startswith("The observer 'broken' of dynamorm-broken 1.0 (dynamorm_broken) "), text
        assert {told!r} in text, text
        import dynamorm_watch
        assert dynamorm_watch.SEEN == ["GetItem"] * 2
        """,
    )
    assert done.stderr.count("LOG WARNING The observer 'broken'") == 1


def test_warnings_that_are_errors_stop_the_first_operation_before_it_is_sent(folder: Path) -> None:
    install(folder, "dynamorm-broken", "broken", "import no_such_library", OBSERVERS)
    succeed(
        folder,
        """
        Empty.execute = lambda self, operation: sent.append(operation)
        sent = []
        try:
            connection.execute(GET)
        except RuntimeWarning:
            assert not sent
        else:
            raise AssertionError
        connection.execute(GET)
        assert sent == [GET]
        """,
        "-W",
        "error",
    )


def test_observer_whose_module_makes_operations(folder: Path) -> None:
    code = f"{OBSERVER}\n    import dynamorm\n    import __main__\n    __main__.connection.execute(__main__.GET)\n"
    install(folder, "dynamorm-watch", "watch", code, OBSERVERS)
    succeed(
        folder,
        """
        connection.execute(GET)
        import dynamorm_watch
        assert dynamorm_watch.SEEN == ["GetItem"], dynamorm_watch.SEEN
        """,
        "-W",
        "error",
    )


def test_threads_that_begin_together_are_all_seen(folder: Path) -> None:
    install(folder, "dynamorm-watch", "watch", f"import time; time.sleep(0.2)\n{dedent(OBSERVER)}", OBSERVERS)
    succeed(
        folder,
        """
        import threading
        meeting = threading.Barrier(6)
        def work():
            meeting.wait()
            connection.execute(GET)
        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        import dynamorm_watch
        assert dynamorm_watch.SEEN == ["GetItem"] * 6, dynamorm_watch.SEEN
        """,
    )


def test_program_that_sends_nothing_loads_no_observer(folder: Path) -> None:
    install(folder, "dynamorm-watch", "watch", OBSERVER, OBSERVERS)
    succeed(folder, "assert 'dynamorm_watch' not in sys.modules")


def test_installed_observer_that_the_program_adds_too_is_told_once(folder: Path) -> None:
    install(folder, "dynamorm-watch", "watch", OBSERVER, OBSERVERS)
    succeed(
        folder,
        """
        import dynamorm_watch
        dynamorm.observe(dynamorm_watch)
        connection.execute(GET)
        assert dynamorm_watch.SEEN == ["GetItem"], dynamorm_watch.SEEN
        """,
    )
