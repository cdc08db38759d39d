"""Defining a model: what its inner classes say, and what is wrong with them, in words."""

from __future__ import annotations

import types
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectInclude, ProjectKeys
from dynamorm.data import KeyAttribute
from dynamorm.exceptions import (
    AmbiguousSchema,
    DynaModelException,
    InvalidKey,
    InvalidSchemaField,
    MissingTableAttribute,
    SchemaNotRecognised,
)
from dynamorm.plugins import finder
from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaAdapter, SchemaProvider
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Fields:
    isbn = fields.text()
    author = fields.text()
    year = fields.integer()
    tags = fields.list_of(fields.text())
    title = fields.text(attribute="Title")


def define(table: dict[str, Any] | None = None, schema: type | None = Fields, **inner: Any) -> type[DynaModel]:
    """The model ``Book`` with a table of these settings, and further inner classes."""
    settings = {"name": "books", "hash_key": "isbn"} if table is None else table
    body = {"Table": type("Table", (), settings), "Schema": schema, **inner}
    model: type[DynaModel] = types.new_class("Book", (DynaModel,), exec_body=lambda namespace: namespace.update(body))
    return model


def index(kind: type = GlobalIndex, **settings: Any) -> type:
    complete = {"name": "by-author", "hash_key": "author", "projection": ProjectAll(), **settings}
    return type("ByAuthor", (kind,), {name: value for name, value in complete.items() if value is not None})


def test_model_without_table_is_refused() -> None:
    with pytest.raises(DynaModelException, match="The model Book needs an inner class 'Table'"):

        class Book(DynaModel):
            class Schema:
                isbn = fields.text()


def test_model_without_schema_is_refused() -> None:
    with pytest.raises(DynaModelException, match="The model Book needs an inner class 'Schema'"):

        class Book(DynaModel):
            class Table:
                name = "books"
                hash_key = "isbn"


@pytest.mark.one_schema_library
@pytest.mark.parametrize("inner", ["Table", "Schema"])
def test_inner_class_that_is_no_class(inner: str) -> None:
    with pytest.raises(DynaModelException, match=f"The '{inner}' of Book must be a class, not str"):
        types.new_class("Book", (define(),), exec_body=lambda namespace: namespace.update({inner: "books"}))


@pytest.mark.one_schema_library
@pytest.mark.parametrize("setting", ["name", "hash_key"])
def test_table_that_lacks_what_it_needs(setting: str) -> None:
    settings = {"name": "books", "hash_key": "isbn"}
    del settings[setting]
    with pytest.raises(MissingTableAttribute, match=f"The Table of Book needs a '{setting}'") as raised:
        define(settings)
    assert isinstance(raised.value, TypeError)


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"name": 5}, MissingTableAttribute, "The 'name' of the Table of Book must be a string, not int"),
        ({"name": "my books"}, DynaModelException, "'my books', .* 3 to 255 letters, digits, dots, dashes"),
        ({"name": "ab"}, DynaModelException, "'ab'.*3 to 255"),
        ({"name": "x" * 256}, DynaModelException, "3 to 255"),
        (
            {"hash_key": "ISBN"},
            InvalidSchemaField,
            "hash_key 'ISBN' of the Table of Book is not in the schema, .* isbn",
        ),
        ({"range_key": "page"}, InvalidSchemaField, "range_key 'page' of the Table of Book is not in the schema"),
        ({"hash_key": "Title"}, InvalidSchemaField, "hash_key 'Title'.* title"),
        ({"hash_key": "tags"}, InvalidKey, "'tags' of the Table of Book has a field type that can't be a key"),
        (
            {"range_key": "tags"},
            InvalidKey,
            "range_key 'tags'.* stored as a string, a number or bytes. Change the type of the field",
        ),
        (
            {"hash_key": ["isbn", "year"]},
            InvalidKey,
            "hash_key of the Table of Book is a list .* keys of a GlobalIndex",
        ),
        ({"range_key": ["year", "title"]}, InvalidKey, "range_key of the Table of Book is a list .* Name one field"),
        ({"range_key": "isbn"}, InvalidKey, "'isbn' appears twice in the hash_key and range_key of the Table of Book"),
        ({"stream": "EVERYTHING"}, DynaModelException, "'EVERYTHING' .* Book must be one of NEW_IMAGE, OLD_IMAGE"),
    ],
)
def test_table_setting_that_can_not_work(settings: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        define({"name": "books", "hash_key": "isbn", **settings})


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("misspelled", "meant"), [("versions", "version"), ("hashkey", "hash_key"), ("Stream", "stream"), ("TTL", "ttl")]
)
def test_table_setting_that_is_misspelled(misspelled: str, meant: str) -> None:
    table = {"name": "books", "hash_key": "isbn", misspelled: "year"}
    with pytest.raises(
        DynaModelException, match=f"The Table of Book has no setting '{misspelled}'. Did you mean '{meant}'"
    ):
        define(table)


@pytest.mark.one_schema_library
def test_table_setting_that_a_later_release_will_have() -> None:
    words = "The setting 'item_version' in the Table of Book is reserved for migrations of items, which a later release"
    with pytest.raises(DynaModelException, match=words):
        define({"name": "books", "hash_key": "isbn", "item_version": 2})


def test_table_may_have_names_of_the_programs_own() -> None:
    book: Any = define({"name": "books", "hash_key": "isbn", "owner": "team books", "names": lambda self: [self.name]})
    assert book.Table.owner == "team books"
    assert book.Table.names() == ["books"]


@pytest.mark.one_schema_library
@pytest.mark.parametrize("stream", ["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"])
def test_streams(stream: str) -> None:
    assert table_of(define({"name": "books", "hash_key": "isbn", "stream": stream})).spec.stream == stream


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("broken", "kind", "words"),
    [
        (index(name=None), MissingTableAttribute, "The index ByAuthor of Book needs a 'name'"),
        (index(name="my index"), DynaModelException, "'my index', the name in the index ByAuthor .* 3 to 255 letters"),
        (index(name="ab"), DynaModelException, "'ab'.*3 to 255"),
        (index(hash_key=None), MissingTableAttribute, "The index ByAuthor of Book needs a 'hash_key'"),
        (index(projection=None), MissingTableAttribute, r"ByAuthor of Book needs a 'projection'.*ProjectAll\(\), Proj"),
        (index(projection=ProjectKeys), MissingTableAttribute, r"is a class; write ProjectKeys\(\)"),
        (index(hash_key="writer"), InvalidSchemaField, "hash_key 'writer' of the index ByAuthor of Book"),
        (index(range_key="writer"), InvalidSchemaField, "range_key 'writer' of the index ByAuthor of Book"),
        (
            index(LocalIndex, hash_key="isbn", range_key="writer"),
            InvalidSchemaField,
            "range_key 'writer' of the index ByAuthor of Book is not in the schema, whose fields are author, isbn",
        ),
        (index(range_key="tags"), InvalidKey, "range_key 'tags' of the index ByAuthor"),
        (index(hash_key="tags"), InvalidKey, "hash_key 'tags' of the index ByAuthor"),
        (index(LocalIndex, range_key="year"), MissingTableAttribute, "local, so it needs the table's hash key 'isbn'"),
        (index(LocalIndex, hash_key="isbn"), MissingTableAttribute, "local, .* and a 'range_key'"),
        (index(hash_key=["author", "writer"]), InvalidSchemaField, "hash_key 'writer' of the index ByAuthor of Book"),
        (index(range_key=("year", "writer")), InvalidSchemaField, "range_key 'writer' of the index ByAuthor of Book"),
        (index(range_key=["year", "tags"]), InvalidKey, "range_key 'tags' of the index ByAuthor .* can't be a key"),
        (
            index(hash_key=["isbn", "author", "year", "title", "tags"]),
            InvalidKey,
            "hash_key of the index ByAuthor of Book has 5 fields, and DynamoDB allows 4. Leave some out",
        ),
        (
            index(range_key=["isbn", "tags", "year", "title", "page"]),
            InvalidKey,
            "range_key of the index ByAuthor of Book has 5 fields",
        ),
        (
            index(hash_key=["author", "year", "author"]),
            InvalidKey,
            "'author' appears twice in the hash_key and range_key",
        ),
        (index(range_key=["year", "author"]), InvalidKey, "'author' appears twice .* of the index ByAuthor of Book"),
        (index(range_key="author"), InvalidKey, "'author' appears twice"),
        (
            index(hash_key=[]),
            MissingTableAttribute,
            "hash_key of the index ByAuthor .* a list of one to 4 names; .* empty",
        ),
        (
            index(range_key=["year", 5]),
            MissingTableAttribute,
            "range_key of the index ByAuthor .* holds something else",
        ),
        (
            index(range_key=5),
            MissingTableAttribute,
            "'range_key' of the index ByAuthor of Book must be a string, not int",
        ),
        (
            index(LocalIndex, hash_key="isbn", range_key=["year", "title"]),
            InvalidKey,
            "range_key of the index ByAuthor of Book is a list .* only the keys of a GlobalIndex can be. Name one field",
        ),
        (
            index(LocalIndex, hash_key=["isbn", "title"], range_key="year"),
            InvalidKey,
            "hash_key of the index ByAuthor of Book is a list of fields",
        ),
    ],
)
def test_index_that_can_not_work(broken: type, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        define(ByAuthor=broken)


@pytest.mark.one_schema_library
@pytest.mark.parametrize("several", [list, tuple])
def test_index_with_keys_of_several_fields(several: type[list[str]] | type[tuple[str, ...]]) -> None:
    book = define(ByAuthor=index(hash_key=several(["author", "title"]), range_key=several(["year"])))
    spec = table_of(book).indexes["by-author"].spec
    assert spec.hash_keys == (KeyAttribute("author", "S"), KeyAttribute("Title", "S"))
    assert spec.range_key == KeyAttribute("year", "N")


def test_projection_may_include_attributes_that_the_schema_does_not_know() -> None:
    book = define(ByAuthor=index(projection=ProjectInclude("title", "pages")))
    assert table_of(book).indexes["by-author"].spec.projection.include == ("Title", "pages")


def test_projection_that_includes_nothing() -> None:
    with pytest.raises(DynaModelException, match=r"ProjectInclude needs the names .* To include none, use ProjectKeys"):
        ProjectInclude()


def test_two_indexes_of_one_name() -> None:
    with pytest.raises(DynaModelException, match="Two indexes of Book have the name 'by-author'"):
        define(ByAuthor=index(), ByWriter=index())


@pytest.mark.parametrize("empty", [type("Schema", (), {}), type("Schema", (), {"isbn": str})])
def test_schema_that_no_adapter_recognises(empty: type) -> None:
    with pytest.raises(SchemaNotRecognised, match=r"Schema of Book.*install its adapter: dynamorm-marshmallow"):
        define(schema=empty)


def test_schema_that_two_adapters_claim() -> None:
    class Greedy:
        @hookimpl
        def dynamorm_register_schema(self) -> SchemaProvider:
            return SchemaProvider("greedy", 1, lambda definition: Claim.FIELDS, self.adapt)

        def adapt(self, model_name: str, definition: type) -> SchemaAdapter:
            raise AssertionError

    greedy = Greedy()
    finder().register(greedy)
    try:
        with pytest.raises(AmbiguousSchema, match="Schema of Book is claimed by greedy and tests"):
            define()
    finally:
        finder().unregister(greedy)
    assert define().__name__ == "Book"


def test_refused_model_can_be_defined_when_mended() -> None:
    with pytest.raises(InvalidSchemaField):
        define({"name": "books", "hash_key": "ISBN"})
    assert table_of(define()).name == "books"


@pytest.mark.parametrize("name", ["get", "update", "Table", "Schema", "save", "to_dict", "partial"])
def test_field_that_would_hide_a_part_of_the_model(name: str) -> None:
    hiding = type("Schema", (Fields,), {name: fields.text()})
    words = f"The field '{name}' of Book would hide .* Rename the field, for example to '{name}_', .*data_key"
    with pytest.raises(DynaModelException, match=words):
        define(schema=hiding)


def test_field_that_would_hide_an_attribute_of_the_model_s_own() -> None:
    with pytest.raises(DynaModelException, match="'author' of Book would hide an attribute of the class Book"):
        define(author=property(lambda self: "nobody"))


@pytest.mark.parametrize("name", ["conditions", "consistent", "query_kwargs", "scan_kwargs", "update_item_kwargs"])
def test_key_that_would_hide_a_parameter_of_a_verb(name: str) -> None:
    hiding = type("Schema", (Fields,), {name: fields.text()})
    with pytest.raises(DynaModelException, match=f"'{name}' of Book would hide a parameter of the verbs of Book"):
        define({"name": "books", "hash_key": name}, schema=hiding)
    with pytest.raises(DynaModelException, match=f"'{name}' of Book would hide a parameter of the verbs of Book"):
        define(schema=hiding, ByAuthor=index(hash_key=name))
    with pytest.raises(DynaModelException, match=f"'{name}' of Book would hide a parameter of the verbs of Book"):
        define(schema=hiding, ByAuthor=index(range_key=["year", name]))
    assert name in define(schema=hiding).__dict__


def test_attribute_may_be_called_like_what_its_field_can_not() -> None:
    mapped = type("Schema", (Fields,), {"get_": fields.text(attribute="get")})
    assert define(schema=mapped)(isbn="1", get_="x").to_dict() == {"isbn": "1", "get": "x"}
