"""The plan of ``check``: it reads all items of a table, and emits what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import Item
from dynamorm.engine.plans.pages import ReadPage
from dynamorm.engine.plans.reports import Reporter, reporter
from dynamorm.engine.plans.steps import Emit, IsAwaited, StreamPlan, map_stream
from dynamorm.engine.plans.turns import CHUNK, LET_OTHERS_RUN
from dynamorm.model.upkeep.examinations import findings_in, unknown_kind
from dynamorm.model.upkeep.findings import Finding
from dynamorm.model.upkeep.guards import guard_checks
from dynamorm.model.upkeep.iterations import PageOf
from dynamorm.model.upkeep.models import TableModels
from dynamorm.model.upkeep.walks import Walk

if TYPE_CHECKING:
    from dynamorm.model.upkeep.counters import CounterChecks


def check(
    models: TableModels,
    spec: TableSpec,
    walk: Walk,
    progress: ProgressCallback | None = None,
    *,
    counters: bool = False,
) -> StreamPlan[PageOf[Finding]]:
    """Read the items of a *walk*, and emit the findings of each page. *progress* is told how many items there were.

    With *counters*, what is counted in each item is read, too.
    """
    counter_checks = None
    if counters:
        from dynamorm.model.upkeep.counters import counter_checks as begin_counters  # deferred: start-up cost

        counter_checks = begin_counters(models, spec)
    return _check(models, spec, walk, reporter(progress, spec.name), counter_checks)


def _check(
    models: TableModels, spec: TableSpec, walk: Walk, reports: Reporter | None, counters: CounterChecks | None
) -> StreamPlan[PageOf[Finding]]:
    if reports is not None:
        yield from reports.begin()
    is_awaited: bool = yield IsAwaited()
    guards = guard_checks(models, spec)

    def check_page(page: ReadPage) -> StreamPlan[PageOf[Finding]]:
        findings: list[Finding] = []
        for number, item in enumerate(page.result.items, start=1):
            if is_awaited and number % CHUNK == 0:
                yield LET_OTHERS_RUN
            findings += findings_of(models, spec, item)
        if guards is not None:
            findings += yield from guards.findings(page.result.items)
        if counters is not None:
            findings += yield from counters.findings(page.result.items)
        walk.done(page)
        yield Emit((findings, walk.cursor))
        if reports is not None:
            looked_at = page.result.scanned_count
            yield reports.advance(len(findings), looked_at=looked_at, finished=page.end is None)

    try:
        yield from map_stream(walk.pages(), check_page)
    except GeneratorExit:
        raise
    except BaseException as error:
        walk.note_on(error, "The check did not come to its end.")
        raise
    if reports is not None:
        yield from reports.end()


def findings_of(models: TableModels, spec: TableSpec, item: Item) -> Sequence[Finding]:
    """Return what is wrong with an *item* of a table; nothing for one that is of none of the *models*."""
    if models.is_own_item(item, spec):
        return ()
    model = models.model_of(item)
    if model is None:
        if not models.everything:
            return ()
        assert models.registry is not None, "without kinds, each item is of the model"
        key = {attribute.name: item[attribute.name] for attribute in spec.key_attributes}
        return (unknown_kind(models.label, models.registry.attribute, key, item),)
    return tuple(findings_in(model, item)) if models.reads(model) else ()
