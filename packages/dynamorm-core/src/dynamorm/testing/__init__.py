"""The conformance kit: test suites for authors of backends and schema adapters.

It needs pytest, which ``dynamorm-core[testing]`` installs.
"""

try:
    import pytest
except ImportError as error:
    raise ImportError(
        "dynamorm.testing needs pytest, which is not installed: pip install 'dynamorm-core[testing]'"
    ) from error

# Without this, a failing assertion of a suite would not show what it compared.
pytest.register_assert_rewrite(
    "dynamorm.testing.async_backends", "dynamorm.testing.backends", "dynamorm.testing.schemas"
)

from dynamorm.testing.async_backends import AsyncBackendConformance  # noqa: E402
from dynamorm.testing.backends import BackendConformance  # noqa: E402
from dynamorm.testing.schemas import SchemaConformance  # noqa: E402
from dynamorm.testing.schemas.fields import SchemaCapability  # noqa: E402
from dynamorm.testing.schemas.library import SchemaLibrary  # noqa: E402

__all__ = ["AsyncBackendConformance", "BackendConformance", "SchemaCapability", "SchemaConformance", "SchemaLibrary"]
