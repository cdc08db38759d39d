"""``dynamorm browse`` in a real browser: a person finds an item, and other pages of the browser find nothing."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from dynamorm.operate import ReadOnly
from dynamorm.testing import using_everywhere
from tests.cli.browsers import Browser, browsing
from tests.support import shelf
from tests.support.chromium import Chromium, chromium

#: The WCAG's least contrast of text ("Contrast (Minimum)").
LEAST_CONTRAST = 4.5
#: The contrast of each piece of text with what is behind it, as far as that is one colour, and the worst of all.
WORST_CONTRAST = """
(() => {
  const parts = text => { const found = text.match(/[\\d.]+/g).map(Number); return text.startsWith('color(')
    ? [found[0] * 255, found[1] * 255, found[2] * 255, found[3] ?? 1] : [found[0], found[1], found[2], found[3] ?? 1] };
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => { for (let e = element; e; e = e.parentElement) {
    const color = parts(getComputedStyle(e).backgroundColor); if (color[3] === 1) return color } return [255, 255, 255] };
  let worst = [99, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, style = getComputedStyle(element);
    if (!walker.currentNode.data.trim() || element.matches('.missing, option') || !element.checkVisibility()) continue;
    const [one, two] = [light(parts(style.color)), light(behind(element))];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (contrast < worst[0]) worst = [contrast, element.outerHTML];
  }
  return worst;
})()
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[Browser]:
    with using_everywhere("sqlite:///:memory:") as connection:
        shelf.fill()
        with using_everywhere(ReadOnly(connection)), browsing(None) as opened:
            yield opened


def test_a_person_finds_an_item(browser: Chromium, server: Browser) -> None:
    page = browser.page()
    page.open(server.server.url)
    page.wait_until_loaded()  # the token is taken from the address
    assert page.evaluate("location.href") == f"http://{server.host}{server.root}/"
    assert page.evaluate("document.cookie") == ""
    page.click("a[href$='/t/Book']")
    assert "Nothing has been read yet" in page.evaluate("document.body.innerText")
    page.click(".tabs a:nth-child(2)")
    page.type("#value-1", "Mr. Bar")
    page.press_enter()
    assert page.evaluate("document.querySelectorAll('.items tbody tr').length") == 25
    page.click("a.next")
    assert page.evaluate("document.querySelectorAll('.items tbody tr').length") == 15
    page.click(".items tbody tr:nth-child(3) td.open a")
    assert page.evaluate("document.querySelector('.keys').innerText").split() == ["isbn", "027"]
    page.evaluate("document.querySelector('.copy').open = true")
    assert page.evaluate("getComputedStyle(document.querySelector('.copy pre')).userSelect") == "all"
    page.click(".links a")
    assert page.evaluate("document.querySelector('h1').innerText") == "Author"
    assert all(address.startswith(f"http://{server.host}/") for address in page.requests())
    assert page.complaints() == []


def test_pages_fit_and_can_be_read_wide_and_narrow_light_and_dark(browser: Chromium, server: Browser) -> None:
    page = browser.page()
    page.open(server.server.url)
    page.wait_until_loaded()
    item = "/t/Book/item?key=%7B%22isbn%22%3A%7B%22S%22%3A%22x%22%7D%7D"
    for path in ("/", "/t/Book?where=title__contains%3D7", "/t/Book?scan=yes&size=100", item, "/t/Shop?scan=yes"):
        page.open(f"http://{server.host}{server.root}{path}")
        for width, scheme in ((1440, "light"), (1440, "dark"), (390, "dark"), (390, "light")):
            page.show_as(width, 900, scheme)
            assert page.evaluate("innerWidth") == width
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            worst, where = page.evaluate(WORST_CONTRAST)
            assert worst >= LEAST_CONTRAST, (path, width, scheme, where)
            brightness = page.evaluate("parseInt(getComputedStyle(document.body).backgroundColor.slice(4))")
            assert brightness > 200 if scheme == "light" else brightness < 60
        assert page.evaluate("document.title") != "taken"
    assert page.complaints() == []


class _Other(BaseHTTPRequestHandler):
    """A page of somebody else's on this computer, whose requests have the same cookies, as ports don't tell them apart."""

    cookies: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.cookies.append(self.headers["Cookie"])
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        pass


def test_other_pages_of_the_browser_read_nothing(browser: Chromium, server: Browser) -> None:
    other = ThreadingHTTPServer(("127.0.0.1", 0), _Other)
    thread = Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        page = browser.page()
        page.open(server.server.url)
        page.wait_until_loaded()
        server.log.clear()
        page.open(f"http://127.0.0.1:{other.server_port}/")
        target = f"http://{server.host}{server.root}/t/Book?scan=yes"
        read = "fetch({!r}, {{mode: {!r}, credentials: 'include'}}).then(r => r.text(), e => 'refused')"
        assert page.evaluate(read.format(target, "cors")) == "refused"
        assert page.evaluate(read.format(target, "no-cors")) in ("refused", "")
        image = "new Promise(done => {{ const i = new Image(); i.onload = () => done('shown'); i.onerror = () => done('refused'); i.src = {!r} }})"
        assert page.evaluate(image.format(f"http://{server.host}{server.root}/icon.svg")) == "refused"
        frame = (
            "new Promise(done => {{ const f = document.createElement('iframe'); f.src = {!r};"
            " f.onload = () => {{ try {{ done(f.contentDocument ? 'read' : 'refused') }} catch {{ done('refused') }} }};"
            " document.body.append(f) }})"
        )
        assert page.evaluate(frame.format(target)) == "refused"
    finally:
        other.shutdown()
        other.server_close()
        thread.join()
    assert set(_Other.cookies) == {None}
    asked = [line for line in server.log if "/t/Book" in line]
    assert [line.split()[2] for line in asked] == ["403"] * 3, server.log
