"""The tables of models as every export has them: each once, complete, and not contradictory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Mapped, Model, ProjectAll, ProjectKeys, operate
from dynamorm.exceptions import DynaModelException, MissingTableAttribute, RequestRejected
from dynamorm.ports.backends import Backend
from tests.core.operate import shop


def template(*models: Any) -> dict[str, Any]:
    """The properties of each table, by logical id."""
    return {name: each["Properties"] for name, each in operate.export.cloudformation(models).resources.items()}


def test_models_of_a_shared_table_are_one_table_with_all_of_its_indexes() -> None:
    assert template(shop.Customer) == template(shop.Order) == template(shop.Tenants, shop.Order, shop.Customer)
    assert [each["IndexName"] for each in template(shop.Customer)["Tenants"]["GlobalSecondaryIndexes"]] == [
        "gsi1",
        "gsi2",
    ]


def test_the_table_of_guards_follows_that_of_the_model() -> None:
    assert list(template(shop.Account)) == ["Accounts", "Names"]


class ById(Model):
    class Table:
        name = "both"
        hash_key = "id"
        stream = "NEW_IMAGE"
        tags = {"team": "one"}  # noqa: RUF012 - a setting

    class ByName(GlobalIndex["ById"]):
        name = "by-name"
        hash_key = "name"
        projection = ProjectAll()

    id: Mapped[str]
    name: Mapped[str]


def test_models_of_one_table_are_merged() -> None:
    class ByYear(Model):
        class Table:
            name = "both"
            hash_key = "id"
            ttl = "expires"

        class Years(GlobalIndex["ByYear"]):
            name = "by-year"
            hash_key = "year"
            projection = ProjectKeys()

        id: Mapped[str]
        year: Mapped[int]
        expires: Mapped[int]

    (both,) = template(ById, ByYear).values()
    assert [each["IndexName"] for each in both["GlobalSecondaryIndexes"]] == ["by-name", "by-year"]
    assert both["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert both["TimeToLiveSpecification"]["AttributeName"] == "expires"
    assert both["Tags"] == [{"Key": "team", "Value": "one"}]


def test_more_tags_than_dynamodb_allows_are_refused() -> None:
    def tagged(*numbers: int) -> type[DynaModel]:
        class Thing(DynaModel):
            class Table:
                name = "things"
                hash_key = "id"
                tags = {f"tag-{number}": "1" for number in numbers}  # noqa: RUF012 - a setting

            class Schema:
                id = fields.String(required=True)

        return Thing

    with pytest.raises(RequestRejected, match="tags"):
        template(tagged(*range(30)), tagged(*range(30, 60)))


def _other_key() -> type[DynaModel]:
    class Other(Model):
        class Table:
            name = "both"
            hash_key = "other"

        other: Mapped[str]

    return Other


def _other_stream() -> type[DynaModel]:
    class Other(Model):
        class Table:
            name = "both"
            hash_key = "id"
            stream = "OLD_IMAGE"

        id: Mapped[str]

    return Other


def _other_index() -> type[DynaModel]:
    class Other(Model):
        class Table:
            name = "both"
            hash_key = "id"

        class ByName(GlobalIndex["Other"]):
            name = "by-name"
            hash_key = "name"
            projection = ProjectKeys()

        id: Mapped[str]
        name: Mapped[str]

    return Other


@pytest.mark.parametrize("make", [_other_key, _other_stream, _other_index])
def test_models_that_contradict_each_other_are_refused_with_both_names(make: Any) -> None:
    with pytest.raises(DynaModelException) as raised:
        template(ById, make())
    assert all(name in str(raised.value) for name in ("ById", "Other", "'both'"))


def test_an_incomplete_capacity_is_refused() -> None:
    class Half(Model):
        class Table:
            name = "half"
            hash_key = "id"
            read = 5

        id: Mapped[str]

    with pytest.raises(MissingTableAttribute, match="write"):
        template(Half)


class Base(Model):
    id: Mapped[str]


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ([], r"export\.EXPORT takes a list of models, as in operate\.export\.EXPORT\(\[Book, Author\]\)"),
        (shop.Book, "EXPORT takes a list of models, as in"),
        ("books", "EXPORT takes a list of models, as in"),
        (None, "EXPORT takes a list of models, as in"),
        ([shop.Book, "books"], "EXPORT takes a list of models that have a table, and of shared tables, and str is"),
        ([shop.Book, 5], "and int is neither"),
        ([Base], "and Base is neither"),
        ([int], "and int is neither"),
    ],
)
@pytest.mark.parametrize("export", ["cloudformation", "terraform", "iam", "existing_tables"])
def test_what_is_no_model_is_refused(models: Any, message: str, export: str) -> None:
    with pytest.raises(DynaModelException, match=message.replace("EXPORT", export)):
        getattr(operate.export, export)(models)


def wide_model() -> type[DynaModel]:
    """A model whose indexes include 102 attributes in all."""
    projection = dynamorm.ProjectInclude(*(f"attribute{number}" for number in range(17)))
    indexes = {
        f"Index{number}": type(
            f"Index{number}", (GlobalIndex,), {"name": f"index-{number}", "hash_key": "id", "projection": projection}
        )
        for number in range(6)
    }
    table = type("Table", (), {"name": "wide", "hash_key": "id"})
    names = ("id", *(f"attribute{number}" for number in range(17)))
    schema = type("Schema", (), {name: fields.String() for name in names})
    return type("Wide", (DynaModel,), {"Table": table, "Schema": schema, **indexes})


def test_more_included_attributes_than_dynamodb_allows_are_refused() -> None:
    """No other tool finds it."""
    model = wide_model()
    with pytest.raises(
        RequestRejected, match="The indexes of 'wide' include 102 attributes in all; DynamoDB allows 100"
    ):
        template(model)


def test_dynamodb_local_refuses_them_too(local: Backend) -> None:
    with dynamorm.using(local), pytest.raises(RequestRejected, match="can be projected"):
        wide_model().__table__.create()


def test_tables_that_exist_are_found_where_the_models_are() -> None:
    models = [shop.Author, shop.Account]
    with dynamorm.using("sqlite:///:memory:", table_prefix="here-"):
        shop.Names.__table__.create()
        assert operate.export.existing_tables(models) == ("here-names",)
    with dynamorm.using("sqlite:///:memory:") as connection:
        shop.Author.__table__.create()
        assert asyncio.run(operate.export.aexisting_tables(models, backend=connection)) == ("authors",)
    assert operate.export.existing_tables(models, backend="sqlite:///:memory:") == ()


def test_the_names_of_the_package() -> None:
    assert set(operate.export.__all__) <= set(dir(operate.export))
    assert all(getattr(operate.export, name) for name in operate.export.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'cdk'"):
        _ = operate.export.cdk
