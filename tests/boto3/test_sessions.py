"""What is put in the place of botocore's loader and parser inherits all that it does not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader, Loader
from botocore.model import DenormalizedStructureBuilder
from botocore.parsers import JSONParser, ResponseParserFactory

from dynamorm_boto3.parsing import PlainItemsFactory
from dynamorm_boto3.sessions import session_for_dynamodb


@pytest.fixture
def loader() -> Any:
    _, session = session_for_dynamodb({"region_name": "eu-west-1"})
    return session.get_component("data_loader")


def test_files_of_a_form_that_is_not_known_are_botocores_to_read(
    loader: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "known.json").write_text('{"a": 1}')
    asked = []

    def load(_self: Any, file_path: str, *arguments: Any, **options: Any) -> Any:
        asked.append((Path(file_path).name, arguments, options))
        return {"b": 2}

    monkeypatch.setattr(JSONFileLoader, "load_file", load)
    files = loader.file_loader
    assert files.load_file(str(tmp_path / "known")) == {"a": 1}
    assert files.load_file(str(tmp_path / "new"), 1, form="new") == {"b": 2}
    assert asked == [("new", (1,), {"form": "new"})]


def test_services_are_botocores_to_list_when_it_is_asked_in_another_way(
    loader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "dynamodb" in loader.list_available_services("service-2")
    monkeypatch.setattr(Loader, "list_available_services", lambda _self, name, **options: [name, *options])
    assert loader.list_available_services("service-2", version="new") == ["service-2", "version"]


def test_descriptions_are_read_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    _, first = session_for_dynamodb({"region_name": "eu-west-1"})
    loader: Any = first.get_component("data_loader")
    described = loader.load_service_model("dynamodb", "service-2")
    monkeypatch.setattr(
        loader.file_loader, "load_file", lambda *_arguments, **_options: pytest.fail("a file was read again")
    )
    _, second = session_for_dynamodb({"region_name": "us-east-1"})
    assert second.get_component("data_loader").load_service_model("dynamodb", "service-2") is described


def test_sessions_with_other_folders_of_descriptions_read_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    _, session = session_for_dynamodb({"region_name": "eu-west-1"})
    assert str(tmp_path) in session.get_component("data_loader").search_paths


@pytest.mark.parametrize("protocol", ["query", "rest-json", "ec2"])
def test_other_protocols_have_botocores_parser(protocol: str) -> None:
    own = ResponseParserFactory().create_parser(protocol)
    assert type(PlainItemsFactory().create_parser(protocol)) is type(own)


def test_parser_has_all_that_botocores_has() -> None:
    factory = PlainItemsFactory()
    parser = factory.create_parser("json")
    assert factory.create_parser("json") is parser
    own = ResponseParserFactory().create_parser("json")
    assert [name for name in dir(own) if not name.startswith("__") and not hasattr(parser, name)] == []


def test_parser_gives_its_further_arguments_to_botocores(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(JSONParser, "parse", lambda _self, *arguments, **options: asked.append((arguments, options)))
    response = {"status_code": 400, "headers": {}, "body": json.dumps({}).encode()}
    PlainItemsFactory().create_parser("json").parse(response, None, 1, more=2)
    assert asked == [((response, None, 1), {"more": 2})]


def test_defaults_of_a_factory_are_those_of_its_next_parsers() -> None:
    factory = PlainItemsFactory()
    before = factory.create_parser("json")
    factory.set_parser_defaults(blob_parser=lambda _text: b"parsed")
    assert parsed_blob(before) == b"a"
    assert parsed_blob(factory.create_parser("json")) == b"parsed"


def parsed_blob(parser: Any) -> Any:
    """What a *parser* makes of a blob, in an operation that it leaves to botocore's own."""
    shape = DenormalizedStructureBuilder().with_members({"Data": {"type": "blob"}}).build_model()
    return parser.parse({"status_code": 200, "headers": {}, "body": b'{"Data": "YQ=="}'}, shape)["Data"]
