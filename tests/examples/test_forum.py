"""The forum's service does what it says, the same on every backend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

import dynamorm
from dynamorm.engine.run.connections import current_connection
from dynamorm.exceptions import BackendUnavailable
from dynamorm.ports.backends import Backend
from dynamorm.testing import using_everywhere
from forum.app import app
from forum.models import MODELS, Profile, Reply, Thread, User

pytestmark = pytest.mark.asyncio

KEYS = {"subject": "Which key?", "user_name": "ann", "tags": ["keys"]}


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURSOR_SECRET", "a secret of 16 bytes or more")


async def service() -> AsyncIterator[httpx.AsyncClient]:
    """The service, with two users and a forum."""
    await dynamorm.acreate_all(MODELS)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://forum") as client:
        for name in ("ann", "bob"):
            assert (await client.post("/users", json={"name": name})).status_code == 201
        await client.post("/forums", json={"name": "dynamodb", "category": "databases"})
        yield client


@pytest_asyncio.fixture
async def everywhere(backend: Backend) -> AsyncIterator[httpx.AsyncClient]:
    """The service on each backend."""
    with using_everywhere(backend):
        async for client in service():
            yield client


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """The service on one backend, for what is the same on all."""
    with using_everywhere("sqlite:///:memory:"):
        async for client in service():
            yield client


async def pages(client: httpx.AsyncClient, url: str, limit: int) -> list[list[dict[str, Any]]]:
    """All pages of a list, as a client goes through them."""
    found, after = [], None
    while True:
        params: dict[str, Any] = {"limit": limit} if after is None else {"limit": limit, "after": after}
        response = await client.get(url, params=params)
        assert response.status_code == 200, response.text
        found.append(response.json()["items"])
        after = response.json()["next"]
        if after is None:
            return found


async def test_a_thread_from_its_beginning_to_its_end(everywhere: httpx.AsyncClient) -> None:
    client = everywhere
    begun = await client.post("/forums/dynamodb/threads", json=KEYS)
    assert begun.status_code == 201, begun.text
    again = await client.post("/forums/dynamodb/threads", json=KEYS)
    assert (again.status_code, again.json()) == (409, {"detail": "It exists already."})
    url = "/forums/dynamodb/threads/Which key%3F"
    for number in range(5):
        who = "bob" if number % 2 else "ann"
        sent = await client.post(f"{url}/replies", json={"user_name": who, "message": f"No. {number}"})
        assert sent.status_code == 201, sent.text

    read = (await client.get(url)).json()
    assert (read["replies_in_all"], read["tags"]) == (5, ["keys"])
    assert (read["user"]["name"], read["user"]["karma"]) == ("ann", 3)
    assert (await client.get("/forums")).json() == [{"name": "dynamodb", "category": "databases", "threads_in_all": 1}]
    listed = await pages(client, f"{url}/replies", limit=2)
    assert [[(each["message"], each["user"]["name"]) for each in page] for page in listed] == [
        [("No. 0", "ann"), ("No. 1", "bob")],
        [("No. 2", "ann"), ("No. 3", "bob")],
        [("No. 4", "ann")],
    ]

    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).status_code == 404
    assert (await client.get("/forums")).json()[0]["threads_in_all"] == 0
    assert await Reply.scan().acount() == 0


async def test_lists_ask_for_the_users_of_a_page_together(everywhere: httpx.AsyncClient) -> None:
    for number in range(4):
        new = {"subject": f"No. {number}", "user_name": "bob" if number % 2 else "ann"}
        assert (await everywhere.post("/forums/dynamodb/threads", json=new)).status_code == 201
    with dynamorm.budget() as spent:
        page = (await everywhere.get("/forums/dynamodb/threads", params={"limit": 3})).json()
    assert [(each["subject"], each["user"]["name"]) for each in page["items"]] == [
        ("No. 0", "ann"),
        ("No. 1", "bob"),
        ("No. 2", "ann"),
    ]
    assert spent.requests == 2
    mine = await pages(everywhere, "/users/bob/threads", limit=1)
    # DynamoDB tells only with the next page that there is none.
    assert [[each["subject"] for each in page] for page in mine if page] == [["No. 1"], ["No. 3"]]


async def test_nothing_is_written_when_a_part_of_it_is_missing(client: httpx.AsyncClient) -> None:
    for url, body, missing in (
        ("/forums/dynamodb/threads", {**KEYS, "user_name": "eve"}, "user"),
        ("/forums/rust/threads", KEYS, "forum"),
        ("/forums/dynamodb/threads/None/replies", {"user_name": "ann", "message": "?"}, "thread"),
    ):
        refused = await client.post(url, json=body)
        assert (refused.status_code, refused.json()) == (404, {"detail": f"There is no such {missing}."})
    assert await Thread.scan().acount() == await Reply.scan().acount() == 0
    user = await User.aget(name="ann")
    assert user is not None
    assert user.karma == 0


async def test_a_profile_is_made_and_changed(everywhere: httpx.AsyncClient) -> None:
    client = everywhere
    assert (await client.get("/users/ann/profile")).json() == {
        "user_name": "ann",
        "about": None,
        "color": None,
        "version": None,
    }
    made = await client.patch("/users/ann/profile", json={"about": "Writes.", "color": "red"})
    assert made.json() == {"user_name": "ann", "about": "Writes.", "color": "red", "version": 1}
    changed = await client.patch("/users/ann/profile", json={"color": None})
    assert changed.json() == {"user_name": "ann", "about": "Writes.", "color": None, "version": 2}
    assert (await client.get("/users/eve/profile")).status_code == 404


async def test_somebody_else_was_faster(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await client.patch("/users/ann/profile", json={"about": "Writes."})
    fetch: Callable[..., Awaitable[Any]] = User.afetch

    async def fetch_and_change(self: User, relationship: Any) -> Any:
        found = await fetch(self, relationship)
        await Profile.aupdate_item(user_name="ann", about="Other.")
        return found

    monkeypatch.setattr(User, "afetch", fetch_and_change)
    late = await client.patch("/users/ann/profile", json={"about": "Mine."})
    assert (late.status_code, late.json()) == (409, {"detail": "It was changed in the meantime."})


async def test_what_is_refused(client: httpx.AsyncClient) -> None:
    for method, url, body, where in (
        ("POST", "/users", {"name": "a/b"}, ["body", "name"]),
        ("POST", "/users", {"name": "eve", "karma": 99}, ["body", "karma"]),
        ("PATCH", "/users/ann/profile", {"user_name": "bob"}, ["body", "user_name"]),
        ("PATCH", "/users/ann/profile", {"version": 7}, ["body", "version"]),
        ("POST", "/forums/dynamodb/threads", {"subject": "x"}, ["body", "user_name"]),
    ):
        refused = await client.request(method, url, json=body)
        assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, where)
    for number in range(3):
        await client.post("/forums/dynamodb/threads", json={**KEYS, "subject": str(number)})
    cursor = (await client.get("/forums/dynamodb/threads", params={"limit": 1})).json()["next"]
    for url, after in (("/forums/rust/threads", cursor), ("/forums/dynamodb/threads", "abc")):
        refused = await client.get(url, params={"after": after})
        assert (refused.status_code, refused.json()) == (400, {"detail": "This is no cursor of this list."})


async def test_a_database_that_does_not_respond(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(**key: Any) -> None:
        raise BackendUnavailable("No response.")

    monkeypatch.setattr(User, "aget", fail)
    response = await client.get("/users/ann")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


async def test_the_service_opens_and_closes_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_URL", "sqlite:///:memory:")
    with using_everywhere("sqlite:///:memory:"):
        async with app.router.lifespan_context(app):
            connection = current_connection()
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://forum") as client:
                assert (await client.get("/forums")).json() == []
            assert not connection.is_closed
        assert connection.is_closed


async def test_the_description_of_the_service() -> None:
    components = app.openapi()["components"]["schemas"]
    names = {name.partition("-")[0] for name in components}
    assert {"User", "Profile", "ProfileChanges", "Thread", "Page_ThreadWithUser_", "Page_Thread_"} <= names
    assert "karma" not in components["NewUser"]["properties"]
    assert "user_name" not in components["ProfileChanges"]["properties"]
