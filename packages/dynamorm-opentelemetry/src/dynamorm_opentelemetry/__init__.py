"""OpenTelemetry traces and metrics of DynamORM's operations: ``dynamorm.observe(OpenTelemetryObserver())``."""

try:
    from dynamorm_opentelemetry.observer import OpenTelemetryObserver
except ImportError as error:
    # A program imports this package itself: nothing else could say what a release of another time lacks.
    if (error.name or "").partition(".")[0] != "dynamorm":
        raise
    raise ImportError(
        f"dynamorm-opentelemetry and dynamorm-core do not fit one another: {error}. Update both: "
        "pip install -U dynamorm-core dynamorm-opentelemetry",
        name=error.name,
    ) from error

__all__ = ["OpenTelemetryObserver"]
