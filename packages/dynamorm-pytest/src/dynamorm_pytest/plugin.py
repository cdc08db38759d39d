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
CASSETTE_OPTIONS = "dynamorm_cassette_options"
#: The environment variable that says what cassettes record.
RECORD_VARIABLE = "DYNAMORM_RECORD"
_variables_before: pytest.StashKey[dict[str, str | None]] = pytest.StashKey()
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
    group.addoption(
        "--dynamorm-record",
        choices=("once", "none", "new"),
        help="what cassettes record, whatever the tests say: everything if there is no file, nothing, or what a file "
        "does not have",
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
        "dynamorm(models=None, requests=None, cassette=None): models is a list of models, whose tables are created for "
        "the test (it needs no fixture then); requests is how many requests the test may send; cassette is the file "
        "from which its requests are played, or in which they are recorded, or True for one named as the test",
    )
    variables = {}
    if not (config.getini("dynamorm_network") or os.environ.get(URL_VARIABLE)):
        variables[URL_VARIABLE] = NO_BACKEND
    if (mode := config.getoption("dynamorm_record")) is not None:
        variables[RECORD_VARIABLE] = mode
    config.stash[_variables_before] = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Restore the environment."""
    for name, before in config.stash.get(_variables_before, {}).items():
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Report which tiers of the conformance suites were kept in the processes of pytest-xdist."""
    # Where the tests ran in this process, the suites have registered a reporter themselves.
    if config.getoption("numprocesses", None) and not config.pluginmanager.has_plugin("dynamorm-tiers"):
        from dynamorm.testing.tier_report import write_report  # deferred: most runs have no such suite

        write_report(terminalreporter)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a test whose mark names models the database that has their tables, and a cassette its options."""
    names = getattr(item, "fixturenames", None)
    if names is not None and DATABASE not in names and any("models" in mark.kwargs for mark in _marks(item)):
        names.insert(0, DATABASE)
    if names is not None and CASSETTE_OPTIONS not in names and any("cassette" in mark.kwargs for mark in _marks(item)):
        names.append(CASSETTE_OPTIONS)


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
    """Play a test's cassette, count the requests of one that has a budget, and show those of one that failed."""
    if next(_marks(item), None) is None and _requests not in item.stash:
        return (yield)
    from dynamorm_pytest.cassettes import in_cassette
    from dynamorm_pytest.marks import cassette_named, requests_allowed
    from dynamorm_pytest.sent import counted

    options = getattr(item, "funcargs", {}).get(CASSETTE_OPTIONS, {})
    with counted(item, requests_allowed(_marks(item))), in_cassette(item, cassette_named(_marks(item)), options):
        return (yield)


def _marks(item: pytest.Item) -> Iterator[pytest.Mark]:
    return item.iter_markers("dynamorm")


@pytest.fixture(scope="session")
def dynamorm_options() -> dict[str, Any]:
    """Return options of the connection that ``--dynamorm-url`` opens, as for ``dynamorm.connect``; override it."""
    return {}


@pytest.fixture(scope="session")
def dynamorm_cassette_options() -> dict[str, Any]:
    """Return options of the mark's cassettes, as for ``dynamorm.testing.cassette``, such as ``ignore``; override it."""
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
