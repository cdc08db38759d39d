"""OpenTelemetry traces and metrics of what DynamORM does: ``dynamorm.observe(OpenTelemetryObserver())``."""

from dynamorm_opentelemetry.observer import OpenTelemetryObserver

__all__ = ["OpenTelemetryObserver"]
