"""The file of a cassette: a line of JSON about itself, and a line for each operation."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from dynamorm.__about__ import __version__
from dynamorm.data.capacity import CapacityDetail
from dynamorm.exceptions import BackendMisconfigured
from dynamorm.ports.backends import Capability
from dynamorm.testing.cassettes.codec import Json

#: The format of the file. Another one is refused.
FORMAT = 1
_FORMAT_NAME = "dynamorm_cassette"


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says: what the backend could do, and what the connection asked of it."""

    capabilities: frozenset[Capability]
    return_consumed_capacity: CapacityDetail

    def form(self) -> Json:
        """Return the line."""
        return {
            _FORMAT_NAME: FORMAT,
            "core": __version__,
            "return_consumed_capacity": self.return_consumed_capacity,
            "capabilities": sorted(each.value for each in self.capabilities),
        }


def read(path: Path, name: str) -> tuple[Header, list[dict[str, Json]]]:
    """Return the header of a cassette, whose *name* is for messages, and its other lines.

    Raises:
        BackendMisconfigured: It is no cassette, or one of a format that is unknown here.
    """
    if path.is_dir():
        raise BackendMisconfigured(f"cassette: '{name}' is a directory. Name a file, such as 'tests/orders.jsonl'.")
    lines: list[Any] = []
    try:
        # Strings may have what Python takes for an end of a line.
        for text in path.read_text(encoding="utf-8").removesuffix("\n").split("\n"):
            lines.append(json.loads(text))  # noqa: PERF401 - how many there are says which one is wrong
    except ValueError:
        raise _damaged(name, f"line {len(lines) + 1} is no JSON") from None
    if not isinstance(lines[0], dict) or _FORMAT_NAME not in lines[0]:
        raise _damaged(name, "its first line does not say so")
    if lines[0][_FORMAT_NAME] != FORMAT:
        raise BackendMisconfigured(
            f"The cassette '{name}' has the format {lines[0][_FORMAT_NAME]!r} of dynamorm-core "
            f"{lines[0].get('core', 'of an unknown version')}, and dynamorm-core {__version__} reads the format "
            f"{FORMAT}. Upgrade dynamorm-core, or delete the file to record it again."
        )
    for number, line in enumerate(lines[1:], start=2):
        if not isinstance(line, dict) or "operation" not in line or ("error" in line) == ("result" in line):
            raise _damaged(name, f"line {number} is no operation with its result")
    return _header(lines[0], name), lines[1:]


def write(path: Path, header: Header, lines: Iterable[Json]) -> None:
    """Write a cassette. If that is interrupted, the file is as it was before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            for line in (header.form(), *lines):
                file.write(f"{json.dumps(line, ensure_ascii=False)}\n")
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def later(name: str, number: int, unknown: str) -> BackendMisconfigured:
    """Return the exception for a line of a cassette with something *unknown*."""
    return BackendMisconfigured(
        f"Line {number} of the cassette '{name}' has {unknown}, which dynamorm-core {__version__} does not know. "
        "Upgrade dynamorm-core, or delete the file to record it again."
    )


def _header(line: dict[str, Json], name: str) -> Header:
    capabilities, detail = line.get("capabilities", []), line.get("return_consumed_capacity", "NONE")
    if not isinstance(capabilities, list) or not isinstance(detail, str):
        raise _damaged(name, "its first line was changed")
    details: dict[str, CapacityDetail] = {each: each for each in get_args(CapacityDetail)}
    return Header(frozenset(each for each in Capability if each.value in capabilities), details.get(detail, "NONE"))


def _damaged(name: str, why: str) -> BackendMisconfigured:
    return BackendMisconfigured(
        f"The file '{name}' is no cassette: {why}. Delete it to record it again, or correct the path."
    )
