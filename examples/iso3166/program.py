"""The command line: connect, load, ask, change, print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from dynamorm import using
from dynamorm.exceptions import BackendMisconfigured, DynamoException, UnknownBackend
from iso3166.answers import Answer, answers, write
from iso3166.changing import CHANGES
from iso3166.loading import load
from iso3166.reading import QUESTIONS

DESCRIPTION = (
    "Loads all countries and subdivisions of ISO 3166 into two tables, iso3166-example-countries and "
    "iso3166-example-subdivisions, asks for some, changes and deletes some, and prints what it found. The tables are "
    "made anew, and stay."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code: 0, or 1 when the backend could not do it.

    Raise ``SystemExit`` with the code 2 when the *arguments* (the command line's, if there are none) can't work.
    """
    parser = argparse.ArgumentParser("iso3166", description=DESCRIPTION)
    parser.add_argument("url", help="sqlite:///iso3166.db, sqlite:///:memory: or boto3://<region>")
    parser.add_argument("--endpoint-url", help="the server to use in place of AWS, such as http://localhost:8000")
    options = parser.parse_args(arguments)
    connection = {} if options.endpoint_url is None else {"endpoint_url": options.endpoint_url}
    try:
        with using(options.url, **connection):
            found = run()
    except (BackendMisconfigured, UnknownBackend) as error:
        parser.error(str(error))
    except DynamoException as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    write(found, sys.stdout)
    return 0


def run() -> list[Answer]:
    """Load the tables of the backend in force, and answer all questions."""
    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True)) as progress:
        load(progress)
    return answers({**QUESTIONS, **CHANGES})
