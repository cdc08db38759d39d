"""``dynamorm export``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.running import run


def test_cloudformation(shop: Path) -> None:
    result = run("export", "--to", "cloudformation", folder=shop)
    assert (result.status, result.err) == (0, "")
    template = result.json()
    assert list(template["Resources"]) == ["Books", "Orders"]
    assert run("export", "--to", "cloudformation", "--json", folder=shop).json() == template
    as_yaml = run("export", "--to", "cloudformation", "--yaml", folder=shop).out
    assert yaml.safe_load(as_yaml) == template
    assert as_yaml.startswith('AWSTemplateFormatVersion: "2010-09-09"\nResources:\n')
    fragment = run("export", "--to", "cloudformation", "--fragment", "shop.models:Order", folder=shop).json()
    assert fragment == {"Resources": {"Orders": template["Resources"]["Orders"]}}


def test_names_and_ids(shop: Path) -> None:
    arguments = ("export", "--to", "cloudformation", "--name-parameter", "--id", "books=BookTable")
    template = run(*arguments, folder=shop).json()
    assert list(template["Resources"]) == ["BookTable", "Orders"]
    assert template["Resources"]["BookTable"]["Properties"]["TableName"] == {"Ref": "BookTableName"}
    assert template["Parameters"]["OrdersName"]["Default"] == "orders"
    result = run("export", "--to", "terraform", "--id", "books", folder=shop)
    assert result.status == 64
    assert "--id takes a table and its id, as in --id books=BookTable, not 'books'." in result.err


def test_terraform(shop: Path) -> None:
    result = run("export", "--to", "terraform", folder=shop)
    assert (result.status, result.err) == (0, "")
    assert 'resource "aws_dynamodb_table" "books" {\n  name         = "books"\n' in result.out
    assert "key_schema {" in result.out
    document = run("export", "--to", "terraform", "--json", folder=shop).json()
    assert list(document["resource"]["aws_dynamodb_table"]) == ["books", "orders"]
    old = run("export", "--to", "terraform", "--provider-before-6.29", folder=shop).out
    assert "key_schema {" not in old
    assert 'version = "< 6.29.0"' in old


def test_tables_that_exist_are_imported(shop: Path) -> None:
    assert "import {" not in run("export", "--to", "terraform", "--import", folder=shop).out
    run("apply", "--yes", "shop.models:Order", folder=shop)
    result = run("export", "--to", "terraform", "--import", folder=shop)
    assert result.out.count("import {") == 1
    assert 'import {\n  to = aws_dynamodb_table.orders\n  id = "orders"\n}\n' in result.out


def test_iam(shop: Path) -> None:
    result = run("export", "--to", "iam", "--region", "eu-west-1", "--account", "123456789012", folder=shop)
    assert result.status == 0
    tables, indexes = result.json()["Statement"]
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/books"
    assert tables["Resource"][0] == arn
    assert indexes["Resource"] == [f"{arn}/index/by-author"]
    assert result.err.startswith("# Scans are not allowed: ")
    assert run("export", "--to", "iam", "-q", folder=shop).err == ""
    plan = run("export", "--to", "iam", "--for", "plan", "--partition", "aws-cn", "shop.models:Book", folder=shop)
    (statement,) = plan.json()["Statement"]
    assert statement["Resource"] == ["arn:aws-cn:dynamodb:*:*:table/books"]
    assert "dynamodb:DescribeTable" in statement["Action"]
    scan = run("export", "--to", "iam", "--scan", folder=shop).json()
    assert "dynamodb:Scan" in scan["Statement"][0]["Action"]


def test_leading_keys_of_a_policy(shop: Path) -> None:
    arguments = ("export", "--to", "iam", "--for", "reader", "--leading-key", "${aws:username}")
    result = run(*arguments, folder=shop)
    assert result.status == 0
    (statement,) = result.json()["Statement"]
    assert statement["Condition"]["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": ["${aws:username}"]}
    assert "# Reads by Book.ByAuthor will be denied in the index 'by-author' of 'books'" in result.err
    result = run(*arguments, "--scan", folder=shop)
    assert result.status == 64
    assert "Error: A policy can't allow scans and limit them to leading keys" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "cdk"), "Invalid value for '--to': 'cdk' is not one of"),
        ((), "Missing option '--to'"),
        (("--to", "iam", "--yaml"), "--yaml is for --to cloudformation."),
        (("--to", "terraform", "--fragment"), "--fragment is for --to cloudformation."),
        (("--to", "cloudformation", "--import"), "--import is for --to terraform."),
        (("--to", "cloudformation", "--provider-before-6.29"), "--provider-before-6.29 is for --to terraform."),
        (("--to", "iam", "--name-parameter"), "--name-parameter is for --to cloudformation and --to terraform."),
        (("--to", "iam", "--id", "a=b"), "--id is for --to cloudformation and --to terraform."),
        (("--to", "terraform", "--for", "app"), "--for is for --to iam."),
        (("--to", "terraform", "--leading-key", "x"), "--leading-key is for --to iam."),
        (("--to", "terraform", "--region", "x"), "--region is for --to iam."),
        (("--to", "cloudformation", "--yaml", "--json"), "--yaml and --json contradict each other."),
        (("--to", "iam", "--for", "events"), "--for events is not there yet: a later release reads streams."),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], message: str, shop: Path) -> None:
    result = run("export", *arguments, folder=shop)
    assert result.status == 64
    text = result.json()["message"] if "--json" in arguments else result.err
    assert message in text


def test_an_unknown_purpose(shop: Path) -> None:
    result = run("export", "--to", "iam", "--for", "reder", "--json", folder=shop)
    assert result.status == 64
    message = result.json()["message"]
    assert message.startswith("There is no policy for 'reder'. Those are for app, reader, plan,")
    assert message.endswith(" Did you mean 'reader'?")


def test_ids_that_can_not_be(shop: Path) -> None:
    for given, message in (
        ("book=B", "Did you mean 'books'?"),
        ("books=B-1", "'B-1' can't be the id of the table 'books'"),
    ):
        result = run("export", "--to", "cloudformation", "--id", given, folder=shop)
        assert (result.status, result.out) == (64, "")
        assert message in result.err


def test_models_that_contradict_one_another_are_no_wrong_usage(shop: Path) -> None:
    path = shop / "shop" / "models.py"
    path.write_text(path.read_text(encoding="utf-8").replace('name = "orders"', 'name = "books"'), encoding="utf-8")
    result = run("export", "--to", "iam", "--for", "plan", folder=shop)
    assert (result.status, "both describe the table 'books'" in result.err) == (1, True)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--for=", "There is no policy for ''."),
        ("--region=", "'' can't be the region of the tables' ARNs"),
        ("--account=", "'' can't be the account of the tables' ARNs"),
        ("--partition=", "'' can't be the partition of the tables' ARNs"),
    ],
)
def test_an_empty_option_is_no_wider_policy(option: str, message: str, shop: Path) -> None:
    result = run("export", "--to", "iam", option, folder=shop)
    assert (result.status, result.out) == (64, "")
    assert message in result.err


def table_name(shop: Path, *arguments: str, **env: str) -> str:
    """The name of the table of books in a template."""
    template = run("export", "--to", "cloudformation", "shop.models:Book", *arguments, folder=shop, env=env).json()
    name: str = template["Resources"]["Books"]["Properties"]["TableName"]
    return name


def test_names_are_those_of_the_connection_which_is_not_opened(shop: Path) -> None:
    (shop / "pyproject.toml").write_text(
        '[tool.dynamorm]\nmodels = ["shop.models"]\nurl = "sqlite:///shop.db"\noptions = { table_prefix = "dev-" }\n'
        '[tool.dynamorm.env.prod]\nurl = "boto3://eu-central-1?table_prefix=prod-"\n',
        encoding="utf-8",
    )
    assert table_name(shop) == "dev-books"
    assert table_name(shop, "--env", "prod") == "prod-books"
    assert table_name(shop, "--url", "boto3://?table_prefix=test-") == "test-books"
    assert table_name(shop, DYNAMORM_URL="sqlite:///x.db?table_prefix=there-") == "there-books"
    assert not list(shop.glob("*.db"))


def test_names_are_those_that_the_module_connects_with(shop: Path) -> None:
    (shop / "pyproject.toml").unlink()
    path = shop / "shop" / "models.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        f"{text}\nimport dynamorm\ndynamorm.connect('sqlite:///:memory:', table_prefix='own-')\n", encoding="utf-8"
    )
    assert table_name(shop) == "own-books"
    assert table_name(shop, "--url", "boto3://eu-west-1") == "books"


def test_a_model_with_a_backend_keeps_its_names_unless_all_go_elsewhere(shop: Path) -> None:
    path = shop / "shop" / "models.py"
    text = path.read_text(encoding="utf-8")
    pinned = 'name = "books"\n        backend = "sqlite:///:memory:?table_prefix=pinned-"\n'
    path.write_text(text.replace('name = "books"\n', pinned), encoding="utf-8")
    assert table_name(shop) == "pinned-books"
    assert table_name(shop, "--url", "boto3://eu-west-1?table_prefix=all-") == "all-books"


def test_a_failure_is_a_document_with_json(shop: Path) -> None:
    result = run("export", "--to", "terraform", "--json", "shop.models:Nothing", folder=shop)
    assert result.status == 64
    assert json.loads(result.out)["error"] == "ModelNotFound"
