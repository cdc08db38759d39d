"""Models by name: those that are found, and what is said of those that are not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module, reload
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dynamorm.exceptions import ModelImportFailed, ModelNotFound
from dynamorm.operate import find_model, find_models
from tests.support.command_lines import in_folder, run


@pytest.fixture(autouse=True)
def place(shop: Path) -> Iterator[Path]:
    """The folder of the program, on the path."""
    with in_folder(shop):
        sys.path.insert(0, str(shop))
        yield shop


def names(*given: str) -> list[str]:
    return [model.__name__ for model in find_models(*given)]


def write(place: Path, module: str, text: str) -> None:
    (place / f"{module.replace('.', '/')}.py").write_text(dedent(text), encoding="utf-8")


def failure(name: str) -> str:
    with pytest.raises(ModelImportFailed) as raised:
        find_models(name)
    return str(raised.value)


def test_models_are_named_like_the_applications_of_uvicorn(place: Path) -> None:
    assert names("shop.models") == ["Book", "Order"]
    assert names("shop.models:Order") == ["Order"]
    assert names("shop.models:Order, Book") == ["Order", "Book"]
    assert names("shop.models:Order", "shop.models") == ["Order", "Book"]
    assert names() == []


def test_a_shared_table_stands_for_its_models(place: Path) -> None:
    write(
        place,
        "shop.shared",
        """
        from marshmallow import fields
        from dynamorm import DynaModel, Key, SharedTable

        class Empty(SharedTable):
            name = "empty"
            hash_key = "pk"

        class Shared(SharedTable):
            name = "shared"
            hash_key = "pk"

        class Thing(DynaModel):
            class Table(Shared):
                kind = "thing"
                hash_key = Key("THING#{id}")

            class Schema:
                id = fields.String(required=True)
        """,
    )
    assert names("shop.shared:Shared") == ["Thing"]
    with pytest.raises(
        ModelNotFound, match=r"The shared table 'Empty' of shop\.shared has no models\. Name the module"
    ):
        names("shop.shared:Empty")
    assert run("export", "--to", "iam", "shop.shared:Shared").json()["Statement"][0]["Resource"][0].endswith("/shared")


def test_imported_models_count_and_abstract_ones_do_not(place: Path) -> None:
    write(
        place,
        "shop.more",
        """
        from marshmallow import fields
        from dynamorm import DynaModel
        from shop.models import Book as Volume

        class Base(DynaModel):
            class Table:
                abstract = True

        class Author(Base):
            class Table:
                name = "authors"
                hash_key = "id"

            class Schema:
                id = fields.String(required=True)

        Same = Author
        table = "authors"
        """,
    )
    assert names("shop.more") == ["Book", "Author"]
    with pytest.raises(ModelNotFound, match=r"'Base' of shop\.more is an abstract model, which has no table"):
        find_models("shop.more:Base")


def test_a_model_that_a_reload_has_replaced_is_left_out(place: Path) -> None:
    module: Any = import_module("shop.models")
    old = module.Book
    reload(module)
    module.Old = old
    assert find_models("shop.models") == [module.Book, module.Order]
    assert old is not module.Book


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shop.models:Bok", "shop.models has no model 'Bok'. Did you mean 'Book'?"),
        ("shop.models:Xyz", "shop.models has no model 'Xyz'. Its models: Book, Order."),
        ("shop.models:fields", "'fields' of shop.models is not a model, but of the type module."),
        ("shop.models:GlobalIndex", "'GlobalIndex' of shop.models is not a model, but the class dynamorm."),
        ("shop.models:DynaModel", "'DynaModel' of shop.models is an abstract model, which has no table."),
        ("shop", "shop has no models: it neither defines nor imports a class with a table that inherits from"),
        ("shop:Book", "shop has no model 'Book'. It has no models."),
        ("shop.models:", "'shop.models:' names no models. Write a module and its models, such as app.models:Book"),
        ("shop.models:Book,", "'shop.models:Book,' names no models."),
        (":Book", "':Book' names no models."),
        (".models", "'.models' names no module. Did you mean models?"),
        ("./shop/models.py:Book", "'./shop/models.py:Book' names no module. Did you mean shop.models?"),
    ],
)
def test_a_name_that_no_model_has(name: str, message: str) -> None:
    with pytest.raises(ModelNotFound) as raised:
        find_models(name)
    assert str(raised.value).startswith(message)


def test_one_model_by_its_bare_name(place: Path) -> None:
    assert find_model("Book", ["shop.models"]) is find_model("shop.models:Book")
    with pytest.raises(ModelNotFound, match=r"No model is called 'Bok' in shop\.models\. Did you mean 'Book'\?"):
        find_model("Bok", ["shop.models"])
    with pytest.raises(ModelNotFound, match=r"In which module is 'Book'\? Name it, as in app\.models:Book\."):
        find_model("Book")
    with pytest.raises(ModelNotFound, match="names 2 models, and one is needed"):
        find_model("shop.models:Book,Order")
    write(place, "shop.other", (place / "shop" / "models.py").read_text())
    with pytest.raises(
        ModelNotFound, match=r"Several models are called 'Book': shop\.models:Book and shop\.other:Book\. Name"
    ):
        find_model("Book", ["shop.models", "shop.other"])


def test_a_module_that_is_not_there(place: Path) -> None:
    assert failure("nothing.models").startswith(
        f"There is no module 'nothing' in {place} or elsewhere on Python's path"
    )
    assert "There is no module 'shop.nothing'" in failure("shop.nothing:Book")
    assert "--app-dir" in failure("nothing")
    for name in ("shop/models.py", r"shop\models.py:Book", "shop.models.py"):
        assert failure(name).endswith("Did you mean shop.models?")
    assert failure("shop.models.Book").endswith("Did you mean shop.models:Book?")
    assert f"in {place / 'shop'} or" in run("plan", "nothing", "--app-dir", "shop", folder=place).err


def test_an_import_error_is_shown_with_the_last_line_of_the_users_code(place: Path) -> None:
    write(place, "shop.broken", "import shop.models\n\nimport nothing_like_this\n")
    assert failure("shop.broken") == (
        "shop.broken can't be imported: ModuleNotFoundError: No module named 'nothing_like_this'\n"
        "  shop/broken.py, line 3: import nothing_like_this"
    )


def test_the_line_is_that_of_the_module_that_failed_wherever_the_exception_was_raised(place: Path) -> None:
    write(place, "shop.deep", "import json\n\n\ndef read():\n    return json.loads('{')\n\n\nread()\n")
    write(place, "shop.outer", "from shop import deep\n")
    text = failure("shop.outer")
    assert text.startswith("shop.outer can't be imported: JSONDecodeError: Expecting property name")
    assert text.endswith("\n  shop/deep.py, line 5: return json.loads('{')")


def test_a_model_that_is_defined_wrongly_is_shown_with_its_line(place: Path) -> None:
    write(
        place,
        "shop.wrong",
        """
        from marshmallow import fields
        from dynamorm import DynaModel

        class Book(DynaModel):
            class Table:
                name = "books"
                hash_key = "isnb"

            class Schema:
                isbn = fields.String()
        """,
    )
    text = failure("shop.wrong")
    assert text.startswith("shop.wrong can't be imported: ")
    assert "isnb" in text
    assert text.endswith("\n  shop/wrong.py, line 5: class Book(DynaModel):")


def test_a_syntax_error_names_its_own_line(place: Path) -> None:
    write(place, "shop.typo", "x = 1\nclass Book(:\n    pass\n")
    assert failure("shop.typo") == (
        "shop.typo can't be imported: SyntaxError: invalid syntax\n  shop/typo.py, line 2: class Book(:"
    )


def test_a_script_without_a_guard_does_not_end_the_command(place: Path) -> None:
    write(place, "shop.script", "import sys\n\nsys.exit('usage: script FILE')\n")
    assert failure("shop.script") == (
        "shop.script can't be imported: SystemExit: usage: script FILE\n"
        "  shop/script.py, line 3: sys.exit('usage: script FILE')"
    )


def test_the_command_shows_it_without_a_traceback(place: Path) -> None:
    from unittest.mock import patch

    from dynamorm_cli.command_table import COMMANDS, Entry

    write(place, "shop.broken", "1 / 0\n")
    with patch.dict(COMMANDS, {"show": Entry("tests.cli.probes:show", "For tests.")}):
        result = run("show", "shop.broken", folder=place)
        assert run("show", "shop.broken", "--json", folder=place).json()["error"] == "ModelImportFailed"
    assert (result.status, result.out) == (1, "")
    assert result.err == (
        "Error: shop.broken can't be imported: ZeroDivisionError: division by zero\n  shop/broken.py, line 1: 1 / 0\n"
    )


def test_a_model_without_its_module_gets_a_suggestion(shop: Path) -> None:
    for verb in ("plan", "check", "apply", "browse"):
        result = run(verb, "Order", folder=shop)
        assert (result.status, result.out) == (64, "")
        assert "'Order' is no module. Did you mean 'shop.models:Order'?" in result.err
    missing = run("plan", "orders", folder=shop)
    assert (missing.status, "There is no module 'orders'" in missing.err) == (64, True)
