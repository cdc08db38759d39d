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


#: The commands by the sections of the help, in its order.
SECTIONS: Mapping[str, Mapping[str, Entry]] = {
    "Tables of models": {
        "plan": Entry("dynamorm_cli.commands.plan:plan", "Show how live tables differ from the models."),
        "check": Entry("dynamorm_cli.commands.plan:check", "Check that there is no difference, for CI."),
        "apply": Entry("dynamorm_cli.commands.apply:apply", "Create and change live tables as models describe them."),
        "export": Entry("dynamorm_cli.commands.export:export", "Print models for CloudFormation, Terraform or IAM."),
    },
    "Copies of tables": {
        "dump": Entry("dynamorm_cli.commands.dump:dump", "Write a table into files, as DynamoDB's exports to S3 are."),
        "verify": Entry("dynamorm_cli.commands.verify:verify", "Check the files of a dump; compare it with a table."),
        "load": Entry("dynamorm_cli.commands.load:load", "Write the items of a dump or an export into a table."),
        "copy": Entry("dynamorm_cli.commands.copy:copy", "Write the items of one table into another."),
    },
    "Items": {
        "inspect": Entry("dynamorm_cli.commands.inspect:inspect", "Describe the items of a table, found in a sample."),
        "get": Entry("dynamorm_cli.commands.get:get", "Print the item with a primary key."),
        "query": Entry("dynamorm_cli.commands.query:query", "Print the items with one hash key."),
        "scan": Entry("dynamorm_cli.commands.scan:scan", "Print the items of a whole table, within a budget."),
        "browse": Entry("dynamorm_cli.commands.browse:browse", "Look at tables and items in a browser; it only reads."),
        "delete-partition": Entry(
            "dynamorm_cli.commands.delete_partition:delete_partition", "Delete all items with one hash key."
        ),
    },
    "Installation": {
        "plugins": Entry("dynamorm_cli.commands.plugins:plugins", "List the plugins and what is wrong with them."),
    },
}
#: Every command by its name.
COMMANDS: Mapping[str, Entry] = {name: entry for section in SECTIONS.values() for name, entry in section.items()}
