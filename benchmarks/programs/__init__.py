"""The same work, written with each library: what the contenders of the transport's figures run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from benchmarks.clients import ENVIRONMENT

#: How many segments a parallel scan reads, and how many items one request writes at most.
SEGMENTS, REQUEST_ITEMS = 8, 25


class Program(Protocol):
    """One item, a page or a table, as the library's own documentation has it done."""

    def get(self) -> Any:
        """Get an item as an object of the library."""

    def put(self) -> None:
        """Make an object of the library, and put it."""

    def page(self) -> list[object]:
        """Query one page, and return its items as objects of the library."""

    def write(self) -> None:
        """Write a batch of items."""

    def scan(self, segments: int) -> int:
        """Scan the table in so many segments, in parallel where the library does that, and count the items."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a program is: a module, its class there, and the class's options."""

    module: str
    name: str
    options: Mapping[str, object]
    library: str

    @property
    def installed(self) -> bool:
        """Return whether the library can be imported here."""
        return find_spec(self.library) is not None


def _dynamorm(schemas: str, *, direct: bool) -> Source:
    return Source(f"{__name__}.{schemas}_models", "Models", {"direct": direct}, f"dynamorm_{schemas}")


CLIENT = "boto3 client"
#: The programs by the contender's name, in the order of the report.
PROGRAMS: Mapping[str, Source] = {
    "DynamORM Pydantic": _dynamorm("pydantic", direct=True),
    "DynamORM Marshmallow": _dynamorm("marshmallow", direct=True),
    "DynamORM Schematics": _dynamorm("schematics", direct=True),
    "DynamORM attrs": _dynamorm("attrs", direct=True),
    "DynamORM msgspec": _dynamorm("msgspec", direct=True),
    "DynamORM Pydantic, client": _dynamorm("pydantic", direct=False),
    "DynamORM Marshmallow, client": _dynamorm("marshmallow", direct=False),
    "DynamORM Schematics, client": _dynamorm("schematics", direct=False),
    CLIENT: Source(f"{__name__}.boto3_sdk", "Client", {}, "boto3"),
    "boto3 resource": Source(f"{__name__}.boto3_sdk", "Resource", {}, "boto3"),
    "PynamoDB": Source(f"{__name__}.pynamodb_models", "Models", {}, "pynamodb"),
    "dyntastic": Source(f"{__name__}.dyntastic_models", "Models", {}, "dyntastic"),
    "pydynox": Source(f"{__name__}.pydynox_models", "Models", {}, "pydynox"),
}


def program(name: str, url: str, items: int = 0) -> Program:
    """Return the program of that *name*, connected to the server at *url*; its batches have so many *items*."""
    os.environ.update(ENVIRONMENT)
    source = PROGRAMS[name]
    made: Program = getattr(import_module(source.module), source.name)(url, items, **source.options)
    return made
