"""The shop example does what it says, the same on every backend."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import dynamorm
from dynamorm.ports.backends import Backend, Capability
from dynamorm_pytest.sent import recording
from shop.program import STEPS, main, run
from tests.examples.programs import EXAMPLES, run_example

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "shop", "AWS_SECRET_ACCESS_KEY": "test"}

# Of the 996 parts, those with a number of which 7 leaves 0 are out of stock; so are the lamps in the end.
PARTS = [(10 + number % 90, number % 7) for number in range(996)]
PIECES = sum(stock for _, stock in PARTS) + (100 - 21) + 10 + 3
WORTH = sum(price * stock for price, stock in PARTS) + (100 - 21) * 450 + 10 * 800 + 3 * 2900

EXPECTED = {
    "order_tea": ["0001: 17.00 EUR", "in stock: 98 tea, 9 cup"],
    "order_too_much": ["Not enough of cup in stock.", "in stock: 3 pot, 9 cup"],
    "order_as_nobody": ["The customer is blocked.", "There is no such customer.", "There is no coffee."],
    "sell_the_last_lamps": ["5 of 20 got one", "5 orders", "in stock: 0 lamp"],
    "cancel": ["0001 is cancelled", "The order 0001 is cancelled already.", "in stock: 100 tea, 10 cup"],
    "move_house": ["refused: it is 1 New Street now", "1 New Street, back door, version 3"],
    "order_every_day": ["21 orders", "in stock: 79 tea"],
    "browse_orders": ["2026-11-22 to 2026-11-15", "2026-11-14 to 2026-11-07", "2026-11-06 to 2026-11-02"],
    "change_the_link": ["refused", "refused"],
    "take_stock": [
        f"{sum(stock > 0 for _, stock in PARTS) + 3} kinds",
        f"{PIECES} pieces",
        f"{WORTH // 100}.{WORTH % 100:02} EUR",
    ],
    "find_what_is_out_of_stock": [str(sum(stock == 0 for _, stock in PARTS) + 1)],
}


def shop(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = run_example("shop", *arguments, folder=folder, environment=CREDENTIALS)
    assert done.returncode == 0, done.stderr
    return done


def test_each_step_ends_as_it_should(backend: Backend) -> None:
    if Capability.CONCURRENT_CALLS not in backend.capabilities:
        pytest.skip("this server loses updates when several threads call it at once")
    with dynamorm.using(backend):
        found = [lines for _, lines in run()]
    assert dict(zip((step.__name__ for step in STEPS), found, strict=True)) == EXPECTED


def test_the_output_is_the_same_each_time_and_on_dynamodb_local(dynamodb_local: str, tmp_path: Path) -> None:
    on_sqlite = shop(tmp_path, "sqlite:///shop.db")
    again = shop(tmp_path, "sqlite:///shop.db")
    on_dynamodb = shop(tmp_path, "boto3://us-east-1", "--endpoint-url", dynamodb_local)
    assert on_dynamodb.stdout == again.stdout == on_sqlite.stdout
    for lines in EXPECTED.values():
        for line in lines:
            assert f"    {line}\n" in on_sqlite.stdout


def test_arguments_that_can_not_work_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["postgres:///x"])
    assert exit_.value.code == 2
    assert "No backend is called 'postgres'" in capsys.readouterr().err
    assert main([f"sqlite:///{tmp_path / 'missing' / 'x.db'}"]) == 1
    assert capsys.readouterr().err.startswith("shop: The folder of ")


def test_the_program_sends_as_many_requests_as_its_readme_and_the_guide_say(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory), recording() as sent:
        list(run())
    guide = EXAMPLES.parent / "docs" / "guide" / "single-table.md"
    assert f"now it sends {len(sent)}:" in (EXAMPLES / "shop" / "README.md").read_text(encoding="utf-8")
    assert f"It sends {len(sent)} requests instead of 199 for the same output:" in guide.read_text(encoding="utf-8")
