"""The plugin: options, the mark ``dynamorm``, and fixtures.

pytest imports this module in each run where it is installed, so it imports nothing of DynamORM before a test needs it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dynamorm import Connection
    from dynamorm.testing import Clock
    from dynamorm_pytest.database import DefinedModels
    from dynamorm_pytest.sent import SentRequests

#: The environment variable that names the backend of a process, and the value with which nothing is sent anywhere.
URL_VARIABLE = "DYNAMORM_URL"
NO_BACKEND = "none"
DATABASE = "dynamorm_db"
_variable_before: pytest.StashKey[str | None] = pytest.StashKey()
_defined: pytest.StashKey[DefinedModels] = pytest.StashKey()
_requests: pytest.StashKey[SentRequests] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the command line and of the configuration file."""
    group = parser.getgroup("dynamorm", "tests of applications that use DynamORM")
    group.addoption(
        "--dynamorm-url",
        metavar="URL",
        help="run the tests that use dynamorm_db there, such as boto3://eu-west-1, instead of in memory; each test has "
        "tables of its own, which are dropped afterwards",
    )
    parser.addini("dynamorm_url", "the same as --dynamorm-url, which takes precedence", default="")
    parser.addini(
        "dynamorm_network",
        "let tests reach DynamoDB without connect() or using(), by not setting DYNAMORM_URL=none",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Describe the mark, and see that no test reaches AWS by accident."""
    config.addinivalue_line(
        "markers",
        "dynamorm(models=None, requests=None): models is a list of models, whose tables are created for the test (it "
        "needs no fixture then); requests is how many requests the test may send",
    )
    if not (config.getini("dynamorm_network") or os.environ.get(URL_VARIABLE)):
        config.stash[_variable_before] = os.environ.get(URL_VARIABLE)
        os.environ[URL_VARIABLE] = NO_BACKEND


def pytest_unconfigure(config: pytest.Config) -> None:
    """Restore the environment."""
    if _variable_before in config.stash:
        before = config.stash[_variable_before]
        if before is None:
            os.environ.pop(URL_VARIABLE, None)
        else:
            os.environ[URL_VARIABLE] = before


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Report which tiers of the conformance suites were kept in the processes of pytest-xdist."""
    # Where the tests ran in this process, the suites have registered a reporter themselves.
    if config.getoption("numprocesses", None) and not config.pluginmanager.has_plugin("dynamorm-tiers"):
        from dynamorm.testing.tier_report import write_report  # deferred: most runs have no such suite

        write_report(terminalreporter)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a test whose mark names models the database that has their tables."""
    names = getattr(item, "fixturenames", None)
    if names is not None and DATABASE not in names and any("models" in mark.kwargs for mark in _marks(item)):
        names.insert(0, DATABASE)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Check the marks, and watch for models that fixtures and the test define."""
    marks = list(_marks(item))
    if marks:
        from dynamorm_pytest.marks import check

        check(marks)
    if DATABASE in getattr(item, "fixturenames", ()):
        from dynamorm_pytest.database import DefinedModels

        item.stash[_defined] = DefinedModels()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Stop watching for models."""
    if _defined in item.stash:
        item.stash[_defined].end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Count the requests of a test that has a budget, and show those of a test that failed."""
    if next(_marks(item), None) is None and _requests not in item.stash:
        return (yield)
    from dynamorm_pytest.marks import requests_allowed
    from dynamorm_pytest.sent import counted

    with counted(item, requests_allowed(_marks(item))):
        return (yield)


def _marks(item: pytest.Item) -> Iterator[pytest.Mark]:
    return item.iter_markers("dynamorm")


@pytest.fixture(scope="session")
def dynamorm_options() -> dict[str, Any]:
    """Return options of the connection that ``--dynamorm-url`` opens, as for ``dynamorm.connect``; override it."""
    return {}


@pytest.fixture
def dynamorm_db(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """Use a fresh database with the tables of your models: every model does, in each thread and task.

    The tables are those of all models that are imported, or of ``@pytest.mark.dynamorm(models=[…])``, and of models
    that the test defines. The database is in memory, or where ``--dynamorm-url`` says. The value is the connection.
    """
    from dynamorm_pytest.database import database

    with database(request, request.node.stash[_defined]) as connection:
        yield connection


@pytest.fixture
def dynamorm_requests(request: pytest.FixtureRequest) -> Iterator[SentRequests]:
    """Record the requests that are sent from here on, by the fixtures that follow and by the test."""
    from dynamorm_pytest.sent import recording

    if DATABASE in request.fixturenames:
        request.getfixturevalue(DATABASE)
    with recording() as sent:
        request.node.stash[_requests] = sent
        yield sent


@pytest.fixture
def dynamorm_clock() -> Iterator[Clock]:
    """Replace the clock by which items expire by one that the test can freeze and advance."""
    from dynamorm.testing import Clock

    with Clock() as clock:
        yield clock
