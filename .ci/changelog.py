"""Check the changelog fragments, and write them into a changelog.

``python .ci/changelog.py`` checks the fragments of every distribution: the files
``packages/*/changes/<what>.<type>.md``, whose types are in ``towncrier.toml``.
``python .ci/changelog.py DISTRIBUTION`` writes those of one distribution into its ``CHANGELOG.md``, as a section for
the version in its ``__about__.py``, and removes them.
"""

from __future__ import annotations

import argparse
import sys

from workspace import REPOSITORY, Distribution, Fault, distributions, run


def towncrier(distribution: Distribution, *options: str) -> str:
    """Run towncrier's ``build`` for *distribution* and return what it prints."""
    place = ("--config", "towncrier.toml", "--dir", f"packages/{distribution.name}")
    version = ("--version", distribution.version)
    return run(sys.executable, "-m", "towncrier", "build", *place, *version, *options, folder=REPOSITORY)


def check_changelog(distribution: Distribution) -> None:
    """Raise a fault if a fragment can't be written into the changelog."""
    towncrier(distribution, "--draft")
    changelog = REPOSITORY / "packages" / distribution.name / "CHANGELOG.md"
    marker = "<!-- fragments are written below this line -->\n"
    if changelog.read_text(encoding="utf-8").count(marker) != 1:
        raise Fault(f"{changelog} has to contain this line once, above its first version: {marker}")


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="Check the changelog fragments, or write those of one distribution.")
    by_name = {distribution.name: distribution for distribution in distributions()}
    parser.add_argument("distribution", nargs="?", choices=by_name, help="whose changelog is to be written")
    chosen = parser.parse_args().distribution
    try:
        if chosen is not None:
            print(towncrier(by_name[chosen], "--yes"))
        else:
            for distribution in by_name.values():
                check_changelog(distribution)
    except Fault as fault:
        sys.exit(str(fault))


if __name__ == "__main__":
    main()
