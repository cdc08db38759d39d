"""The API for books does what it says, the same on every backend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

import dynamorm
from books_api import app as blocking
from books_api import async_app as awaited
from books_api.app import Book, app
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of

BOOK = {
    "isbn": "9780345391803",
    "title": "The Hitchhiker's Guide to the Galaxy",
    "author": "Douglas Adams",
    "published": "1979-10-12",
    "price": "9.5",
    "tags": ["humour", "space"],
}


@pytest.fixture
def client(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("CURSOR_SECRET", "a secret of 16 bytes or more")
    with dynamorm.using(backend), TestClient(app) as client:
        yield client


@pytest.fixture(params=[blocking, awaited], ids=["blocking", "awaited"])
def either(backend: Backend, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The service with ``def``, and with ``async def``."""
    monkeypatch.setenv("CURSOR_SECRET", "a secret of 16 bytes or more")
    with dynamorm.using(backend), TestClient(request.param.app) as client:
        yield client


def test_a_book_from_its_creation_to_its_end(either: TestClient) -> None:
    client = either
    made = client.post("/books", json=BOOK)
    assert (made.status_code, made.json()) == (201, {**BOOK, "version": 1})
    again = client.post("/books", json=BOOK)
    assert (again.status_code, again.json()) == (409, {"detail": "It exists already."})
    assert client.get(f"/books/{BOOK['isbn']}").json() == {**BOOK, "version": 1}
    changed = client.patch(f"/books/{BOOK['isbn']}", json={"price": None, "tags": ["space"]})
    assert changed.json() == {**BOOK, "price": None, "tags": ["space"], "version": 2}
    assert client.delete(f"/books/{BOOK['isbn']}").status_code == 204
    for send in (client.get, client.delete):
        assert send(f"/books/{BOOK['isbn']}").status_code == 404


def test_somebody_else_was_faster(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.post("/books", json=BOOK)
    get = Book.get

    def read_and_changed(**key: Any) -> Any:
        book = get(**key)
        Book.update_item(**key, title="Another")
        return book

    monkeypatch.setattr("books_api.app.Book.get", read_and_changed)
    late = client.patch(f"/books/{BOOK['isbn']}", json={"title": "Mine"})
    assert (late.status_code, late.json()) == (409, {"detail": "It was changed in the meantime."})
    gone = client.delete(f"/books/{BOOK['isbn']}")
    assert gone.status_code == 409


def test_pages_of_an_author(either: TestClient) -> None:
    client = either
    for number in range(5):
        Book.put({**BOOK, "isbn": f"{number:013}", "published": f"19{number:02}-01-01"})
    seen: list[list[str]] = []
    after = None
    while True:
        page = client.get("/authors/Douglas Adams/books", params={"limit": 2, **({"after": after} if after else {})})
        seen.append([book["published"][:4] for book in page.json()["books"]])
        after = page.json()["next"]
        if after is None:
            break
    assert [year for years in seen for year in years] == ["1904", "1903", "1902", "1901", "1900"]
    first = client.get("/authors/Douglas Adams/books", params={"limit": 2}).json()["next"]
    # A cursor of one author's is none for another.
    for author, cursor in (("Ann", first), ("Douglas Adams", "abc")):
        refused = client.get(f"/authors/{author}/books", params={"after": cursor})
        assert (refused.status_code, refused.json()) == (400, {"detail": "This is no cursor."})


def test_what_is_refused_and_where(client: TestClient) -> None:
    refused = client.post("/books", json={**BOOK, "isbn": "1", "published": "soon", "is_admin": True})
    assert refused.status_code == 422
    assert {(*error["loc"], error["type"]) for error in refused.json()["detail"]} >= {
        ("body", "is_admin", "extra_forbidden")
    }
    refused = client.post("/books", json={**BOOK, "isbn": "1", "published": "soon"})
    assert [(error["loc"], error["input"]) for error in refused.json()["detail"]] == [
        (["body", "isbn"], "1"),
        (["body", "published"], "soon"),
    ]
    assert client.post("/books", json=[]).json()["detail"][0]["loc"] == ["body"]
    client.post("/books", json=BOOK)
    for changes, name in (({"isbn": "9780345391804"}, "isbn"), ({"version": 7}, "version"), ({"titel": "x"}, "titel")):
        refused = client.patch(f"/books/{BOOK['isbn']}", json=changes)
        assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", name])
    unchanged = table_of(Book).get(isbn=BOOK["isbn"])
    assert unchanged is not None
    assert unchanged["version"] == 1


def test_the_description_of_the_service() -> None:
    described = app.openapi()
    components = described["components"]["schemas"]
    assert {"Book", "BookChanges", "Page"} <= {name.partition("-")[0] for name in components}
    body = described["paths"]["/books"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    name = body["$ref"].rpartition("/")[2]
    assert components[name]["required"] == ["isbn", "title", "author", "published"]
    assert components[name]["title"] == "Book"
    assert "isbn" not in components["BookChanges"]["properties"]
    assert "required" not in components["BookChanges"]
