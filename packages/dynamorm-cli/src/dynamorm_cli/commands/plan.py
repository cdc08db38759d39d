"""``dynamorm plan`` and ``dynamorm check``: how live tables differ from the models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click

from dynamorm_cli.group import command
from dynamorm_cli.plan_options import Removals, plan_options
from dynamorm_cli.plan_output import document, print_plan
from dynamorm_cli.statuses import Status

if TYPE_CHECKING:
    from dynamorm_cli.context import Context


@command()
@plan_options
@click.option("--wait", is_flag=True, help="Wait for changes that are being made, such as the creation of an index.")
@click.option("--all", "all_tables", is_flag=True, help="List live tables that no model describes, too.")
def plan(context: Context, models: tuple[str, ...], wait: bool, all_tables: bool, **removals: Unpack[Removals]) -> None:
    """Show how live tables differ from MODELS, such as shop.models or shop.models:Book,Order, and change nothing.

    The exit status is 2 if there is a difference. A plan needs the permissions DescribeTable, DescribeTimeToLive and
    ListTagsOfResource.
    """
    _plan(context, models, removals, wait=wait, all_tables=all_tables, only_differences=context.quiet)


@command()
@plan_options
@click.option("--wait", is_flag=True, help="Wait for changes that are being made, such as the creation of an index.")
def check(context: Context, models: tuple[str, ...], wait: bool, **removals: Unpack[Removals]) -> None:
    """Check that live tables are what MODELS describe, and print only the differences: plan -q, for CI.

    The exit status is 2 if there is a difference.
    """
    _plan(context, models, removals, wait=wait, only_differences=True)


def _plan(
    context: Context,
    models: tuple[str, ...],
    removals: Removals,
    *,
    wait: bool,
    all_tables: bool = False,
    only_differences: bool,
) -> None:
    from dynamorm import operate
    from dynamorm.operate.planning.texts import summary

    found = context.find_models(models)
    planned = operate.plan(found, wait=wait, all_tables=all_tables, backend=context.connect(), **removals)
    if context.json:
        context.out.json(document(planned))
    else:
        print_plan(context, planned, only_differences=only_differences)
        if only_differences and not planned.differs:
            context.out.note(summary(planned))
    if planned.differs:
        context.exit(Status.DIFFERENCE)
