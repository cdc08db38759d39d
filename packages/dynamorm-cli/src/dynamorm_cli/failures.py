"""What is printed when a command fails, and the exit status that it gets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dynamorm.exceptions import (
    BackendMisconfigured,
    DynamoException,
    InvalidCursor,
    InvalidKey,
    InvalidOperator,
    InvalidSchemaField,
    ModelImportFailed,
    ModelNotFound,
    UnknownBackend,
)
from dynamorm_cli.output import json_text
from dynamorm_cli.statuses import CommandError, Status, Stopped

if TYPE_CHECKING:
    from types import TracebackType

    from dynamorm_cli.context import Context

#: What is raised for names and keys, which only the command line and the configuration give.
_OF_USAGE = (
    BackendMisconfigured,
    InvalidCursor,
    InvalidKey,
    InvalidOperator,
    InvalidSchemaField,
    ModelNotFound,
    UnknownBackend,
)
#: What a person has decided is no error.
_DECISIONS = {"Declined", "Interrupted"}


def report(error: BaseException, context: Context | None) -> int:
    """Print an *error* of a command, and return the exit status that it means."""
    if isinstance(error, BrokenPipeError):
        _discard_output()
        return Status.PIPE_CLOSED
    as_json = context is not None and context.json
    to_stderr = context is not None and context.streams_items
    if isinstance(error, CommandError):
        if error.status is Status.INTERRUPTED:
            _leave_line()
        resume = error.resume if isinstance(error, Stopped) else None
        _print(error.name, str(error), as_json=as_json, to_stderr=to_stderr, resume=resume)
        return error.status
    if isinstance(error, KeyboardInterrupt):
        _leave_line()
        _print("Interrupted", "Interrupted.", as_json=as_json, to_stderr=to_stderr)
        return Status.INTERRUPTED
    if not isinstance(error, DynamoException | EOFError | OSError):
        # A fault of ours or of a user's code: only its traceback can tell where.
        import traceback

        traceback.print_exception(error.with_traceback(_from_the_program(error.__traceback__)))
        if not as_json:
            return Status.FAILED
    _print(type(error).__name__, _message(error), as_json=as_json, to_stderr=to_stderr)
    return Status.USAGE if isinstance(error, _OF_USAGE) or _names_no_module(error) else Status.FAILED


def _names_no_module(error: BaseException) -> bool:
    """Return whether a module is not there that was named, and not only one that it imports."""
    cause = error.__cause__
    return (
        isinstance(error, ModelImportFailed)
        and isinstance(cause, ModuleNotFoundError)
        and _from_the_program(cause.__traceback__) is cause.__traceback__
    )


def report_usage(error: click.ClickException | click.exceptions.Abort, *, as_json: bool) -> int:
    """Print an *error* of click, and return the exit status that it means."""
    if isinstance(error, click.exceptions.Abort):
        _print("Interrupted", "Interrupted.", as_json=as_json, to_stderr=False)
        return Status.INTERRUPTED
    if as_json:
        _print("UsageError", error.format_message(), as_json=True, to_stderr=False)
    else:
        error.show()
    return Status.USAGE


def _print(name: str, message: str, *, as_json: bool, to_stderr: bool, resume: str | None = None) -> None:
    if as_json:
        document = {"error": name, "message": message} | ({} if resume is None else {"resume": resume})
        try:
            print(json_text(document), file=sys.stderr if to_stderr else sys.stdout, flush=True)
        except OSError:
            # Stdout is on a full disk, say, and may be what the error is about.
            _discard_output()
            print(json_text(document), file=sys.stderr)
        return
    print(message if name in _DECISIONS else f"Error: {message}", file=sys.stderr)
    if resume is not None:
        print(f"Go on with: {resume}", file=sys.stderr)


def _leave_line() -> None:
    """Begin a new line on a terminal, which shows ^C in the one before."""
    if sys.stderr.isatty():
        print(file=sys.stderr)


def _message(error: BaseException) -> str:
    # A note says what was done before it, for example.
    return "\n".join([str(error) or type(error).__name__, *getattr(error, "__notes__", ())])


def _from_the_program(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without what led to the user's code; the whole one if it was not reached."""
    from dynamorm.operate.model_names import is_of_the_program  # deferred: start-up cost

    rest = trace
    while rest is not None and not is_of_the_program(rest.tb_frame.f_code.co_filename):
        rest = rest.tb_next
    return rest or trace


def _discard_output() -> None:
    """Let nothing be written to the closed pipe when the interpreter ends."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
