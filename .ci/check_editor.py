"""Check what an editor shows of the model of ``docs/how-to/typing.md``: completion lists, parameters and hover texts.

They come from pyright's language server, which many editors use.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from dynamorm import Model
from dynamorm.paths import FieldPath
from language_server import LanguageServer, language_server

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "how-to" / "typing.md"
#: Where the program would be. It is never written.
FOLDER = ROOT / ".cache" / "typing"

FIELDS = {"isbn", "title", "author", "year", "tags"}
#: What the model's own body has besides its fields.
OTHERS = {"ByAuthor", "Table"}
PARAMETERS = [
    "isbn: str",
    "title: str",
    "author: str | None = None",
    "year: int | None = None",
    "tags: list[str] = list",
]

#: Some of the methods that each path must offer, and some that it must not.
PATHS: Mapping[str, tuple[set[str], set[str]]] = {
    "Book.title.": ({"begins_with", "contains", "set", "is_in", "exists"}, {"append", "plus"}),
    "Book.year.": ({"between", "plus", "add", "set", "is_in", "exists"}, {"begins_with", "contains", "append"}),
    "Book.tags.": ({"append", "prepend", "contains", "set", "size"}, {"begins_with", "plus"}),
}
#: What the hover text of the last name in an expression begins with, and what its description contains.
HOVERS: Mapping[str, tuple[str, str]] = {
    "Book.title": ("(variable) title: TextPath", ""),
    "Book.year": ("(variable) year: NumberPath[int]", ""),
    "book.title": ("(variable) title: str", ""),
    "book.year": ("(variable) year: int | None", ""),
    "Book.get": ("(method) def get(", "Return the item with this primary key"),
    "Book.aget": ("(method) def aget(", "Return"),
    "Book.create": (
        "(method) def create(\n    *,\n    isbn: str,\n    title: str,",
        "Return a new instance that has been",
    ),
    'Book.query(isbn="1").one': ("(method) def one() -> Book", "Return the only item"),
}


def program() -> str:
    """Return the page's program, so that what stands after it knows ``Book`` and ``book``."""
    blocks = re.search(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks is not None, f"{PAGE.name} begins with a model"
    return f"{blocks[1]}\nassert book is not None\n"


def without_private(names: list[str]) -> list[str]:
    """Return the *names* that have no underscore in front."""
    return [name for name in names if not name.startswith("_")]


def public(face: type) -> set[str]:
    """Return the names that a class has for its users when a program runs."""
    return set(without_private(dir(face)))


def faults(server: LanguageServer, text: str) -> Iterator[str]:
    """Say where the *server* offers something else than it should after the program *text*."""
    of_model = FIELDS | OTHERS | public(Model)
    # Every class has mro().
    exactly = {"book.": of_model, 'Book.query(isbn="1").one().': of_model, "Book.": of_model | {"mro"}}
    for end, expected in exactly.items():
        offered = without_private(server.completions(text, end))
        if set(offered) != expected:
            yield f"{end} lacks {sorted(expected - {*offered})}, and offers {sorted({*offered} - expected)} besides"
        elif set(offered[: len(FIELDS | OTHERS)]) != FIELDS | OTHERS:
            yield f"{end} does not begin with the model's own names, but with {offered[:7]}"
    for end, (expected, refused) in PATHS.items():
        offered = without_private(server.completions(text, end))
        if wrong := (expected - {*offered}) | (refused & {*offered}) | ({*offered} - public(FieldPath)):
            yield f"{end} has it otherwise with {sorted(wrong)}: it offers {offered}"
    for end in ("Book(", "Book.create("):
        parameters = [each for each in server.parameters(text, end) if each != "*"]
        if parameters != PARAMETERS:
            yield f"{end} takes {parameters} instead of {PARAMETERS}"
        names = {name.removesuffix("=") for name in server.completions(text, end) if name.endswith("=")}
        if names != FIELDS:
            yield f"{end} offers the arguments {sorted(names)} instead of {sorted(FIELDS)}"
    for end, (beginning, description) in HOVERS.items():
        shown = server.hover(text, end)
        if not shown.startswith(beginning) or description not in shown:
            yield f"{end} shows {shown!r} instead of {beginning!r} … {description!r}"


def main() -> None:
    """Check everything, and exit with 1 when something is not as it should be."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with language_server(FOLDER, FOLDER / "editor.py") as server:
        found = list(faults(server, program()))
    print("\n".join(found) or f"An editor shows of {PAGE.relative_to(ROOT)} what it should.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
