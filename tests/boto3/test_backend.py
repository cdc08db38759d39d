from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import boto3.session
import botocore.config
import botocore.loaders
import botocore.session
import pytest

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    GetItem,
    Item,
    ItemResult,
    KeyAttribute,
    KeyCondition,
    Path,
    PutItem,
    PutRequest,
    Query,
    Scan,
    Set,
    TableSpec,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import BackendClosed, BackendMisconfigured, NotYetSupported
from dynamorm.ports.backends import Backend, BackendAddress, Capability, TableOptions
from dynamorm_boto3 import plugin
from tests.boto3.canned_server import CannedServer

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
GET = GetItem("books", {"isbn": "1"})


def connect(url: str, location: str = "eu-west-1", **options: Any) -> Backend:
    address = BackendAddress("boto3", location, f"boto3://{location}")
    return plugin.connect(address, {"endpoint_url": url, **CREDENTIALS, **options})


@pytest.fixture
def canned(canned_server: CannedServer) -> Iterator[Backend]:
    with connect(canned_server.url) as backend:
        yield backend


def signed_with(server: CannedServer) -> str:
    """The credential scope of the last request: access key, day, region, service."""
    return server.requests[-1]["Authorization"].split("Credential=")[1].split(",")[0]


LAZY = """
import sys
from dynamorm.ports.backends import BackendAddress, TableOptions
import dynamorm_boto3.plugin
def loaded():
    return sorted({name.split(".")[0] for name in sys.modules} & {"boto3", "botocore", "urllib3"})
assert not loaded(), loaded()
provider = dynamorm_boto3.plugin.dynamorm_register_backend()
assert (provider.name, provider.contract) == ("boto3", 1)
assert "dynamorm_boto3.backend" not in sys.modules
with provider.connect(BackendAddress("boto3", "eu-west-1", "boto3://eu-west-1"), {"config": {"read_timeout": 1}}) as backend:
    backend.configured_for(TableOptions(resource_kwargs={"endpoint_url": "http://localhost"}))
assert not loaded(), loaded()
"""


def test_nothing_of_boto3_is_imported_before_the_first_operation() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", LAZY], check=True)


def test_it_can_do_all_that_backends_can() -> None:
    assert connect("http://localhost").capabilities == frozenset(Capability) - {Capability.STREAMS}


def test_event_streams_are_not_yet_supported() -> None:
    backend = connect("http://localhost")
    assert isinstance(backend.unsupported(Capability.STREAMS), NotYetSupported)


def test_the_operations_end_to_end(moto_server: str) -> None:
    name = "boto3-end-to-end"
    key: Item = {"isbn": "1"}
    item: Item = {"isbn": "1", "price": Decimal("1.5"), "cover": b"\x89PNG", "tags": {"a", "b"}, "size": [None, True]}
    with connect(moto_server) as backend:
        backend.execute(CreateTable(TableSpec(name, KeyAttribute("isbn", "S"))))
        try:
            assert backend.execute(DescribeTable(name)).status == "ACTIVE"
            assert backend.execute(PutItem(name, item)).attributes is None
            assert backend.execute(GetItem(name, key)).item == item
            changed = backend.execute(
                UpdateItem(name, key, (Set(Path.of("size"), Value(2)),), return_values="ALL_NEW")
            ).attributes
            assert changed == {**item, "size": 2}
            assert backend.execute(Query(name, KeyCondition(("isbn", "1")))).items == [changed]
            assert backend.execute(BatchWrite((PutRequest(name, {"isbn": "2"}),))).unprocessed == ()
            assert backend.execute(Scan(name, count_only=True)).count == 2
            found = backend.execute(BatchGet((BatchGetKeys(name, ({"isbn": "2"}, {"isbn": "3"})),)))
            assert found.items == {name: [{"isbn": "2"}]}
            assert backend.execute(DeleteItem(name, key, return_values="ALL_OLD")).attributes == changed
            assert backend.execute(GetItem(name, key)) == ItemResult(None)
        finally:
            backend.execute(DeleteTable(name))


def test_threads_that_race_for_the_first_call_share_one_client(
    canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = []
    create = boto3.session.Session.client

    def counted(*arguments: Any, **options: Any) -> Any:
        clients.append(arguments)
        return create(*arguments, **options)

    monkeypatch.setattr(boto3.session.Session, "client", counted)
    canned_server.answer({"Item": {"isbn": {"S": "1"}}})
    threads = 16
    barrier = threading.Barrier(threads)

    with connect(canned_server.url) as backend, ThreadPoolExecutor(threads) as pool:

        def call(_: int) -> list[ItemResult]:
            barrier.wait()
            return [backend.execute(GET) for _ in range(10)]

        answers = [answer for answers in pool.map(call, range(threads)) for answer in answers]

    assert len(clients) == 1
    assert answers == [ItemResult({"isbn": "1"})] * 10 * threads
    assert len(canned_server.requests) == 10 * threads


def test_a_table_without_options_uses_the_backend_itself(canned: Backend) -> None:
    assert canned.configured_for(TableOptions()) is canned


def test_equal_options_share_a_backend_and_others_do_not(canned: Backend) -> None:
    def backend_for(region: str, timeout: int) -> Backend:
        return canned.configured_for(
            TableOptions({"region_name": region}, {"config": {"read_timeout": timeout}, "verify": False})
        )

    assert backend_for("us-east-1", 1) is backend_for("us-east-1", 1)
    backends = {id(backend_for(region, timeout)) for region in ("us-east-1", "us-west-2") for timeout in (1, 2)}
    assert len(backends | {id(canned)}) == 5


@pytest.mark.parametrize(
    ("options", "scope"),
    [
        (TableOptions(), ["test", "eu-west-1"]),
        (TableOptions(session_kwargs={"region_name": "us-east-1"}), ["test", "us-east-1"]),
        (TableOptions(resource_kwargs={"region_name": "us-east-1"}), ["test", "us-east-1"]),
        (
            TableOptions(session_kwargs={"aws_access_key_id": "other", "aws_secret_access_key": "x"}),
            ["other", "eu-west-1"],
        ),
    ],
)
def test_a_table_s_options_decide_region_and_credentials(
    canned: Backend, canned_server: CannedServer, options: TableOptions, scope: list[str]
) -> None:
    canned.configured_for(options).execute(GET)
    key, _day, region, *_ = signed_with(canned_server).split("/")
    assert [key, region] == scope


def test_a_table_s_options_decide_the_endpoint(canned_server: CannedServer) -> None:
    with connect("http://127.0.0.1:9") as backend:
        table = backend.configured_for(TableOptions(resource_kwargs={"endpoint_url": canned_server.url}))
        table.execute(GET)
    assert len(canned_server.requests) == 1


@pytest.mark.parametrize(
    "config", [{"user_agent_extra": "mark"}, botocore.config.Config(user_agent_extra="mark")], ids=["dict", "Config"]
)
def test_a_configuration_may_be_a_dict_or_a_config(canned_server: CannedServer, config: object) -> None:
    with connect(canned_server.url, config=config) as backend:
        backend.execute(GET)
        assert "mark" in canned_server.requests[-1]["User-Agent"]
        # A table's configuration adds to it.
        backend.configured_for(TableOptions(resource_kwargs={"config": {"read_timeout": 5}})).execute(GET)
        assert "mark" in canned_server.requests[-1]["User-Agent"]


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, rf"DynamORM/\S+ Boto3/{boto3.__version__} lang/python#\S+ Botocore/\S+"),
        ({"user_agent_extra": "shop/1"}, "DynamORM/.* Boto3/.* shop/1"),
        ({"user_agent": "shop/1"}, r"shop/1 Botocore/\S+"),
        ({"user_agent_appid": "shop"}, "Boto3/.* app/shop.*"),
    ],
)
def test_requests_say_who_sends_them(
    canned_server: CannedServer, config: dict[str, str], expected: str, *, direct: bool
) -> None:
    with connect(canned_server.url, config=config, direct=direct) as backend:
        backend.execute(GET)
    assert re.fullmatch(expected, canned_server.requests[-1]["User-Agent"])


def test_the_name_of_an_application_may_come_from_the_environment(
    canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "shop")
    with connect(canned_server.url) as backend:
        backend.execute(GET)
    assert " app/shop" in canned_server.requests[-1]["User-Agent"]


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("place", ["AWS_DATA_PATH", "the configuration", "the configuration of a profile"])
def test_a_description_of_the_service_may_be_the_program_s_own(
    canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, place: str, *, direct: bool
) -> None:
    description: Any = botocore.loaders.Loader().load_service_model("dynamodb", "service-2")
    description["metadata"]["targetPrefix"] = "OurDatabase"
    rules: Any = botocore.loaders.Loader().load_service_model("dynamodb", "endpoint-rule-set-1")
    folder = tmp_path / "data" / "dynamodb" / "2099-01-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(description))
    (folder / "endpoint-rule-set-1.json").write_text(json.dumps(rules))
    options = {}
    if place == "AWS_DATA_PATH":
        monkeypatch.setenv(place, str(tmp_path / "data"))
    else:
        section = "default" if place == "the configuration" else "profile own"
        options = {} if section == "default" else {"profile_name": "own"}
        keys = "aws_access_key_id = own\naws_secret_access_key = x"
        (tmp_path / "config").write_text(f"[{section}]\ndata_path = {tmp_path / 'data'}\n{keys}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with connect(canned_server.url, direct=direct, **options) as backend:
        backend.execute(GET)
    assert canned_server.requests[-1]["X-Amz-Target"] == "OurDatabase.GetItem"


def test_a_session_of_the_caller_is_used_and_not_changed(canned_server: CannedServer) -> None:
    session = botocore.session.Session()
    session.set_credentials("own", "x")
    session.set_default_client_config(botocore.config.Config(user_agent_extra="mark"))
    address = BackendAddress("boto3", "eu-west-1", "boto3://eu-west-1")
    options = {"botocore_session": session, "endpoint_url": canned_server.url}
    with plugin.connect(address, options) as backend:
        backend.execute(GET)
    key, _day, region, *_ = signed_with(canned_server).split("/")
    assert [key, region] == ["own", "eu-west-1"]
    assert "mark" in canned_server.requests[-1]["User-Agent"]
    assert session.get_config_variable("region") is None


@pytest.mark.parametrize(
    ("of_session", "of_program", "connections"),
    [(None, None, 50), (7, None, 7), (None, 8, 8), (7, 8, 8)],
    ids=["ours", "the session's", "the program's", "both"],
)
def test_whoever_sets_the_pool_s_size_has_it_and_else_it_fits_many_threads(
    canned_server: CannedServer,
    monkeypatch: pytest.MonkeyPatch,
    of_session: int | None,
    of_program: int | None,
    connections: int,
) -> None:
    clients = []
    create = boto3.session.Session.client

    def kept(*arguments: Any, **options: Any) -> Any:
        clients.append(create(*arguments, **options))
        return clients[-1]

    monkeypatch.setattr(boto3.session.Session, "client", kept)
    options: dict[str, Any] = {}
    if of_program is not None:
        options["config"] = {"max_pool_connections": of_program}
    if of_session is not None:
        session = botocore.session.Session()
        session.set_default_client_config(botocore.config.Config(max_pool_connections=of_session))
        options["botocore_session"] = session
    with connect(canned_server.url, **options) as backend:
        backend.execute(GET)
    assert [client.meta.config.max_pool_connections for client in clients] == [connections]


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        (None, 3.1),
        ({"read_timeout": 5}, 3.1),
        ({"connect_timeout": 7}, 7),
        # As with boto3, a Config sets all that it can.
        (botocore.config.Config(read_timeout=5), 60),
    ],
)
def test_time_outs_of_a_defaults_mode_are_boto3s(
    canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch, config: object, seconds: float
) -> None:
    options: dict[str, Any] = {} if config is None else {"config": config}
    with connect(canned_server.url, **options) as opened:
        backend: Any = opened
        assert backend.client.meta.config.connect_timeout == (7 if seconds == 7 else 60)
    monkeypatch.setenv("AWS_DEFAULTS_MODE", "standard")
    with connect(canned_server.url, **options) as opened:
        backend = opened
        assert backend.client.meta.config.connect_timeout == seconds
        backend.execute(GET)


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"no_such_setting": 1}, "no_such_setting"),
        ("read_timeout=1", r"of the type str\. Give a botocore\.config\.Config, or a dict"),
        ({"retries": {"mode": "never"}}, "never"),
    ],
)
def test_a_configuration_that_can_t_work_is_refused(canned_server: CannedServer, config: object, text: str) -> None:
    with connect(canned_server.url, config=config) as backend, pytest.raises(BackendMisconfigured, match=text):
        backend.execute(GET)
    assert canned_server.requests == []


def test_after_close_nothing_is_executed(canned_server: CannedServer) -> None:
    backend = connect(canned_server.url)
    options = TableOptions(resource_kwargs={"verify": False})
    table = backend.configured_for(options)
    for used in (backend, table):
        used.execute(GET)
    backend.close()
    backend.close()
    for closed in (backend, table, backend.configured_for(options)):
        with pytest.raises(BackendClosed, match=r"'boto3://eu-west-1' was closed\. .*dynamorm\.connect"):
            closed.execute(GET)
    assert len(canned_server.requests) == 2


def test_a_backend_that_was_closed_unused_executes_nothing(canned_server: CannedServer) -> None:
    backend = connect(canned_server.url)
    with backend:
        pass
    with pytest.raises(BackendClosed):
        backend.execute(GET)
    assert canned_server.requests == []


def pool_of(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many connections the client of a *backend* keeps, once it has sent something."""
    configs = []
    create = boto3.session.Session.client

    def seen(*arguments: Any, **options: Any) -> Any:
        configs.append(options["config"])
        return create(*arguments, **options)

    monkeypatch.setattr(boto3.session.Session, "client", seen)
    with backend:
        backend.execute(GET)
    [config] = configs
    most: int = config.max_pool_connections
    return most


@pytest.mark.parametrize(("connections", "pool"), [(1, 50), (50, 50), (80, 80)])
def test_client_keeps_a_connection_for_each_request_of_a_batch(
    canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch, connections: int, pool: int
) -> None:
    backend = connect(canned_server.url)
    backend.max_concurrency = connections
    assert pool_of(backend, monkeypatch) == pool


def test_more_connections_than_its_pool_are_refused(canned_server: CannedServer) -> None:
    backend = connect(canned_server.url, config={"max_pool_connections": 20})
    backend.max_concurrency = 21
    with pytest.raises(BackendMisconfigured, match="max_concurrency=21 for its batches, and max_pool_connections=20"):
        backend.execute(GET)
    assert canned_server.requests == []


def test_small_pool_of_the_users_own_stays(canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = connect(canned_server.url, config=botocore.config.Config(max_pool_connections=5))
    assert pool_of(backend, monkeypatch) == 5
