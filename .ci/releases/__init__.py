"""Tools that prepare and check the release of one distribution; ``.ci/release.py`` is their command line.

They need what the dependency group ``release`` of the root ``pyproject.toml`` has. Everything here takes the folder of
a :class:`~releases.sources.Workspace`, so that tests can break a copy of it.
"""
