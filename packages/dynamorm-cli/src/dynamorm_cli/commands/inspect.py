"""``dynamorm inspect``: what the items of a table are like."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from dynamorm_cli.group import command
from dynamorm_cli.rates import Units, rate_option
from dynamorm_cli.statuses import Status

if TYPE_CHECKING:
    from dynamorm_cli.context import Context

DEFAULT_SAMPLE = 10_000


EXAMPLES = "\b\nExamples:\n  dynamorm inspect Book\n  dynamorm inspect prod-books shop.models:Book --sample 50000\n"


@command(epilog=EXAMPLES)
@click.argument("words", nargs=-1, metavar="TABLE|MODEL [MODEL]...")
@click.option("--table", metavar="TABLE", help="Read this table, whatever it is called; all words are models.")
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="N", default=DEFAULT_SAMPLE, show_default=True, help="Read N items."
)
@click.option("--all", "everything", is_flag=True, help="Read all items.")
@click.option("--budget", type=Units(), metavar="UNITS", help="Fail before more read units are used.")
@rate_option
@click.option("--show-keys", is_flag=True, help="Show the keys of single items; otherwise hashes of them.")
@click.option("--strict", is_flag=True, help="End with status 2 if an item is invalid, or of no model.")
@click.option("--seed", type=int, metavar="N", help="Choose the segments that an earlier run with this number chose.")
def inspect(
    context: Context,
    words: tuple[str, ...],
    table: str | None,
    sample: int,
    *,
    everything: bool,
    budget: float | None,
    rate: float | None,
    show_keys: bool,
    strict: bool,
    seed: int | None,
) -> None:
    """Describe the items of a table: sizes, attributes, what the models' schemas refuse, items missing in indexes.

    Values of items are not shown, and keys only with --show-keys. The sample is the items of segments of the table
    that are chosen at random. Which keys are read or written most is not stored: see CloudWatch Contributor Insights.
    """
    import dynamorm
    from dynamorm import operate
    from dynamorm_cli.inspection_text import document_of, lines_of
    from dynamorm_cli.subjects import only_reading

    if not words and table is None:
        context.usage_error("Of which table? Name a model, or a table and then its models.")
    given, models = _named(context, words) if table is None else (table, _models(context, words))
    if strict and not models and isinstance(given, str):
        context.usage_error("--strict needs a model, whose schema says what is valid.")
    with (
        only_reading(context, given),
        dynamorm.budget(capacity=budget),
        context.resumable(saved=lambda: False),
        context.out.progress("Reading") as progress,
    ):
        found = operate.inspect(
            given,
            models,
            sample=None if everything else sample,
            show_keys=show_keys,
            seed=seed,
            rate=rate,
            progress=progress,
        )
    if context.json:
        context.out.json(document_of(found))
    else:
        for line in lines_of(found, wrapped=sys.stdout.isatty()):
            context.out.text(line)
    if not found.models:
        context.out.note(f"No schema was asked. To check items, name their models: dynamorm inspect {given} Book.")
    if strict and found.invalid:
        context.exit(Status.DIFFERENCE)


def _named(context: Context, words: tuple[str, ...]) -> tuple[Any, list[Any]]:
    """Return what the first of the *words* names, a table or a model, and the models that the others name."""
    from dynamorm.exceptions import ModelNotFound

    first, *others = words
    models = _models(context, others)
    if ":" in first or not context.configuration.models:
        return context.given_table(first), models
    try:
        return context.find_table(first), models
    except ModelNotFound:
        return first, models


def _models(context: Context, words: Sequence[str]) -> list[Any]:
    """Return the models that *words* name: modules, ``app.models:Book``, or models of the configuration's modules."""
    from dynamorm.exceptions import ModelNotFound

    found: list[Any] = []
    for word in words:
        if ":" not in word and "." not in word and context.configuration.models:
            try:
                found.append(context.find_model(word))
                continue
            except ModelNotFound:
                # It may be a module.
                pass
        found += context.find_models([word])
    return list(dict.fromkeys(found))
