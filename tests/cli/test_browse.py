"""``dynamorm browse`` over HTTP: what its pages show, what they cost, and whom they are shown to."""

from __future__ import annotations

import html
import json
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlencode

import pytest

import dynamorm
from dynamorm import DynaModel, Key, SharedTable, wire
from dynamorm.operate import Filter, ReadOnly, TableView
from dynamorm.testing import Faults, using_everywhere
from dynamorm_cli.browsing.addresses import PageAddress, dynamodb_json
from dynamorm_cli.browsing.catalogue import Catalogue
from dynamorm_cli.browsing.code_snippets import item_as_command, item_in_python, page_as_command, page_in_python
from dynamorm_cli.browsing.gate import Gate
from dynamorm_cli.browsing.meter import Meter
from dynamorm_cli.browsing.pages import Pages
from dynamorm_cli.browsing.server import BrowseServer
from dynamorm_cli.browsing.values import cell, tree
from tests.cli.browsers import Browser, browsing
from tests.cli.running import run
from tests.support import shelf
from tests.support.command_lines import environment

ITEM: dict[str, Any] = {"key": json.dumps({"isbn": {"S": "x"}})}


@pytest.fixture(scope="module")
def shared() -> Iterator[Browser]:
    with using_everywhere("sqlite:///:memory:") as connection:
        shelf.fill()
        with using_everywhere(ReadOnly(connection)), browsing(None) as browser:
            yield browser


@pytest.fixture
def browser(shared: Browser) -> Browser:
    shared.log.clear()
    return shared


# --- what is shown


def test_the_tables_with_their_models(browser: Browser) -> None:
    text = browser.get("/")
    assert "books Book items 41 size not known key isbn capacity on demand indexes by-author author, year" in text
    assert "six hours" not in text  # SQLite counts at once
    assert browser.links()["shop"] == "/t/Shop"
    assert {"Author", "Book", "Customer", "Order"} <= browser.links().keys()


def test_nothing_is_read_before_it_is_asked_for_and_its_cost_is_known(browser: Browser) -> None:
    before = browser.server.pages.meter.used
    text = browser.get("/t/Book")
    assert "Nothing has been read yet" in text
    assert "this page of 25 0.5 to 128 read units" in text
    assert "full scan" in text
    text = browser.get("/t/Book", where="title__contains=7")
    assert "Only a scan can find these A query needs a value of isbn." in text
    assert browser.server.pages.meter.used == before
    browser.request(browser.links()["Scan a page of 25 items"])
    assert browser.server.pages.meter.used > before
    text = browser.get("/t/Book", scan="yes", size="100", where="title__contains=7")
    assert "4 items of 41 read · scan ·" in text


def test_a_query_by_an_index_with_operators_and_its_next_page(browser: Browser) -> None:
    query: dict[str, Any] = {"index": "ByAuthor", "where": ["author=Mr. Bar", "year__gte=1990"]}
    text = browser.get("/t/Book", **query)
    assert "25 items · query · 0.5 read units" in text
    assert "Book 10" in text
    following = browser.links()["Next page"]
    assert "where=author%3DMr.+Bar&where=year__gte%3D1990" in following
    text = browser.get(following)
    assert "5 items, continued · query" in text
    assert browser.links()["First page"] == "/t/Book?" + urlencode(query, doseq=True)
    # The conditions stay when another index is read.
    assert browser.links()["Table"] == "/t/Book?" + urlencode({"where": query["where"]}, doseq=True)
    text = browser.get("/t/Book", **query, order="descending")
    assert text.index("Book 39") < text.index("Book 38")


def test_the_form_leads_to_an_address_with_its_conditions(browser: Browser) -> None:
    form = {
        "go": "1",
        "index": "ByAuthor",
        "field": ["author", "year", " nested.set", ""],
        "op": ["eq", "between", "exists", "eq"],
        "value": ["Mr. Bar", "1990, 1992", "", "ignored"],
        "kind": ["text", "text", "text", "text"],
        "size": "100",
    }
    found = browser.request("/t/Book?" + urlencode(form, doseq=True))
    where = ["author=Mr. Bar", "year__between=1990, 1992", "nested__set__exists="]
    query = urlencode({"index": "ByAuthor", "where": where, "size": "100"}, doseq=True)
    assert (found.status, found.headers["Location"]) == (303, f"{browser.root}/t/Book?{query}")
    text = browser.get(f"/t/Book?{query}", 400)
    assert "nested" in text
    assert 'value="nested.set"' in browser.body
    assert 'value="1990, 1992"' in browser.body
    assert '<option value="between" selected>' in browser.body


def test_values_are_exact_and_marked_by_their_types(browser: Browser) -> None:
    text = browser.get("/t/Book/item", **ITEM)
    assert "12345678901234567890.123456789" in text
    assert f"cover binary {'00 ' * 16}… 2.9 KB" in text
    assert "title string set a , b" in text
    assert "Not in the schema flag boolean true" in text
    assert "nested map list 1 two [ ] deep null set 1 , 2 bytes ff 1 B none { }" in text
    assert "binary set binary set 61 1 B" in text
    assert "invalid" in text and "expired" in text  # noqa: PT018 - two marks
    assert "What is wrong with it title: Not a valid string." in text
    assert '"N": "12345678901234567890.123456789"' in text
    assert "written_by Author, one: not followed, as the item is invalid" in text
    text = browser.get("/t/Book", index="ByAuthor", where=f"author={shelf.SCRIPT}")
    assert "list, set, bytes, none n0, n1, n2, n3, n4, n5, … " + "x" * 90 + "… , 0 , 1 , 2 , 3 , 4 +3" in text
    text = browser.get("/t/Book", scan="yes", size="100")
    assert "1 invalid" in text and "title: Not a valid string." in text  # noqa: PT018 - as above


def test_what_is_in_items_is_escaped(browser: Browser) -> None:
    browser.get("/t/Book/item", **ITEM)
    assert "<script" not in browser.body
    assert "&lt;script&gt;" in browser.body
    browser.get("/t/Book", index="ByAuthor", where=f"author={shelf.SCRIPT}")
    assert "<script" not in browser.body
    browser.get("/t/Book", 400, where="<script>alert(1)</script>")
    assert "<script" not in browser.body


def test_relationships_are_links_there_and_back(browser: Browser) -> None:
    browser.get("/t/Book/item", key=json.dumps({"isbn": {"S": "001"}}))
    text = browser.get(browser.links()["written_by"])
    assert "Author 11 B" in text
    text = browser.get(browser.links()["books"])
    assert "25 items · query" in text
    browser.get("/t/Customer/item", key=json.dumps({"pk": {"S": "CUSTOMER#1"}, "sk": {"S": "PROFILE"}}))
    links = browser.links()
    assert "2 items · query" in browser.get(links["orders"])
    text = browser.get(links["the table"])
    assert re.search(r"pk CUSTOMER#1 Items of no model 1 .* Order 2 .* Customer 1 ", text)
    assert "has a kind that no model has" in text
    browser.get("/t/Book/item", key=json.dumps({"isbn": {"S": "001"}}))
    assert "the table" not in browser.links()  # its partition has one item
    text = browser.get(browser.links()["by-author"])
    assert "Partition 25 items" in text
    text = browser.get(browser.links()["Next page"])
    assert "Partition 15 items" in text


def test_a_shared_table_shows_its_items_by_kind(browser: Browser) -> None:
    text = browser.get("/t/Shop", where=["pk=CUSTOMER#1", "sk__begins_with=ORDER"])
    assert "2 items · query" in text
    assert "Order 2" in text
    assert browser.links()["Customer"] == "/t/Customer"


def test_reads_are_copied_as_python_and_as_a_command_line(browser: Browser) -> None:
    where = ["author=Mr. Bar", "year__gte=1990", "title__ne=a'b"]
    text = browser.get("/t/Book", index="ByAuthor", where=where, order="descending")
    python = """Book.ByAuthor.query(author='Mr. Bar', year__gte=1990, title__ne="a'b").reverse().limit(25)"""
    assert python in text
    command = "dynamorm query tests.support.shelf:Book.ByAuthor 'author=Mr. Bar' year__gte:=1990 "
    assert f"""{command}'title__ne=a'"'"'b' --reverse --limit 25""" in text
    # The command line takes each keyword once.
    text = browser.get("/t/Book", index="ByAuthor", where=["author=Mr. Bar", "title__ne=a", "title__ne=b"])
    assert "Book.ByAuthor.query(Q(title__ne='b'), author='Mr. Bar', title__ne='a').limit(25)" in text
    assert "Copy as command line" not in text
    text = browser.get("/t/Book/item", key=json.dumps({"isbn": {"S": "001"}}))
    assert "Book.get(isbn='001')" in text
    assert "dynamorm get tests.support.shelf:Book isbn=001" in text


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Book", {"index": "ByAuthor", "where": ["author=Mr. Bar", "year__between=1990, 1995", "title__ne=a'b"]}),
        ("Book", {"index": "ByAuthor", "where": ["author=Mr. Bar"], "order": "descending"}),
        ("Book", {"scan": "yes", "where": ["title__in=Book 1,Book 2", "title__size__gt=2"], "size": "100"}),
        ("Book", {"scan": "yes", "where": ["title__exists=", "price__not_exists=", "year__lt=1990"], "size": "100"}),
        ("Order", {"where": ["customer_id=1", "placed__gt=2026-01-01T12:00:00Z"]}),
        ("Shop", {"where": ["pk=CUSTOMER#1", "sk__begins_with=ORDER"]}),
    ],
)
def test_what_is_copied_reads_the_same(browser: Browser, name: str, query: dict[str, Any], tmp_path: Path) -> None:
    text = browser.get(f"/t/{name}", **query)
    found = re.search(r"(\d+) items?(?: of \d+ read)? · ", text)
    assert found is not None, text
    python, command = (html.unescape(code) for code in re.findall(r"<pre[^>]*>(.*?)</pre>", browser.body, re.DOTALL))
    items = list(eval(python, {**vars(shelf), "Q": dynamorm.Q}))
    assert len(items) == int(found[1]) > 0
    url = f"sqlite:///{tmp_path}/shelf.db"
    with using_everywhere(url):
        shelf.fill()
    result = run(*shlex.split(command)[1:], "--url", url, "-q")
    assert result.status == 0, result.err
    assert len(result.out.splitlines()) == len(items)


def test_what_can_not_be_read_is_said_and_the_form_stays(browser: Browser) -> None:
    text = browser.get("/t/Book", 400, scan="yes", where="year=seven")
    assert "year: Not a valid integer." in text
    assert 'value="seven"' in browser.body
    assert "no field" in browser.get("/t/Book", 400, where="titel=x") or "titel" in browser.get(
        "/t/Book", 400, where="titel=x"
    )
    assert "cursor" in browser.get("/t/Book", 400, scan="yes", after="nonsense")
    assert "A page has 25, 100, 500 items." in browser.get("/t/Book", 400, size="26")
    assert "Book has no index 'Nothing'" in browser.get("/t/Book", 404, index="Nothing")
    assert "Book has no index 'Nothing'" in browser.get(
        "/t/Book/partition", 404, index="Nothing", hash='{"a": {"S": "b"}}'
    )
    assert "There is no such item" in browser.get("/t/Book/item", 404, key=json.dumps({"isbn": {"S": "none"}}))
    assert browser.links()["Book"] == "/t/Book"
    for key in ("", "{}", "[]", '{"isbn": 1}', "{"):
        assert "has no key of an item" in browser.get("/t/Book/item", 400, key=key)
    assert "'isbn' is missing" in browser.get("/t/Book/item", 400, key='{"a": {"S": "b"}}') or browser.body
    for path in ("/t/Nobody", "/t/Book/other", "/other", "/t/", "/static/../pages.py", "/../gate.py"):
        assert "There is no such page" in browser.get(path, 404)


def test_a_fault_of_the_program_is_reported_without_values(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Catalogue, "describe", lambda _: 1 / 0)
    assert "It raised ZeroDivisionError." in browser.get("/", 500)
    assert "ZeroDivisionError while / was made" in browser.log


def test_a_backend_that_fails_is_not_a_fault_of_the_page() -> None:
    faults = Faults("sqlite:///:memory:")
    with using_everywhere(faults):
        shelf.fill()
        with browsing() as browser:
            faults.lose_request(dynamorm.data.Scan, times=10)
            assert "BackendUnavailable: " in browser.get("/t/Book", 502, scan="yes", where="title=One")
            assert 'value="One"' in browser.body
            faults.throttle(dynamorm.data.GetItem, times=10)
            assert "The table can't be read Throttled: " in browser.get("/t/Book/item", 502, **ITEM)
    with using_everywhere("sqlite:///:memory:"), browsing() as browser:
        assert "There is no such table" in browser.get("/t/Book", 404, scan="yes")
        assert "no table 'books'" in browser.get("/").lower() or "books" in browser.get("/")


def test_a_budget_ends_the_reading() -> None:
    with using_everywhere("sqlite:///:memory:"):
        shelf.fill()
        with browsing(1.0) as browser:
            assert "0 of 1 read units" in browser.get("/")
            assert "0.5 of 1 read units" in browser.get("/t/Book", index="ByAuthor", where="author=Mr. Bar")
            browser.get("/t/Book/item", **ITEM)
            text = browser.get("/t/Book", 429, index="ByAuthor", where="author=Mr. Bar")
            assert "would exceed the budget, and was not sent" in text
            assert "larger --budget" in text
            assert 'value="Mr. Bar"' in browser.body
            assert "The budget is used up" in browser.get("/t/Book/item", 429, **ITEM)


def test_copies_of_what_a_command_line_can_not_say(tmp_path: Path) -> None:
    class Blob(DynaModel):
        class Table:
            name = "blobs"
            hash_key = "id"

        class Schema:
            id: bytes
            size: int = 0

    assert Blob.__name__
    with using_everywhere("sqlite:///:memory:"):
        Blob.__table__.create()
        Blob.put({"id": b"\xff"})
        view = TableView(Blob)
        address = PageAddress("Blob", filters=(Filter.parse("id=/w=="),))
        assert page_in_python(view, address) == "Blob.query(id=b'\\xff').limit(25)"
        assert page_as_command(view, address, "blobs") is None
        (item,) = view.page(address.filters).items
        assert (item_in_python(item), item_as_command(item)) == ("Blob.get(id=b'\\xff')", None)
        shop = PageAddress("Shop", filters=(Filter.parse("pk__size__gt=2"),), scan=True)
        assert page_as_command(TableView(shelf.Shop), shop, "shop") is None
        listed = PageAddress("Shop", filters=(Filter.parse("pk__in=a,b"), Filter.parse("sk__type=S")), scan=True)
        command = page_as_command(TableView(shelf.Shop), listed, "shop")
        assert command == """dynamorm scan --table shop 'pk__in:=["a", "b"]' sk__type=S --limit 25"""


def test_what_is_not_seen_is_marked() -> None:
    seen = "\U0001f469\u200d\U0001f680 \u05e9\u05dc\u05d5\u05dd"  # an emoji of two, and Hebrew
    assert cell(seen) == tree(seen).replace(" whole", "") == f'<span class="v-s">{seen}</span>'
    assert tree("a\nb \x1b[2J").striptags() == "a b \\x1b[2J"
    assert cell("a\nb\t").striptags() == "a\\nb\\t"
    assert cell("\u202egnp.exe\u202c").striptags() == "\\u202egnp.exe\\u202c"
    assert cell("  a b ").striptags() == "\u2423\u2423a b\u2423"
    assert cell("").striptags() == tree("").striptags() == '""'
    assert cell({"\u202e": 1, "x" * 100: 2}).striptags() == r"\u202e, " + "x" * 90
    assert tree("x" * 5000).striptags() == f"{'x' * 2000}…all 5,000 characters{'x' * 5000}"
    assert tree(list(range(600))).striptags().endswith("499+100, all are in the JSON")
    assert tree({"a": {str(number): {} for number in range(501)}}).striptags().endswith("499{ }+1, all are in the JSON")
    assert cell(b"") == '<span class="v-b">0 B</span>'
    item = {"a": {"S": "\x00\u202e\U000e0041\u200d"}}
    text = dynamodb_json(wire.JSON.decode_item(item))
    assert json.loads(text) == item
    assert r'"\u0000\u202e\udb40\udc41' in text


def test_attributes_whose_names_are_not_those_of_fields() -> None:
    class Odd(SharedTable):
        name = "odd"
        hash_key = "p.k"
        range_key = "s__k-1"

    class One(DynaModel):
        class Table(Odd):
            kind = "one"
            hash_key = Key("ONE#{id}")
            range_key = Key("{at}")

        class Schema:
            id: str
            at: str
            more: dict[str, str]

    with using_everywhere("sqlite:///:memory:"):
        Odd.create_table()
        One.put({"id": "\x1b[201~", "at": "x", "more": {"at": "x"}})
        page = Pages(Catalogue([One]), Meter(), "here", pytest.fail)
        form = {"go": "1", "field": ["p.k", "s__k-1"], "op": ["eq", "eq"], "value": ["ONE#\x1b[201~", "x"]}
        found = page.response_to("/t/Odd?" + urlencode({**form, "kind": ["text", "text"]}, doseq=True))
        (_, location), *_ = found.headers
        body = html.unescape(page.response_to(location.removeprefix(page.root)).body.decode())
        assert "1</b> item" in body
        assert 'value="p.k"' in body
        assert 'value="s__k-1"' in body
        assert r"Odd.query(**{'p.k': 'ONE#\x1b[201~', 's__k-1': 'x'}).limit(25)" in body
        # A terminal into which it is pasted would obey control characters.
        assert r"""dynamorm query --table odd 'p.k:="ONE#\u001b[201~"' s__k-1=S:x --limit 25""" in body
        form = {"go": "1", "field": ["id", "more.at"], "op": ["eq", "eq"], "value": ["\x1b[201~", "x"]}
        found = page.response_to("/t/One?" + urlencode({**form, "kind": ["text", "text"]}, doseq=True))
        (_, location), *_ = found.headers
        body = html.unescape(page.response_to(location.removeprefix(page.root)).body.decode())
        assert "1</b> item" in body
        assert 'value="more.at"' in body


# --- whom it is shown to


def test_the_token_is_exchanged_for_a_cookie_that_no_script_and_no_other_site_has(browser: Browser) -> None:
    name, *settings = browser.cookie.split("; ")
    # Cookies don't tell ports apart: the path keeps other servers of this computer from getting it.
    assert sorted(settings) == ["HttpOnly", f"Path={browser.root}/", "SameSite=Strict"]
    assert len(browser.root) == 17
    assert browser.server.gate.token not in name
    assert browser.root not in name
    assert browser.request("/", cookie=None).status == 403
    assert browser.request("/style.css", cookie=None).status == 403
    assert browser.request("/", cookie=f"{name.partition('=')[0]}=wrong").status == 403
    assert browser.request("/", cookie="=;;=").status == 403
    assert "token" in browser.body


@pytest.mark.parametrize("token", ["", "wrong", "x" * 32, "%ff"])
def test_a_wrong_token_is_refused_also_with_a_cookie(browser: Browser, token: str) -> None:
    assert browser.request(f"/?token={token}", root="").status == 403
    assert browser.request(f"/?token={token}", cookie=None, root="").status == 403
    assert "Set-Cookie" not in browser.request(f"/?token={token}", cookie=None, root="").headers


def test_a_host_that_is_not_this_computer_is_refused(browser: Browser) -> None:
    port = browser.server.server_port
    for own in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
        assert browser.request("/", host=own).status == 200, own
    for host in (
        None,
        "127.0.0.1",
        "localhost:80",
        f"evil.example:{port}",
        f"127.0.0.1.evil.example:{port}",
        f"localhost.:{port}",
        f"10.0.0.1:{port}",
        f"user@127.0.0.1:{port}",
        "[::1]",
        ":",
    ):
        response = browser.request("/", host=host)
        assert response.status in (400, 403), host
        assert response.headers["Content-Security-Policy"]
    twice = browser.request("/", host=browser.host, Host="evil.example")
    assert twice.status == 403


def test_a_server_for_other_computers_answers_to_addresses_and_not_to_names() -> None:
    gate = Gate("0.0.0.0", 8765, "/secret")
    for host, is_own in {"192.168.1.5:8765": True, "[2001:db8::1]:8765": True, "evil.example:8765": False}.items():
        assert gate.is_own_host([host]) is is_own, host
    assert Gate("192.168.1.5", 8765, "/secret").is_own_host(["192.168.1.5:8765"])
    assert Gate("::1", 80, "/secret").is_own_host(["[::1]"])


def test_what_another_page_asks_for_is_refused(browser: Browser) -> None:
    for site in ("cross-site", "same-site"):
        assert browser.request("/t/Book", Sec_Fetch_Site=site).status == 403
        assert browser.request("/t/Book", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate").status == 403
    for site in ("none", "same-origin"):
        assert browser.request("/t/Book", Sec_Fetch_Site=site).status == 200
    assert browser.request("/t/Book", Origin="http://evil.example").status == 403
    assert browser.request("/t/Book", Origin="null").status == 403
    assert browser.request("/t/Book", Origin=f"http://{browser.host}").status == 200
    # A link with the token may be anywhere, but only a person follows it.
    entry = f"/?token={browser.server.gate.token}"
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "root": ""}
    assert browser.request(entry, cookie=None, **link, Sec_Fetch_Dest="document").status == 200
    assert browser.request(entry, cookie=None, **link, Sec_Fetch_Dest="iframe").status == 403
    link["Sec_Fetch_Mode"] = "no-cors"
    assert browser.request(entry, cookie=None, **link).status == 403


def test_a_page_is_not_read_in_advance(browser: Browser) -> None:
    before = browser.server.pages.meter.used
    for purpose in ("prefetch", "prefetch;prerender"):
        assert browser.request("/t/Book?scan=yes", Sec_Purpose=purpose).status == 503
    assert browser.server.pages.meter.used == before


def test_every_response_says_what_a_browser_may_do_with_it(browser: Browser) -> None:
    for path in ("/", "/t/Book", "/style.css", "/icon.svg", "/no-such-page", "/t/Book?token=wrong", "/t/Book?where=x"):
        headers = browser.request(path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self';")
        assert "script" not in policy and "unsafe" not in policy  # noqa: PT018 - one policy
        assert "frame-ancestors 'none'" in policy
        assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")
        assert (headers["Referrer-Policy"], headers["Cross-Origin-Resource-Policy"]) == ("no-referrer", "same-origin")
        assert headers["Access-Control-Allow-Origin"] is None
    for page in ("/", "/t/Book?scan=yes", "/t/Shop?scan=yes"):
        browser.get(page)
        assert not re.search(r"<script|\son\w+=|style=|https?://(?!www\.w3\.org)", browser.body), page


def test_only_get_and_head_are_answered(browser: Browser) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        response = browser.request("/", method=method)
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
    assert browser.request("/", method="BREW").status in (405, 501)
    head = browser.request("/t/Book", method="HEAD")
    assert (head.status, browser.body) == (200, "")
    assert int(head.headers["Content-Length"]) > 1000


def test_requests_that_are_none_are_refused_with_the_headers_of_all_others(browser: Browser) -> None:
    cookie = browser.cookie.partition(";")[0]
    head = f"\r\nHost: {browser.host}\r\nCookie: {cookie}\r\n".encode()
    inner = f"GET {browser.root}/ HTTP/1.1".encode() + head + b"\r\n"
    for sent in (
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n",
        # Without a version, a response has no headers.
        f"GET {browser.root}/".encode() + head + b"\r\n",
        # What follows as a body is no request.
        f"GET {browser.root}/ HTTP/1.1".encode() + head + f"Content-Length: {len(inner)}\r\n\r\n".encode() + inner,
        f"GET {browser.root}/ HTTP/1.1".encode() + head + b"Transfer-Encoding: chunked\r\n\r\n" + inner,
        f"GET {browser.root}/ HTTP/1.1".encode() + head + b"Content-Length: 0\r\nContent-Length: 9\r\n\r\n" + inner,
    ):
        with socket.create_connection(("127.0.0.1", browser.server.server_port)) as connection:
            connection.sendall(sent)
            received = connection.makefile("rb").read()
        assert re.match(rb"HTTP/1\.1 (400|414|505) ", received), sent[:20]
        assert received.count(b"Content-Security-Policy") == 1


def test_targets_and_origins_that_are_no_addresses_are_answered(browser: Browser) -> None:
    assert browser.request("http://[", root="").status == 403
    assert browser.request(f"http://{browser.host}{browser.root}/", root="").status == 403
    assert browser.request("/", Origin="http://[").status == 403
    assert "more than 500 fields" in browser.get("/t/Book?" + "where=a=b&" * 600, 400)


def test_cookies_of_other_servers_of_this_computer_are_in_nobodys_way(browser: Browser) -> None:
    name, _, value = browser.cookie.partition(";")[0].partition("=")
    for before in ('session={"a": [1, "b;c"]}; ', "a b=(c); ", f"{name}=somebody; ", "=; ;; "):
        assert browser.request("/", cookie=f"{before}{name}={value}").status == 200, before
    assert browser.request("/", cookie=f"{name}={value}x; x{name}={value}").status == 403


def test_an_address_that_others_may_see_leads_in_once() -> None:
    with using_everywhere("sqlite:///:memory:"), browsing() as browser:
        entry = browser.server.url_for_once().partition(browser.host)[2]
        first = browser.request(entry, cookie=None, root="")
        assert (first.status, first.headers["Set-Cookie"]) == (200, browser.cookie)
        assert browser.request("/").status == 200
        # Somebody else has it. Who got in with it is put out.
        assert browser.request(entry, cookie=None, root="").status == 403
        assert browser.request("/").status == 403
        assert browser.request(f"/?token={browser.server.gate.token}", cookie=None, root="").status == 200


def test_a_log_has_no_query_and_no_token(browser: Browser) -> None:
    browser.get("/t/Book", index="ByAuthor", where="author=Mr. Secret")
    browser.get("/t/Book", 400, scan="yes", where="year=Secret")
    browser.request(f"/?token={browser.server.gate.token}", root="")
    with socket.create_connection(("127.0.0.1", browser.server.server_port)) as connection:
        connection.sendall(b"GET /t/\x1b[31m" + b"x" * 300 + b" HTTP/1.1\r\nConnection: close\r\n\r\n")
        connection.makefile("rb").read()
    logged = "\n".join(browser.log)
    assert re.search(r"^GET /t/Book 200 \d+ ms$", logged, re.MULTILINE)
    assert re.search(r"^GET /t/\\x1b\[31mx{192} 403 ", logged, re.MULTILINE)
    assert browser.root not in logged
    assert "Secret" not in logged
    assert browser.server.gate.token not in logged


def test_a_write_of_the_users_own_code_is_refused(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    relationship = shelf.Customer._relationships["orders"]

    def write(customer: shelf.Customer) -> dict[str, str]:
        shelf.Author(name="written").save()
        return {"customer_id": "1"}

    monkeypatch.setattr(relationship, "_query", write)
    key = json.dumps({"pk": {"S": "CUSTOMER#1"}, "sk": {"S": "PROFILE"}})
    assert "its query raised WriteRefused" in browser.get("/t/Customer/item", key=key)


# --- the command


@pytest.mark.parametrize("options", [["--i-know", "--host", "0.0.0.0"], ["--json", "--open", "--no-budget"]])
def test_the_address_is_printed_and_opened(options: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    is_opened = Event()

    def stop(_: BrowseServer) -> None:
        assert "--open" not in options or is_opened.wait(10)
        raise KeyboardInterrupt

    def open_browser(address: str) -> bool:
        opened.append(address)
        is_opened.set()
        return False

    monkeypatch.setattr(BrowseServer, "serve_forever", stop)
    monkeypatch.setattr("webbrowser.open", open_browser)
    with socket.create_server(("0.0.0.0", 0)) as taken:
        monkeypatch.setattr("dynamorm_cli.commands.browse.PORT", taken.getsockname()[1])
        result = run("browse", "tests.support.shelf:Book", "--url", "sqlite:///:memory:", *options)
    assert result.status == 0, result.err
    url = result.json()["url"] if "--json" in options else result.out.strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}", url)
    # The address that is opened is another one: other users of this computer see the arguments of a browser.
    assert [each.partition("=")[0] for each in opened] == ([url.partition("=")[0]] if "--open" in options else [])
    assert url not in opened
    assert ("Other computers can reach this page" in result.err) is ("--i-know" in options)
    assert ("Reading sqlite:///:memory:." in result.err) is ("--json" not in options)


def test_a_backend_that_does_not_tell_the_cost_has_no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(server: BrowseServer) -> None:
        assert server.pages.meter.most is None
        raise KeyboardInterrupt

    monkeypatch.setattr(BrowseServer, "serve_forever", stop)
    monkeypatch.setattr("dynamorm_cli.browsing.session.Capability", type("None", (), {"CONSUMED_CAPACITY": None}))
    result = run("browse", "tests.support.shelf:Book", "--port", "0", env={"DYNAMORM_URL": "sqlite:///:memory:"})
    assert result.status == 0, result.err
    assert "so --budget has no effect" in result.err


def test_an_address_that_other_computers_reach_needs_consent() -> None:
    for host in ("0.0.0.0", "192.168.1.5", "example.com", "::"):
        result = run("browse", "tests.support.shelf", "--host", host, "--url", "sqlite:///:memory:")
        assert result.status == 64
        assert "add --i-know" in result.err
        assert "ssh -L" in result.err


@pytest.mark.parametrize("budget", ["nan", "inf", "-1"])
def test_a_budget_is_a_number(budget: str) -> None:
    result = run("browse", "tests.support.shelf", "--budget", budget, "--url", "sqlite:///:memory:")
    assert result.status == 64
    assert "--budget" in result.err


def test_a_port_that_is_in_use_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("browse", "tests.support.shelf", "--port", port, "--url", "sqlite:///:memory:")
    assert result.status == 64
    assert f"Port {port} of 127.0.0.1 can't be used" in result.err
    result = run(
        "browse", "tests.support.shelf", "--host", "not.a.host.example", "--i-know", "--url", "sqlite:///:memory:"
    )
    assert result.status == 64
    assert "not.a.host.example can't be listened on" in result.err


def test_the_command_prints_its_address_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shelf.db"
    with using_everywhere(url):
        shelf.fill()
    command = [sys.executable, "-m", "dynamorm_cli", "browse", "tests.support.shelf:Book", "--url", url, "--port", "0"]
    process = subprocess.Popen(
        [*command, "--json", "--app-dir", str(Path.cwd())],
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    printed = ""
    while not printed.endswith("}\n"):
        line = process.stdout.readline()
        assert line, process.communicate()
        printed += line
    address = json.loads(printed)["url"]
    host, _, path = address.removeprefix("http://").partition("/")
    connection = HTTPConnection(host)
    connection.request("GET", f"/{path}")
    response = connection.getresponse()
    assert response.status == 200
    response.read()
    cookie, _, settings = str(response.headers["Set-Cookie"]).partition(";")
    root = settings.rpartition("Path=")[2]
    connection.request("GET", f"{root}t/Book?scan=yes", headers={"Cookie": cookie})
    assert "25</b> items" in connection.getresponse().read().decode()
    connection.close()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert "Traceback" not in err
