"""Check that ``dynamorm`` can be upgraded in place, from 0.11.0 and from one version of its own to the next.

``python .ci/check_upgrade.py DIST`` installs dynamorm 0.11.0 from the index, upgrades it to the wheels in the folder
DIST and then to wheels of a higher version, and uninstalls and installs. After each step ``import dynamorm`` gives the
expected version, no requirement is broken and, where it matters, the program of ``tests/upgrade`` runs.

It does so with the pip that came with Python and with uv; with ``--full`` also with the newest pip, and in further
orders.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from workspace import REPOSITORY, Fault, about_file, distributions, run

OLD = "0.11.0"
WITH_EXTRAS = "dynamorm[marshmallow,sqlite]"
INSTALLED = ("dynamorm", "dynamorm-boto3", "dynamorm-core", "dynamorm-marshmallow", "dynamorm-sqlite")
INSTALLERS = ("bundled pip", "newest pip", "uv")

#: Prints the version of the imported package. Each import fails where a file of it is missing.
IMPORTS = """
import importlib, dynamorm, dynamorm.exceptions, dynamorm.signals
import dynamorm.indexes, dynamorm.relationships, dynamorm.table, dynamorm.verbs
from dynamorm import *
from dynamorm import DynaModel, connect
assert issubclass(dynamorm.exceptions.ConditionFailed, dynamorm.exceptions.DynamoTableException)
importlib.reload(dynamorm)
print(dynamorm.__version__)
"""


class Environment:
    """A virtual environment in *folder*, and the installer that changes it."""

    def __init__(self, folder: Path, installer: str, tools: Path) -> None:
        options = ["--without-pip"] if installer == "uv" else []
        run(sys.executable, "-m", "venv", *options, folder, folder=folder.parent)
        self._folder = folder
        self._python = folder / "bin" / "python"
        self._command: list[str | Path] = [self._python, "-m", "pip"]
        self._confirmed = ["-y"]
        if installer == "newest pip":
            self.install("-U", "pip")
        if installer == "uv":
            self._command = [tools / "bin" / "uv", "pip"]
            self._confirmed = []
        shutil.copytree(REPOSITORY / "tests" / "upgrade", folder / "tests" / "upgrade")

    def _run_installer(self, verb: str, *arguments: str) -> None:
        run(*self._command, verb, *arguments, folder=self._folder, VIRTUAL_ENV=str(self._folder))

    def install(self, *arguments: str, wheels: Path | None = None) -> None:
        """Install what *arguments* say, from the folder *wheels* as well as from the index."""
        found = () if wheels is None else ("--find-links", str(wheels))
        self._run_installer("install", "-q", *found, *arguments)

    def uninstall(self, *names: str) -> None:
        """Uninstall the distributions with these *names*."""
        self._run_installer("uninstall", *self._confirmed, *names)

    def check(self, version: str) -> None:
        """Raise a fault unless dynamorm can be imported in *version*, and nothing lacks what it requires."""
        self._run_installer("check")
        imported = run(self._python, "-c", IMPORTS, folder=self._folder).strip()
        if imported != version:
            raise Fault(f"import dynamorm gives version {imported} instead of {version}.")

    def check_program(self, version: str) -> None:
        """Raise a fault unless, besides, the program of tests/upgrade runs."""
        self.check(version)
        marshmallow = "import marshmallow.fields as f; print(3 if hasattr(f.Field(), 'missing') else 4)"
        models = f"marshmallow_{run(self._python, '-W', 'ignore', '-c', marshmallow, folder=self._folder).strip()}"
        command = ("-W", "ignore", "-m", "tests.upgrade.program", models, "sqlite:///:memory:")
        run(self._python, *command, folder=self._folder)

    def check_gone(self) -> None:
        """Raise a fault if uninstalling has left a source file behind."""
        left = [
            path for path in self._folder.glob("lib/*/site-packages/dynamorm*/**/*") if path.suffix in {".py", ".pyi"}
        ]
        left += self._folder.glob("lib/*/site-packages/dynamorm.py")
        if left:
            raise Fault(f"Uninstalling left {', '.join(map(str, left))}.")


class Wheels:
    """The folder of the built wheels, and that of the same wheels with a higher version."""

    def __init__(self, built: Path, scratch: Path, tools: Path, repository: Path) -> None:
        self.built = built
        self.newer = scratch / "newer"
        versions = {distribution.name: distribution.version for distribution in distributions(repository)}
        #: What ``import dynamorm`` gives is the version of the core.
        self.version = versions["dynamorm-core"]
        self.umbrella_version = versions["dynamorm"]
        self.newer_version = f"{self.version}.post1"
        copies = scratch / "packages"
        shutil.copytree(repository / "packages", copies)
        for name in INSTALLED:
            about = about_file(copies / name)
            newer = about.read_text(encoding="utf-8").replace(versions[name], f"{versions[name]}.post1")
            about.write_text(newer, encoding="utf-8")
            build = ("-m", "hatchling", "build", "--target", "wheel", "--directory", str(self.newer))
            run(tools / "bin" / "python", *build, folder=copies / name)


def upgrade_twice(environment: Environment, wheels: Wheels) -> None:
    """Upgrade from 0.11.0 to the built version and on to the next one; uninstall and install."""
    environment.install(f"dynamorm=={OLD}", "pytest")
    environment.install("-U", WITH_EXTRAS, wheels=wheels.built)
    environment.check_program(wheels.version)
    environment.install("-U", WITH_EXTRAS, *INSTALLED, wheels=wheels.newer)
    environment.check_program(wheels.newer_version)
    environment.uninstall(*INSTALLED)
    environment.check_gone()
    environment.install(WITH_EXTRAS, wheels=wheels.newer)
    environment.check(wheels.newer_version)


def umbrella_comes_and_goes(environment: Environment, wheels: Wheels) -> None:
    """Uninstall the umbrella alone, which takes a file of the core with it; then install it again."""
    environment.install(WITH_EXTRAS, "pytest", wheels=wheels.built)
    environment.uninstall("dynamorm")
    environment.check_program(wheels.version)
    environment.install("dynamorm", wheels=wheels.built)
    environment.check(wheels.version)
    environment.uninstall("dynamorm")
    environment.install("-U", "dynamorm-core", wheels=wheels.newer)
    environment.check(wheels.newer_version)


def distributions_one_by_one(environment: Environment, wheels: Wheels) -> None:
    """Upgrade the core and the umbrella each without the other."""
    environment.install(WITH_EXTRAS, wheels=wheels.built)
    environment.install("-U", "dynamorm-core", wheels=wheels.newer)
    environment.check(wheels.newer_version)
    environment.install("-U", "dynamorm", wheels=wheels.newer)
    environment.check(wheels.newer_version)
    environment.install(f"dynamorm=={wheels.umbrella_version}", wheels=wheels.built)
    environment.check(wheels.newer_version)


def core_beside_the_old_version(environment: Environment, wheels: Wheels) -> None:
    """Install the core without the umbrella into the folder of 0.11.0, then uninstall 0.11.0."""
    environment.install(f"dynamorm=={OLD}", "pytest")
    environment.install("dynamorm-sqlite", "dynamorm-marshmallow", wheels=wheels.built)
    environment.check_program(wheels.version)
    environment.uninstall("dynamorm")
    environment.check_program(wheels.version)


Scenario = Callable[[Environment, Wheels], None]
USUAL: tuple[tuple[str, Scenario], ...] = (
    ("bundled pip", upgrade_twice),
    ("bundled pip", umbrella_comes_and_goes),
    ("uv", upgrade_twice),
)
ALL_SCENARIOS = (upgrade_twice, umbrella_comes_and_goes, distributions_one_by_one, core_beside_the_old_version)


def tools_in(folder: Path) -> Path:
    """Return an environment in *folder* that has what builds wheels, and uv."""
    run(sys.executable, "-m", "venv", folder, folder=folder.parent)
    run(folder / "bin" / "python", "-m", "pip", "install", "-q", "hatchling>=1.27", "uv", folder=folder)
    return folder


def check(dist: Path, *, full: bool, repository: Path = REPOSITORY) -> None:
    """Run the scenarios, each in an environment of its own, and print how long each took.

    *dist* has the wheels of the distributions in the folder *repository*.
    """
    scenarios = (
        tuple((installer, scenario) for installer in INSTALLERS for scenario in ALL_SCENARIOS) if full else USUAL
    )
    with TemporaryDirectory() as folder:
        scratch = Path(folder)
        tools = tools_in(scratch / "tools")
        wheels = Wheels(dist, scratch, tools, repository)
        for number, (installer, scenario) in enumerate(scenarios):
            began = time.monotonic()
            try:
                scenario(Environment(scratch / f"environment-{number}", installer, tools), wheels)
            except Fault as fault:
                raise Fault(f"{scenario.__name__} with {installer}: {fault}") from fault
            print(f"{scenario.__name__} with {installer}: {time.monotonic() - began:.1f} s", flush=True)


def main() -> None:
    """Check the wheels that the command line names."""
    parser = argparse.ArgumentParser(description="Check that dynamorm can be upgraded in place.")
    parser.add_argument("dist", type=Path, help="the folder with the wheels")
    parser.add_argument("--full", action="store_true", help="every installer and every order")
    arguments = parser.parse_args()
    try:
        check(arguments.dist.resolve(), full=arguments.full)
    except Fault as fault:
        sys.exit(str(fault))


if __name__ == "__main__":
    main()
