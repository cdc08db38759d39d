from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dynamorm.exceptions import BackendMisconfigured
from dynamorm.ports.backends import BackendAddress, TableOptions
from dynamorm_boto3.settings import Settings


def settings(location: str = "", **options: Any) -> Settings:
    text = f"boto3://{location}" if location else "boto3"
    return Settings.of(BackendAddress("boto3", location, text), options)


@pytest.mark.parametrize(
    ("location", "options", "session", "client"),
    [
        ("", {}, {}, {}),
        ("eu-west-1", {}, {"region_name": "eu-west-1"}, {}),
        ("eu-west-1", {"region_name": "eu-west-1"}, {"region_name": "eu-west-1"}, {}),
        ("", {"region_name": "eu-west-1"}, {"region_name": "eu-west-1"}, {}),
        (
            "us-gov-east-1",
            {"profile_name": "staging", "endpoint_url": "http://localhost:8000", "verify": False, "use_ssl": False},
            {"region_name": "us-gov-east-1", "profile_name": "staging"},
            {"endpoint_url": "http://localhost:8000", "verify": False, "use_ssl": False},
        ),
        (
            "",
            {
                "aws_access_key_id": "a",
                "aws_secret_access_key": "b",
                "aws_session_token": "c",
                "aws_account_id": "1",
                "api_version": "2012-08-10",
            },
            {
                "aws_access_key_id": "a",
                "aws_secret_access_key": "b",
                "aws_session_token": "c",
                "aws_account_id": "1",
            },
            {"api_version": "2012-08-10"},
        ),
    ],
)
def test_options_are_sorted_into_the_session_s_and_the_client_s(
    location: str, options: Mapping[str, Any], session: Mapping[str, Any], client: Mapping[str, Any]
) -> None:
    sorted_ = settings(location, **options)
    assert sorted_.session == session
    assert sorted_.client == client
    assert sorted_.configs == ()


@pytest.mark.parametrize(
    "location", ["localhost:8000", "eu-west-1/books", "eu_west_1", "eu-west-1?x=1", "key@eu-west-1"]
)
def test_an_address_that_is_no_region_is_refused_with_the_way_out(location: str) -> None:
    with pytest.raises(BackendMisconfigured, match=r"boto3://eu-west-1, or by nothing\. .* endpoint_url"):
        settings(location)


def test_two_regions_are_refused() -> None:
    with pytest.raises(BackendMisconfigured, match=r"'boto3://eu-west-1' names one region .* 'us-east-1'"):
        settings("eu-west-1", region_name="us-east-1")


def test_an_unknown_option_is_named_and_so_are_the_known_ones() -> None:
    with pytest.raises(
        BackendMisconfigured, match=r"has no option 'endpoint', 'profile'\. .*endpoint_url.*profile_name"
    ):
        settings(endpoint="http://localhost:8000", profile="staging")


@pytest.mark.parametrize(
    ("options", "place", "known"),
    [
        (TableOptions(session_kwargs={"region": "eu-west-1"}), "session_kwargs", "region_name"),
        (TableOptions(session_kwargs={"endpoint_url": "http://localhost"}), "session_kwargs", "profile_name"),
        (TableOptions(resource_kwargs={"profile_name": "staging"}), "resource_kwargs", "endpoint_url"),
    ],
)
def test_an_unknown_option_of_a_table_is_named_and_so_are_the_known_ones(
    options: TableOptions, place: str, known: str
) -> None:
    with pytest.raises(BackendMisconfigured, match=f"The {place} of a Table has no option .*{known}"):
        settings().overridden_by(options)


def test_a_table_s_options_take_the_place_of_the_connection_s() -> None:
    base = settings("eu-west-1", endpoint_url="http://one", verify=False, config={"read_timeout": 1})
    table = base.overridden_by(
        TableOptions(
            session_kwargs={"region_name": "us-east-1"},
            resource_kwargs={"endpoint_url": "http://two", "config": {"connect_timeout": 2}},
        )
    )
    assert table.session == {"region_name": "us-east-1"}
    assert table.client == {"endpoint_url": "http://two", "verify": False}
    assert table.configs == ({"read_timeout": 1}, {"connect_timeout": 2})
    assert base.client == {"endpoint_url": "http://one", "verify": False}


def test_a_region_may_stand_in_either_of_a_table_s_options() -> None:
    table = settings("eu-west-1").overridden_by(TableOptions(resource_kwargs={"region_name": "us-east-1"}))
    assert table.session == {"region_name": "us-east-1"}


def test_a_table_with_credentials_of_its_own_takes_nothing_of_the_connection_s() -> None:
    base = settings("eu-west-1", aws_access_key_id="a", aws_secret_access_key="b", aws_session_token="c")
    table = base.overridden_by(TableOptions(session_kwargs={"profile_name": "other"}))
    assert table.session == {"region_name": "eu-west-1", "profile_name": "other"}
