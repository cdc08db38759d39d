"""The observer that records operations as spans and metrics."""

from __future__ import annotations

import time
from typing import Any, Final

from opentelemetry.metrics import MeterProvider, get_meter
from opentelemetry.trace import SpanKind, StatusCode, TracerProvider, get_tracer

from dynamorm.data import ConsumedCapacity, Operation
from dynamorm.ports.hooks import hookimpl
from dynamorm_opentelemetry.__about__ import __version__
from dynamorm_opentelemetry.attributes import (
    COLLECTION,
    OPERATION,
    SYSTEM,
    common_attributes,
    error_attributes,
    operation_attributes,
    result_attributes,
)

# The boundaries that "Semantic conventions for database client metrics" recommends, in seconds.
_DURATION_BOUNDARIES: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)


class OpenTelemetryObserver:
    """Records a span for each operation, a histogram of durations, and a counter of capacity units.

    A span is a child of the span that is current where the model's method is called. It is made when its operation is
    done, with the operation's start time. So spans of what runs during the operation, such as HTTP requests, are its
    siblings, not its children.

    Args:
        tracer_provider: Where spans go; the provider of the process by default.
        meter_provider: Where metrics go; the provider of the process by default.
    """

    def __init__(
        self, *, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
    ) -> None:
        name = "dynamorm_opentelemetry"
        self._tracer = get_tracer(name, __version__, tracer_provider)
        meter = get_meter(name, __version__, meter_provider)
        self._duration = meter.create_histogram(
            "db.client.operation.duration",
            unit="s",
            description="Duration of database client operations.",
            explicit_bucket_boundaries_advisory=_DURATION_BOUNDARIES,
        )
        self._capacity = meter.create_counter(
            "dynamorm.consumed_capacity",
            unit="{capacity_unit}",
            description="Capacity units that operations consumed from a table and its indexes.",
        )

    @hookimpl
    def dynamorm_operation_done(  # noqa: PLR0917 - pluggy passes them by name
        self,
        operation: Operation[Any],
        result: object,
        error: BaseException | None,
        seconds: float,
        retries: int,
        consumed_capacity: tuple[ConsumedCapacity, ...],
        items: int,
    ) -> None:
        """Record the span and the metrics of one operation."""
        ended = time.time_ns()
        common = common_attributes(operation, error)
        action = common[OPERATION]
        span = self._tracer.start_span(
            f"{action} {common[COLLECTION]}" if COLLECTION in common else str(action),
            kind=SpanKind.CLIENT,
            attributes={**common, **operation_attributes(operation)},
            start_time=ended - round(seconds * 1e9),
        )
        if span.is_recording():
            span.set_attributes(result_attributes(result, items, retries, consumed_capacity))
            if error is not None:
                span.set_attributes(error_attributes(error))
                span.set_status(StatusCode.ERROR, type(error).__name__)
        span.end(ended)
        self._duration.record(seconds, common)
        for consumed in consumed_capacity:
            self._capacity.add(consumed.total, {SYSTEM: common[SYSTEM], OPERATION: action, COLLECTION: consumed.table})
