"""OpenTelemetry traces and metrics of DynamORM's operations: ``dynamorm.observe(OpenTelemetryObserver())``."""

from dynamorm_opentelemetry.observer import OpenTelemetryObserver

__all__ = ["OpenTelemetryObserver"]
