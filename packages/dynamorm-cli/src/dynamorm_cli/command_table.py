"""The table of all commands. The module of a command is imported when it is called.

That way ``dynamorm --help`` imports nothing but click, and no command waits for what another one needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """A command before it is imported: where it is, as ``module:function``, and one line of help."""

    location: str
    help: str


#: Every command by its name, in the order in which the help lists them.
COMMANDS: Mapping[str, Entry] = {
    "plugins": Entry("dynamorm_cli.commands.plugins:plugins", "List the plugins and what is wrong with them."),
}
