"""What a command gets: the options of its command line, the configuration, models, the connection, and the output."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from dynamorm_cli.statuses import Interrupted, Status, Stopped

if TYPE_CHECKING:
    # Imported by commands that need them: ``dynamorm COMMAND --help`` needs none.
    from dynamorm.engine.run.connection import Connection
    from dynamorm.model.shared_tables.shared_table import SharedTable
    from dynamorm.operate.model_names import ModelClass
    from dynamorm_cli.configuration import Configuration
    from dynamorm_cli.consent import Consent
    from dynamorm_cli.output import Output

URL_VARIABLE = "DYNAMORM_URL"


@dataclass(frozen=True)
class Options:
    """The options that all commands share, as they were given."""

    env: str | None = None
    url: str | None = None
    app_dir: str | None = None
    json: bool = False
    quiet: bool = False


class Context:
    """The context of one command line."""

    def __init__(
        self, options: Options, command: click.Context, arguments: Sequence[str] = (), *, streams_items: bool = False
    ) -> None:
        self.options = options
        #: Whether ``--json`` was given.
        self.json = options.json
        #: Whether ``--quiet`` was given.
        self.quiet = options.quiet
        #: Whether stdout has items, one JSON document each, so that errors go to stderr.
        self.streams_items = streams_items
        self._command = command
        self._arguments = arguments
        self._opened: list[Connection] = []
        self._default: Connection | None = None

    @cached_property
    def configuration(self) -> Configuration:
        """The configuration of ``pyproject.toml``, for the environment that was named.

        Reading it raises :class:`~dynamorm_cli.statuses.ConfigurationError`.
        """
        from dynamorm_cli.configuration import read_configuration

        return read_configuration(Path.cwd(), self.options.env)

    @cached_property
    def out(self) -> Output:
        """Where everything is printed."""
        from dynamorm_cli.output import Output

        return Output(as_json=self.json, quiet=self.quiet)

    @cached_property
    def consent(self) -> Consent:
        """Who is asked before something is written where the connection of the command goes."""
        from dynamorm_cli.consent import Consent

        if self.configuration.protect:
            return Consent(self.configuration.env or "tool.dynamorm")
        url, options, _ = self.named_url()
        return self.consent_for(url, options)

    def consent_for(self, url: str | None, options: Mapping[str, Any] | None = None) -> Consent:
        """Return who is asked before something is written to another *url* with these *options*."""
        from dynamorm_cli.consent import Consent

        return Consent(self.configuration.protected_by(url, options or {}))

    def consent_on(self, *connections: Connection, is_other_side: bool = False) -> Consent:
        """Return who is asked before something is written on *connections*: the command's own, or those of models.

        Another way to name the target of a protected environment is no way round its protection.

        Args:
            *connections: The connections.
            is_other_side: They are the other side of a copy, which the environment of the command says nothing about.
        """
        from dynamorm_cli.consent import Consent

        if not is_other_side and self.consent.protected is not None:
            return self.consent
        # The options of a configured connection are compared, too: they may name another account.
        known = self._default if self._is_configured else None
        places = (each.describe() for each in connections if each is not known)
        return Consent(next(filter(None, map(self.configuration.protected_at, places)), None))

    # --- models

    def find_models(self, names: Sequence[str] = ()) -> list[ModelClass]:
        """Return the models of *names*, such as ``app.models:Book``; by default those of the configuration.

        Raises:
            UsageError: There are neither names nor ``models`` in the configuration.
            ModelNotFound, ModelImportFailed: As :func:`dynamorm.operate.find_models`.
        """
        from dynamorm.exceptions import ModelImportFailed, ModelNotFound
        from dynamorm.operate import find_models

        with self._importing():
            try:
                return find_models(*self._model_names(names))
            except ModelImportFailed as error:
                missing = getattr(error.__cause__, "name", None)
                known = find_models(*self.configuration.models) if missing in names else []
                meant = next((model for model in known if model.__name__ == missing), None)
                if meant is None:
                    raise
                full_name = f"{meant.__module__}:{missing}"
                raise ModelNotFound(f"'{missing}' is no module. Did you mean '{full_name}'?") from error

    def find_model(self, name: str) -> ModelClass:
        """Return the model with a *name*: ``app.models:Book``, or ``Book``, which the configuration's modules have.

        Raises :class:`~dynamorm.exceptions.ModelNotFound` and :class:`~dynamorm.exceptions.ModelImportFailed`.
        """
        from dynamorm.operate import find_model

        with self._importing():
            return find_model(name, self.configuration.models)

    def find_table(self, name: str) -> ModelClass | type[SharedTable]:
        """Return the model or the shared table with a *name*, which is looked up as that of :meth:`find_model`."""
        from dynamorm.operate import find_table

        with self._importing():
            return find_table(name, self.configuration.models)

    def given_table(self, name: str) -> ModelClass | type[SharedTable] | str:
        """Return what :meth:`find_table` finds for the *name* of a module and a class; others name a table itself."""
        return self.find_table(name) if ":" in name else name

    def find_function(self, name: str) -> Callable[..., Any]:
        """Return the function with a *name*, ``app.tools:anonymise``.

        Raises:
            UsageError: The name has no colon, or the module has no such function.
            ModelImportFailed: The module can't be imported.
        """
        from dynamorm.operate.model_names import import_user_module

        module_name, _, path = name.partition(":")
        if not module_name or not path:
            self.usage_error(f"'{name}' is no function. Name the module and the function, as in app.tools:anonymise.")
        with self._importing():
            found: Any = import_user_module(module_name)
        for part in path.split("."):
            found = getattr(found, part, None)
        if not callable(found):
            self.usage_error(f"{module_name} has no function '{path}'.")
        function: Callable[..., Any] = found
        return function

    def _model_names(self, names: Sequence[str]) -> Sequence[str]:
        if not (names or self.configuration.models):
            self.usage_error(
                "Which models? Name them, as in app.models:Book,Order or app.models, or write models = "
                '["app.models"] below [tool.dynamorm] in pyproject.toml.'
            )
        return names or self.configuration.models

    @contextmanager
    def _importing(self) -> Iterator[None]:
        """Import modules of the user in a block: what they print is not among the results, which may be JSON."""
        self._extend_path()
        with redirect_stdout(sys.stderr):
            yield
        self._keep_default()

    def _extend_path(self) -> None:
        """Put the folder of the user's modules on the path, as uvicorn and alembic do."""
        folder = str(Path(self.options.app_dir or self.configuration.app_dir or Path.cwd()).resolve())
        if folder not in sys.path[:1]:
            sys.path.insert(0, folder)

    # --- the connection

    def connect(self) -> Connection | None:
        """Connect where the command line, the environment or the configuration say.

        The first of these counts: ``--url``; ``DYNAMORM_URL``; the configuration's ``url``; what the modules of the
        models have connected themselves; boto3's default. An environment that is named with ``--env`` and has a URL
        or options goes before ``DYNAMORM_URL``, which may belong to another one.

        Returns:
            The connection for everything, models with a ``backend`` in their ``Table`` included, if ``--url`` or
            ``--env`` name one: pass it as ``backend=``. Else ``None``: each model's own connection, or the default one.
        """
        import dynamorm

        url, options, is_explicit = self.named_url()
        if url is None:
            return None
        if self._default is None:
            self._default = dynamorm.connect(url, **options)
            self._opened.append(self._default)
        return self._default if is_explicit else None

    def _keep_default(self) -> None:
        """Go on with the connection of :meth:`connect` after modules were imported, which may connect themselves."""
        if self._default is not None:
            import dynamorm

            dynamorm.connect(self._default)

    def connection(self) -> Connection:
        """Return the connection for tables that are named without a model: that of :meth:`connect`, or the default."""
        from dynamorm.engine.run.connections import current_connection

        return self.connect() or current_connection()

    def open(self, url: str, **options: Any) -> Connection:
        """Open another connection, to the other side of a copy. It is closed when the command ends."""
        from dynamorm.engine.run.connections import open_connection

        opened = open_connection(url, **options)
        self._opened.append(opened)
        return opened

    def target(self, connection: Connection | None = None, *, account: bool = False) -> str:
        """Return where operations go, for people: ``boto3://eu-west-1, account 1234…9012``.

        With *account*, the account of AWS is asked for, which costs a request to STS. Do that only before writing.
        """
        return (connection or self.connection()).describe(account=account)

    def named_url(self) -> tuple[str | None, dict[str, Any], bool]:
        """Return the URL that is named, its options, and whether it is to be used for everything."""
        configured = self.configuration
        if self.options.url:
            return self.options.url, {}, True
        if configured.has_own_target:
            return configured.url, dict(configured.options), True
        if url := os.environ.get(URL_VARIABLE):
            return url, {}, False
        return configured.url, dict(configured.options), False

    @property
    def _is_configured(self) -> bool:
        """Whether the URL and its options are those of the configuration."""
        return not self.options.url and (self.configuration.has_own_target or not os.environ.get(URL_VARIABLE))

    # --- the end

    def exit(self, status: Status) -> NoReturn:
        """End the command with a *status*."""
        self._command.exit(status)

    def usage_error(self, message: str) -> NoReturn:
        """End the command with a message about wrong usage."""
        raise click.UsageError(message, self._command)

    @contextmanager
    def resumable(
        self, *added: str, saved: Callable[[], bool] = lambda: True, tells_notes: bool = False
    ) -> Iterator[None]:
        """Say how to go on when Ctrl-C, SIGTERM, throttling or a lost connection stops the block.

        Args:
            *added: The arguments that the command line needs to go on, such as ``"--resume"``.
            saved: Whether there is a state to go on with; if there is none, the command is to be run again.
            tells_notes: The notes of exceptions say what was done before, and are printed.

        Raises:
            Interrupted: Ctrl-C was pressed, or SIGTERM came. Exit status 130.
            Stopped: Throttling or a lost connection did not end. Exit status 3.
        """
        from dynamorm.exceptions import BackendUnavailable, Throttled, UnprocessedItems
        from dynamorm_cli.termination import termination_interrupts

        try:
            with termination_interrupts():
                yield
        except KeyboardInterrupt as error:
            if not saved():
                raise Interrupted("Interrupted.", resume=self.command_line()) from error
            raise Interrupted("Interrupted. The state is saved.", resume=self.command_line(*added)) from error
        except (BackendUnavailable, Throttled, UnprocessedItems) as error:
            if not saved():
                raise
            notes = getattr(error, "__notes__", ()) if tells_notes else ()
            message = "\n".join([f"Stopped: {error}", *notes])
            raise Stopped(message, resume=self.command_line(*added), name=type(error).__name__) from error

    def command_line(self, *added: str) -> str:
        """Return this command line, for a shell, with arguments *added* that it does not have yet."""
        missing = (each for each in added if each not in self._arguments)
        return shlex.join(["dynamorm", *self._arguments, *missing])

    def close(self) -> None:
        """Close the connections that the command has opened."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()
