"""Exceptions of those who operate tables, for :mod:`dynamorm.operate` and the command ``dynamorm``."""

from __future__ import annotations

from dynamorm.exceptions import BackendException, DynaModelException, DynamoException


class ModelNotFound(DynaModelException, LookupError):
    """A command, or :func:`dynamorm.operate.find_models`, was given a name that no model has.

    Correct the name. ``app.models:Book`` names a model, and ``app.models`` all models of a module.
    """


class ModelImportFailed(DynaModelException, ImportError):
    """The module that a model is looked up in can't be imported.

    The message has the last line of the module's own code that ran, and ``__cause__`` the exception that it raised.
    """


class PlanChanged(DynamoException, RuntimeError):
    """The changes that tables need are no longer those of the reviewed plan. Review a new plan."""


class InvalidDump(DynamoException, ValueError):
    """A folder or file is not a dump that can be used so: not whole, changed, of another table, or not empty."""


class InvalidLoad(DynamoException, ValueError):
    """A load or a copy can't work as it was asked for. Change the argument that the message names."""


class NothingLoaded(DynamoException, LookupError):
    """A load or a copy ended without an item, where there should have been some. Look at its source and conditions."""


class WriteRefused(BackendException, PermissionError):
    """The connection is read-only, and nothing was sent. Write through a connection without ``operate.ReadOnly``."""


for _public in (ModelNotFound, ModelImportFailed, PlanChanged, InvalidDump, InvalidLoad, NothingLoaded, WriteRefused):
    _public.__module__ = "dynamorm.exceptions"  # their public place
