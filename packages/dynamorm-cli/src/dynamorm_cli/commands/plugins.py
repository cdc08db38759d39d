"""``dynamorm plugins``: the installed plugins, and what is wrong with them."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from dynamorm_cli.group import command
from dynamorm_cli.statuses import Status

if TYPE_CHECKING:
    from dynamorm.plugins.survey import PluginReport
    from dynamorm_cli.context import Context

COLUMNS = ("plugin", "kind", "contract", "distribution", "what it can do")


@command()
@click.argument("name", required=False)
def plugins(context: Context, name: str | None) -> None:
    """List the installed plugins and what is wrong with them; of the backend NAME, what it can do.

    The exit status is 1 if one of them can't be used.
    """
    from dynamorm.plugins import finder

    with redirect_stdout(sys.stderr):
        # What plugins print when they are imported is no result.
        reports = finder().survey()
    if name is not None:
        names = [each.name for each in reports]
        reports = tuple(each for each in reports if each.name == name)
        if not reports:
            close = get_close_matches(name, names, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            context.usage_error(f"No installed plugin is called '{name}'.{hint}")
    if context.json:
        context.out.json([_document(each) for each in reports])
    elif name is not None:
        _print_capabilities(context, reports)
    else:
        context.out.table(COLUMNS, [_row(each) for each in reports], styles=["red" if r.error else "" for r in reports])
        if not reports:
            context.out.note("No plugins are installed: pip install dynamorm installs the backend boto3.")
    if any(each.error for each in reports):
        context.exit(Status.FAILED)


def _row(report: PluginReport) -> tuple[str, ...]:
    contract = "" if report.contract is None else str(report.contract)
    distribution = f"{report.distribution or '?'} {report.version or ''}".strip()
    if report.error:
        contract = f"{contract} ✗".strip()
    return report.name, report.kind, contract, distribution, _can_do(report)


def _can_do(report: PluginReport) -> str:
    from dynamorm.ports.backends import Capability

    if report.error:
        return " ".join(report.error.split())
    if report.capabilities is not None:
        return f"{len(report.capabilities)} of {len(Capability)}"
    return report.library or ""


def _print_capabilities(context: Context, reports: tuple[PluginReport, ...]) -> None:
    from dynamorm.ports.backends import Capability

    for report in reports:
        context.out.text(f"{report.name}: {report.kind} of {report.distribution} {report.version}")
        if report.error:
            context.out.text(f"  ✗ {report.error}")
        elif report.library:
            context.out.text(f"  {report.library}")
        if report.capabilities is not None:
            for capability in Capability:
                context.out.text(f"  {'✓' if capability in report.capabilities else '-'} {capability.value}")


def _document(report: PluginReport) -> dict[str, object]:
    capabilities = None if report.capabilities is None else sorted(each.name for each in report.capabilities)
    return {
        "name": report.name,
        "kind": report.kind,
        "contract": report.contract,
        "distribution": report.distribution,
        "version": report.version,
        "entry_point": report.entry_point,
        "capabilities": capabilities,
        "library": report.library,
        "error": report.error,
    }
