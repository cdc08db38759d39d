"""The entry point: runs the command line, and turns every exception into a message and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import click

from dynamorm_cli.group import CommandLine, Raised, dynamorm
from dynamorm_cli.statuses import Status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line of *arguments*, by default that of the process, and return its exit status."""
    _let_everything_be_printed()
    given = list(sys.argv[1:] if arguments is None else arguments)
    line = CommandLine(given)
    try:
        # click's own exit status for wrong usage is 2, which means a difference here.
        status = dynamorm.main(list(given), prog_name="dynamorm", standalone_mode=False, obj=line)
        # Here, and not when the interpreter ends: whoever reads the output may have closed it.
        sys.stdout.flush()
        return status if isinstance(status, int) else Status.DONE
    except (click.ClickException, click.exceptions.Abort) as error:
        from dynamorm_cli.failures import report_usage  # deferred: start-up cost

        return report_usage(error, as_json="--json" in given)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever a command or a user's module raises
        from dynamorm_cli.failures import report  # deferred: start-up cost

        cause = error.__cause__ if isinstance(error, Raised) else error
        return report(cause or error, line.context)
    finally:
        if line.context is not None:
            line.context.close()


def _let_everything_be_printed() -> None:
    """Let a character that stdout's encoding lacks be printed as its code, as stderr does, and not be an error.

    A process that was started without stdout or stderr prints to nothing.
    """
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the process
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the process
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
