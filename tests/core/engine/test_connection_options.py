"""Misspelled options of ``connect`` get a suggestion, and messages have nothing secret of a URL."""

from __future__ import annotations

from typing import Any

import pytest

import dynamorm
from dynamorm.engine.run.connections import open_connection
from dynamorm.exceptions import BackendMisconfigured, DynamoException
from dynamorm.ports.addresses import without_secrets

SECRET = "wJalr/XUtnFEMI/K7MDENG@bPx"


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "boto3://eu-west-1", "boto3"])
@pytest.mark.parametrize(
    ("option", "meant"),
    [
        ("max_concurency", "max_concurrency"),
        ("connections", "max_concurrency"),
        ("return_consumed_capacit", "return_consumed_capacity"),
        ("tabel_prefix", "table_prefix"),
        ("table_name_prefix", "table_prefix"),
    ],
)
def test_misspelled_option_of_the_core_gets_a_suggestion(url: str, option: str, meant: str) -> None:
    with pytest.raises(BackendMisconfigured, match=f"Did you mean '{meant}'"):
        dynamorm.connect(url, **{option: 16})


@pytest.mark.parametrize(
    ("url", "option", "meant"),
    [
        ("boto3://eu-west-1", "endpoint_ur", "endpoint_url"),
        ("boto3", "aws_acces_key_id", "aws_access_key_id"),
        ("boto3", "dirct", "direct"),
        ("sqlite:///:memory:", "syncronous", "synchronous"),
        ("sqlite:///:memory:", "time_out", "timeout"),
    ],
)
def test_misspelled_option_of_a_backend_gets_a_suggestion(url: str, option: str, meant: str) -> None:
    with pytest.raises(BackendMisconfigured, match=f"Did you mean '{meant}'"):
        dynamorm.connect(url, **{option: "x"})


@pytest.mark.parametrize("option", ["session_kwargs", "resource_kwargs"])
def test_settings_of_a_table_are_no_options_of_a_connection(option: str) -> None:
    with pytest.raises(
        BackendMisconfigured, match=r"that is a setting of a Table\. Give boto3's options by themselves"
    ):
        dynamorm.connect("boto3", **{option: {"profile_name": "dev"}})


@pytest.mark.parametrize(
    "url",
    [
        f"boto3://KEY:{SECRET}@eu-west-1",
        f"boto3://eu-west-1?password={SECRET}",
        f"botoo3://KEY:{SECRET}@eu-west-1",
        f"KEY:{SECRET}@eu-west-1",
        f"boto3:/KEY:{SECRET}@eu-west-1",
        f"sqlite://KEY:{SECRET}@host",
        f"sqlite:///books.db?password={SECRET}",
        f"sqlite:///books.db?table_prefix={SECRET}",
    ],
)
@pytest.mark.parametrize("options", [{}, {"max_concurrency": 0}, {"return_consumed_capacity": "ALL"}])
def test_secrets_of_a_url_stay_out_of_messages(url: str, options: dict[str, Any]) -> None:
    with pytest.raises(DynamoException) as caught:
        open_connection(url, **options)
    message = str(caught.value)
    assert "MDENG" not in message
    assert "wJalr" not in message


def test_secrets_stay_out_of_representations() -> None:
    with open_connection("sqlite:///:memory:?timeout=5") as connection:
        assert repr(connection) == "<Connection to 'sqlite:///:memory:?…'>"


def test_path_of_a_file_is_no_secret() -> None:
    assert without_secrets("sqlite:////home/ann@work/books.db") == "sqlite:////home/ann@work/books.db"
    assert without_secrets("https://user:pw@host/a@b?c=d") == "https://…@b?…"
