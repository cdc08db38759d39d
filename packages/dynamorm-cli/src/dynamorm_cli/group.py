"""The group of all commands, which imports a command when it is called, and the options that all commands share."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from dynamorm_cli.command_table import COMMANDS, SECTIONS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from dynamorm_cli.context import Context


#: What to use in place of commands that tools of other libraries have, by their names.
_HABITS = dict.fromkeys(
    ("migrate", "makemigrations", "upgrade", "revision", "syncdb", "sync", "create"),
    " 'plan' shows how tables differ from their models, and 'apply' creates and changes them.",
)


class CommandLine:
    """One command line: its arguments, and the context of its command once that is called."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.arguments = tuple(arguments)
        self.context: Context | None = None


def global_options() -> list[click.Option]:
    """Return the options that stand before or behind the name of a command."""
    return [
        _option(
            ["--env"],
            metavar="NAME",
            shell_complete=_environments,
            help="The environment: [tool.dynamorm.env.NAME] in pyproject.toml.",
        ),
        _option(["--url"], metavar="URL", help="The backend, such as boto3://eu-west-1 or sqlite:///books.db."),
        _option(
            ["--app-dir"],
            metavar="DIR",
            type=click.Path(exists=True, file_okay=False),
            help="The folder of your modules; by default the current one.",
        ),
        _option(["--json"], is_flag=True, help="Print JSON to stdout."),
        _option(["-q", "--quiet"], is_flag=True, help="Print no notes and no progress."),
    ]


def _option(names: list[str], **settings: Any) -> click.Option:
    return click.Option(names, callback=_remember, expose_value=False, **settings)


def _environments(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the environments of the configuration for a shell that completes their names."""
    from pathlib import Path

    from dynamorm_cli.configuration import environment_names
    from dynamorm_cli.statuses import ConfigurationError

    try:
        return [name for name in environment_names(Path.cwd()) if name.startswith(incomplete)]
    except ConfigurationError:
        return []


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    # What stands behind the name of a command goes before what stands in front of it.
    if value == "":
        # Such as that of a variable that is not set: another environment or backend would be used.
        raise click.BadParameter("It is empty. Give it a value, or leave it out.", context, parameter)
    if value and parameter.name is not None:
        context.meta.setdefault("dynamorm", {})[parameter.name] = value


class Command(click.Command):
    """A command with the options that all commands share. Its function gets a ``Context`` first."""

    def __init__(self, name: str | None, *, streams_items: bool = False, **settings: Any) -> None:
        super().__init__(name, **settings)
        self._shared = global_options()
        self.params = [*self.params, *self._shared]
        self._streams_items = streams_items

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of the command, and below them those that all commands have."""
        shared = [*self._shared, self.get_help_option(ctx)]
        # What arguments are is in the text above.
        own = [each for each in self.get_params(ctx) if isinstance(each, click.Option) and each not in shared]
        for title, options in (("Options", own), ("Common options", shared)):
            records = [record for option in options if option and (record := option.get_help_record(ctx))]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def invoke(self, context: click.Context) -> Any:
        """Call the function with the context of this command line."""
        from dynamorm_cli.context import Context, Options  # deferred: start-up cost

        line = context.find_object(CommandLine)
        assert line is not None, "Commands are run by main()."
        assert self.callback is not None, "Commands have a function."
        options = Options(**context.meta.get("dynamorm", {}))
        line.context = Context(options, context, line.arguments, streams_items=self._streams_items)
        # A mistake in the configuration is found whatever the command needs of it, and a wrong --env above all.
        line.context.configuration  # noqa: B018
        return context.invoke(self.callback, line.context, **context.params)


def command(*, streams_items: bool = False, **settings: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command of a function, whose first argument is its :class:`~dynamorm_cli.context.Context`.

    With *streams_items*, ``--json`` prints lines of JSON that are items, so that an error is not printed among them,
    but to stderr. The *settings* are those of ``click.command``.
    """
    return click.command(cls=Command, streams_items=streams_items, **settings)


class Raised(Exception):
    """An exception of a command that click would take for something else; it is the ``__cause__``."""


class LazyGroup(click.Group):
    """Finds commands in :data:`~dynamorm_cli.command_table.COMMANDS`."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        click makes of an ``EOFError``, which a truncated file raises, the same as of Ctrl-C, and ends the process at a
        closed pipe with the status of a failure.
        """
        try:
            return super().invoke(ctx)
        except (EOFError, KeyboardInterrupt, OSError) as error:
            raise Raised from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; return ``None`` for a name that no command has."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].location.partition(":")
        found: click.Command = getattr(import_module(module), function)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, without importing them."""
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.help) for name, entry in section.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin with *incomplete*, without importing the commands."""
        from click.shell_completion import CompletionItem

        commands = [CompletionItem(name, help=COMMANDS[name].help) for name in COMMANDS if name.startswith(incomplete)]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that *args* begin with. An unknown name gets a suggestion."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            close = difflib.get_close_matches(name, COMMANDS, 1)
            hint = _HABITS.get(name) or (f" Did you mean '{close[0]}'?" if close else "")
            raise click.UsageError(f"There is no command '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from dynamorm.__about__ import __version__ as core
    from dynamorm_cli.__about__ import __version__ as ours

    click.echo(f"dynamorm-cli {ours}, dynamorm-core {core}")
    context.exit()


dynamorm = LazyGroup(
    "dynamorm",
    help="Operate DynamoDB tables: plan and change them, copy their items, look into them.",
    epilog="'dynamorm COMMAND --help' tells more. Exit statuses: 0 done, 1 failed, 2 there is a difference, "
    "3 stopped half-way and can be resumed, 64 wrong usage, 130 interrupted.",
    params=[
        *global_options(),
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_print_version,
            help="Print the versions and exit.",
        ),
    ],
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)
