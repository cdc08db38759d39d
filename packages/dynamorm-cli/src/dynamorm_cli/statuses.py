"""Exit statuses, and the exceptions that end a command with one of them.

Click's own status for wrong usage is 2, which ``plan`` and ``check`` use for a difference, as ``terraform plan
-detailed-exitcode`` does. So wrong usage is 64 here, ``EX_USAGE`` of BSD's ``sysexits``.
"""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """What the exit status of a command means."""

    #: Done, or there was nothing to do, or no difference.
    DONE = 0
    #: Failed. The message is the exception's.
    FAILED = 1
    #: There is a difference.
    DIFFERENCE = 2
    #: Stopped half-way. The command can be resumed.
    STOPPED = 3
    #: Wrong usage: an option, an argument, the configuration, or a consent that is missing.
    USAGE = 64
    #: Interrupted by Ctrl-C.
    INTERRUPTED = 130
    #: Whoever reads the output has closed it, as ``head`` does.
    PIPE_CLOSED = 141


class CommandError(Exception):
    """Ends a command with a message. ``name`` is what ``--json`` gives as the error."""

    status = Status.FAILED

    def __init__(self, message: str, *, name: str | None = None) -> None:
        super().__init__(message)
        self.name = name or type(self).__name__


class Failed(CommandError):
    """The command failed, for a reason that no exception of DynamORM has."""


class Declined(CommandError):
    """Somebody was asked, and did not consent. Nothing was done."""


class ConsentMissing(CommandError):
    """A consent is needed, and nobody can be asked because there is no terminal."""

    status = Status.USAGE


class Misused(CommandError):
    """A word of the command line has no meaning here: a model, a field, an operator, or the value of one."""

    status = Status.USAGE


class ConfigurationError(CommandError):
    """The configuration in ``pyproject.toml`` can't work."""

    status = Status.USAGE


class Stopped(CommandError):
    """The command stopped half-way. ``resume`` is the command line that goes on."""

    status = Status.STOPPED

    def __init__(self, message: str, *, resume: str | None, name: str | None = None) -> None:
        super().__init__(message, name=name)
        self.resume = resume


class Interrupted(Stopped):
    """Ctrl-C was pressed, and the state is saved."""

    status = Status.INTERRUPTED
