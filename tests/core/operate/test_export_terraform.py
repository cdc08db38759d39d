"""``operate.export.terraform``: configurations that python-hcl2 parses, and that say the same in both of their forms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamorm import Mapped, Model, operate
from dynamorm.exceptions import DynaModelException
from dynamorm.operate.export.hcl_text import hcl_of
from dynamorm.operate.export.terraform_configurations import literal
from tests.core.operate import shop, table_matrix
from tests.core.operate.linters import parsed_hcl

BOOK = """\
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.29.0"
    }
  }
}

resource "aws_dynamodb_table" "books" {
  name                        = "books"
  billing_mode                = "PROVISIONED"
  read_capacity               = 25
  write_capacity              = 5
  hash_key                    = "isbn"
  range_key                   = "edition"
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"
  table_class                 = "STANDARD_INFREQUENT_ACCESS"
  deletion_protection_enabled = true
  tags = {
    team          = "catalogue"
    "cost:centre" = "4 2"
  }

  attribute {
    name = "author"
    type = "S"
  }
"""


def arguments_of(model: Any, name: str, **given: Any) -> dict[str, Any]:
    """The arguments of a table's resource."""
    arguments: dict[str, Any] = operate.export.terraform([model], **given).document["resource"]["aws_dynamodb_table"][
        name
    ]
    return arguments


def test_a_table_is_formatted_as_terraform_fmt_does() -> None:
    assert operate.export.terraform([shop.Book]).hcl().startswith(BOOK)


def test_the_blocks_of_a_table() -> None:
    book = arguments_of(shop.Book, "books")
    by_author, by_place = book["global_secondary_index"]
    assert by_author == {
        "name": "by-author",
        "projection_type": "ALL",
        "read_capacity": 5,
        "write_capacity": 2,
        "key_schema": [
            {"attribute_name": "author", "key_type": "HASH"},
            {"attribute_name": "year", "key_type": "RANGE"},
        ],
    }
    assert [each["attribute_name"] for each in by_place["key_schema"]] == ["country", "city", "year", "edition"]
    assert by_place["non_key_attributes"] == ["title"]
    # Local indexes have the hash key of the table.
    assert book["local_secondary_index"] == [{"name": "by-year", "projection_type": "KEYS_ONLY", "range_key": "year"}]
    assert book["lifecycle"] == {"prevent_destroy": True}
    profile = arguments_of(shop.Profile, "profiles")
    assert profile["ttl"] == {"attribute_name": "expires", "enabled": True}
    assert profile.keys() == {"name", "billing_mode", "hash_key", "attribute", "ttl", "lifecycle"}


def test_every_feature_is_the_same_in_both_forms() -> None:
    configuration = operate.export.terraform(
        [shop.Author, shop.Book, shop.Tenants, shop.Profile, *table_matrix.models(30)],
        name_parameter=True,
        imported=["books", "tenants"],
    )
    assert parsed_hcl(configuration.hcl()) == json.loads(configuration.json()) == configuration.document


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_is_parsed_as_it_was(text: str) -> None:
    table = {"name": literal(text), "tags": {literal(text): literal(text)}}
    document = {
        "terraform": {"required_providers": {"aws": {}}},
        "resource": {"aws_dynamodb_table": {"table": table}},
    }
    assert parsed_hcl(hcl_of(document)) == document


def test_texts_are_not_interpolated() -> None:
    assert literal("${var.x} %{if} $x") == "$${var.x} %%{if} $x"


def test_existing_tables_are_imported() -> None:
    configuration = operate.export.terraform([shop.Author, shop.Book], imported=["books"])
    assert configuration.document["import"] == [{"to": "aws_dynamodb_table.books", "id": "books"}]
    assert configuration.document["terraform"]["required_version"] == ">= 1.5.0"
    with_prefix = operate.export.terraform([shop.Book], table_prefix="dev-", imported=["dev-books"])
    assert with_prefix.document["import"] == [{"to": "aws_dynamodb_table.books", "id": "dev-books"}]
    assert 'import {\n  to = aws_dynamodb_table.books\n  id = "books"\n}\n' in configuration.hcl()
    with pytest.raises(
        DynaModelException, match="The table 'tenants' is to be imported, and is none of authors, books"
    ):
        operate.export.terraform([shop.Author, shop.Book], imported=["tenants"])


def test_names_can_be_variables() -> None:
    configuration = operate.export.terraform([shop.Author], name_parameter=True, table_prefix="dev-")
    assert configuration.document["variable"]["authors_name"]["default"] == "dev-authors"
    text = configuration.hcl()
    assert 'variable "authors_name" {\n  type        = string\n  default     = "dev-authors"' in text
    assert 'resource "aws_dynamodb_table" "authors" {\n  name         = var.authors_name\n' in text


def test_an_old_provider_gets_the_keys_of_indexes_as_arguments() -> None:
    tenants = arguments_of(shop.Tenants, "tenants", provider_before_6_29=True)
    gsi1, gsi2 = tenants["global_secondary_index"]
    assert (gsi1["hash_key"], gsi1["range_key"]) == ("gsi1pk", "gsi1sk")
    assert gsi2 == {"name": "gsi2", "projection_type": "ALL", "hash_key": "gsi2pk"}
    document = operate.export.terraform([shop.Tenants], provider_before_6_29=True).document
    assert document["terraform"]["required_providers"]["aws"]["version"] == "< 6.29.0"
    with pytest.raises(
        DynaModelException, match=r"'by-place' of 'books' has keys of several attributes.* since 6\.29\.0"
    ):
        operate.export.terraform([shop.Book], provider_before_6_29=True)


def test_names_of_resources_are_made_of_names_and_can_be_given() -> None:
    class Numbered(Model):
        class Table:
            name = "9.my-Books"
            hash_key = "id"

        id: Mapped[str]

    def ids(**given: Any) -> list[str]:
        return list(operate.export.terraform([Numbered], **given).document["resource"]["aws_dynamodb_table"])

    assert ids() == ["_9_my_Books"]
    assert ids(ids={"9.my-Books": "books-9"}) == ["books-9"]
    with pytest.raises(
        DynaModelException, match=r"'9books' can't be the id of the table '9\.my-Books': it has letters"
    ):
        ids(ids={"9.my-Books": "9books"})
