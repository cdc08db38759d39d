"""``dynamorm apply``: it shows a plan, asks, and makes what the plan says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynamorm.data import CreateTable, IndexState, UpdateTable
from dynamorm.data.records import replace
from dynamorm.exceptions import BackendUnavailable
from dynamorm_sqlite.backend import SqliteBackend
from tests.cli.running import Result, run
from tests.cli.test_plan import rewrite, without_index


def applied(shop: Path) -> None:
    assert run("apply", "--yes", folder=shop).status == 0


def test_tables_are_created(shop: Path) -> None:
    result = run("apply", "--yes", folder=shop)
    assert result.status == 0
    assert result.out.splitlines()[-2:] == ["2 tables to change (2 to create).", "2 changes made."]
    assert result.err.splitlines() == [
        "2 changes to make in sqlite:///shop.db.",
        "1 of 2: 'books': its creation",
        "2 of 2: 'orders': its creation",
    ]
    again = run("apply", folder=shop)
    assert (again.status, again.err) == (0, "")
    assert again.out.endswith("No differences: 2 unchanged.\n")


def test_without_a_terminal_it_needs_yes(shop: Path) -> None:
    result = run("apply", folder=shop)
    assert result.status == 64
    assert "Make 2 changes in sqlite:///shop.db? There is no terminal to ask at, so this needs --yes." in result.err
    assert run("check", folder=shop).status == 2


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_it_asks_on_a_terminal(shop: Path, answer: str, status: int) -> None:
    result = run("apply", folder=shop, tty=True, input=answer, env={"TERM": "dumb"})
    assert result.status == status
    assert "Make 2 changes in sqlite:///shop.db? [y/N]" in result.err
    assert run("check", folder=shop).status == (0 if status == 0 else 2)


def test_protected_environment(shop: Path) -> None:
    with (shop / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[tool.dynamorm.env.prod]\nurl = "sqlite:///shop.db"\nprotect = true\n')
    result = run("--env", "prod", "apply", "--yes", folder=shop)
    assert result.status == 64
    assert "'prod' is protected, so --yes is not enough" in result.err
    assert "needs --confirm books --confirm orders" in result.err
    assert run("check", folder=shop).status == 2
    typed = run("--env", "prod", "apply", folder=shop, tty=True, input="books\norder\n", env={"TERM": "dumb"})
    assert (typed.status, "That is not 'orders'. Nothing was done." in typed.err) == (1, True)
    question = "Make 2 changes in sqlite:///shop.db?\n"
    assert typed.err.startswith(f"{question}Type the table's name")
    as_json = run("--env", "prod", "apply", "--json", folder=shop, tty=True, input="no\n", env={"TERM": "dumb"})
    assert (as_json.status, as_json.err.index("+ books") < as_json.err.index(question)) == (1, True)
    assert run("--env", "prod", "apply", "--confirm", "books", "--confirm", "orders", folder=shop).status == 0


def test_models_with_a_backend_of_their_own_are_asked_about_by_that(shop: Path) -> None:
    rewrite(shop, 'name = "orders"', 'name = "orders"\n        backend = "sqlite:///own.db"')
    result = run("plan", "shop.models:Order", folder=shop)
    assert result.out.startswith("sqlite:///own.db\n+ orders")
    assert run("plan", "shop.models:Order", "--json", folder=shop).json()["target"] == "sqlite:///own.db"
    result = run("apply", "shop.models:Order", folder=shop)
    assert "Make 1 change in sqlite:///own.db?" in result.err
    assert run("plan", folder=shop).out.startswith("sqlite:///shop.db and sqlite:///own.db\n")
    configure(shop, "[tool.dynamorm]\nmodels = ['shop.models']\nurl = 'sqlite:///shop.db'\n", "sqlite:///own.db")
    protected = run("apply", "--yes", folder=shop)
    assert (protected.status, "'prod' is protected" in protected.err) == (64, True)
    assert run("apply", "shop.models:Book", "--yes", folder=shop).status == 0


def test_what_a_module_connects_itself_may_be_protected(shop: Path) -> None:
    (shop / "shop" / "connected.py").write_text(
        "import dynamorm\nfrom shop.models import Book\n\ndynamorm.connect('sqlite:///prod.db')\n", encoding="utf-8"
    )
    configure(shop, "", "sqlite:///prod.db")
    result = run("apply", "shop.connected", "--yes", folder=shop)
    assert (result.status, "'prod' is protected" in result.err) == (64, True)


def test_plan_is_shown_before_it_asks_with_json(shop: Path) -> None:
    result = run("apply", "--json", folder=shop, tty=True, input="n\n", env={"TERM": "dumb"})
    assert result.err.startswith("+ books  create: ")
    assert result.json()["error"] == "Declined"


def configure(shop: Path, text: str, protected: str) -> None:
    environment = f'[tool.dynamorm.env.prod]\nurl = "{protected}"\nprotect = true\n'
    (shop / "pyproject.toml").write_text(text + environment, encoding="utf-8")


def test_removal_without_consent_is_left_and_told(shop: Path) -> None:
    applied(shop)
    without_index(shop)
    result = run("apply", "--yes", folder=shop)
    assert result.status == 2
    assert "NOT DONE, needs --drop-index books/by-author" in result.out
    assert result.out.endswith("3 changes made, 1 left.\n")
    # Nothing else is left, so nobody is asked.
    again = run("apply", folder=shop)
    assert (again.status, again.err) == (2, "")
    assert run("apply", "--yes", "--drop-index", "books/by-author", folder=shop).status == 0
    assert run("check", folder=shop).status == 0


def test_each_removal_has_its_option(shop: Path) -> None:
    rewrite(shop, 'hash_key = "isbn"\n', 'hash_key = "isbn"\n        stream = "NEW_IMAGE"\n        tags = {"a": "1"}\n')
    applied(shop)
    rewrite(shop, 'stream = "NEW_IMAGE"\n        tags = {"a": "1"}', 'tags = {"b": "1"}')
    assert run("apply", "--yes", folder=shop).status == 2
    result = run("apply", "--yes", "--switch-off", "books/stream", "--drop-tag", "books/a", folder=shop)
    assert (result.status, "2 changes made." in result.out) == (0, True)


def test_json(shop: Path) -> None:
    result = run("apply", "--yes", "--json", folder=shop)
    assert result.status == 0
    document = result.json()
    assert (document["format"], document["building"]) == (1, [])
    assert [table["action"] for table in document["tables"]] == ["create", "create"]
    assert run("apply", "--json", folder=shop).json()["tables"][0]["action"] == "none"


def test_mismatch(shop: Path) -> None:
    applied(shop)
    rewrite(shop, 'hash_key = "isbn"', 'hash_key = "title"')
    rewrite(shop, 'name = "orders"', 'name = "new"')
    assert run("check", folder=shop).status == 2
    result = run("apply", "--yes", folder=shop)
    assert result.status == 1
    assert "! books  can't be changed: The table 'books' has the hash key 'isbn'" in result.out
    assert "No table was changed." in result.err
    # Nobody is asked about a plan that can't be carried out.
    assert run("apply", folder=shop).status == 1
    assert "+ new" in run("check", folder=shop).out


def between(monkeypatch: pytest.MonkeyPatch, before: Callable[[Any], Any]) -> None:
    """Call a function before each operation, which it may answer itself."""
    executed = SqliteBackend.execute

    def execute(self: SqliteBackend, operation: Any) -> Any:
        answer = before(operation)
        return executed(self, operation) if answer is None else answer(executed(self, operation))

    monkeypatch.setattr(SqliteBackend, "execute", execute)


def test_plan_that_changes_while_it_asks(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dynamorm_cli.consent import Consent

    def ask(*_: object, **__: object) -> None:
        monkeypatch.undo()
        assert run("apply", "--yes", "shop.models:Order", folder=shop).status == 0

    monkeypatch.setattr(Consent, "ask", ask)
    result = run("apply", folder=shop)
    assert result.status == 1
    assert "The plan for 'orders' is no longer the one that was shown" in result.err
    assert "+ books" in run("check", folder=shop).out


def interrupted_at(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def before(operation: Any) -> None:
        if isinstance(operation, CreateTable) and operation.spec.name == "orders":
            raise error

    between(monkeypatch, before)


def finished_later(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.undo()
    return run("apply", "--yes", folder=shop)


def test_interrupted(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted_at(monkeypatch, KeyboardInterrupt())
    result = run("apply", "--yes", folder=shop)
    assert result.status == 130
    assert result.err.endswith(
        "Interrupted. 1 of 2 changes made: 'books' created. What was begun goes on in DynamoDB.\n"
        "Go on with: dynamorm apply --yes\n"
    )
    assert finished_later(shop, monkeypatch).out.endswith("1 change made.\n")


def test_connection_that_is_lost(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted_at(monkeypatch, BackendUnavailable("The connection was lost."))
    result = run("apply", "--yes", "--json", folder=shop)
    assert result.status == 3
    assert result.json() == {
        "error": "BackendUnavailable",
        "message": "Stopped: The connection was lost.\n1 of 2 changes made: 'books' created.",
        "resume": "dynamorm apply --yes --json",
    }
    assert finished_later(shop, monkeypatch).status == 0


def test_change_that_is_refused_says_what_was_made_before(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dynamorm.exceptions import AccessDenied

    interrupted_at(monkeypatch, AccessDenied("CreateTable is not allowed."))
    result = run("apply", "--yes", folder=shop)
    assert result.status == 1
    assert result.err.endswith("CreateTable is not allowed.\n1 of 2 changes made: 'books' created.\n")


def test_index_that_is_still_being_created(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    applied(shop)
    without_index(shop)
    begun: list[int] = []

    def before(operation: Any) -> Any:
        if isinstance(operation, UpdateTable):
            begun.append(1)
        if begun and "Table" in type(operation).__name__ and "Describe" in type(operation).__name__:
            return lambda found: replace(found, index_states=(IndexState("by-title", "CREATING"),))
        return None

    between(monkeypatch, before)
    result = run("apply", "--yes", "shop.models:Book", folder=shop)
    assert result.status == 2
    assert "The index 'by-title' of 'books' is CREATING; this goes on in DynamoDB." in result.out
    assert "dynamorm plan --wait" in result.err
