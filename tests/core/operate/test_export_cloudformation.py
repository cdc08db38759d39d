"""``operate.export.cloudformation``: templates that cfn-lint accepts, and that make the tables of the models."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamorm
from dynamorm import Mapped, Model, operate
from dynamorm.data import SetDeletionProtection, UpdateTable
from dynamorm.engine.run.connections import open_connection
from dynamorm.exceptions import DynaModelException, RequestRejected
from dynamorm.operate.export.yaml_text import yaml_of
from dynamorm.ports.backends import Backend
from tests.core.operate import shop, table_matrix
from tests.core.operate.linters import cfn_lint
from tests.support.servers.connections import ACCESS_KEY, REGION, SECRET_KEY

SHOP = [shop.Author, shop.Book, shop.Tenants, shop.Account, shop.Profile]
#: How many tables cfn-lint looks at, which takes it an eighth of a second for each.
LINTED = 4


def test_a_table_is_what_create_table_would_make() -> None:
    template = operate.export.cloudformation([shop.Book])
    assert template.document["AWSTemplateFormatVersion"] == "2010-09-09"
    book = template.resources["Books"]
    assert (book["Type"], book["DeletionPolicy"], book["UpdateReplacePolicy"]) == (
        "AWS::DynamoDB::Table",
        "Retain",
        "Retain",
    )
    properties = book["Properties"]
    assert properties["TableName"] == "books"
    assert properties["KeySchema"] == [
        {"AttributeName": "isbn", "KeyType": "HASH"},
        {"AttributeName": "edition", "KeyType": "RANGE"},
    ]
    assert properties["ProvisionedThroughput"] == {"ReadCapacityUnits": 25, "WriteCapacityUnits": 5}
    # No StreamEnabled, as CreateTable has it.
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert properties["Tags"] == [{"Key": "team", "Value": "catalogue"}, {"Key": "cost:centre", "Value": "4 2"}]
    by_place = properties["GlobalSecondaryIndexes"][1]
    assert [(each["AttributeName"], each["KeyType"]) for each in by_place["KeySchema"]] == [
        ("country", "HASH"),
        ("city", "HASH"),
        ("year", "RANGE"),
        ("edition", "RANGE"),
    ]
    assert by_place["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]}
    assert properties["LocalSecondaryIndexes"][0]["IndexName"] == "by-year"
    profile = operate.export.cloudformation([shop.Profile]).resources["Profiles"]["Properties"]
    assert profile["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    # What the model does not set is left to DynamoDB.
    assert profile.keys() == {
        "TableName",
        "AttributeDefinitions",
        "KeySchema",
        "BillingMode",
        "TimeToLiveSpecification",
    }


def test_cfn_lint_has_no_findings_but_in_the_faults_that_a_wrong_export_would_have() -> None:
    every = operate.export.cloudformation([*SHOP, *table_matrix.models(LINTED)])
    named = operate.export.cloudformation([shop.Profile], name_parameter=True)
    faults: dict[str, Any] = {
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "TimeToLive": "expires",
        "Tags": {"team": "catalogue"},
        "DeletionProtection": True,
        "BillingMode": "PAY_PER_REQUEST",
    }
    book = operate.export.cloudformation([shop.Book]).resources["Books"]
    wrong = {f"Wrong{name}": {**book, "Properties": {**book["Properties"], name: faults[name]}} for name in faults}
    document = {**every.document, "Resources": wrong}
    right, with_parameters, found = cfn_lint(every.json(), named.yaml(), json.dumps(document))
    assert (right, with_parameters) == ([], [])
    assert [name for name in wrong if not any(name in each for each in found)] == []


def test_what_cfn_lint_misses_is_refused() -> None:
    class Wide(Model):
        class Table:
            name = "wide"
            hash_key = "id"

        id: Mapped[str]
        value: Mapped[int]

    indexes = {
        f"Index{number}": type(
            f"Index{number}",
            (dynamorm.GlobalIndex,),
            {"name": f"index-{number}", "hash_key": "value", "projection": dynamorm.ProjectKeys()},
        )
        for number in range(21)
    }
    table = type("Table", (), {"name": "wide", "hash_key": "id"})
    wider = type("Wider", (Wide,), {"Table": table, **indexes})
    with pytest.raises(RequestRejected, match="'wide' has 21 global indexes; DynamoDB allows 20"):
        operate.export.cloudformation([wider])


#: The settings that moto leaves out of the tables of stacks.
LEFT_OUT = {"table class", "time to live"}


@pytest.mark.parametrize("model", [shop.Book, shop.Tenants, shop.Profile])
def test_the_table_of_a_stack_is_that_of_the_model(model: Any, moto_server: str, moto: Backend) -> None:
    """moto creates it by CloudFormation; the plan of the model finds nothing to change."""
    import boto3

    stacks = boto3.client(
        "cloudformation",
        endpoint_url=moto_server,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    stacks.create_stack(StackName=model.__name__, TemplateBody=operate.export.cloudformation([model]).yaml())
    table = model if model is shop.Tenants else model.__table__
    with dynamorm.using(moto):
        differing = {change.subject for change in table.plan()}
        if model is shop.Book:
            moto.execute(UpdateTable("books", SetDeletionProtection(on=False)))
    assert differing <= LEFT_OUT


def test_a_fragment_goes_into_a_larger_template() -> None:
    template = operate.export.cloudformation([shop.Author])
    assert template.fragment == {"Resources": template.resources}
    assert json.loads(template.json(fragment=True)) == template.fragment
    assert template.yaml(fragment=True).startswith("Resources:\n  Authors:\n    Type: AWS::DynamoDB::Table\n")


def test_names_can_be_parameters() -> None:
    template = operate.export.cloudformation([shop.Author, shop.Book], name_parameter=True, table_prefix="dev-")
    assert template.resources["Books"]["Properties"]["TableName"] == {"Ref": "BooksName"}
    assert template.parameters["BooksName"]["Default"] == "dev-books"
    assert template.fragment.keys() == {"Parameters", "Resources"}


def test_logical_ids_are_made_of_names_and_can_be_given() -> None:
    class Dotted(Model):
        class Table:
            name = "my.b-o_oks"
            hash_key = "id"

        id: Mapped[str]

    class Dashed(Model):
        class Table:
            name = "my-b-o-oks"
            hash_key = "id"

        id: Mapped[str]

    export = operate.export.cloudformation
    assert list(export([Dotted]).resources) == ["MyBOOks"]
    with pytest.raises(DynaModelException, match=r"'my\.b-o_oks' and 'my-b-o-oks' would both have the id 'MyBOOks'"):
        export([Dotted, Dashed])
    assert list(export([Dotted, Dashed], ids={"my-b-o-oks": "Other"}).resources) == ["MyBOOks", "Other"]
    with pytest.raises(DynaModelException, match="'not-an-id' can't be the id of the table 'my-b-o-oks'"):
        export([Dashed], ids={"my-b-o-oks": "not-an-id"})
    with pytest.raises(DynaModelException, match=r"given for the table 'books', which is not exported. The tables are"):
        export([Dashed], ids={"books": "Books"})
    with pytest.raises(DynaModelException, match="'MyBOOksName' is both the id of a table and the parameter"):
        export([Dotted, shop.Author], ids={"authors": "MyBOOksName"}, name_parameter=True)


def test_every_feature_is_the_same_in_yaml_and_json() -> None:
    template = operate.export.cloudformation(table_matrix.models(40, seed=1))
    assert yaml.safe_load(template.yaml()) == json.loads(template.json()) == template.document


_scalars = (
    st.text() | st.integers() | st.booleans() | st.sampled_from(["yes", "1e3", "~", "null", "0x1F", "12:30", "=", "<<"])
)


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
        ),
        min_size=1,
        max_size=3,
    )
)
def test_yaml_reads_back_as_it_was(document: dict[str, Any]) -> None:
    assert yaml.safe_load(yaml_of(document)) == document


def test_no_connection_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("dynamorm.engine.run.connections._default", None)
    monkeypatch.setattr("dynamorm.engine.run.connections.open_connection", opened)
    monkeypatch.setenv("DYNAMORM_URL", "boto3://eu-west-1?table_prefix=url-")
    monkeypatch.setenv("DYNAMORM_TABLE_PREFIX", "env-")

    def name() -> str:
        authors: str = operate.export.cloudformation([shop.Author]).resources["Authors"]["Properties"]["TableName"]
        return authors

    assert name() == "url-authors"
    monkeypatch.delenv("DYNAMORM_URL")
    assert name() == "env-authors"


def test_names_have_the_prefix_of_the_connection_in_force() -> None:
    connection = open_connection("sqlite:///:memory:", table_prefix="test-")

    class Pinned(Model):
        class Table:
            name = "pinned"
            hash_key = "id"
            backend = connection

        id: Mapped[str]

    class Addressed(Model):
        class Table:
            name = "addressed"
            hash_key = "id"
            backend = "sqlite:///:memory:?table_prefix=away-"

        id: Mapped[str]

    def names(**given: Any) -> list[str]:
        resources = operate.export.cloudformation([shop.Author, Pinned, Addressed], **given).resources.values()
        return [each["Properties"]["TableName"] for each in resources]

    with connection, dynamorm.using("sqlite:///:memory:", table_prefix="here-"):
        assert names() == ["here-authors", "test-pinned", "away-addressed"]
        assert names(table_prefix="") == ["authors", "pinned", "addressed"]
        assert names(table_prefix="x-") == ["x-authors", "x-pinned", "x-addressed"]
