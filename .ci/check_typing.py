"""Check with mypy and pyright, both strict, what users write: the programs of ``tests/typing`` and the documentation.

Each checker must report an error on each line of a program that is marked with ``# E``, and on no other line;
``# E-mypy`` and ``# E-pyright`` mark what only one of them sees.

The blocks of Python of a page make one program, in their order, as they are executed (see tests/support/pages.py).
Three comments in a page's source, each before a block, are for this check:

- ``<!-- typing: import app -->`` holds statements that the block needs and does not show;
- ``<!-- typing-errors: REASON -->`` says why the block shows errors that type checkers are to report, at least one of
  them. In a session, a statement that ends with a traceback needs no such comment;
- ``<!-- typing-modules: tickets -->`` names the modules that the page's blocks are the files of. What the block imports
  from them is what the page defines above.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.typed_pages import PageProgram, program_of  # noqa: E402 - the path is needed first

PROGRAMS = ROOT / "tests" / "typing"
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("packages/*/README.md"))]
#: Where the programs are written. It is kept, with mypy's cache.
BUILD = ROOT / ".cache" / "typing"
#: What is not an error in a page: a session shows values, and a page may define a name anew.
PAGE_SETTINGS = {
    "reportUnusedExpression": False,
    "reportRedeclaration": False,
    "reportUnusedImport": False,
    "reportDuplicateImport": False,
}

#: Errors about a value that might be None: ``Book.get(isbn="1").title`` may stand in a session, which shows the title.
OF_NONE = re.compile(r'^Item "None" of|^Value of type ".* \| None"|\(reportOptional\w+\)$')
#: Errors about a session that awaits, as in ``python -m asyncio``. In a program, Python itself would refuse it.
OF_SESSIONS = re.compile(r'\[top-level-await\]|"async \w+" outside async|"await" allowed only|"async" not allowed')

Errors = Mapping[int, str]


@dataclass
class Program:
    """A program, where it stands, and the lines on which each checker may and must report errors."""

    path: Path
    source: Path
    required: dict[str, set[int]]
    allowed: set[int] = field(default_factory=set)
    #: Lines of sessions, which show that a value is not None.
    shown: set[int] = field(default_factory=set)
    #: Blocks by their lines of which each must have an error for some checker.
    mistakes: list[range] = field(default_factory=list)


def marked_program(path: Path) -> Program:
    """Return the program in the file at *path*, with the lines that are marked in it."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    required = {
        checker: {number for number, line in enumerate(lines, 1) if re.search(rf"# E(-{checker})?$", line)}
        for checker in ("mypy", "pyright")
    }
    return Program(written("programs", path.stem, text), path, required)


def written(folder: str, name: str, text: str) -> Path:
    """Write a program into a *folder* of the build, unless it is there, and return its path."""
    path = BUILD / folder / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path


def page_program(page: Path, found: PageProgram) -> Program:
    """Write the program of a *page*, whose lines are those of the page."""
    name = re.sub(r"\W", "_", str(page.relative_to(ROOT).with_suffix("")))
    text = "# pyright: " + ", ".join(f"{name}={str(value).lower()}" for name, value in PAGE_SETTINGS.items())
    text += found.source
    path = written("pages", name, text)
    return Program(path, page, {"mypy": set(), "pyright": set()}, found.allowed, found.shown, found.mistakes)


def mypy_errors(programs: list[Program]) -> dict[Path, Errors]:
    """Return the errors that mypy reports, by program and line."""
    settings = ["--strict", "--no-error-summary", "--hide-error-context", "--cache-dir", str(BUILD / "mypy")]
    settings += ["--config-file=", "--allow-redefinition", "--explicit-package-bases", "--no-color-output"]
    # Libraries without annotations are imported as their users do.
    settings += ["--python-version", "3.11", "--disable-error-code", "import-untyped"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *settings, *(str(program.path) for program in programs)],
        capture_output=True,
        text=True,
        check=False,
        cwd=BUILD,
    )
    found: dict[Path, dict[int, str]] = defaultdict(dict)
    reported = list(re.finditer(r"^(.+?\.py):(\d+): error: (.*)$", done.stdout, re.MULTILINE))
    for match in reported:
        if not OF_SESSIONS.search(match[3]):
            found[(BUILD / match[1]).resolve()].setdefault(int(match[2]), match[3])
    if done.returncode not in (0, 1) or (done.returncode == 1 and not reported):
        sys.exit(f"mypy failed:\n{done.stdout}{done.stderr}")
    return dict(found)


def pyright_errors(programs: list[Program]) -> dict[Path, Errors]:
    """Return the errors that pyright reports, by program and line."""
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "include": [str(program.path.relative_to(BUILD)) for program in programs],
        # These libraries have no annotations, which their users can't mend.
        "reportMissingTypeStubs": False,
    }
    config = BUILD / "pyrightconfig.json"
    config.write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "-p", str(config), "--pythonpath", sys.executable, "--outputjson"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        diagnostics = json.loads(done.stdout)["generalDiagnostics"]
    except (ValueError, KeyError):
        sys.exit(f"pyright failed:\n{done.stdout}{done.stderr}")
    found: dict[Path, dict[int, str]] = defaultdict(dict)
    for each in diagnostics:
        if each["severity"] == "error" and not OF_SESSIONS.search(each["message"]):
            message = f"{each['message'].splitlines()[0]} ({each.get('rule', 'error')})"
            found[Path(each["file"]).resolve()].setdefault(each["range"]["start"]["line"] + 1, message)
    return dict(found)


def faults(program: Program, errors: Mapping[str, Mapping[Path, Errors]]) -> Iterator[str]:
    """Say on which lines of a *program* the checkers report errors that are not expected, or lack one that is."""
    where = program.source.relative_to(ROOT)
    for checker, found in errors.items():
        lines, required = found.get(program.path.resolve(), {}), program.required[checker]
        for line in sorted(required - lines.keys()):
            yield f"{where}:{line}: {checker} reports no error, though one is expected"
        for line in sorted(lines.keys() - required - program.allowed):
            if line not in program.shown or not OF_NONE.search(lines[line]):
                yield f"{where}:{line}: {checker}: {lines[line]}"
    reported = {line for found in errors.values() for line in found.get(program.path.resolve(), {})}
    for block in program.mistakes:
        if not reported.intersection(block):
            yield f"{where}:{block.start}: no checker reports an error in this block, though its comment says so"


def main() -> None:
    """Check all programs and pages, or those whose paths are given, and exit with 1 when one has a fault."""
    given = {Path(each).resolve() for each in sys.argv[1:]}
    BUILD.mkdir(parents=True, exist_ok=True)
    programs = [marked_program(path) for path in sorted(PROGRAMS.glob("programs/*.py"))]
    programs += [page_program(page, found) for page in PAGES if (found := program_of(page)) is not None]
    programs = [each for each in programs if not given or each.source in given]
    errors = {"mypy": mypy_errors(programs), "pyright": pyright_errors(programs)}
    reports = [fault for program in programs for fault in faults(program, errors)]
    print("\n".join(reports) or f"mypy and pyright report what they should of {len(programs)} programs and pages.")
    sys.exit(bool(reports))


if __name__ == "__main__":
    main()
