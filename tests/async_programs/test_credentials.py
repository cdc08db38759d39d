"""A provider of credentials that takes long keeps nobody from working who needs not wait for it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from botocore.credentials import RefreshableCredentials

from tests.async_programs.connecting import connect
from tests.async_programs.programs.books import CREDENTIALS, get
from tests.support.servers.echo_server import EchoServer
from tests.support.ticking import Ticker

#: Gives credentials, and others when it is asked again. For those it waits for a file.
PROCESS = """
import datetime, json, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
with (folder / "asked").open("a") as asked:
    asked.write("x")
is_first = (folder / "asked").read_text() == "x"
end = time.monotonic() + 60
while not is_first and not (folder / "may-answer").exists() and time.monotonic() < end:
    time.sleep(0.01)
print(json.dumps({
    "Version": 1,
    "AccessKeyId": "FIRST" if is_first else "SECOND",
    "SecretAccessKey": "secret",
    "SessionToken": "token",
    "Expiration": (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).isoformat(),
}))
"""
#: botocore wants others a quarter of an hour before some expire, and needs them ten minutes before.
SOON = 15 * 60


class Provider:
    """A program that gives credentials, and how long they still last."""

    def __init__(self, folder: Path) -> None:
        self.minutes = 60
        self._folder = folder

    @property
    def asked(self) -> int:
        """How often it was asked."""
        asked = self._folder / "asked"
        return len(asked.read_text()) if asked.exists() else 0

    def answer(self) -> None:
        """Let it answer with credentials that last."""
        self.minutes = 60
        (self._folder / "may-answer").touch()


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The provider that botocore asks."""
    provider = Provider(tmp_path)
    (tmp_path / "process.py").write_text(PROCESS)
    command = f"{sys.executable} -I -S {tmp_path / 'process.py'} {tmp_path}"
    (tmp_path / "config").write_text(f"[default]\ncredential_process = {command}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    def refresh_needed(_credentials: object, refresh_in: int | None = None) -> bool:
        return provider.minutes * 60 < (SOON if refresh_in is None else refresh_in)

    monkeypatch.setattr(RefreshableCredentials, "refresh_needed", refresh_needed)
    return provider


async def until_asked_again(provider: Provider) -> None:
    """Use books until the provider is asked again: what was found out is good for a second."""
    while provider.asked < 2:
        await get("another")
        await asyncio.sleep(0.01)


def test_credentials_that_expire_soon_are_used_until_there_are_others(
    echo_server: EchoServer, provider: Provider
) -> None:
    async def main() -> None:
        async with connect(echo_server, **dict.fromkeys(CREDENTIALS)), asyncio.timeout(50):
            await get("first")
            provider.minutes = 14
            await until_asked_again(provider)
            await asyncio.gather(*(get(f"meanwhile-{number}") for number in range(100)))
            assert set(echo_server.signed_with) == {"FIRST"}
            provider.answer()
            while echo_server.signed_with[-1] == "FIRST":
                await get("later")

    asyncio.run(main())
    assert provider.asked == 2


def test_operations_wait_for_credentials_and_the_loop_does_not(echo_server: EchoServer, provider: Provider) -> None:
    async def main() -> None:
        async with connect(echo_server, **dict.fromkeys(CREDENTIALS)), asyncio.timeout(50), Ticker() as ticker:
            await get("first")
            provider.minutes = 5
            impatient = asyncio.ensure_future(until_asked_again(provider))
            while provider.asked < 2:
                await ticker.wait(1)
            sent = echo_server.requests
            gets = [asyncio.ensure_future(get(str(number))) for number in range(100)]
            await ticker.wait(50)
            impatient.cancel()
            await ticker.wait(5)
            assert not any(each.done() for each in gets)
            assert echo_server.requests == sent
            provider.answer()
            await asyncio.gather(*gets)

    asyncio.run(main())
    assert echo_server.signed_with[-100:] == ["SECOND"] * 100
    assert provider.asked == 2


def test_first_credentials_are_awaited_beside_the_loop(echo_server: EchoServer, provider: Provider) -> None:
    """They are of no use, and the others take long."""
    provider.minutes = 5

    async def main() -> None:
        async with connect(echo_server, **dict.fromkeys(CREDENTIALS)), asyncio.timeout(50), Ticker() as ticker:
            gets = [asyncio.ensure_future(get(str(number))) for number in range(100)]
            while provider.asked < 2:
                await ticker.wait(1)
            await ticker.wait(50)
            provider.answer()
            await asyncio.gather(*gets)

    asyncio.run(main())
    assert set(echo_server.signed_with) == {"SECOND"}
    assert provider.asked == 2
