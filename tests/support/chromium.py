"""A headless Chromium, driven by its own protocol over a pipe, so that nothing has to be installed besides it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: With this variable, a browser that is not there is a failure. ``.ci/run`` sets it.
REQUIRED_VARIABLE = "DYNAMORM_TEST_BROWSER"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-pipe",
)


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Run a Chromium with an empty profile. Skip the test where none is installed, unless one is required."""
    command = next(filter(None, map(shutil.which, NAMES)), None)
    if command is None:
        message = f"No Chromium is installed: none of {', '.join(NAMES)} is on the path."
        if os.environ.get(REQUIRED_VARIABLE):
            pytest.fail(message)
        pytest.skip(message)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # Chromium reads commands from file 3, and writes events to file 4.
        script = 'exec "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>&1'
        process = subprocess.Popen(
            ["sh", "-c", script, "sh", command, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            yield Chromium(process)
        finally:
            process.kill()
            process.communicate()


class Chromium:
    """A browser that runs."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._received = b""
        self._number = 0
        #: What happened and was not waited for yet.
        self.events: list[dict[str, Any]] = []

    def page(self, *, width: int = 1440, height: int = 900, scheme: str = "light") -> Page:
        """Open a page with cookies of its own."""
        context = self.send("Target.createBrowserContext")["browserContextId"]
        target = self.send("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session, width, height, scheme)

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command, and return its result."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        message |= {} if session is None else {"sessionId": session}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        self._process.stdin.flush()
        while True:
            received = self._receive()
            if received.get("id") == number:
                assert "error" not in received, f"{method}: {received['error']}"
                result: dict[str, Any] = received["result"]
                return result
            self.events.append(received)

    def wait_for(self, method: str, session: str) -> dict[str, Any]:
        """Wait for an event of a page, and return its parameters."""
        for event in self.events:
            if event.get("method") == method and event.get("sessionId") == session:
                self.events.remove(event)
                parameters: dict[str, Any] = event["params"]
                return parameters
        self.events.append(self._receive())
        return self.wait_for(method, session)

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        while b"\0" not in self._received:
            more = os.read(self._process.stdout.fileno(), 1 << 16)
            assert more, "Chromium has ended."
            self._received += more
        message, _, self._received = self._received.partition(b"\0")
        received: dict[str, Any] = json.loads(message)
        return received


class Page:
    """A page of a browser, with a size and a colour scheme."""

    def __init__(self, browser: Chromium, session: str, width: int, height: int, scheme: str) -> None:
        self._browser = browser
        self._session = session
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.show_as(width, height, scheme)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command for this page."""
        return self._browser.send(method, self._session, **parameters)

    def show_as(self, width: int, height: int, scheme: str) -> None:
        """Show the page with another size and in another colour scheme, and wait until it is drawn."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        # Without motion, colours are what they will be.
        preferences = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in preferences.items()]
        self.send("Emulation.setEmulatedMedia", features=features)
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def open(self, address: str) -> None:
        """Open an address, and wait until it is loaded."""
        self.send("Page.navigate", url=address)
        self.wait_until_loaded()

    def wait_until_loaded(self) -> None:
        """Wait until the page that is under way is loaded."""
        self._browser.wait_for("Page.loadEventFired", self._session)

    def evaluate(self, code: str) -> Any:
        """Return the value of an expression in JavaScript; of a promise, what it is fulfilled with."""
        found = self.send("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def click(self, selector: str) -> None:
        """Click on the first element that a CSS *selector* finds, with the mouse, and wait until a page is loaded."""
        place = self.evaluate(
            f"(() => {{ const element = document.querySelector({json.dumps(selector)}); element.scrollIntoView();"
            "const box = element.getClientRects()[0]; return [box.x + box.width / 2, box.y + box.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
        self.wait_until_loaded()

    def type(self, selector: str, text: str) -> None:
        """Type into the field that a CSS *selector* finds."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        self.send("Input.insertText", text=text)

    def press_enter(self) -> None:
        """Press Enter, and wait until a page is loaded."""
        for kind in ("rawKeyDown", "char", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13
            )
        self.wait_until_loaded()

    def requests(self) -> list[str]:
        """Return the addresses that were asked for so far."""
        return [event["params"]["request"]["url"] for event in self._events("Network.requestWillBeSent")]

    def complaints(self) -> list[str]:
        """Return what the console has said so far: errors, and violations of the content security policy."""
        entries = [event["params"]["entry"]["text"] for event in self._events("Log.entryAdded")]
        thrown = [event["params"]["exceptionDetails"]["text"] for event in self._events("Runtime.exceptionThrown")]
        return entries + thrown

    def screenshot(self, file: Path) -> None:
        """Take a picture of the whole page."""
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        taken = self.send("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(taken["data"]))

    def _events(self, method: str) -> list[dict[str, Any]]:
        events = self._browser.events
        return [each for each in events if each.get("method") == method and each.get("sessionId") == self._session]
