"""How far a load has come: a file from which it can be continued.

Items are on the disk before the file says that they are, because a backend acknowledges durable writes only. SQLite's
``synchronous="normal"`` is an exception that somebody chose, and the port of backends, whose one verb executes
DynamoDB's operations, has none that waits for the disk. So a power failure then needs a load from the beginning, as the
page of ``load`` says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from dynamorm.exceptions import InvalidLoad
from dynamorm.operate.dumps.files import replace_file
from dynamorm.operate.transfers.chunks import Position
from dynamorm.operate.transfers.results import Counts

FORMAT = 1
#: How often the position is saved, in seconds. What was written since then is written once more, if there was a crash.
SECONDS_BETWEEN_SAVES = 0.2


class LoadState:
    """Where a load is, and what it has done so far; also in a file at *path*, if there is one.

    Args:
        path: The file.
        identity: What is loaded, and how. A load is continued as it was begun.
        resume: Whether the load continues one that was begun.
        work: What messages call it: ``"load"`` or ``"copy"``.

    Raises:
        InvalidLoad: There is nothing to continue, or another load; or there is one, and it should not be continued.
    """

    def __init__(self, path: Path | None, identity: Mapping[str, Any], *, resume: bool, work: str) -> None:
        self.path = path
        self.position: Position | None = None
        self.counts = Counts()
        self.failed_bytes: int | None = None
        self._identity = json.loads(json.dumps(identity))
        self._saved_at = monotonic()
        self._work = work
        if resume:
            self._read(path)
        elif path is not None and path.exists():
            raise InvalidLoad(
                f"'{path}' is of a {work} that was not completed. Continue it with resume=True, on the command line "
                "--resume; or delete the file to begin again."
            )

    def advance(self, position: Position | None) -> bool:
        """Take note that everything before a *position* was written, and return whether that is to be saved now."""
        if position is not None:
            self.position = position
        return self.path is not None and monotonic() - self._saved_at >= SECONDS_BETWEEN_SAVES

    def save(self, counts: Mapping[str, int], failed_bytes: int) -> None:
        """Save the position, with the counts that belong to it."""
        if self.path is None:
            return
        document = {
            "format": FORMAT,
            **self._identity,
            "position": self.position,
            "counts": counts,
            "failed_bytes": failed_bytes,
        }
        replace_file(self.path, f"{json.dumps(document, indent=2)}\n".encode())
        self._saved_at = monotonic()

    def remove(self) -> None:
        """Delete the file, of a load that is complete."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _read(self, path: Path | None) -> None:
        if path is None:
            raise InvalidLoad(
                f"A {self._work} is continued from the file with its state. Name it: state='books.{self._work}.json'."
            )
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            is_current = document["format"] == FORMAT
        except FileNotFoundError:
            raise InvalidLoad(
                f"There is no '{path}', from which a {self._work} could be continued: it was not begun, or is "
                "complete. Begin it without resume=True, on the command line without --resume."
            ) from None
        except (ValueError, KeyError, TypeError):
            raise InvalidLoad(
                f"'{path}' can't be read: it is not the state of a {self._work}, or was changed."
            ) from None
        if not is_current:
            raise InvalidLoad(f"'{path}' was written by another version of DynamORM. Begin the {self._work} again.")
        for name, value in self._identity.items():
            if document.get(name) != value:
                raise InvalidLoad(
                    f"'{path}' is of a {self._work} with another {name}: it was begun with "
                    f"{_shown(document.get(name))}, and is now continued with {_shown(value)}. Continue it as it was "
                    "begun, or begin again without the file."
                )
        self.position = document["position"]
        self.counts = Counts(**document["counts"])
        self.failed_bytes = document["failed_bytes"]


def _shown(value: object) -> str:
    return "none" if value is None else json.dumps(value)
