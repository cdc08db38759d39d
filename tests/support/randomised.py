"""How Hypothesis runs the tests: one that takes long does not fail, as machines do other things, too."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

#: For a test all of whose examples use the same fixture.
SHARED_FIXTURE = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)


def take_any_time() -> None:
    """Set no limits of time. Whether the examples are always the same stays as Hypothesis has chosen: in CI they are."""
    settings.register_profile("any time", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any time")
