"""The commit of a release: the version, the changelog made of the fragments, and the bounds that ask for it."""

from __future__ import annotations

import sys
from pathlib import Path

import tomlkit
from packaging.requirements import Requirement
from packaging.version import Version

from releases.bounds import range_of
from releases.changelogs import UNRELEASED, joined, sections
from releases.sources import UMBRELLA, VERSION, Source, Workspace, write_version
from workspace import Fault, run


def prepare(workspace: Workspace, source: Source, version: str) -> str:
    """Commit the release of a distribution as *version*, and return what to do next.

    Raises:
        Fault: The folder has changes that are not committed, or the version can't come next.
    """
    tracked = workspace.git("status", "--porcelain", "--untracked-files=no")
    if changed := (tracked or workspace.git("status", "--porcelain", "packages")).strip():
        raise Fault(f"Commit your changes first, so that the commit of the release holds nothing else:\n{changed}")
    _check_version(workspace, source, version)
    try:
        write_version(source, version)
        _write_changelog(workspace, source, version)
        raised = source.name != UMBRELLA and _raise_bound(workspace[UMBRELLA], source)
        workspace.git("add", "--all", "packages")
    except BaseException:
        # Nothing was changed there before, and nothing was there that git does not know.
        workspace.git("reset", "--quiet", "--hard")
        workspace.git("clean", "-d", "--force", "--quiet", "packages")
        raise
    workspace.git("commit", "--quiet", "--message", f"releases: {source.name} {version}")
    umbrella = workspace[UMBRELLA]
    steps = [f"{source.name} {version} is committed."]
    if raised:
        following = _next_patch(workspace, umbrella)
        steps.append(f"{UMBRELLA} asks for it: run 'hatch run release:prepare {UMBRELLA} {following}' too.")
    steps.append(f"Then run 'hatch run release:check {source.name}', and tag the commit '{source.tag}'.")
    return "\n".join(steps)


def _check_version(workspace: Workspace, source: Source, version: str) -> None:
    if VERSION.fullmatch(version) is None:
        raise Fault(f"The version '{version}' is not of the form X.Y.Z.")
    released = workspace.tags(source)
    if Version(version) in released:
        raise Fault(f"{source.name} {version} was released already: the tag {released[Version(version)]} exists.")
    if Version(version) < Version(source.version):
        raise Fault(f"{source.name} is at {source.version}, and {version} is lower.")
    found = sections(source.changelog.read_text(encoding="utf-8"))
    if found and found[0].date == UNRELEASED and found[0].version != version:
        raise Fault(f"The changelog of {source.name} has begun a section of {found[0].version}: prepare that version.")
    if found and found[0].version == version and found[0].dated:
        raise Fault(f"{source.name} {version} is prepared already. Tag it, or undo the commit that prepared it.")


def _next_patch(workspace: Workspace, umbrella: Source) -> str:
    version = Version(umbrella.version)
    newest = sections(umbrella.changelog.read_text(encoding="utf-8"))[0]
    if newest.date == UNRELEASED or (newest.dated and version not in workspace.tags(umbrella)):
        return umbrella.version
    return f"{version.major}.{version.minor}.{version.micro + 1}"


def _write_changelog(workspace: Workspace, source: Source, version: str) -> None:
    place = ("--config", "towncrier.toml", "--dir", f"packages/{source.name}")
    command = (sys.executable, "-m", "towncrier", "build", *place, "--version", version, "--yes")
    before = source.changelog.read_text(encoding="utf-8")
    run(*command, folder=workspace.root)
    text = source.changelog.read_text(encoding="utf-8")
    if text == before:
        raise Fault(f"towncrier wrote nothing into {source.changelog}.")
    source.changelog.write_text(joined(text), encoding="utf-8")


def _raise_bound(umbrella: Source, source: Source) -> bool:
    """Have ``dynamorm`` ask for the version of *source*, with a changelog fragment; return whether that is new."""
    path = umbrella.folder / "pyproject.toml"
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    project = document["project"]
    lists = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    raised = False
    for requirements in lists:
        for position, written in enumerate(requirements):
            requirement = Requirement(str(written))
            if requirement.name == source.name:
                extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
                requirements[position] = range_of(source).replace(source.name, source.name + extras, 1)
                raised = raised or requirements[position] != written
    if raised:
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
        _write_fragment(umbrella, source)
    return raised


def _write_fragment(umbrella: Source, source: Source) -> None:
    for earlier in umbrella.folder.glob(f"changes/+{source.name}-[0-9]*.changed.md"):
        earlier.unlink()
    fragment = Path(umbrella.folder, "changes", f"+{source.name}-{source.version}.changed.md")
    fragment.parent.mkdir(exist_ok=True)
    fragment.write_text(f"`{source.name}` {source.version} is the least version.\n", encoding="utf-8")
