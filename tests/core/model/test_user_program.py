"""The program that type checkers judge, run: its definitions, and each line that they don't refuse."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import dynamorm
from dynamorm.ports.backends import Backend

PROGRAM = Path(__file__).parents[2] / "typing" / "programs" / "user_program.py"
#: Lines that save an item whose index key is the empty string, create a table once more, and read one that is missing.
NOT_RUN = ('Book.create(isbn="1", title="x")', "Book.__table__.create()", "Old.ById.query", "Old.get(")


def test_what_type_checkers_accept_runs(sqlite_memory: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = PROGRAM.read_text(encoding="utf-8").splitlines()
    accepted = [
        "" if line.endswith(("# E", "# E-pyright")) or any(each in line for each in NOT_RUN) else line for line in lines
    ]
    definitions, _, uses = "\n".join(accepted).partition("# The constructor\n")
    # The body of a condition that only pyright refuses; a field that has to agree with the related instance; half an
    # int, which type checkers can't tell from a number and the schema refuses.
    uses = uses.replace("\n    pass\n", "\n").replace("writer=Author", "author='a', writer=Author")
    uses = uses.replace("Book.year > 1.5, ", "")
    module = ModuleType("user_program")
    monkeypatch.setitem(sys.modules, "user_program", module)
    program: Any = module
    with dynamorm.using(sqlite_memory):
        exec(compile(definitions, str(PROGRAM), "exec", dont_inherit=True), vars(module))
        dynamorm.create_all([program.Author, program.Book])
        program.Book(isbn="1", title="x", author="a", year=1999).save()
        exec(
            compile("from __future__ import annotations\n" + uses, str(PROGRAM), "exec", dont_inherit=True),
            vars(module),
        )
        found = program.Book.get(isbn="1")
        assert (found.year, found.title, found.tags, found.address) == (2000, "x", ["new"], {"city": "Rome"})
    assert program.Typed(id="1").n == 5
