"""The command line: connect, open the shop, sell, look, print."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from dynamorm import using
from dynamorm.exceptions import BackendMisconfigured, DynamoException, UnknownBackend
from shop.browsing import browse_orders, change_the_link
from shop.opening import open_shop
from shop.selling import (
    cancel,
    move_house,
    order_as_nobody,
    order_every_day,
    order_tea,
    order_too_much,
    sell_the_last_lamps,
)
from shop.stocktaking import find_what_is_out_of_stock, take_stock

DESCRIPTION = (
    "A small shop on one table: orders that are one transaction each, customers with versions, and signed links from "
    "page to page. Makes the table shop-example anew; it stays."
)

#: Its docstring says what happens; it returns what came of it.
Step: TypeAlias = Callable[[], Iterable[str]]

STEPS: tuple[Step, ...] = (
    order_tea,
    order_too_much,
    order_as_nobody,
    sell_the_last_lamps,
    cancel,
    move_house,
    order_every_day,
    browse_orders,
    change_the_link,
    take_stock,
    find_what_is_out_of_stock,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code: 0, or 1 when the backend could not do it.

    Raise ``SystemExit`` with the code 2 when the *arguments* (the command line's, if there are none) can't work.
    """
    parser = argparse.ArgumentParser("shop", description=DESCRIPTION)
    parser.add_argument("url", help="sqlite:///shop.db, sqlite:///:memory: or boto3://<region>")
    parser.add_argument("--endpoint-url", help="the server to use in place of AWS, such as http://localhost:8000")
    options = parser.parse_args(arguments)
    connection = {} if options.endpoint_url is None else {"endpoint_url": options.endpoint_url}
    try:
        with using(options.url, **connection):
            for question, found in run():
                print(question)
                print(*(f"    {line}" for line in found), "", sep="\n")
    except (BackendMisconfigured, UnknownBackend) as error:
        parser.error(str(error))
    except DynamoException as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


def run() -> Iterator[tuple[str, list[str]]]:
    """Open the shop on the backend in force, and take all steps: yield what happens in each, and what came of it."""
    open_shop()
    for step in STEPS:
        yield inspect.getdoc(step) or "", list(step())
