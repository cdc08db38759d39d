"""What a ``Table`` and an index class say: it means something, or it is refused, and it is fixed with the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectInclude, ProjectKeys
from dynamorm.exceptions import DynaModelException, MissingTableAttribute, UnknownAttribute
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

#: The metaclass of models, for those that are made in another way than by a class statement.
META: Any = type(DynaModel)

pytestmark = pytest.mark.one_schema_library


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        read = 5
        write = 2
        stream = "KEYS_ONLY"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        read = 5
        write = 2
        projection = ProjectAll()

    class Schema:
        isbn = fields.text(required=True)
        author = fields.text()


def define(**inner: Any) -> Any:
    body = {"Table": type("Table", (), {"name": "things", "hash_key": "isbn"}), "Schema": Book.Schema, **inner}
    return META("Thing", (DynaModel,), {"__module__": __name__, "__qualname__": "Thing", **body})


# Unknown settings


@pytest.mark.parametrize(
    ("setting", "meant"),
    [
        ("sort_key", "'range_key'"),
        ("partition_key", "'hash_key'"),
        ("table_name", "'name'"),
        ("Sort_Key", "'range_key'"),
        ("rangekey", "'range_key'"),
        ("region", "'session_kwargs', or dynamorm.connect"),
        ("host", "'endpoint_url' in 'resource_kwargs'"),
        ("read_capacity", "'read'"),
        ("read_capacity_units", "'read'"),
        ("write_capacity", "'write'"),
        ("table_prefix", "dynamorm.connect"),
    ],
)
def test_setting_of_another_library_is_refused(setting: str, meant: str) -> None:
    settings = {"name": "things", "hash_key": "isbn", setting: "author"}
    with pytest.raises(
        DynaModelException, match=f"^The Table of Thing has no setting '{setting}'. Did you mean {meant}"
    ):
        define(Table=type("Table", (), settings))
    with pytest.raises(DynaModelException, match=f"The Table of Thing has no setting '{setting}'"):
        define(Table=type("Table", (type("Base", (), settings),), {}))


@pytest.mark.parametrize(
    ("setting", "meant"),
    [("sort_key", "'range_key'"), ("partition_key", "'hash_key'"), ("projections", "'projection'")],
)
def test_unknown_setting_of_an_index_is_refused(setting: str, meant: str) -> None:
    for kind in (GlobalIndex, LocalIndex):
        settings = {"name": "by-author", "hash_key": "isbn", "range_key": "author", "projection": ProjectAll()}
        with pytest.raises(
            DynaModelException, match=f"The index ByAuthor of Thing has no setting '{setting}'. Did you mean {meant}"
        ):
            define(ByAuthor=type("ByAuthor", (kind,), {**settings, setting: "author"}))


def test_names_that_do_not_look_like_a_setting_are_the_program_s() -> None:
    class Table:
        """The docstring."""

        for _number in range(1):
            name = "things"
        hash_key = "isbn"
        sort_key = None
        owner = "team books"
        _region = "x"

        def host(self) -> str:
            return f"{self.owner} of {self.name}"

    assert table_of(define(Table=Table)).host() == "team books of things"  # type: ignore[attr-defined]


# Indexes that are none


@pytest.mark.parametrize("projection", [ProjectAll(), ProjectKeys])
def test_plain_class_that_describes_an_index_is_refused(projection: object) -> None:
    plain = type("ByAuthor", (), {"name": "by-author", "hash_key": "author", "projection": projection})
    with pytest.raises(DynaModelException, match=r"'ByAuthor' of Thing looks like an index.*class ByAuthor\(GlobalIn"):
        define(ByAuthor=plain)
    mixin = type("Mixin", (), {"ByAuthor": plain})
    with pytest.raises(DynaModelException, match="'ByAuthor' of Thing looks like an index"):
        META("Thing", (mixin, Book), {"__module__": __name__, "__qualname__": "Thing"})


def test_index_as_a_value_needs_its_settings() -> None:
    with pytest.raises(DynaModelException, match=r"has a name: by_author = GlobalIndex\('by-author', hash_key="):
        define(by_author=GlobalIndex())  # type: ignore[call-arg]
    with pytest.raises(
        DynaModelException, match=r"The index 'x' has no setting 'sort_key'. Did you mean 'range_key'\?"
    ):
        GlobalIndex("x", sort_key="author")  # type: ignore[call-arg]
    with pytest.raises(DynaModelException, match=r"The index 'x' has no setting 'colour'. Its settings are name, hash"):
        GlobalIndex("x", colour="red")  # type: ignore[call-arg]
    with pytest.raises(MissingTableAttribute, match="The index by_author of Thing needs a 'projection'"):
        define(by_author=GlobalIndex("by-author", hash_key="author"))  # type: ignore[call-arg]
    with pytest.raises(UnknownAttribute, match="GlobalIndex belongs to no table yet"):
        GlobalIndex("by-author", hash_key="author", projection=ProjectAll()).query(author="me")


def test_list_of_included_fields_is_refused() -> None:
    with pytest.raises(DynaModelException, match=r"names of fields one by one: ProjectInclude\('title', 'year'\)"):
        ProjectInclude(["author"])  # type: ignore[arg-type]


def test_inner_classes_of_other_kinds_are_the_program_s() -> None:
    inner = type("Options", (), {"hash_key": "sha256"})
    assert define(Options=inner).Options is inner


def test_meta_of_a_model_warns() -> None:
    with pytest.warns(UserWarning, match="inner class 'Meta' of Thing has no effect.* 'Table'.* 'Schema'") as caught:

        class Thing(DynaModel):
            class Meta:
                table_name = "things"

            class Table:
                name = "things"
                hash_key = "isbn"

            class Schema:
                isbn = fields.text()

    assert caught[0].filename == __file__


# Assignments


@pytest.mark.parametrize(
    "setting", ["name", "hash_key", "range_key", "read", "backend", "spec", "indexes", "exists", "owner"]
)
def test_assigning_to_a_table_is_refused(setting: str, recorder: RecordingBackend) -> None:
    table: Any = Book.Table
    words = rf"Table of Book is fixed .* '{setting}' would change nothing.* class Table\(Parent.Table\).*table_prefix="
    with pytest.raises(DynaModelException, match=words):
        setattr(table, setting, "tenant-b")
    assert (table.name, table.spec.name, table.read) == ("books", "books", 5)


@pytest.mark.parametrize("setting", ["name", "hash_key", "range_key", "read", "projection"])
def test_assigning_to_an_index_is_refused(setting: str) -> None:
    for index in (Book.ByAuthor, table_of(Book).indexes["by-author"]):
        with pytest.raises(DynaModelException, match=f"The {setting} of the index ByAuthor is fixed"):
            setattr(index, setting, "other")
    assert Book.ByAuthor.name == "by-author"


def test_assigning_parts_of_a_model_is_refused() -> None:
    class Table:
        name = "others"
        hash_key = "isbn"

    class Added(GlobalIndex):
        name = "added"
        hash_key = "author"
        projection = ProjectAll()

    model: Any = Book
    parts = {"Table": Table, "Schema": Table, "ByAuthor": Added, "Added": Added, "author": "anybody"}
    for name, value in parts.items():
        with pytest.raises(DynaModelException, match=f"'{name}' of Book is fixed when the model is defined"):
            setattr(model, name, value)
    with pytest.raises(DynaModelException, match="'Table' of Book is fixed"):
        model.Table = define().Table
    assert table_of(Book).name == "books"


def test_tests_may_replace_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Book.Table, "create_table", lambda: "patched")
        patched.setattr(Book, "get", lambda **key: "patched")
        patched.setattr(Book.ByAuthor, "query", lambda **key: "patched")
        patched.setattr(Book, "Table", object())
        patched_results: list[object] = [Book.get(isbn="1"), Book.ByAuthor.query(author="a")]
        assert patched_results == ["patched", "patched"]
    assert callable(table_of(Book).create_table)
    assert table_of(Book).name == "books"


# Inherited tables


def test_table_inherits_from_a_parent_s(recorder: RecordingBackend) -> None:
    class Archived(Book):
        class Table(Book.Table):
            name = "archived-books"
            read = 7

    table, parent = table_of(Archived), table_of(Book)
    assert (table.name, table.hash_key, table.read, table.write, table.stream) == (
        "archived-books",
        "isbn",
        7,
        2,
        "KEYS_ONLY",
    )
    assert (parent.name, parent.read) == ("books", 5)
    table.create_table()
    Archived.put({"isbn": "1", "author": "a"})
    assert [type(found) for found in Archived.ByAuthor.query(author="a")] == [Archived]

    class Deleted(Archived):
        class Table(Archived.Table):
            name = "deleted-books"

    assert (table_of(Deleted).name, table_of(Deleted).read) == ("deleted-books", 7)


def test_table_inherits_from_one_of_a_class_that_is_no_model() -> None:
    class Mixin:
        class Table:
            read = 1
            write = 1

    class Table(Mixin.Table):
        name = "things"
        hash_key = "isbn"

    assert table_of(define(Table=Table)).read == 1


def test_settings_are_read_and_the_program_s_class_is_not_made_again() -> None:
    made: list[str] = []

    class Named(type):
        def __new__(mcs, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> Named:
            made.append(f"{name} {attributes['__qualname__'].rpartition('.')[2]}")
            return super().__new__(mcs, name, bases, {**attributes, "name": f"t_{name.lower()}"})

    class Base:
        name: str

        def __init_subclass__(cls) -> None:
            made.append(cls.__name__)
            cls.name = f"u_{cls.__name__.lower()}"

    class Run(Book):
        class Table(metaclass=Named):
            hash_key = "isbn"

    class Walk(Book):
        class Table(Base):
            hash_key = "isbn"

    assert (table_of(Run).name, table_of(Walk).name) == ("t_table", "u_table")
    assert made == ["Table Table", "Table"]


def test_setting_may_be_computed() -> None:
    class Names(type):
        @property
        def name(cls) -> str:
            return "from-the-metaclass"

    class Table(metaclass=Names):
        hash_key = "isbn"

    class Other:
        hash_key = "isbn"
        prefix = "a-"

        @property
        def name(self) -> str:
            return f"{self.prefix}things"

    assert table_of(define(Table=Table)).name == "from-the-metaclass"
    assert table_of(define(Table=Other)).name == "a-things"


# Abstract bases


class Base(DynaModel):
    def label(self) -> str:
        return f"{type(self).__name__} {self.isbn}"


class Provisioned(DynaModel):
    class Table:
        abstract = True
        hash_key = "isbn"
        read = 3
        write = 4

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        read = 3
        write = 4
        projection = ProjectAll()

    class Schema:
        isbn = fields.text(required=True)
        author = fields.text()


def in_block(block: Any, write: Callable[[Any], object]) -> None:
    with block:
        write(block)


@pytest.mark.parametrize("base", [DynaModel, Base, Provisioned])
def test_verbs_of_an_abstract_base_are_refused(base: Any, recorder: RecordingBackend) -> None:
    for verb in (
        lambda: base.put({"isbn": "1"}),
        lambda: base.get(isbn="1"),
        base.query,
        base.scan,
        lambda: base.get_batch([]),
        lambda: base.new_from_raw({"isbn": "1"}),
        lambda: base(isbn="1"),
        lambda: base.update_item(isbn="1"),
        lambda: in_block(dynamorm.batch(), lambda block: block.put(base, {"isbn": "1"})),
        lambda: in_block(dynamorm.batch(), lambda block: block.delete(base, isbn="1")),
        lambda: in_block(dynamorm.transaction(), lambda block: block.put(base, {"isbn": "1"})),
        lambda: in_block(dynamorm.transaction(), lambda block: block.update(base, isbn="1", author="a")),
        lambda: dynamorm.transact_get((base, {"isbn": "1"})),
    ):
        with pytest.raises(
            UnknownAttribute, match=f"^{base.__name__} is an abstract base, which has no table. Use a mod"
        ):
            verb()
    assert recorder.sent == []


def test_index_of_an_abstract_base_is_refused() -> None:
    with pytest.raises(DynaModelException, match="ByAuthor belongs to no table yet"):
        Provisioned.ByAuthor.query(author="a")


def test_models_inherit_from_abstract_bases(recorder: RecordingBackend) -> None:
    class Novel(Base):
        class Table:
            name = "novels"
            hash_key = "isbn"

        class Schema:
            isbn = fields.text(required=True)

    class Comic(Provisioned):
        class Table(Provisioned.Table):
            name = "comics"

    class Plain(Provisioned):
        class Table:
            name = "plain"
            hash_key = "isbn"
            read = 1
            write = 1

        class Schema(Provisioned.Schema):
            artist = fields.text()

    assert Novel(isbn="1").label() == "Novel 1"
    for model, capacity in ((Comic, (3, 4)), (Plain, (1, 1))):
        table = table_of(model)
        assert (table.read, table.write, list(table.indexes)) == (*capacity, ["by-author"])
        table.create_table()
        model.put({"isbn": "1", "author": "a"})
        assert [type(found) for found in model.ByAuthor.query(author="a")] == [model]
    with pytest.raises(MissingTableAttribute, match="The Table of Nameless needs a 'name'"):

        class Nameless(Provisioned):
            pass


def test_child_of_a_model_may_be_abstract() -> None:
    class Special(Book):
        class Table(Book.Table):
            abstract = True
            stream = None  # type: ignore[assignment]

    class Rare(Special):
        class Table(Special.Table):
            name = "rare-books"

    with pytest.raises(UnknownAttribute, match="Special is an abstract base"):
        Special.get(isbn="1")
    assert (table_of(Rare).name, table_of(Rare).read, table_of(Rare).stream) == ("rare-books", 5, None)


# Gone attributes


@pytest.mark.parametrize(
    ("attribute", "advice"),
    [
        ("table", r"not a boto3 object.*dynamorm\.connect"),
        ("resource", r"dynamorm\.connect"),
        ("get_resource", r"create a resource with boto3 .*dynamorm\.connect"),
        ("get_table", r"dynamorm\.connect"),
        ("query", "the model's verb of this name"),
        ("scan", "the model's verb of this name"),
        ("put_batch", "the model's verb of this name"),
        ("key_schema", "'spec' has the keys and indexes"),
        ("all_attribute_fields", "'spec' has the keys"),
        ("schema", "the model's Schema"),
    ],
)
def test_attribute_of_a_table_that_is_gone_says_what_to_use(attribute: str, advice: str) -> None:
    with pytest.raises(UnknownAttribute, match=f"BookTable has no attribute '{attribute}'. 0.11 had it: .*{advice}"):
        getattr(Book.Table, attribute)
    assert getattr(Book.Table, attribute, "default") == "default"


def test_attributes_that_nothing_ever_had() -> None:
    with pytest.raises(AttributeError, match=r"BookTable has no attribute 'nothing'\.$"):
        getattr(Book.Table, "nothing")  # noqa: B009
    with pytest.raises(AttributeError, match=r"The index ByAuthor has no attribute 'nothing'\.$"):
        getattr(Book.ByAuthor, "nothing")  # noqa: B009
    for gone, advice in {"index": "this class itself", "model": "Name the model itself"}.items():
        with pytest.raises(UnknownAttribute, match=advice):
            getattr(Book.ByAuthor, gone)


@pytest.mark.parametrize(
    ("name", "value"), [("exists", True), ("get", 1), ("plan", "x"), ("spec", None), ("create_table", False)]
)
def test_a_setting_that_would_hide_a_verb_of_the_table_is_refused(name: str, value: object) -> None:
    words = f"'{name}' in the Table of Thing is no setting, and would hide what the library has .* Rename it"
    with pytest.raises(DynaModelException, match=words):
        META(
            "Thing",
            (DynaModel,),
            {
                "Table": type("Table", (), {"name": "things", "hash_key": "id", name: value}),
                "Schema": type("Schema", (), {"id": fields.text(required=True)}),
            },
        )


@pytest.mark.parametrize("name", ["query", "scan", "bound", "kind"])
def test_a_setting_that_would_hide_a_verb_of_an_index_is_refused(name: str) -> None:
    index = {"name": "by-id", "hash_key": "id", "projection": ProjectAll(), name: "x"}
    with pytest.raises(DynaModelException, match=f"'{name}' in the index ById of Thing is no setting, and would hide"):
        META(
            "Thing",
            (DynaModel,),
            {
                "Table": type("Table", (), {"name": "things", "hash_key": "id"}),
                "ById": type("ById", (GlobalIndex,), index),
                "Schema": type("Schema", (), {"id": fields.text(required=True)}),
            },
        )


def test_a_method_of_the_programs_own_takes_the_place_of_a_verb_of_the_table() -> None:
    class Thing(DynaModel):
        class Table:
            name = "things"
            hash_key = "id"

            def create_table(self, **options: Any) -> str:
                return "made elsewhere"

        class Schema:
            id = fields.text(required=True)

    assert table_of(Thing).create_table() == "made elsewhere"
