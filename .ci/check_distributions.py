"""Check built distributions as their users meet them.

``python .ci/check_distributions.py DIST EXAMPLE`` looks into each wheel and source archive in the folder DIST, installs
the wheels with pip into an empty environment outside the repository, compares what they bring with what they promise,
and runs a copy of the program EXAMPLE there. Then each schema adapter is installed where the other schema libraries are
not, and a plugin that is no part of the workspace is built, installed and tested. It stops at the first fault, with
exit status 1.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from workspace import REPOSITORY, Distribution, Fault, distributions, run

#: A file that two wheels hold, and its SHA-256. Wheels of different versions hold it side by side, so once 1.0.0 is
#: released, it stays as it is throughout version 1.
SHARED = "dynamorm/__init__.py"
SHARED_SUM = "207d4ab6fb08b91d21285725e1a38481975698390b3a2b264fbe08da61619446"

#: What dynamorm 0.11.0, or a version before it, installed. pip removes these paths after it has installed
#: dynamorm-core.
OLD_PATHS = frozenset(
    f"dynamorm/{name}.py"
    for name in (
        "__init__",
        "exceptions",
        "indexes",
        "local",
        "model",
        "relationships",
        "signals",
        "table",
        "types/__init__",
        "types/_marshmallow",
        "types/_schematics",
        "types/base",
        "types/relationships",
    )
)


#: The pages that each distribution links to.
LINKS = ("Documentation", "Source", "Changelog", "Issues")


def check_wheel(distribution: Distribution, wheel: Path) -> None:
    """Raise a fault unless the wheel holds the import package, typed, the licence, links, and nothing else."""
    information = f"{distribution.stem}.dist-info"
    archive = zipfile.ZipFile(wheel)
    names = archive.namelist()
    required = {f"{information}/METADATA", f"{information}/licenses/LICENSE", f"{distribution.package}/__init__.py"}
    allowed = {information, distribution.package}
    if distribution.name != "dynamorm":
        required.add(f"{distribution.package}/py.typed")
    if distribution.name == "dynamorm-core":
        required.add("dynamorm.py")
        allowed.add("dynamorm.py")
    if missing := required.difference(names):
        raise Fault(f"{wheel.name} lacks {', '.join(sorted(missing))}.")
    metadata = archive.read(f"{information}/METADATA").decode()
    if unlinked := [link for link in LINKS if f"Project-URL: {link}, https://" not in metadata]:
        raise Fault(f"{wheel.name} has no Project-URL for {', '.join(unlinked)}.")
    if strays := {name.split("/")[0] for name in names} - allowed:
        raise Fault(f"{wheel.name} holds {', '.join(sorted(strays))}, which are no part of it.")


def check_paths(wheels: Iterable[Path]) -> None:
    """Raise a fault if two wheels hold one path, except the file that must be in two, or one holds a path of 0.11."""
    holders: dict[str, list[str]] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                holders.setdefault(name, []).append(wheel.name)
                if name == SHARED and sha256(archive.read(name)).hexdigest() != SHARED_SUM:
                    raise Fault(f"{wheel.name} holds another {SHARED} than other versions of it.")
    for name, names in holders.items():
        if name != SHARED and len(names) > 1:
            raise Fault(f"{name} is in {' and '.join(names)}: uninstalling one of them would remove the other's file.")
        if name != SHARED and name in OLD_PATHS:
            raise Fault(f"{name} of {names[0]} was in dynamorm 0.11 too: pip would remove it in an upgrade.")


def check_source_archive(distribution: Distribution, archive: Path) -> None:
    """Raise a fault unless the archive holds the licence, the readme and the changelog, and no tests."""
    with tarfile.open(archive) as members:
        names = {name.removeprefix(f"{distribution.stem}/") for name in members.getnames()}
    if missing := {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml"} - names:
        raise Fault(f"{archive.name} lacks {', '.join(sorted(missing))}.")
    if any(name.startswith("tests") for name in names):
        raise Fault(f"{archive.name} holds tests.")


def check_rebuilt(built: Iterable[Distribution], folder: Path) -> None:
    """Raise a fault unless the source archives make the same wheels as the repository."""
    with TemporaryDirectory() as scratch:
        environment = Environment(Path(scratch) / "environment", folder)
        environment.run("-m", "pip", "install", "-qq", "hatchling>=1.27")
        for distribution in built:
            archive = folder / f"{distribution.stem}.tar.gz"
            options = ("-qq", "--no-deps", "--no-build-isolation", "--wheel-dir", scratch)
            environment.run("-m", "pip", "wheel", *options, str(archive))
            if contents(Path(scratch) / distribution.wheel) != contents(folder / distribution.wheel):
                raise Fault(f"{archive.name} makes a wheel with other files than {distribution.wheel}.")


def contents(wheel: Path) -> dict[str, int]:
    """Return the files of *wheel* with their checksums."""
    return {file.filename: file.CRC for file in zipfile.ZipFile(wheel).infolist()}


class Environment:
    """An empty virtual environment, whose pip finds this project's wheels in one folder."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        venv.create(folder, with_pip=True)
        self.python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        self._folder = folder
        self._wheels = wheels

    def run(self, *arguments: str) -> str:
        """Run Python with *arguments* in the environment's folder, and return what it prints."""
        return run(self.python, *arguments, folder=self._folder)

    def install(self, *requirements: str) -> dict[str, str]:
        """Install *requirements* and return the versions of what that added, by distribution."""
        report = self._folder / "report.json"
        self.run(
            "-m", "pip", "install", "-qq", "--find-links", str(self._wheels), "--report", str(report), *requirements
        )
        added: dict[str, str] = {}
        for entry in json.loads(report.read_text(encoding="utf-8"))["install"]:
            name = entry["metadata"]["name"]
            added[name] = entry["metadata"]["version"]
            if name.startswith("dynamorm") and not entry["download_info"]["url"].startswith(self._wheels.as_uri()):
                raise Fault(f"pip took {name} {added[name]} from an index instead of {self._wheels}.")
        self.run("-m", "pip", "check")
        return added


def check_installed(wheels: Path, built: Iterable[Distribution], example: Path) -> None:
    """Check that the wheels bring what they promise, step by step, and that the example runs with them alone."""
    versions = {distribution.name: distribution.version for distribution in built}
    with TemporaryDirectory() as folder:
        environment = Environment(Path(folder), wheels)
        for requirement, promised, unwanted in (
            ("dynamorm-core", {"dynamorm-core"}, {"boto3", "marshmallow"}),
            (
                "dynamorm[marshmallow]",
                {"boto3", "dynamorm", "dynamorm-boto3", "dynamorm-marshmallow", "marshmallow"},
                {"click", "dynamorm-sqlite", "rich"},
            ),
            ("dynamorm[marshmallow,sqlite]", {"dynamorm-sqlite"}, set[str]()),
            ("dynamorm[attrs]", {"attrs", "cattrs", "dynamorm-attrs"}, set[str]()),
            # msgspec itself has come with dynamorm-boto3.
            ("dynamorm[msgspec]", {"dynamorm-msgspec"}, set[str]()),
            ("dynamorm[opentelemetry]", {"dynamorm-opentelemetry", "opentelemetry-api"}, {"opentelemetry-sdk"}),
            ("dynamorm[cli]", {"click", "dynamorm-cli", "rich"}, set[str]()),
            ("dynamorm[pydantic]", {"dynamorm-pydantic", "pydantic"}, set[str]()),
            ("dynamorm[schematics]", {"dynamorm-schematics", "schematics"}, set[str]()),
            ("dynamorm[testing]", {"dynamorm-pytest", "pytest"}, set[str]()),
            ("dynamorm-core[testing]", set[str](), set[str]()),
        ):
            added = environment.install(requirement)
            if missing := promised.difference(added):
                raise Fault(f"{requirement} should bring {', '.join(sorted(missing))}.")
            if wrong := {name for name in added if versions.get(name, added[name]) != added[name]}:
                raise Fault(f"{requirement} brought another version than was built of {', '.join(sorted(wrong))}.")
            if brought := unwanted.intersection(added):
                raise Fault(f"{requirement} should not bring {', '.join(sorted(brought))}.")
            print(f"{requirement} added {', '.join(f'{name} {version}' for name, version in sorted(added.items()))}.")
        loaded = environment.run("-c", "import dynamorm, sys; print(*sys.modules)").split()
        if heavy := {
            "attr",
            "boto3",
            "botocore",
            "cattrs",
            "marshmallow",
            "msgspec",
            "opentelemetry",
            "pydantic",
            "schematics",
            "sqlite3",
        }.intersection(loaded):
            raise Fault(f"import dynamorm loads {', '.join(sorted(heavy))}.")
        copy = shutil.copy(example, folder)
        print(environment.run(Path(copy).name))
        print(environment.run("-m", "dynamorm_cli", "plugins"))
        if not environment.python.with_name("dynamorm").exists():
            raise Fault("dynamorm-cli does not install the command dynamorm.")


def check_schema_libraries_apart(wheels: Path) -> None:
    """Check that each schema adapter works with the core and the embedded backend without the other libraries."""
    program = Path(__file__).with_name("one_schema_library.py")
    for library in ("attrs", "marshmallow", "msgspec", "pydantic", "schematics"):
        with TemporaryDirectory() as folder:
            environment = Environment(Path(folder), wheels)
            environment.install("dynamorm-sqlite", f"dynamorm-{library}")
            copy = shutil.copy(program, folder)
            print(environment.run(Path(copy).name, library), end="")


def check_example_plugin(wheels: Path) -> None:
    """Check that the plugin among the examples can be built, and passes its tests where little else is installed.

    Of the suite for backends, only a few tests run here: the repository's own tests run all.
    """
    with TemporaryDirectory() as folder:
        environment = Environment(Path(folder) / "environment", wheels)
        environment.install("dynamorm-core[testing]", "hatchling>=1.27")
        source = REPOSITORY / "examples" / "plugins" / "dynamorm-jsonfile"
        copy = shutil.copytree(source, Path(folder) / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        environment.run("-m", "pip", "install", "-qq", "--no-build-isolation", f"{copy}[test]")
        shutil.rmtree(copy / "src")
        few = ("-k", "not TestJsonFileBackend or put")
        print(environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *few, str(copy / "tests")))


def main() -> None:
    """Check the distributions that the command line names."""
    parser = argparse.ArgumentParser(description="Checks built distributions as their users meet them.")
    parser.add_argument("dist", type=Path, help="the folder with the wheels and source archives")
    parser.add_argument("example", type=Path, help="a program to run with the installed wheels")
    arguments = parser.parse_args()
    folder = arguments.dist.resolve()
    built = tuple(distributions())
    try:
        for distribution in built:
            check_wheel(distribution, folder / distribution.wheel)
            check_source_archive(distribution, folder / f"{distribution.stem}.tar.gz")
        check_paths(folder / distribution.wheel for distribution in built)
        check_rebuilt(built, folder)
        check_installed(folder, built, arguments.example.resolve())
        check_schema_libraries_apart(folder)
        check_example_plugin(folder)
    except (Fault, FileNotFoundError) as fault:
        sys.exit(str(fault))
    print(f"{len(built)} distributions are as they should be.")


if __name__ == "__main__":
    main()
