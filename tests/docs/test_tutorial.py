"""What the tutorial promises beside its sessions: its tests pass, and the same program runs on DynamoDB."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import pages
from tests.support.servers.connections import REGION, SECRET_KEY, boto3_backend

PAGE = Path(__file__).parents[2] / "docs" / "getting-started" / "tutorial.md"


def test_its_tests_pass(tmp_path: Path) -> None:
    blocks = [example for example in pages.examples(PAGE) if example.language == "python"]
    (tests,) = (block.source for block in blocks if block.reason_not_to_run is not None)
    program = "\n\n".join(block.source for block in blocks if block.reason_not_to_run is None)
    (tmp_path / "tickets.py").write_text(program)
    (tmp_path / "test_tickets.py").write_text(tests)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:asyncio", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "DYNAMORM_URL": "sqlite:///tickets.db"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert "2 passed" in done.stdout
    assert not (tmp_path / "tickets.db").exists()


@pytest.mark.parametrize("server", ["moto_server", "dynamodb_local"])
def test_the_same_program_runs_on_dynamodb(server: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = request.getfixturevalue(server)
    settings = {
        "DYNAMORM_URL": f"boto3://{REGION}",
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_ACCESS_KEY_ID": "tutorial",
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    }
    with boto3_backend(url, access_key="tutorial"):
        done = subprocess.run(
            [sys.executable, str(Path(pages.__file__)), str(PAGE)],
            cwd=tmp_path,
            env={**os.environ, **settings},
            text=True,
            capture_output=True,
            check=False,
        )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
