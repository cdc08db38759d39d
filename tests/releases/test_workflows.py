"""The workflows can't run here; what they call can. These tests compare the two."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
#: The environments that hatch makes without scripts.
COMMANDS_OF_HATCH = {"test", "build"}


def parsed(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    # YAML 1.1 reads the key as a boolean.
    return {"on" if key is True else key: value for key, value in found.items()}


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in parsed(path)["jobs"].values():
        yield from job.get("steps", ())


def commands(path: Path) -> Iterator[list[str]]:
    for step in steps(path):
        for line in step.get("run", "").splitlines():
            yield shlex.split(re.sub(r"\$\{\{.*?\}\}", "X", line))


def environments() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "hatch.toml").read_text(encoding="utf-8"))["envs"]
    return found


def workflow(name: str) -> dict[str, Any]:
    return parsed(GITHUB / "workflows" / name)


def test_there_are_workflows() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml"]


@pytest.mark.parametrize("path", sorted(GITHUB.glob("**/*.yml")), ids=lambda path: path.name)
def test_files_are_yaml(path: Path) -> None:
    assert parsed(path)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_commits(path: Path) -> None:
    lines = [line.strip().removeprefix("- ") for line in path.read_text(encoding="utf-8").splitlines()]
    uses = [line for line in lines if line.startswith("uses: ")]
    assert len(uses) >= 5
    assert [line for line in uses if not PINNED.match(line) and not line.startswith("uses: ./")] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_have_few_permissions_and_an_end(path: Path) -> None:
    assert parsed(path)["permissions"] == {"contents": "read"}
    for name, job in parsed(path)["jobs"].items():
        assert "uses" in job or job["timeout-minutes"] <= 60
        granted = {permission for permission, access in job.get("permissions", {}).items() if access == "write"}
        assert granted == ({"attestations", "id-token"} if name == "publish" else set())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_commands_exist(path: Path) -> None:
    seen = 0
    for command in commands(path):
        if command[0] == "hatch" and command[1] == "run":
            environment, _, script = command[2].rpartition(":")
            assert script in environments()[environment or "default"]["scripts"], command
        elif command[0] == "hatch":
            assert command[1] in COMMANDS_OF_HATCH
        elif command[0] != "python":
            assert (ROOT / command[0]).is_file(), command
            assert (ROOT / command[0]).stat().st_mode & 0o111
        for argument in command:
            for place in re.findall(r"(?:tests|examples|packages)/[\w./-]+", argument):
                assert (ROOT / place).exists(), command
        seen += 1
    assert seen


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_that_are_called_exist(path: Path) -> None:
    for job in parsed(path)["jobs"].values():
        if "uses" in job:
            called = parsed(ROOT / job["uses"])
            assert "workflow_call" in called["on"]
        assert set(job.get("needs", ())) <= set(parsed(path)["jobs"])


def test_ci_runs_on_each_python_that_is_supported() -> None:
    (matrix,) = environments()["hatch-test"]["matrix"]
    jobs = workflow("ci.yml")["jobs"]
    assert sorted(jobs["pythons"]["strategy"]["matrix"]["python"]) == sorted(matrix["python"])
    (everything,) = (
        step["with"]["python-version"] for step in jobs["everything"]["steps"] if "setup-python" in str(step)
    )
    assert sorted(everything.split()) == sorted(matrix["python"])
    assert "3.x" in str(jobs["newest"])


def test_each_distribution_has_a_tag_that_starts_its_release() -> None:
    folders = {path.parent.name for path in ROOT.glob("packages/*/pyproject.toml")}
    tags = workflow("release.yml")["on"]["push"]["tags"]
    assert sorted(tags) == sorted(f"{name}-v[0-9]+.[0-9]+.[0-9]+" for name in folders)


def test_release_publishes_what_was_checked_and_nothing_else() -> None:
    jobs = workflow("release.yml")["jobs"]
    assert set(jobs["publish"]["needs"]) == {"ci", "build"}
    used = [step.get("uses", "").partition("@")[0] for step in jobs["publish"]["steps"]]
    assert used == ["actions/download-artifact", "actions/attest-build-provenance", "pypa/gh-action-pypi-publish"]
    (check,) = (step["run"] for step in jobs["build"]["steps"] if "release:check" in step.get("run", ""))
    assert shlex.split(check) == ["hatch", "run", "release:check", "--tag", "$GITHUB_REF_NAME", "--dist", "dist"]
    text = (GITHUB / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "password" not in text


def test_files_for_people_are_there() -> None:
    for path in ("SECURITY.md", ".github/CODEOWNERS", ".github/PULL_REQUEST_TEMPLATE.md"):
        assert (ROOT / path).read_text(encoding="utf-8").strip()
    for form in GITHUB.glob("ISSUE_TEMPLATE/*.yml"):
        if form.name != "config.yml":
            assert {"name", "description", "body"} <= parsed(form).keys()


def test_owned_paths_exist() -> None:
    for line in (GITHUB / "CODEOWNERS").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            path, *owners = line.split()
            assert owners
            assert all(owner.startswith("@") for owner in owners)
            assert path == "*" or list(ROOT.glob(path.strip("/")))
