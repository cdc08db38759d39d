"""From the start of an interpreter to the first item: what a function of AWS Lambda pays before it works."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.canned_server import Canned, canned_server
from benchmarks.clients import ENVIRONMENT
from benchmarks.comparisons import Comparison, Side, Target, cpu_ratio, wall_ratio
from benchmarks.contenders import Contender, race
from benchmarks.interpreters import interpreter_reading
from benchmarks.programs import CLIENT
from benchmarks.readings import Readings
from benchmarks.scale import Scale
from benchmarks.transport import PYDANTIC, PYDANTIC_ON_CLIENT, present

START = "start, import, first item"
FOLDER = Path(__file__).parent / "cold_starts"
#: The programs by contender, each whole by itself.
PROGRAMS: Mapping[str, Path] = {
    PYDANTIC: FOLDER / "dynamorm_direct.py",
    PYDANTIC_ON_CLIENT: FOLDER / "dynamorm_on_client.py",
    CLIENT: FOLDER / "boto3_client.py",
    "PynamoDB": FOLDER / "pynamodb_model.py",
    "dyntastic": FOLDER / "dyntastic_model.py",
    "pydynox": FOLDER / "pydynox_model.py",
}
#: The most that a contender may take of boto3's client with Pydantic.
MOST = {PYDANTIC: 0.60, PYDANTIC_ON_CLIENT: 1.05}


def take(program: str, url: str, times: int) -> Readings:
    """Run the *program* in interpreters with region, credentials and server in the environment, and no file of AWS."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**ENVIRONMENT, "BENCHMARK_URL": url, "HOME": home}
        return {START: interpreter_reading([program], environment, times)}


def compare(scale: Scale) -> list[Comparison]:
    """Compare the contenders that take part with boto3's client with Pydantic."""
    names = [name for name in present(scale) if name in PROGRAMS]
    with canned_server(Canned()) as url:
        contenders = {
            name: Contender(take, {"program": str(PROGRAMS[name]), "url": url, "times": scale.starts}) for name in names
        }
        taken = race(contenders, scale.rounds)
    sides = {name: Side.of(taken, name, START) for name in names}
    return [
        Comparison(START, side, sides[CLIENT], Target(measure, MOST.get(name) if measure is cpu_ratio else None))
        for measure in (cpu_ratio, wall_ratio)
        for name, side in sides.items()
    ]
