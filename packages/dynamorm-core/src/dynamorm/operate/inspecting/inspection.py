"""``inspect`` and ``ainspect``: a sample of a table is read, and described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynamorm.data.operations import DescribeTable
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.tables import TableDescription, TableSpec
from dynamorm.engine.plans.reports import Reporter, reporter
from dynamorm.engine.plans.steps import IsAwaited, Plan, StreamPlan, map_stream
from dynamorm.engine.plans.turns import CHUNK, LET_OTHERS_RUN
from dynamorm.engine.run.connections import Target
from dynamorm.exceptions import DynaModelException
from dynamorm.model.models import DynaModel
from dynamorm.model.upkeep.walks import check_whole_number
from dynamorm.model.verbs.drivers import adrive_on, drive_on
from dynamorm.operate.connections import aopened, opened
from dynamorm.operate.inspecting.records import Inspection
from dynamorm.operate.inspecting.sampling import SampledPage, Sampling
from dynamorm.operate.inspecting.statistics import Statistics
from dynamorm.operate.inspecting.validity import Validity, by_frequency
from dynamorm.operate.rates import GivenRate, limited
from dynamorm.operate.resolved_tables import GivenTable, ResolvedTable
from dynamorm.ports.backends import Capability

#: How many items are looked at if nothing is said.
DEFAULT_SAMPLE = 10_000


def inspect(
    table: GivenTable,
    models: Sequence[type[DynaModel]] = (),
    *,
    sample: int | None = DEFAULT_SAMPLE,
    show_keys: bool = False,
    seed: int | None = None,
    rate: GivenRate = None,
    progress: ProgressCallback | None = None,
    backend: Target | None = None,
) -> Inspection:
    """Read a sample of a table's items, and return what they are like: sizes, attributes, validity, keys.

    The sample consists of the items of segments that are chosen at random. Reading costs capacity: give a *rate*, or
    put a block of :func:`dynamorm.budget` around it. The hash key with the most bytes is called the busiest one
    here; how often a key is read or written is not stored, but CloudWatch Contributor Insights can tell.

    Args:
        table: A model, a shared table, or the name of a table.
        models: The models by whose schemas the items are checked; by default the one that is given as the *table*, or
            all of a shared table.
        sample: How many items to look at; ``None`` for all.
        show_keys: Whether the result has keys of single items. Otherwise it has only hashes of them.
        seed: A number that chooses the same segments again, if the table has not changed.
        rate: The most read units a second, or a :class:`~dynamorm.RateLimit`.
        progress: Called after each page; ``looked_at`` and ``done`` count the items.
        backend: What ``connect`` takes, in place of the connection of the model or the current one.

    Raises:
        DynaModelException: *table* or one of *models* is none, the models don't fit the table, or *rate* is not
            above 0.
        InvalidValue: *sample* is not a whole number, at least 1.
        TableNotFound: There is no such table.
    """
    with opened(backend) as connection, limited(rate, reads=True):
        found = _Inspecting(ResolvedTable(table, connection), models, sample, show_keys=show_keys, seed=seed)
        return drive_on(found.table.connection, found.plan(progress))


async def ainspect(
    table: GivenTable,
    models: Sequence[type[DynaModel]] = (),
    *,
    sample: int | None = DEFAULT_SAMPLE,
    show_keys: bool = False,
    seed: int | None = None,
    rate: GivenRate = None,
    progress: ProgressCallback | None = None,
    backend: Target | None = None,
) -> Inspection:
    """Return what a sample of a table's items is like, as :func:`inspect` does."""
    async with aopened(backend) as connection:
        found = _Inspecting(ResolvedTable(table, connection), models, sample, show_keys=show_keys, seed=seed)
        with limited(rate, reads=True):
            return await adrive_on(found.table.connection, found.plan(progress))


class _Inspecting:
    """One inspection of a *table*."""

    def __init__(
        self,
        table: ResolvedTable,
        models: Sequence[type[DynaModel]],
        sample: int | None,
        *,
        show_keys: bool,
        seed: int | None,
    ) -> None:
        if sample is not None:
            check_whole_number(sample, "sample")
        self.table = table
        self._models: Sequence[Any] = tuple(models) or table.models
        for model in self._models:
            ResolvedTable(model, table.connection)
        self._sample = sample
        self._show_keys = show_keys
        self._seed = seed

    def plan(self, progress: ProgressCallback | None) -> Plan[Inspection]:
        """Return the plan."""
        description = yield DescribeTable(self.table.name)
        spec = description.spec
        for model in self._models:
            _check_keys(model, spec)
        capabilities = self.table.connection.capabilities
        sampling = Sampling(
            spec.name,
            description.item_count,
            self._sample,
            can_segment=Capability.PARALLEL_SCAN in capabilities,
            tells_capacity=Capability.CONSUMED_CAPACITY in capabilities,
            seed=self._seed,
        )
        gathered = _Gathered(description, self._models, keys_shown=self._show_keys)
        yield from gathered.gather(sampling, reporter(progress, spec.name))
        capacity = gathered.capacity if Capability.CONSUMED_CAPACITY in capabilities else None
        return gathered.result(sampling.total_segments, capacity)


class _Gathered:
    """What is known of the items so far."""

    def __init__(self, description: TableDescription, models: Sequence[Any], *, keys_shown: bool) -> None:
        self._description = description
        self._keys_shown = keys_shown
        self._statistics = Statistics(description.spec)
        self._validity = Validity(models, description.spec, keys_shown=keys_shown)
        self._last: SampledPage | None = None
        self.capacity = 0.0

    def gather(self, sampling: Sampling, reports: Reporter | None) -> Plan[None]:
        """Read the pages of a sample."""
        if reports is not None:
            yield from reports.begin()
        is_awaited: bool = yield IsAwaited()

        def add(page: SampledPage) -> StreamPlan[Any]:
            self._last = page
            self.capacity += sum(each.total for each in page.result.consumed_capacity)
            for number, item in enumerate(page.result.items, start=1):
                if is_awaited and number % CHUNK == 0:
                    yield LET_OTHERS_RUN
                self._statistics.add(item)
                self._validity.add(item)
            if reports is not None:
                yield reports.advance(page.result.count, looked_at=page.result.scanned_count)

        yield from map_stream(sampling.pages(), add)  # type: ignore[misc]  # it emits nothing
        if reports is not None:
            yield from reports.end()

    def result(self, total_segments: int, capacity: float | None) -> Inspection:
        """Return the record of it."""
        statistics, validity, last = self._statistics, self._validity, self._last
        attributes, more = statistics.attributes()
        return Inspection(
            table=self._description.spec.name,
            description=self._description,
            items=statistics.items,
            complete=last is not None and last.completes,
            segments=0 if last is None else last.segments,
            total_segments=total_segments,
            capacity=capacity,
            sizes=statistics.sizes(keys_shown=self._keys_shown),
            attributes=attributes,
            more_attributes=more,
            models=validity.models(),
            kinds=by_frequency(validity.kinds),
            without_model=validity.without_model,
            own_items=validity.own_items,
            indexes=statistics.indexes(),
            busiest=statistics.busiest(keys_shown=self._keys_shown),
        )


def _check_keys(model: Any, spec: TableSpec) -> None:
    """Raise :class:`~dynamorm.exceptions.DynaModelException` if a *model* has other keys than the table."""
    own = model._mapper.table.spec
    if own.key_attributes != spec.key_attributes:
        names = " and ".join(f"{each.name} ({each.type})" for each in own.key_attributes)
        others = " and ".join(f"{each.name} ({each.type})" for each in spec.key_attributes)
        raise DynaModelException(
            f"{model.__name__} has the primary key {names}, and the table '{spec.name}' has {others}, so its items are "
            "not of this model."
        )
