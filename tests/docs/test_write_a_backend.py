"""The backend of the page "Write a backend" keeps a backend's promises, and its plugin is found."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from markdown_it import MarkdownIt

from dynamorm.data import DescribeTable
from dynamorm.exceptions import BackendMisconfigured, BackendUnavailable, CredentialsMissing, DynamoException
from dynamorm.plugins import PluginFinder
from dynamorm.ports.backends import Backend, BackendAddress, Capability
from dynamorm.testing import DYNAMODB_LOCAL_DEVIATIONS, BackendConformance
from dynamorm.testing.backends.batches import BatchTests
from dynamorm.testing.backends.items import ItemTests
from dynamorm.testing.backends.promises import PromiseTests
from dynamorm.testing.backends.transactions import TransactionTests
from dynamorm.testing.backends.values import ValueTests
from tests.support import moto_deviations, pages
from tests.support.distributions import install
from tests.support.servers.connections import ACCESS_KEY, REGION, SECRET_KEY

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "write-a-backend.md"
ADDRESS = BackendAddress("urllib", REGION, f"urllib://{REGION}")


def definitions() -> list[pages.Example]:
    """The blocks that define the plugin and its test classes; those after them use it."""
    found = pages.examples(PAGE)
    last = next(place for place, example in enumerate(found) if "class TestUrllibWire" in example.source)
    return found[: last + 1]


@pytest.fixture(scope="module")
def plugin() -> Iterator[ModuleType]:
    """The page's code as a module."""
    module = ModuleType("plugin_of_the_page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        for example in definitions():
            exec(example.compiled(), module.__dict__)
        yield module


@pytest.fixture(scope="module")
def credentials() -> Iterator[None]:
    """The environment variables that the backend reads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        yield


@contextmanager
def opened(plugin: ModuleType, url: str) -> Iterator[Backend]:
    """The page's backend on the server at *url*."""
    connected: Backend = plugin.connect(ADDRESS, {"endpoint_url": url})
    with connected:
        yield connected


class PageTests(PromiseTests, ItemTests, ValueTests, BatchTests, TransactionTests):
    """What the page's own code decides: how requests are sent, and what answers, binary data and errors become."""


@pytest.mark.usefixtures("credentials")
class TestOnMoto(PageTests):
    """On moto's server, which needs no Java; how moto differs from DynamoDB is asked through boto3."""

    known_deviations: ClassVar[Mapping[str, str]] = {
        **moto_deviations.known_in(PageTests),
        "test_batch_wrong_number_of_keys[0]": "moto relies on the SDK to check this",
    }

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, plugin: ModuleType, credentials: None, moto_server: str) -> Iterator[Backend]:
        """As in tests/conformance/test_moto.py."""
        with opened(plugin, moto_server) as backend:
            backend.capabilities -= {Capability.CONCURRENT_CALLS}
            yield backend


@pytest.mark.usefixtures("credentials")
class TestOnDynamoDBLocal(BackendConformance):
    """On Amazon's own, the whole suite."""

    known_deviations: ClassVar[Mapping[str, str]] = DYNAMODB_LOCAL_DEVIATIONS

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, plugin: ModuleType, credentials: None, dynamodb_local: str) -> Iterator[Backend]:
        """As the page has it, but for what the server can't do."""
        with opened(plugin, dynamodb_local) as backend:
            backend.capabilities -= {Capability.TAGS}
            yield backend


@pytest.mark.parametrize("token", [None, "a token/with+signs="])
def test_requests_are_signed_as_botocore_does(plugin: ModuleType, token: str | None) -> None:
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.GetItem"}
    endpoint = "https://dynamodb.eu-west-1.amazonaws.com"
    theirs = AWSRequest(method="POST", url=f"{endpoint}/", data=b'{"TableName":"books"}', headers=headers)
    SigV4Auth(Credentials("key", "secret", token), "dynamodb", "eu-west-1").add_auth(theirs)
    now = datetime.strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    settings = plugin.Settings("eu-west-1", endpoint, "key", "secret", token, 1.0)
    ours = plugin.signed(settings, headers, b'{"TableName":"books"}', now)
    assert ours["Authorization"] == theirs.headers["Authorization"]


def test_secrets_are_not_shown(plugin: ModuleType) -> None:
    shown = repr(plugin.Settings("eu-west-1", "https://localhost", "key", "hidden", "also hidden", 1.0))
    assert "hidden" not in shown


@pytest.mark.parametrize(
    ("url", "options", "expected", "message"),
    [
        pytest.param(f"urllib://{REGION}", {"region": "x"}, BackendMisconfigured, "no option region", id="option"),
        pytest.param("urllib", {}, BackendMisconfigured, "names no region", id="region"),
    ],
)
def test_wrong_settings_are_refused(
    plugin: ModuleType,
    credentials: None,
    url: str,
    options: dict[str, str],
    expected: type[DynamoException],
    message: str,
) -> None:
    with pytest.raises(expected, match=message):
        plugin.connect(BackendAddress("urllib", url.partition("://")[2], url), options)


def test_credentials_are_needed(plugin: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(CredentialsMissing, match="AWS_"):
        plugin.connect(ADDRESS, {})


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        pytest.param(503, b"<html>later</html>", "503", id="a-page-of-a-proxy"),
        pytest.param(500, b"[]", "500", id="json-of-another-kind"),
    ],
)
def test_an_answer_that_is_not_the_services(plugin: ModuleType, status: int, body: bytes, message: str) -> None:
    error = plugin.refusal(DescribeTable("books"), status, body)
    assert isinstance(error, BackendUnavailable)
    assert message in str(error)


def test_the_plugin_is_found_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (toml,) = (token.content for token in MarkdownIt().parse(PAGE.read_text("utf-8")) if token.info == "toml")
    project = tomllib.loads(toml)["project"]
    ((name, _module),) = project["entry-points"]["dynamorm.backends"].items()
    install(tmp_path, project["name"], name, "".join(example.source for example in definitions()))
    monkeypatch.syspath_prepend(tmp_path)
    assert PluginFinder().backend(name).name == name
