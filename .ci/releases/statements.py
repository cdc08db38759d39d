"""What states a release: the version in the sources, the tag, and the changelog. All three say the same."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from releases.changelogs import UNRELEASED, sections
from releases.sources import VERSION, Source, Workspace


def refusals(workspace: Workspace, source: Source, tag: str | None = None) -> Iterator[str]:
    """Say why the version of a distribution, its tag and its changelog do not make a release.

    *tag* is the tag that starts the release. Without it, the tag may still be to come.
    """
    if VERSION.fullmatch(source.version) is None:
        yield f"The version of {source.name} is '{source.version}', and not of the form X.Y.Z: change {source.about}."
        return
    yield from _tag(workspace, source, tag)
    yield from _changelog(source)


def _tag(workspace: Workspace, source: Source, tag: str | None) -> Iterator[str]:
    if tag is not None and tag != source.tag:
        yield (
            f"The tag is '{tag}', and the version in {source.about.relative_to(workspace.root)} is {source.version}: "
            f"the tag has to be '{source.tag}', or the version of the tag is to be prepared first."
        )
    if workspace.tagged_elsewhere(source.tag):
        yield (
            f"{source.name} {source.version} was released already: the tag {source.tag} names another commit. "
            f"Prepare the next version: hatch run release:prepare {source.name} <version>."
        )
    earlier = [version for version, name in workspace.tags(source).items() if name != source.tag]
    # A correction of an earlier minor version may come after a later one.
    same = [version for version in earlier if version.release[:2] == Version(source.version).release[:2]]
    if same and max(same) > Version(source.version):
        yield f"{source.name} {max(same)} was released already, and {source.version} is a lower version."


def _changelog(source: Source) -> Iterator[str]:
    found = sections(source.changelog.read_text(encoding="utf-8"))
    prepare = f"hatch run release:prepare {source.name} {source.version}"
    if not found:
        yield f"The changelog of {source.name} has no section. Run {prepare}."
        return
    newest = found[0]
    if newest.version != source.version:
        yield (
            f"The newest section in the changelog of {source.name} is that of {newest.version}, and the version is "
            f"{source.version}. Run {prepare}."
        )
    if newest.date == UNRELEASED or newest.version.lower() == UNRELEASED:
        yield f"The changelog of {source.name} calls {newest.version} 'unreleased'. Run {prepare}."
    elif not newest.dated:
        yield (
            f"The section of {newest.version} in the changelog of {source.name} has no date, as in "
            "'## 1.2.3 - 2026-01-31'."
        )
    if [each.version for each in found].count(newest.version) > 1:
        yield f"The changelog of {source.name} has two sections of {newest.version}. Join them."
    if waiting := source.fragments:
        more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        yield f"{source.name} has fragments that its changelog lacks: {waiting[0]}{more}. Run {prepare}."
